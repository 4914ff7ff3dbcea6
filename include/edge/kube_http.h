/* edge/kube_http: one GET at a time to the API server, without blocking. The only module that knows libcurl.
 * Layer: edge.
 *
 * HTTP/1.1 over TLS 1.2 or later; only the CA of the kube_config counts where it names one; no redirects, no
 * proxy, whatever the environment says. Credentials that live in files are read anew for each request or
 * connection.
 */
#ifndef CHANGEGATE_EDGE_KUBE_HTTP_H
#define CHANGEGATE_EDGE_KUBE_HTTP_H

#include "core/arena.h"
#include "edge/kube_config.h"

struct kube_http;

/* Borrows `config` for its life. */
bool kube_http_new(const struct kube_config *config, struct kube_http **ret_http,
                   struct error *error) MUST_USE;
void kube_http_free(struct kube_http *http); /* accepts NULL */

/* Called from kube_http_step with each piece of the body, the status being known. False ends the request. */
typedef bool kube_http_receive(void *context, unsigned status, struct text bytes);

/* Start a GET of `path` ("/api/v1/..."), query included; none may be under way. */
bool kube_http_get(struct kube_http *http, const char *path, const char *accept, kube_http_receive *receive,
                   void *context, struct error *error) MUST_USE;

/* Drop the request under way, if any, and its connection. */
void kube_http_cancel(struct kube_http *http);

enum kube_http_progress {
    KUBE_HTTP_UNDER_WAY, /* or none was started */
    KUBE_HTTP_ENDED,     /* the answer is complete */
    KUBE_HTTP_FAILED,    /* cut, refused by `receive`, or never begun; the error says why */
};

/* Move what can be moved without waiting. */
enum kube_http_progress kube_http_step(struct kube_http *http, struct error *error);

/* Status of the answer under way or just ended; 0 until its headers are complete. */
unsigned kube_http_status(const struct kube_http *http);

/* Wait until the network or one of `fds` has something to read, or `timeout_ms` have passed. */
void kube_http_wait(struct kube_http *http, const int *fds, size_t fd_count, int timeout_ms);

/* `value` percent-encoded for a query (RFC 3986), owned by `arena`. */
struct text kube_http_escape(struct arena *arena, struct text value);

#endif
