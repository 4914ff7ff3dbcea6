/* edge/override_teller: writes the Events about break-glass into the cluster.
 * Layer: edge.
 *
 * A state machine that never blocks, one request at a time, on the watcher's thread and client. What an API
 * server in trouble does not take is tried again; what it refuses is said once a minute at most, and left.
 */
#ifndef CHANGEGATE_EDGE_OVERRIDE_TELLER_H
#define CHANGEGATE_EDGE_OVERRIDE_TELLER_H

#include "edge/kube_http.h"
#include "edge/override_events.h"

struct override_teller;

/* Borrows both for its life. */
struct override_teller *override_teller_new(struct kube_http *http, struct override_events *events);
void override_teller_free(struct override_teller *teller); /* before the client; accepts NULL */

/* Do what is due. After kube_http_step. */
void override_teller_step(struct override_teller *teller, int64_t now_ms);

/* When to step at the latest, on the clock of now_ms, beside when override_events_fd is readable. */
int64_t override_teller_due_ms(const struct override_teller *teller);

#endif
