/* Memory with one end of life, and texts made fit to print. */
#include "arena_fixture.h"
#include "assert_text.h"

#include "core/arena.h"

#include <stdlib.h>
#include <string.h>

static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static void test_memory_is_zeroed_and_aligned(void **state)
{
    struct arena *arena = *state;
    for (int round = 0; round < 2; round++) { /* the second finds the first one's bytes in its block */
        for (size_t size = 0; size < 300; size++) {
            unsigned char *memory = arena_alloc(arena, size);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
            assert_true(is_zero(memory, size));
            memset(memory, 0xa5, size);
        }
        arena_reset(arena);
    }
}

static void test_nothing_overlaps(void **state)
{
    struct arena *arena = *state;
    enum { COUNT = 3000 };
    static unsigned char *memories[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        memories[i] = arena_alloc(arena, i % 97 + 1);
        memset(memories[i], (int)(i % 251), i % 97 + 1);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < i % 97 + 1; k++)
            assert_int_equal(memories[i][k], i % 251);
}

static void test_a_large_piece_fits_among_small_ones(void **state)
{
    struct arena *arena = *state;
    char *before = arena_alloc(arena, 8);
    strcpy(before, "before");
    unsigned char *large = arena_alloc(arena, 9 << 20);
    assert_true(is_zero(large, 9 << 20));
    char *after = arena_alloc(arena, 8);
    strcpy(after, "after");
    memset(large, 1, 9 << 20);
    assert_string_equal(before, "before");
    assert_string_equal(after, "after");
}

static void test_array_counts(void **state)
{
    struct arena *arena = *state;
    int64_t *numbers = arena_alloc_array(arena, 1000, sizeof(*numbers));
    assert_true(is_zero((unsigned char *)numbers, 1000 * sizeof(*numbers)));
    assert_non_null(arena_alloc_array(arena, 0, sizeof(*numbers)));
    assert_non_null(arena_alloc_array(arena, 1000, 0));
}

static void test_copy_is_its_own(void **state)
{
    struct arena *arena = *state;
    char original[] = "shop";
    struct text copy = arena_copy(arena, text_of(original));
    original[0] = 'x';
    assert_text(copy, "shop");
    assert_int_equal(copy.at[copy.length], '\0');
    assert_text(arena_copy(arena, TEXT_EMPTY), "");
    assert_non_null(arena_copy(arena, TEXT_EMPTY).at);
}

static void test_printf(void **state)
{
    struct arena *arena = *state;
    assert_text(arena_printf(arena, "%s-%d", "a", 7), "a-7");
    assert_text(arena_printf(arena, "%.*s|", TEXT_ARGS(TEXT_EMPTY)), "|");
    struct text wide = arena_printf(arena, "%40000d", 7);
    assert_int_equal(wide.length, 40000);
    assert_int_equal(wide.at[wide.length], '\0');
}

static void test_ends_more_than_once(void **state)
{
    struct arena *arena = *state;
    struct arena zeroed = {0};
    arena_reset(arena);
    arena_done(arena);
    arena_done(arena);
    arena_done(&zeroed);
    arena_reset(&zeroed);
    assert_text(arena_copy(arena, text_of("again")), "again");
}

struct quote_row {
    const char *text, *quoted;
    size_t most_bytes;
};

static void test_quote(void **state)
{
    static const struct quote_row rows[] = {
        {"CHG1234567", "CHG1234567", 80},
        {"", "", 80},
        {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80", 80},
        /* what would break a line or reach a terminal */
        {"a\nb\tc\rd\x1b[31m\x7f", "a?b?c?d?[31m?", 80},
        /* broken UTF-8: each byte that belongs to nothing */
        {"a\x80z", "a?z", 80},
        {"\xc0\x80z", "??z", 80},
        {"\xe2\x82", "??", 80},
        {"\xed\xa0\x80z", "???z", 80},
        {"\xf0\x9f\x98z", "???z", 80},
        /* cuts: never within a character, and never longer than allowed */
        {"0123456789", "0123456789", 10},
        {"0123456789a", "0123456...", 10},
        {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "\xc3\xa9\xc3\xa9\xc3\xa9...", 10},
        {"ab\xf0\x9f\x98\x80xyz", "ab...", 8},
        {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "...", 6},
        {"abcd", "...", 3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_text(text_quote(*state, text_of(rows[i].text), rows[i].most_bytes), rows[i].quoted);
    struct text with_nul = TEXT("a\0b");
    assert_text(text_quote(*state, with_nul, 80), "a?b");
    assert_text(text_quote(*state, TEXT_EMPTY, 80), "");
}

/* U+0080 to U+009F are control characters too: a terminal takes U+009B for ESC [. */
static void test_quote_knows_the_upper_control_characters(void **state)
{
    assert_text(text_quote(*state,
                           text_of("a\xc2\x9b"
                                   "31mb"),
                           80),
                "a?31mb");
    assert_text(text_quote(*state, text_of("\xc2\x80\xc2\x9f\xc2\xa0"), 80), "??\xc2\xa0");
}

static void test_quote_keeps_no_character_that_turns_text_around(void **state)
{
    /* U+202E, U+2066, U+2069, U+200F, U+202A, U+061C, and their neighbours that do no harm */
    assert_text(text_quote(*state,
                           text_of("a\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f\xe2\x80\xaa\xd8\x9c."),
                           80),
                "a??????.");
    assert_text(text_quote(*state, text_of("\xe2\x80\xa8\xe2\x80\xaf\xe2\x81\xaa\xd8\x9b"), 80),
                "\xe2\x80\xa8\xe2\x80\xaf\xe2\x81\xaa\xd8\x9b");
}

static void test_concat(void **state)
{
    const struct text parts[] = {TEXT("a"), TEXT_EMPTY, TEXT("bc"), TEXT("")};
    struct text whole = arena_concat(*state, parts, 4);
    assert_text(whole, "abc");
    assert_int_equal(whole.at[whole.length], '\0');
    assert_text(arena_concat(*state, NULL, 0), "");
}

/* Whatever the bytes and wherever the cut: one line of well-formed UTF-8, not longer than asked for. */
static void test_quote_of_anything(void **state)
{
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        char bytes[24];
        for (size_t i = 0; i < sizeof(bytes); i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            unsigned char c = (unsigned char)(seed >> 56);
            bytes[i] = (char)(seed >> 40 & 1 ? c | 0x80 : c);
        }
        size_t most_bytes = 3 + (size_t)round % 30;
        struct text quoted = text_quote(*state, (struct text){bytes, sizeof(bytes)}, most_bytes);
        assert_true(quoted.length <= most_bytes);
        for (size_t at = 0; at < quoted.length;) {
            size_t step = text_utf8_length(text_slice(quoted, at, quoted.length));
            assert_true(step > 1 || (step == 1 && quoted.at[at] >= ' ' && quoted.at[at] < 0x7f));
            at += step;
        }
        arena_reset(*state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_memory_is_zeroed_and_aligned, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_nothing_overlaps, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_large_piece_fits_among_small_ones, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_array_counts, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_copy_is_its_own, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_printf, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_ends_more_than_once, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_quote, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_quote_knows_the_upper_control_characters, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_quote_keeps_no_character_that_turns_text_around, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_concat, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_quote_of_anything, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
