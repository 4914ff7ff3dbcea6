#include "releaser_private.h"

#include "core/instant.h"
#include "edge/kept_text.h"
#include "edge/message_log.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAME_BYTES_MOST = 200,
    NEWS_S = 600, /* a hold that is older was told by another leader, and Events end after an hour */
    AGAIN_MS = 1000,
};

static void plan(struct releaser *releaser, const struct kube_event_text *event, struct arena *arena)
{
    if (releaser->telling_count == RELEASER_TELLINGS_MOST) {
        if (!releaser->said_tellings)
            message_warning("more than %d Events wait to be written; the rest are left out",
                            RELEASER_TELLINGS_MOST);
        releaser->said_tellings = true;
        return;
    }
    size_t place = (releaser->first_telling + releaser->telling_count++) % RELEASER_TELLINGS_MOST;
    struct text namespace = kube_http_escape(arena, kube_event_namespace(&event->involved));
    releaser->tellings[place] = (struct telling){
        .path = kept_text(arena_printf(arena, "/api/v1/namespaces/%.*s/events", TEXT_ARGS(namespace))),
        .body = kept_text(kube_event_write(event, releaser->now_s, arena)),
    };
}

/* What happened; the same has the same number, whoever tells it. */
struct happening {
    const char *reason;
    uint64_t number;
    bool is_warning;
};

/* The same happening has the same name, whoever writes it. */
static struct text name_of(struct text name, struct text uid, uint64_t happening, struct arena *arena)
{
    return arena_printf(arena, "%.*s.%.*s.%016llx", TEXT_ARGS(text_slice(name, 0, NAME_BYTES_MOST)),
                        TEXT_ARGS(text_slice(uid, 0, 8)), (unsigned long long)happening);
}

static struct happening happening_of(const char *reason, bool is_warning, int64_t since_s, struct text more,
                                     struct arena *arena)
{
    struct text said = arena_printf(arena, "%s %lld %.*s", reason, (long long)since_s, TEXT_ARGS(more));
    return (struct happening){reason, text_hash(said), is_warning};
}

static struct kube_involved involved_of(const struct kube_held_kind *kind, const struct held_object *object,
                                        struct arena *arena)
{
    return (struct kube_involved){
        .api_version = kube_held_api_version(kind, arena),
        .kind = kind->kind,
        .namespace = object->namespace,
        .name = object->name,
        .uid = object->uid,
    };
}

/* On each window that is an object of the cluster; those of a policy are none. `names` as on the hold. */
static void tell_windows(struct releaser *releaser, struct text names, const struct happening *happening,
                         struct text uid, struct text message, struct arena *arena)
{
    while (names.length > 0) {
        size_t end = text_find(names, ',');
        struct text name = text_trim(text_slice(names, 0, end));
        names = text_slice(names, end + 1, names.length);
        struct text window = snapshot_window_uid(releaser->snapshot, name);
        if (window.length == 0)
            continue;
        const struct kube_event_text event = {
            .involved = {.api_version = text_of("changegate.dev/v1alpha1"),
                         .kind = text_of("FreezeWindow"),
                         .name = name,
                         .uid = window},
            .name = name_of(name, uid, happening->number, arena),
            .reason = happening->reason,
            .is_warning = happening->is_warning,
            .message = message,
        };
        plan(releaser, &event, arena);
    }
}

/* On the object, and on the windows that held it: there with the object's name in front. */
static void tell(struct releaser *releaser, const struct kube_held_kind *kind,
                 const struct held_object *object, struct text windows, const struct happening *happening,
                 struct text message, struct arena *arena)
{
    const struct kube_event_text event = {
        .involved = involved_of(kind, object, arena),
        .name = name_of(object->name, object->uid, happening->number, arena),
        .reason = happening->reason,
        .is_warning = happening->is_warning,
        .message = message,
    };
    plan(releaser, &event, arena);
    struct text named =
        arena_printf(arena, "%.*s %.*s/%.*s: %.*s", TEXT_ARGS(kind->kind), TEXT_ARGS(object->namespace),
                     TEXT_ARGS(object->name), TEXT_ARGS(message));
    tell_windows(releaser, windows, happening, object->uid, named, arena);
}

/* ---- a new hold ---- */

static struct text until_of(const struct hold *hold, struct arena *arena)
{
    if (hold->until_s == 0)
        return text_of("until nothing keeps it held");
    if (hold->until_s == FREEZE_NO_END)
        return text_of("with no known end");
    return arena_printf(arena, "until %.*s", TEXT_ARGS(instant_format(arena, hold->until_s)));
}

void tell_held(struct releaser *releaser, const struct kube_held_kind *kind, const struct held_object *object,
               struct held_memory *memory, const struct hold *hold)
{
    struct arena arena = {NULL, 0};
    char classes[96];
    struct happening happening = happening_of("RolloutHeld", false, hold->since_s, TEXT_EMPTY, &arena);
    if (hold->window.length > 0) { /* for what is told later, when the annotation is gone */
        free(memory->windows);
        memory->windows = kept_text(hold->window);
    }
    if (memory->told_held != happening.number && hold->since_s > releaser->now_s - NEWS_S) {
        struct text message =
            arena_printf(&arena, "%s by %.*s is held %.*s: %.*s",
                         change_classes_name(hold->classes, classes, sizeof(classes)), TEXT_ARGS(hold->by),
                         TEXT_ARGS(until_of(hold, &arena)), TEXT_ARGS(hold->reason));
        tell(releaser, kind, object, hold->window, &happening, message, &arena);
    }
    memory->told_held = happening.number;
    arena_done(&arena);
}

/* ---- its end ---- */

void tell_released(struct releaser *releaser, const struct kube_held_kind *kind,
                   const struct held_object *object, const struct held_memory *memory, int64_t since_s)
{
    struct arena arena = {NULL, 0};
    struct happening happening = happening_of("RolloutReleased", false, since_s, TEXT_EMPTY, &arena);
    tell(releaser, kind, object, text_of(memory == NULL ? NULL : memory->windows), &happening,
         arena_printf(&arena, "released; it was held since %.*s", TEXT_ARGS(instant_format(&arena, since_s))),
         &arena);
    arena_done(&arena);
}

void tell_still_held(struct releaser *releaser, const struct kube_held_kind *kind,
                     const struct held_object *object, struct held_memory *memory, struct text why)
{
    struct arena arena = {NULL, 0};
    struct happening happening = happening_of("RolloutStillHeld", true, memory->since_s, why, &arena);
    if (memory->told_still != happening.number)
        tell(releaser, kind, object, text_of(memory->windows), &happening,
             arena_printf(&arena, "still held: %.*s", TEXT_ARGS(why)), &arena);
    memory->told_still = happening.number;
    arena_done(&arena);
}

void tell_stopped(struct releaser *releaser, const struct errand *errand, const struct held_memory *memory,
                  struct text version)
{
    struct arena arena = {NULL, 0};
    const struct kube_held_kind *kind = &releaser->kinds[errand->kind].kind;
    const struct held_object object = {
        .namespace = errand->namespace, .name = errand->name, .uid = errand->uid};
    struct happening happening = happening_of("ThawStopped", true, 0, version, &arena);
    struct text message = arena_printf(
        &arena,
        "its rollout failed after the release, so nothing else of namespace %.*s is released until it is "
        "finished; repair it, or go on without it: changegate release %.*s %.*s/%.*s",
        TEXT_ARGS(errand->namespace), TEXT_ARGS(errand->namespace), TEXT_ARGS(kind->resource),
        TEXT_ARGS(errand->name));
    message_warning("%.*s %.*s/%.*s: %.*s", TEXT_ARGS(kind->kind), TEXT_ARGS(errand->namespace),
                    TEXT_ARGS(errand->name), TEXT_ARGS(message));
    tell(releaser, kind, &object, text_of(memory == NULL ? NULL : memory->windows), &happening, message,
         &arena);
    arena_done(&arena);
}

/* ---- writing them ---- */

void tell_next(struct releaser *releaser)
{
    struct errand *errand = errands_free_side(releaser);
    if (errand == NULL || releaser->telling_count == 0 || releaser->now_ms < releaser->tell_due_ms)
        return;
    const struct telling *telling = &releaser->tellings[releaser->first_telling];
    errand->name = arena_copy(&errand->arena, text_of(telling->path));
    const struct kube_call call = {
        .method = KUBE_POST,
        .path = telling->path,
        .accept = "application/json",
        .content_type = "application/json",
        .body = text_of(telling->body),
    };
    errand_start(releaser, errand, ERRAND_TELL, &call);
}

static void drop_first(struct releaser *releaser)
{
    struct telling *telling = &releaser->tellings[releaser->first_telling];
    free(telling->path);
    free(telling->body);
    releaser->first_telling = (releaser->first_telling + 1) % RELEASER_TELLINGS_MOST;
    releaser->telling_count--;
}

/* Refused is refused, and 409 says that another leader wrote it; only a server in trouble is asked again. */
void tell_done(struct releaser *releaser, unsigned status)
{
    if (status == 0 || status == 401 || status == 429 || status >= 500)
        releaser->tell_due_ms = releaser->now_ms + AGAIN_MS;
    else
        drop_first(releaser);
}

int64_t tell_due_ms(const struct releaser *releaser)
{
    return releaser->telling_count == 0 ? INT64_MAX : releaser->tell_due_ms;
}

void tell_drop(struct releaser *releaser)
{
    while (releaser->telling_count > 0)
        drop_first(releaser);
    releaser->said_tellings = false;
    releaser->tell_due_ms = 0;
}
