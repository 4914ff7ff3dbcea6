#include "cli/approve_object.h"

#include "codec/json_slice.h"
#include "core/instant.h"
#include "edge/kube_events.h"
#include "edge/kube_http.h"

enum { CELL_BYTES_MOST = 253 };

void approve_object_write(const struct approve_options *options, struct text digest, int64_t expires_s,
                          struct arena *arena, struct json_text_buffer *out)
{
    const struct held_target *target = &options->target;
    json_text_raw_str(out,
                      "{\"apiVersion\":\"changegate.dev/v1alpha1\",\"kind\":\"Approval\",\"metadata\":{");
    json_text_member(out, "generateName", arena_printf(arena, "%s-", target->name));
    json_text_raw_str(out, "},\"spec\":{");
    json_text_member(out, "changeId", text_of(options->change_id));
    json_text_key(out, "workload");
    json_text_raw_str(out, "{");
    json_text_member(out, "kind", text_of(target->kind->kind));
    json_text_member(out, "name", text_of(target->name));
    json_text_raw_str(out, "}");
    json_text_member(out, "templateDigest", digest);
    if (expires_s != 0)
        json_text_member(out, "expiresAt", instant_format(arena, expires_s));
    if (options->comment != NULL)
        json_text_member(out, "comment", text_of(options->comment));
    json_text_raw_str(out, "}}");
}

static struct text string_at(struct text object, const char *key, struct arena *arena)
{
    return text_quote(arena, kube_string_decode(json_slice_member(object, key), arena), CELL_BYTES_MOST);
}

struct approve_stored approve_object_read(struct text body, struct arena *arena)
{
    struct text metadata = json_slice_member(body, "metadata"), spec = json_slice_member(body, "spec");
    return (struct approve_stored){
        .name = string_at(metadata, "name", arena),
        .approver = string_at(spec, "approver", arena),
        .expires = string_at(spec, "expiresAt", arena),
    };
}

const char *approve_object_path(const char *namespace, struct arena *arena)
{
    return arena_printf(arena, "/apis/changegate.dev/v1alpha1/namespaces/%.*s/approvals",
                        TEXT_ARGS(kube_http_escape(arena, text_of(namespace))))
        .at;
}
