/* The compact JWS around the claims: RFC 7515, with the cautions of RFC 8725. */
#include "codec/base64url.h"
#include "codec/token_keys.h"
#include "token_private.h"

enum { HEADER_MEMBERS_MOST = 16, PARTS = 3 };

struct jws {
    struct text header, claims, signature; /* encoded */
    struct text signed_part;               /* header "." claims */
};

static bool split(struct token_reading *reading, struct text token, struct jws *ret)
{
    struct text parts[PARTS] = {TEXT_EMPTY, TEXT_EMPTY, TEXT_EMPTY}, rest = token;
    size_t count = 0;
    for (bool more = true; more; count++) {
        struct text part = text_slice(rest, 0, text_find(rest, '.'));
        more = part.length < rest.length;
        rest = text_slice(rest, part.length + 1, rest.length);
        if (count < PARTS)
            parts[count] = part;
    }
    if (count != PARTS)
        return token_fail(reading,
                          "has %zu part%s between dots, not header, claims and signature: copy a compact JWS "
                          "whole",
                          count, count == 1 ? "" : "s");
    *ret = (struct jws){parts[0], parts[1], parts[2],
                        text_slice(token, 0, parts[0].length + 1 + parts[1].length)};
    return true;
}

static bool is_supported(struct text algorithm)
{
    return text_is(algorithm, "ES256") || text_is(algorithm, "EdDSA") || text_is(algorithm, "RS256");
}

/* The key that the header names, to be used as the key says, not the header. What a header brings of keys
 * itself (`jwk`, `jku`, `x5c`, `x5u`) is not looked at. */
static bool find_key(struct token_reading *reading, struct json header, const struct token_key **ret_key)
{
    struct text algorithm = json_as_text(json_get(header, text_of("alg")));
    struct text kid = json_as_text(json_get(header, text_of("kid")));
    if (algorithm.at == NULL)
        return token_fail(reading,
                          "names no algorithm (\"alg\") in its header: sign with ES256, EdDSA or RS256");
    if (!is_supported(algorithm))
        return token_fail(reading, "is signed with algorithm \"%.*s\": sign with ES256, EdDSA or RS256",
                          TEXT_ARGS(token_quote(reading, algorithm)));
    /* RFC 7515 section 4.1.11: what is critical and not understood makes the token invalid. */
    if (json_type(json_get(header, text_of("crit"))) != JSON_ABSENT)
        return token_fail(reading,
                          "asks for extensions (\"crit\") that are not supported: sign without them");
    if (kid.length == 0)
        return token_fail(reading,
                          "names no key (\"kid\") in its header: write the kid of one of the policy's keys");
    const struct token_key *key =
        reading->rule->keys == NULL ? NULL : token_keys_find(reading->rule->keys, kid);
    if (key == NULL)
        return token_fail(
            reading,
            "is signed with key \"%.*s\", which is none of the policy's: sign with one of those, "
            "or add it to tokens.keys",
            TEXT_ARGS(token_quote(reading, kid)));
    if (!text_equal(algorithm, token_key_algorithm(key)))
        return token_fail(reading,
                          "says algorithm \"%.*s\", but its key \"%.*s\" is for %.*s: sign with that",
                          TEXT_ARGS(algorithm), TEXT_ARGS(kid), TEXT_ARGS(token_key_algorithm(key)));
    *ret_key = key;
    return true;
}

static bool check_signature(struct token_reading *reading, const struct jws *jws, const struct token_key *key)
{
    struct text signature, kid = token_key_kid(key), algorithm = token_key_algorithm(key);
    struct error error;
    if (!base64url_decode(jws->signature, reading->arena, &signature, &error))
        return token_fail(reading, "has a signature that %s", error.text);
    if (signature.length != token_key_signature_bytes(key))
        return token_fail(
            reading, "has a signature of %zu bytes, where %.*s of key \"%.*s\" makes %zu: %s",
            signature.length, TEXT_ARGS(algorithm), TEXT_ARGS(kid), token_key_signature_bytes(key),
            signature.length > 0 && text_is(algorithm, "ES256") ? "write r and s, 32 bytes each, and not DER"
                                                                : "copy it whole");
    return token_key_verify(key, jws->signed_part, signature) ||
           token_fail(reading,
                      "has a signature that is not of key \"%.*s\": it was changed after it was signed, or "
                      "signed with another key",
                      TEXT_ARGS(kid));
}

bool token_verify(struct token_reading *reading, struct text token, struct text *ret_claims)
{
    struct jws jws = {TEXT_EMPTY, TEXT_EMPTY, TEXT_EMPTY, TEXT_EMPTY};
    struct json header = JSON_NOTHING;
    const struct token_key *key = NULL;
    if (!split(reading, token, &jws) ||
        !token_read_object(reading, jws.header, "a header", HEADER_MEMBERS_MOST, &header) ||
        !find_key(reading, header, &key) || !check_signature(reading, &jws, key))
        return false;
    *ret_claims = jws.claims;
    return true;
}
