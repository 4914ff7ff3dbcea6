/* The cluster as the watcher sees it: one client, and a watch for each kind of object. */
#ifndef CHANGEGATE_EDGE_WATCHER_PRIVATE_H
#define CHANGEGATE_EDGE_WATCHER_PRIVATE_H

#include "core/error.h"
#include "edge/approval_store.h"
#include "edge/calendars.h"
#include "edge/metrics.h"
#include "edge/namespaces.h"
#include "edge/override_events.h"
#include "edge/window_store.h"

struct cluster;

/* What is kept of it; all borrowed. */
struct cluster_stores {
    struct namespace_store *namespaces;
    struct window_store *windows;
    struct approval_store *approvals;
};

/* `kubeconfig` NULL: in-cluster credentials. Borrows the stores and the rest for its life;
 * `overrides` may be NULL. */
bool cluster_new(const char *kubeconfig, const struct cluster_stores *stores, struct metrics *metrics,
                 struct override_events *overrides, struct cluster **ret_cluster,
                 struct error *error) MUST_USE;
void cluster_free(struct cluster *cluster); /* accepts NULL */

/* Bring the stores up to date with what came, and do what is due. Sets METRICS_SYNCED and METRICS_IN_TOUCH_S.
 */
void cluster_step(struct cluster *cluster, int64_t now_ms, int64_t now_s);

/* Write what the cluster should know of its windows by these calendars (NULL: there are none yet); `look`:
 * they, or the namespaces, are others than at the last call. */
void cluster_report(struct cluster *cluster, const struct calendars *calendars, bool look, int64_t now_ms,
                    int64_t now_s);

int64_t cluster_due_ms(const struct cluster *cluster);
void cluster_wait(struct cluster *cluster, const int *fds, size_t fd_count, int timeout_ms);

/* Whether everything was listed once. */
bool cluster_synced(const struct cluster *cluster);

#endif
