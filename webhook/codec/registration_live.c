/* Live objects: what they say, and what is written into them. */
#include "codec/base64.h"
#include "registration_private.h"

#include <openssl/evp.h>
#include <stdlib.h>

json_t *registration_desired(const struct registration *registration)
{
    json_t *webhooks =
        json_loadb(registration->tree->webhooks.at, registration->tree->webhooks.length, 0, NULL);
    if (webhooks == NULL)
        abort(); /* it was written by us */
    return webhooks;
}

struct text registration_dump(const json_t *value, struct arena *arena)
{
    char *bytes = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
    if (bytes == NULL)
        abort();
    struct text text = arena_copy(arena, text_of(bytes));
    free(bytes);
    return text;
}

static json_t *refuse(const struct registration *registration, struct error *error, json_t *root,
                      const char *what)
{
    json_decref(root);
    error_set(error, ERROR_INPUT, "the answer about %s %.*s is %s",
              registration_kind_name(registration->kind), TEXT_ARGS(registration->name), what);
    return NULL;
}

static bool are_objects(const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (!json_is_object(item)) return false;
    return true;
}

json_t *registration_load(const struct registration *registration, struct text live_json, struct error *error)
{
    json_t *root = live_json.length == 0 ? NULL : json_loadb(live_json.at, live_json.length, 0, NULL);
    const json_t *metadata = json_object_get(root, "metadata"), *webhooks = json_object_get(root, "webhooks");
    if (root == NULL)
        return refuse(registration, error, root, "no JSON");
    if (!text_is(registration_string(json_object_get(root, "kind")),
                 registration_kind_name(registration->kind)))
        return refuse(registration, error, root, "an object of another kind");
    if (!text_equal(registration_string(json_object_get(metadata, "name")), registration->name))
        return refuse(registration, error, root, "an object of another name");
    if (webhooks != NULL && !json_is_null(webhooks) && !(json_is_array(webhooks) && are_objects(webhooks)))
        return refuse(registration, error, root, "an object whose webhooks are no list of objects");
    return root;
}

/* ---- caBundle: base64 (RFC 4648 section 4) of PEM ---- */

static json_t *encode(struct text bytes)
{
    unsigned char *base64 = malloc((bytes.length + 2) / 3 * 4 + 1);
    if (base64 == NULL || bytes.length > INT32_MAX)
        abort();
    int length = EVP_EncodeBlock(base64, (const unsigned char *)bytes.at, (int)bytes.length);
    json_t *value = json_stringn((const char *)base64, (size_t)length);
    free(base64);
    return value;
}

void registration_set_ca(json_t *webhooks, struct text ca_bundle)
{
    size_t i;
    json_t *webhook, *base64 = ca_bundle.length == 0 ? NULL : encode(ca_bundle);
    json_array_foreach(webhooks, i, webhook)
    {
        json_t *client = json_object_get(webhook, "clientConfig");
        if (base64 == NULL)
            json_object_del(client, "caBundle");
        else if (json_is_object(client) && json_object_set(client, "caBundle", base64) != 0)
            abort();
    }
    json_decref(base64);
}

static struct text ca_of(const json_t *webhooks, size_t i)
{
    return registration_string(
        json_object_get(json_object_get(json_array_get(webhooks, i), "clientConfig"), "caBundle"));
}

/* ---- looking ---- */

bool registration_look(const struct registration *registration, struct text live_json, struct arena *arena,
                       struct registration_live *ret_live, struct error *error)
{
    json_t *root = registration_load(registration, live_json, error);
    if (root == NULL)
        return false;
    const json_t *metadata = json_object_get(root, "metadata"), *webhooks = json_object_get(root, "webhooks");
    const json_t *mark = json_object_get(json_object_get(metadata, "annotations"), REGISTRATION_DIGEST_KEY);
    struct registration_live live = {.webhook_count = json_array_size(webhooks), .ca_bundles_agree = true};
    live.resource_version =
        arena_copy(arena, registration_string(json_object_get(metadata, "resourceVersion")));
    live.is_marked = mark != NULL;
    live.is_ours = text_is(registration_string(mark), registration->digest);
    live.ca_bundle = base64_decode(ca_of(webhooks, 0), arena);
    for (size_t i = 1; i < live.webhook_count; i++)
        live.ca_bundles_agree = live.ca_bundles_agree && text_equal(ca_of(webhooks, 0), ca_of(webhooks, i));
    json_decref(root);
    *ret_live = live;
    return true;
}

/* ---- writing ---- */

/* Takes `webhooks`, and `annotations` or NULL. */
static struct text write_patch(struct text resource_version, json_t *annotations, json_t *webhooks,
                               struct arena *arena)
{
    json_t *version =
        json_stringn(resource_version.at == NULL ? "" : resource_version.at, resource_version.length);
    json_t *patch = json_pack("{s: {s: o, s: o*}, s: o}", "metadata", "resourceVersion", version,
                              "annotations", annotations, "webhooks", webhooks);
    if (patch == NULL)
        abort();
    struct text text = registration_dump(patch, arena);
    json_decref(patch);
    return text;
}

struct text registration_write(const struct registration *registration, const struct registration_live *live,
                               struct text ca_bundle, struct arena *arena)
{
    json_t *webhooks = registration_desired(registration);
    registration_set_ca(webhooks, ca_bundle);
    return write_patch(live->resource_version,
                       json_pack("{s: s}", REGISTRATION_DIGEST_KEY, registration->digest), webhooks, arena);
}

struct text registration_write_ca(struct text live_json, struct text ca_bundle, struct arena *arena)
{
    json_t *root = live_json.length == 0 ? NULL : json_loadb(live_json.at, live_json.length, 0, NULL);
    json_t *webhooks = json_object_get(root, "webhooks");
    struct text patch = TEXT_EMPTY;
    if (json_is_array(webhooks) && json_array_size(webhooks) > 0) {
        registration_set_ca(webhooks, ca_bundle);
        patch = write_patch(
            registration_string(json_object_get(json_object_get(root, "metadata"), "resourceVersion")), NULL,
            json_incref(webhooks), arena);
    }
    json_decref(root);
    return patch;
}
