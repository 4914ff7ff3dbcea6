/* What replicas know, by looking at everything, and what controllers do. */
#include "hold_scan.h"

#include "core/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEC_TEMPLATE            \
    {                            \
        "spec", "template", NULL \
    }

const struct scan_kind scan_kinds[SCAN_KINDS] = {
    {"apps",
     "v1",
     "Deployment",
     "deployments",
     SHAPE_PAUSED,
     {"spec", "paused", NULL},
     "true",
     "false",
     SPEC_TEMPLATE,
     "{\"replicas\":3}",
     true,
     false},
    {"apps",
     "v1",
     "StatefulSet",
     "statefulsets",
     SHAPE_PARTITION,
     {"spec", "updateStrategy", "rollingUpdate", "partition", NULL},
     "2147483647",
     "0",
     SPEC_TEMPLATE,
     "{\"replicas\":3,\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":0}}}",
     true,
     false},
    {"apps",
     "v1",
     "DaemonSet",
     "daemonsets",
     SHAPE_PAUSED,
     {"spec", "updateStrategy", "type", NULL},
     "\"OnDelete\"",
     "\"RollingUpdate\"",
     SPEC_TEMPLATE,
     "{\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":1}}}",
     true,
     true},
    {"batch",
     "v1",
     "Job",
     "jobs",
     SHAPE_ONCE,
     {"spec", "suspend", NULL},
     "true",
     "false",
     SPEC_TEMPLATE,
     "{\"parallelism\":1}",
     false,
     false},
    {"batch",
     "v1",
     "CronJob",
     "cronjobs",
     SHAPE_ONCE,
     {"spec", "suspend", NULL},
     "true",
     "false",
     {"spec", "jobTemplate", "spec", "template", NULL},
     "{\"schedule\":\"* * * * *\"}",
     false,
     false},
    {"",
     "v1",
     "Pod",
     "pods",
     SHAPE_GATED,
     {"spec", "schedulingGates", NULL},
     "",
     "",
     {"spec", NULL},
     "{}",
     false,
     false},
    {"example.com",
     "v1",
     "Rollout",
     "rollouts",
     SHAPE_PAUSED,
     {"spec", "strategy", "halt", NULL},
     "{\"on\":[1,\"x\"]}",
     "{\"on\":[]}",
     {"spec", "workload", "template", NULL},
     "{\"replicas\":3,\"strategy\":{}}",
     false,
     false},
};

/* ---- what replicas know ---- */

static const char policy_text[] =
    "apiVersion: changegate.dev/v1alpha1\nkind: ChangePolicy\nmetadata: {name: tier-1}\nspec:\n"
    "  mode: %s\n  namespaceSelector: {matchLabels: {tier: one}}\n"
    "  approval: {idPattern: '^CHG[0-9]$', minimum: %u, reuse: Allow}\n  changeDocument: {required: false}\n"
    "  changes: {Rollback: {approval: true, freeze: true}}\n"
    "  operators: {users: [boss]}\n  warnAhead: 0s\n  delay: {daemonSets: %s, inFlight: %s}\n"
    "  workloads: [{group: example.com, kind: Rollout, resource: rollouts, template: "
    "spec.workload.template,\n"
    "    replicas: spec.replicas, hold: {path: 'spec.strategy.halt', value: {'on': [1, x]}}}]\n"
    "  freezeWindows:\n%s";

static int write_windows(const struct scan_world *world, char *out, size_t out_bytes)
{
    struct arena arena;
    int used = snprintf(out, out_bytes, "%s", world->window_count == 0 ? "    []\n" : "");
    arena_init(&arena);
    for (size_t i = 0; i < world->window_count; i++) {
        const struct scan_window *window = &world->windows[i];
        used += snprintf(out + used, out_bytes - (size_t)used,
                         "  - {name: w%zu, action: %s, %s once: [{start: '%.*s', end: '%.*s'}]}\n", i,
                         freeze_action_name(window->action),
                         window->statefulsets_alone ? "kinds: [StatefulSet]," : "",
                         TEXT_ARGS(instant_format(&arena, window->start_s)),
                         TEXT_ARGS(instant_format(&arena, window->end_s)));
    }
    arena_done(&arena);
    return used;
}

void scan_world_make(struct scan_world *world)
{
    static const char *const labels[] = {"", ", changegate.dev/freeze: warn",
                                         ", changegate.dev/freeze: delay", ", changegate.dev/freeze: deny"};
    char windows[1024], policies[4096], namespaces[512];
    struct policy_file *file;
    struct error error;
    write_windows(world, windows, sizeof(windows));
    snprintf(policies, sizeof(policies), policy_text, world->enforces ? "Enforce" : "Warn", world->minimum,
             world->daemon_sets ? "OnDelete" : "Deny", world->pauses ? "Pause" : "Finish", windows);
    snprintf(namespaces, sizeof(namespaces),
             "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {tier: one%s}}\n",
             labels[world->label]);
    struct namespace_store *store = namespace_store_new();
    if (!policy_file_read(text_of(policies), NULL, &file, &error) ||
        !namespace_store_read(store, text_of(namespaces), &error)) {
        fprintf(stderr, "%u:%u: %s\n%s", error.line, error.column, error.text, policies);
        abort();
    }
    struct calendars *calendars = calendars_build(file, NULL, NULL, SCAN_START_S);
    world->snapshot = snapshot_build(file, calendars, NULL, store);
    calendars_unref(calendars);
    namespace_store_free(store);
    policy_file_unref(file);
}

enum freeze_action scan_action(const struct scan_world *world, const struct scan_kind *kind, int64_t now_s)
{
    enum freeze_action action = world->label;
    for (size_t i = 0; i < world->window_count; i++) {
        const struct scan_window *window = &world->windows[i];
        bool applies = !window->statefulsets_alone || kind->shape == SHAPE_PARTITION;
        if (applies && window->start_s <= now_s && now_s < window->end_s && window->action > action)
            action = window->action;
    }
    return action;
}

int64_t scan_opening(const struct scan_world *world, const struct scan_kind *kind, int64_t now_s)
{
    if (world->label >= FREEZE_DELAY)
        return FREEZE_NO_END;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < world->window_count; i++)
            if (scan_action(world, kind, now_s) >= FREEZE_DELAY && world->windows[i].start_s <= now_s &&
                now_s < world->windows[i].end_s && world->windows[i].action >= FREEZE_DELAY &&
                (!world->windows[i].statefulsets_alone || kind->shape == SHAPE_PARTITION)) {
                now_s = world->windows[i].end_s;
                moved = true;
            }
    }
    return now_s;
}

bool scan_turns(const struct scan_world *world, int64_t at_s)
{
    for (size_t i = 0; i < world->window_count; i++)
        if (world->windows[i].start_s == at_s || world->windows[i].end_s == at_s)
            return true;
    return false;
}

/* Distinct ids "CHGd" in a list of one-blank separated ones, as the test writes it. */
bool scan_approved(const struct scan_world *world, const json_t *object)
{
    const char *ids = scan_mark(object, "annotations", "changegate.dev/approval-ids");
    size_t count = ids == NULL ? 0 : (strlen(ids) + 1) / 5;
    return !world->enforces || count >= world->minimum;
}

/* ---- controllers ---- */

size_t scan_replicas(const struct scan_kind *kind, json_t *object)
{
    static const char *const path[] = {"spec", "replicas", NULL};
    json_t *replicas = scan_at(object, path);
    if (kind->shape == SHAPE_ONCE || kind->shape == SHAPE_GATED)
        return 1;
    return replicas == NULL ? 3 : (size_t)json_integer_value(replicas);
}

bool scan_is_at_stop(const struct scan_kind *kind, json_t *object)
{
    static json_t *stops[SCAN_KINDS]; /* read once */
    json_t **stop = &stops[kind - scan_kinds];
    if (*stop == NULL)
        *stop = scan_text(kind->stop);
    return scan_same(scan_at(object, kind->field), *stop);
}

bool scan_has_field(const struct scan_kind *kind, json_t *object)
{
    static const char *const strategy[] = {"spec", "updateStrategy", "type", NULL};
    const char *type = json_string_value(scan_at(object, strategy));
    return kind->shape != SHAPE_GATED && (kind->shape != SHAPE_PARTITION || strcmp(type, "OnDelete") != 0);
}

bool scan_follows(const struct scan_kind *kind, json_t *spec_of, size_t i)
{
    static const char *const strategy[] = {"spec", "updateStrategy", "type", NULL};
    const char *type = json_string_value(scan_at(spec_of, strategy));
    if (spec_of == NULL)
        return false;
    switch (kind->shape) {
    case SHAPE_PARTITION:
        return type != NULL && strcmp(type, "OnDelete") != 0 &&
               (json_int_t)i >= json_integer_value(scan_at(spec_of, kind->field));
    case SHAPE_GATED: return json_array_size(scan_at(spec_of, kind->field)) == 0;
    case SHAPE_PAUSED:
    case SHAPE_ONCE: return !scan_is_at_stop(kind, spec_of);
    }
    return false;
}

static void run_pod(struct scan_object *object, size_t i, const json_t *pod_template)
{
    json_t *copy = scan_copy(pod_template);
    json_decref(object->pods[i]);
    object->pods[i] = copy;
}

/* A pod that is new runs what its elder ones run, where the controller is stopped. */
static void make_pods(struct scan_object *object, json_t *pod_template, size_t replicas)
{
    const json_t *elder = object->kind->shape == SHAPE_PARTITION ? object->settled : object->pods[0];
    for (size_t i = 0; i < replicas; i++)
        if (object->pods[i] == NULL && scan_follows(object->kind, object->stored, i))
            run_pod(object, i, pod_template);
        else if (object->pods[i] == NULL && object->kind->shape != SHAPE_ONCE && elder != NULL)
            run_pod(object, i, elder);
}

static void tell(struct scan_object *object, size_t updated, size_t replicas, bool settled)
{
    static const char *const generation[] = {"metadata", "generation", NULL};
    json_int_t n = (json_int_t)replicas, u = (json_int_t)updated;
    json_t *status =
        json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "observedGeneration",
                  json_integer_value(scan_at(object->stored, generation)), "replicas", n, "updatedReplicas",
                  u, "readyReplicas", n, "availableReplicas", n, "desiredNumberScheduled", n,
                  "updatedNumberScheduled", u, "numberAvailable", n);
    json_object_set_new(status, "updateRevision", json_string("new"));
    json_object_set_new(status, "currentRevision", json_string(settled ? "new" : "old"));
    json_object_set_new(object->stored, "status", status);
}

void scan_control(struct scan_object *object, size_t most)
{
    const struct scan_kind *kind = object->kind;
    json_t *pod_template = scan_at(object->stored, kind->template_path);
    size_t replicas = scan_replicas(kind, object->stored), updated = 0;
    if (object->stored == NULL)
        return;
    for (size_t i = replicas; i < PODS_MOST; i++)
        if (i > 0 || kind->shape == SHAPE_PARTITION) /* of the others the last ReplicaSet stays */
            run_pod(object, i, NULL);
    if (kind->shape == SHAPE_ONCE && !scan_follows(kind, object->stored, 0))
        run_pod(object, 0, NULL);
    make_pods(object, pod_template, replicas);
    for (size_t i = replicas; i-- > 0;) {
        bool follows = scan_follows(kind, object->stored, i);
        if (follows && !scan_same(object->pods[i], pod_template) && most > 0) {
            run_pod(object, i, pod_template);
            most--;
        }
        updated += scan_same(object->pods[i], pod_template);
    }
    bool settled =
        updated == replicas && (kind->shape != SHAPE_PARTITION || scan_follows(kind, object->stored, 0) ||
                                scan_same(object->settled, pod_template));
    if (kind->shape == SHAPE_PARTITION && (settled || object->settled == NULL)) {
        json_t *copy = scan_copy(pod_template);
        json_decref(object->settled);
        object->settled = copy;
    }
    if (kind->shape == SHAPE_GATED && object->pods[0] != NULL)
        json_object_set_new(
            object->stored, "status",
            scan_text("{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}"));
    if (kind->told)
        tell(object, updated, replicas, settled);
}
