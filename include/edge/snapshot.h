/* edge/snapshot: what a decision knows of the cluster: policies, namespaces and approvals, immutable, swapped
 * whole.
 * Layer: edge.
 *
 * The watcher builds it, each serving loop holds one reference and drops it when the next snapshot reaches
 * it. Looking a namespace or a workload's approvals up is one hash probe, however many there are.
 */
#ifndef CHANGEGATE_EDGE_SNAPSHOT_H
#define CHANGEGATE_EDGE_SNAPSHOT_H

#include "codec/policy_file.h"
#include "core/decision.h"
#include "edge/approval_index.h"
#include "edge/calendars.h"
#include "edge/namespaces.h"

struct snapshot; /* counted */

struct snapshot_namespace {
    struct text name;
    const struct policy *policy; /* that governs, or NULL */
    struct facts facts;
};

/* Evaluate every namespace of the store against the policies. Takes its own references to `policies`,
 * to `calendars`, which was built from them, and to `approvals` (NULL: there are none); copies from `store`.
 * The caller owns one reference. */
struct snapshot *snapshot_build(struct policy_file *policies, struct calendars *calendars,
                                struct approval_index *approvals, const struct namespace_store *store);

struct snapshot *snapshot_ref(struct snapshot *snapshot); /* thread-safe */
void snapshot_unref(struct snapshot *snapshot);           /* thread-safe; accepts NULL */

/* NULL: the namespace is not known. Borrows from the snapshot. */
const struct snapshot_namespace *snapshot_find(const struct snapshot *snapshot, struct text name);
const struct policy_set *snapshot_policies(const struct snapshot *snapshot);

/* The Approval objects about a workload, in the order of their digests; what has expired may be among them.
 * NULL: there are none. Borrows from the snapshot. */
const struct approval *snapshot_approvals(const struct snapshot *snapshot, struct text namespace,
                                          struct text kind, struct text name, size_t *ret_count);

/* All namespaces, in no particular order. Borrows from the snapshot. */
const struct snapshot_namespace *snapshot_namespaces(const struct snapshot *snapshot, size_t *ret_count);

/* The uid of the FreezeWindow of this name; empty: the cluster has none. Borrows from the snapshot. */
struct text snapshot_window_uid(const struct snapshot *snapshot, struct text name);

/* For metrics: namespaces known, governed, and closed at now_s by label or window, for some change
 * or for all. */
struct snapshot_counts {
    size_t namespaces, governed, frozen;
};
struct snapshot_counts snapshot_count(const struct snapshot *snapshot, int64_t now_s);

#endif
