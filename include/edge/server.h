/* edge/server: listeners, serving loops, drain. The only module that knows h2o.
 * Layer: edge.
 *
 * Life: server_new binds (so that a taken port is an error at start), server_run serves until
 * server_shutdown, drains and returns. Snapshots are handed over with server_publish from the watcher's
 * thread.
 */
#ifndef CHANGEGATE_EDGE_SERVER_H
#define CHANGEGATE_EDGE_SERVER_H

#include "core/error.h"
#include "edge/decision_log.h"
#include "edge/metrics.h"
#include "edge/override_events.h"
#include "edge/snapshot.h"
#include "edge/tls.h"

struct server_options {
    const char *listen;         /* "ADDR:PORT", "[ADDR]:PORT"; TLS */
    const char *metrics_listen; /* plain: /healthz /readyz /metrics */
    unsigned threads;           /* serving loops, at least 1 */
    unsigned connections_most;  /* open TLS connections, over all loops */
    unsigned slow_ms;           /* a request must be complete, and an answer taken, within this; see docs */
    unsigned drain_ms;          /* after SIGTERM: keep serving with Connection: close this long at most */
};

struct server;

/* Borrows all arguments for its life. `overrides` may be NULL. */
bool server_new(const struct server_options *options, struct tls *tls, struct metrics *metrics,
                struct decision_log *log, struct override_events *overrides, struct server **ret_server,
                struct error *error) MUST_USE;

/* Serve until shutdown has drained. Blocks. */
void server_run(struct server *server);

/* Give every loop a reference to `snapshot`, at once and without a lock on the admission path. Takes the
 * caller's reference. Any thread. */
void server_publish(struct server *server, struct snapshot *snapshot);

/* Unready at once, then drain; idempotent. Any thread, not a signal handler. */
void server_shutdown(struct server *server);

#endif
