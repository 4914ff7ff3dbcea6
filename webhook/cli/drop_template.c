#include "cli/drop_template.h"

#include "codec/digest.h"

const char *drop_template_resource(const struct held_kind *kind)
{
    switch (held_kind_type(kind)->workload) {
    case KIND_DEPLOYMENT: return "replicasets";
    case KIND_STATEFULSET:
    case KIND_DAEMONSET: return "controllerrevisions";
    default: return NULL;
    }
}

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

static bool is_controlled_by(struct json object, struct text uid)
{
    struct json owners = get(get(object, "metadata"), "ownerReferences");
    for (struct json_walk walk = json_walk_start(owners); json_walk_next(&walk);)
        if (json_as_bool(get(walk.value, "controller"), false) &&
            text_equal(json_as_text(get(walk.value, "uid")), uid))
            return true;
    return false;
}

/* The template as the Deployment has it, without the label that tells its ReplicaSets apart; and as a
 * StatefulSet or DaemonSet has it, without the directive of the patch that a ControllerRevision holds.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label */
static void write_template(struct json object, enum workload_kind workload, struct json_text_buffer *out)
{
    static const struct text hash[] = {TEXT("metadata"), TEXT("labels"), TEXT("pod-template-hash")};
    static const struct text directive[] = {TEXT("$patch")};
    if (workload == KIND_DEPLOYMENT)
        json_canonical(get(get(object, "spec"), "template"), hash, 3, out);
    else
        json_canonical(get(get(get(object, "data"), "spec"), "template"), directive, 1, out);
}

static bool runs(struct json pod_template, enum workload_kind workload, const struct hold_running *running,
                 struct json_text_buffer *scratch, struct arena *arena)
{
    struct text restarted_at = json_as_text(digest_left_out(pod_template, workload));
    return text_equal(restarted_at, running->restarted_at) &&
           text_equal(digest_template(pod_template, workload, scratch, arena), running->digest);
}

/* What one search works with. */
struct search {
    struct json_reader *outer, *inner;
    struct json_text_buffer text, scratch;
};

static bool take_item(struct search *search, struct text item, struct text owner_uid,
                      enum workload_kind workload, const struct hold_running *running, struct arena *arena)
{
    struct json object, pod_template;
    struct error error = {0};
    if (!json_read(search->outer, item.at, item.length, &object, &error) ||
        !is_controlled_by(object, owner_uid))
        return false;
    json_text_clear(&search->text);
    write_template(object, workload, &search->text);
    return json_read(search->inner, search->text.bytes, search->text.length, &pod_template, &error) &&
           json_type(pod_template) == JSON_OBJECT &&
           runs(pod_template, workload, running, &search->scratch, arena);
}

bool drop_template_find(struct text owner_uid, const struct text *items, size_t count,
                        enum workload_kind workload, const struct hold_running *running, struct arena *arena,
                        struct text *ret_template)
{
    struct search search = {.outer = json_reader_new(), .inner = json_reader_new()};
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = take_item(&search, items[i], owner_uid, workload, running, arena);
    if (found)
        *ret_template = arena_copy(arena, json_text_view(&search.text));
    json_reader_free(search.outer);
    json_reader_free(search.inner);
    json_text_done(&search.text);
    json_text_done(&search.scratch);
    return found;
}
