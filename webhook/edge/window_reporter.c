#include "edge/window_reporter.h"

#include "edge/kube_events.h"
#include "edge/message_log.h"
#include "edge/window_status.h"
#include "window_reporter_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 10000,        /* at all windows, also when nothing seems to have changed */
    ANSWER_MS_MOST = 10000, /* the patience with one request */
    RETRY_MS = 5000,        /* after a failure */
    EVENT_TRIES = 3,
    COUNT_PAUSE_MS = 5000, /* between two writes for the sake of matchedNamespaces alone */
    REPEAT_MESSAGE_MS = 60000,
    ANSWER_BYTES_MOST = 4096, /* kept, for messages */
};

#define WINDOWS_PATH "/apis/changegate.dev/v1alpha1/freezewindows/"

struct window_reporter {
    struct kube_request *request;
    const struct window_store *store;
    struct reported *windows; /* owned, as are its members; in the order of names */
    size_t window_count;
    struct arena scratch; /* of the request under way */
    bool under_way;
    bool is_event; /* what is under way: the Event of windows[next]; else the status of the one before it */
    unsigned events_refused; /* with 403, in a row */
    int64_t now_ms, now_s;
    int64_t look_due_ms, give_up_ms, said_ms;
    int64_t next_transition_s;
    size_t next; /* of windows, to be looked at in this round; window_count: none */
    const char *doing;
    char answer[ANSWER_BYTES_MOST];
    size_t answer_bytes;
};

struct window_reporter *window_reporter_new(struct kube_http *http, const struct window_store *store)
{
    struct window_reporter *reporter = calloc(1, sizeof(*reporter));
    if (reporter == NULL)
        abort();
    reporter->request = kube_request_new(http);
    reporter->store = store;
    reporter->next_transition_s = FREEZE_NO_END;
    reporter->look_due_ms = INT64_MAX; /* until window_reporter_look: there is nothing to look at yet */
    return reporter;
}

void window_reporter_free(struct window_reporter *reporter)
{
    if (reporter == NULL)
        return;
    kube_request_free(reporter->request);
    for (size_t i = 0; i < reporter->window_count; i++)
        reported_done(&reporter->windows[i]);
    free(reporter->windows);
    arena_done(&reporter->scratch);
    free(reporter);
}

void window_reporter_look(struct window_reporter *reporter)
{
    reporter->look_due_ms = 0;
}

/* ---- one request ---- */

static bool receive(void *context, unsigned status, struct text bytes)
{
    struct window_reporter *reporter = context;
    size_t room = sizeof(reporter->answer) - reporter->answer_bytes;
    size_t kept = bytes.length < room ? bytes.length : room;
    (void)status;
    memcpy(reporter->answer + reporter->answer_bytes, bytes.at, kept);
    reporter->answer_bytes += kept;
    return true;
}

/* An outage is told by the watches; here it is what the API server refuses. */
static void say(struct window_reporter *reporter, const char *why)
{
    if (reporter->said_ms != 0 && reporter->now_ms - reporter->said_ms < REPEAT_MESSAGE_MS)
        return;
    reporter->said_ms = reporter->now_ms;
    message_warning("%s: %s; decisions do not depend on it, and it is tried again", reporter->doing, why);
}

static void fail(struct window_reporter *reporter, const char *why)
{
    if (why != NULL)
        say(reporter, why);
    reporter->under_way = false;
    reporter->next = reporter->window_count;
    reporter->look_due_ms = reporter->now_ms + RETRY_MS;
}

static void start(struct window_reporter *reporter, const struct kube_call *call, const char *doing)
{
    struct error error;
    reporter->doing = doing;
    reporter->answer_bytes = 0;
    reporter->give_up_ms = reporter->now_ms + ANSWER_MS_MOST;
    reporter->under_way = kube_request_start(reporter->request, call, receive, reporter, &error);
    if (!reporter->under_way)
        fail(reporter, error.text);
}

/* The server, or this user altogether: to go on with the next window would only fail again. An API server
 * that was just started refuses everybody for a moment, so an Event gets some tries; who may write none is no
 * reason not to go on. */
static bool ends_round(const struct window_reporter *reporter, unsigned status)
{
    return status == 401 || status == 429 || status >= 500 ||
           (status == 403 && (!reporter->is_event || reporter->events_refused < EVENT_TRIES));
}

/* What is wrong with one Event or one window keeps no other one from being reported. */
static void refused(struct window_reporter *reporter, unsigned status)
{
    struct error error;
    struct kube_status told = {0};
    kube_status_decode((struct text){reporter->answer, reporter->answer_bytes}, &reporter->scratch, &told);
    error_set(&error, ERROR_SYSTEM, "the API server answered HTTP %u%s%.*s%s", status,
              told.message.length > 0 ? ": " : "", TEXT_ARGS(told.message),
              status == 403 ? "; bind this user to the ClusterRole changegate-serve of charts/changegate"
                            : "");
    if (ends_round(reporter, status))
        fail(reporter, error.text);
    else
        say(reporter, error.text);
}

/* 404: the window is gone meanwhile. 409: the other replica wrote that Event. */
static bool is_success(unsigned status)
{
    return (status >= 200 && status < 300) || status == 404 || status == 409;
}

static void follow(struct window_reporter *reporter)
{
    struct error error;
    switch (kube_request_progress(reporter->request, &error)) {
    case KUBE_UNDER_WAY:
        if (reporter->now_ms < reporter->give_up_ms)
            return;
        kube_request_cancel(reporter->request);
        fail(reporter, "no answer came");
        return;
    case KUBE_FAILED: fail(reporter, NULL); return;
    case KUBE_ENDED: break;
    }
    unsigned status = kube_request_status(reporter->request);
    reporter->under_way = false;
    if (reporter->is_event)
        reporter->events_refused = status == 403 ? reporter->events_refused + 1 : 0;
    if (reporter->is_event && !ends_round(reporter, status))
        reported_event_done(&reporter->windows[reporter->next]);
    if (!is_success(status))
        refused(reporter, status);
}

/* ---- what there is to write ---- */

static void send_event(struct window_reporter *reporter, const struct window_event *event)
{
    struct kube_call call = {
        .method = KUBE_POST,
        .path = "/api/v1/namespaces/default/events",
        .accept = "application/json",
        .content_type = "application/json",
        .body = window_event_write(event, reporter->now_s, &reporter->scratch),
    };
    reporter->is_event = true;
    start(reporter, &call, "writing an Event of a FreezeWindow");
}

static void send_status(struct window_reporter *reporter, struct reported *reported, struct text patch)
{
    struct text name = kube_http_escape(&reporter->scratch, reported_name(reported));
    struct kube_call call = {
        .method = KUBE_PATCH,
        .path = arena_printf(&reporter->scratch, WINDOWS_PATH "%.*s/status?fieldManager=changegate",
                             TEXT_ARGS(name))
                    .at,
        .accept = "application/json",
        .content_type = "application/merge-patch+json",
        .body = patch,
    };
    reported->written_ms = reporter->now_ms;
    reporter->is_event = false;
    start(reporter, &call, "writing the status of a FreezeWindow");
}

static void report_status(struct window_reporter *reporter, struct reported *reported,
                          const struct calendars *calendars)
{
    struct window_status status;
    const struct window_object *object = window_store_find(reporter->store, reported_name(reported));
    if (object == NULL || object->terminating || reported->index >= calendars_window_count(calendars))
        return;
    struct calendars_window window = calendars_window(calendars, reported->index);
    if (!text_equal(window.name, reported_name(reported)))
        return; /* the calendars were built anew since the last look: the next one comes at once */
    window_status_make(&window, object, reporter->now_s, &reporter->scratch, &status);
    int64_t due_ms = reported->written_ms + COUNT_PAUSE_MS;
    if (status.difference == STATUS_ONLY_COUNT && reported->written_ms != 0 && reporter->now_ms < due_ms) {
        if (due_ms < reporter->look_due_ms)
            reporter->look_due_ms = due_ms;
    } else if (status.difference != STATUS_SAME) {
        send_status(reporter, reported, status.patch);
    }
}

/* What is missing about the next window is begun: its Event, then its status. */
static void report(struct window_reporter *reporter, const struct calendars *calendars)
{
    struct window_event event;
    struct reported *reported = &reporter->windows[reporter->next];
    arena_reset(&reporter->scratch);
    if (reported_event(reported, &event)) {
        send_event(reporter, &event);
        return;
    }
    reporter->next++;
    report_status(reporter, reported, calendars);
}

/* ---- all windows ---- */

static void look(struct window_reporter *reporter, const struct calendars *calendars)
{
    reporter->window_count = reported_update(&reporter->windows, reporter->window_count, calendars,
                                             reporter->store, reporter->now_s);
    reporter->next = 0;
    reporter->look_due_ms = reporter->now_ms + LOOK_MS;
    reporter->next_transition_s = calendars_count(calendars, reporter->now_s).next_transition_s;
}

void window_reporter_step(struct window_reporter *reporter, const struct calendars *calendars, int64_t now_ms,
                          int64_t now_s)
{
    reporter->now_ms = now_ms;
    reporter->now_s = now_s;
    if (reporter->under_way)
        follow(reporter);
    if (calendars == NULL || reporter->under_way)
        return;
    if (now_ms >= reporter->look_due_ms || now_s >= reporter->next_transition_s)
        look(reporter, calendars);
    while (reporter->next < reporter->window_count && !reporter->under_way)
        report(reporter, calendars);
}

int64_t window_reporter_due_ms(const struct window_reporter *reporter)
{
    enum { MS_PER_S = 1000 };
    if (reporter->under_way)
        return reporter->give_up_ms;
    int64_t due_ms = reporter->look_due_ms;
    if (reporter->next_transition_s == FREEZE_NO_END)
        return due_ms;
    int64_t left_s = reporter->next_transition_s - reporter->now_s;
    int64_t transition_ms = reporter->now_ms + (left_s > LOOK_MS / MS_PER_S ? LOOK_MS : left_s * MS_PER_S);
    return transition_ms < due_ms ? transition_ms : due_ms;
}
