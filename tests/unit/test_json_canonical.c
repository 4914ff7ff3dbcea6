/* Equality of JSON values, and the canonical text that digests are made of. */
#include "json_fixture.h"

#include <string.h>

static struct text canonical_without(struct fixture *fixture, const char *bytes, const struct text *path,
                                     size_t count)
{
    json_text_clear(&fixture->out);
    json_canonical(read(fixture, bytes), path, count, &fixture->out);
    return json_text_view(&fixture->out);
}

static struct text canonical(struct fixture *fixture, const char *bytes)
{
    return canonical_without(fixture, bytes, NULL, 0);
}

/* ---- equality ---- */

struct pair {
    const char *a, *b;
    bool equal;
};

static void test_equal(void **state)
{
    static const struct pair pairs[] = {
        {"{\"a\":1,\"b\":[true,null]}", "{ \"b\":[true,null], \"a\":1 }", true},
        {"\"\\u00e9\"", "\"\xc3\xa9\"", true},
        {"[]", "{}", false},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1,2,3]", false},
        {"[1,[]]", "[1,[]]", true},
        {"{}", "{\"a\":null}", false}, /* null is a value */
        {"{\"a\":1}", "{\"b\":1}", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":2}}}", false},
        {"1", "1.0", false},
        {"1", "\"1\"", false},
        {"1.5", "15e-1", true},
        {"0", "-0", true},
        {"9223372036854775807", "9223372036854775808", false},
        {"18446744073709551615", "-1", false},
        {"true", "false", false},
        {"null", "false", false},
        {"\"a\"", "\"A\"", false},
        /* of repeated keys the first counts, so the second stands for nothing */
        {"{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"a\":1}", false},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct json a = read(fixture, pairs[i].a), b = read_with(fixture->other, text_of(pairs[i].b));
        if (json_same(a, b) != pairs[i].equal || json_same(b, a) != pairs[i].equal)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
    }
    assert_true(json_same(JSON_NOTHING, JSON_NOTHING));
    assert_false(json_same(JSON_NOTHING, read(fixture, "null")));
}

/* ---- canonical text ---- */

static void test_canonical(void **state)
{
    assert_text(canonical(*state, " { \"b\" : [ 1 , 2 ] , \"a\" : { \"d\":null, \"c\" : true } } "),
                "{\"a\":{\"c\":true,\"d\":null},\"b\":[1,2]}");
    assert_text(canonical(*state, "{}"), "{}");
    assert_text(canonical(*state, "[[],{}]"), "[[],{}]");
    assert_text(canonical(*state, "{\"\":1,\"A\":2,\"a\":3,\"aa\":4,\"\xc3\xa9\":5,\"\xf0\x9f\x98\x80\":6,"
                                  "\"\xef\xbf\xbd\":7}"),
                "{\"\":1,\"A\":2,\"a\":3,\"aa\":4,\"\xc3\xa9\":5,\"\xef\xbf\xbd\":7,\"\xf0\x9f\x98\x80\":6}");
    json_text_clear(&((struct fixture *)*state)->out);
    json_canonical(JSON_NOTHING, NULL, 0, &((struct fixture *)*state)->out);
    assert_text(json_text_view(&((struct fixture *)*state)->out), "null");
}

static void test_canonical_sorts_large_objects(void **state)
{
    static char written[16384], sorted[16384];
    strcpy(written, "{");
    strcpy(sorted, "{");
    for (int i = 0; i < 500; i++) {
        sprintf(written + strlen(written), "%s\"k%03d\":%d", i == 0 ? "" : ",", i * 337 % 500, i * 337 % 500);
        sprintf(sorted + strlen(sorted), "%s\"k%03d\":%d", i == 0 ? "" : ",", i, i);
    }
    strcat(written, "}");
    strcat(sorted, "}");
    assert_text(canonical(*state, written), sorted);
}

static void test_canonical_strings_have_the_shortest_escapes(void **state)
{
    assert_text(canonical(*state, "\"\\u0041\\u00e9\\/\\u2028\\u007f\""), "\"A\xc3\xa9/\xe2\x80\xa8\x7f\"");
    assert_text(canonical(*state, "\"\\u0008\\u000c\\u000a\\u000d\\u0009\\u0022\\u005c\\u0000\\u001f\""),
                "\"\\b\\f\\n\\r\\t\\\"\\\\\\u0000\\u001f\"");
    assert_text(canonical(*state, "{\"a\\n\":1}"), "{\"a\\n\":1}");
}

/* Python 3: json.dumps(json.loads(text), sort_keys=True, separators=(',', ':'), ensure_ascii=False) */
static void test_canonical_numbers_are_pythons(void **state)
{
    static const struct {
        const char *written, *canonical;
    } rows[] = {
        {"0", "0"},
        {"-0", "0"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"18446744073709551615", "18446744073709551615"},
        {"1.0", "1.0"},
        {"-0.0", "-0.0"},
        {"0.1", "0.1"},
        {"1.10", "1.1"},
        {"100e-2", "1.0"},
        {"1e2", "100.0"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"3.141592653589793", "3.141592653589793"},
        {"0.0001", "0.0001"},
        {"0.00001", "1e-05"},
        {"1e15", "1000000000000000.0"},
        {"123456789012345e1", "1234567890123450.0"},
        {"1e16", "1e+16"},
        {"12345678901234567e0", "1.2345678901234568e+16"},
        {"1e22", "1e+22"},
        {"5e-324", "5e-324"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
    };
    bool failed = false;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text is = canonical(*state, rows[i].written);
        if (text_is(is, rows[i].canonical))
            continue;
        print_error("%s: %.*s, wanted %s\n", rows[i].written, TEXT_ARGS(is), rows[i].canonical);
        failed = true;
    }
    assert_false(failed);
}

static void test_canonical_reads_back_as_itself(void **state)
{
    static const char *const texts[] = {
        "{\"a\":[1,2.5,\"\\u0001\xc3\xa9\",{\"z\":null,\"y\":[]}],\"b\":1e300}",
        "[1e-7,123456789.125,-1.5e-10]"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 2; i++) {
        struct text once = canonical(fixture, texts[i]);
        struct json again = read_with(fixture->other, once);
        assert_true(json_same(read(fixture, texts[i]), again));
        struct json_text_buffer twice = {NULL, 0, 0};
        json_canonical(again, NULL, 0, &twice);
        assert_true(text_equal(json_text_view(&twice), json_text_view(&fixture->out)));
        json_text_done(&twice);
    }
}

static void test_skip_path(void **state)
{
    static const struct text path[] = {TEXT("metadata"), TEXT("annotations"), TEXT("restartedAt")};
    static const struct {
        const char *written, *canonical;
    } rows[] = {
        {"{\"metadata\":{\"annotations\":{\"restartedAt\":\"t\"}},\"spec\":1}", "{\"spec\":1}"},
        {"{\"metadata\":{\"annotations\":{\"restartedAt\":\"t\",\"x\":1}},\"spec\":1}",
         "{\"metadata\":{\"annotations\":{\"x\":1}},\"spec\":1}"},
        {"{\"metadata\":{\"labels\":{},\"annotations\":{\"restartedAt\":\"t\"}}}",
         "{\"metadata\":{\"labels\":{}}}"},
        {"{\"metadata\":{\"annotations\":{\"x\":1}}}", "{\"metadata\":{\"annotations\":{\"x\":1}}}"},
        /* what was empty before stays */
        {"{\"metadata\":{\"annotations\":{}}}", "{}"},
        {"{\"metadata\":null}", "{\"metadata\":null}"},
        {"{\"metadata\":{\"annotations\":[\"restartedAt\"]}}",
         "{\"metadata\":{\"annotations\":[\"restartedAt\"]}}"},
        /* only there */
        {"{\"restartedAt\":1,\"spec\":{\"metadata\":{\"annotations\":{\"restartedAt\":1}}}}",
         "{\"restartedAt\":1,\"spec\":{\"metadata\":{\"annotations\":{\"restartedAt\":1}}}}"},
        {"{\"metadata\":{\"annotations\":{\"restartedAt\":{\"deep\":1}}}}", "{}"},
        {"[{\"metadata\":{\"annotations\":{\"restartedAt\":1}}}]",
         "[{\"metadata\":{\"annotations\":{\"restartedAt\":1}}}]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_text(canonical_without(*state, rows[i].written, path, 3), rows[i].canonical);
    assert_text(canonical_without(*state, "{\"schedulingGates\":[],\"a\":1}",
                                  (const struct text[]){TEXT("schedulingGates")}, 1),
                "{\"a\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_equal),
        JSON(test_canonical),
        JSON(test_canonical_sorts_large_objects),
        JSON(test_canonical_strings_have_the_shortest_escapes),
        JSON(test_canonical_numbers_are_pythons),
        JSON(test_canonical_reads_back_as_itself),
        JSON(test_skip_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
