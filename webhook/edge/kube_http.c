#include "kube_http_private.h"

#include "edge/clock.h"
#include "edge/cluster_clock.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_FDS_MOST = 4, DATE_BYTES_MOST = 64 };

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct kube_request *request = context;
    struct text piece = {bytes, size * count};
    return request->receive(request->receive_context, request->status, piece) ? piece.length
                                                                              : CURL_WRITEFUNC_ERROR;
}

/* Every answer tells the time; see edge/cluster_clock.h. */
static void note_date(struct kube_request *request, struct text line)
{
    static const char name[] = "date:";
    char date[DATE_BYTES_MOST + 1];
    struct text value = text_trim(text_slice(line, sizeof(name) - 1, DATE_BYTES_MOST));
    if (!text_equal_nocase(text_slice(line, 0, sizeof(name) - 1), text_of(name)) || value.length == 0)
        return;
    memcpy(date, value.at, value.length);
    date[value.length] = '\0';
    time_t said_s = curl_getdate(date, NULL);
    if (said_s <= 0)
        return;
    request->date_s = (int64_t)said_s;
    /* What refuses may be a balancer in front of the API server. */
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!request->http->config->is_no_api_server && status >= 200 && status < 300)
        cluster_clock_heard(request->date_s, request->asked_ms, cluster_clock_boot_ms(),
                            request->http->config->tells_time);
}

/* The blank line behind the headers: only now is the status final (there may have been a 1xx before). */
static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct kube_request *request = context;
    note_date(request, (struct text){bytes, size * count});
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (size * count > 0 && bytes[0] == '\r' && status >= 200)
        request->status = (unsigned)status;
    return size * count;
}

static struct curl_slist *append(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (longer == NULL)
        abort();
    return longer;
}

/* tls-server-name: libcurl verifies the name in the URL, so that one goes into the URL, and the connection is
 * sent to where the server really is. */
static bool rename_server(struct kube_http *http, CURLU *url)
{
    char *host = NULL, *port = NULL, *renamed = NULL;
    bool good = curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                curl_url_set(url, CURLUPART_HOST, http->config->tls_server_name.at, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_URL, &renamed, 0) == CURLUE_OK;
    if (good) {
        http->connect_to = append(NULL, arena_printf(&http->arena, "::%s:%s", host, port).at);
        http->base_url = arena_copy(&http->arena, text_of(renamed));
        if (text_ends_with(http->base_url, text_of("/")))
            http->base_url.length--;
    }
    curl_free(host);
    curl_free(port);
    curl_free(renamed);
    return good;
}

static bool locate_server(struct kube_http *http, struct error *error)
{
    http->base_url = http->config->server;
    CURLU *url = curl_url();
    bool good = url != NULL && curl_url_set(url, CURLUPART_URL, http->config->server.at, 0) == CURLUE_OK;
    if (good && http->config->tls_server_name.length > 0)
        good = rename_server(http, url);
    curl_url_cleanup(url);
    return good || error_set(error, ERROR_INPUT, "server: \"%.*s\" is not a URL; write https://HOST:PORT",
                             TEXT_ARGS(http->config->server));
}

static bool configure(struct kube_request *request, struct error *error)
{
    CURL *easy = request->easy;
    const struct kube_config *config = request->http->config;
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, request->http->connect_to);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->fault);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    if (kube_http_configure(easy, config))
        return true;
    return error_set(error, ERROR_SYSTEM, "libcurl does not take the credentials of the API server's client");
}

static bool request_make(struct kube_http *http, struct kube_request **ret_request, struct error *error)
{
    struct kube_request *request = calloc(1, sizeof(*request));
    if (request == NULL)
        abort();
    request->http = http;
    request->easy = curl_easy_init();
    if (request->easy == NULL)
        abort();
    if (!configure(request, error)) {
        kube_request_free(request);
        return false;
    }
    *ret_request = request;
    return true;
}

/* What every request will be made of is tried once, so that a bad configuration is an error here and nowhere
 * later. */
static bool try_out(struct kube_http *http, struct error *error)
{
    struct kube_request *request;
    if (!locate_server(http, error) || !request_make(http, &request, error))
        return false;
    kube_request_free(request);
    return true;
}

bool kube_http_new(const struct kube_config *config, struct kube_http **ret_http, struct error *error)
{
    struct kube_http *http = calloc(1, sizeof(*http));
    if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    http->config = config;
    arena_init(&http->arena);
    http->multi = curl_multi_init();
    if (http->multi == NULL)
        abort();
    if (!try_out(http, error)) {
        kube_http_free(http);
        return false;
    }
    *ret_http = http;
    return true;
}

void kube_http_free(struct kube_http *http)
{
    if (http == NULL)
        return;
    curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->connect_to);
    arena_done(&http->arena);
    free(http);
    curl_global_cleanup();
}

struct kube_request *kube_request_new(struct kube_http *http)
{
    struct kube_request *request;
    struct error error;
    if (!request_make(http, &request, &error)) /* as it was tried: only memory can be missing */
        abort();
    return request;
}

void kube_request_free(struct kube_request *request)
{
    if (request == NULL)
        return;
    kube_request_cancel(request);
    curl_easy_cleanup(request->easy);
    free(request);
}

static bool make_headers(struct kube_request *request, const struct kube_call *call, struct error *error)
{
    struct arena scratch;
    struct text token;
    arena_init(&scratch);
    bool good = kube_config_token(request->http->config, &scratch, &token, error);
    if (good) {
        struct curl_slist *headers = append(NULL, arena_printf(&scratch, "Accept: %s", call->accept).at);
        if (token.length > 0)
            headers =
                append(headers, arena_printf(&scratch, "Authorization: Bearer %.*s", TEXT_ARGS(token)).at);
        if (call->method != KUBE_GET) {
            headers = append(headers, arena_printf(&scratch, "Content-Type: %s", call->content_type).at);
            headers = append(headers, "Expect:"); /* libcurl would wait a second for a 100 Continue */
        }
        request->headers = headers;
    }
    arena_done(&scratch);
    return good;
}

static void set_method(CURL *easy, const struct kube_call *call)
{
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL); /* of the last call */
    static const char *const names[] = {[KUBE_PATCH] = "PATCH", [KUBE_DELETE] = "DELETE"};
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, names[call->method]); /* NULL: as the options below say */
    if (call->method == KUBE_GET) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.length);
    if (curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, call->body.length == 0 ? "" : call->body.at) !=
        CURLE_OK)
        abort();
}

bool kube_request_start(struct kube_request *request, const struct kube_call *call,
                        kube_request_receive *receive, void *context, struct error *error)
{
    if (!make_headers(request, call, error))
        return false;
    struct arena scratch;
    arena_init(&scratch);
    struct text url = arena_printf(&scratch, "%.*s%s", TEXT_ARGS(request->http->base_url), call->path);
    curl_easy_setopt(request->easy, CURLOPT_URL, url.at);
    arena_done(&scratch);
    curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
    set_method(request->easy, call);
    request->receive = receive;
    request->receive_context = context;
    request->status = 0;
    request->date_s = 0;
    request->asked_ms = cluster_clock_boot_ms();
    request->ended = false;
    request->fault[0] = '\0';
    if (curl_multi_add_handle(request->http->multi, request->easy) != CURLM_OK)
        abort();
    request->under_way = true;
    return true;
}

/* Out of the client's hands: the connection is kept if the answer is complete, and closed otherwise. */
static void detach(struct kube_request *request)
{
    if (request->under_way)
        curl_multi_remove_handle(request->http->multi, request->easy);
    request->under_way = false;
    curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(request->headers);
    request->headers = NULL;
}

void kube_request_cancel(struct kube_request *request)
{
    detach(request);
    request->ended = false;
}

void kube_http_step(struct kube_http *http)
{
    int running = 0, left = 0;
    curl_multi_perform(http->multi, &running);
    for (const CURLMsg *message; (message = curl_multi_info_read(http->multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *owner = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        struct kube_request *request = (struct kube_request *)(void *)owner;
        request->outcome = message->data.result; /* the message ends with the removal below */
        request->ended = true;
        detach(request);
    }
}

enum kube_progress kube_request_progress(struct kube_request *request, struct error *error)
{
    if (!request->ended)
        return KUBE_UNDER_WAY;
    request->ended = false;
    if (request->outcome == CURLE_OK)
        return KUBE_ENDED;
    error_set(error, ERROR_SYSTEM, "%s",
              request->fault[0] != '\0' ? request->fault : curl_easy_strerror(request->outcome));
    return KUBE_FAILED;
}

enum kube_progress kube_request_wait(struct kube_request *request, int64_t deadline_ms, struct error *error)
{
    for (;;) {
        kube_http_step(request->http);
        enum kube_progress progress = kube_request_progress(request, error);
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (progress != KUBE_UNDER_WAY || left_ms <= 0)
            return progress;
        kube_http_wait(request->http, NULL, 0, left_ms < INT_MAX ? (int)left_ms : INT_MAX);
    }
}

unsigned kube_request_status(const struct kube_request *request)
{
    return request->status;
}

int64_t kube_request_date_s(const struct kube_request *request)
{
    return request->date_s;
}

bool kube_request_was_asked_for_certificate(const struct kube_request *request)
{
    /* In TLS 1.3 the client is through with its handshake, the server's certificate verified, before the
     * server looks at the client's. Ours (edge/tls) then closes, without an alert. */
    curl_off_t handshake_us = 0;
    bool was_verified =
        curl_easy_getinfo(request->easy, CURLINFO_APPCONNECT_TIME_T, &handshake_us) == CURLE_OK &&
        handshake_us > 0;
    return request->outcome == CURLE_SSL_CLIENTCERT ||
           (was_verified && (request->outcome == CURLE_GOT_NOTHING || request->outcome == CURLE_RECV_ERROR ||
                             request->outcome == CURLE_SEND_ERROR));
}

void kube_http_wait(struct kube_http *http, const int *fds, size_t fd_count, int timeout_ms)
{
    struct curl_waitfd extra[WAIT_FDS_MOST];
    unsigned count = 0;
    while (count < fd_count && count < WAIT_FDS_MOST) {
        extra[count] = (struct curl_waitfd){.fd = fds[count], .events = CURL_WAIT_POLLIN};
        count++;
    }
    curl_multi_poll(http->multi, extra, count, timeout_ms, NULL);
}

struct text kube_http_escape(struct arena *arena, struct text value)
{
    if (value.length == 0)
        return TEXT_EMPTY; /* which libcurl takes for "measure it yourself" */
    char *escaped = curl_easy_escape(NULL, value.at, (int)value.length);
    if (escaped == NULL)
        abort();
    struct text copy = arena_copy(arena, text_of(escaped));
    curl_free(escaped);
    return copy;
}
