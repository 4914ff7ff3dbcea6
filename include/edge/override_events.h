/* edge/override_events: Events about break-glass, on their way from the serving loops to the thread that
 * writes them. Layer: edge.
 *
 * Any loop puts and never waits, not even for a lock: a bounded list of atomics. One thread takes. What does
 * not fit is dropped and counted; decision log and audit annotations say it all the same.
 */
#ifndef CHANGEGATE_EDGE_OVERRIDE_EVENTS_H
#define CHANGEGATE_EDGE_OVERRIDE_EVENTS_H

#include "edge/kube_event_text.h"
#include "edge/metrics.h"

/* Put, and not done yet. Anybody who may write a workload can attempt a break-glass, so attempts have a share
 * alone: however many there are, none keeps an override from being told. */
enum { OVERRIDE_EVENTS_MOST = 256, OVERRIDE_EVENTS_ATTEMPTS_MOST = 64 };

/* Whether the glass was broken, or somebody was refused who tried. */
enum override_kind { OVERRIDE_ALLOWED, OVERRIDE_ATTEMPTED };

struct override_events; /* one per process */

/* Borrows `metrics` for its life. */
struct override_events *override_events_new(struct metrics *metrics);
void override_events_free(struct override_events *events); /* accepts NULL */

/* Any thread. Copies; `arena` is for scratch. False: there is no room, which is counted. */
bool override_events_put(struct override_events *events, enum override_kind kind,
                         const struct kube_event_text *event, int64_t now_s, struct arena *arena);

/* One that was put. */
struct override_event {
    struct override_event *next; /* later than this one; NULL: none */
    char *path, *body;           /* owned: where to POST what */
    enum override_kind kind;
};

/* Readable when something was put since the last take. */
int override_events_fd(const struct override_events *events);

/* All that were put since the last take, in their order; NULL: none. The caller gives each to
 * override_events_done, which makes room. */
struct override_event *override_events_take(struct override_events *events);
void override_events_done(struct override_events *events, struct override_event *event);

#endif
