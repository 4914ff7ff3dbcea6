#include "token_signer.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <stdlib.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

void signer_init(struct signer *signer)
{
    static const char *const kids[] = {"es", "ed", "rs"};
    static const struct text issuers[] = {TEXT("cab"), TEXT("https://changes.example.com")};
    signer->keys[SIGNER_ES256] = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    signer->keys[SIGNER_EDDSA] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    signer->keys[SIGNER_RS256] = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    signer->known = token_keys_new();
    for (size_t i = 0; i < SIGNER_KEYS; i++) {
        struct arena arena = {NULL, 0};
        struct error error;
        require(token_keys_add_pem(signer->known, text_of(kids[i]),
                                   signer_public_pem(&arena, signer->keys[i]), &error));
        arena_done(&arena);
    }
    signer->rule = (struct token_rule){signer->known, TEXT("prod-eu"), issuers, 2};
}

void signer_done(struct signer *signer)
{
    for (size_t i = 0; i < SIGNER_KEYS; i++)
        EVP_PKEY_free(signer->keys[i]);
    token_keys_free(signer->known);
}

const char *signer_header(enum signer_key key)
{
    static const char *const headers[] = {[SIGNER_ES256] = "{\"alg\":\"ES256\",\"kid\":\"es\"}",
                                          [SIGNER_EDDSA] = "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}",
                                          [SIGNER_RS256] = "{\"alg\":\"RS256\",\"kid\":\"rs\"}"};
    return headers[key];
}

struct text signer_base64url(struct arena *arena, const void *bytes, size_t length)
{
    char *out = arena_alloc(arena, length / 3 * 4 + 8);
    int written = EVP_EncodeBlock((unsigned char *)out, bytes, (int)length);
    for (int i = 0; i < written; i++)
        out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    while (written > 0 && out[written - 1] == '=')
        written--;
    return (struct text){out, (size_t)written};
}

struct text signer_public_pem(struct arena *arena, EVP_PKEY *key)
{
    char *bytes;
    BIO *bio = BIO_new(BIO_s_mem());
    require(bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1);
    long length = BIO_get_mem_data(bio, &bytes);
    struct text pem = arena_copy(arena, (struct text){bytes, (size_t)length});
    BIO_free(bio);
    return pem;
}

/* r and s of the DER that OpenSSL makes, 32 bytes each. */
static struct text raw_of(struct arena *arena, const unsigned char *der, size_t length)
{
    enum { NUMBER_BYTES = 32 };
    unsigned char *raw = arena_alloc(arena, 2 * (size_t)NUMBER_BYTES);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);
    require(signature != NULL &&
            BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, NUMBER_BYTES) == NUMBER_BYTES &&
            BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + NUMBER_BYTES, NUMBER_BYTES) == NUMBER_BYTES);
    ECDSA_SIG_free(signature);
    return (struct text){(const char *)raw, 2 * (size_t)NUMBER_BYTES};
}

struct text signer_sign_as_openssl(struct arena *arena, EVP_PKEY *key, struct text bytes)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = 0;
    const unsigned char *at = (const unsigned char *)bytes.at;
    require(EVP_DigestSignInit(context, NULL, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256(), NULL,
                               key) == 1 &&
            EVP_DigestSign(context, NULL, &length, at, bytes.length) == 1);
    unsigned char *signature = arena_alloc(arena, length);
    require(EVP_DigestSign(context, signature, &length, at, bytes.length) == 1);
    EVP_MD_CTX_free(context);
    return (struct text){(const char *)signature, length};
}

struct text signer_sign(struct arena *arena, EVP_PKEY *key, struct text bytes)
{
    struct text signature = signer_sign_as_openssl(arena, key, bytes);
    return EVP_PKEY_is_a(key, "EC") ? raw_of(arena, (const unsigned char *)signature.at, signature.length)
                                    : signature;
}

struct text signer_token(struct arena *arena, EVP_PKEY *key, const char *header, const char *claims)
{
    struct text head = signer_base64url(arena, header, strlen(header));
    struct text body = signer_base64url(arena, claims, strlen(claims));
    struct text input = arena_printf(arena, "%.*s.%.*s", TEXT_ARGS(head), TEXT_ARGS(body));
    struct text signature = signer_sign(arena, key, input);
    return arena_printf(arena, "%.*s.%.*s", TEXT_ARGS(input),
                        TEXT_ARGS(signer_base64url(arena, signature.at, signature.length)));
}
