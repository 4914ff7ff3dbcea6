#include "hold_scan_scene.h"

#include "assert_text.h"
#include "hold_requests.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARY(scene, condition, ...)                      \
    do {                                                 \
        if (!(condition))                                \
            break_off((scene), #condition, __VA_ARGS__); \
    } while (0)

static uint64_t state;

/* What the run met. */
static struct {
    unsigned writes, held, kept, released, ended, by_hand, denied, retried, mismatched;
} seen;

void scene_seed(uint64_t seed)
{
    state = seed * 2862933555777941757U + 3037000493U;
}

int scene_any(int below)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (int)((state >> 33) % (uint64_t)below);
}

void scene_trace(struct scene *scene, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = TRACE_BYTES - scene->traced;
    int length = vsnprintf(scene->trace + scene->traced, room, format, arguments);
    scene->traced += (size_t)length < room ? (size_t)length : room - 1;
    va_end(arguments);
}

static void show(const char *what, const json_t *value)
{
    char *text = value == NULL ? strdup("(none)") : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    fprintf(stderr, "%s: %s\n", what, text);
    free(text);
}

static void break_off(const struct scene *scene, const char *condition, const json_t *before,
                      const json_t *after)
{
    fprintf(stderr, "%s\n", scene->trace);
    fprintf(stderr, "CHANGEGATE_SEED=%llu, %s: not %s\n", (unsigned long long)scene->seed,
            scene->object.kind->kind, condition);
    show("before", before);
    show("after", after);
    show("wish", scene->wish);
    for (size_t i = 0; i < PODS_MOST; i++)
        show("pod", scene->object.pods[i]);
    fail();
}

void scene_done(struct scene *scene)
{
    for (size_t i = 0; i < PODS_MOST; i++)
        json_decref(scene->object.pods[i]);
    json_decref(scene->object.settled);
    json_decref(scene->object.stored);
    json_decref(scene->manifest);
    json_decref(scene->wish);
    json_decref(scene->base);
    json_decref(scene->stale);
}

/* An operator says so. */
static bool by_hand(const struct scan_kind *kind, const struct scan_write *write, const json_t *before)
{
    bool asks = scan_annotation(write->sent) == NULL && scan_label(write->sent) != NULL &&
                strcmp(scan_label(write->sent), "releasing") == 0;
    bool gate_gone =
        kind->shape == SHAPE_GATED && !scan_has_gate(write->ret_final); /* by whichever replica */
    json_t *is = scan_template(kind, write->sent), *was = scan_template(kind, before);
    bool good = before != NULL && scan_is_held(kind, before) && strcmp(write->user, "boss") == 0 &&
                (asks || gate_gone) && scan_same(is, was);
    json_decref(is);
    json_decref(was);
    return good;
}

static void check_never_early(struct scene *scene, const struct scan_write *write, json_t *before,
                              json_t *final)
{
    bool approval;
    const struct scan_world *world = write->validating;
    if (!scene_starts(scene, before, final, &approval) || !world->enforces)
        return;
    if (approval || by_hand(scene->object.kind, write, before))
        WARY(scene, !approval || scan_approved(world, final), before, final);
    if (by_hand(scene->object.kind, write, before)) {
        seen.by_hand++;
        return;
    }
    bool open = scan_action(world, scene->object.kind, write->now_s) < FREEZE_DELAY;
    WARY(scene, open, before, final);
}

/* ---- what is stored ---- */

/* Without what is the gate's. */
static json_t *strip(const struct scan_kind *kind, const json_t *object)
{
    json_t *copy = scan_copy(object);
    scan_set_mark(copy, "annotations", HOLD_ANNOTATION, NULL);
    scan_set_mark(copy, "annotations", RECORD_ANNOTATION, NULL);
    scan_set_mark(copy, "labels", HOLD_LABEL, NULL);
    scan_put(copy, kind->field, NULL);
    json_object_del(json_object_get(copy, "metadata"), "generation");
    json_object_del(copy, "status");
    return copy;
}

static void check_never_lost(struct scene *scene, const struct scan_write *write, const json_t *before,
                             const json_t *final)
{
    json_t *is = strip(scene->object.kind, final), *wanted = strip(scene->object.kind, write->sent);
    WARY(scene, write->interference != 0 || scan_same(is, wanted), before, final);
    json_decref(is);
    json_decref(wanted);
}

/* The marks fit each other, and the field, or what it is to become, is its owner's. */
static void check_marks(struct scene *scene, const json_t *before, const json_t *final)
{
    const struct scan_kind *kind = scene->object.kind;
    const char *label = scan_label(final);
    json_t *is = scan_field(kind, final);
    if (scan_annotation(final) != NULL) {
        WARY(scene, label != NULL && strcmp(label, "true") == 0, before, final);
        WARY(scene, scan_is_stopped(kind, final), before, final);
        json_t *restore;
        WARY(scene, scan_restore(kind, scan_annotation(final), &restore), before, final);
        WARY(scene, kind->shape == SHAPE_GATED || scan_same(restore, scene->wish), before, final);
        WARY(scene, kind->shape != SHAPE_GATED || scan_same(is, scene->wish), before, final);
        json_decref(restore);
    } else {
        bool watched = label == NULL || strcmp(label, "releasing") == 0 || strcmp(label, "failed") == 0;
        WARY(scene, watched, before, final);
        WARY(scene, scan_same(is, scene->wish), before, final);
        WARY(scene, kind->shape != SHAPE_GATED || !scan_has_gate(final), before, final);
    }
    json_decref(is);
}

/* Open and approved, nothing is in the way; in a Delay a Deployment that is at rest can be held. */
static void check_not_refused(struct scene *scene, const struct scan_write *write, const json_t *before)
{
    const struct scan_kind *kind = scene->object.kind;
    if (write->sent == NULL || write->mutating != write->validating || write->subresource[0] != '\0' ||
        (write->interference != 0 && !write->reinvoked) || !scan_approved(write->validating, write->sent))
        return;
    enum freeze_action action = scan_action(write->validating, kind, write->now_s);
    if (action < FREEZE_DELAY || !write->validating->enforces) {
        WARY(scene, scene->outcome == SCAN_STORED && scan_annotation(write->ret_final) == NULL, before,
             write->sent);
        return;
    }
    bool asks = scan_label(write->sent) != NULL && strcmp(scan_label(write->sent), "releasing") == 0 &&
                scan_annotation(write->sent) == NULL;
    int64_t opens_s = scan_opening(write->validating, kind, write->now_s);
    bool far = opens_s == FREEZE_NO_END || opens_s - write->now_s > 60;
    bool plain = strcmp(kind->kind, "Deployment") == 0 && before != NULL && scan_is_held(kind, before) &&
                 scan_replicas(kind, (json_t *)(uintptr_t)before) > 0;
    if (action == FREEZE_DELAY && far && plain && !asks)
        WARY(scene, scene->outcome == SCAN_STORED, before, write->sent);
}

static void replace(json_t **place, json_t *value)
{
    json_decref(*place);
    *place = value;
}

static void remember(struct scene *scene, const json_t *before, const json_t *final)
{
    const struct scan_kind *kind = scene->object.kind;
    bool was = before != NULL && scan_is_held(kind, before), is = scan_annotation(final) != NULL;
    seen.held += is && !was;
    seen.kept += is && was;
    seen.released += was && !is && scan_label(final) != NULL;
    seen.ended += was && !is;
    if (is && !was && before != NULL)
        replace(&scene->base, scan_copy(before));
    if (is && scene_any(3) == 0)
        snprintf(scene->seen, sizeof(scene->seen), "%s", scan_annotation(final));
    if (is && scene_any(3) == 0)
        replace(&scene->stale, scan_copy(final));
}

static void check_stored(struct scene *scene, const struct scan_write *write, json_t *before)
{
    if (write->subresource[0] == '\0') {
        json_t *wish = scene_wish(scene, before, write->sent, write->ret_final);
        replace(&scene->wish, wish);
        if (write->interference == 3 && scan_has_field(scene->object.kind, write->ret_final))
            replace(&scene->wish, scan_text(scene->object.kind->go));
        if (write->interference == 4) /* it took away what would have said it */
            replace(&scene->wish, scan_field(scene->object.kind, write->ret_final));
        check_never_lost(scene, write, before, write->ret_final);
        check_marks(scene, before, write->ret_final);
    } else {
        bool untouched =
            scan_same(json_object_get(json_object_get(before, "metadata"), "annotations"),
                      json_object_get(json_object_get(write->ret_final, "metadata"), "annotations")) &&
            scan_same(json_object_get(json_object_get(before, "metadata"), "labels"),
                      json_object_get(json_object_get(write->ret_final, "metadata"), "labels"));
        WARY(scene, untouched || !write->validating->enforces, before, write->ret_final);
    }
    check_never_early(scene, write, before, write->ret_final);
    remember(scene, before, write->ret_final);
}

void scene_write(struct scene *scene, const char *step, const json_t *sent, const char *user,
                 const char *subresource)
{
    static const char *const outcomes[] = {"stored", "denied", "retry", "CONFLICT"};
    json_t *before = scan_copy(scene->object.stored);
    struct scan_write write = {
        .object = &scene->object, .sent = sent, .user = user, .subresource = subresource};
    write.mutating = write.validating = scene->world;
    write.now_s = scene->now_s;
    if (scene->other != NULL && scene_any(12) == 0)
        *(scene_any(2) ? &write.mutating : &write.validating) = scene->other;
    if (scene->other != NULL && sent != NULL && subresource[0] == '\0' && scene_any(10) == 0)
        write.interference = 1 + scene_any(4);
    write.reinvoked = scene_any(2) && write.interference != 4; /* what the owner said would be gone */
    scene->plain = write.mutating == write.validating && write.interference == 0;
    bool agree = write.mutating == write.validating && (write.interference == 0 || write.reinvoked);
    scene->outcome = scan_send(scene->admit, &write);
    scene_trace(scene, "%s by %s at %lld%s%s: %s%s\n", step, user, (long long)(scene->now_s - SCAN_START_S),
                write.mutating == write.validating ? "" : " skewed", write.interference ? " interfered" : "",
                outcomes[scene->outcome], write.ret_reasons);
    if (scene->tells) {
        char *text = json_dumps(sent, JSON_COMPACT | JSON_ENCODE_ANY);
        scene_trace(scene, "  %s\n", text == NULL ? "" : text);
        free(text);
    }
    seen.writes++;
    seen.denied += scene->outcome == SCAN_DENIED;
    seen.retried += scene->outcome == SCAN_RETRY;
    seen.mismatched += write.ret_mismatch;
    WARY(scene, !agree || !write.ret_mismatch, before, sent);
    WARY(scene, scene->outcome != SCAN_CONFLICT, before, sent);
    check_not_refused(scene, &write, before);
    if (scene->outcome == SCAN_STORED && sent != NULL)
        check_stored(scene, &write, before);
    if (!scene->object.kind->told) /* it never says how far it is, so it is taken to be quick */
        scan_control(&scene->object, PODS_MOST);
    json_decref(write.ret_final);
    json_decref(before);
}

void scene_apply_again(struct scene *scene, const json_t *manifest)
{
    bool gate_gone = scene->object.kind->shape == SHAPE_GATED && !scan_has_gate(manifest);
    if (!scene->plain || !scan_is_held(scene->object.kind, scene->object.stored) ||
        gate_gone) /* a gate nobody puts back */
        return;
    struct scan_write write = {.object = &scene->object, .sent = manifest, .user = "ann", .subresource = ""};
    json_t *before = scan_copy(scene->object.stored);
    write.mutating = write.validating = scene->world;
    write.now_s = scene->now_s + (scan_turns(scene->world, scene->now_s + 1) ? 0 : 1);
    enum scan_outcome outcome = scan_send(scene->admit, &write);
    scene_trace(scene, "again: %d%s\n", (int)outcome, write.ret_reasons);
    WARY(scene, outcome == SCAN_STORED && scan_same(before, scene->object.stored), before,
         scene->object.stored);
    json_decref(write.ret_final);
    json_decref(before);
}

void scene_assert_seen(bool whole_run)
{
    print_message(
        "%u writes: held %u, kept %u, ended %u, of them by request %u, by hand %u; denied %u, retried %u, "
        "mismatched %u\n",
        seen.writes, seen.held, seen.kept, seen.ended, seen.released, seen.by_hand, seen.denied, seen.retried,
        seen.mismatched);
    if (whole_run)
        assert_true(seen.held > 150 && seen.kept > 300 && seen.ended > 150 && seen.released > 70 &&
                    seen.by_hand > 20 && seen.denied > 400 && seen.retried > 70 && seen.mismatched > 70);
}
