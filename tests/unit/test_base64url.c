#include "arena_fixture.h"
#include "assert_text.h"

#include "codec/base64url.h"

static struct text decode(struct arena *arena, const char *text)
{
    struct text bytes;
    struct error error = {0};
    if (!base64url_decode(text_of(text), arena, &bytes, &error))
        fail_msg("%s %s", text, error.text);
    return bytes;
}

static void expect_error(struct arena *arena, const char *text, const char *expected)
{
    struct text bytes = TEXT("untouched");
    struct error error = {0};
    assert_false(base64url_decode(text_of(text), arena, &bytes, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_string_equal(error.text, expected);
    assert_text(bytes, "untouched");
}

/* RFC 4648 section 10, without the padding. */
static void test_vectors(void **state)
{
    static const char *const vectors[][2] = {
        {"", ""},           {"Zg", "f"},          {"Zm8", "fo"},         {"Zm9v", "foo"},
        {"Zm9vYg", "foob"}, {"Zm9vYmE", "fooba"}, {"Zm9vYmFy", "foobar"}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        assert_text(decode(*state, vectors[i][0]), vectors[i][1]);
}

/* RFC 7515 appendix C. */
static void test_its_own_alphabet(void **state)
{
    static const unsigned char bytes[] = {3, 236, 255, 224, 193};
    struct text decoded = decode(*state, "A-z_4ME");
    assert_int_equal(decoded.length, sizeof(bytes));
    assert_memory_equal(decoded.at, bytes, sizeof(bytes));
}

static void test_padding(void **state)
{
    expect_error(*state, "Zg==", "is not base64url: it is padded with \"=\"; leave that out");
}

static void test_other_characters(void **state)
{
    expect_error(*state, "Zm9+",
                 "is not base64url: \"+\" at its character 4; write A-Z a-z 0-9 - and _ alone");
    expect_error(*state, "Z/9v",
                 "is not base64url: \"/\" at its character 2; write A-Z a-z 0-9 - and _ alone");
    expect_error(*state, "Zm9v\n",
                 "is not base64url: \"?\" at its character 5; write A-Z a-z 0-9 - and _ alone");
    expect_error(*state, "\xff",
                 "is not base64url: \"?\" at its character 1; write A-Z a-z 0-9 - and _ alone");
    expect_error(*state, "\xe2\x82\xac",
                 "is not base64url: \"\xe2\x82\xac\" at its character 1; write A-Z a-z 0-9 - and _ alone");
}

/* Bits behind the last byte would be a second spelling of the same bytes. */
static void test_trailing_bits(void **state)
{
    static const char fault[] = "is not base64url: it ends in the middle of a byte; copy it whole";
    expect_error(*state, "Z", fault);
    expect_error(*state, "Zm9vY", fault);
    expect_error(*state, "Zh", fault);
    expect_error(*state, "Zm9", fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),       cmocka_unit_test(test_its_own_alphabet),
        cmocka_unit_test(test_padding),       cmocka_unit_test(test_other_characters),
        cmocka_unit_test(test_trailing_bits),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
