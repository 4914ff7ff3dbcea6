/* codec/record: the annotation, read and written. */
#include "arena_fixture.h"
#include "assert_text.h"

#include "codec/record.h"

#include <stdlib.h>
#include <string.h>

#define WHOLE                                                                                       \
    "{\"templates\":[{\"digest\":\"sha256:b\",\"at\":\"2026-11-20T11:00:00Z\",\"waiting\":true,"    \
    "\"by\":\"ann\",\"ids\":[\"CHG1\",\"CHG2\"]},{\"digest\":\"sha256:a\",\"preexisting\":true}],"  \
    "\"breakGlass\":[{\"incident\":\"INC1\",\"reason\":\"checkout \\\"fails\\\"\",\"by\":\"erin\"," \
    "\"at\":\"2026-11-20T11:00:00Z\",\"digest\":\"sha256:b\",\"reviewedBy\":\"bob\","               \
    "\"reviewedAt\":\"2026-11-21T11:00:00Z\"}]}"

static void assert_written(const struct record *record, const char *wanted)
{
    struct json_text_buffer out = {NULL, 0, 0};
    record_write(record, &out);
    assert_text(json_text_view(&out), wanted);
    json_text_done(&out);
}

static void assert_written_as(const struct record *record, struct text wanted)
{
    struct json_text_buffer out = {NULL, 0, 0};
    record_write(record, &out);
    if (!text_equal(json_text_view(&out), wanted))
        fail_msg("is:     %.*s\nwanted: %.*s", TEXT_ARGS(json_text_view(&out)), TEXT_ARGS(wanted));
    json_text_done(&out);
}

#define AT      "\"at\":\"2026-11-20T11:00:00Z\""
#define USE     "\"incident\":\"INC1\",\"reason\":\"why\",\"by\":\"erin\"," AT
#define NO_PODS "{\"templates\":[],\"breakGlass\":["

static void test_there_and_back(void **state)
{
    static const char *const texts[] = {
        WHOLE,
        "{\"templates\":[]}",
        "{\"templates\":[{\"digest\":\"d\"," AT "}]}",
        "{\"templates\":[{\"digest\":\"d\"," AT ",\"by\":\"ann\"}]}",
        "{\"templates\":[{\"digest\":\"d\"," AT ",\"ids\":[\"CHG1\"]}]}",
        "{\"templates\":[{\"digest\":\"d\",\"preexisting\":true,\"waiting\":true,\"ids\":[\"CHG1\"]}]}",
        "{\"templates\":[{\"digest\":\"d\",\"at\":\"0001-01-01T00:00:00Z\"}]}",
        "{\"templates\":[{\"digest\":\"d\",\"at\":\"9999-12-31T23:59:59Z\"}]}",
        NO_PODS "{" USE "}]}",
        NO_PODS "{" USE ",\"digest\":\"d\"}]}",
        NO_PODS "{" USE ",\"reviewedBy\":\"bob\",\"reviewedAt\":\"2026-11-20T11:00:01Z\"},{" USE "}]}",
        NO_PODS
        "{\"incident\":\"INC\\\"1\\\\\",\"reason\":\"\\u0001\\n\xc3\xa4 \xf0\x9f\x9a\xa6\",\"by\":\"e\"," AT
        "}]}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct record record;
        assert_true(record_read(text_of(texts[i]), *state, &record));
        assert_written(&record, texts[i]);
    }
}

static void test_it_is_written_after_what_is_there(void **state)
{
    struct json_text_buffer out = {NULL, 0, 0};
    struct record record = {.template_count = 0};
    (void)state;
    json_text_raw_str(&out, "[");
    record_write(&record, &out);
    json_text_raw_str(&out, "]");
    assert_text(json_text_view(&out), "[{\"templates\":[]}]");
    json_text_done(&out);
}

static void test_what_it_says(void **state)
{
    struct record record;
    assert_true(record_read(text_of(WHOLE), *state, &record));
    assert_int_equal(record.template_count, 2);
    assert_int_equal(record.templates[0].at_s, 1795172400);
    assert_true(record.templates[0].waiting);
    assert_text(record.templates[0].by, "ann");
    assert_text(record.templates[0].ids[1], "CHG2");
    assert_int_equal(record.templates[1].at_s, 0);
    assert_int_equal(record.override_count, 1);
    assert_text(record.overrides[0].reason, "checkout \"fails\"");
    assert_int_equal(record.overrides[0].reviewed_s, 1795172400 + 86400);
}

static void test_none_of_the_gate(void **state)
{
    static const char *const texts[] = {
        "",
        "x",
        "[]",
        "{\"templates\":[{}]}",
        "{\"templates\":[{\"digest\":1,\"at\":\"2026-11-20T11:00:00Z\"}]}",
        "{\"templates\":[{\"digest\":\"sha256:a\"}]}",
        "{\"templates\":[{\"digest\":\"sha256:a\",\"at\":\"yesterday\"}]}",
        "{\"templates\":[{\"digest\":\"sha256:a\",\"at\":1795172400}]}",
        "{\"templates\":[{\"digest\":\"sha256:a\",\"preexisting\":\"yes\"}]}",
        "{\"templates\":[],\"breakGlass\":[{\"incident\":\"INC1\"}]}",
        ("{\"templates\":[],\"breakGlass\":[{\"incident\":\"INC1\",\"at\":\"2026-11-20T11:00:00Z\","
         "\"reviewedBy\":\"bob\"}]}"),
        "{\"templates\":[]} x",
        "{\"templates\":[]",
        "null",
        "true",
        "7",
        "\"{}\"",
        "{\"templates\":[null]}",
        "{\"templates\":[\"sha256:a\"]}",
        "{\"templates\":[[]]}",
        "{\"templates\":[{\"digest\":\"\"," AT "}]}",
        "{\"templates\":[{\"digest\":{}," AT "}]}",
        "{\"templates\":[{\"digest\":\"d\",\"at\":null}]}",
        "{\"templates\":[{\"digest\":\"d\",\"at\":\"\"}]}",
        "{\"templates\":[{\"digest\":\"d\",\"at\":\"2026-11-20\"}]}",
        "{\"templates\":[{\"digest\":\"d\",\"at\":\"2026-11-20T11:00:00\"}]}", /* where? */
        "{\"templates\":[{\"digest\":\"d\",\"at\":\"2026-02-30T11:00:00Z\"}]}",
        "{\"templates\":[{\"digest\":\"d\",\"at\":\"2026-11-20T11:00:60Z\"}]}",
        "{\"templates\":[{\"digest\":\"d\",\"preexisting\":false}]}",
        "{\"templates\":[{\"digest\":\"d\",\"preexisting\":1}]}",
        "{\"templates\":[{\"digest\":\"d\"," AT "},{\"digest\":\"e\"}]}", /* the second alone */
        NO_PODS "null]}",
        NO_PODS "{\"incident\":\"INC1\",\"reason\":\"why\",\"by\":\"erin\",\"at\":\"soon\"}]}",
        NO_PODS "{" USE ",\"reviewedBy\":\"bob\",\"reviewedAt\":\"soon\"}]}",
        NO_PODS "{" USE ",\"reviewedBy\":\"bob\",\"reviewedAt\":7}]}",
        NO_PODS "{" USE "},7]}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct record record;
        if (record_read(text_of(texts[i]), *state, &record))
            fail_msg("%s is taken for a record", texts[i]);
        assert_int_equal(record.template_count, 0);
        assert_int_equal(record.override_count, 0);
    }
}

/* `count` times `entry` in the list `key` of a record. */
static struct text many(struct arena *arena, const char *key, const char *entry, size_t count)
{
    struct json_text_buffer out = {NULL, 0, 0};
    json_text_raw_str(&out, "{\"");
    json_text_raw_str(&out, key);
    json_text_raw_str(&out, "\":[");
    for (size_t i = 0; i < count; i++) {
        json_text_element(&out);
        json_text_raw_str(&out, entry);
    }
    json_text_raw_str(&out, "]}");
    struct text text = arena_copy(arena, json_text_view(&out));
    json_text_done(&out);
    return text;
}

static void test_too_much(void **state)
{
    static const char old[] = "{\"digest\":\"d\",\"preexisting\":true}";
    static const char use[] =
        "{\"incident\":\"I\",\"reason\":\"r\",\"by\":\"b\",\"at\":\"2026-11-20T11:00:00Z\"}";
    struct record record;
    assert_true(record_read(many(*state, "templates", old, 10), *state, &record));
    assert_false(record_read(many(*state, "templates", old, 11), *state, &record));
    assert_true(record_read(many(*state, "templates\":[],\"breakGlass", use, 10), *state, &record));
    assert_false(record_read(many(*state, "templates\":[],\"breakGlass", use, 11), *state, &record));
    struct text ids = many(*state, "ids", "\"x\"", RECORD_IDS_MOST + 1);
    struct text inner = arena_printf(*state, "{\"templates\":[{\"digest\":\"d\",\"preexisting\":true,%.*s]}",
                                     (int)ids.length - 1, ids.at + 1);
    assert_false(record_read(inner, *state, &record));
    struct text blanks = arena_printf(*state, "{\"templates\":[]%*s}", RECORD_BYTES_MOST, "");
    assert_false(record_read(blanks, *state, &record));
}

/* Blanks, and whatever else the gate does not write. */
static void test_written_otherwise(void **state)
{
    struct record record;
    assert_true(record_read(text_of(WHOLE), *state, &record));
    assert_false(record_read(text_of(WHOLE " "), *state, &record));
    assert_int_equal(record.template_count, 0);
    assert_false(record_read(text_of("{\"templates\":[],\"breakGlass\":[]}"), *state, &record));
    assert_false(record_read(text_of("{\"templates\":[],\"more\":1}"), *state, &record));
}

/* Whoever holds the bytes may let them go. */
static void test_the_texts_are_the_arenas(void **state)
{
    char text[] = WHOLE;
    struct record record;
    assert_true(record_read(text_of(text), *state, &record));
    memset(text, 'x', sizeof(text) - 1);
    assert_written(&record, WHOLE);
}

static struct text filled(struct arena *arena, char c, size_t count)
{
    char *bytes = arena_alloc(arena, count);
    memset(bytes, c, count);
    return (struct text){bytes, count};
}

/* Every text as long as the decision lets it be, and each byte of it escaped; ids as long as Approvals' are.
 */
static void test_a_full_one_can_be_read_again(void **state)
{
    struct record record = {.template_count = RECORD_TEMPLATES_MOST, .override_count = RECORD_OVERRIDES_MOST};
    struct record back;
    struct json_text_buffer out = {NULL, 0, 0};
    for (size_t i = 0; i < RECORD_TEMPLATES_MOST; i++) {
        struct record_template *entry = &record.templates[i];
        *entry = (struct record_template){.digest = filled(*state, 'd', 71),
                                          .at_s = 1795172400,
                                          .waiting = true,
                                          .by = filled(*state, 'n', 253),
                                          .id_count = RECORD_IDS_MOST};
        for (size_t j = 0; j < RECORD_IDS_MOST; j++)
            entry->ids[j] = filled(*state, 'i', 128);
    }
    for (size_t i = 0; i < RECORD_OVERRIDES_MOST; i++)
        record.overrides[i] = (struct record_override){.incident = filled(*state, 'I', 80),
                                                       .reason = filled(*state, '"', 512),
                                                       .by = filled(*state, 'n', 253),
                                                       .at_s = 1795172400,
                                                       .digest = filled(*state, 'd', 71),
                                                       .reviewed_by = filled(*state, 'n', 253),
                                                       .reviewed_s = 1795172400};
    record_write(&record, &out);
    assert_true(record_read(json_text_view(&out), *state, &back));
    assert_true(record_same(&record, &back, false, false));
    json_text_done(&out);
}

/* ---- any record ---- */

static uint64_t dice = 1;

static unsigned roll(unsigned most)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice >> 33) % most;
}

static struct text any_text(struct arena *arena)
{
    static const char *const pieces[] = {"a", "\"", "\\", "\n", "é", "😀", " ", "\x01"};
    struct text text = text_of("x");
    for (unsigned i = roll(6); i > 0; i--)
        text = arena_printf(arena, "%.*s%s", TEXT_ARGS(text), pieces[roll(8)]);
    return text;
}

static struct record any_record(struct arena *arena)
{
    struct record record = {.template_count = roll(RECORD_TEMPLATES_MOST + 1),
                            .override_count = roll(RECORD_OVERRIDES_MOST + 1)};
    for (size_t i = 0; i < record.template_count; i++) {
        struct record_template *entry = &record.templates[i];
        *entry = (struct record_template){.digest = any_text(arena),
                                          .at_s = roll(2) * (1 + roll(1 << 30)),
                                          .waiting = roll(2),
                                          .by = roll(2) ? any_text(arena) : TEXT_EMPTY,
                                          .id_count = roll(RECORD_IDS_MOST + 1)};
        for (size_t j = 0; j < entry->id_count; j++)
            entry->ids[j] = any_text(arena);
    }
    for (size_t i = 0; i < record.override_count; i++) {
        bool reviewed = roll(2);
        record.overrides[i] = (struct record_override){.incident = any_text(arena),
                                                       .reason = any_text(arena),
                                                       .by = any_text(arena),
                                                       .at_s = roll(1 << 30),
                                                       .digest = roll(2) ? any_text(arena) : TEXT_EMPTY,
                                                       .reviewed_by = reviewed ? any_text(arena) : TEXT_EMPTY,
                                                       .reviewed_s = reviewed ? roll(1 << 30) : 0};
    }
    return record;
}

static void test_any_record_comes_back(void **state)
{
    for (int i = 0; i < 500; i++) {
        struct json_text_buffer out = {NULL, 0, 0};
        struct record record = any_record(*state), back;
        record_write(&record, &out);
        assert_true(record_read(json_text_view(&out), *state, &back));
        assert_true(record_same(&record, &back, false, false));
        assert_written_as(&back, json_text_view(&out));
        json_text_done(&out);
    }
}

/* Whatever became of the bytes: none, or one that comes back. */
static void assert_none_or_comes_back(struct text text, struct arena *arena)
{
    struct record record, back;
    struct json_text_buffer out = {NULL, 0, 0};
    if (!record_read(text, arena, &record)) {
        assert_int_equal(record.template_count + record.override_count, 0);
        return;
    }
    record_write(&record, &out);
    assert_true(record_read(json_text_view(&out), arena, &back));
    assert_true(record_same(&record, &back, false, false));
    json_text_done(&out);
}

static void test_every_beginning_is_none(void **state)
{
    struct record record;
    for (size_t length = 0; length < sizeof(WHOLE) - 1; length++)
        assert_false(record_read((struct text){WHOLE, length}, *state, &record));
}

static void test_bytes_that_were_changed(void **state)
{
    for (int i = 0; i < 5000; i++) {
        char text[] = WHOLE;
        for (unsigned j = 1 + roll(3); j > 0; j--)
            text[roll(sizeof(text) - 1)] = roll(2) ? (char)roll(256) : "\"{}[]:,\\0t"[roll(10)];
        assert_none_or_comes_back((struct text){text, sizeof(text) - 1}, *state);
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_there_and_back),
        TEST(test_it_is_written_after_what_is_there),
        TEST(test_what_it_says),
        TEST(test_none_of_the_gate),
        TEST(test_too_much),
        TEST(test_written_otherwise),
        TEST(test_the_texts_are_the_arenas),
        TEST(test_a_full_one_can_be_read_again),
        TEST(test_any_record_comes_back),
        TEST(test_every_beginning_is_none),
        TEST(test_bytes_that_were_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
