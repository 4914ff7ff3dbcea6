/* Form, header and signature of a token: each attack with the very words that answer it. */
#include "token_fixture.h"

/* ---- form ---- */

static void test_too_long(void **state)
{
    struct token_fixture *fixture = *state;
    char *name = arena_alloc(&fixture->arena, 8000);
    memset(name, 'x', 7000);
    expect_claims_fault(
        fixture, with(fixture, "\"sub\"", arena_printf(&fixture->arena, "\"%s\":1,\"sub\"", name).at),
        "the token is 9854 bytes long, more than the 8192 that are read: have it made without "
        "claims that nobody reads");
}

static void test_parts(void **state)
{
    expect_fault(*state, text_of("a.b"),
                 "the token has 2 parts between dots, not header, claims and signature: copy a compact JWS "
                 "whole");
    expect_fault(*state, text_of("a.b.c.d.e"),
                 "the token has 5 parts between dots, not header, claims and signature: copy a compact JWS "
                 "whole");
    expect_fault(*state, text_of(".."), "the token has a header that is no JSON object: copy it whole");
}

static void test_base64url(void **state)
{
    struct token_fixture *fixture = *state;
    struct text token = good(fixture);
    struct text header = text_slice(token, 0, text_find(token, '.')),
                rest = text_slice(token, header.length, token.length);
    expect_fault(fixture, arena_printf(&fixture->arena, "%.*s=%.*s", TEXT_ARGS(header), TEXT_ARGS(rest)),
                 "the token has a header that is not base64url: it is padded with \"=\"; leave that out");
    expect_fault(
        fixture, arena_printf(&fixture->arena, "%.*s+%.*s", TEXT_ARGS(header), TEXT_ARGS(rest)),
        "the token has a header that is not base64url: \"+\" at its character 36; write A-Z a-z 0-9 - "
        "and _ alone");
    expect_fault(
        fixture, arena_printf(&fixture->arena, "\xc3\xbc%.*s", TEXT_ARGS(token)),
        "the token has a header that is not base64url: \"\xc3\xbc\" at its character 1; write A-Z a-z "
        "0-9 - and _ alone");
    expect_fault(fixture, text_slice(token, 0, token.length - 1),
                 "the token has a signature that is not base64url: it ends in the middle of a byte; copy it "
                 "whole");
}

/* The 86 characters of 64 bytes have four bits to spare; set, they would be a second spelling. */
static void test_trailing_bits(void **state)
{
    struct token_fixture *fixture = *state;
    struct text token = good(fixture);
    char *copy = (char *)arena_copy(&fixture->arena, token).at;
    copy[token.length - 1]++;
    expect_fault(fixture, (struct text){copy, token.length},
                 "the token has a signature that is not base64url: it ends in the middle of a byte; copy it "
                 "whole");
}

static void test_json_serialization(void **state)
{
    const struct approval *tokens;
    assert_int_equal(read_all(*state, text_of("{\"payload\":\"e30\",\"signatures\":[]}"), &tokens), 2);
    assert_text(tokens[0].fault,
                "token 1 of 2 has 1 part between dots, not header, claims and signature: copy "
                "a compact JWS whole");
}

/* ---- the header ---- */

static void test_header_is_no_object(void **state)
{
    expect_header_fault(*state, "[\"ES256\"]",
                        "the token has a header that is no JSON object: copy it whole");
    expect_header_fault(*state, "{\"alg\":\"ES256\"",
                        "the token has a header that is no JSON object: copy it whole");
    expect_header_fault(*state, "{\"alg\":\"ES256\",\"kid\":\"es\"} {}",
                        "the token has a header that is no JSON object: copy it whole");
}

static void test_header_key_twice(void **state)
{
    expect_header_fault(*state, "{\"alg\":\"ES256\",\"kid\":\"es\",\"alg\":\"none\"}",
                        "the token has a header with \"alg\" in it twice: have it made anew");
    expect_header_fault(*state, "{\"alg\":\"ES256\",\"kid\":\"es\",\"k\\u0069d\":\"ed\"}",
                        "the token has a header with \"kid\" in it twice: have it made anew");
}

static void test_header_of_many_members(void **state)
{
    struct token_fixture *fixture = *state;
    struct text header = TEXT("{\"alg\":\"ES256\",\"kid\":\"es\"");
    for (unsigned i = 0; i < 15; i++)
        header = arena_printf(&fixture->arena, "%.*s,\"x%u\":0", TEXT_ARGS(header), i);
    expect_header_fault(fixture, arena_printf(&fixture->arena, "%.*s}", TEXT_ARGS(header)).at,
                        "the token has a header of more than 16 members: have it made without those that "
                        "nobody reads");
}

static void test_algorithm_missing(void **state)
{
    expect_header_fault(
        *state, "{\"kid\":\"es\"}",
        "the token names no algorithm (\"alg\") in its header: sign with ES256, EdDSA or RS256");
    expect_header_fault(
        *state, "{\"alg\":256,\"kid\":\"es\"}",
        "the token names no algorithm (\"alg\") in its header: sign with ES256, EdDSA or RS256");
}

static void test_algorithm_none(void **state)
{
    struct token_fixture *fixture = *state;
    static const char header[] = "{\"alg\":\"none\",\"kid\":\"es\"}";
    expect_header_fault(fixture, header,
                        "the token is signed with algorithm \"none\": sign with ES256, EdDSA or RS256");
    struct text token = token_of(fixture, SIGNER_ES256, header, SIGNER_CLAIMS);
    expect_fault(fixture, text_slice(token, 0, token.length - 86),
                 "the token is signed with algorithm \"none\": sign with ES256, EdDSA or RS256");
}

/* The public key, which everybody may know, taken for the secret of an HMAC. */
static void test_algorithm_hs256(void **state)
{
    expect_header_fault(*state, "{\"alg\":\"HS256\",\"kid\":\"es\"}",
                        "the token is signed with algorithm \"HS256\": sign with ES256, EdDSA or RS256");
}

static void test_algorithm_in_small_letters(void **state)
{
    expect_header_fault(*state, "{\"alg\":\"es256\",\"kid\":\"es\"}",
                        "the token is signed with algorithm \"es256\": sign with ES256, EdDSA or RS256");
    expect_header_fault(*state, "{\"alg\":\"ES256\\u0000\",\"kid\":\"es\"}",
                        "the token is signed with algorithm \"ES256?\": sign with ES256, EdDSA or RS256");
}

static void test_algorithm_of_another_key(void **state)
{
    struct token_fixture *fixture = *state;
    expect_header_fault(
        fixture, "{\"alg\":\"RS256\",\"kid\":\"es\"}",
        "the token says algorithm \"RS256\", but its key \"es\" is for ES256: sign with that");
    expect_fault(fixture,
                 token_of(fixture, SIGNER_RS256, "{\"alg\":\"RS256\",\"kid\":\"ed\"}", SIGNER_CLAIMS),
                 "the token says algorithm \"RS256\", but its key \"ed\" is for EdDSA: sign with that");
}

static void test_critical_extensions(void **state)
{
    static const char fault[] =
        "the token asks for extensions (\"crit\") that are not supported: sign without them";
    expect_header_fault(*state, "{\"alg\":\"ES256\",\"kid\":\"es\",\"crit\":[\"b64\"],\"b64\":true}", fault);
    expect_header_fault(*state, "{\"alg\":\"ES256\",\"kid\":\"es\",\"crit\":[]}", fault);
    expect_header_fault(*state, "{\"alg\":\"ES256\",\"kid\":\"es\",\"crit\":null}", fault);
}

static void test_key_missing(void **state)
{
    static const char fault[] =
        "the token names no key (\"kid\") in its header: write the kid of one of the policy's keys";
    expect_header_fault(*state, "{\"alg\":\"ES256\"}", fault);
    expect_header_fault(*state, "{\"alg\":\"ES256\",\"kid\":\"\"}", fault);
    expect_header_fault(*state, "{\"alg\":\"ES256\",\"kid\":1}", fault);
}

static void test_key_unknown(void **state)
{
    struct token_fixture *fixture = *state;
    expect_header_fault(
        fixture, "{\"alg\":\"ES256\",\"kid\":\"../es\\n\"}",
        "the token is signed with key \"../es?\", which is none of the policy's: sign with one of "
        "those, or add it to tokens.keys");
    fixture->signer.rule.keys = NULL;
    expect_fault(
        fixture, good(fixture),
        "the token is signed with key \"es\", which is none of the policy's: sign with one of those, or "
        "add it to tokens.keys");
    fixture->signer.rule.keys = fixture->signer.known;
}

/* A key of the attacker's own, brought along or to be fetched: the policy's is what counts. */
static void test_keys_in_the_header(void **state)
{
    struct token_fixture *fixture = *state;
    EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    static const char header[] =
        "{\"alg\":\"ES256\",\"kid\":\"es\",\"jku\":\"https://evil.example/keys\",\"x5u\":\"https://"
        "evil.example\","
        "\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"},\"x5c\":[]}";
    expect_fault(
        fixture, signer_token(&fixture->arena, own, header, SIGNER_CLAIMS),
        "the token has a signature that is not of key \"es\": it was changed after it was signed, or "
        "signed with another key");
    assert_text(read_one(fixture, token_of(fixture, SIGNER_ES256, header, SIGNER_CLAIMS))->fault, "");
    EVP_PKEY_free(own);
}

/* ---- the signature ---- */

static void test_signature_of_another_key(void **state)
{
    struct token_fixture *fixture = *state;
    EVP_PKEY *others[] = {EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"),
                          EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
                          EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)};
    static const char *const faults[] = {
        "the token has a signature that is not of key \"es\": it was changed after it was signed, or signed "
        "with another key",
        "the token has a signature that is not of key \"ed\": it was changed after it was signed, or signed "
        "with another key",
        "the token has a signature that is not of key \"rs\": it was changed after it was signed, or signed "
        "with another key"};
    for (enum signer_key key = SIGNER_ES256; key < SIGNER_KEYS; key++) {
        expect_fault(fixture, signer_token(&fixture->arena, others[key], signer_header(key), SIGNER_CLAIMS),
                     faults[key]);
        EVP_PKEY_free(others[key]);
    }
}

/* Every single bit of header, claims and signature matters. */
static void test_every_bit_counts(void **state)
{
    struct token_fixture *fixture = *state;
    for (enum signer_key key = SIGNER_ES256; key < SIGNER_KEYS; key++) {
        struct text token = token_of(fixture, key, signer_header(key), SIGNER_CLAIMS);
        char *copy = (char *)arena_copy(&fixture->arena, token).at;
        for (size_t i = 0; i < token.length; i++) {
            char kept = copy[i];
            copy[i] = kept == 'A' ? 'B' : 'A';
            if (read_one(fixture, (struct text){copy, token.length})->fault.length == 0)
                fail_msg("character %zu of the token changed, and it still counts", i);
            copy[i] = kept;
        }
        assert_text(read_one(fixture, token)->fault, "");
    }
}

/* The signature of one token under the claims of another. */
static void test_signature_of_other_claims(void **state)
{
    struct token_fixture *fixture = *state;
    struct text one = good(fixture), other = token_of(fixture, SIGNER_ES256, signer_header(SIGNER_ES256),
                                                      with(fixture, "\"sub\":\"ann\"", "\"sub\":\"bob\""));
    struct text parts[] = {text_slice(one, 0, one.length - 86), text_slice(other, other.length - 86, 86)};
    expect_fault(
        fixture, arena_concat(&fixture->arena, parts, 2),
        "the token has a signature that is not of key \"es\": it was changed after it was signed, or "
        "signed with another key");
}

static struct text with_signature(struct token_fixture *fixture, const char *header, const void *bytes,
                                  size_t length)
{
    struct arena *arena = &fixture->arena;
    struct text head = signer_base64url(arena, header, strlen(header)),
                body = signer_base64url(arena, SIGNER_CLAIMS, strlen(SIGNER_CLAIMS)),
                signature = signer_base64url(arena, bytes, length);
    return arena_printf(arena, "%.*s.%.*s.%.*s", TEXT_ARGS(head), TEXT_ARGS(body), TEXT_ARGS(signature));
}

static void test_signature_missing(void **state)
{
    expect_fault(*state, with_signature(*state, signer_header(SIGNER_ES256), "", 0),
                 "the token has a signature of 0 bytes, where ES256 of key \"es\" makes 64: copy it whole");
    expect_fault(*state, with_signature(*state, signer_header(SIGNER_RS256), "", 0),
                 "the token has a signature of 0 bytes, where RS256 of key \"rs\" makes 256: copy it whole");
}

/* What verifies anything where r and s are not checked (CVE-2022-21449). */
static void test_signature_of_zeros(void **state)
{
    static const char zeros[64] = {0};
    expect_fault(
        *state, with_signature(*state, signer_header(SIGNER_ES256), zeros, sizeof(zeros)),
        "the token has a signature that is not of key \"es\": it was changed after it was signed, or "
        "signed with another key");
    expect_fault(
        *state, with_signature(*state, signer_header(SIGNER_EDDSA), zeros, sizeof(zeros)),
        "the token has a signature that is not of key \"ed\": it was changed after it was signed, or "
        "signed with another key");
}

/* r and s one larger than the order of the curve stand for the same numbers modulo it. */
static void test_signature_of_the_order(void **state)
{
    static const unsigned char order[64] = {
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    expect_fault(
        *state, with_signature(*state, signer_header(SIGNER_ES256), order, sizeof(order)),
        "the token has a signature that is not of key \"es\": it was changed after it was signed, or "
        "signed with another key");
}

/* What `openssl dgst -sign` writes. */
static void test_signature_as_der(void **state)
{
    static const unsigned char der[70] = {0x30, 0x44, 0x02, 0x20};
    expect_fault(
        *state, with_signature(*state, signer_header(SIGNER_ES256), der, sizeof(der)),
        "the token has a signature of 70 bytes, where ES256 of key \"es\" makes 64: write r and s, 32 "
        "bytes each, and not DER");
}

/* PS256 under the name of RS256. */
static void test_signature_by_another_padding(void **state)
{
    struct token_fixture *fixture = *state;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings;
    unsigned char signature[256];
    size_t length = sizeof(signature);
    struct text token = with_signature(fixture, signer_header(SIGNER_RS256), "", 0);
    assert_int_equal(
        EVP_DigestSignInit(context, &settings, EVP_sha256(), NULL, fixture->signer.keys[SIGNER_RS256]), 1);
    assert_int_equal(EVP_PKEY_CTX_ctrl_str(settings, "rsa_padding_mode", "pss"), 1);
    assert_int_equal(
        EVP_DigestSign(context, signature, &length, (const unsigned char *)token.at, token.length - 1), 1);
    EVP_MD_CTX_free(context);
    expect_fault(
        fixture, with_signature(fixture, signer_header(SIGNER_RS256), signature, length),
        "the token has a signature that is not of key \"rs\": it was changed after it was signed, or "
        "signed with another key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOKEN_TEST(test_too_long),
        TOKEN_TEST(test_parts),
        TOKEN_TEST(test_base64url),
        TOKEN_TEST(test_trailing_bits),
        TOKEN_TEST(test_json_serialization),
        TOKEN_TEST(test_header_is_no_object),
        TOKEN_TEST(test_header_key_twice),
        TOKEN_TEST(test_header_of_many_members),
        TOKEN_TEST(test_algorithm_missing),
        TOKEN_TEST(test_algorithm_none),
        TOKEN_TEST(test_algorithm_hs256),
        TOKEN_TEST(test_algorithm_in_small_letters),
        TOKEN_TEST(test_algorithm_of_another_key),
        TOKEN_TEST(test_critical_extensions),
        TOKEN_TEST(test_key_missing),
        TOKEN_TEST(test_key_unknown),
        TOKEN_TEST(test_keys_in_the_header),
        TOKEN_TEST(test_signature_of_another_key),
        TOKEN_TEST(test_every_bit_counts),
        TOKEN_TEST(test_signature_of_other_claims),
        TOKEN_TEST(test_signature_missing),
        TOKEN_TEST(test_signature_of_zeros),
        TOKEN_TEST(test_signature_of_the_order),
        TOKEN_TEST(test_signature_as_der),
        TOKEN_TEST(test_signature_by_another_padding),
    };
    return cmocka_run_group_tests(tests, make_signer, free_signer);
}
