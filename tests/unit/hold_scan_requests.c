/* What is sent to test_hold_scan's object beside edits: releases, drops, labels, scales, gates. */
#include "hold_scan_scene.h"

#include "assert_text.h"
#include "hold_requests.h"

#include <stdio.h>
#include <stdlib.h>

static const struct workload_type *type_of(const struct scene *scene)
{
    const struct scan_kind *kind = scene->object.kind;
    return workload_type_find(snapshot_policies(scene->world->snapshot)->items, text_of(kind->group),
                              text_of(kind->resource));
}

/* `patch`, freed, onto what is stored. NULL: there is nothing to send, or it no longer applies. */
static json_t *patched(const struct scene *scene, char *patch)
{
    json_t *operations = json_loads(patch, 0, NULL), *sent = scan_copy(scene->object.stored);
    if (operations == NULL || sent == NULL || !scan_patch(sent, operations)) {
        json_decref(sent);
        sent = NULL;
    }
    json_decref(operations);
    free(patch);
    return sent;
}

static json_t *make_release(const struct scene *scene, const json_t *from)
{
    char *text = json_dumps(from, JSON_COMPACT);
    json_t *sent = patched(scene, hold_request_release(text, type_of(scene)));
    free(text);
    return sent;
}

/* Early, due, twice, or from a copy that is old by now: then its test fails, unless nothing changed. */
void scene_release(struct scene *scene, const char *user)
{
    bool stale = scene->stale != NULL && scene_any(3) == 0;
    json_t *from = stale ? scene->stale : scene->object.stored;
    if (from == NULL || scene->object.stored == NULL)
        return;
    json_t *sent = make_release(scene, from);
    const char *is = scan_mark(scene->object.stored, "annotations", HOLD_ANNOTATION);
    const char *was = scan_mark(from, "annotations", HOLD_ANNOTATION);
    if ((sent == NULL) != (is == NULL || was == NULL || strcmp(is, was) != 0))
        fail_msg("CHANGEGATE_SEED=%llu: a release that is not tested", (unsigned long long)scene->seed);
    if (sent != NULL)
        scene_write(scene, "release", sent, user, "");
    json_decref(sent);
}

void scene_drop(struct scene *scene)
{
    const char *annotation = scan_mark(scene->object.stored, "annotations", HOLD_ANNOTATION);
    if (annotation == NULL || strstr(annotation, "Create") != NULL)
        return; /* nothing ran: such an object is deleted */
    bool knows = strstr(annotation, "\"running\"") != NULL;
    char *text = json_dumps(scene->object.stored, JSON_COMPACT);
    char *running = knows ? json_dumps(scan_at(scene->base, scene->object.kind->template_path), JSON_COMPACT)
                          : strdup("");
    json_t *sent = patched(scene, hold_request_drop(text, type_of(scene), running));
    scene_write(scene, "drop", sent, "ann", "");
    if (knows && scene->outcome == SCAN_STORED && scene->world->enforces &&
        scan_mark(scene->object.stored, "annotations", HOLD_ANNOTATION) != NULL)
        scene_trace(scene, "dropped, and held again\n");
    json_decref(sent);
    free(running);
    free(text);
}

void scene_relabel(struct scene *scene)
{
    static const char *const from[] = {"releasing", "failed", NULL}, *const to[] = {NULL, "failed",
                                                                                    "releasing"};
    if (scene->object.stored == NULL)
        return;
    char *text = json_dumps(scene->object.stored, JSON_COMPACT);
    json_t *sent = patched(scene, hold_request_label(text, from[scene_any(3)], to[scene_any(3)]));
    if (sent != NULL)
        scene_write(scene, "relabel", sent, scene_any(4) == 0 ? "boss" : "releaser", "");
    json_decref(sent);
    free(text);
}

void scene_scale(struct scene *scene, json_t *sent)
{
    static const char *const path[] = {"spec", "replicas", NULL};
    if (scan_at(sent, path) != NULL)
        scan_put(sent, path, json_integer(scene_any(PODS_MOST + 1)));
    (void)scene;
}

/* Gates of a Pod that exists can only be taken away. */
void scene_put_gates(struct scene *scene, json_t *sent, bool keep_ours)
{
    static const char *const path[] = {"spec", "schedulingGates", NULL};
    json_t *gates = scan_copy(scan_at(scene->object.stored, path));
    for (size_t i = json_array_size(gates); i-- > 0;) {
        const char *name = json_string_value(json_object_get(json_array_get(gates, i), "name"));
        bool ours = strcmp(name, HOLD_GATE) == 0;
        if (ours ? !keep_ours : scene_any(4) == 0)
            json_array_remove(gates, i);
    }
    if (gates != NULL && json_array_size(gates) == 0) {
        json_decref(gates);
        gates = NULL;
    }
    scan_put(sent, path, gates);
}

/* ---- never stuck ---- */

static void must(struct scene *scene, bool good, const char *what)
{
    if (good)
        return;
    char *text = json_dumps(scene->object.stored, JSON_COMPACT);
    fprintf(stderr, "%s\nCHANGEGATE_SEED=%llu, %s: %s\n%s\n", scene->trace, (unsigned long long)scene->seed,
            scene->object.kind->kind, what, text);
    free(text);
    fail();
}

static void check_runs(struct scene *scene)
{
    struct scan_object *object = &scene->object;
    for (size_t i = 0; i < 2 * PODS_MOST; i++)
        scan_control(object, 1);
    for (size_t i = 0; i < scan_replicas(object->kind, object->stored); i++)
        if (scan_follows(object->kind, object->stored, i))
            must(scene, scan_same(object->pods[i], scan_at(object->stored, object->kind->template_path)),
                 "what was applied does not run");
}

static void take_label(struct scene *scene)
{
    const char *label = scan_mark(scene->object.stored, "labels", HOLD_LABEL);
    if (label == NULL)
        return;
    char *text = json_dumps(scene->object.stored, JSON_COMPACT);
    json_t *sent = patched(scene, hold_request_label(text, label, NULL));
    must(scene, sent != NULL, "the label cannot be taken away");
    scene_write(scene, "finish", sent, "releaser", "");
    must(scene, scene->outcome == SCAN_STORED, "the label stays");
    json_decref(sent);
    free(text);
}

void scene_must_go(struct scene *scene, const struct scan_world *open)
{
    scene->world = open;
    scene->other = NULL;
    if (scene->object.stored == NULL)
        return;
    scene_trace(scene, "open\n");
    if (!scan_approved(open, scene->object.stored)) {
        json_t *sent = scan_copy(scene->object.stored);
        scan_set_mark(sent, "annotations", "changegate.dev/approval-ids", "CHG7");
        scene_write(scene, "approve", sent, "ann", "");
        must(scene, scene->outcome == SCAN_STORED, "an approval is refused");
        json_decref(sent);
    }
    if (scan_mark(scene->object.stored, "annotations", HOLD_ANNOTATION) != NULL) {
        json_t *sent = make_release(scene, scene->object.stored);
        must(scene, sent != NULL, "there is no release");
        scene_write(scene, "release", sent, "releaser", "");
        must(scene, scene->outcome == SCAN_STORED, "a release is refused");
        const char *label = scan_mark(scene->object.stored, "labels", HOLD_LABEL);
        must(scene, label == NULL || strcmp(label, "releasing") == 0, "released with another label");
        json_decref(sent);
    }
    check_runs(scene);
    take_label(scene);
    must(scene,
         scan_mark(scene->object.stored, "labels", HOLD_LABEL) == NULL &&
             scan_mark(scene->object.stored, "annotations", HOLD_ANNOTATION) == NULL,
         "marks are left");
}
