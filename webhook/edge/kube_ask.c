#include "edge/kube_ask.h"

#include "edge/clock.h"
#include "edge/kube_buffer.h"

#include <stdlib.h>

struct kube_asker {
    const struct kube_config *config;
    struct kube_http *http;
    struct kube_request *request;
    struct kube_buffer received;
    bool too_large;
};

static bool receive(void *context, unsigned status, struct text bytes)
{
    struct kube_asker *asker = context;
    (void)status;
    asker->too_large = !kube_buffer_add(&asker->received, bytes);
    return !asker->too_large;
}

static bool wait_for_answer(struct kube_asker *asker, int64_t timeout_ms, struct error *error)
{
    enum kube_progress progress = kube_request_wait(asker->request, clock_monotonic_ms() + timeout_ms, error);
    if (progress == KUBE_FAILED && asker->too_large)
        return error_set(error, ERROR_SYSTEM, "the answer of %.*s is longer than %d MiB",
                         TEXT_ARGS(asker->config->server), KUBE_ANSWER_BYTES_MOST >> 20);
    if (progress == KUBE_UNDER_WAY)
        return error_set(error, ERROR_SYSTEM, "no complete answer from %.*s within %lld ms",
                         TEXT_ARGS(asker->config->server), (long long)timeout_ms);
    return progress == KUBE_ENDED;
}

bool kube_asker_new(const struct kube_config *config, struct kube_asker **ret_asker, struct error *error)
{
    struct kube_asker *asker = calloc(1, sizeof(*asker));
    if (asker == NULL)
        abort();
    asker->config = config;
    if (!kube_http_new(config, &asker->http, error)) {
        free(asker);
        return false;
    }
    asker->request = kube_request_new(asker->http);
    *ret_asker = asker;
    return true;
}

void kube_asker_free(struct kube_asker *asker)
{
    if (asker == NULL)
        return;
    kube_buffer_done(&asker->received);
    kube_request_free(asker->request);
    kube_http_free(asker->http);
    free(asker);
}

bool kube_asker_ask(struct kube_asker *asker, const struct kube_call *call, int64_t timeout_ms,
                    struct arena *arena, struct kube_answer *ret_answer, struct error *error)
{
    asker->too_large = false;
    kube_buffer_clear(&asker->received, KUBE_ANSWER_BYTES_MOST);
    if (!kube_request_start(asker->request, call, receive, asker, error))
        return false;
    if (!wait_for_answer(asker, timeout_ms, error)) {
        kube_request_cancel(asker->request);
        return false;
    }
    *ret_answer = (struct kube_answer){kube_request_status(asker->request),
                                       arena_copy(arena, kube_buffer_rest(&asker->received)),
                                       kube_request_date_s(asker->request)};
    return true;
}

bool kube_ask(const struct kube_config *config, const struct kube_call *call, int64_t timeout_ms,
              struct arena *arena, struct kube_answer *ret_answer, struct error *error)
{
    struct kube_asker *asker;
    if (!kube_asker_new(config, &asker, error))
        return false;
    bool good = kube_asker_ask(asker, call, timeout_ms, arena, ret_answer, error);
    kube_asker_free(asker);
    return good;
}
