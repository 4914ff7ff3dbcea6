#include "edge/kube_watch.h"

#include "edge/kube_buffer.h"
#include "edge/kube_events.h"
#include "edge/message_log.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_NAMESPACES = 250,
    PAGE_BYTES_MOST = 8 << 20, /* a larger page is asked for again with fewer namespaces */
    LINE_BYTES_MOST = 4 << 20, /* an object in etcd has at most about 1.5 MB */
    STATUS_BYTES_MOST = 64 << 10,
    WATCH_S_LEAST = 240, /* spread, so that replicas do not reconnect together */
    WATCH_S_SPREAD = 240,
    RETRY_MS_FIRST = 100,
    RETRY_MS_MOST = 10000,
    SETTLED_MS = 5000, /* a watch that lived this long ends a series of failures */
    REPEAT_MESSAGE_MS = 60000,
};

#define ACCEPT_LIST  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
#define ACCEPT_WATCH "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

enum phase { PHASE_PAUSE, PHASE_LIST, PHASE_WATCH };

struct kube_watch {
    struct kube_http *http;
    struct namespace_store *store;
    struct metrics *metrics;
    enum phase phase;
    int64_t now_ms, now_s;  /* of the step under way */
    int64_t due_ms;         /* pausing: when to go on; otherwise when patience ends */
    int64_t opened_ms;      /* of the watch under way; 0: not accepted yet */
    int64_t listed_ms;      /* when the last list was complete; 0: never */
    char *resource_version; /* owned; where a watch goes on; NULL: list first */
    char *continue_token;   /* owned; of the next page; NULL: first page */
    unsigned page_limit;    /* namespaces per page */
    unsigned failures;      /* in a row */
    struct kube_buffer received;
    struct arena scratch; /* of the event or page under way */
    struct error refusal; /* why the receiver gave the request up; kind ERROR_NONE: it did not */
    bool synced, changed;
    bool lost;            /* not in touch, and said so */
    unsigned lost_status; /* with which HTTP status */
    int64_t lost_since_s, said_ms;
};

struct kube_watch *kube_watch_new(struct kube_http *http, struct namespace_store *store,
                                  struct metrics *metrics)
{
    struct kube_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        abort();
    watch->http = http;
    watch->store = store;
    watch->metrics = metrics;
    watch->page_limit = PAGE_NAMESPACES;
    arena_init(&watch->scratch);
    return watch;
}

void kube_watch_free(struct kube_watch *watch)
{
    if (watch == NULL)
        return;
    kube_http_cancel(watch->http);
    kube_buffer_done(&watch->received);
    arena_done(&watch->scratch);
    free(watch->resource_version);
    free(watch->continue_token);
    free(watch);
}

static void replace(char **owned, struct text text)
{
    char *copy = text.length == 0 ? NULL : strndup(text.at, text.length);
    if (copy == NULL && text.length > 0)
        abort();
    free(*owned);
    *owned = copy;
}

static void list_again(struct kube_watch *watch)
{
    replace(&watch->resource_version, TEXT_EMPTY);
    replace(&watch->continue_token, TEXT_EMPTY);
}

static void in_touch(struct kube_watch *watch)
{
    metrics_set(watch->metrics, METRICS_IN_TOUCH_S, watch->now_s);
    if (!watch->lost)
        return;
    watch->lost = false;
    message_info("in touch with the API server again after %lld s",
                 (long long)(watch->now_s - watch->lost_since_s));
}

/* Said once, and again after a minute or when the reason changes: an outage must not fill the log. A cut that
 * the first retry heals is only counted. */
static void say_lost(struct kube_watch *watch, const struct error *error)
{
    unsigned status = kube_http_status(watch->http);
    if (watch->failures == 0)
        return;
    if (watch->lost && status == watch->lost_status && watch->now_ms - watch->said_ms < REPEAT_MESSAGE_MS)
        return;
    if (!watch->lost)
        watch->lost_since_s = watch->now_s;
    watch->lost = true;
    watch->lost_status = status;
    watch->said_ms = watch->now_ms;
    message_warning("not in touch with the API server: %s; it is tried again, and %s", error->text,
                    watch->synced ? "what was known of the namespaces stays in force"
                                  : "nothing is decided before the namespaces are known");
}

static void pause_for(struct kube_watch *watch, int64_t pause_ms)
{
    watch->phase = PHASE_PAUSE;
    watch->due_ms = watch->now_ms + pause_ms;
}

/* Exponential, half of it by chance: replicas that lost the same server must not come back in step. */
static void fail(struct kube_watch *watch, const struct error *error)
{
    metrics_count(watch->metrics, METRICS_WATCH_ERRORS);
    say_lost(watch, error);
    int64_t pause_ms = RETRY_MS_FIRST;
    for (unsigned i = 0; i < watch->failures && pause_ms < RETRY_MS_MOST; i++)
        pause_ms *= 2;
    if (pause_ms > RETRY_MS_MOST)
        pause_ms = RETRY_MS_MOST;
    watch->failures++;
    pause_for(watch, pause_ms / 2 + arc4random_uniform((unsigned)(pause_ms / 2) + 1));
}

/* 410: where the list or watch should go on is too long ago. Usual after the API server started anew, so the
 * list comes at once, unless the last one was only just read: then something is wrong, and the pauses grow.
 */
static void expire(struct kube_watch *watch)
{
    list_again(watch);
    if (watch->now_ms - watch->listed_ms >= SETTLED_MS)
        watch->failures = 0;
}

static void handle_error_event(struct kube_watch *watch, const struct kube_status *status)
{
    if (status->code == 410)
        expire(watch);
    error_set(&watch->refusal, ERROR_SYSTEM, "the watch ended with code %lld: %.*s", (long long)status->code,
              TEXT_ARGS(status->message));
}

static bool handle_line(struct kube_watch *watch, struct text line)
{
    struct kube_event event;
    arena_reset(&watch->scratch);
    if (!kube_event_decode(line, &watch->scratch, &event, &watch->refusal)) {
        list_again(watch); /* it would come again */
        return false;
    }
    switch (event.type) {
    case KUBE_ADDED:
    case KUBE_MODIFIED: watch->changed |= namespace_store_put(watch->store, &event.metadata); break;
    case KUBE_DELETED: watch->changed |= namespace_store_remove(watch->store, event.metadata.name); break;
    case KUBE_BOOKMARK: break;
    case KUBE_ERROR: handle_error_event(watch, &event.status); return false;
    }
    replace(&watch->resource_version, event.resource_version);
    watch->failures = 0;
    in_touch(watch);
    return true;
}

static bool receive_watch(struct kube_watch *watch, struct text bytes)
{
    watch->due_ms = watch->now_ms + KUBE_WATCH_PATIENCE_MS;
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
    watch->due_ms = watch->now_ms + KUBE_ANSWER_PATIENCE_MS;
    if (kube_buffer_add(&watch->received, bytes))
        return true;
    watch->page_limit = watch->page_limit / 2 > 0 ? watch->page_limit / 2 : 1;
    return error_set(&watch->refusal, ERROR_SYSTEM, "an answer is larger than %d bytes", PAGE_BYTES_MOST);
}

static bool receive(void *context, unsigned status, struct text bytes)
{
    struct kube_watch *watch = context;
    return status == 200 && watch->phase == PHASE_WATCH ? receive_watch(watch, bytes)
                                                        : receive_whole(watch, bytes);
}

static void start(struct kube_watch *watch, enum phase phase, const char *path, const char *accept)
{
    struct error error;
    watch->phase = phase;
    watch->due_ms = watch->now_ms + KUBE_ANSWER_PATIENCE_MS;
    watch->opened_ms = 0;
    watch->refusal = (struct error){.kind = ERROR_NONE};
    kube_buffer_clear(&watch->received, phase == PHASE_WATCH ? LINE_BYTES_MOST : PAGE_BYTES_MOST);
    if (!kube_http_get(watch->http, path, accept, receive, watch, &error))
        fail(watch, &error);
}

static void start_list(struct kube_watch *watch)
{
    arena_reset(&watch->scratch);
    struct text token = kube_http_escape(&watch->scratch, text_of(watch->continue_token));
    if (watch->continue_token == NULL)
        namespace_store_list_begin(watch->store);
    struct text path = arena_printf(&watch->scratch, "/api/v1/namespaces?limit=%u&continue=%.*s",
                                    watch->page_limit, TEXT_ARGS(token));
    start(watch, PHASE_LIST, path.at, ACCEPT_LIST);
}

static void start_watch(struct kube_watch *watch)
{
    arena_reset(&watch->scratch);
    struct text version = kube_http_escape(&watch->scratch, text_of(watch->resource_version));
    struct text path = arena_printf(
        &watch->scratch,
        "/api/v1/namespaces?watch=1&allowWatchBookmarks=true&resourceVersion=%.*s&timeoutSeconds=%u",
        TEXT_ARGS(version), WATCH_S_LEAST + arc4random_uniform(WATCH_S_SPREAD + 1));
    start(watch, PHASE_WATCH, path.at, ACCEPT_WATCH);
}

/* What to do about it, where people can do something. */
static const char *cure_of(unsigned status)
{
    if (status == 401)
        return "the credentials are not accepted: check the kubeconfig's user, or the pod's service account "
               "and its "
               "token";
    if (status == 403)
        return "grant list and watch on namespaces to this user: bind it to the ClusterRole of "
               "manifests/rbac.yaml";
    return NULL;
}

static void fail_with_status(struct kube_watch *watch)
{
    struct error error;
    struct kube_status status = {0};
    unsigned code = kube_http_status(watch->http);
    const char *cure = cure_of(code);
    arena_reset(&watch->scratch);
    if (code == 410)
        expire(watch);
    kube_status_decode(kube_buffer_rest(&watch->received), &watch->scratch, &status);
    error_set(&error, ERROR_SYSTEM, "%s namespaces was answered with HTTP %u%s%.*s%s%s",
              watch->phase == PHASE_LIST ? "listing" : "watching", code,
              status.message.length > 0 ? ": " : "", TEXT_ARGS(status.message), cure == NULL ? "" : "; ",
              cure == NULL ? "" : cure);
    fail(watch, &error);
}

static void end_list(struct kube_watch *watch, const struct kube_page *page)
{
    size_t before = namespace_store_count(watch->store);
    namespace_store_list_end(watch->store);
    watch->changed |= !watch->synced || namespace_store_count(watch->store) != before;
    watch->synced = true;
    watch->page_limit = PAGE_NAMESPACES;
    watch->listed_ms = watch->now_ms;
    replace(&watch->resource_version, page->resource_version);
    metrics_set(watch->metrics, METRICS_SYNCED, 1);
    message_info("listed %zu namespaces", namespace_store_count(watch->store));
}

static void finish_list(struct kube_watch *watch)
{
    struct kube_page page;
    struct error error;
    arena_reset(&watch->scratch);
    if (!kube_page_decode(kube_buffer_rest(&watch->received), &watch->scratch, &page, &error)) {
        list_again(watch);
        fail(watch, &error);
        return;
    }
    in_touch(watch);
    for (size_t i = 0; i < page.count; i++)
        watch->changed |= namespace_store_put(watch->store, &page.items[i]);
    replace(&watch->continue_token, page.continue_token);
    if (watch->continue_token == NULL)
        end_list(watch, &page);
    arena_done(&watch->scratch);
    if (watch->synced && watch->continue_token == NULL)
        malloc_trim(0); /* the trees of the pages took many times what is kept of them */
    pause_for(watch, 0);
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

static void open_watch(struct kube_watch *watch)
{
    watch->opened_ms = watch->now_ms;
    watch->due_ms = watch->now_ms + KUBE_WATCH_PATIENCE_MS;
    in_touch(watch);
}

static void give_up(struct kube_watch *watch)
{
    struct error error;
    kube_http_cancel(watch->http);
    error_set(&error, ERROR_SYSTEM, "nothing came for %d s",
              (watch->opened_ms != 0 ? KUBE_WATCH_PATIENCE_MS : KUBE_ANSWER_PATIENCE_MS) / 1000);
    fail(watch, &error);
}

static void follow(struct kube_watch *watch)
{
    struct error error;
    enum kube_http_progress progress = kube_http_step(watch->http, &error);
    bool accepted = kube_http_status(watch->http) == 200;
    if (watch->phase == PHASE_WATCH && accepted && watch->opened_ms == 0)
        open_watch(watch);
    if (watch->opened_ms != 0 && watch->now_ms - watch->opened_ms >= SETTLED_MS)
        watch->failures = 0;

    if (progress == KUBE_HTTP_FAILED)
        fail(watch, watch->refusal.kind != ERROR_NONE ? &watch->refusal : &error);
    else if (progress == KUBE_HTTP_ENDED && !accepted)
        fail_with_status(watch);
    else if (progress == KUBE_HTTP_ENDED && watch->phase == PHASE_LIST)
        finish_list(watch);
    else if (progress == KUBE_HTTP_ENDED)
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

bool kube_watch_take_changed(struct kube_watch *watch)
{
    bool changed = watch->changed;
    watch->changed = false;
    return changed;
}
