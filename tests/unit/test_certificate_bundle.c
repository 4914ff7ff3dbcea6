/* Several CAs in one text: which, in which order, and who of them signed. */
#include "certificate_fixture.h"

static const struct renewal_span past = {NOW_S - 10 * DAY_S, NOW_S};

static struct text bundle_of(struct arena *arena, struct text first, struct text bundle, struct text more)
{
    return certificate_bundle(first, bundle, more, NOW_S, arena);
}

static void expect_text(struct text is, struct text wanted)
{
    assert_text(is, wanted.at);
}

static void test_order_and_each_once(void **state)
{
    struct text a = make_ca(*state, year).certificate, b = make_ca(*state, year).certificate,
                c = make_ca(*state, year).certificate;
    struct text ab = join(*state, a, b), abc = join(*state, ab, c);
    expect_text(bundle_of(*state, a, b, c), abc);
    expect_text(bundle_of(*state, TEXT_EMPTY, ab, c), abc);
    expect_text(bundle_of(*state, a, join(*state, b, a), join(*state, c, b)), abc);
    expect_text(bundle_of(*state, a, TEXT_EMPTY, join(*state, b, c)), abc);
    expect_text(bundle_of(*state, TEXT_EMPTY, abc, abc), abc);
    assert_int_equal(bundle_of(*state, TEXT_EMPTY, TEXT_EMPTY, TEXT_EMPTY).length, 0);
}

static void test_expired_ones_and_leaves_are_left_out(void **state)
{
    struct certificate_pair ca = make_ca(*state, year);
    struct text old = make_ca(*state, past).certificate,
                last_second = make_ca(*state, (struct renewal_span){0, NOW_S + 1}).certificate,
                leaf = issue(*state, &ca, &service, 1).certificate;
    expect_text(bundle_of(*state, old, join(*state, leaf, ca.certificate), last_second),
                join(*state, ca.certificate, last_second));
    assert_int_equal(bundle_of(*state, leaf, old, ca.key).length, 0);
}

static void test_what_is_between_them(void **state)
{
    struct text a = make_ca(*state, year).certificate, b = make_ca(*state, year).certificate;
    struct text cut = text_slice(a, 0, a.length / 2);
    struct text key = make_ca(*state, year).key;
    const struct text parts[] = {TEXT("subject=CN = x\n"),
                                 cut,
                                 TEXT("\n"),
                                 a,
                                 key,
                                 TEXT("\0-----BEGIN"),
                                 TEXT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                                 TEXT("-----END CERTIFICATE-----\n"),
                                 TEXT("\xff\xfe"),
                                 b,
                                 cut};
    struct text untidy = arena_concat(*state, parts, sizeof(parts) / sizeof(parts[0]));
    expect_text(bundle_of(*state, TEXT_EMPTY, untidy, TEXT_EMPTY), join(*state, a, b));
    expect_text(certificate_first(untidy, *state), a);
    assert_true(certificate_bundle_has(untidy, join(*state, b, a)));
}

static struct text with_crlf(struct arena *arena, struct text pem)
{
    char *text = arena_alloc(arena, 2 * pem.length);
    size_t length = 0;
    for (size_t i = 0; i < pem.length; i++) {
        if (pem.at[i] == '\n')
            text[length++] = '\r';
        text[length++] = pem.at[i];
    }
    return (struct text){text, length};
}

static void test_crlf_and_no_last_newline(void **state)
{
    struct text a = make_ca(*state, year).certificate, b = make_ca(*state, year).certificate;
    struct text both = join(*state, a, b);
    expect_text(bundle_of(*state, TEXT_EMPTY, with_crlf(*state, both), TEXT_EMPTY), both);
    expect_text(bundle_of(*state, text_slice(a, 0, a.length - 1), text_slice(b, 0, b.length - 1), both),
                both);
}

static void test_no_more_than_the_most(void **state)
{
    struct text all = TEXT_EMPTY, kept = TEXT_EMPTY, first = make_ca(*state, year).certificate;
    for (int i = 0; i < CERTIFICATE_BUNDLE_MOST + 2; i++) {
        if (i == CERTIFICATE_BUNDLE_MOST - 1)
            kept = join(*state, first, all);
        all = join(*state, all, make_ca(*state, year).certificate);
    }
    expect_text(bundle_of(*state, first, all, first), kept);
    expect_text(bundle_of(*state, kept, TEXT_EMPTY, all), kept);
}

static void test_first(void **state)
{
    struct text a = make_ca(*state, year).certificate, b = make_ca(*state, year).certificate;
    expect_text(certificate_first(join(*state, a, b), *state), a);
    expect_text(certificate_first(a, *state), a);
    assert_int_equal(certificate_first((struct text)TEXT("x"), *state).length, 0);
    assert_int_equal(certificate_first(TEXT_EMPTY, *state).length, 0);
}

static void test_has(void **state)
{
    struct text a = make_ca(*state, year).certificate, b = make_ca(*state, year).certificate,
                both = join(*state, a, b);
    assert_true(certificate_bundle_has(both, a) && certificate_bundle_has(both, b));
    assert_true(certificate_bundle_has(both, join(*state, b, a)));
    assert_true(certificate_bundle_has(both, TEXT_EMPTY) && certificate_bundle_has(TEXT_EMPTY, TEXT_EMPTY));
    assert_false(certificate_bundle_has(a, both) || certificate_bundle_has(b, both));
    assert_false(certificate_bundle_has(TEXT_EMPTY, a));
}

/* Their names are the same: the key ids and the signature tell them apart. */
static void test_who_signed(void **state)
{
    struct certificate_pair a = make_ca(*state, year), b = make_ca(*state, past), c = make_ca(*state, year);
    struct text leaf = issue(*state, &b, &service, 1).certificate;
    size_t index = 42;
    assert_false(certificate_is_signed_by(leaf, join(*state, a.certificate, c.certificate), &index));
    assert_int_equal(index, 42);
    assert_true(
        certificate_is_signed_by(leaf, b.certificate, &index)); /* expired, and signed it all the same */
    assert_int_equal(index, 0);
    assert_true(certificate_is_signed_by(leaf, join(*state, a.certificate, b.certificate), &index));
    assert_int_equal(index, 1);
    assert_true(certificate_is_signed_by(join(*state, leaf, a.certificate), b.certificate, NULL));
    assert_false(certificate_is_signed_by(leaf, leaf, NULL));
    assert_false(certificate_is_signed_by(leaf, TEXT_EMPTY, NULL));
}

/* The last bits of the signature: all else of it is as it was. */
static void test_a_spoilt_signature(void **state)
{
    struct certificate_pair ca = make_ca(*state, year);
    struct text leaf = issue(*state, &ca, &service, 1).certificate;
    size_t end = leaf.length - sizeof("\n-----END CERTIFICATE-----\n") + 1;
    char *spoilt = arena_alloc(*state, leaf.length);
    memcpy(spoilt, leaf.at, leaf.length);
    while (spoilt[end - 1] == '=')
        end--;
    spoilt[end - 5] = spoilt[end - 5] == 'A' ? 'B' : 'A';
    assert_true(certificate_is_signed_by(leaf, ca.certificate, NULL));
    assert_false(certificate_is_signed_by((struct text){spoilt, leaf.length}, ca.certificate, NULL));
    assert_true(certificate_is_for((struct text){spoilt, leaf.length}, &service, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_and_each_once, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_expired_ones_and_leaves_are_left_out, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_what_is_between_them, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_crlf_and_no_last_newline, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_no_more_than_the_most, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_first, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_has, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_who_signed, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_a_spoilt_signature, make_arena, check_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
