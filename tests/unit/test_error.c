/* How a function says that it failed. */
#include "assert_text.h"

#include "core/error.h"

#include <string.h>

static void test_set(void **state)
{
    (void)state;
    struct error error = {.line = 9, .column = 9};
    assert_false(error_set(&error, ERROR_INPUT, "no such zone \"%s\"", "America/NewYork"));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_string_equal(error.text, "no such zone \"America/NewYork\"");
    assert_int_equal(error.line, 0);
    assert_int_equal(error.column, 0);
}

static void test_set_at(void **state)
{
    (void)state;
    struct error error = {0};
    assert_false(error_set_at(&error, ERROR_UNSUPPORTED, 12, 5, "Delay: not supported yet"));
    assert_int_equal(error.kind, ERROR_UNSUPPORTED);
    assert_int_equal(error.line, 12);
    assert_int_equal(error.column, 5);
    assert_string_equal(error.text, "Delay: not supported yet");
}

static void test_prefix_goes_in_front_and_keeps_the_rest(void **state)
{
    (void)state;
    struct error error = {0};
    assert_false(error_set_at(&error, ERROR_SYSTEM, 3, 4, "bad"));
    assert_false(error_prefix(&error, "%s: ", "policy.yaml"));
    assert_false(error_prefix(&error, "serve: "));
    assert_string_equal(error.text, "serve: policy.yaml: bad");
    assert_int_equal(error.kind, ERROR_SYSTEM);
    assert_int_equal(error.line, 3);
    assert_int_equal(error.column, 4);
}

static void test_too_long_is_cut(void **state)
{
    (void)state;
    char longer[2000];
    struct error error = {0};
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';

    assert_false(error_set(&error, ERROR_INPUT, "%s", longer));
    assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
    assert_false(error_prefix(&error, "FILE: "));
    assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
    assert_memory_equal(error.text, "FILE: xxx", 9);
    assert_false(error_prefix(&error, "%s", longer));
    assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
    assert_memory_equal(error.text, "xxxxxxxx", 8);
}

static void test_prefix_of_any_length(void **state)
{
    (void)state;
    for (int length = 0; length < 600; length++) {
        struct error error = {0};
        assert_false(error_set(&error, ERROR_INPUT, "bad"));
        assert_false(error_prefix(&error, "%*s", length, ""));
        size_t most = sizeof(error.text) - 1;
        size_t whole = (size_t)length + 3;
        assert_int_equal(strlen(error.text), whole < most ? whole : most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_set_at),
        cmocka_unit_test(test_prefix_goes_in_front_and_keeps_the_rest),
        cmocka_unit_test(test_too_long_is_cut),
        cmocka_unit_test(test_prefix_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
