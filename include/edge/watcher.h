/* edge/watcher: the one thread that owns the Kubernetes connection and the files, and builds snapshots.
 * Layer: edge (libcurl, inotify).
 */
#ifndef CHANGEGATE_EDGE_WATCHER_H
#define CHANGEGATE_EDGE_WATCHER_H

#include "codec/policy_file.h"
#include "core/error.h"
#include "edge/metrics.h"
#include "edge/snapshot.h"
#include "edge/tls.h"

struct watcher_options {
    const char *policy_file;
    const char *kubeconfig;      /* NULL: in-cluster credentials */
    const char *namespaces_file; /* instead of a cluster; NULL otherwise */
};

struct watcher;

/* Called on the watcher's thread with a new snapshot; takes the reference. */
typedef void watcher_publish(void *context, struct snapshot *snapshot);

/* Reads the policy and the credentials (and the namespaces file) at once, so that a bad file is an error at start. */
bool watcher_new(const struct watcher_options *options, struct tls *tls, struct metrics *metrics,
                 struct watcher **ret_watcher, struct error *error) MUST_USE;

/* Start the thread: list, watch, reload; publishes first once the namespaces are known. */
void watcher_start(struct watcher *watcher, watcher_publish *publish, void *context);

/* End the thread, free everything. Accepts NULL. */
void watcher_free(struct watcher *watcher);

#endif
