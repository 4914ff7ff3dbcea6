/* Keys as policies bring them, and the vectors of the RFCs. The faults of whole policies: policies/tokens-*.
 */
#include "assert_text.h"
#include "token_signer.h"

#include "codec/base64url.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>

struct fixture {
    struct arena arena;
    struct token_keys *keys;
};

static int make_keys(void **state)
{
    static struct fixture fixture;
    fixture.arena = (struct arena){NULL, 0};
    fixture.keys = token_keys_new();
    *state = &fixture;
    return 0;
}

static int free_keys(void **state)
{
    struct fixture *fixture = *state;
    token_keys_free(fixture->keys);
    arena_done(&fixture->arena);
    return 0;
}

static void add_jwks(struct fixture *fixture, const char *jwks)
{
    struct error error = {0};
    if (!token_keys_add_jwks(fixture->keys, text_of(jwks), &error))
        fail_msg("%s", error.text);
}

static void expect_pem_error(struct fixture *fixture, struct text pem, const char *expected)
{
    struct error error = {0};
    size_t before = token_keys_count(fixture->keys);
    assert_false(token_keys_add_pem(fixture->keys, text_of("k"), pem, &error));
    assert_string_equal(error.text, expected);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(token_keys_count(fixture->keys), before);
    assert_int_equal(ERR_peek_error(), 0);
}

static void expect_key_error(struct fixture *fixture, EVP_PKEY *key, const char *expected)
{
    expect_pem_error(fixture, signer_public_pem(&fixture->arena, key), expected);
    EVP_PKEY_free(key);
}

/* ---- the vectors ---- */

#define RFC7515_CLAIMS \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

static void expect_vector(struct fixture *fixture, const char *algorithm, const char *input,
                          const char *signature)
{
    struct text bytes;
    struct error error;
    const struct token_key *key = token_keys_find(fixture->keys, text_of("v"));
    assert_non_null(key);
    assert_text(token_key_algorithm(key), algorithm);
    assert_true(base64url_decode(text_of(signature), &fixture->arena, &bytes, &error));
    assert_int_equal(bytes.length, token_key_signature_bytes(key));
    assert_true(token_key_verify(key, text_of(input), bytes));
    assert_false(token_key_verify(key, text_slice(text_of(input), 1, strlen(input)), bytes));
    assert_false(token_key_verify(key, text_of(input), text_slice(bytes, 1, bytes.length)));
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_rfc_7515_a_2(void **state)
{
    add_jwks(*state,
             "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"v\",\"e\":\"AQAB\",\"n\":\""
             "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
             "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re"
             "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
             "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}]}");
    expect_vector(
        *state, "RS256", "eyJhbGciOiJSUzI1NiJ9." RFC7515_CLAIMS,
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5ju"
        "jGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07"
        "Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipU"
        "TI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
}

static void test_rfc_7515_a_3(void **state)
{
    add_jwks(*state, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"v\","
                     "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                     "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}");
    expect_vector(*state, "ES256", "eyJhbGciOiJFUzI1NiJ9." RFC7515_CLAIMS,
                  "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
}

static void test_rfc_8037_a(void **state)
{
    add_jwks(*state, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"v\","
                     "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}");
    expect_vector(*state, "EdDSA", "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                  "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

/* ---- sets ---- */

static void test_a_key_is_found_by_its_kid(void **state)
{
    struct fixture *fixture = *state;
    struct signer signer;
    signer_init(&signer);
    assert_int_equal(token_keys_count(signer.known), 3);
    assert_text(token_key_kid(token_keys_find(signer.known, text_of("rs"))), "rs");
    assert_ptr_equal(token_keys_find(signer.known, text_of("rs")), token_keys_at(signer.known, 2));
    assert_null(token_keys_find(signer.known, text_of("r")));
    assert_null(token_keys_find(signer.known, text_of("rsa")));
    assert_null(token_keys_find(signer.known, TEXT_EMPTY));
    assert_null(token_keys_find(fixture->keys, text_of("rs")));
    signer_done(&signer);
    token_keys_free(NULL);
}

/* Text around the block, as some tools write it, and Windows' line ends. */
static void test_pem_with_text_around(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct text pem = signer_public_pem(&fixture->arena, key),
                lines = TEXT("the key: of the change system\r\n");
    for (struct text rest = pem; rest.length > 0;) {
        struct text line = text_slice(rest, 0, text_find(rest, '\n'));
        lines = arena_printf(&fixture->arena, "%.*s%.*s\r\n", TEXT_ARGS(lines), TEXT_ARGS(line));
        rest = text_slice(rest, line.length + 1, rest.length);
    }
    assert_true(token_keys_add_pem(fixture->keys, text_of("k"), lines, &error));
    EVP_PKEY_free(key);
}

/* Any number may be written with zeros in front: it is the same number. */
static void test_rsa_with_a_zero_in_front(void **state)
{
    struct fixture *fixture = *state;
    struct signer signer;
    unsigned char n[257] = {0};
    BIGNUM *modulus = NULL;
    signer_init(&signer);
    assert_int_equal(EVP_PKEY_get_bn_param(signer.keys[SIGNER_RS256], OSSL_PKEY_PARAM_RSA_N, &modulus), 1);
    assert_int_equal(BN_bn2binpad(modulus, n + 1, 256), 256);
    BN_free(modulus);
    add_jwks(fixture,
             arena_printf(&fixture->arena,
                          "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"z\",\"e\":\"AAEAAQ\",\"n\":\"%.*s\"}]}",
                          TEXT_ARGS(signer_base64url(&fixture->arena, n, sizeof(n))))
                 .at);
    const struct token_key *key = token_keys_find(fixture->keys, text_of("z"));
    assert_int_equal(token_key_signature_bytes(key), 256);
    assert_true(token_key_verify(key, text_of("x"),
                                 signer_sign(&fixture->arena, signer.keys[SIGNER_RS256], text_of("x"))));
    signer_done(&signer);
}

/* ---- sorts of keys that nothing is verified with ---- */

static void test_other_sorts(void **state)
{
    static const char cure[] = "; give a P-256, an Ed25519, or an RSA key of 2048 to 8192 bits";
    struct fixture *fixture = *state;
    struct {
        EVP_PKEY *key;
        const char *sort;
    } cases[] = {
        {EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521"), "EC secp521r1, 521 bits"},
        {EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"), "EC secp256k1, 256 bits"},
        {EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), "ED448, 456 bits"},
        {EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "X25519, 253 bits"},
        {EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), "RSA, 1024 bits"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_key_error(fixture, cases[i].key,
                         arena_printf(&fixture->arena, "is a key of type %s%s", cases[i].sort, cure).at);
}

/* A key for PSS alone must not verify what is padded in another way. */
static void test_rsa_pss(void **state)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_generate(context, &key), 1);
    EVP_PKEY_CTX_free(context);
    expect_key_error(
        *state, key,
        "is a key of type RSA-PSS, 2048 bits; give a P-256, an Ed25519, or an RSA key of 2048 to "
        "8192 bits");
}

/* P-256 spelt out: whoever writes the parameters could write others (CVE-2020-0601). */
static void test_curve_spelt_out(void **state)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    assert_int_equal(
        EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT), 1);
    expect_key_error(*state, key,
                     "is a key of type EC with parameters spelt out, 256 bits; give a P-256, an Ed25519, or "
                     "an RSA key of 2048 "
                     "to 8192 bits");
}

static void test_rsa_too_large(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    unsigned char n[1026];
    memset(n, 0xff, sizeof(n));
    for (size_t length = 1025; length <= sizeof(n); length++) {
        struct text written = signer_base64url(&fixture->arena, n, length);
        struct text jwks = arena_printf(
            &fixture->arena, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"z\",\"e\":\"AQAB\",\"n\":\"%.*s\"}]}",
            TEXT_ARGS(written));
        assert_false(token_keys_add_jwks(fixture->keys, jwks, &error));
        assert_string_equal(
            error.text, length == 1025 ? "keys[0]: is a key of type RSA, 8200 bits; give a P-256, an "
                                         "Ed25519, or an RSA key of 2048 to 8192 bits"
                                       : "keys[0]: n, e: are no RSA key of 2048 to 8192 bits; export the key "
                                         "anew");
    }
}

/* ---- threads ---- */

enum { THREADS = 4, TIMES = 50 };

static void *read_many(void *context)
{
    struct signer *signer = context;
    struct arena arena = {NULL, 0};
    const struct approval *tokens;
    bool good = true;
    for (unsigned i = 0; i < TIMES; i++) {
        enum signer_key key = i % SIGNER_KEYS;
        struct text token = signer_token(&arena, signer->keys[key], signer_header(key), SIGNER_CLAIMS);
        token_read_all(&signer->rule, token, text_of(SIGNER_NAMESPACE), &arena, &tokens);
        good &= tokens[0].fault.length == 0;
        token_read_all(&signer->rule, token, text_of("pay"), &arena, &tokens);
        good &= tokens[0].fault.length > 0;
    }
    arena_done(&arena);
    return good ? context : NULL;
}

static void test_threads_share_keys(void **state)
{
    (void)state;
    struct signer signer;
    pthread_t threads[THREADS];
    signer_init(&signer);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, &signer), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &signer);
    }
    signer_done(&signer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_keys, free_keys)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rfc_7515_a_2),         TEST(test_rfc_7515_a_3),
        TEST(test_rfc_8037_a),           TEST(test_a_key_is_found_by_its_kid),
        TEST(test_pem_with_text_around), TEST(test_rsa_with_a_zero_in_front),
        TEST(test_other_sorts),          TEST(test_rsa_pss),
        TEST(test_curve_spelt_out),      TEST(test_rsa_too_large),
        TEST(test_threads_share_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
