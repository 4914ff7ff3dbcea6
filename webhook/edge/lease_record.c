#include "edge/lease_record.h"

#include "core/instant.h"
#include "edge/kept_text.h"

#include <jansson.h>
#include <stdlib.h>

enum { DURATION_S_MOST = 3600, US_PER_S = 1000000, MS_PER_S = 1000 };

static struct text copy_string(struct arena *arena, const json_t *value)
{
    if (!json_is_string(value))
        return TEXT_EMPTY;
    return arena_copy(arena, (struct text){json_string_value(value), json_string_length(value)});
}

bool lease_record_decode(struct text object, struct arena *arena, struct lease_record *ret_record,
                         struct error *error)
{
    json_t *root = json_loadb(object.at == NULL ? "" : object.at, object.length, JSON_ALLOW_NUL, NULL);
    const json_t *spec = json_object_get(root, "spec"), *metadata = json_object_get(root, "metadata");
    struct lease_record record = {
        .holder = copy_string(arena, json_object_get(spec, "holderIdentity")),
        .renewed = copy_string(arena, json_object_get(spec, "renewTime")),
        .resource_version = copy_string(arena, json_object_get(metadata, "resourceVersion")),
        .duration_s = json_integer_value(json_object_get(spec, "leaseDurationSeconds")),
        .transitions = json_integer_value(json_object_get(spec, "leaseTransitions")),
    };
    json_decref(root);
    if (record.resource_version.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent what is no Lease");
    if (record.duration_s < 1 || record.duration_s > DURATION_S_MOST)
        record.duration_s = LEASE_S;
    *ret_record = record;
    return true;
}

/* ---- who looks ---- */

void lease_seen_done(struct lease_seen *seen)
{
    free(seen->holder);
    free(seen->renewed);
    *seen = (struct lease_seen){NULL, NULL, 0, 0};
}

void lease_seen_note(struct lease_seen *seen, const struct lease_record *record, int64_t now_ms)
{
    seen->duration_ms = record->duration_s * MS_PER_S;
    if (seen->holder != NULL && text_is(record->holder, seen->holder) &&
        text_is(record->renewed, seen->renewed))
        return;
    free(seen->holder);
    free(seen->renewed);
    seen->holder = kept_text(record->holder);
    seen->renewed = kept_text(record->renewed);
    seen->since_ms = now_ms;
}

int64_t lease_seen_free_ms(const struct lease_seen *seen)
{
    if (seen->holder == NULL)
        return INT64_MAX; /* nobody looked */
    return seen->holder[0] == '\0' ? INT64_MIN : seen->since_ms + seen->duration_ms;
}

/* ---- who writes ---- */

/* A MicroTime: six digits of a second, whatever they are. */
static json_t *micro_time(int64_t now_us, struct arena *arena)
{
    struct text whole = instant_format(arena, now_us / US_PER_S);
    struct text seconds = text_slice(whole, 0, whole.length - 1); /* without the Z */
    return json_string(
        arena_printf(arena, "%.*s.%06lldZ", TEXT_ARGS(seconds), (long long)(now_us % US_PER_S)).at);
}

static struct text dump(json_t *root, struct arena *arena)
{
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    if (text == NULL)
        abort();
    struct text copy = arena_copy(arena, text_of(text));
    free(text);
    json_decref(root);
    return copy;
}

struct text lease_write_new(const char *name, const char *holder, int64_t now_us, struct arena *arena)
{
    return dump(json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:i, s:o, s:o, s:i}}", "apiVersion",
                          "coordination.k8s.io/v1", "kind", "Lease", "metadata", "name", name, "spec",
                          "holderIdentity", holder, "leaseDurationSeconds", LEASE_S, "acquireTime",
                          micro_time(now_us, arena), "renewTime", micro_time(now_us, arena),
                          "leaseTransitions", 0),
                arena);
}

static json_t *version_of(struct text resource_version)
{
    return json_stringn(resource_version.at, resource_version.length);
}

struct text lease_write_taken(const struct lease_record *record, const char *holder, int64_t now_us,
                              struct arena *arena)
{
    json_int_t transitions = record->transitions + 1;
    return dump(json_pack("{s:{s:o}, s:{s:s, s:i, s:o, s:o, s:I}}", "metadata", "resourceVersion",
                          version_of(record->resource_version), "spec", "holderIdentity", holder,
                          "leaseDurationSeconds", LEASE_S, "acquireTime", micro_time(now_us, arena),
                          "renewTime", micro_time(now_us, arena), "leaseTransitions", transitions),
                arena);
}

struct text lease_write_renewed(struct text resource_version, const char *holder, int64_t now_us,
                                struct arena *arena)
{
    return dump(json_pack("{s:{s:o}, s:{s:s, s:i, s:o}}", "metadata", "resourceVersion",
                          version_of(resource_version), "spec", "holderIdentity", holder,
                          "leaseDurationSeconds", LEASE_S, "renewTime", micro_time(now_us, arena)),
                arena);
}

struct text lease_write_empty(struct text resource_version, int64_t now_us, struct arena *arena)
{
    return dump(json_pack("{s:{s:o}, s:{s:s, s:o}}", "metadata", "resourceVersion",
                          version_of(resource_version), "spec", "holderIdentity", "", "renewTime",
                          micro_time(now_us, arena)),
                arena);
}
