#include "edge/kube_fetch.h"

#include "edge/clock.h"
#include "edge/kept_text.h"
#include "edge/kube_buffer.h"
#include "edge/kube_http.h"

#include <stdlib.h>
#include <string.h>

struct fetch {
    const struct kube_config *config;
    const struct kube_resource *resource;
    struct kube_http *http;
    struct kube_request *request;
    int64_t timeout_ms, deadline_ms; /* on the monotonic clock */
    unsigned page_limit;             /* objects per page */
    char *continue_token;            /* owned; NULL: the first page */
    bool complete;
    bool too_large; /* the answer under way */
    struct kube_buffer received;
    struct arena scratch; /* of the page under way */
};

static bool receive(void *context, unsigned status, struct text bytes)
{
    struct fetch *fetch = context;
    (void)status;
    fetch->too_large = !kube_buffer_add(&fetch->received, bytes);
    return !fetch->too_large;
}

/* One answer, whatever its status. */
static bool ask(struct fetch *fetch, const char *path, struct error *error)
{
    struct kube_call call = {.method = KUBE_GET, .path = path, .accept = fetch->resource->accept_list};
    fetch->too_large = false;
    kube_buffer_clear(&fetch->received, KUBE_PAGE_BYTES_MOST);
    if (!kube_request_start(fetch->request, &call, receive, fetch, error))
        return false;
    enum kube_progress progress = kube_request_wait(fetch->request, fetch->deadline_ms, error);
    if (progress != KUBE_UNDER_WAY)
        return progress == KUBE_ENDED;
    kube_request_cancel(fetch->request);
    return error_set(error, ERROR_SYSTEM, "no complete answer from %.*s within %lld ms",
                     TEXT_ARGS(fetch->config->server), (long long)fetch->timeout_ms);
}

static bool take_page(struct fetch *fetch, struct error *error)
{
    const struct kube_sink *sink = &fetch->resource->sink;
    struct kube_page page;
    if (!kube_resource_take_page(fetch->resource, kube_buffer_rest(&fetch->received), &fetch->scratch, &page,
                                 error))
        return error_prefix(error, "listing %s: ", fetch->resource->noun);
    kept_text_replace(&fetch->continue_token, page.continue_token);
    fetch->complete = fetch->continue_token == NULL;
    if (fetch->complete)
        sink->list_end(sink->context);
    return true;
}

static bool take_answer(struct fetch *fetch, struct error *error)
{
    unsigned status = kube_request_status(fetch->request);
    if (status == 200)
        return take_page(fetch, error);
    if (status == 404 && fetch->resource->may_be_absent) {
        kube_resource_take_absence(fetch->resource);
        fetch->complete = true;
        return true;
    }
    if (status == 410 &&
        fetch->continue_token != NULL) { /* the first pages are too long ago: from the start */
        kept_text_replace(&fetch->continue_token, TEXT_EMPTY);
        return true;
    }
    return kube_resource_refused(fetch->resource, "listing", status, kube_buffer_rest(&fetch->received),
                                 error);
}

static bool fetch_page(struct fetch *fetch, struct error *error)
{
    const struct kube_sink *sink = &fetch->resource->sink;
    arena_reset(&fetch->scratch);
    if (fetch->continue_token == NULL)
        sink->list_begin(sink->context);
    if (ask(fetch,
            kube_resource_page_path(fetch->resource, fetch->page_limit, fetch->continue_token,
                                    &fetch->scratch),
            error))
        return take_answer(fetch, error);
    if (fetch->too_large && fetch->page_limit > 1) {
        fetch->page_limit /= 2;
        return true;
    }
    return error_prefix(error, "listing %s: ", fetch->resource->noun);
}

bool kube_fetch_list(const struct kube_config *config, const struct kube_resource *resource,
                     int64_t timeout_ms, struct error *error)
{
    struct fetch fetch = {
        .config = config,
        .resource = resource,
        .timeout_ms = timeout_ms,
        .deadline_ms = clock_monotonic_ms() + timeout_ms,
        .page_limit = resource->page_size,
    };
    if (!kube_http_new(config, &fetch.http, error))
        return false;
    fetch.request = kube_request_new(fetch.http);
    arena_init(&fetch.scratch);
    bool good = true;
    while (good && !fetch.complete)
        good = fetch_page(&fetch, error);
    arena_done(&fetch.scratch);
    kube_buffer_done(&fetch.received);
    free(fetch.continue_token);
    kube_request_free(fetch.request);
    kube_http_free(fetch.http);
    return good;
}
