/* Which Approvals are about a workload: all of them, in order, and none of another's; how a lookup costs. */
#include "approval_fixture.h"

#include "edge/approval_index.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static int make_store(void **state)
{
    *state = approval_store_new();
    return 0;
}

static int free_store(void **state)
{
    approval_store_free(*state);
    return 0;
}

static void put(struct approval_store *store, struct approval_listed listed)
{
    approval_store_put(store, &listed);
}

static const struct approval *find(const struct approval_index *index, const char *namespace,
                                   const char *kind, const char *name, size_t *ret_count)
{
    return approval_index_find(index, text_of(namespace), text_of(kind), text_of(name), ret_count);
}

static void test_nothing_is_found_in_nothing(void **state)
{
    size_t count = 7;
    assert_null(find(NULL, "shop", "Deployment", "web", &count));
    assert_int_equal(count, 0);
    assert_int_equal(approval_index_in_force(NULL, NOW_S), 0);
    assert_null(approval_index_ref(NULL));
    approval_index_unref(NULL);
    struct approval_index *index = approval_index_build(*state, NOW_S);
    assert_null(find(index, "shop", "Deployment", "web", &count));
    approval_index_unref(index);
}

static void put_by(struct approval_store *store, const char *approver, const char *name, int64_t age_s)
{
    struct approval_listed listed = listed_of(name, "web", DIGEST("2"));
    listed.approval.approver = text_of(approver);
    listed.approval.created_s -= age_s;
    put(store, listed);
}

static void test_in_the_order_of_digests_by_turns(void **state)
{
    struct approval_store *store = *state;
    put_by(store, "eve", "eve-oldest", 90);
    put_by(store, "eve", "eve-older", 80);
    put_by(store, "eve", "eve-newest", 70);
    put_by(store, "bob", "bob-newest", 1);
    put_by(store, "bob", "bob-older", 2);
    put_by(store, "carol", "carol", 60);
    put(store, listed_of("c", "web", DIGEST("3")));
    put(store, listed_of("b", "web", DIGEST("1")));
    struct approval_index *index = approval_index_build(store, NOW_S);
    size_t count;
    const struct approval *found = find(index, "shop", "Deployment", "web", &count);
    static const char *const names[] = {"b",         "eve-newest", "carol",      "bob-newest",
                                        "eve-older", "bob-older",  "eve-oldest", "c"};
    assert_int_equal(count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_text(found[i].name, names[i]);
    approval_index_unref(index);
}

static void test_of_this_workload_alone(void **state)
{
    struct approval_store *store = *state;
    struct approval_listed other_kind = listed_of("kind", "web", DIGEST("1")),
                           other_namespace = listed_of("namespace", "web", DIGEST("1"));
    other_kind.approval.kind = text_of("StatefulSet");
    other_namespace.namespace = text_of("cart");
    put(store, listed_of("this", "web", DIGEST("1")));
    put(store, listed_of("name", "web2", DIGEST("1")));
    put(store, other_kind);
    put(store, other_namespace);
    struct approval_index *index = approval_index_build(store, NOW_S);
    size_t count;
    assert_text(find(index, "shop", "Deployment", "web", &count)->name, "this");
    assert_int_equal(count, 1);
    assert_text(find(index, "shop", "StatefulSet", "web", &count)->name, "kind");
    assert_text(find(index, "cart", "Deployment", "web", &count)->name, "namespace");
    assert_null(find(index, "shop", "DaemonSet", "web", &count));
    assert_null(find(index, "shop", "Deployment", "we", &count));
    assert_null(find(index, "", "", "", &count));
    approval_index_unref(index);
}

static void test_what_expired_before_is_left_out(void **state)
{
    struct approval_store *store = *state;
    struct approval_listed over = listed_of("over", "web", DIGEST("1")),
                           last = listed_of("last-second", "web", DIGEST("1"));
    over.approval.expires_s = NOW_S;
    last.approval.expires_s = NOW_S + 1;
    put(store, over);
    put(store, last);
    struct approval_index *index = approval_index_build(store, NOW_S);
    size_t count;
    assert_text(find(index, "shop", "Deployment", "web", &count)->name, "last-second");
    assert_int_equal(count, 1);
    assert_int_equal(approval_index_in_force(index, NOW_S), 1);
    assert_int_equal(approval_index_in_force(index, NOW_S + 1), 0);
    assert_non_null(find(index, "shop", "Deployment", "web", &count)); /* the decision compares */
    approval_index_unref(index);
}

static void test_built_anew_only_when_something_changed(void **state)
{
    struct approval_store *store = *state;
    struct approval_index *index = NULL;
    assert_false(approval_index_is_current(index, store));
    approval_index_update(&index, store, NOW_S);
    struct approval_index *first = index;
    approval_index_update(&index, store, NOW_S);
    assert_ptr_equal(index, first);
    put(store, listed_of("web-1", "web", DIGEST("1")));
    assert_false(approval_index_is_current(index, store));
    approval_index_update(&index, store, NOW_S);
    assert_true(approval_index_is_current(index, store));
    assert_int_equal(approval_index_in_force(index, NOW_S), 1);
    approval_index_unref(index);
}

static void test_it_outlives_the_store(void **state)
{
    put(*state, listed_of("web-1", "web", DIGEST("1")));
    struct approval_index *index = approval_index_build(*state, NOW_S);
    approval_store_free(*state);
    *state = approval_store_new();
    size_t count;
    assert_text(find(index, "shop", "Deployment", "web", &count)->approver, "bob");
    approval_index_unref(index);
}

/* ---- many ---- */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Every tenth is about the same workload; the others have one of their own. */
static void fill(struct approval_store *store, int objects)
{
    char name[32], workload[32];
    for (int i = 0; i < objects; i++) {
        snprintf(name, sizeof(name), "approval-%d", i);
        snprintf(workload, sizeof(workload), i % 10 == 0 ? "web" : "web-%d", i);
        put(store, listed_of(name, workload, DIGEST("1")));
    }
}

static int64_t lookup_ns(const struct approval_index *index, int objects)
{
    enum { LOOKUPS = 100000 };
    size_t count;
    char name[32];
    int64_t begin_ns = now_ns();
    for (int i = 0; i < LOOKUPS; i++) {
        snprintf(name, sizeof(name), "web-%d", i % objects);
        (void)find(index, "shop", "Deployment", name, &count);
    }
    return (now_ns() - begin_ns) / LOOKUPS;
}

static void test_a_lookup_among_many(void **state)
{
    static const int sizes[] = {10, 1000, 10000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct approval_store *store = approval_store_new();
        size_t count;
        fill(store, sizes[i]);
        int64_t begin_ns = now_ns();
        struct approval_index *index = approval_index_build(store, NOW_S);
        int64_t built_ns = now_ns() - begin_ns;
        assert_non_null(find(index, "shop", "Deployment", "web", &count));
        assert_int_equal(count, sizes[i] / 10);
        assert_non_null(find(index, "shop", "Deployment", "web-9", &count));
        assert_int_equal(count, 1);
        assert_null(find(index, "shop", "Deployment", "web-10", &count));
        print_message("%6d objects: built in %lld us, a lookup takes %lld ns\n", sizes[i],
                      (long long)(built_ns / 1000), (long long)lookup_ns(index, sizes[i]));
        approval_index_unref(index);
        approval_store_free(store);
    }
    (void)state;
}

enum { READERS = 4, ROUNDS = 2000 };

static void *read_and_let_go(void *context)
{
    struct approval_index *index = context;
    size_t count;
    for (int i = 0; i < ROUNDS; i++) {
        struct approval_index *own = approval_index_ref(index);
        if (find(own, "shop", "Deployment", "web", &count) == NULL)
            return "lost";
        approval_index_unref(own);
    }
    approval_index_unref(index);
    return NULL;
}

/* Meant for ThreadSanitizer: the last of several threads frees, while the store goes on. */
static void test_references_from_threads(void **state)
{
    struct approval_store *store = *state;
    fill(store, 100);
    struct approval_index *index = approval_index_build(store, NOW_S);
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_and_let_go, approval_index_ref(index)), 0);
    approval_index_unref(index);
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof(name), "approval-%d", i);
        approval_store_remove(store, text_of("shop"), text_of(name));
    }
    for (int i = 0; i < READERS; i++) {
        void *fault;
        pthread_join(readers[i], &fault);
        assert_null(fault);
    }
}

#define STORE(test) cmocka_unit_test_setup_teardown(test, make_store, free_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE(test_nothing_is_found_in_nothing),
        STORE(test_in_the_order_of_digests_by_turns),
        STORE(test_of_this_workload_alone),
        STORE(test_what_expired_before_is_left_out),
        STORE(test_built_anew_only_when_something_changed),
        STORE(test_it_outlives_the_store),
        STORE(test_a_lookup_among_many),
        STORE(test_references_from_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
