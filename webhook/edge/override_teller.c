#include "edge/override_teller.h"

#include "edge/kube_buffer.h"
#include "edge/kube_events.h"
#include "edge/message_log.h"

#include <stdlib.h>

enum {
    ANSWER_MS_MOST = 10000, /* the patience with one request */
    AGAIN_MS = 1000,        /* after a failure */
    REPEAT_MESSAGE_MS = 60000,
    ANSWER_BYTES_MOST = 4096, /* kept, for messages */
};

struct override_teller {
    struct override_events *events;
    struct kube_request *request;
    struct override_event *first, *last; /* owned: taken, and not done; NULL: none */
    bool under_way;                      /* the first one */
    int64_t now_ms, due_ms, give_up_ms, said_ms;
    struct kube_buffer answer;
};

struct override_teller *override_teller_new(struct kube_http *http, struct override_events *events)
{
    struct override_teller *teller = calloc(1, sizeof(*teller));
    if (teller == NULL)
        abort();
    teller->events = events;
    teller->request = kube_request_new(http);
    return teller;
}

static void finish_first(struct override_teller *teller)
{
    struct override_event *done = teller->first;
    teller->first = done->next;
    if (teller->first == NULL)
        teller->last = NULL;
    override_events_done(teller->events, done);
}

void override_teller_free(struct override_teller *teller)
{
    if (teller == NULL)
        return;
    kube_request_free(teller->request);
    while (teller->first != NULL)
        finish_first(teller);
    kube_buffer_done(&teller->answer);
    free(teller);
}

static void take(struct override_teller *teller)
{
    struct override_event *taken = override_events_take(teller->events);
    if (teller->last != NULL)
        teller->last->next = taken;
    else
        teller->first = taken;
    for (; taken != NULL; taken = taken->next)
        teller->last = taken;
}

/* What does not fit is of no use here, and no failure. */
static bool receive(void *context, unsigned status, struct text bytes)
{
    (void)status;
    (void)kube_buffer_add(&((struct override_teller *)context)->answer, bytes);
    return true;
}

/* The first one stays the first. */
static void try_again(struct override_teller *teller)
{
    teller->under_way = false;
    teller->due_ms = teller->now_ms + AGAIN_MS;
}

static void start(struct override_teller *teller)
{
    struct error error;
    const struct kube_call call = {
        .method = KUBE_POST,
        .path = teller->first->path,
        .accept = "application/json",
        .content_type = "application/json",
        .body = text_of(teller->first->body),
    };
    kube_buffer_clear(&teller->answer, ANSWER_BYTES_MOST);
    teller->give_up_ms = teller->now_ms + ANSWER_MS_MOST;
    teller->under_way = kube_request_start(teller->request, &call, receive, teller, &error);
    if (!teller->under_way)
        try_again(teller);
}

static void say_refusal(struct override_teller *teller, unsigned status)
{
    struct arena scratch;
    struct kube_status told = {0};
    if (teller->said_ms != 0 && teller->now_ms - teller->said_ms < REPEAT_MESSAGE_MS)
        return;
    teller->said_ms = teller->now_ms;
    arena_init(&scratch);
    kube_status_decode(kube_buffer_rest(&teller->answer), &scratch, &told);
    message_warning(
        "writing an Event about break-glass was answered with HTTP %u%s%.*s%s; it is left out, the "
        "decision log has it",
        status, told.message.length > 0 ? ": " : "", TEXT_ARGS(told.message),
        status == 403 ? "; bind this user to the ClusterRole changegate-serve of charts/changegate" : "");
    arena_done(&scratch);
}

/* 409: it was written, and its answer was lost. */
static void take_answer(struct override_teller *teller, unsigned status)
{
    if (status == 401 || status == 429 || status >= 500) {
        try_again(teller);
        return;
    }
    if (status != 409 && (status < 200 || status >= 300))
        say_refusal(teller, status);
    teller->under_way = false;
    finish_first(teller);
}

static void follow(struct override_teller *teller)
{
    struct error error;
    switch (kube_request_progress(teller->request, &error)) {
    case KUBE_UNDER_WAY:
        if (teller->now_ms < teller->give_up_ms)
            return;
        kube_request_cancel(teller->request);
        try_again(teller);
        return;
    case KUBE_FAILED: try_again(teller); return; /* an outage is told by the watches */
    case KUBE_ENDED: take_answer(teller, kube_request_status(teller->request)); return;
    }
}

void override_teller_step(struct override_teller *teller, int64_t now_ms)
{
    teller->now_ms = now_ms;
    take(teller);
    if (teller->under_way)
        follow(teller);
    if (!teller->under_way && teller->first != NULL && now_ms >= teller->due_ms)
        start(teller);
}

int64_t override_teller_due_ms(const struct override_teller *teller)
{
    if (teller->under_way)
        return teller->give_up_ms;
    return teller->first == NULL ? INT64_MAX : teller->due_ms;
}
