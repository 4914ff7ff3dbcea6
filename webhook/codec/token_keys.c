#include "codec/token_keys.h"

#include "token_keys_private.h"

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { P256_NUMBER_BYTES = 32, ED25519_SIGNATURE_BYTES = 64, QUOTE_BYTES_MOST = 80 };

enum algorithm { ES256, EDDSA, RS256 };

static const struct text algorithm_names[] = {
    [ES256] = TEXT("ES256"), [EDDSA] = TEXT("EdDSA"), [RS256] = TEXT("RS256")};

struct token_key {
    char kid[TOKEN_KID_BYTES_MOST];
    size_t kid_bytes;
    enum algorithm algorithm;
    size_t signature_bytes;
    EVP_PKEY *key; /* owned */
};

struct token_keys {
    struct token_key items[TOKEN_KEYS_MOST];
    size_t count;
};

struct token_keys *token_keys_new(void)
{
    struct token_keys *keys = calloc(1, sizeof(*keys));
    if (keys == NULL)
        abort();
    return keys;
}

void token_keys_free(struct token_keys *keys)
{
    for (size_t i = 0; keys != NULL && i < keys->count; i++)
        EVP_PKEY_free(keys->items[i].key);
    free(keys);
}

/* ---- what sort of key it is ---- */

/* A curve whose parameters are spelt out is none that anybody vouches for, whatever it is called. */
static bool is_spelt_out(EVP_PKEY *key)
{
    int spelt_out = 0;
    return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelt_out) == 1 &&
           spelt_out != 0;
}

static bool is_p256(EVP_PKEY *key)
{
    char group[64];
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
           strcmp(group, "prime256v1") == 0 && !is_spelt_out(key);
}

static bool classify(EVP_PKEY *key, struct token_key *ret)
{
    int bits = EVP_PKEY_get_bits(key);
    if (is_p256(key)) {
        ret->algorithm = ES256;
        ret->signature_bytes = 2 * (size_t)P256_NUMBER_BYTES;
    } else if (EVP_PKEY_is_a(key, "ED25519")) {
        ret->algorithm = EDDSA;
        ret->signature_bytes = ED25519_SIGNATURE_BYTES;
    } else if (EVP_PKEY_is_a(key, "RSA") && bits >= TOKEN_KEY_BITS_LEAST && bits <= TOKEN_KEY_BITS_MOST) {
        ret->algorithm = RS256;
        ret->signature_bytes = (size_t)EVP_PKEY_get_size(key);
    } else {
        return false;
    }
    return true;
}

static bool fail_sort(EVP_PKEY *key, struct error *error)
{
    const char *type = EVP_PKEY_get0_type_name(key);
    char group[64] = "";
    if (EVP_PKEY_is_a(key, "EC") &&
        (is_spelt_out(key) || EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1))
        strcpy(group, "with parameters spelt out");
    return error_set(
        error, ERROR_INPUT,
        "is a key of type %s%s%s, %d bits; give a P-256, an Ed25519, or an RSA key of %d to %d bits",
        type == NULL ? "unknown" : type, group[0] == '\0' ? "" : " ", group, EVP_PKEY_get_bits(key),
        TOKEN_KEY_BITS_LEAST, TOKEN_KEY_BITS_MOST);
}

/* A point off the curve, an even modulus, an exponent of 1 and the like. */
static bool is_sound(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (context == NULL)
        abort();
    bool sound = EVP_PKEY_public_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return sound;
}

/* EVP_sha256() would have OpenSSL look the algorithm up anew, under a lock, for every signature. */
static EVP_MD *sha256;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (sha256 == NULL)
        abort();
}

/* NULL: OpenSSL does not, as it is configured. The caller owns it. */
static EVP_MD_CTX *begin_verifying(const struct token_key *key)
{
    static pthread_once_t fetched = PTHREAD_ONCE_INIT;
    pthread_once(&fetched, fetch_sha256);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings; /* owned by `context` */
    if (context == NULL)
        abort();
    if (EVP_DigestVerifyInit(context, &settings, key->algorithm == EDDSA ? NULL : sha256, NULL, key->key) ==
            1 &&
        (key->algorithm != RS256 || EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PADDING) == 1))
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

static bool can_verify(const struct token_key *key)
{
    EVP_MD_CTX *context = begin_verifying(key);
    EVP_MD_CTX_free(context);
    return context != NULL;
}

static bool check_kid(const struct token_keys *keys, struct text kid, struct error *error)
{
    struct arena arena = {NULL, 0};
    bool printable = kid.length > 0 && kid.length <= TOKEN_KID_BYTES_MOST;
    for (size_t i = 0; printable && i < kid.length; i++)
        printable = kid.at[i] > ' ' && kid.at[i] <= '~';
    struct text quoted = text_quote(&arena, kid, QUOTE_BYTES_MOST);
    bool good = true;
    if (!printable)
        good = error_set(error, ERROR_INPUT,
                         "has the kid \"%.*s\"; write 1 to %d printable ASCII characters without blanks",
                         TEXT_ARGS(quoted), TOKEN_KID_BYTES_MOST);
    else if (token_keys_find(keys, kid) != NULL)
        good = error_set(error, ERROR_INPUT,
                         "has the kid \"%.*s\", as another key has; give each a kid of its own",
                         TEXT_ARGS(quoted));
    arena_done(&arena);
    return good;
}

static bool check_key(EVP_PKEY *key, struct token_key *ret, struct error *error)
{
    if (key == NULL)
        return error_set(error, ERROR_INPUT, "is no public key; export it anew: openssl pkey -pubout");
    if (!classify(key, ret))
        return fail_sort(key, error);
    if (!is_sound(key))
        return error_set(error, ERROR_INPUT, "is no sound %.*s key; export it anew: openssl pkey -pubout",
                         TEXT_ARGS(algorithm_names[ret->algorithm]));
    return can_verify(ret) ||
           error_set(
               error, ERROR_SYSTEM,
               "is for %.*s, which OpenSSL is configured not to verify here; give a key of another sort",
               TEXT_ARGS(algorithm_names[ret->algorithm]));
}

bool token_keys_add(struct token_keys *keys, struct text kid, EVP_PKEY *key, struct error *error)
{
    struct token_key item = {.kid_bytes = kid.length, .key = key};
    bool good = check_kid(keys, kid, error);
    if (good && keys->count == TOKEN_KEYS_MOST)
        good =
            error_set(error, ERROR_INPUT,
                      "is one more than the %d keys that a policy may have; take out those that are not used",
                      TOKEN_KEYS_MOST);
    ERR_set_mark();
    good = good && check_key(key, &item, error);
    ERR_pop_to_mark();
    if (!good) {
        EVP_PKEY_free(key);
        return false;
    }
    memcpy(item.kid, kid.at, kid.length);
    keys->items[keys->count++] = item;
    return true;
}

/* ---- PEM: RFC 7468 ---- */

/* What is behind `mark` in `text`; NULL `at`: it has none. */
static struct text behind(struct text text, const char *mark)
{
    size_t length = strlen(mark);
    for (size_t i = 0; i + length <= text.length; i++)
        if (memcmp(text.at + i, mark, length) == 0)
            return text_slice(text, i + length, text.length);
    return TEXT_EMPTY;
}

/* One block, a public key, and no headers in it, which could ask for a pass phrase. */
static bool check_block(struct text pem, struct error *error)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END PUBLIC KEY-----";
    struct text label = behind(pem, begin);
    if (label.at == NULL)
        return error_set(error, ERROR_INPUT,
                         "is no PEM text: it has no line -----BEGIN PUBLIC KEY-----; write one: openssl pkey "
                         "-pubout");
    if (behind(label, begin).at != NULL)
        return error_set(error, ERROR_INPUT,
                         "holds more than one PEM block; give each key an entry of its own");
    struct text body = behind(label, "-----");
    label = text_slice(label, 0, text_find(label, '-'));
    if (!text_is(label, "PUBLIC KEY")) {
        struct arena arena = {NULL, 0};
        error_set(error, ERROR_INPUT, "is a PEM block \"%.*s\"; give the PUBLIC KEY: openssl %s",
                  TEXT_ARGS(text_quote(&arena, label, QUOTE_BYTES_MOST)),
                  text_is(label, "CERTIFICATE")      ? "x509 -pubkey -noout"
                  : text_is(label, "RSA PUBLIC KEY") ? "rsa -RSAPublicKey_in -pubout"
                                                     : "pkey -pubout");
        arena_done(&arena);
        return false;
    }
    return (behind(body, end).at != NULL && text_find(body, ':') == body.length) ||
           error_set(error, ERROR_INPUT, "is no whole PEM block; copy it down to the line %s", end);
}

static EVP_PKEY *decode(struct text pem)
{
    EVP_PKEY *key = NULL;
    const unsigned char *bytes = (const unsigned char *)pem.at;
    size_t length = pem.length;
    OSSL_DECODER_CTX *context = OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", "SubjectPublicKeyInfo", NULL,
                                                              EVP_PKEY_PUBLIC_KEY, NULL, NULL);
    if (context == NULL)
        abort();
    if (OSSL_DECODER_from_data(context, &bytes, &length) != 1)
        key = NULL;
    OSSL_DECODER_CTX_free(context);
    return key;
}

bool token_keys_add_pem(struct token_keys *keys, struct text kid, struct text pem, struct error *error)
{
    if (!check_block(pem, error))
        return false;
    ERR_set_mark();
    EVP_PKEY *key = decode(pem);
    ERR_pop_to_mark();
    return token_keys_add(keys, kid, key, error);
}

/* ---- asking ---- */

size_t token_keys_count(const struct token_keys *keys)
{
    return keys->count;
}

const struct token_key *token_keys_at(const struct token_keys *keys, size_t index)
{
    return &keys->items[index];
}

const struct token_key *token_keys_find(const struct token_keys *keys, struct text kid)
{
    for (size_t i = 0; i < keys->count; i++)
        if (text_equal(token_key_kid(&keys->items[i]), kid))
            return &keys->items[i];
    return NULL;
}

struct text token_key_kid(const struct token_key *key)
{
    return (struct text){key->kid, key->kid_bytes};
}

struct text token_key_algorithm(const struct token_key *key)
{
    return algorithm_names[key->algorithm];
}

size_t token_key_signature_bytes(const struct token_key *key)
{
    return key->signature_bytes;
}

/* ---- verifying ---- */

/* A DER INTEGER (X.690 section 8.3) of an unsigned number; returns its length. */
static size_t der_integer(const unsigned char *number, unsigned char *out)
{
    size_t skip = 0;
    while (skip < P256_NUMBER_BYTES - 1 && number[skip] == 0)
        skip++;
    size_t sign = number[skip] >> 7, length = P256_NUMBER_BYTES - skip;
    out[0] = 0x02;
    out[1] = (unsigned char)(sign + length);
    out[2] = 0;
    memcpy(out + 2 + sign, number + skip, length);
    return 2 + sign + length;
}

enum { DER_BYTES_MOST = 2 + 2 * (2 + 1 + P256_NUMBER_BYTES) };

/* r and s one behind the other (RFC 7518 section 3.4) as OpenSSL wants them: Ecdsa-Sig-Value, RFC 3279. */
static struct text der_of(struct text signature, unsigned char der[DER_BYTES_MOST])
{
    const unsigned char *numbers = (const unsigned char *)signature.at;
    size_t length = der_integer(numbers, der + 2);
    length += der_integer(numbers + P256_NUMBER_BYTES, der + 2 + length);
    der[0] = 0x30;
    der[1] = (unsigned char)length;
    return (struct text){(const char *)der, 2 + length};
}

static bool verify(const struct token_key *key, struct text bytes, struct text signature)
{
    EVP_MD_CTX *context = begin_verifying(key);
    bool good =
        context != NULL && EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.length,
                                            (const unsigned char *)bytes.at, bytes.length) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

bool token_key_verify(const struct token_key *key, struct text bytes, struct text signature)
{
    unsigned char der[DER_BYTES_MOST];
    if (signature.length != key->signature_bytes)
        return false;
    if (key->algorithm == ES256)
        signature = der_of(signature, der);
    /* What stayed in the thread's queue would be taken for an error of its TLS connections. */
    ERR_set_mark();
    bool good = verify(key, bytes, signature);
    ERR_pop_to_mark();
    return good;
}
