/* JWK Sets: RFC 7517. */
#include "codec/base64url.h"
#include "token_keys_private.h"

#include <jansson.h>

enum { QUOTE_BYTES_MOST = 80 };

/* What a key that was published has no business to hold: RFC 7518 section 6. */
static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

static struct text string_of(const json_t *value)
{
    return (struct text){json_string_value(value), json_string_length(value)};
}

struct reading {
    struct arena *arena;
    struct error *error;
    const json_t *jwk;
};

static bool fail(const struct reading *reading, const char *key, const char *what)
{
    return error_set(reading->error, ERROR_INPUT, "%s: %s", key, what);
}

static bool get_string(const struct reading *reading, const char *key, const char *cure, struct text *ret)
{
    const json_t *value = json_object_get(reading->jwk, key);
    if (!json_is_string(value))
        return error_set(reading->error, ERROR_INPUT, "%s: is %s; write %s", key,
                         value == NULL ? "missing" : "no string", cure);
    *ret = string_of(value);
    return true;
}

/* A number as bytes, most significant first. */
static bool get_bytes(const struct reading *reading, const char *key, struct text *ret)
{
    struct text written = TEXT_EMPTY;
    return get_string(reading, key, "the number as base64url", &written) &&
           (base64url_decode(written, reading->arena, ret, reading->error) ||
            error_prefix(reading->error, "%s: ", key));
}

/* ---- for signatures, or for something else ---- */

static bool may_verify(const json_t *jwk)
{
    const json_t *use = json_object_get(jwk, "use"), *operations = json_object_get(jwk, "key_ops");
    size_t i;
    json_t *operation;
    if (use != NULL && !text_is(string_of(use), "sig"))
        return false;
    if (operations == NULL)
        return true;
    json_array_foreach(operations, i, operation) if (text_is(string_of(operation), "verify")) return true;
    return false;
}

static bool check_published(const struct reading *reading)
{
    for (size_t i = 0; i < sizeof(private_members) / sizeof(private_members[0]); i++)
        if (json_object_get(reading->jwk, private_members[i]) != NULL)
            return fail(reading, private_members[i],
                        "is of a secret or private key; publish the public one alone, and replace this key, "
                        "which was shown");
    return true;
}

/* ---- the sorts ---- */

static bool expect(const struct reading *reading, const char *key, struct text written, const char *wanted)
{
    return text_is(written, wanted) ||
           error_set(reading->error, ERROR_INPUT, "%s: \"%.*s\" is not supported; of this kty it is %s", key,
                     TEXT_ARGS(text_quote(reading->arena, written, QUOTE_BYTES_MOST)), wanted);
}

static bool check_algorithm(const struct reading *reading, const char *wanted)
{
    struct text algorithm = TEXT_EMPTY;
    return json_object_get(reading->jwk, "alg") == NULL ||
           (get_string(reading, "alg", wanted, &algorithm) && expect(reading, "alg", algorithm, wanted));
}

static bool read_ec(const struct reading *reading, EVP_PKEY **ret_key)
{
    struct text curve = TEXT_EMPTY, x = TEXT_EMPTY, y = TEXT_EMPTY;
    if (!check_algorithm(reading, "ES256") || !get_string(reading, "crv", "P-256", &curve) ||
        !expect(reading, "crv", curve, "P-256") || !get_bytes(reading, "x", &x) ||
        !get_bytes(reading, "y", &y))
        return false;
    *ret_key = token_key_of_p256(x, y);
    return *ret_key != NULL ||
           fail(reading, "x, y", "are no point of P-256, 32 bytes each; export the key anew");
}

static bool read_okp(const struct reading *reading, EVP_PKEY **ret_key)
{
    struct text curve = TEXT_EMPTY, x = TEXT_EMPTY;
    if (!check_algorithm(reading, "EdDSA") || !get_string(reading, "crv", "Ed25519", &curve) ||
        !expect(reading, "crv", curve, "Ed25519") || !get_bytes(reading, "x", &x))
        return false;
    *ret_key = token_key_of_ed25519(x);
    return *ret_key != NULL || fail(reading, "x", "is no key of Ed25519, 32 bytes; export the key anew");
}

static bool read_rsa(const struct reading *reading, EVP_PKEY **ret_key)
{
    struct text n = TEXT_EMPTY, e = TEXT_EMPTY;
    if (!check_algorithm(reading, "RS256") || !get_bytes(reading, "n", &n) || !get_bytes(reading, "e", &e))
        return false;
    *ret_key = token_key_of_rsa(n, e);
    return *ret_key != NULL ||
           fail(reading, "n, e", "are no RSA key of 2048 to 8192 bits; export the key anew");
}

static bool read_key(const struct reading *reading, EVP_PKEY **ret_key)
{
    struct text kty = TEXT_EMPTY;
    if (!get_string(reading, "kty", "EC, OKP or RSA", &kty))
        return false;
    if (text_is(kty, "EC"))
        return check_published(reading) && read_ec(reading, ret_key);
    if (text_is(kty, "OKP"))
        return check_published(reading) && read_okp(reading, ret_key);
    if (text_is(kty, "RSA"))
        return check_published(reading) && read_rsa(reading, ret_key);
    return error_set(reading->error, ERROR_INPUT,
                     "kty: \"%.*s\" is not supported; give EC (P-256), OKP (Ed25519) or RSA keys",
                     TEXT_ARGS(text_quote(reading->arena, kty, QUOTE_BYTES_MOST)));
}

/* ---- the set ---- */

static bool add(struct token_keys *keys, const struct reading *reading)
{
    struct text kid = TEXT_EMPTY;
    EVP_PKEY *key = NULL;
    return get_string(reading, "kid", "the name by which tokens call the key", &kid) &&
           read_key(reading, &key) && token_keys_add(keys, kid, key, reading->error);
}

static bool add_all(struct token_keys *keys, const json_t *root, struct arena *arena, struct error *error)
{
    const json_t *list = json_object_get(root, "keys");
    size_t before = token_keys_count(keys), i;
    json_t *jwk;
    if (!json_is_array(list))
        return error_set(error, ERROR_INPUT, "is no JWK Set; write {\"keys\": [...]} (RFC 7517)");
    json_array_foreach(list, i, jwk)
    {
        const struct reading reading = {arena, error, jwk};
        if (!json_is_object(jwk))
            return error_set(error, ERROR_INPUT, "keys[%zu]: is no JWK; write {\"kty\": ...} (RFC 7517)", i);
        if (may_verify(jwk) && !add(keys, &reading))
            return error_prefix(error, "keys[%zu]: ", i);
    }
    return token_keys_count(keys) > before ||
           error_set(error, ERROR_INPUT,
                     "holds no key for signatures; add one, without \"use\" or with \"sig\"");
}

bool token_keys_add_jwks(struct token_keys *keys, struct text jwks, struct error *error)
{
    json_error_t fault;
    struct arena arena = {NULL, 0};
    json_t *root = json_loadb(jwks.at == NULL ? "" : jwks.at, jwks.length, JSON_REJECT_DUPLICATES, &fault);
    bool good = false;
    if (root == NULL)
        error_set(error, ERROR_INPUT, "is no JSON: %.*s (line %d); write a JWK Set (RFC 7517)",
                  TEXT_ARGS(text_quote(&arena, text_of(fault.text), QUOTE_BYTES_MOST)), fault.line);
    else
        good = add_all(keys, root, &arena, error);
    json_decref(root);
    arena_done(&arena);
    return good;
}
