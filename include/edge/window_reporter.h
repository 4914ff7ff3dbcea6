/* edge/window_reporter: keeps the status of FreezeWindow objects true, and tells in Events when one starts or
 * ends. Layer: edge.
 *
 * A state machine that never blocks, one request at a time, on the watcher's thread and client. Every replica
 * reports: each writes what it finds missing, and as all find the same, the second one finds nothing (an
 * Event has the same name whoever writes it). No decision depends on any of it. What is refused is said once,
 * and tried again.
 */
#ifndef CHANGEGATE_EDGE_WINDOW_REPORTER_H
#define CHANGEGATE_EDGE_WINDOW_REPORTER_H

#include "edge/calendars.h"
#include "edge/kube_http.h"

struct window_reporter;

/* Borrows both for its life. */
struct window_reporter *window_reporter_new(struct kube_http *http, const struct window_store *store);
void window_reporter_free(struct window_reporter *reporter); /* before the client; accepts NULL */

/* Do what is due, by these calendars (NULL: there are none yet). After kube_http_step. */
void window_reporter_step(struct window_reporter *reporter, const struct calendars *calendars, int64_t now_ms,
                          int64_t now_s);

/* Windows or calendars are others than they were: look at all of them at the next step. */
void window_reporter_look(struct window_reporter *reporter);

/* When to step at the latest, on the clock of now_ms. */
int64_t window_reporter_due_ms(const struct window_reporter *reporter);

#endif
