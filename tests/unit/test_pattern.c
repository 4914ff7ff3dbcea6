/* Regular expressions of a policy: the whole of an id, in bounded time. */
#include "assert_text.h"

#include "codec/pattern.h"

#include <string.h>
#include <time.h>

static bool matches_text(const char *source, struct text subject)
{
    struct arena arena = {NULL, 0};
    struct pattern pattern = {TEXT_EMPTY, NULL, NULL};
    struct error error = {0};
    if (!pattern_compile(&arena, text_of(source), &pattern, &error))
        fail_msg("%s: %s", source, error.text);
    assert_text(pattern.source, source);
    bool matches = pattern.matches(pattern.program, subject);
    pattern_done(&pattern);
    arena_done(&arena);
    return matches;
}

static bool matches(const char *source, const char *subject)
{
    return matches_text(source, text_of(subject));
}

static void expect_error(const char *source, unsigned column, const char *text)
{
    struct arena arena = {NULL, 0};
    struct pattern pattern = {TEXT_EMPTY, NULL, NULL};
    struct error error = {0};
    assert_false(pattern_compile(&arena, text_of(source), &pattern, &error));
    assert_text(text_of(error.text), text);
    assert_int_equal(error.column, column);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_null(pattern.program); /* untouched on failure */
    pattern_done(&pattern);
    arena_done(&arena);
}

static void test_an_id_matches(void **state)
{
    (void)state;
    assert_true(matches("^CHG[0-9]{7}$", "CHG1234567"));
    assert_false(matches("^CHG[0-9]{7}$", "CHG123456"));
    assert_false(matches("^CHG[0-9]{7}$", "CHG12345678"));
    assert_false(matches("^CHG[0-9]{7}$", "chg1234567"));
    assert_true(matches("^(?i)chg[0-9]+$", "CHG1"));
}

static void test_the_whole_must_match(void **state)
{
    (void)state;
    assert_false(matches("CHG[0-9]", "xCHG1"));
    assert_false(matches("CHG[0-9]", "CHG12"));
    assert_true(matches("CHG[0-9]", "CHG1"));
    assert_false(matches("^CHG|INC$", "CHG1"));
    assert_false(matches("^CHG|INC$", "1INC"));
    assert_true(matches("^CHG|INC$", "INC"));
}

static void test_no_newline_slips_through(void **state)
{
    (void)state;
    assert_false(matches("^CHG[0-9]+$", "CHG1\n"));
    assert_false(matches("^CHG[0-9]+$", "CHG1\r\n"));
    assert_false(matches("^CHG[0-9]+$", "\nCHG1"));
    assert_false(matches("^(?m)CHG[0-9]+$", "CHG1\nCHG2"));
    assert_false(matches("^CHG.+$", "CHG1\n2"));
}

static void test_what_is_no_id_matches_nothing(void **state)
{
    (void)state;
    char longest[1026];
    memset(longest, 'a', sizeof(longest));
    assert_false(matches("^.*$", ""));
    assert_false(matches_text("^.*$", TEXT_EMPTY));
    assert_true(matches_text("^a*$", (struct text){longest, 1024}));
    assert_false(matches_text("^a*$", (struct text){longest, 1025}));
}

static void test_broken_utf8_matches_nothing(void **state)
{
    (void)state;
    assert_true(matches("^.{2}$", "\xc3\xa9x"));
    assert_false(matches("^.*$", "CHG\xff"));
    assert_false(matches("^.*$", "CHG\xc3"));
    assert_false(matches("^.*$", "\xed\xa0\x80"));
    assert_false(matches_text("^[A-Z]*$", (struct text)TEXT("A\0B")));
}

/* Each of these takes longer than the age of the universe without limits. */
static void test_catastrophic_patterns_end_at_once(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "^(a+)+$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "^(.*a){20}$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "^(a*)*b$",
        "^(?:(?:a?){30}){30}b$",
        "^(?=(a+))\\1*(a*)*b$",
        "^((?R)|a)*b$|a",
    };
    char subject[1024];
    memset(subject, 'a', sizeof(subject));
    subject[sizeof(subject) - 1] = '!';
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        clock_t before = clock();
        assert_false(matches_text(patterns[i], (struct text){subject, sizeof(subject)}));
        double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
        if (seconds > 0.25)
            fail_msg("%s took %.3f s", patterns[i], seconds);
    }
}

static void test_a_broken_pattern_names_its_place(void **state)
{
    (void)state;
    expect_error("^CHG[0-9$", 10, "missing terminating ] for character class");
    expect_error("^(CHG$", 7, "missing closing parenthesis");
    expect_error("^CHG{2,1}$", 9, "numbers out of order in {} quantifier");
    expect_error("^*$", 2, "quantifier does not follow a repeatable item");
}

static void test_bytes_are_no_pattern(void **state)
{
    (void)state;
    expect_error("^\xff$", 2, "UTF-8 error: illegal byte (0xfe or 0xff)");
    expect_error("^\\C$", 4, "using \\C is disabled by the application");
}

static void test_a_pattern_can_be_all_zero(void **state)
{
    (void)state;
    struct pattern pattern = {TEXT_EMPTY, NULL, NULL};
    pattern_done(&pattern);
    pattern_done(&pattern);
}

static void test_the_source_is_copied(void **state)
{
    (void)state;
    char source[] = "^A$";
    struct arena arena = {NULL, 0};
    struct pattern pattern;
    struct error error = {0};
    assert_true(pattern_compile(&arena, text_of(source), &pattern, &error));
    memset(source, 'B', 3);
    assert_text(pattern.source, "^A$");
    assert_true(pattern.matches(pattern.program, text_of("A")));
    pattern_done(&pattern);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_matches),
        cmocka_unit_test(test_the_whole_must_match),
        cmocka_unit_test(test_no_newline_slips_through),
        cmocka_unit_test(test_what_is_no_id_matches_nothing),
        cmocka_unit_test(test_broken_utf8_matches_nothing),
        cmocka_unit_test(test_catastrophic_patterns_end_at_once),
        cmocka_unit_test(test_a_broken_pattern_names_its_place),
        cmocka_unit_test(test_bytes_are_no_pattern),
        cmocka_unit_test(test_a_pattern_can_be_all_zero),
        cmocka_unit_test(test_the_source_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
