/* Raw members and elements: what is cut out, and where an ill-formed text ends. */
#include "codec/json_slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void check_member(const char *object, const char *key, const char *expected)
{
    struct text value = json_slice_member(text_of(object), key);
    if (expected == NULL)
        assert_null(value.at);
    else if (!text_is(value, expected))
        fail_msg("%s of %s is %.*s", key, object, TEXT_ARGS(value));
}

static void test_members(void **state)
{
    (void)state;
    check_member("{\"a\":1,\"b\":{\"a\":[2,{}]},\"c\":\"x\"}", "b", "{\"a\":[2,{}]}");
    check_member(" { \"a\" : 1 , \"b\" : \"x,}\" } ", "b", "\"x,}\"");
    check_member("{\"a\":\"\\\"\\\\\",\"b\":null}", "b", "null");
    check_member("{\"a\":-1.5e3}", "a", "-1.5e3");
    check_member("{\"a\":1,\"a\":2}", "a", "1");
    check_member("{\"b\\u0000\":1,\"b\":99999999999999999999999}", "b", "99999999999999999999999");
    check_member("{\"ab\":1}", "a", NULL);
    check_member("{}", "a", NULL);
    check_member("[\"a\",1]", "a", NULL);
    check_member("\"a\"", "a", NULL);
    check_member("", "a", NULL);
}

static void test_ill_formed_texts_end_the_walk(void **state)
{
    (void)state;
    check_member("{\"a\" 1}", "a", NULL);
    check_member("{\"a\":}", "a", NULL);
    check_member("{\"a\":\"x", "a", NULL);
    check_member("{\"a\":[1,2", "a", NULL);
    check_member("{\"a\":\"\\", "a", NULL);
    check_member("{a:1}", "a", NULL);
    check_member("{\"b\":1 \"a\":2}", "a", NULL);
    check_member("{\"", "a", NULL);
    check_member("{", "a", NULL);
}

static void test_elements(void **state)
{
    (void)state;
    static const char *const expected[] = {"1", "[2,[3]]", "{\"a\":\"]\"}", "\"x\""};
    size_t count = 0;
    for (struct json_slices walk = json_slices_of(text_of("[1, [2,[3]],{\"a\":\"]\"} ,\"x\" ]"));
         json_slice_next(&walk);) {
        assert_true(count < 4);
        assert_true(text_is(walk.value, expected[count++]));
        assert_int_equal(walk.key.length, 0);
    }
    assert_int_equal(count, 4);
    struct json_slices none = json_slices_of(text_of("[]"));
    assert_false(json_slice_next(&none));
    assert_false(json_slice_next(&none));
}

static void test_whole(void **state)
{
    (void)state;
    static const char *const whole[] = {"{}", " [1,{\"a\":\"}\"}]\n", "7", "\"x\"", "null"};
    static const char *const parts[] = {"", " ", "{", "{}{}", "{\"a\":\"}", "\"x", "1 2", "]"};
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        assert_true(json_slice_is_whole(text_of(whole[i])));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        assert_false(json_slice_is_whole(text_of(parts[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_ill_formed_texts_end_the_walk),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
