/* The watcher's copy of the FreezeWindow objects: put, remove, full lists, and when a decision could differ.
 */
#include "edge/window_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int make_store(void **state)
{
    *state = window_store_new();
    return 0;
}

static int free_store(void **state)
{
    window_store_free(*state);
    return 0;
}

static struct window_object peak(void)
{
    return (struct window_object){
        .name = TEXT("peak"),
        .uid = TEXT("u-1"),
        .resource_version = TEXT("10"),
        .generation = 1,
        .spec = TEXT("{\"action\":\"Deny\"}"),
    };
}

static void test_put_copies_everything(void **state)
{
    struct window_store *store = *state;
    char name[] = "peak", spec[] = "{\"a\":1}", status[] = "{\"b\":2}";
    struct window_object object = {
        .name = text_of(name),
        .uid = TEXT("u-1"),
        .resource_version = TEXT("10"),
        .generation = INT64_C(9007199254740993),
        .spec = text_of(spec),
        .status = text_of(status),
        .terminating = true,
    };
    window_store_put(store, &object);
    memset(name, 'x', sizeof(name) - 1);
    memset(spec, 'x', sizeof(spec) - 1);
    memset(status, 'x', sizeof(status) - 1);

    const struct window_object *found = window_store_find(store, text_of("peak"));
    assert_non_null(found);
    assert_true(text_is(found->name, "peak"));
    assert_true(text_is(found->uid, "u-1"));
    assert_true(text_is(found->resource_version, "10"));
    assert_true(found->generation == INT64_C(9007199254740993));
    assert_true(text_is(found->spec, "{\"a\":1}"));
    assert_true(text_is(found->status, "{\"b\":2}"));
    assert_true(found->terminating);
    assert_null(window_store_find(store, text_of("pea")));
}

static void check_put(struct window_store *store, const struct window_object *object,
                      enum window_change expected)
{
    uint64_t before = window_store_spec_generation(store);
    assert_int_equal(window_store_put(store, object), expected);
    assert_int_equal(window_store_spec_generation(store) != before, expected == WINDOW_SPEC_CHANGED);
}

static void test_put_tells_what_changed(void **state)
{
    struct window_store *store = *state;
    struct window_object object = peak();
    check_put(store, &object, WINDOW_SPEC_CHANGED);
    check_put(store, &object, WINDOW_SAME);
    object.resource_version = text_of("11");
    check_put(store, &object, WINDOW_SAME);
    assert_true(text_is(window_store_find(store, object.name)->resource_version, "11"));
    object.status = text_of("{\"active\":true}");
    check_put(store, &object, WINDOW_STATUS_CHANGED);
    assert_true(text_is(window_store_find(store, object.name)->status, "{\"active\":true}"));
    object.generation++;
    check_put(store, &object, WINDOW_STATUS_CHANGED);
    object.spec = text_of("{\"action\":\"Warn\"}");
    check_put(store, &object, WINDOW_SPEC_CHANGED);
    object.uid = text_of("u-2"); /* deleted and made again while nobody watched */
    check_put(store, &object, WINDOW_SPEC_CHANGED);
    object.terminating = true;
    check_put(store, &object, WINDOW_SPEC_CHANGED);
    check_put(store, &object, WINDOW_SAME);
    check_put(store, window_store_find(store, object.name), WINDOW_SAME); /* its own copy */
    assert_int_equal(window_store_count(store), 1);
}

static void put_named(struct window_store *store, const char *name)
{
    struct window_object object = peak();
    object.name = text_of(name);
    window_store_put(store, &object);
}

static void test_remove(void **state)
{
    struct window_store *store = *state;
    assert_false(window_store_remove(store, text_of("peak")));
    assert_int_equal(window_store_spec_generation(store), 0);
    put_named(store, "peak");
    assert_true(window_store_remove(store, text_of("peak")));
    assert_int_equal(window_store_spec_generation(store), 2);
    assert_false(window_store_remove(store, text_of("peak")));
    assert_null(window_store_find(store, text_of("peak")));
    assert_int_equal(window_store_count(store), 0);
}

static void test_a_full_list_drops_what_it_does_not_name(void **state)
{
    struct window_store *store = *state;
    put_named(store, "kept");
    put_named(store, "gone");
    uint64_t before = window_store_spec_generation(store);
    window_store_list_begin(store);
    put_named(store, "kept");
    assert_int_equal(window_store_spec_generation(store), before);
    window_store_list_end(store);
    assert_int_equal(window_store_spec_generation(store), before + 1);
    assert_non_null(window_store_find(store, text_of("kept")));
    assert_null(window_store_find(store, text_of("gone")));

    window_store_list_begin(store);
    put_named(store, "kept");
    window_store_list_end(store);
    assert_int_equal(window_store_spec_generation(store), before + 1); /* nothing went */
    window_store_list_begin(store);
    window_store_list_end(store);
    assert_int_equal(window_store_count(store), 0);
}

static void test_a_list_that_was_cut_drops_nothing(void **state)
{
    struct window_store *store = *state;
    put_named(store, "first");
    put_named(store, "second");
    window_store_list_begin(store);
    put_named(store, "first");
    window_store_list_begin(store); /* again, from the start */
    put_named(store, "second");
    assert_int_equal(window_store_count(store), 2);
    window_store_list_end(store);
    assert_null(window_store_find(store, text_of("first")));
    assert_non_null(window_store_find(store, text_of("second")));
}

static void join(void *context, const struct window_object *object)
{
    char *joined = context;
    strncat(joined, object->name.at, object->name.length);
    strcat(joined, " ");
}

static void test_each_in_the_order_of_names(void **state)
{
    struct window_store *store = *state;
    char joined[64] = "";
    put_named(store, "b");
    put_named(store, "c");
    put_named(store, "a");
    put_named(store, "aa");
    window_store_remove(store, text_of("b"));
    window_store_each(store, join, joined);
    assert_string_equal(joined, "a aa c ");
}

static void test_a_thousand(void **state)
{
    enum { MANY = 1000 };
    struct window_store *store = *state;
    char name[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "window-%d", i * 7 % MANY);
        put_named(store, name);
    }
    assert_int_equal(window_store_count(store), MANY);
    for (int i = 0; i < MANY; i += 2) {
        snprintf(name, sizeof(name), "window-%d", i);
        assert_true(window_store_remove(store, text_of(name)));
    }
    assert_int_equal(window_store_count(store), MANY / 2);
    assert_non_null(window_store_find(store, text_of("window-501")));
    assert_null(window_store_find(store, text_of("window-500")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_copies_everything, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_put_tells_what_changed, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_remove, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_a_full_list_drops_what_it_does_not_name, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_a_list_that_was_cut_drops_nothing, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_each_in_the_order_of_names, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_a_thousand, make_store, free_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
