/* JSON in and out: the view of a text, what is no JSON, and the writer. */
#include "json_fixture.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static void test_types(void **state)
{
    static const struct {
        const char *bytes;
        enum json_type type;
    } rows[] = {
        {"null", JSON_NULL}, {"true", JSON_BOOL},   {"false", JSON_BOOL},
        {"0", JSON_INTEGER}, {"-7", JSON_INTEGER},  {"18446744073709551615", JSON_INTEGER},
        {"1.0", JSON_REAL},  {"1e3", JSON_REAL},    {"\"\"", JSON_STRING},
        {"[]", JSON_ARRAY},  {" {} ", JSON_OBJECT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(json_type(read(*state, rows[i].bytes)), rows[i].type);
    assert_int_equal(json_type(JSON_NOTHING), JSON_ABSENT);
}

static void test_members(void **state)
{
    struct json root = read(*state, "{\"a\":{\"b\":[1,2]},\"\":3,\"c\":null,\"n\\u0061me\":\"x\"}");
    assert_int_equal(json_as_integer(json_get(root, text_of("")), 0), 3);
    assert_int_equal(json_type(json_get(root, text_of("c"))), JSON_NULL);
    assert_int_equal(json_type(json_get(root, text_of("d"))), JSON_ABSENT);
    assert_text(json_as_text(json_get(root, text_of("name"))),
                "x"); /* the key's value counts, not its spelling */
    struct json list = json_get(json_get(root, text_of("a")), text_of("b"));
    assert_int_equal(json_count(list), 2);
    assert_int_equal(json_type(json_get(list, text_of("0"))), JSON_ABSENT);
    assert_int_equal(json_type(json_get(JSON_NOTHING, text_of("a"))), JSON_ABSENT);
}

static void test_of_repeated_keys_the_first_counts(void **state)
{
    assert_int_equal(json_as_integer(json_get(read(*state, "{\"a\":1,\"a\":2}"), text_of("a")), 0), 1);
}

static void test_scalars_fall_back(void **state)
{
    struct json root =
        read(*state, "{\"s\":\"x\",\"i\":7,\"t\":true,\"r\":1.5,\"big\":18446744073709551615}");
    struct json s = json_get(root, text_of("s")), i = json_get(root, text_of("i")),
                t = json_get(root, text_of("t")), r = json_get(root, text_of("r"));
    assert_null(json_as_text(i).at);
    assert_null(json_as_text(JSON_NOTHING).at);
    assert_int_equal(json_as_integer(s, -1), -1);
    assert_int_equal(json_as_integer(r, -1), -1);
    assert_int_equal(json_as_integer(JSON_NOTHING, -1), -1);
    assert_true(json_as_bool(t, false));
    assert_true(json_as_bool(s, true));
    assert_false(json_as_bool(i, false));
    assert_true(json_as_real(r) == 1.5);
    assert_true(json_as_real(i) == 7);
    assert_true(json_as_integer(json_get(root, text_of("big")), 0) == INT64_MAX);
    assert_int_equal(json_count(i), 0);
}

static void test_strings(void **state)
{
    assert_text(json_as_text(read(*state, "\"a\\u00e9\\ud83d\\ude00\\n\\/\"")),
                "a\xc3\xa9\xf0\x9f\x98\x80\n/");
    struct text with_nul = json_as_text(read(*state, "\"a\\u0000b\""));
    assert_int_equal(with_nul.length, 3);
    assert_memory_equal(with_nul.at, "a\0b", 3);
    struct text empty = json_as_text(read(*state, "\"\""));
    assert_non_null(empty.at); /* a string, though empty */
    assert_int_equal(empty.length, 0);
}

static void test_walks(void **state)
{
    char seen[64] = "";
    struct json root = read(*state, "{\"a\":1,\"b\":[10,[20],30],\"c\":{}}");
    for (struct json_walk w = json_walk_start(root); json_walk_next(&w);)
        snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%.*s,", TEXT_ARGS(w.key));
    assert_string_equal(seen, "a,b,c,");
    int64_t sum = 0;
    for (struct json_walk w = json_walk_start(json_get(root, text_of("b"))); json_walk_next(&w);) {
        assert_int_equal(w.key.length, 0);
        sum += json_as_integer(w.value, 100);
    }
    assert_int_equal(sum, 140);
    struct json_walk none = json_walk_start(json_get(root, text_of("a")));
    assert_false(json_walk_next(&none));
    none = json_walk_start(JSON_NOTHING);
    assert_false(json_walk_next(&none));
}

static void test_what_is_no_json(void **state)
{
    static const char *const refused[] = {
        "",
        " ",
        "{",
        "[",
        "}",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "{1:2}",
        "01",
        "+1",
        "1.",
        ".5",
        "1e",
        "0x10",
        "NaN",
        "Infinity",
        "nul",
        "True",
        "\"",
        "\"a\nb\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "{} {}",
        "[]]",
        "1 2",
        "{}x",
        "// no\n{}",
        "[1 2]",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "{\"\x80\":1}",
        "\xff",
        "1e999",
        "18446744073709551616", /* no 64-bit integer holds it */
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct json root = {&root, 42};
        struct error error = {0};
        if (json_read(fixture->reader, refused[i], strlen(refused[i]), &root, &error))
            fail_msg("taken: %s", refused[i]);
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_true(strncmp(error.text, "not JSON: ", 10) == 0);
        assert_int_equal(root.index, 42); /* untouched */
    }
    assert_int_equal(json_as_integer(read(fixture, "7"), 0), 7); /* and the reader goes on */
}

static void test_every_beginning_of_a_text(void **state)
{
    struct fixture *fixture = *state;
    struct text whole = TEXT("{\"a\":[1,-2.5e3,true,null,\"\\u00e9\xc3\xa9\"],\"b\":{}}");
    struct json root;
    struct error error;
    for (size_t length = 0; length < whole.length; length++)
        assert_false(json_read(fixture->reader, whole.at, length, &root, &error));
    assert_true(json_read(fixture->reader, whole.at, whole.length, &root, &error));
}

static struct text nested(char *buffer, size_t depth)
{
    memset(buffer, '[', depth);
    memset(buffer + depth, ']', depth);
    return (struct text){buffer, 2 * depth};
}

static void test_depth(void **state)
{
    enum { DEEP = 1 << 20 };
    struct fixture *fixture = *state;
    char *buffer = malloc(2 * DEEP);
    struct json root;
    struct error error;
    struct text deepest = nested(buffer, JSON_DEPTH_MOST);
    assert_true(json_read(fixture->reader, deepest.at, deepest.length, &root, &error));
    json_text_clear(&fixture->out);
    json_canonical(root, NULL, 0, &fixture->out);
    assert_true(text_equal(json_text_view(&fixture->out), deepest));
    static const size_t too_deep[] = {JSON_DEPTH_MOST + 1, 1000, DEEP};
    for (size_t i = 0; i < 3; i++) {
        struct text bomb = nested(buffer, too_deep[i]);
        assert_false(json_read(fixture->reader, bomb.at, bomb.length, &root, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
    }
    free(buffer);
}

static void test_a_large_text_and_the_memory_given_back(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 400000 };
    char *bytes = malloc(4 * COUNT + 2);
    size_t length = 0;
    bytes[length++] = '[';
    for (int i = 0; i < COUNT; i++)
        length += (size_t)sprintf(bytes + length, "%s%d", i == 0 ? "" : ",", i % 100);
    bytes[length++] = ']';
    struct json root = read_with(fixture->reader, (struct text){bytes, length});
    assert_int_equal(json_count(root), COUNT);
    free(bytes); /* the reader has copied what it needs */
    int64_t sum = 0;
    for (struct json_walk w = json_walk_start(root); json_walk_next(&w);)
        sum += json_as_integer(w.value, -1000);
    assert_int_equal(sum, (int64_t)COUNT / 100 * 4950);
    json_reader_trim(fixture->reader);
    char deep[4 * JSON_DEPTH_MOST];
    struct text bomb = nested(deep, JSON_DEPTH_MOST + 1); /* the limit is still there after growing */
    struct error error;
    assert_false(json_read(fixture->reader, bomb.at, bomb.length, &root, &error));
    assert_int_equal(json_as_integer(read(fixture, "7"), 0), 7);
}

/* ---- writing ---- */

static void test_text_buffer(void **state)
{
    struct json_text_buffer *out = &((struct fixture *)*state)->out;
    json_text_clear(out);
    json_text_raw_str(out, "{");
    json_text_key(out, "a");
    json_text_integer(out, INT64_MIN);
    json_text_key(out, "b");
    json_text_raw_str(out, "[");
    json_text_element(out);
    json_text_bool(out, true);
    json_text_element(out);
    json_text_string(out, TEXT_EMPTY);
    json_text_element(out);
    json_text_bool(out, false);
    json_text_raw(out, text_of("]}"));
    assert_text(json_text_view(out), "{\"a\":-9223372036854775808,\"b\":[true,\"\",false]}");
    json_text_done(out);
    json_text_done(out);
    assert_int_equal(json_text_view(out).length, 0);
}

/* Whatever bytes go in, what comes out reads back, and good UTF-8 reads back as itself. */
static void test_any_bytes_become_a_json_string(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = 11;
    for (int round = 0; round < 20000; round++) {
        char bytes[16];
        for (size_t i = 0; i < sizeof(bytes); i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            bytes[i] = (char)(seed >> 56);
        }
        struct text any = {bytes, (size_t)round % (sizeof(bytes) + 1)};
        json_text_clear(&fixture->out);
        json_text_string(&fixture->out, any);
        struct text back = json_as_text(read_with(fixture->reader, json_text_view(&fixture->out)));
        bool good = true;
        for (size_t at = 0; good && at < any.length;) {
            size_t step = text_utf8_length(text_slice(any, at, any.length));
            good = step > 0;
            at += step;
        }
        if (good)
            assert_true(text_equal(back, any));
        else
            assert_true(back.length >= any.length); /* U+FFFD is longer than the byte it stands for */
    }
    json_text_clear(&fixture->out);
    json_text_string(&fixture->out, text_of("a\xff\xe2\x82z"));
    assert_text(json_text_view(&fixture->out), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_types),
        JSON(test_members),
        JSON(test_of_repeated_keys_the_first_counts),
        JSON(test_scalars_fall_back),
        JSON(test_strings),
        JSON(test_walks),
        JSON(test_what_is_no_json),
        JSON(test_every_beginning_of_a_text),
        JSON(test_depth),
        JSON(test_a_large_text_and_the_memory_given_back),
        JSON(test_text_buffer),
        JSON(test_any_bytes_become_a_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
