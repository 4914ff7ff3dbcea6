#include "codec/objects.h"

#include "codec/json_text.h"

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

struct json object_at(struct json object, const struct field_path *path)
{
    for (size_t i = 0; i < path->step_count; i++)
        object = json_get(object, path->steps[i]);
    return object;
}

struct text object_annotation(struct json object, struct text key)
{
    return json_as_text(json_get(get(get(object, "metadata"), "annotations"), key));
}

static int64_t read_replicas(struct json object, const struct workload_type *type, bool scale_subresource)
{
    if (scale_subresource)
        return json_as_integer(get(get(object, "spec"), "replicas"), 0);
    if (type->replicas_path.step_count == 0)
        return REPLICAS_NONE;
    return json_as_integer(object_at(object, &type->replicas_path), 1);
}

static int64_t read_partition(struct json spec, enum workload_kind workload)
{
    if (workload != KIND_STATEFULSET && workload != KIND_DAEMONSET)
        return 0;
    struct json strategy = get(spec, "updateStrategy");
    if (text_is(json_as_text(get(strategy, "type")), "OnDelete"))
        return PARTITION_ALL;
    return json_as_integer(get(get(strategy, "rollingUpdate"), "partition"), 0);
}

/* The hold value is compared as canonical text, so that a policy can name a value of any type. */
static bool has_hold_value(struct json object, const struct workload_type *type)
{
    if (type->hold_path.step_count == 0)
        return false;
    struct json value = object_at(object, &type->hold_path);
    if (json_type(value) == JSON_BOOL) /* paused and suspend: no buffer needed */
        return text_is(type->hold_value, json_as_bool(value, false) ? "true" : "false");
    if (json_type(value) == JSON_ABSENT)
        return false;
    struct json_text_buffer canonical = {NULL, 0, 0};
    json_canonical(value, NULL, 0, &canonical);
    bool holds = text_equal(json_text_view(&canonical), type->hold_value);
    json_text_done(&canonical);
    return holds;
}

static bool is_stopped(struct json object, const struct workload_type *type)
{
    if (type->workload == KIND_POD)
        return json_count(get(get(object, "spec"), "schedulingGates")) > 0;
    return has_hold_value(object, type);
}

int object_hold_gate(struct json pod)
{
    int place = 0;
    for (struct json_walk w = json_walk_start(get(get(pod, "spec"), "schedulingGates")); json_walk_next(&w);
         place++)
        if (text_is(json_as_text(get(w.value, "name")), HOLD_GATE))
            return place;
    return -1;
}

bool object_is_stopped(struct json object, const struct workload_type *type)
{
    return type->workload == KIND_POD ? object_hold_gate(object) >= 0 : has_hold_value(object, type);
}

/* Every pod runs the template of the object, by what its controller last reported about this very generation.
 */
static bool is_released(struct json object, const struct workload_type *type)
{
    struct json status = get(object, "status");
    int64_t generation = json_as_integer(get(get(object, "metadata"), "generation"), 0);
    if (generation <= 0 || json_as_integer(get(status, "observedGeneration"), -1) < generation)
        return false;

    int64_t updated, wanted;
    switch (type->workload) {
    case KIND_DEPLOYMENT:
        wanted = json_as_integer(get(get(object, "spec"), "replicas"), 1);
        updated = json_as_integer(get(status, "updatedReplicas"), 0);
        return wanted > 0 && updated == wanted && json_as_integer(get(status, "replicas"), 0) == wanted;
    case KIND_STATEFULSET: {
        struct text current = json_as_text(get(status, "currentRevision"));
        return current.length > 0 && text_equal(current, json_as_text(get(status, "updateRevision")));
    }
    case KIND_DAEMONSET:
        wanted = json_as_integer(get(status, "desiredNumberScheduled"), 0);
        updated = json_as_integer(get(status, "updatedNumberScheduled"), 0);
        return wanted > 0 && updated == wanted;
    default: return false;
    }
}

static void read_controller(struct json metadata, struct object_state *state)
{
    for (struct json_walk w = json_walk_start(get(metadata, "ownerReferences")); json_walk_next(&w);) {
        if (!json_as_bool(get(w.value, "controller"), false))
            continue;
        state->controlled = true;
        state->controller_kind = json_as_text(get(w.value, "kind"));
    }
}

struct object_state object_state_read(struct json object, const struct workload_type *type,
                                      bool scale_subresource)
{
    struct object_state state = {.replicas = REPLICAS_NONE};
    if (json_type(object) != JSON_OBJECT)
        return state;
    struct json metadata = get(object, "metadata"), spec = get(object, "spec");
    state.exists = true;
    state.replicas = read_replicas(object, type, scale_subresource);
    state.deleting = json_type(get(metadata, "deletionTimestamp")) == JSON_STRING;
    if (scale_subresource)
        return state;
    state.partition = read_partition(spec, type->workload);
    state.first_ordinal = json_as_integer(get(get(spec, "ordinals"), "start"), 0);
    state.stopped = is_stopped(object, type);
    state.released = is_released(object, type);
    read_controller(metadata, &state);
    return state;
}

/* The same owner in the same role: the garbage collector looks owners up by kind and name, and whoever is
 * named as controller counts for more than the others. */
static bool is_same_owner(struct json before, struct json after)
{
    static const char *const keys[] = {"uid", "kind", "name", "apiVersion"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!json_same(get(before, keys[i]), get(after, keys[i])))
            return false;
    return json_as_bool(get(before, "controller"), false) || !json_as_bool(get(after, "controller"), false);
}

static bool has_owner(struct json owners, struct json wanted)
{
    for (struct json_walk w = json_walk_start(owners); json_walk_next(&w);)
        if (is_same_owner(w.value, wanted))
            return true;
    return false;
}

bool object_owner_added(struct json before, struct json after)
{
    struct json owners = get(get(before, "metadata"), "ownerReferences");
    for (struct json_walk w = json_walk_start(get(get(after, "metadata"), "ownerReferences"));
         json_walk_next(&w);)
        if (!has_owner(owners, w.value))
            return true;
    return false;
}
