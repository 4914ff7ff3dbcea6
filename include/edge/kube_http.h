/* edge/kube_http: requests to the API server, several at a time, without blocking. The only module that knows
 * libcurl.
 * Layer: edge.
 *
 * HTTP/1.1 over TLS 1.2 or later; only the CA of the kube_config counts where it names one; no redirects, no
 * proxy, whatever the environment says. Credentials that live in files are read anew for each request or
 * connection.
 *
 * One thread owns a client and its requests, and goes round:
 *     kube_http_step(http);               moves all requests, calls their receivers
 *     kube_request_progress(request, ..)  of each request: what came of it; here new ones are started
 *     kube_http_wait(http, ...);
 */
#ifndef CHANGEGATE_EDGE_KUBE_HTTP_H
#define CHANGEGATE_EDGE_KUBE_HTTP_H

#include "core/arena.h"
#include "edge/kube_config.h"

struct kube_http;    /* configuration, connections, waiting */
struct kube_request; /* one request after another, so that the connection is kept */

/* Borrows `config` for its life. */
bool kube_http_new(const struct kube_config *config, struct kube_http **ret_http,
                   struct error *error) MUST_USE;
void kube_http_free(struct kube_http *http); /* after all its requests; accepts NULL */

/* Borrows `http` for its life. */
struct kube_request *kube_request_new(struct kube_http *http);
void kube_request_free(struct kube_request *request); /* drops what is under way; accepts NULL */

enum kube_method { KUBE_GET, KUBE_POST, KUBE_PATCH, KUBE_DELETE };

struct kube_call {
    enum kube_method method;
    const char *path; /* "/api/v1/...", query included */
    const char *accept;
    const char *content_type; /* of the body: "application/json", "application/merge-patch+json", ...; NULL
                                 for GET */
    struct text body;
};

/* Called from kube_http_step with each piece of the body, the status being known. False ends the request. It
 * must not call this module. */
typedef bool kube_request_receive(void *context, unsigned status, struct text bytes);

/* Start; none may be under way on this request. Copies what `call` points to. Connecting has 5 s, the answer
 * has as long as the owner waits before it cancels. A failure does not prove that nothing was written: the
 * answer may be what was lost. libcurl by itself sends a request again when a kept connection turns out to be
 * closed. So write what may be written twice. */
bool kube_request_start(struct kube_request *request, const struct kube_call *call,
                        kube_request_receive *receive, void *context, struct error *error) MUST_USE;

/* Drop the request under way, if any, and its connection. */
void kube_request_cancel(struct kube_request *request);

/* Move what can be moved without waiting, of all requests. */
void kube_http_step(struct kube_http *http);

enum kube_progress {
    KUBE_UNDER_WAY, /* or none was started */
    KUBE_ENDED,     /* the answer is complete; said once */
    KUBE_FAILED,    /* cut, refused by `receive`, or never begun; said once, and the error says why */
};
enum kube_progress kube_request_progress(struct kube_request *request, struct error *error);

/* For whoever has nothing else to do: go round until the request has ended, or until deadline_ms of the
 * monotonic clock, then KUBE_UNDER_WAY. */
enum kube_progress kube_request_wait(struct kube_request *request, int64_t deadline_ms, struct error *error);

/* Status of the answer under way or just ended; 0 until its headers are complete. */
unsigned kube_request_status(const struct kube_request *request);

/* What the Date header of that answer says, unix time; 0: none. */
int64_t kube_request_date_s(const struct kube_request *request);

/* Of a request that failed: the server was verified, and closed without an answer, as one does that wants a
 * certificate from us. */
bool kube_request_was_asked_for_certificate(const struct kube_request *request);

/* Wait until the network or one of `fds` has something to read, or `timeout_ms` have passed. */
void kube_http_wait(struct kube_http *http, const int *fds, size_t fd_count, int timeout_ms);

/* `value` percent-encoded for a query or as one segment of a path (RFC 3986), owned by `arena`. */
struct text kube_http_escape(struct arena *arena, struct text value);

#endif
