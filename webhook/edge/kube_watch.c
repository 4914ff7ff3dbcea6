#include "edge/kube_watch.h"

#include "edge/kept_text.h"
#include "edge/kube_buffer.h"
#include "edge/kube_outage.h"
#include "edge/message_log.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_BYTES_MOST = 4 << 20, /* an object in etcd has at most about 1.5 MB */
    WATCH_S_LEAST = 240,       /* spread, so that replicas do not reconnect together */
    WATCH_S_SPREAD = 240,
    SETTLED_MS = 5000, /* a watch that lived this long ends a series of failures */
};

enum phase { PHASE_PAUSE, PHASE_LIST, PHASE_WATCH };

struct kube_watch {
    struct kube_resource resource;
    struct kube_request *request;
    struct metrics *metrics;
    enum phase phase;
    int64_t now_ms, now_s;  /* of the step under way */
    int64_t due_ms;         /* pausing: when to go on; otherwise when patience ends */
    int64_t opened_ms;      /* of the watch under way; 0: not accepted yet */
    int64_t listed_ms;      /* when the last list was complete; 0: never */
    int64_t in_touch_s;     /* 0: never */
    char *resource_version; /* owned; where a watch goes on; NULL: list first */
    char *continue_token;   /* owned; of the next page; NULL: first page */
    unsigned page_limit;    /* objects per page */
    struct kube_buffer received;
    struct arena scratch; /* of the event or page under way */
    struct kube_outage outage;
    bool synced;
    bool recovered; /* and nobody asked yet */
    bool absent;    /* and said so */

    /* What the receiver notes for the next step; it runs between the steps and knows no time. */
    bool heard;           /* anything came */
    bool current;         /* an event or a bookmark was among it */
    bool expired;         /* 410 */
    struct error refusal; /* why it gave the request up; kind ERROR_NONE: it did not */
};

struct kube_watch *kube_watch_new(struct kube_http *http, const struct kube_resource *resource,
                                  struct metrics *metrics)
{
    struct kube_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        abort();
    watch->resource = *resource;
    watch->request = kube_request_new(http);
    watch->metrics = metrics;
    watch->page_limit = resource->page_size;
    watch->outage.noun = resource->noun;
    watch->outage.meanwhile = resource->meanwhile;
    arena_init(&watch->scratch);
    return watch;
}

void kube_watch_free(struct kube_watch *watch)
{
    if (watch == NULL)
        return;
    kube_request_free(watch->request);
    kube_buffer_done(&watch->received);
    arena_done(&watch->scratch);
    free(watch->resource_version);
    free(watch->continue_token);
    free(watch);
}

static void list_again(struct kube_watch *watch)
{
    kept_text_replace(&watch->resource_version, TEXT_EMPTY);
    kept_text_replace(&watch->continue_token, TEXT_EMPTY);
}

static void in_touch(struct kube_watch *watch, bool settled)
{
    watch->in_touch_s = watch->now_s;
    watch->recovered |= kube_outage_heard(&watch->outage, settled, watch->now_s);
}

static void pause_for(struct kube_watch *watch, int64_t pause_ms)
{
    watch->phase = PHASE_PAUSE;
    watch->due_ms = watch->now_ms + pause_ms;
}

static void fail(struct kube_watch *watch, const struct error *error)
{
    metrics_count(watch->metrics, METRICS_WATCH_ERRORS);
    pause_for(watch, kube_outage_fail(&watch->outage, error, kube_request_status(watch->request),
                                      watch->synced, watch->now_ms, watch->now_s));
}

/* 410: where the list or watch should go on is too long ago. Usual after the API server started anew, so the
 * list comes at once, unless the last one was only just read: then something is wrong, and the pauses grow.
 */
static void expire(struct kube_watch *watch)
{
    list_again(watch);
    if (watch->now_ms - watch->listed_ms >= SETTLED_MS)
        watch->outage.failures = 0;
}

static bool handle_line(struct kube_watch *watch, struct text line)
{
    const struct kube_sink *sink = &watch->resource.sink;
    struct kube_event event;
    arena_reset(&watch->scratch);
    bool good = kube_event_decode(line, &watch->scratch, &event, &watch->refusal);
    if (good && event.type == KUBE_ERROR) {
        watch->expired = event.status.code == 410;
        return error_set(&watch->refusal, ERROR_SYSTEM, "the watch ended with code %lld: %.*s",
                         (long long)event.status.code, TEXT_ARGS(event.status.message));
    }
    if (good && (event.type == KUBE_ADDED || event.type == KUBE_MODIFIED))
        good = sink->put(sink->context, event.object, &watch->refusal);
    if (!good) {
        list_again(watch); /* it would come again */
        return false;
    }
    if (event.type == KUBE_DELETED)
        sink->remove(sink->context, event.namespace, event.name);
    kept_text_replace(&watch->resource_version, event.resource_version);
    watch->current = true;
    return true;
}

static bool receive_watch(struct kube_watch *watch, struct text bytes)
{
    if (!kube_buffer_add(&watch->received, bytes)) {
        list_again(watch);
        return error_set(&watch->refusal, ERROR_SYSTEM, "a watch event is larger than %d bytes",
                         LINE_BYTES_MOST);
    }
    struct text line;
    while (kube_buffer_line(&watch->received, &line))
        if (!handle_line(watch, line))
            return false;
    return true;
}

static bool receive_whole(struct kube_watch *watch, struct text bytes)
{
    if (kube_buffer_add(&watch->received, bytes))
        return true;
    watch->page_limit = watch->page_limit / 2 > 0 ? watch->page_limit / 2 : 1;
    return error_set(&watch->refusal, ERROR_SYSTEM, "an answer is larger than %d bytes",
                     KUBE_PAGE_BYTES_MOST);
}

static bool receive(void *context, unsigned status, struct text bytes)
{
    struct kube_watch *watch = context;
    watch->heard = true;
    return status == 200 && watch->phase == PHASE_WATCH ? receive_watch(watch, bytes)
                                                        : receive_whole(watch, bytes);
}

static void start(struct kube_watch *watch, enum phase phase, const char *path, const char *accept)
{
    struct error error;
    struct kube_call call = {.method = KUBE_GET, .path = path, .accept = accept};
    watch->phase = phase;
    watch->due_ms = watch->now_ms + KUBE_ANSWER_PATIENCE_MS;
    watch->opened_ms = 0;
    watch->heard = watch->current = watch->expired = false;
    watch->refusal = (struct error){.kind = ERROR_NONE};
    kube_buffer_clear(&watch->received, phase == PHASE_WATCH ? LINE_BYTES_MOST : KUBE_PAGE_BYTES_MOST);
    if (!kube_request_start(watch->request, &call, receive, watch, &error))
        fail(watch, &error);
}

static void start_list(struct kube_watch *watch)
{
    const struct kube_resource *resource = &watch->resource;
    arena_reset(&watch->scratch);
    if (watch->continue_token == NULL)
        resource->sink.list_begin(resource->sink.context);
    start(watch, PHASE_LIST,
          kube_resource_page_path(resource, watch->page_limit, watch->continue_token, &watch->scratch),
          resource->accept_list);
}

static void start_watch(struct kube_watch *watch)
{
    unsigned timeout_s = WATCH_S_LEAST + arc4random_uniform(WATCH_S_SPREAD + 1);
    arena_reset(&watch->scratch);
    start(watch, PHASE_WATCH,
          kube_resource_watch_path(&watch->resource, watch->resource_version, timeout_s, &watch->scratch),
          watch->resource.accept_watch);
}

static void end_list(struct kube_watch *watch)
{
    watch->synced = true;
    watch->page_limit = watch->resource.page_size;
    watch->listed_ms = watch->now_ms;
}

/* A 404 on a watch is only looked into: what was known is dropped when a list says the same. */
static void handle_absence(struct kube_watch *watch)
{
    bool is_list = watch->phase == PHASE_LIST;
    list_again(watch);
    pause_for(watch, is_list ? KUBE_ABSENT_MS : KUBE_PAUSE_MS_FIRST);
    if (!is_list)
        return;
    in_touch(watch, true);
    end_list(watch);
    kube_resource_take_absence(&watch->resource);
    if (!watch->absent)
        message_info("%s: the API server knows no such resource, so there are none; it is asked again every "
                     "%d s",
                     watch->resource.noun, KUBE_ABSENT_MS / 1000);
    watch->absent = true;
}

static void handle_refusal(struct kube_watch *watch)
{
    struct error error;
    unsigned status = kube_request_status(watch->request);
    if (status == 404 && watch->resource.may_be_absent) {
        handle_absence(watch);
        return;
    }
    if (status == 410)
        expire(watch);
    kube_resource_refused(&watch->resource, watch->phase == PHASE_LIST ? "listing" : "watching", status,
                          kube_buffer_rest(&watch->received), &error);
    fail(watch, &error);
}

static void finish_list(struct kube_watch *watch)
{
    const struct kube_sink *sink = &watch->resource.sink;
    struct kube_page page;
    struct error error;
    arena_reset(&watch->scratch);
    if (!kube_resource_take_page(&watch->resource, kube_buffer_rest(&watch->received), &watch->scratch, &page,
                                 &error)) {
        list_again(watch);
        fail(watch, &error);
        return;
    }
    in_touch(watch, false);
    kept_text_replace(&watch->continue_token, page.continue_token);
    pause_for(watch, 0);
    if (watch->continue_token != NULL)
        return;
    sink->list_end(sink->context);
    end_list(watch);
    watch->absent = false;
    kept_text_replace(&watch->resource_version, page.resource_version);
    message_info("listed %zu %s", sink->count(sink->context), watch->resource.noun);
    arena_done(&watch->scratch);
    malloc_trim(0); /* the pages took many times what is kept of them */
}

/* The server ends every watch after its timeoutSeconds; one that ended at once counts as a failure, or a
 * server that is going down would be asked without a pause. */
static void finish_watch(struct kube_watch *watch)
{
    struct error error;
    if (watch->now_ms - watch->opened_ms >= SETTLED_MS) {
        pause_for(watch, 0);
        return;
    }
    error_set(&error, ERROR_SYSTEM, "the watch was ended early");
    fail(watch, &error);
}

static void give_up(struct kube_watch *watch)
{
    struct error error;
    kube_request_cancel(watch->request);
    error_set(&error, ERROR_SYSTEM, "nothing came for %d s",
              (watch->opened_ms != 0 ? KUBE_WATCH_PATIENCE_MS : KUBE_ANSWER_PATIENCE_MS) / 1000);
    fail(watch, &error);
}

/* What the receiver noted since the last step. */
static void take_notes(struct kube_watch *watch)
{
    bool accepted = kube_request_status(watch->request) == 200;
    bool opens = watch->phase == PHASE_WATCH && accepted && watch->opened_ms == 0;
    if (opens) {
        watch->opened_ms = watch->now_ms;
        in_touch(watch, false);
    }
    if (opens || watch->heard)
        watch->due_ms =
            watch->now_ms + (watch->opened_ms != 0 ? KUBE_WATCH_PATIENCE_MS : KUBE_ANSWER_PATIENCE_MS);
    if (watch->current)
        in_touch(watch, true);
    if (watch->opened_ms != 0 && watch->now_ms - watch->opened_ms >= SETTLED_MS)
        watch->outage.failures = 0;
    if (watch->expired)
        expire(watch);
    watch->heard = watch->current = watch->expired = false;
}

static void follow(struct kube_watch *watch)
{
    struct error error;
    enum kube_progress progress = kube_request_progress(watch->request, &error);
    bool accepted = kube_request_status(watch->request) == 200;
    take_notes(watch);
    if (progress == KUBE_FAILED)
        fail(watch, watch->refusal.kind != ERROR_NONE ? &watch->refusal : &error);
    else if (progress == KUBE_ENDED && !accepted)
        handle_refusal(watch);
    else if (progress == KUBE_ENDED && watch->phase == PHASE_LIST)
        finish_list(watch);
    else if (progress == KUBE_ENDED)
        finish_watch(watch);
    else if (watch->now_ms >= watch->due_ms)
        give_up(watch);
}

void kube_watch_step(struct kube_watch *watch, int64_t now_ms, int64_t now_s)
{
    watch->now_ms = now_ms;
    watch->now_s = now_s;
    if (watch->phase != PHASE_PAUSE)
        follow(watch);
    if (watch->phase != PHASE_PAUSE || now_ms < watch->due_ms)
        return;
    if (watch->resource_version == NULL)
        start_list(watch);
    else
        start_watch(watch);
}

int64_t kube_watch_due_ms(const struct kube_watch *watch)
{
    return watch->due_ms;
}

bool kube_watch_synced(const struct kube_watch *watch)
{
    return watch->synced;
}

bool kube_watch_take_recovery(struct kube_watch *watch)
{
    bool recovered = watch->recovered;
    watch->recovered = false;
    return recovered;
}

void kube_watch_hurry(struct kube_watch *watch, int64_t now_ms)
{
    if (watch->phase == PHASE_PAUSE && watch->due_ms > now_ms)
        watch->due_ms = now_ms;
}

int64_t kube_watch_in_touch_s(const struct kube_watch *watch)
{
    return watch->in_touch_s;
}
