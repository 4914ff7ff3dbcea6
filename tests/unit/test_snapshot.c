/* Snapshots: what a decision knows of a namespace, and how long it stays true. */
#include "edge/snapshot.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

static const char policy_text[] = "apiVersion: changegate.dev/v1alpha1\n"
                                  "kind: ChangePolicy\n"
                                  "metadata: {name: tier-1}\n"
                                  "spec:\n"
                                  "  namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1}}\n"
                                  "  approval: {idPattern: '^CHG[0-9]{7}$'}\n"
                                  "  changeDocument: {required: false}\n";

struct fixture {
    struct policy_file *policies;
    struct namespace_store *store;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct error error = {0};
    if (!policy_file_read(text_of(policy_text), NULL, &fixture.policies, &error)) {
        print_error("%u:%u: %s\n", error.line, error.column, error.text);
        return -1;
    }
    fixture.store = namespace_store_new();
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    namespace_store_free(fixture->store);
    policy_file_unref(fixture->policies);
    return 0;
}

static void put(struct fixture *fixture, const char *name, const char *tier, const char *freeze,
                const char *until)
{
    struct label labels[2];
    size_t count = 0;
    if (tier != NULL)
        labels[count++] = (struct label){TEXT("changegate.dev/tier"), text_of(tier)};
    if (freeze != NULL)
        labels[count++] = (struct label){TEXT("changegate.dev/freeze"), text_of(freeze)};
    struct namespace_metadata metadata = {
        .name = text_of(name), .labels = {labels, count}, .freeze_until = text_of(until)};
    namespace_store_put(fixture->store, &metadata);
}

static struct snapshot *build(struct fixture *fixture)
{
    struct calendars *calendars = calendars_build(fixture->policies, NULL, NULL, NOW_S);
    struct snapshot *snapshot = snapshot_build(fixture->policies, calendars, NULL, fixture->store);
    calendars_unref(calendars);
    return snapshot;
}

static void test_empty_store(void **state)
{
    struct fixture *fixture = *state;
    struct snapshot *snapshot = build(fixture);
    assert_null(snapshot_find(snapshot, text_of("shop")));
    assert_null(snapshot_find(snapshot, TEXT_EMPTY));
    assert_int_equal(snapshot_policies(snapshot)->count, 1);
    snapshot_unref(snapshot);
    snapshot_unref(NULL);
}

static void test_find_governed_and_not(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "shop", "tier-1", NULL, NULL);
    put(fixture, "sandbox", "tier-3", NULL, NULL);
    struct snapshot *snapshot = build(fixture);
    const struct snapshot_namespace *shop = snapshot_find(snapshot, text_of("shop"));
    const struct snapshot_namespace *sandbox = snapshot_find(snapshot, text_of("sandbox"));
    assert_non_null(shop);
    assert_non_null(sandbox);
    assert_ptr_equal(shop->policy, &snapshot_policies(snapshot)->items[0]);
    assert_null(sandbox->policy);
    assert_true(shop->facts.namespace_known);
    assert_false(shop->facts.namespace_terminating);
    assert_int_equal(shop->facts.freeze_label.action, FREEZE_OPEN);
    snapshot_unref(snapshot);
}

static void test_an_empty_freeze_label_closes(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "shop", "tier-1", "", NULL);
    struct snapshot *snapshot = build(fixture);
    assert_int_equal(snapshot_find(snapshot, text_of("shop"))->facts.freeze_label.action, FREEZE_DENY);
    snapshot_unref(snapshot);
}

static void test_it_outlives_store_and_policies(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "shop", "tier-1", "deny", "2026-12-02T06:00:00Z");
    struct snapshot *snapshot = build(fixture);
    teardown(state);

    const struct snapshot_namespace *shop = snapshot_find(snapshot, text_of("shop"));
    assert_int_equal(shop->facts.freeze_label.action, FREEZE_DENY);
    assert_int_equal(shop->facts.freeze_label.until_s, 1796191200);
    assert_true(text_is(shop->policy->name, "tier-1"));
    snapshot_unref(snapshot);
    assert_int_equal(setup(state), 0);
}

static void test_counts_follow_the_clock(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "shop", "tier-1", "deny", "2026-12-02T06:00:00Z");
    put(fixture, "cart", "tier-1", "warn", NULL);
    put(fixture, "docs", "tier-1", NULL, NULL);
    put(fixture, "sandbox", NULL, "deny", NULL); /* no policy governs it, so nothing is closed there */
    struct snapshot *snapshot = build(fixture);
    struct snapshot_counts before = snapshot_count(snapshot, 1796191199);
    struct snapshot_counts after = snapshot_count(snapshot, 1796191200);
    assert_int_equal(before.namespaces, 4);
    assert_int_equal(before.governed, 3);
    assert_int_equal(before.frozen, 1);
    assert_int_equal(after.frozen, 0);
    snapshot_unref(snapshot);
}

static void test_every_one_of_many_is_found(void **state)
{
    enum { MANY = 20000 };
    struct fixture *fixture = *state;
    char name[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "team-%d", i);
        put(fixture, name, i % 2 == 0 ? "tier-1" : NULL, NULL, NULL);
    }
    struct snapshot *snapshot = build(fixture);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "team-%d", i);
        const struct snapshot_namespace *namespace = snapshot_find(snapshot, text_of(name));
        assert_non_null(namespace);
        assert_true(text_is(namespace->name, name));
        assert_int_equal(namespace->policy != NULL, i % 2 == 0);
    }
    assert_null(snapshot_find(snapshot, text_of("team-20000")));
    snapshot_unref(snapshot);
}

enum { READERS = 4, ROUNDS = 2000 };

static void *read_and_let_go(void *context)
{
    struct snapshot *snapshot = context;
    for (int i = 0; i < ROUNDS; i++) {
        struct snapshot *own = snapshot_ref(snapshot);
        if (snapshot_find(own, text_of("shop")) == NULL)
            return "lost";
        snapshot_unref(own);
    }
    snapshot_unref(snapshot);
    return NULL;
}

/* Meant for ThreadSanitizer: the last of several threads frees. */
static void test_references_from_threads(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "shop", "tier-1", NULL, NULL);
    struct snapshot *snapshot = build(fixture);
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_and_let_go, snapshot_ref(snapshot)), 0);
    snapshot_unref(snapshot);
    for (int i = 0; i < READERS; i++) {
        void *fault;
        pthread_join(readers[i], &fault);
        assert_null(fault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_governed_and_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_empty_freeze_label_closes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_outlives_store_and_policies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counts_follow_the_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_one_of_many_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_references_from_threads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
