/* edge/kube_lease: which one of several processes leads, by a Lease in the cluster.
 * Layer: edge.
 * Source: https://kubernetes.io/docs/concepts/architecture/leases/; optimistic locking by
 *         metadata.resourceVersion:
 *         https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-update
 *
 * A state machine that never blocks, one request at a time. Whoever cannot renew stops leading by itself
 * before anybody else starts: see the times in edge/lease_record.h. The clock of a machine may be wrong; it
 * must only go.
 */
#ifndef CHANGEGATE_EDGE_KUBE_LEASE_H
#define CHANGEGATE_EDGE_KUBE_LEASE_H

#include "edge/kube_http.h"
#include "edge/lease_record.h"

/* What the one that holds it does, in the words of the log. Static texts. */
struct kube_lease_role {
    const char *name;      /* of the Lease */
    const char *noun;      /* "Lease of the releaser" */
    const char *does;      /* "leads the releases" */
    const char *what;      /* "the releases" */
    const char *meanwhile; /* what it means not to reach it */
};

struct kube_lease;

/* Borrows its arguments for its life. */
struct kube_lease *kube_lease_new(struct kube_http *http, const char *namespace,
                                  const struct kube_lease_role *role);
void kube_lease_free(struct kube_lease *lease); /* before the client; accepts NULL */

/* Do what is due. After kube_http_step. `now_ms` is monotonic. */
void kube_lease_step(struct kube_lease *lease, int64_t now_ms, int64_t now_s);

/* When to step at the latest, on the clock of now_ms; while it is held that is never after it ends. */
int64_t kube_lease_due_ms(const struct kube_lease *lease);

/* Whether this process leads at now_ms. */
bool kube_lease_held(const struct kube_lease *lease, int64_t now_ms);

/* Who this process is, on the Lease. Borrows. */
const char *kube_lease_identity(const struct kube_lease *lease);

/* Give it back, so that another one takes it at its next look; nothing where it is not held. Blocks for 2 s
 * at most. It is not taken again. */
void kube_lease_release(struct kube_lease *lease);

#endif
