/* Certificates made and read; what OpenSSL and Go say of them: test_certificate_openssl.py. */
#include "certificate_fixture.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define LABEL_63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"
#define NAME_253                           \
    LABEL_63 "." LABEL_63 "." LABEL_63 "." \
             "a23456789-123456789-123456789-123456789-123456789-123456789-1"

static const char no_name[] = " is no DNS name and no IP address; write one such as changegate.ops.svc, "
                              "without a port, a wildcard or a dot at the end";

static X509 *parse(struct text pem)
{
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.length);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(certificate);
    return certificate;
}

static void test_facts(void **state)
{
    struct certificate_pair ca = make_ca(*state, year), leaf = issue(*state, &ca, &service, 1);
    struct certificate_facts of_ca, of_leaf;
    struct error error;
    assert_true(certificate_read(ca.certificate, &of_ca, &error));
    assert_true(certificate_read(leaf.certificate, &of_leaf, &error));
    assert_true(of_ca.is_ca && !of_leaf.is_ca);
    assert_true(of_leaf.span.not_before_s == NOW_S - 300 && of_leaf.span.not_after_s == NOW_S + 365 * DAY_S);
    assert_int_equal(strlen(of_ca.fingerprint), 64);
    assert_int_equal(strspn(of_ca.fingerprint, "0123456789abcdef"), 64);
    assert_string_not_equal(of_ca.fingerprint, of_leaf.fingerprint);
}

/* RFC 5280: UTCTime until 2049, GeneralizedTime from then on. */
static void test_times_that_are_written_in_two_ways(void **state)
{
    static const int64_t ends_s[] = {1, INT64_C(2524607999), INT64_C(2524608000), INT64_C(253402300799)};
    for (size_t i = 0; i < sizeof(ends_s) / sizeof(ends_s[0]); i++) {
        struct certificate_facts facts;
        struct error error;
        struct certificate_pair ca = make_ca(*state, (struct renewal_span){0, ends_s[i]});
        assert_true(certificate_read(ca.certificate, &facts, &error));
        assert_true(facts.span.not_before_s == 0 && facts.span.not_after_s == ends_s[i]);
    }
}

static void test_serials_are_random(void **state)
{
    for (int i = 0; i < 8; i++) {
        X509 *first = parse(make_ca(*state, year).certificate);
        X509 *second = parse(make_ca(*state, year).certificate);
        BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(first), NULL);
        assert_int_equal(BN_num_bits(number), 127);
        assert_false(BN_is_negative(number));
        assert_true(ASN1_INTEGER_cmp(X509_get0_serialNumber(first), X509_get0_serialNumber(second)) != 0);
        BN_free(number);
        X509_free(first);
        X509_free(second);
    }
}

static void test_no_certificate(void **state)
{
    struct certificate_pair ca = make_ca(*state, year);
    struct text cut = text_slice(ca.certificate, 0, ca.certificate.length - 30);
    const struct text texts[] = {TEXT_EMPTY,
                                 TEXT("x"),
                                 ca.key,
                                 cut,
                                 TEXT("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
                                 TEXT("-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n")};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct certificate_facts facts = {.is_ca = true};
        struct error error = {0};
        assert_false(certificate_read(texts[i], &facts, &error));
        assert_true(facts.is_ca); /* untouched */
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_string_equal(error.text, "holds no certificate; give one in PEM, which begins with -----BEGIN "
                                        "CERTIFICATE-----");
        assert_false(certificate_has_key(texts[i], ca.key));
        assert_false(certificate_is_for(texts[i], &service, 1));
        assert_false(certificate_is_for(texts[i], &service, 0));
        assert_false(certificate_is_signed_by(texts[i], ca.certificate, NULL));
        assert_false(certificate_is_signed_by(ca.certificate, texts[i], NULL));
    }
}

static void test_keys(void **state)
{
    struct certificate_pair ca = make_ca(*state, year), leaf = issue(*state, &ca, &service, 1);
    assert_true(text_starts_with(leaf.key, (struct text)TEXT("-----BEGIN PRIVATE KEY-----\n")));
    assert_true(text_ends_with(leaf.key, (struct text)TEXT("\n-----END PRIVATE KEY-----\n")));
    assert_true(certificate_has_key(leaf.certificate, leaf.key));
    assert_true(certificate_has_key(join(*state, leaf.certificate, ca.certificate), leaf.key));
    assert_true(certificate_has_key(ca.certificate, ca.key));
    assert_false(certificate_has_key(join(*state, ca.certificate, leaf.certificate), leaf.key));
    assert_false(certificate_has_key(leaf.certificate, ca.key));
    assert_false(certificate_has_key(leaf.certificate, leaf.certificate));
    assert_false(certificate_has_key(leaf.key, leaf.key));
    assert_false(certificate_has_key(leaf.certificate, TEXT_EMPTY));
    assert_false(certificate_has_key(leaf.certificate, text_slice(leaf.key, 0, leaf.key.length - 40)));
}

/* It would have to be asked for on the terminal. */
static void test_a_key_behind_a_passphrase(void **state)
{
    struct certificate_pair ca = make_ca(*state, year);
    BIO *in = BIO_new_mem_buf(ca.key.at, (int)ca.key.length), *out = BIO_new(BIO_s_mem());
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    char *bytes = NULL;
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(), "word", 4, NULL, NULL), 1);
    long length = BIO_get_mem_data(out, &bytes);
    assert_false(certificate_has_key(ca.certificate, (struct text){bytes, (size_t)length}));
    EVP_PKEY_free(key);
    BIO_free(in);
    BIO_free(out);
}

/* ---- names ---- */

static void test_names(void **state)
{
    const struct text names[] = {TEXT("changegate.ops.svc"), TEXT("10.0.0.255"), TEXT("fd00::1"),
                                 TEXT(LABEL_63 ".example"),  TEXT(NAME_253),     TEXT("3com.0.example")};
    const struct text others[] = {
        TEXT("changegate.ops"), TEXT("10.0.0.25"), TEXT("fd00::2"),     TEXT("example"), TEXT(".svc"),
        TEXT(".ops.svc"),       TEXT(""),          TEXT("10.0.0.255x"), TEXT("ops.svc")};
    size_t count = sizeof(names) / sizeof(names[0]);
    struct certificate_pair ca = make_ca(*state, year), leaf = issue(*state, &ca, names, count);
    assert_int_equal(strlen(NAME_253), 253);
    assert_true(certificate_is_for(leaf.certificate, names, count));
    assert_true(certificate_is_for(leaf.certificate, names, 0));
    const struct text again[] = {TEXT("ChangeGate.OPS.svc"), TEXT("FD00:0::1")};
    assert_true(certificate_is_for(leaf.certificate, again, 2));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct text both[] = {names[0], others[i]};
        assert_false(certificate_is_for(leaf.certificate, both, 2));
    }
}

/* The CN alone counts nowhere any more (RFC 6125 section 6.4.4; Go looks at it never). */
static void test_a_common_name_is_no_name(void **state)
{
    const struct text name = TEXT("changegate-ca");
    struct certificate_pair ca;
    struct error error;
    assert_true(certificate_make_ca(name, year, *state, &ca, &error));
    assert_false(certificate_is_for(ca.certificate, &name, 1));
}

static void expect_name_refused(struct arena *arena, struct text name, const char *quoted)
{
    struct certificate_pair ca = make_ca(arena, year), leaf = {TEXT("untouched"), TEXT("untouched")};
    struct error error = {0};
    const struct text names[] = {service, name};
    assert_false(certificate_issue(&ca, names, 2, year, arena, &leaf, &error));
    assert_text(leaf.key, "untouched");
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_string_equal(error.text, arena_printf(arena, "\"%s\"%s", quoted, no_name).at);
    assert_false(certificate_is_for(ca.certificate, &name, 1));
}

static void test_no_names(void **state)
{
    /* clang-format off */
    static const char *const names[] = {
        "", "*.svc", "*", "a..b", ".a", "a.", "-a", "a-.b", "a_b", "a b", "10.0.0.256", "10.0.0", "1",
        "10.0.0.1.", "010.0.0.1", "10.0.0.1:443", "[fd00::1]", "fd00::g", "fd00::1%eth0", ":", "a:443",
        "::1.2.3.4", "1::2::3", "12345::", "https://a", "a/b", "+10.0.0.1", "a,DNS:b",
        "1:2:3:4:5:6:7:8:9"};
    /* clang-format on */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect_name_refused(*state, text_of(names[i]), names[i]);
    expect_name_refused(*state, (struct text)TEXT(LABEL_63 "4.example"), LABEL_63 "4.example");
    expect_name_refused(*state, (struct text)TEXT("a\nb"), "a?b");
    expect_name_refused(*state, (struct text)TEXT("a\0b"), "a?b");
    expect_name_refused(*state, (struct text)TEXT("m\xc3\xbcnchen"), "m\xc3\xbcnchen");
    expect_name_refused(*state, (struct text)TEXT(NAME_253 "2"),
                        arena_printf(*state, "%.77s...", NAME_253).at);
}

static void expect_subject(struct arena *arena, const struct text *name, const char *wanted)
{
    struct certificate_pair ca = make_ca(arena, year);
    X509 *leaf = parse(issue(arena, &ca, name, 1).certificate);
    char cn[80] = "none";
    int length = X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, cn, sizeof(cn));
    assert_string_equal(cn, wanted);
    /* Without a subject the names have to be critical: RFC 5280 section 4.2.1.6. */
    int at = X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1);
    assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(leaf, at)), length < 0);
    X509_free(leaf);
}

static void test_the_subject(void **state)
{
    const struct text longer = TEXT("a." LABEL_63), ip = TEXT("10.0.0.1");
    struct text exactly = text_of("a."
                                  "b23456789-123456789-123456789-123456789-123456789-123456789-12");
    assert_int_equal(exactly.length, 64);
    expect_subject(*state, &ip, "10.0.0.1");
    expect_subject(*state, &exactly, exactly.at);
    expect_subject(*state, &longer, "none");
}

static void test_how_many_names(void **state)
{
    struct certificate_pair ca = make_ca(*state, year), leaf = {TEXT_EMPTY, TEXT_EMPTY};
    struct text names[CERTIFICATE_NAMES_MOST + 1];
    struct error error;
    for (size_t i = 0; i <= CERTIFICATE_NAMES_MOST; i++)
        names[i] = arena_printf(*state, "n%zu.example", i);
    leaf = issue(*state, &ca, names, CERTIFICATE_NAMES_MOST);
    assert_true(certificate_is_for(leaf.certificate, names, CERTIFICATE_NAMES_MOST));
    assert_false(certificate_is_for(leaf.certificate, names, CERTIFICATE_NAMES_MOST + 1));
    assert_false(certificate_issue(&ca, names, CERTIFICATE_NAMES_MOST + 1, year, *state, &leaf, &error));
    assert_string_equal(error.text, "a certificate is for 1 to 16 names, and not for 17");
    assert_false(certificate_issue(&ca, names, 0, year, *state, &leaf, &error));
    assert_string_equal(error.text, "a certificate is for 1 to 16 names, and not for 0");
}

/* ---- what cannot be made ---- */

static void expect_no_ca(struct arena *arena, struct text name, struct renewal_span span, const char *wanted)
{
    struct certificate_pair ca = {TEXT("untouched"), TEXT("untouched")};
    struct error error = {0};
    assert_false(certificate_make_ca(name, span, arena, &ca, &error));
    assert_text(ca.certificate, "untouched");
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_string_equal(error.text, wanted);
}

static void test_no_ca(void **state)
{
    const struct text name = TEXT("CA");
    expect_no_ca(*state, TEXT_EMPTY, year,
                 "\"\" is no name for a CA; write 1 to 64 printable ASCII characters");
    expect_no_ca(*state, (struct text)TEXT("a\nb"), year,
                 "\"a?b\" is no name for a CA; write 1 to 64 printable ASCII characters");
    expect_no_ca(*state, (struct text)TEXT(LABEL_63 "45"), year,
                 "\"" LABEL_63 "45\" is no name for a CA; write 1 to 64 printable ASCII characters");
    expect_no_ca(
        *state, name, (struct renewal_span){7, 7},
        "a certificate cannot be valid from 7 to 7, in seconds since 1970; give a time that ends after "
        "it begins, and before the year 10000");
    expect_no_ca(*state, name, (struct renewal_span){-1, 7},
                 "a certificate cannot be valid from -1 to 7, in seconds since 1970; give a time that ends "
                 "after it begins, and before the year 10000");
    expect_no_ca(
        *state, name, (struct renewal_span){0, INT64_C(253402300800)},
        "a certificate cannot be valid from 0 to 253402300800, in seconds since 1970; give a time that "
        "ends after it begins, and before the year 10000");
}

static void expect_no_leaf(struct arena *arena, struct text certificate, struct text key, const char *wanted)
{
    const struct certificate_pair ca = {certificate, key};
    struct certificate_pair leaf = {TEXT("untouched"), TEXT("untouched")};
    struct error error = {0};
    assert_false(certificate_issue(&ca, &service, 1, year, arena, &leaf, &error));
    assert_text(leaf.certificate, "untouched");
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_string_equal(error.text, wanted);
}

static void test_no_leaf(void **state)
{
    struct certificate_pair ca = make_ca(*state, year), other = make_ca(*state, year),
                            leaf = issue(*state, &ca, &service, 1);
    static const char no_certificate[] =
        "the CA's certificate cannot be read, or is none of a CA; make the CA anew";
    static const char no_key[] = "the CA's key cannot be read, or is not its certificate's; make the CA anew";
    expect_no_leaf(*state, TEXT_EMPTY, ca.key, no_certificate);
    expect_no_leaf(*state, leaf.certificate, leaf.key, no_certificate);
    expect_no_leaf(*state, ca.certificate, TEXT_EMPTY, no_key);
    expect_no_leaf(*state, ca.certificate, other.key, no_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_facts, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_times_that_are_written_in_two_ways, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_serials_are_random, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_no_certificate, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_keys, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_a_key_behind_a_passphrase, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_names, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_a_common_name_is_no_name, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_no_names, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_the_subject, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_how_many_names, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_no_ca, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_no_leaf, make_arena, check_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
