/* edge/kube_approvals: Approval objects as the API server lists them.
 * Layer: edge (no I/O).
 *
 * One that cannot be read, or could not count, is left out and said; what was known of it before goes. That
 * can only take an approval away.
 */
#ifndef CHANGEGATE_EDGE_KUBE_APPROVALS_H
#define CHANGEGATE_EDGE_KUBE_APPROVALS_H

#include "edge/approval_store.h"
#include "edge/kube_resource.h"

struct json_reader; /* codec/json.h */

/* What takes them in; owned by whoever watches. */
struct approval_sink {
    struct approval_store *store; /* borrowed */
    struct json_reader *reader;   /* borrowed */
};

/* Whole objects of all namespaces; a cluster without the CustomResourceDefinition has none. The sink is
 * borrowed for the resource's life. */
struct kube_resource kube_approvals(struct approval_sink *sink);

#endif
