/* edge/approval_index: which Approval objects are about a workload. Immutable, counted, part of a snapshot.
 * Layer: edge.
 *
 * Looking a workload up is one hash probe, however many objects there are. Built anew when the store has
 * changed, and shared by all snapshots until then.
 */
#ifndef CHANGEGATE_EDGE_APPROVAL_INDEX_H
#define CHANGEGATE_EDGE_APPROVAL_INDEX_H

#include "edge/approval_store.h"

struct approval_index; /* counted */

/* Of all that have not expired at now_s: what expires later is still in it, and the decision compares. The
 * caller owns one reference. */
struct approval_index *approval_index_build(const struct approval_store *store, int64_t now_s);

struct approval_index *approval_index_ref(struct approval_index *index); /* thread-safe; accepts NULL */
void approval_index_unref(struct approval_index *index);                 /* thread-safe; accepts NULL */

/* The approvals of one workload as struct facts wants them: in the order of their digests, of one digest the
 * approvers by turns, each with the newest of what is left of theirs; of one turn the oldest first. So
 * nobody comes later for what somebody else has more of. NULL: there are none. Borrows from the index, which
 * may be NULL. */
const struct approval *approval_index_find(const struct approval_index *index, struct text namespace,
                                           struct text kind, struct text name, size_t *ret_count);

/* How many have not expired at now_s. */
size_t approval_index_in_force(const struct approval_index *index, int64_t now_s);

/* Whether the store says still what it said when `index` (NULL: none yet) was built from it; and make it so.
 */
bool approval_index_is_current(const struct approval_index *index, const struct approval_store *store);
void approval_index_update(struct approval_index **index, const struct approval_store *store, int64_t now_s);

#endif
