#include "codec/tls_secret.h"

#include "codec/base64.h"
#include "codec/certificate.h"
#include "codec/json_slice.h"
#include "codec/json_text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const char *const keys[] = {"tls.crt", "tls.key", "ca.crt", "ca.key"};
enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static void wipe(struct text text)
{
    if (text.length > 0)
        OPENSSL_cleanse((void *)(uintptr_t)text.at, text.length);
}

/* ---- reading: by slices, so that no reader keeps a copy of a key ---- */

/* What is between the quotes, as it is written: what is read here needs no escapes. */
static struct text string_at(struct text object, const char *key)
{
    struct text value = json_slice_member(object, key);
    bool is_string = value.length >= 2 && value.at[0] == '"';
    return is_string ? text_slice(value, 1, value.length - 2) : TEXT_EMPTY;
}

bool tls_secret_decode(struct text json, struct arena *arena, struct tls_secret *ret_secret,
                       struct error *error)
{
    struct text version = string_at(json_slice_member(json, "metadata"), "resourceVersion"),
                data = json_slice_member(json, "data"), texts[KEY_COUNT];
    if (!json_slice_is_whole(json) || !text_is(string_at(json, "kind"), "Secret") || version.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent what is no Secret");
    for (size_t i = 0; i < KEY_COUNT; i++)
        texts[i] = base64_decode(string_at(data, keys[i]), arena);
    *ret_secret = (struct tls_secret){arena_copy(arena, version), texts[0], texts[1], texts[2], texts[3]};
    return true;
}

/* ---- writing ---- */

static struct text encode(struct text bytes, struct arena *arena)
{
    unsigned char *text = arena_alloc(arena, (bytes.length + 2) / 3 * 4 + 1);
    int length = EVP_EncodeBlock(text, (const unsigned char *)bytes.at, (int)bytes.length);
    return (struct text){(const char *)text, (size_t)length};
}

static struct text quoted(struct text text, struct arena *arena)
{
    struct json_text_buffer buffer = {NULL, 0, 0};
    json_text_string(&buffer, text);
    struct text copy = arena_copy(arena, json_text_view(&buffer));
    json_text_done(&buffer);
    return copy;
}

/* `head`, and what begins with the data and ends the object. */
static struct text write_data(struct text head, const struct tls_secret *secret, struct arena *arena)
{
    const struct text values[KEY_COUNT] = {encode(secret->certificate, arena), encode(secret->key, arena),
                                           encode(secret->ca, arena), encode(secret->ca_key, arena)};
    struct text body = arena_printf(
        arena, "%.*s,\"data\":{\"%s\":\"%.*s\",\"%s\":\"%.*s\",\"%s\":\"%.*s\",\"%s\":\"%.*s\"}}",
        TEXT_ARGS(head), keys[0], TEXT_ARGS(values[0]), keys[1], TEXT_ARGS(values[1]), keys[2],
        TEXT_ARGS(values[2]), keys[3], TEXT_ARGS(values[3]));
    for (size_t i = 0; i < KEY_COUNT; i++)
        wipe(values[i]);
    return body;
}

struct text tls_secret_write_new(const char *name, const struct tls_secret *secret, struct arena *arena)
{
    return write_data(
        arena_printf(arena,
                     "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"type\":\"kubernetes.io/tls\","
                     "\"metadata\":{\"name\":%.*s,\"labels\":{\"app.kubernetes.io/name\":\"changegate\","
                     "\"app.kubernetes.io/managed-by\":\"changegate\"}}",
                     TEXT_ARGS(quoted(text_of(name), arena))),
        secret, arena);
}

struct text tls_secret_write_patch(const struct tls_secret *secret, struct arena *arena)
{
    return write_data(arena_printf(arena, "{\"metadata\":{\"resourceVersion\":%.*s}",
                                   TEXT_ARGS(quoted(secret->resource_version, arena))),
                      secret, arena);
}

/* ---- what of it can be used ---- */

static bool look_at_ca(const struct tls_secret *secret, struct renewal_span *ret_span)
{
    struct certificate_facts facts;
    struct error ignored;
    if (!certificate_read(secret->ca, &facts, &ignored) || !facts.is_ca ||
        !certificate_has_key(secret->ca, secret->ca_key))
        return false;
    *ret_span = facts.span;
    return true;
}

static bool look_at_leaf(const struct tls_secret *secret, const struct text *names, size_t name_count,
                         struct renewal_span *ret_span, size_t *ret_ca)
{
    struct certificate_facts facts;
    struct error ignored;
    if (!certificate_read(secret->certificate, &facts, &ignored) ||
        !certificate_has_key(secret->certificate, secret->key) ||
        !certificate_is_for(secret->certificate, names, name_count) ||
        !certificate_is_signed_by(secret->certificate, secret->ca, ret_ca))
        return false;
    *ret_span = facts.span;
    return true;
}

void tls_secret_look(const struct tls_secret *secret, const struct text *names, size_t name_count,
                     struct renewal_state *state)
{
    size_t ca = 0;
    state->ca = state->leaf = (struct renewal_span){0, 0};
    state->has_ca = look_at_ca(secret, &state->ca);
    state->has_leaf = look_at_leaf(secret, names, name_count, &state->leaf, &ca);
    state->leaf_is_of_ca = state->has_leaf && ca == 0;
}
