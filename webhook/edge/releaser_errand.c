#include "releaser_private.h"

#include "codec/json_slice.h"
#include "edge/kept_text.h"
#include "edge/message_log.h"

#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_MS_MOST = 10000, /* the patience with one request */
    RETRY_MS_FIRST = 1000,
    RETRY_MS_MOST = 10000,                      /* after a failure */
    REFUSED_MS_MOST = RELEASER_REFUSED_MS_MOST, /* after a refusal of the gate */
    AWAITED_MS_MOST = 10000,                    /* for the watch to show what was written */
    UNSURE_MS = 3000,                           /* ... what may have been */
    REFUSALS_UNTOLD = 1,                        /* replicas differ a little in what they know */
};

/* A resourceVersion that no object ever has. */
static const char never[] = "99999999999999999999";

void errands_init(struct releaser *releaser)
{
    for (size_t i = 0; i <= RELEASER_SIDE; i++)
        releaser->errands[i].request = kube_request_new(releaser->http);
}

static void put_back(struct errand *errand)
{
    errand->what = ERRAND_NONE;
    errand->namespace = errand->name = errand->uid = TEXT_EMPTY;
    arena_reset(&errand->arena);
}

void errands_drop(struct releaser *releaser)
{
    for (size_t i = 0; i <= RELEASER_SIDE; i++) {
        kube_request_cancel(releaser->errands[i].request);
        put_back(&releaser->errands[i]);
    }
}

void errands_done(struct releaser *releaser)
{
    for (size_t i = 0; i <= RELEASER_SIDE; i++) {
        kube_request_free(releaser->errands[i].request);
        kube_buffer_done(&releaser->errands[i].answer);
        arena_done(&releaser->errands[i].arena);
    }
}

struct errand *errands_free(struct releaser *releaser)
{
    for (size_t i = 0; i < RELEASER_ERRANDS; i++)
        if (releaser->errands[i].what == ERRAND_NONE)
            return &releaser->errands[i];
    return NULL;
}

struct errand *errands_free_side(struct releaser *releaser)
{
    struct errand *side = &releaser->errands[RELEASER_SIDE];
    return side->what == ERRAND_NONE ? side : NULL;
}

int64_t errands_due_ms(const struct releaser *releaser)
{
    int64_t due_ms = INT64_MAX;
    for (size_t i = 0; i <= RELEASER_SIDE; i++)
        if (releaser->errands[i].what != ERRAND_NONE && releaser->errands[i].give_up_ms < due_ms)
            due_ms = releaser->errands[i].give_up_ms;
    return due_ms;
}

/* ---- what came of one about an object ---- */

static struct held_entry *entry_of(struct releaser *releaser, const struct errand *errand)
{
    if (errand->kind >= releaser->kind_count)
        return NULL;
    struct held_entry *entry =
        held_store_find(releaser->kinds[errand->kind].store, errand->namespace, errand->name);
    return entry != NULL && text_equal(entry->object.uid, errand->uid) ? entry : NULL;
}

static void await(struct releaser *releaser, struct held_memory *memory, struct text version, int64_t most_ms)
{
    free(memory->awaited);
    memory->awaited = kept_text(version);
    memory->awaited_until_ms = releaser->now_ms + most_ms;
}

void errand_retry(struct releaser *releaser, struct held_memory *memory, int64_t most_ms)
{
    int64_t pause_ms = memory->pause_ms * 2;
    if (pause_ms < RETRY_MS_FIRST)
        pause_ms = RETRY_MS_FIRST;
    memory->pause_ms = pause_ms < most_ms ? pause_ms : most_ms;
    memory->retry_ms = releaser->now_ms + memory->pause_ms;
}

static struct text version_of(struct errand *errand)
{
    struct text metadata = json_slice_member(kube_buffer_rest(&errand->answer), "metadata");
    return kube_string_decode(json_slice_member(metadata, "resourceVersion"), &errand->arena);
}

/* In a namespace that nobody governs no label is left by which its end would be seen. */
static void tell_whole(struct releaser *releaser, const struct errand *errand,
                       const struct held_memory *memory)
{
    const struct snapshot_namespace *namespace = snapshot_find(releaser->snapshot, errand->namespace);
    const struct held_object object = {
        .namespace = errand->namespace, .name = errand->name, .uid = errand->uid};
    if (namespace != NULL && namespace->policy == NULL)
        tell_released(releaser, &releaser->kinds[errand->kind].kind, &object, memory, errand->since_s);
}

static void succeed(struct releaser *releaser, struct errand *errand, struct held_memory *memory)
{
    struct text version = version_of(errand);
    if (errand->what == ERRAND_RELEASE)
        metrics_count(releaser->metrics, METRICS_RELEASES);
    if (errand->what == ERRAND_RELEASE)
        tell_whole(releaser, errand, memory);
    if (errand->what == ERRAND_FAILED)
        tell_stopped(releaser, errand, memory, version);
    releaser->said_forbidden = false;
    if (memory == NULL)
        return;
    memory->retry_ms = 0;
    memory->refusals = 0;
    await(releaser, memory, version, AWAITED_MS_MOST);
}

static const char *doing(enum errand_what what)
{
    switch (what) {
    case ERRAND_RELEASE: return "releasing";
    case ERRAND_FINISHED:
    case ERRAND_FAILED: return "labelling";
    case ERRAND_POKE: return "refreshing the hold of";
    case ERRAND_TELL: return "writing an Event to";
    case ERRAND_LIST: return "listing";
    case ERRAND_PAUSE: return "pausing";
    case ERRAND_NONE:
    case ERRAND_DISCOVER: break;
    }
    return "asking for";
}

/* The user may not do it: the gate was not even asked. A namespace that is going takes no Events. */
static void say_forbidden(struct releaser *releaser, const struct errand *errand, struct text message)
{
    if (errand->what == ERRAND_TELL && text_ends_with(message, text_of("it is being terminated")))
        return;
    if (!releaser->said_forbidden)
        message_warning("%s %.*s%s%.*s was answered with HTTP 403: %.*s; bind this user to the ClusterRoles "
                        "changegate-serve and changegate-release of charts/changegate",
                        doing(errand->what), TEXT_ARGS(errand->namespace),
                        errand->namespace.length > 0 ? "/" : "", TEXT_ARGS(errand->name), TEXT_ARGS(message));
    releaser->said_forbidden = true;
}

/* Of RBAC: `deployments.apps "web" is forbidden: User "changegate" cannot patch resource ...` */
static bool is_missing_right(struct text message)
{
    static const struct text cannot = TEXT(" cannot patch resource ");
    for (size_t i = 0; i + cannot.length <= message.length; i++)
        if (text_starts_with(text_slice(message, i, message.length), cannot))
            return true;
    return false;
}

/* By the gate (403), by another admission plugin (403), or since the object is not valid as released (422,
 * which is also what a test that failed is answered with: then the watch brings another object). */
static void take_refusal(struct releaser *releaser, struct errand *errand, struct held_entry *entry,
                         unsigned status)
{
    struct kube_status said = {0};
    struct held_memory *memory = entry->memory;
    bool readable = kube_status_decode(kube_buffer_rest(&errand->answer), &errand->arena, &said);
    if (status == 403 && (!readable || is_missing_right(said.message)))
        say_forbidden(releaser, errand, said.message);
    else if (errand->what == ERRAND_RELEASE && ++memory->refusals > REFUSALS_UNTOLD)
        tell_still_held(releaser, &releaser->kinds[errand->kind].kind, &entry->object, memory, said.message);
    errand_retry(releaser, memory, REFUSED_MS_MOST);
}

static int64_t told_pause_ms(const struct errand *errand)
{
    struct text details = json_slice_member(kube_buffer_rest(&errand->answer), "details");
    struct text seconds = json_slice_member(details, "retryAfterSeconds");
    int64_t told_s = 0;
    for (size_t i = 0; i < seconds.length && seconds.at[i] >= '0' && seconds.at[i] <= '9' && told_s < 60; i++)
        told_s = told_s * 10 + (seconds.at[i] - '0');
    return told_s < 1 ? RETRY_MS_FIRST : told_s > 60 ? REFUSED_MS_MOST : told_s * 1000;
}

static void fall_short(struct releaser *releaser, struct errand *errand, struct held_entry *entry,
                       unsigned status)
{
    struct held_memory *memory = entry->memory;
    memory->releasing = false;
    switch (status) {
    case 0: /* the answer may be what was lost */
        memory->releasing = errand->what == ERRAND_RELEASE;
        await(releaser, memory, text_of(never), UNSURE_MS);
        errand_retry(releaser, memory, RETRY_MS_MOST);
        break;
    case 403:
    case 422: take_refusal(releaser, errand, entry, status); break;
    case 429: memory->retry_ms = releaser->now_ms + told_pause_ms(errand); break;
    default: errand_retry(releaser, memory, RETRY_MS_MOST); break; /* 404, 409: the watch will say more */
    }
}

/* One refusal is none: see REFUSALS_UNTOLD. A 429 asks to wait, and 404 and 409 say that it is another object
 * by now. */
static bool is_failure(unsigned status, const struct held_memory *memory)
{
    return status == 0 || status == 401 || status >= 500 ||
           ((status == 403 || status == 422) && (memory == NULL || memory->refusals != REFUSALS_UNTOLD));
}

static void take_object(struct releaser *releaser, struct errand *errand, unsigned status)
{
    struct held_entry *entry = entry_of(releaser, errand);
    struct held_memory *memory = entry == NULL ? NULL : entry->memory;
    if (memory != NULL)
        memory->busy = false;
    if (status == 200)
        succeed(releaser, errand, memory);
    else if (memory != NULL)
        fall_short(releaser, errand, entry, status);
    if (errand->what == ERRAND_RELEASE && is_failure(status, memory))
        metrics_count(releaser->metrics, METRICS_RELEASE_FAILURES);
}

/* ---- what came of any ---- */

static void take_version(struct releaser *releaser, struct errand *errand, unsigned status)
{
    struct text body = kube_buffer_rest(&errand->answer);
    if (status == 200 && errand->kind < releaser->kind_count)
        releaser_kinds_version(releaser, &releaser->kinds[errand->kind],
                               kube_group_version_decode(body, &errand->arena));
}

/* `status` 0: no answer. */
static void take(struct releaser *releaser, struct errand *errand, unsigned status)
{
    struct kube_status said = {0};
    switch (errand->what) {
    case ERRAND_NONE: break;
    case ERRAND_RELEASE:
    case ERRAND_FINISHED:
    case ERRAND_FAILED:
    case ERRAND_POKE: take_object(releaser, errand, status); break;
    case ERRAND_TELL: tell_done(releaser, status); break;
    case ERRAND_DISCOVER: take_version(releaser, errand, status); break;
    case ERRAND_LIST: pause_take_list(releaser, errand, status); break;
    case ERRAND_PAUSE: pause_done(releaser, status); break;
    }
    bool told = kube_status_decode(kube_buffer_rest(&errand->answer), &errand->arena, &said);
    bool is_object = errand->what <= ERRAND_POKE;
    if (status == 403 && !is_object && told)
        say_forbidden(releaser, errand, said.message);
    put_back(errand);
    releaser->look = true;
}

static void follow(struct releaser *releaser, struct errand *errand)
{
    struct error error;
    switch (kube_request_progress(errand->request, &error)) {
    case KUBE_UNDER_WAY:
        if (releaser->now_ms < errand->give_up_ms)
            return;
        kube_request_cancel(errand->request);
        take(releaser, errand, 0);
        return;
    case KUBE_FAILED: take(releaser, errand, 0); return;
    case KUBE_ENDED: take(releaser, errand, kube_request_status(errand->request)); return;
    }
}

void errands_step(struct releaser *releaser)
{
    for (size_t i = 0; i <= RELEASER_SIDE; i++)
        if (releaser->errands[i].what != ERRAND_NONE)
            follow(releaser, &releaser->errands[i]);
}

/* ---- starting one ---- */

/* More than fits is of no use here, and must not make what was written look like a failure. */
static bool receive(void *context, unsigned status, struct text bytes)
{
    (void)status;
    (void)kube_buffer_add(&((struct errand *)context)->answer, bytes);
    return true;
}

void errand_start(struct releaser *releaser, struct errand *errand, enum errand_what what,
                  const struct kube_call *call)
{
    struct error error;
    kube_buffer_clear(&errand->answer, KUBE_PAGE_BYTES_MOST);
    errand->what = what;
    errand->give_up_ms = releaser->now_ms + ANSWER_MS_MOST;
    if (!kube_request_start(errand->request, call, receive, errand, &error))
        take(releaser, errand, 0);
}

void errand_start_object(struct releaser *releaser, struct errand *errand, enum errand_what what, size_t kind,
                         struct held_entry *entry, const char *content_type, struct text body)
{
    struct held_memory *memory = entry->memory;
    struct arena *arena = &errand->arena;
    errand->kind = kind;
    errand->namespace = arena_copy(arena, entry->object.namespace);
    errand->name = arena_copy(arena, entry->object.name);
    errand->uid = arena_copy(arena, entry->object.uid);
    errand->since_s = memory->since_s;
    memory->busy = true;
    memory->asks = what != ERRAND_POKE;
    memory->asked_at = memory->stage;
    memory->releasing = what == ERRAND_RELEASE;
    struct text path = kube_held_path(&releaser->kinds[kind].kind, errand->namespace, errand->name, arena);
    const struct kube_call call = {
        .method = KUBE_PATCH,
        .path = arena_printf(arena, "%.*s?fieldManager=changegate", TEXT_ARGS(path)).at,
        .accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
        .content_type = content_type,
        .body = body,
    };
    errand_start(releaser, errand, what, &call);
}
