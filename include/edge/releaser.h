/* edge/releaser: releases held changes when their freezes end, one process of several at a time.
 * Layer: edge.
 * Source: DESIGN section 6; core/thaw for the order and the pace.
 *
 * A thread of its own with its own client of the API server. Every process runs one; only the one that holds
 * the Lease (edge/kube_lease.h) watches held objects and acts. It decides by the same function as the gate,
 * and its requests go through the gate like everybody's: it has no way round it. All that a new leader needs
 * is on the objects.
 */
#ifndef CHANGEGATE_EDGE_RELEASER_H
#define CHANGEGATE_EDGE_RELEASER_H

#include "core/error.h"
#include "edge/metrics.h"
#include "edge/snapshot.h"

struct releaser_options {
    const char *kubeconfig;      /* NULL: in-cluster credentials */
    const char *lease_namespace; /* where the Lease is */
};

struct releaser;

/* Reads the credentials at once, so that a bad file is an error at start. Borrows the arguments for its life.
 */
bool releaser_new(const struct releaser_options *options, struct metrics *metrics,
                  struct releaser **ret_releaser, struct error *error) MUST_USE;

void releaser_start(struct releaser *releaser);

/* What it decides by from now on. Takes the caller's reference. Any thread; before it was started as well. */
void releaser_publish(struct releaser *releaser, struct snapshot *snapshot);

/* Begin to end: nothing more is released, and the Lease is handed over. Does not wait. Any thread. */
void releaser_stop(struct releaser *releaser);

/* Stop, wait for the end (2 s at most for the Lease), free everything. Accepts NULL, and one that was never
 * started. */
void releaser_free(struct releaser *releaser);

#endif
