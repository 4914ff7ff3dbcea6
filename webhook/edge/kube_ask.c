#include "edge/kube_ask.h"

#include "edge/clock.h"
#include "edge/kube_buffer.h"

struct ask {
    struct kube_http *http;
    struct kube_request *request;
    struct kube_buffer received;
    bool too_large;
};

static bool receive(void *context, unsigned status, struct text bytes)
{
    struct ask *ask = context;
    (void)status;
    ask->too_large = !kube_buffer_add(&ask->received, bytes);
    return !ask->too_large;
}

static bool wait_for_answer(struct ask *ask, const struct kube_config *config, int64_t timeout_ms,
                            struct error *error)
{
    enum kube_progress progress = kube_request_wait(ask->request, clock_monotonic_ms() + timeout_ms, error);
    if (progress == KUBE_FAILED && ask->too_large)
        return error_set(error, ERROR_SYSTEM, "the answer of %.*s is longer than %d MiB",
                         TEXT_ARGS(config->server), KUBE_ANSWER_BYTES_MOST >> 20);
    if (progress == KUBE_UNDER_WAY)
        return error_set(error, ERROR_SYSTEM, "no complete answer from %.*s within %lld ms",
                         TEXT_ARGS(config->server), (long long)timeout_ms);
    return progress == KUBE_ENDED;
}

bool kube_ask(const struct kube_config *config, const struct kube_call *call, int64_t timeout_ms,
              struct arena *arena, struct kube_answer *ret_answer, struct error *error)
{
    struct ask ask = {.too_large = false};
    if (!kube_http_new(config, &ask.http, error))
        return false;
    ask.request = kube_request_new(ask.http);
    kube_buffer_clear(&ask.received, KUBE_ANSWER_BYTES_MOST);
    bool good = kube_request_start(ask.request, call, receive, &ask, error) &&
                wait_for_answer(&ask, config, timeout_ms, error);
    if (good)
        *ret_answer = (struct kube_answer){kube_request_status(ask.request),
                                           arena_copy(arena, kube_buffer_rest(&ask.received))};
    kube_buffer_done(&ask.received);
    kube_request_free(ask.request);
    kube_http_free(ask.http);
    return good;
}
