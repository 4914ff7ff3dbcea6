/* The watcher's copy of the Approval objects: put, remove, full lists, and when a decision could differ. */
#include "approval_fixture.h"

#include "edge/approval_store.h"

#include <string.h>

static int make_store(void **state)
{
    *state = approval_store_new();
    return 0;
}

static int free_store(void **state)
{
    approval_store_free(*state);
    approval_store_free(NULL);
    return 0;
}

static void keep(void *context, struct approval_entry *entry)
{
    struct approval_entry **kept = context;
    *kept = entry;
}

/* The only one. */
static struct approval_entry *only(const struct approval_store *store)
{
    struct approval_entry *entry = NULL;
    assert_int_equal(approval_store_count(store), 1);
    approval_store_each(store, keep, &entry);
    return entry;
}

static void test_put_copies_everything(void **state)
{
    struct approval_store *store = *state;
    char texts[8][16] = {"shop", "web-1", "CHG1", "Deployment", "web", "sha256:1", "bob", "managers"};
    const struct text group = text_of(texts[7]);
    const struct approval_listed listed = {
        .namespace = text_of(texts[0]),
        .approval = {.source = SOURCE_APPROVAL,
                     .name = text_of(texts[1]),
                     .change_id = text_of(texts[2]),
                     .kind = text_of(texts[3]),
                     .workload = text_of(texts[4]),
                     .digest = text_of(texts[5]),
                     .approver = text_of(texts[6]),
                     .groups = &group,
                     .group_count = 1,
                     .created_s = 7,
                     .expires_s = INT64_C(9007199254740993)},
    };
    assert_true(approval_store_put(store, &listed));
    for (size_t i = 0; i < 8; i++)
        memset(texts[i], 'x', strlen(texts[i]));

    const struct approval *found = approval_entry_approval(only(store));
    assert_text(approval_entry_namespace(only(store)), "shop");
    assert_int_equal(found->source, SOURCE_APPROVAL);
    assert_text(found->name, "web-1");
    assert_text(found->change_id, "CHG1");
    assert_text(found->kind, "Deployment");
    assert_text(found->workload, "web");
    assert_text(found->digest, "sha256:1");
    assert_text(found->approver, "bob");
    assert_int_equal(found->group_count, 1);
    assert_text(found->groups[0], "managers");
    assert_true(found->created_s == 7 && found->not_before_s == 0);
    assert_true(found->expires_s == INT64_C(9007199254740993));
}

static void test_the_same_again_is_nothing_new(void **state)
{
    struct approval_store *store = *state;
    struct approval_listed listed = listed_of("web-1", "web", DIGEST("1"));
    assert_true(approval_store_put(store, &listed));
    uint64_t generation = approval_store_generation(store);
    assert_false(approval_store_put(store, &listed));
    assert_true(approval_store_generation(store) == generation);
}

static void test_whatever_differs_counts(void **state)
{
    struct approval_store *store = *state;
    static const struct text others[] = {TEXT("change-managers"), TEXT("release-board")};
    struct approval_listed changed[8];
    for (size_t i = 0; i < 8; i++)
        changed[i] = listed_of("web-1", "web", DIGEST("1"));
    changed[0].approval.change_id = text_of("CHG0000002");
    changed[1].approval.kind = text_of("StatefulSet");
    changed[2].approval.workload = text_of("cart");
    changed[3].approval.digest = text_of(DIGEST("2"));
    changed[4].approval.approver = text_of("carol");
    changed[5].approval.groups = others;
    changed[6].approval.group_count = 1;
    changed[7].approval.expires_s++;
    struct approval_listed first = listed_of("web-1", "web", DIGEST("1"));
    for (size_t i = 0; i < 8; i++) {
        approval_store_put(store, &first);
        uint64_t generation = approval_store_generation(store);
        assert_true(approval_store_put(store, &changed[i]));
        assert_true(approval_store_generation(store) > generation);
        assert_int_equal(approval_store_count(store), 1);
    }
}

static void test_names_count_with_their_namespace(void **state)
{
    struct approval_store *store = *state;
    struct approval_listed here = listed_of("web-1", "web", DIGEST("1")), there = here;
    there.namespace = text_of("cart");
    approval_store_put(store, &here);
    approval_store_put(store, &there);
    assert_int_equal(approval_store_count(store), 2);
    assert_true(approval_store_remove(store, text_of("shop"), text_of("web-1")));
    assert_false(approval_store_remove(store, text_of("shop"), text_of("web-1")));
    assert_text(approval_entry_namespace(only(store)), "cart");
}

static void test_deleted_is_revoked_whatever_keeps_it(void **state)
{
    struct approval_store *store = *state;
    struct approval_listed listed = listed_of("web-1", "web", DIGEST("1"));
    approval_store_put(store, &listed);
    uint64_t generation = approval_store_generation(store);
    listed.terminating = true;
    assert_true(approval_store_put(store, &listed));
    assert_int_equal(approval_store_count(store), 0);
    assert_true(approval_store_generation(store) > generation);
    assert_false(approval_store_put(store, &listed));
}

static void test_a_list_drops_what_it_does_not_name(void **state)
{
    struct approval_store *store = *state;
    struct approval_listed stays = listed_of("stays", "web", DIGEST("1")),
                           goes = listed_of("goes", "web", DIGEST("1"));
    approval_store_list_begin(store);
    approval_store_put(store, &stays);
    approval_store_put(store, &goes);
    approval_store_list_end(store);
    uint64_t generation = approval_store_generation(store);

    approval_store_list_begin(store); /* cut: nothing is dropped */
    approval_store_put(store, &stays);
    approval_store_list_begin(store);
    assert_int_equal(approval_store_count(store), 2);
    assert_true(approval_store_generation(store) == generation);
    approval_store_put(store, &stays);
    approval_store_list_end(store);
    assert_text(approval_entry_approval(only(store))->name, "stays");
    assert_true(approval_store_generation(store) > generation);
}

static void test_an_entry_outlives_the_store(void **state)
{
    struct approval_store *store = *state;
    struct approval_listed listed = listed_of("web-1", "web", DIGEST("1"));
    approval_store_put(store, &listed);
    struct approval_entry *kept = approval_entry_ref(only(store));
    listed.approval.approver = text_of("carol");
    approval_store_put(store, &listed);
    approval_store_free(store);
    *state = approval_store_new();
    assert_text(approval_entry_approval(kept)->approver, "bob");
    approval_entry_unref(kept);
}

static void test_many(void **state)
{
    enum { MANY = 10000 };
    struct approval_store *store = *state;
    char name[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < MANY; i++) {
            snprintf(name, sizeof(name), "approval-%d", i);
            struct approval_listed listed = listed_of(name, "web", DIGEST("1"));
            assert_int_equal(approval_store_put(store, &listed), round == 0);
        }
    assert_int_equal(approval_store_count(store), MANY);
    for (int i = 0; i < MANY; i += 2) {
        snprintf(name, sizeof(name), "approval-%d", i);
        assert_true(approval_store_remove(store, text_of("shop"), text_of(name)));
    }
    assert_int_equal(approval_store_count(store), MANY / 2);
}

#define STORE(test) cmocka_unit_test_setup_teardown(test, make_store, free_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE(test_put_copies_everything),
        STORE(test_the_same_again_is_nothing_new),
        STORE(test_whatever_differs_counts),
        STORE(test_names_count_with_their_namespace),
        STORE(test_deleted_is_revoked_whatever_keeps_it),
        STORE(test_a_list_drops_what_it_does_not_name),
        STORE(test_an_entry_outlives_the_store),
        STORE(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
