/* edge/kube_watch: keeps what a sink holds equal to the cluster: lists in pages, then watches.
 * Layer: edge.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 *
 * A state machine that never blocks: the owner waits with kube_http_wait until kube_watch_due_ms, moves the
 * network with kube_http_step, then steps. After a cut it goes on from the last resource version it saw; only
 * when the server no longer knows that one (410) it lists again. While it is cut off the sink keeps what was
 * known.
 *
 * A resource that may be absent and is (404 on its list: no CustomResourceDefinition) counts as an empty list
 * that was read, and is asked for again every KUBE_ABSENT_MS.
 *
 * "In touch" is the time of the last word from the API server that proves the sink current: a page of a list,
 * a watch that was accepted, an event or a bookmark. A quiet, healthy watch has a bookmark about once a
 * minute; one on which nothing came for KUBE_WATCH_PATIENCE_MS is given up and opened anew, so the age of a
 * healthy connection stays below that.
 */
#ifndef CHANGEGATE_EDGE_KUBE_WATCH_H
#define CHANGEGATE_EDGE_KUBE_WATCH_H

#include "edge/kube_http.h"
#include "edge/kube_resource.h"
#include "edge/metrics.h"

enum {
    KUBE_WATCH_PATIENCE_MS = 90000,  /* without an event or a bookmark */
    KUBE_ANSWER_PATIENCE_MS = 30000, /* for the answer to begin, and between two pieces of a page */
    KUBE_ABSENT_MS = 5000,           /* between two looks whether an absent resource has come */
};

struct kube_watch;

/* Borrows `http`, `metrics` and what the resource names for its life. */
struct kube_watch *kube_watch_new(struct kube_http *http, const struct kube_resource *resource,
                                  struct metrics *metrics);
void kube_watch_free(struct kube_watch *watch); /* accepts NULL */

/* Do what is due. `now_ms` is monotonic, `now_s` the wall clock. */
void kube_watch_step(struct kube_watch *watch, int64_t now_ms, int64_t now_s);

/* When to step at the latest, on the clock of now_ms. */
int64_t kube_watch_due_ms(const struct kube_watch *watch);

/* Whether the whole list was read once: before that the sink is no picture of the cluster. */
bool kube_watch_synced(const struct kube_watch *watch);

/* Whether an outage ended since this was last asked, and what to do with the others on the same API server:
 * try at once instead of waiting out a pause. */
bool kube_watch_take_recovery(struct kube_watch *watch);
void kube_watch_hurry(struct kube_watch *watch, int64_t now_ms);

/* Unix time; 0: never. */
int64_t kube_watch_in_touch_s(const struct kube_watch *watch);

#endif
