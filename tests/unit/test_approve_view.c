/* What `changegate approve` shows: templates as lines, and their difference, byte for byte. */
#include "json_fixture.h"

#include "cli/approve_diff.h"
#include "cli/approve_view.h"

/* ---- lines ---- */

static void expect_lines(const char *canonical, const char *expected)
{
    struct arena arena = {NULL, 0};
    struct text all = TEXT_EMPTY;
    struct approve_lines lines = approve_lines_of(text_of(canonical), &arena);
    for (size_t i = 0; i < lines.count; i++)
        all = arena_printf(&arena, "%.*s%.*s\n", TEXT_ARGS(all), TEXT_ARGS(lines.items[i]));
    assert_text(all, expected);
    arena_done(&arena);
}

static void test_a_template(void **state)
{
    (void)state;
    expect_lines("", "");
    expect_lines("{}", "");
    expect_lines("{\"metadata\":{\"labels\":{\"app.example.com/x\":\"web\"}},\"spec\":{\"containers\":[{"
                 "\"args\":[\"-v\",\"2\"],\"image\":\"web:2\",\"ports\":[{\"containerPort\":80},{}],"
                 "\"resources\":{},\"tty\":true},{\"name\":\"b\"}],\"volumes\":[],\"x\":[[1,2]],\"y\":null}}",
                 "metadata:\n"
                 "  labels:\n"
                 "    app.example.com/x: \"web\"\n"
                 "spec:\n"
                 "  containers:\n"
                 "  - args:\n"
                 "    - \"-v\"\n"
                 "    - \"2\"\n"
                 "    image: \"web:2\"\n"
                 "    ports:\n"
                 "    - containerPort: 80\n"
                 "    - {}\n"
                 "    resources: {}\n"
                 "    tty: true\n"
                 "  - name: \"b\"\n"
                 "  volumes: []\n"
                 "  x:\n"
                 "  -\n"
                 "    - 1\n"
                 "    - 2\n"
                 "  y: null\n");
}

/* Whatever a terminal would do with it, or a person take it for, it is told from what it looks like. */
static void test_nothing_deceives(void **state)
{
    (void)state;
    expect_lines("{\"a b\":\"\\u001b[2J\\t\\\"\\\\\"}", "\"a b\": \"\\u001b[2J\\t\\\"\\\\\"\n");
    expect_lines("{\"a\":\"\x7f\xc2\x9b"
                 "31m\xe2\x80\xae\xd0\xb5\xf0\x9f\x98\x80\"}",
                 "a: \"\\u007f\\u009b31m\\u202e\\u0435\\ud83d\\ude00\"\n");
    expect_lines("{\"\xe2\x80\xae\":1,\"\":2,\"a: 1\\n\":3}", "\"\\u202e\": 1\n\"\": 2\n\"a: 1\\n\": 3\n");
    expect_lines("{\"a\":\"\xff\"}", "a: \"\\ufffd\"\n");
}

#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void test_long_strings(void **state)
{
    (void)state;
    expect_lines("{\"a\":\"one\\n\",\"b\":\"one\\ntwo\",\"c\":\"\\n\\n\",\"d\":\"\\\\nn\",\"e\":[\"1\\n2\"]}",
                 "a: \"one\\n\"\n"
                 "b:\n"
                 "  \"one\\n\"\n"
                 "  \"two\"\n"
                 "c:\n"
                 "  \"\\n\"\n"
                 "  \"\\n\"\n"
                 "d: \"\\\\nn\"\n"
                 "e:\n"
                 "-\n"
                 "  \"1\\n\"\n"
                 "  \"2\"\n");
    expect_lines("{\"a\":\"" HUNDRED TEN TEN TEN TEN TEN TEN "\"}",
                 "a: \"" HUNDRED TEN TEN TEN TEN TEN TEN "\"\n");
    expect_lines("{\"a\":\"" HUNDRED TEN TEN TEN TEN TEN "012345678\\t+\"}",
                 "a:\n  \"" HUNDRED TEN TEN TEN TEN TEN "012345678\\t\"\n  \"+\"\n");
}

/* ---- the difference ---- */

static struct approve_lines lines_of(const char *letters, struct arena *arena)
{
    struct text *lines = arena_alloc_array(arena, strlen(letters), sizeof(*lines));
    for (size_t i = 0; i < strlen(letters); i++)
        lines[i] = (struct text){letters + i, 1};
    return (struct approve_lines){lines, strlen(letters)};
}

static void expect_diff(struct fixture *fixture, const char *before, const char *after, size_t most,
                        const char *expected, size_t expected_left_out)
{
    struct arena arena = {NULL, 0};
    size_t left_out = 99;
    json_text_clear(&fixture->out);
    approve_diff_write(lines_of(before, &arena), lines_of(after, &arena), most, &fixture->out, &left_out);
    assert_text(json_text_view(&fixture->out), expected);
    assert_int_equal(left_out, expected_left_out);
    arena_done(&arena);
}

static void test_a_difference(void **state)
{
    expect_diff(*state, "", "", 0, "", 0);
    expect_diff(*state, "abc", "abc", 0, "", 0);
    expect_diff(*state, "", "ab", 0, "@@ -0,0 +1,2 @@\n+a\n+b\n", 0);
    expect_diff(*state, "ab", "", 0, "@@ -1,2 +0,0 @@\n-a\n-b\n", 0);
    expect_diff(*state, "abcdefghi", "abcdXfghi", 0, "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+X\n f\n g\n h\n", 0);
    expect_diff(*state, "abc", "aXbYc", 0, "@@ -1,3 +1,5 @@\n a\n+X\n b\n+Y\n c\n", 0);
    expect_diff(*state, "aab", "ab", 0, "@@ -1,3 +1,2 @@\n a\n-a\n b\n", 0);
    expect_diff(*state, "abcxyz", "xyzabc", 0, "@@ -1,6 +1,6 @@\n-a\n-b\n-c\n x\n y\n z\n+a\n+b\n+c\n", 0);
}

/* Two differences share a hunk where their surroundings touch. */
static void test_hunks(void **state)
{
    expect_diff(*state, "1abcdef2", "Xabcdef", 0, "@@ -1,8 +1,7 @@\n-1\n+X\n a\n b\n c\n d\n e\n f\n-2\n", 0);
    expect_diff(*state, "1abcdefg2", "Xabcdefg", 0,
                "@@ -1,4 +1,4 @@\n-1\n+X\n a\n b\n c\n@@ -6,4 +6,3 @@\n e\n f\n g\n-2\n", 0);
}

static void test_at_most(void **state)
{
    expect_diff(*state, "", "abc", 4, "@@ -0,0 +1,3 @@\n+a\n+b\n+c\n", 0);
    expect_diff(*state, "", "abc", 3, "@@ -0,0 +1,3 @@\n+a\n+b\n", 1);
    expect_diff(*state, "1abcdefg2", "Xabcdefg", 2, "@@ -1,4 +1,4 @@\n-1\n", 9);
}

/* Too many lines to look for what they share: then all of them differ, and it takes no time. */
static void test_a_great_many(void **state)
{
    enum { COUNT = 3000 };
    struct fixture *fixture = *state;
    struct arena arena = {NULL, 0};
    struct text *before = arena_alloc_array(&arena, COUNT, sizeof(*before));
    struct text *after = arena_alloc_array(&arena, COUNT, sizeof(*after));
    size_t left_out = 0;
    for (size_t i = 0; i < COUNT; i++) {
        before[i] = arena_printf(&arena, "%zu", i);
        after[i] = arena_printf(&arena, "%zu", COUNT - i);
    }
    json_text_clear(&fixture->out);
    approve_diff_write((struct approve_lines){before, COUNT}, (struct approve_lines){after, COUNT}, 2,
                       &fixture->out, &left_out);
    assert_text(json_text_view(&fixture->out), "@@ -1,3000 +1,3000 @@\n-0\n");
    assert_int_equal(left_out, 2 * COUNT - 1);
    arena_done(&arena);
}

/* ---- the view ---- */

#define WEB(image, more)                                                                                    \
    "{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":{\"containers\":[{\"env\":[{\"name\":\"A\","     \
    "\"value\":\"1\"}],\"image\":\"envoy:1\",\"name\":\"proxy\"},{\"env\":[{\"name\":\"A\",\"value\":\"1\"" \
    "},{\"name\":\"B\",\"value\":\"" more "\"}],\"image\":\"" image "\",\"name\":\"web\"}]}}"
#define DIGEST "sha256:0123"

static void expect_view(struct fixture *fixture, const struct approve_view *view, size_t most,
                        const char *expected)
{
    const struct held_edit edit = {.kind = &held_kinds[0], .namespace = "shop", .name = "web"};
    json_text_clear(&fixture->out);
    approve_view_write(view, &edit, most, &fixture->out);
    assert_text(json_text_view(&fixture->out), expected);
}

static void test_a_change(void **state)
{
    const struct approve_view view = {GROUND_RUNNING, TEXT(WEB("web:1", "2")), TEXT(WEB("web:2", "3")),
                                      TEXT(DIGEST)};
    expect_view(*state, &view, 0,
                "deployment shop/web: the pod template that runs (-), and the one that would run (+), " DIGEST
                "\n"
                "@@ -12,6 +12,6 @@ spec: containers: - name: \"web\"\n"
                "     - name: \"A\"\n"
                "       value: \"1\"\n"
                "     - name: \"B\"\n"
                "-      value: \"2\"\n"
                "-    image: \"web:1\"\n"
                "+      value: \"3\"\n"
                "+    image: \"web:2\"\n"
                "     name: \"web\"\n");
}

static void test_what_there_is_to_compare(void **state)
{
    struct approve_view view = {GROUND_NOTHING, TEXT_EMPTY, TEXT("{\"a\":1}"), TEXT(DIGEST)};
    expect_view(*state, &view, 0,
                "deployment shop/web: nothing of it runs; all of the pod template that would run, " DIGEST
                "\n"
                "@@ -0,0 +1,1 @@\n"
                "+a: 1\n");
    view.ground = GROUND_UNKNOWN;
    expect_view(*state, &view, 1,
                "deployment shop/web: what runs is not known; all of the pod template that would run, " DIGEST
                "\n"
                "@@ -0,0 +1,1 @@\n"
                "... 1 lines more; --full shows them\n");
    view.ground = GROUND_STOPPED;
    view.before = text_of("{\"a\":2}");
    expect_view(
        *state, &view, 0,
        "deployment shop/web: it stands still, so what it has need not be what runs; the pod template "
        "that it has (-), and the one that would run (+), " DIGEST "\n"
        "@@ -1,1 +1,1 @@\n"
        "-a: 2\n"
        "+a: 1\n");
    view.before = view.after;
    expect_view(
        *state, &view, 0,
        "deployment shop/web: it stands still; it would go on with the pod template that it has, " DIGEST "\n"
        "@@ -0,0 +1,1 @@\n"
        "+a: 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_a_template),
        JSON(test_nothing_deceives),
        JSON(test_long_strings),
        JSON(test_a_difference),
        JSON(test_hunks),
        JSON(test_at_most),
        JSON(test_a_great_many),
        JSON(test_a_change),
        JSON(test_what_there_is_to_compare),
    };
    return cmocka_run_group_tests_name("approve_view", tests, NULL, NULL);
}
