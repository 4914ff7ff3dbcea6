/* How far a controller has come, by what it last wrote into the object's status. */
#include "codec/hold.h"
#include "codec/objects.h"

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

static int64_t integer(struct json object, const char *key, int64_t fallback)
{
    return json_as_integer(get(object, key), fallback);
}

/* A condition of this type and status; `reason` NULL: for whatever reason. */
static bool has_condition(struct json status, const char *type, const char *value, const char *reason)
{
    for (struct json_walk w = json_walk_start(get(status, "conditions")); json_walk_next(&w);)
        if (text_is(json_as_text(get(w.value, "type")), type) &&
            text_is(json_as_text(get(w.value, "status")), value))
            return reason == NULL || text_is(json_as_text(get(w.value, "reason")), reason);
    return false;
}

static enum rollout_progress settled(bool updated, bool available)
{
    return !updated ? ROLLOUT_UNDER_WAY : available ? ROLLOUT_FINISHED : ROLLOUT_SETTLING;
}

/* As `kubectl rollout status` sees it. A paused one does not roll out. */
static enum rollout_progress deployment_progress(struct json object, struct json status)
{
    int64_t wanted = integer(get(object, "spec"), "replicas", 1);
    int64_t updated = integer(status, "updatedReplicas", 0);
    if (json_as_bool(get(get(object, "spec"), "paused"), false))
        return ROLLOUT_FINISHED;
    bool all = updated >= wanted && integer(status, "replicas", 0) <= updated;
    bool available = integer(status, "availableReplicas", 0) >= wanted;
    if (!(all && available) && has_condition(status, "Progressing", "False", "ProgressDeadlineExceeded"))
        return ROLLOUT_FAILED;
    return settled(all, available);
}

static enum rollout_progress statefulset_progress(struct json object, struct json status)
{
    struct json spec = get(object, "spec"), strategy = get(spec, "updateStrategy");
    int64_t wanted = integer(spec, "replicas", 1);
    if (text_is(json_as_text(get(strategy, "type")), "OnDelete"))
        return ROLLOUT_FINISHED;
    int64_t partition = integer(get(strategy, "rollingUpdate"), "partition", 0);
    struct text current = json_as_text(get(status, "currentRevision"));
    bool same = text_equal(current, json_as_text(get(status, "updateRevision")));
    bool all = same || (partition > 0 && integer(status, "updatedReplicas", 0) >= wanted - partition);
    return settled(all, integer(status, "readyReplicas", 0) >= wanted);
}

static enum rollout_progress daemonset_progress(struct json object, struct json status)
{
    int64_t wanted = integer(status, "desiredNumberScheduled", 0);
    if (text_is(json_as_text(get(get(get(object, "spec"), "updateStrategy"), "type")), "OnDelete"))
        return ROLLOUT_FINISHED;
    return settled(integer(status, "updatedNumberScheduled", 0) >= wanted,
                   integer(status, "numberAvailable", 0) >= wanted);
}

static enum rollout_progress pod_progress(struct json status)
{
    struct text phase = json_as_text(get(status, "phase"));
    if (text_is(phase, "Succeeded") || text_is(phase, "Failed"))
        return ROLLOUT_FINISHED;
    return settled(text_is(phase, "Running"), has_condition(status, "Ready", "True", NULL));
}

enum rollout_progress rollout_progress_read(struct json object, const struct workload_type *type)
{
    struct json status = get(object, "status");
    if (type->workload == KIND_POD)
        return pod_progress(status);
    if (type->workload == KIND_JOB || type->workload == KIND_CRONJOB)
        return ROLLOUT_FINISHED;
    /* Kinds by the policy that do not tell a generation are taken at their word. */
    int64_t generation = integer(get(object, "metadata"), "generation", 0);
    int64_t unsaid = type->workload == KIND_OTHER ? generation : -1;
    if (integer(status, "observedGeneration", unsaid) < generation)
        return ROLLOUT_UNOBSERVED;
    switch (type->workload) {
    case KIND_DEPLOYMENT: return deployment_progress(object, status);
    case KIND_STATEFULSET: return statefulset_progress(object, status);
    case KIND_DAEMONSET: return daemonset_progress(object, status);
    default: return ROLLOUT_FINISHED;
    }
}
