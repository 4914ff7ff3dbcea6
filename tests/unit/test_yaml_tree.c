/* YAML into trees: what scalars mean (held against sigs.k8s.io/yaml, which kubectl reads with), and where
 * each error is said to be. */
#include "arena_fixture.h"
#include "assert_text.h"

#include "codec/yaml_tree.h"

#include <stdlib.h>
#include <string.h>

/* All documents as JSON, separated by blanks; or the error as "LINE:COLUMN: TEXT". */
static struct text read_all(struct arena *arena, struct text yaml)
{
    struct yaml_documents documents;
    struct error error = {0};
    if (!yaml_read(arena, yaml, &documents, &error))
        return arena_printf(arena, "%u:%u: %s", error.line, error.column, error.text);
    struct json_text_buffer out = {NULL, 0, 0};
    for (size_t i = 0; i < documents.count; i++) {
        json_text_raw_str(&out, i == 0 ? "" : " ");
        yaml_to_json(&documents.items[i], &out);
    }
    struct text json = arena_copy(arena, json_text_view(&out));
    json_text_done(&out);
    return json;
}

struct pair {
    const char *yaml, *result;
};

static void assert_pairs(struct arena *arena, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text result = read_all(arena, text_of(pairs[i].yaml));
        if (!text_is(result, pairs[i].result))
            fail_msg("%s\nis:     %.*s\nwanted: %s", pairs[i].yaml, TEXT_ARGS(result), pairs[i].result);
    }
}

#define ASSERT_PAIRS(state, pairs) assert_pairs(*(state), pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void test_words(void **state)
{
    static const struct pair pairs[] = {
        {"[~, null, Null, NULL, nUll]", "[null,null,null,null,\"nUll\"]"},
        {"[y, Y, yes, Yes, YES, yEs]", "[true,true,true,true,true,\"yEs\"]"},
        {"[n, N, no, No, NO, nO]", "[false,false,false,false,false,\"nO\"]"},
        {"[on, On, ON, off, Off, OFF, oN]", "[true,true,true,false,false,false,\"oN\"]"},
        {"[true, True, TRUE, false, tRUE]", "[true,true,true,false,\"tRUE\"]"},
        {"['true', \"null\", 'on']", "[\"true\",\"null\",\"on\"]"},
        {"a:", "{\"a\":null}"},
    };
    ASSERT_PAIRS(state, pairs);
}

static void test_numbers(void **state)
{
    static const struct pair pairs[] = {
        {"[0, -0, +0, 1, -1, +1]", "[0,0,0,1,-1,1]"},
        {"[017, 0o17, 0O17, 0x1F, 0X1f, -0x10, 0b11, 0B1]", "[15,15,15,31,31,-16,3,1]"},
        {"[08, 09.5, 1_000, 0x_1, 1__0]", "[8,9.5,1000,1,10]"},
        {"[_, __, _1, 0x, 0b2, 0o8, 0xg, '-', +_]",
         "[\"_\",\"__\",\"_1\",\"0x\",\"0b2\",\"0o8\",\"0xg\",\"-\",\"+_\"]"},
        {"[1., .5, -.5, 1e3, 1E-3, +1.5e+10, .5_0]", "[1,0.5,-0.5,1000,0.001,15000000000,0.5]"},
        {"[0.1, 1.10, 3.14159265358979]", "[0.1,1.1,3.14159265358979]"},
        {"[., 1e, 1.2.3, v1, 1d, 1 2, '1']", "[\".\",\"1e\",\"1.2.3\",\"v1\",\"1d\",\"1 2\",\"1\"]"},
        {"[9223372036854775807, -9223372036854775808]", "[9223372036854775807,-9223372036854775808]"},
        {"[9223372036854775808, 0xffffffffffffffff]", "[9223372036854775808,18446744073709551615]"},
        {"[18446744073709551616, -9223372036854775809]", "[1.8446744073709552e+19,-9.223372036854776e+18]"},
        {"[1e400, -0x8000000000000001]", "[\"1e400\",\"-0x8000000000000001\"]"},
        {"[2026-11-20, 12:30:45, 2026-11-20T00:00:00Z]",
         "[\"2026-11-20\",\"12:30:45\",\"2026-11-20T00:00:00Z\"]"},
        {"a: .inf", "1:4: .inf has no JSON form; write a finite number"},
        {"a: -.INF", "1:4: -.INF has no JSON form; write a finite number"},
        {"- 1\n- .nan", "2:3: .nan has no JSON form; write a finite number"},
        {"a: '.nan'", "{\"a\":\".nan\"}"},
    };
    ASSERT_PAIRS(state, pairs);
}

static void test_tags(void **state)
{
    static const struct pair pairs[] = {
        {"[!!str 1, !!str true, !!str, ! 12]", "[\"1\",\"true\",\"\",\"12\"]"},
        {"[!!int '3', !!float 3, !!bool 'yes', !!null '']", "[3,3,true,null]"},
        {"[!!seq [a], !!map {a: b}]", "[[\"a\"],{\"a\":\"b\"}]"},
        {"a: !!int x", "1:4: \"x\" is not what its tag says; take the tag out"},
        {"a: !!binary YQ==", "1:4: tag tag:yaml.org,2002:binary has no JSON form; take it out"},
        {"a: !mine {}", "1:4: tag !mine has no JSON form; take it out"},
        {"a: !!set {a}", "1:4: tag tag:yaml.org,2002:set has no JSON form; take it out"},
    };
    ASSERT_PAIRS(state, pairs);
}

static void test_keys(void **state)
{
    static const struct pair pairs[] = {
        {"{on: 1, 2: 2, 0x10: 3, '4.5': 4}", "{\"true\":1,\"2\":2,\"16\":3,\"4.5\":4}"},
        {"4.5: a", "1:1: \"4.5\" is no text, so it cannot be a key; put it in quotes"},
        {"~: a", "1:1: \"~\" is no text, so it cannot be a key; put it in quotes"},
        {"a: 1\n[b]: 2", "2:1: a list, a map or an alias cannot be a key; write a plain word"},
        {"? {a: b}\n: 2", "1:3: a list, a map or an alias cannot be a key; write a plain word"},
        {"a: &x b\n*x : 2", "2:1: a list, a map or an alias cannot be a key; write a plain word"},
        {"a: &x {b: 1}\nc:\n  <<: *x", "3:3: merge keys (<<) are not supported; write the keys out"},
        {"'<<': 1", "{\"<<\":1}"},
        {"a: 1\nb: 2\na: 3", "3:1: key \"a\" was given before, at line 1; keep one of them"},
        {"x:\n  on: 1\n  'true': 2", "3:3: key \"true\" was given before, at line 2; keep one of them"},
    };
    ASSERT_PAIRS(state, pairs);
}

static void test_repeated_key_among_many(void **state)
{
    struct json_text_buffer yaml = {NULL, 0, 0};
    char line[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof(line), "key%d: %d\n", i == 900 ? 17 : i, i);
        json_text_raw_str(&yaml, line);
    }
    assert_text(read_all(*state, json_text_view(&yaml)),
                "901:1: key \"key17\" was given before, at line 18; keep one of them");
    json_text_done(&yaml);
}

static void test_aliases(void **state)
{
    static const struct pair pairs[] = {
        {"a: &x {b: [1, 2]}\nc: *x", "{\"a\":{\"b\":[1,2]},\"c\":{\"b\":[1,2]}}"},
        {"[&x 1, &x 2, *x]", "[1,2,2]"},
        {"a: *x", "1:4: there is no anchor &x above"},
        {"a: &x 1\n---\nb: *x", "3:4: there is no anchor &x above"},
        {"a: &x [1, *x]", "1:11: alias *x stands inside of what it names; write the value out"},
    };
    ASSERT_PAIRS(state, pairs);
}

/* Ten of ten of ten ...: 10^9 values in ten lines. */
static void test_alias_bomb(void **state)
{
    struct json_text_buffer yaml = {NULL, 0, 0};
    char line[80];
    json_text_raw_str(&yaml, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++) {
        snprintf(line, sizeof(line), "a%d: &a%d [", i, i);
        json_text_raw_str(&yaml, line);
        snprintf(line, sizeof(line), "*a%d,", i - 1);
        for (int j = 0; j < 10; j++)
            json_text_raw_str(&yaml, line);
        json_text_raw_str(&yaml, "]\n");
    }
    assert_text(read_all(*state, json_text_view(&yaml)),
                "6:38: aliases add up to more than 1000000 values or 16777216 bytes; write the values out");
    json_text_done(&yaml);
}

/* One long string, many times over: few values, much text. */
static void test_alias_bomb_of_bytes(void **state)
{
    enum { LONG_BYTES = 1 << 20 };
    struct json_text_buffer yaml = {NULL, 0, 0};
    char *letters = malloc(LONG_BYTES);
    assert_non_null(letters);
    memset(letters, 'x', LONG_BYTES);
    json_text_raw_str(&yaml, "- &a ");
    json_text_raw(&yaml, (struct text){letters, LONG_BYTES});
    for (int i = 0; i < 20; i++)
        json_text_raw_str(&yaml, "\n- *a");
    assert_text(read_all(*state, json_text_view(&yaml)),
                "18:3: aliases add up to more than 1000000 values or 16777216 bytes; write the values out");
    free(letters);
    json_text_done(&yaml);
}

static void test_too_many_anchors(void **state)
{
    struct json_text_buffer yaml = {NULL, 0, 0};
    char line[32];
    for (int i = 0; i <= YAML_ANCHORS_MOST; i++) {
        snprintf(line, sizeof(line), "- &a%d 1\n", i);
        json_text_raw_str(&yaml, line);
    }
    assert_text(read_all(*state, json_text_view(&yaml)),
                "257:3: more than 256 anchors; write the values out");
    json_text_done(&yaml);
}

/* `levels` lists, one in another. */
static struct text nested(struct arena *arena, size_t levels)
{
    char *text = arena_alloc(arena, 2 * levels);
    memset(text, '[', levels);
    memset(text + levels, ']', levels);
    return (struct text){text, 2 * levels};
}

static void test_depth(void **state)
{
    assert_int_equal(read_all(*state, nested(*state, YAML_DEPTH_MOST)).length, 2 * YAML_DEPTH_MOST);
    assert_text(read_all(*state, nested(*state, YAML_DEPTH_MOST + 1)),
                "1:101: nested deeper than 100 levels; write it flatter");
    assert_text(read_all(*state, nested(*state, 100000)),
                "1:101: nested deeper than 100 levels; write it flatter");
}

/* What an alias names counts with all its levels. */
static void test_depth_through_aliases(void **state)
{
    struct text half = nested(*state, YAML_DEPTH_MOST / 2);
    struct text good = arena_printf(*state, "- &a %.*s\n- %.*s", TEXT_ARGS(half), TEXT_ARGS(half));
    struct text bad =
        arena_printf(*state, "- &a %.*s\n- &b [[*a]]\n- %.*s*b%.*s", TEXT_ARGS(half), (int)half.length / 2,
                     half.at, (int)half.length / 2, half.at + half.length / 2);
    assert_int_equal(read_all(*state, good).at[0], '[');
    assert_text(read_all(*state, bad), "3:53: nested deeper than 100 levels; write it flatter");
}

static void test_json(void **state)
{
    static const struct pair pairs[] = {
        {"{\n\t\"a\":\t[1,2.5e3,null],\n\t\"b\":{\"c\":true}}", "{\"a\":[1,2500,null],\"b\":{\"c\":true}}"},
        {"{\"a\":\"\\u00e9\\n\\/\\\\\\\"\"}", "{\"a\":\"\xc3\xa9\\n/\\\\\\\"\"}"},
        {"{\"a\":\"\\ud83d\\ude00!\"}", "{\"a\":\"\xf0\x9f\x98\x80!\"}"},
        {"{\"a\":\"\\\\ud83d\\\\ude00\"}", "{\"a\":\"\\\\ud83d\\\\ude00\"}"},
        {"'\\ud83d\\ude00'", "\"\\\\ud83d\\\\ude00\""}, /* not JSON: single quotes escape nothing */
        {"{\"a\":\"\\ud83d\"}",
         "1:9: found invalid Unicode character escape code (while parsing a quoted scalar that starts at "
         "line 1)"},
    };
    ASSERT_PAIRS(state, pairs);
}

static void test_documents(void **state)
{
    static const struct pair pairs[] = {
        {"", ""},
        {"# nothing\n", ""},
        {"---\n---\na: 1\n---\n# none\n...\n", "{\"a\":1}"},
        {"a: 1\n---\n- b\n--- c\n", "{\"a\":1} [\"b\"] \"c\""},
        {"\xef\xbb\xbf"
         "a: 1",
         "{\"a\":1}"},
        {"a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}"},
    };
    ASSERT_PAIRS(state, pairs);
}

static void test_broken_text(void **state)
{
    static const struct pair pairs[] = {
        {"a: \"\xff\"", "1:5: invalid leading UTF-8 octet; save the file as UTF-8 text"},
        {"a: \xc3\xa9\xc3\xa9\nb: \xc3\xa9\xed\xa0\x80",
         "2:5: invalid Unicode character; save the file as UTF-8 text"},
        {"a: \x01", "1:4: control characters are not allowed; save the file as UTF-8 text"},
        {"a:\n\tb: 1", "2:1: a tab cannot indent; use blanks"},
        {"a:\n  b: 1\n\tc: 2", "3:1: a tab cannot indent; use blanks"},
        {"a: {b: 1\n",
         "2:1: did not find expected ',' or '}' (while parsing a flow mapping that starts at line 1)"},
        {"a: x: y", "1:5: mapping values are not allowed in this context"},
        {"a: 1\n b: 2", "2:3: mapping values are not allowed in this context"},
        {"- a\nb: 1",
         "2:1: did not find expected '-' indicator (while parsing a block collection that starts at line 1)"},
        {"a: 'x",
         "1:6: found unexpected end of stream (while scanning a quoted scalar that starts at line 1)"},
        {"a: @x", "1:4: found character that cannot start any token (while scanning for the next token that "
                  "starts at line 1)"},
    };
    ASSERT_PAIRS(state, pairs);
    assert_text(read_all(*state, (struct text){"a: \0b", 5}),
                "1:4: control characters are not allowed; save the file as UTF-8 text");
}

static void test_places(void **state)
{
    struct yaml_documents documents;
    struct error error = {0};
    assert_true(yaml_read(*state, text_of("a: 1\nlist:\n  - x\n  -   {k: \"v\"}\n"), &documents, &error));
    const struct yaml_node *list = yaml_get(&documents.items[0], "list");
    assert_non_null(list);
    assert_int_equal(list->key_line, 2);
    assert_int_equal(list->key_column, 1);
    const struct yaml_node *value = yaml_get(&list->children[1], "k");
    assert_non_null(value);
    assert_int_equal(value->line, 4);
    assert_int_equal(value->column, 11);
    assert_int_equal(value->key_column, 8);
    assert_null(yaml_get(list, "k")); /* no map */
    assert_null(yaml_get(NULL, "k"));
    assert_null(yaml_get(&documents.items[0], "b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_numbers, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_tags, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_keys, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_repeated_key_among_many, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_aliases, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_alias_bomb, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_alias_bomb_of_bytes, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_too_many_anchors, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_depth, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_depth_through_aliases, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_json, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_documents, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_broken_text, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_places, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
