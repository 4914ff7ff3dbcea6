/* edge/watcher: the one thread that owns the Kubernetes connection and the files, and builds snapshots.
 * Layer: edge (libcurl, inotify).
 *
 * A namespace's label acts as soon as its event is read: a snapshot is built at once unless the last one is
 * younger than WATCHER_SNAPSHOT_MS_LEAST. A bad file at reload leaves what is in force, and is said and
 * counted once per change of the file. The kubeconfig itself is read at start only; the files it names are
 * read as they are renewed.
 */
#ifndef CHANGEGATE_EDGE_WATCHER_H
#define CHANGEGATE_EDGE_WATCHER_H

#include "codec/policy_file.h"
#include "core/error.h"
#include "edge/metrics.h"
#include "edge/override_events.h"
#include "edge/snapshot.h"
#include "edge/tls.h"

struct watcher_options {
    const char *policy_file;
    const char *kubeconfig;      /* NULL: in-cluster credentials */
    const char *namespaces_file; /* instead of a cluster; NULL otherwise */
    const struct tls_options
        *tls_options; /* that `tls` was made from: its files are watched; NULL: they are not */
};

enum {
    WATCHER_SNAPSHOT_MS_LEAST = 50, /* between two snapshots; longer where building one takes long */
    WATCHER_GAUGES_MS = 10000,      /* between two counts: freezes start and end with time */
};

struct watcher;

/* Called on the watcher's thread with a new snapshot; takes the reference. */
typedef void watcher_publish(void *context, struct snapshot *snapshot);

/* Reads the policy and the credentials (and the namespaces file) at once, so that a bad file is an error at
 * start; its text names the file, and line and column where there is a place. Borrows all arguments for its
 * life. `overrides`, whose Events it writes, may be NULL; without a cluster it is not looked at. */
bool watcher_new(const struct watcher_options *options, struct tls *tls, struct metrics *metrics,
                 struct override_events *overrides, struct watcher **ret_watcher,
                 struct error *error) MUST_USE;

/* Start the thread: list, watch, reload; publishes first once namespaces, freeze windows
 * and approvals are known. */
void watcher_start(struct watcher *watcher, watcher_publish *publish, void *context);

/* End the thread, free everything. Accepts NULL, and one that was never started. */
void watcher_free(struct watcher *watcher);

#endif
