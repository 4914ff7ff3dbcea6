#include "server_private.h"

#include "edge/cluster_clock.h"

#include <time.h>

static struct text text_of_iovec(h2o_iovec_t bytes)
{
    return (struct text){bytes.base, bytes.len};
}

static struct loop *loop_of(const h2o_req_t *request)
{
    return H2O_STRUCT_FROM_MEMBER(struct loop, context, request->conn->ctx);
}

static struct text header(const h2o_req_t *request, const h2o_token_t *name)
{
    ssize_t at = h2o_find_header(&request->headers, name, -1);
    return at < 0 ? TEXT_EMPTY : text_of_iovec(request->headers.entries[at].value);
}

static void answer(h2o_req_t *request, const struct admit_answer *answer)
{
    request->res.status = (int)answer->http_status;
    request->res.reason = answer->reason;
    request->res.content_length = answer->body.length; /* h2o would send chunks otherwise */
    h2o_add_header(&request->pool, &request->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, answer->content_type,
                   strlen(answer->content_type));
    if (answer->allow != NULL)
        h2o_add_header(&request->pool, &request->res.headers, H2O_TOKEN_ALLOW, NULL, answer->allow,
                       strlen(answer->allow));
    h2o_send_inline(request, answer->body.at, answer->body.length);
}

static void answer_text(h2o_req_t *request, unsigned status, const char *reason, struct text body)
{
    answer(request, &(struct admit_answer){.http_status = status,
                                           .reason = reason,
                                           .content_type = "text/plain; charset=utf-8",
                                           .allow = status == 405 ? "GET, HEAD" : NULL,
                                           .body = body});
}

/* How many header lines called "content-length" or "transfer-encoding" the request has. h2o takes one and
 * hides them all; the bytes it read them from, names in lower case by then, are still in front of the body.
 */
static unsigned count_framing_headers(h2o_req_t *request)
{
    static const struct text names[] = {TEXT("\ncontent-length:"), TEXT("\ntransfer-encoding:")};
    if (request->entity.base == NULL)
        return 0;
    const char *start = request->conn->callbacks->get_socket(request->conn)->input->bytes;
    struct text head = {start, (size_t)(request->entity.base - start)};
    unsigned count = 0;
    for (size_t line; (line = text_find(head, '\n')) < head.length;) {
        head = text_slice(head, line, head.length);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            count += text_starts_with(head, names[i]);
        head = text_slice(head, 1, head.length);
    }
    return count;
}

/* Since the first byte, by h2o's clock, which is the wall's: a clock that was set must not invent an hour. */
static int64_t waited_ns(const h2o_req_t *request, const struct timespec *now)
{
    const struct timeval *begun = &request->timestamps.request_begin_at;
    int64_t ns = (now->tv_sec - begun->tv_sec) * INT64_C(1000000000) + now->tv_nsec - begun->tv_usec * 1000;
    int64_t most_ns = loop_of(request)->server->options.slow_ms * INT64_C(1000000);
    return ns < 0 ? 0 : ns > most_ns ? most_ns : ns;
}

static int on_admission(h2o_handler_t *handler, h2o_req_t *request)
{
    (void)handler;
    struct loop *loop = loop_of(request);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    /* The path as sent: h2o's own is normalised, and "/a/../validate" is not "/validate". */
    struct text target = text_of_iovec(request->input.path);
    size_t question = text_find(target, '?');
    struct admit_request asked = {
        .method = text_of_iovec(request->input.method),
        .path = text_slice(target, 0, question),
        .query = text_slice(target, question + 1, target.length),
        .content_type = header(request, H2O_TOKEN_CONTENT_TYPE),
        .body = text_of_iovec(request->entity),
        .waited_ns = waited_ns(request, &now),
    };
    struct admit_answer answered;
    if (atomic_load_explicit(&loop->server->drain_started_ns, memory_order_relaxed) != 0)
        request->http1_is_persistent = 0;
    if (count_framing_headers(request) > 1) {
        /* RFC 9112 section 6.3: who reads the other length sees another request, so nothing behind it is
         * trusted. */
        request->http1_is_persistent = 0;
        metrics_count(loop->server->metrics, METRICS_BAD_REQUESTS);
        answer_text(request, 400, "Bad Request",
                    text_of("send one Content-Length or one Transfer-Encoding\n"));
        return 0;
    }
    admit_handle(loop->admit, loop->snapshot, &asked, cluster_clock_s(), &answered);
    answer(request, &answered);
    return 0;
}

static bool add_check(struct json_text_buffer *page, const char *name, bool good, const char *why_not)
{
    json_text_raw_str(page, good ? "[+]" : "[-]");
    json_text_raw_str(page, name);
    json_text_raw_str(page, good ? " ok" : " failed: ");
    if (!good)
        json_text_raw_str(page, why_not);
    json_text_raw_str(page, "\n");
    return good;
}

static void answer_ready(struct loop *loop, h2o_req_t *request, int64_t now_s)
{
    struct server *server = loop->server;
    struct json_text_buffer *page = &loop->page;
    bool synced = atomic_load(&server->loops_with_snapshot) == server->options.threads;
    bool ready = add_check(page, "namespaces", synced, "not known yet");
    const char *unready = tls_unready(server->tls, now_s);
    ready &= add_check(page, "certificate", unready == NULL, unready);
    ready &= add_check(page, "serving", atomic_load(&server->drain_started_ns) == 0, "shutting down");
    answer_text(request, ready ? 200 : 503, ready ? "OK" : "Service Unavailable", json_text_view(page));
}

static void answer_metrics(struct loop *loop, h2o_req_t *request, int64_t now_s)
{
    metrics_write(loop->server->metrics, now_s, &loop->page);
    answer(request, &(struct admit_answer){.http_status = 200,
                                           .reason = "OK",
                                           .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                           .body = json_text_view(&loop->page)});
}

static int on_probe(h2o_handler_t *handler, h2o_req_t *request)
{
    (void)handler;
    struct loop *loop = loop_of(request);
    struct text path = text_of_iovec(request->input.path), method = text_of_iovec(request->input.method);
    int64_t now_s = cluster_clock_s();
    path = text_slice(path, 0, text_find(path, '?'));
    /* Nobody keeps one of these few connections between two probes. */
    request->http1_is_persistent = 0;
    json_text_clear(&loop->page);
    if (!text_is(method, "GET") && !text_is(method, "HEAD"))
        answer_text(request, 405, "Method Not Allowed", text_of("use GET\n"));
    else if (text_is(path, "/healthz"))
        answer_text(request, 200, "OK", text_of("ok\n"));
    else if (text_is(path, "/readyz"))
        answer_ready(loop, request, now_s);
    else if (text_is(path, "/metrics"))
        answer_metrics(loop, request, now_s);
    else
        answer_text(request, 404, "Not Found", text_of("no such path: use /healthz, /readyz or /metrics\n"));
    return 0;
}

static h2o_hostconf_t *register_host(h2o_globalconf_t *config, const char *name,
                                     int (*on_request)(h2o_handler_t *, h2o_req_t *))
{
    h2o_hostconf_t *host = h2o_config_register_host(config, h2o_iovec_init(name, strlen(name)), 65535);
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    h2o_create_handler(path, sizeof(h2o_handler_t))->on_req = on_request;
    return host;
}

void handler_register(struct server *server)
{
    server->admission_hosts[0] = register_host(&server->config, "admission", on_admission);
    server->probe_hosts[0] = register_host(&server->config, "probes", on_probe);
}
