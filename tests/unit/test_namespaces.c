/* The watcher's copy of the namespaces: put, remove, full lists, and the file instead of a cluster. */
#include "edge/namespaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct namespace_metadata metadata_of(const char *name, const struct label *labels, size_t label_count)
{
    return (struct namespace_metadata){.name = text_of(name), .labels = {labels, label_count}};
}

struct search {
    const char *name;
    const struct namespace_metadata *found;
};

static void match(void *context, const struct namespace_metadata *metadata)
{
    struct search *search = context;
    if (text_is(metadata->name, search->name))
        search->found = metadata;
}

static const struct namespace_metadata *find(const struct namespace_store *store, const char *name)
{
    struct search search = {.name = name};
    namespace_store_each(store, match, &search);
    return search.found;
}

static int make_store(void **state)
{
    *state = namespace_store_new();
    return 0;
}

static int free_store(void **state)
{
    namespace_store_free(*state);
    return 0;
}

static void test_put_copies_everything(void **state)
{
    struct namespace_store *store = *state;
    char name[] = "shop", value[] = "deny", reason[] = "peak";
    struct label labels[] = {{TEXT("changegate.dev/freeze"), text_of(value)}, {TEXT("empty"), TEXT_EMPTY}};
    struct namespace_metadata metadata = metadata_of(name, labels, 2);
    metadata.freeze_reason = text_of(reason);
    metadata.terminating = true;
    assert_true(namespace_store_put(store, &metadata));
    memset(name, 'x', sizeof(name) - 1);
    memset(value, 'x', sizeof(value) - 1);
    memset(reason, 'x', sizeof(reason) - 1);

    const struct namespace_metadata *found = find(store, "shop");
    assert_non_null(found);
    assert_int_equal(found->labels.count, 2);
    assert_true(text_is(found->labels.items[0].value, "deny"));
    assert_non_null(found->labels.items[1].value.at); /* there, though empty */
    assert_int_equal(found->labels.items[1].value.length, 0);
    assert_true(text_is(found->freeze_reason, "peak"));
    assert_null(found->freeze_until.at);
    assert_true(found->terminating);
}

static void test_put_tells_what_changed(void **state)
{
    struct namespace_store *store = *state;
    struct label tier = {TEXT("tier"), TEXT("1")}, other = {TEXT("tier"), TEXT("2")};
    struct namespace_metadata metadata = metadata_of("shop", &tier, 1);
    assert_true(namespace_store_put(store, &metadata));
    assert_false(namespace_store_put(store, &metadata));
    metadata.labels.items = &other;
    assert_true(namespace_store_put(store, &metadata));
    metadata.freeze_until = (struct text){"", 0};
    assert_true(namespace_store_put(store, &metadata));
    metadata.terminating = true;
    assert_true(namespace_store_put(store, &metadata));
    uint64_t generation = namespace_store_generation(store);
    assert_false(namespace_store_put(store, &metadata));
    assert_int_equal(namespace_store_generation(store), generation);
    assert_int_equal(namespace_store_count(store), 1);
    assert_true(text_is(find(store, "shop")->labels.items[0].value, "2"));
}

static void test_remove(void **state)
{
    struct namespace_store *store = *state;
    struct namespace_metadata metadata = metadata_of("shop", NULL, 0);
    assert_false(namespace_store_remove(store, metadata.name));
    namespace_store_put(store, &metadata);
    uint64_t generation = namespace_store_generation(store);
    assert_true(namespace_store_remove(store, metadata.name));
    assert_int_equal(namespace_store_generation(store), generation + 1);
    assert_false(namespace_store_remove(store, metadata.name));
    assert_int_equal(namespace_store_generation(store), generation + 1);
    assert_null(find(store, "shop"));
    assert_int_equal(namespace_store_count(store), 0);
}

static void put_named(struct namespace_store *store, const char *name)
{
    struct namespace_metadata metadata = metadata_of(name, NULL, 0);
    namespace_store_put(store, &metadata);
}

static void test_a_full_list_drops_what_it_does_not_name(void **state)
{
    struct namespace_store *store = *state;
    put_named(store, "kept");
    put_named(store, "gone");
    namespace_store_list_begin(store);
    put_named(store, "kept");
    put_named(store, "new");
    namespace_store_list_end(store);
    assert_non_null(find(store, "kept"));
    assert_non_null(find(store, "new"));
    assert_null(find(store, "gone"));
    assert_int_equal(namespace_store_count(store), 2);
}

static void test_a_list_that_was_cut_drops_nothing(void **state)
{
    struct namespace_store *store = *state;
    put_named(store, "first");
    put_named(store, "second");
    namespace_store_list_begin(store);
    put_named(store, "first");
    namespace_store_list_begin(store); /* again, from the start */
    put_named(store, "second");
    assert_int_equal(namespace_store_count(store), 2);
    namespace_store_list_end(store);
    assert_null(find(store, "first"));
    assert_non_null(find(store, "second"));
}

static void test_a_hundred_thousand(void **state)
{
    enum { MANY = 100000 };
    struct namespace_store *store = *state;
    char name[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "team-%d", i);
        put_named(store, name);
    }
    assert_int_equal(namespace_store_count(store), MANY);
    for (int i = 0; i < MANY; i += 2) {
        snprintf(name, sizeof(name), "team-%d", i);
        assert_true(namespace_store_remove(store, text_of(name)));
    }
    assert_int_equal(namespace_store_count(store), MANY / 2);
}

static void test_read_documents_and_lists(void **state)
{
    static const char file[] =
        "apiVersion: v1\n"
        "kind: Namespace\n"
        "metadata:\n"
        "  name: shop\n"
        "  labels: {changegate.dev/tier: tier-1, changegate.dev/freeze: deny}\n"
        "  annotations: {changegate.dev/freeze-reason: peak season, other: ignored}\n"
        "---\n"
        "apiVersion: v1\n"
        "kind: List\n"
        "items:\n"
        "- {kind: Namespace, metadata: {name: a, deletionTimestamp: '2026-11-24T00:00:00Z'}}\n"
        "- {kind: Namespace, metadata: {name: b, labels: null}}\n";
    struct namespace_store *store = *state;
    struct error error = {0};
    assert_true(namespace_store_read(store, text_of(file), &error));
    assert_int_equal(namespace_store_count(store), 3);
    assert_int_equal(find(store, "shop")->labels.count, 2);
    assert_true(text_is(find(store, "shop")->freeze_reason, "peak season"));
    assert_true(find(store, "a")->terminating);
    assert_int_equal(find(store, "b")->labels.count, 0);
}

static void check_refused(struct namespace_store *store, const char *file, unsigned line, const char *text)
{
    struct error error = {0};
    assert_false(namespace_store_read(store, text_of(file), &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(error.line, line);
    assert_string_equal(error.text, text);
    assert_int_equal(namespace_store_count(store), 0);
}

static void test_read_refuses_with_a_place(void **state)
{
    check_refused(*state, "kind: Namespace\nmetadata: {name: a}\n---\nkind: Pod\n", 4,
                  "not a Namespace; the file may hold objects of kind Namespace only, or a List of them");
    check_refused(*state, "kind: Namespace\nmetadata: {labels: {}}\n", 1,
                  "Namespace without a name; give it metadata.name");
    check_refused(*state, "kind: Namespace\nmetadata:\n  name: a\n  labels:\n    held: true\n", 5,
                  "held: must be a string; put the value in quotes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_copies_everything, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_put_tells_what_changed, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_remove, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_a_full_list_drops_what_it_does_not_name, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_a_list_that_was_cut_drops_nothing, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_a_hundred_thousand, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_read_documents_and_lists, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_read_refuses_with_a_place, make_store, free_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
