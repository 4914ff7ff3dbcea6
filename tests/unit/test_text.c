/* Borrowed runs of bytes. */
#include "assert_text.h"

#include <string.h>

static void test_text_of(void **state)
{
    (void)state;
    assert_int_equal(text_of("abc").length, 3);
    assert_int_equal(text_of("").length, 0);
    assert_non_null(text_of("").at);
    assert_null(text_of(NULL).at);
    assert_int_equal(text_of(NULL).length, 0);
    struct text literal = TEXT("a\0b");
    assert_int_equal(literal.length, 3); /* NUL is a byte like any other */
}

static void test_equality_is_bytewise(void **state)
{
    (void)state;
    assert_true(text_equal(text_of("abc"), text_of("abc")));
    assert_false(text_equal(text_of("abc"), text_of("abd")));
    assert_false(text_equal(text_of("abc"), text_of("ab")));
    assert_false(text_equal(text_of("abc"), text_of("ABC")));
    assert_true(text_equal(TEXT_EMPTY, text_of("")));
    assert_true(text_is(TEXT_EMPTY, ""));
    assert_false(text_is(text_of("caf\xc3\xa9"), "cafe\xcc\x81")); /* no Unicode normalisation */
    struct text with_nul = TEXT("a\0b"), other = TEXT("a\0c");
    assert_false(text_equal(with_nul, other));
}

static void test_host_names_ignore_ascii_case_only(void **state)
{
    (void)state;
    assert_true(text_equal_nocase(text_of("Wiki.EXAMPLE.com"), text_of("wiki.example.COM")));
    assert_false(text_equal_nocase(text_of("wiki"), text_of("wikis")));
    assert_false(text_equal_nocase(text_of("@"), text_of("`"))); /* one bit apart, as A and a are */
    assert_false(text_equal_nocase(text_of("["), text_of("{")));
    assert_false(
        text_equal_nocase(text_of("\xc3\x84"), text_of("\xc3\xa4"))); /* capital and small a umlaut */
}

static void test_order_is_that_of_bytes(void **state)
{
    (void)state;
    static const char *const ordered[] = {"", "A", "a", "a.", "aa", "b", "\xc3\xa4", "\xf0\x9f\x98\x80"};
    enum { COUNT = sizeof(ordered) / sizeof(ordered[0]) };
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) {
            int order = text_compare(text_of(ordered[i]), text_of(ordered[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    assert_int_equal(text_compare(TEXT_EMPTY, text_of("")), 0);
}

static void test_prefix_and_suffix(void **state)
{
    (void)state;
    assert_true(text_starts_with(text_of("CHG123"), text_of("CHG")));
    assert_true(text_starts_with(text_of("CHG"), text_of("CHG")));
    assert_false(text_starts_with(text_of("CH"), text_of("CHG")));
    assert_true(text_starts_with(TEXT_EMPTY, TEXT_EMPTY));
    assert_true(text_ends_with(text_of("a/b/"), text_of("/")));
    assert_false(text_ends_with(text_of("b"), text_of("ab")));
    assert_true(text_ends_with(text_of("b"), TEXT_EMPTY));
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(text_find(text_of("a,b,c"), ','), 1);
    assert_int_equal(text_find(text_of("abc"), ','), 3);
    assert_int_equal(text_find(TEXT_EMPTY, ','), 0);
    struct text with_nul = TEXT("a\0,");
    assert_int_equal(text_find(with_nul, ','), 2);
}

static void test_slice_is_cut_to_what_there_is(void **state)
{
    (void)state;
    assert_text(text_slice(text_of("abcdef"), 2, 3), "cde");
    assert_text(text_slice(text_of("abcdef"), 4, 100), "ef");
    assert_text(text_slice(text_of("abcdef"), 6, 1), "");
    assert_text(text_slice(text_of("abcdef"), 100, SIZE_MAX), "");
    assert_text(text_slice(text_of("abcdef"), 1, SIZE_MAX), "bcdef");
    assert_text(text_slice(TEXT_EMPTY, 0, 1), "");
}

static void test_trim(void **state)
{
    (void)state;
    assert_text(text_trim(text_of(" \t\r\n a b \n")), "a b");
    assert_text(text_trim(text_of("   ")), "");
    assert_text(text_trim(TEXT_EMPTY), "");
    assert_text(text_trim(text_of("\xc2\xa0x")), "\xc2\xa0x"); /* ASCII blanks only */
}

struct utf8_row {
    const char *bytes;
    size_t length;
};

static void test_utf8_length(void **state)
{
    (void)state;
    static const struct utf8_row rows[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        /* a lone continuation, overlong forms */
        {"\x80", 0},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        /* surrogates, past U+10FFFF, bytes that never occur */
        {"\xed\xa0\x80", 0},
        {"\xed\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        /* cut, or continued by something else */
        {"\xc3", 0},
        {"\xe2\x82", 0},
        {"\xf0\x9f\x98", 0},
        {"\xe2\x82x", 0},
        {"\xf0\x9f\x98x", 0},
        {"\xc3(", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(text_utf8_length(text_of(rows[i].bytes)), rows[i].length);
}

/* Against the encoder: every code point that exists is taken, with its length; nothing else of three bytes
 * is. */
static void test_utf8_length_of_every_code_point(void **state)
{
    (void)state;
    for (unsigned long c = 0; c <= 0x10ffff; c++) {
        unsigned char s[4];
        size_t length;
        if (c < 0x80) {
            s[0] = (unsigned char)c;
            length = 1;
        } else if (c < 0x800) {
            s[0] = (unsigned char)(0xc0 | c >> 6);
            s[1] = (unsigned char)(0x80 | (c & 0x3f));
            length = 2;
        } else if (c < 0x10000) {
            s[0] = (unsigned char)(0xe0 | c >> 12);
            s[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
            s[2] = (unsigned char)(0x80 | (c & 0x3f));
            length = 3;
        } else {
            s[0] = (unsigned char)(0xf0 | c >> 18);
            s[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
            s[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
            s[3] = (unsigned char)(0x80 | (c & 0x3f));
            length = 4;
        }
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        if (text_utf8_length((struct text){(const char *)s, length}) != (surrogate ? 0 : length))
            fail_msg("U+%04lX", c);
    }
}

static void test_hash_is_fnv_1a(void **state)
{
    (void)state;
    /* http://www.isthe.com/chongo/tech/comp/fnv/ */
    assert_true(text_hash(TEXT_EMPTY) == 0xcbf29ce484222325U);
    assert_true(text_hash(text_of("a")) == 0xaf63dc4c8601ec8cU);
    assert_true(text_hash(text_of("foobar")) == 0x85944171f73967e8U);
}

static void test_absent_is_not_empty(void **state)
{
    (void)state;
    assert_false(text_differs(text_of("a"), text_of("a")));
    assert_true(text_differs(text_of("a"), text_of("b")));
    assert_true(text_differs(text_of(""), TEXT_EMPTY));
    assert_false(text_differs(TEXT_EMPTY, TEXT_EMPTY));
}

static void test_among_others(void **state)
{
    (void)state;
    static const struct text list[] = {TEXT("a"), TEXT("bc")};
    assert_true(text_is_among(text_of("bc"), list, 2));
    assert_false(text_is_among(text_of("bc"), list, 1));
    assert_false(text_is_among(text_of("b"), list, 2));
    assert_false(text_is_among(text_of("a"), NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of),
        cmocka_unit_test(test_equality_is_bytewise),
        cmocka_unit_test(test_host_names_ignore_ascii_case_only),
        cmocka_unit_test(test_order_is_that_of_bytes),
        cmocka_unit_test(test_prefix_and_suffix),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_slice_is_cut_to_what_there_is),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_utf8_length),
        cmocka_unit_test(test_utf8_length_of_every_code_point),
        cmocka_unit_test(test_hash_is_fnv_1a),
        cmocka_unit_test(test_absent_is_not_empty),
        cmocka_unit_test(test_among_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
