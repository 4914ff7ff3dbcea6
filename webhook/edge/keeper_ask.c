#include "keeper_private.h"

#include "edge/clock.h"
#include "edge/kube_events.h"

enum { OTHER_CLIENT_MS = 100 };

static bool receive(void *context, unsigned status, struct text bytes)
{
    (void)status;
    return kube_buffer_add(&((struct keeper *)context)->answer, bytes);
}

enum kube_progress keeper_await(struct keeper *keeper, struct kube_http *http, struct kube_request *request,
                                int64_t patience_ms, struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    for (;;) {
        kube_http_step(http);
        if (http != keeper->http)
            kube_http_step(keeper->http);
        enum kube_progress progress = kube_request_progress(request, error);
        keeper_step(keeper);
        bool over = keeper->now_ms >= deadline_ms || atomic_load(&keeper->stopping);
        if (progress != KUBE_UNDER_WAY || over)
            return progress;
        int64_t left_ms = keeper_due_ms(keeper, deadline_ms) - keeper->now_ms;
        /* The wait below sees this client's connections alone. */
        if (http != keeper->http && left_ms > OTHER_CLIENT_MS)
            left_ms = OTHER_CLIENT_MS;
        kube_http_wait(http, &keeper->wake_fd, 1, left_ms < 0 ? 0 : (int)left_ms);
    }
}

bool keeper_ask(struct keeper *keeper, const struct kube_call *call, struct keeper_answer *ret_answer,
                struct error *error)
{
    kube_buffer_clear(&keeper->answer, KEEPER_BYTES_MOST);
    if (!kube_request_start(keeper->request, call, receive, keeper, error))
        return false;
    enum kube_progress progress =
        keeper_await(keeper, keeper->http, keeper->request, KEEPER_ANSWER_MS, error);
    if (progress == KUBE_UNDER_WAY) {
        kube_request_cancel(keeper->request);
        return error_set(error, ERROR_SYSTEM, "no answer came within %d s", KEEPER_ANSWER_MS / 1000);
    }
    if (progress != KUBE_ENDED)
        return false;
    *ret_answer =
        (struct keeper_answer){kube_request_status(keeper->request), kube_buffer_rest(&keeper->answer)};
    return true;
}

bool keeper_write(struct keeper *keeper, bool patch, const char *path, struct text body,
                  struct keeper_answer *ret_answer, struct error *error)
{
    const struct kube_call call = {
        .method = patch ? KUBE_PATCH : KUBE_POST,
        .path = path,
        .accept = "application/json",
        .content_type = patch ? "application/merge-patch+json" : "application/json",
        .body = body,
    };
    return keeper_ask(keeper, &call, ret_answer, error);
}

void keeper_failed(struct keeper *keeper, const char *what, const struct keeper_answer *answer,
                   const struct error *error)
{
    struct kube_status said = {0};
    if (atomic_load(&keeper->stopping))
        return;
    metrics_count(keeper->metrics, METRICS_KEEPER_FAILURES);
    keeper->hurry = true;
    if (answer == NULL) {
        keeper_warn(keeper, MATTER_UNREACHABLE, "KeeperFailed", "%s: %s", what, error->text);
        return;
    }
    kube_status_decode(answer->body, &keeper->turn, &said);
    keeper_warn(keeper, MATTER_UNREACHABLE, "KeeperFailed", "%s was answered with HTTP %u%s%.*s%s", what,
                answer->status, said.message.length > 0 ? ": " : "", TEXT_ARGS(said.message),
                answer->status == 403 ? "; bind this user to the roles changegate-keep of the chart" : "");
}
