/* codec/approval_object: Approval objects (changegate.dev/v1alpha1), in a review and as the API server lists
 * them. Layer: codec (no I/O).
 *
 *   spec: {changeId: CHG0000001, workload: {kind: Deployment, name: web}, templateDigest: "sha256:...",
 *          expiresAt: "2026-11-23T11:00:00Z", comment: "...", approver: ann, approverGroups:
 * [change-managers]} approver and approverGroups are the gate's to write, whatever a client sends; expiresAt
 * where it sends none.
 */
#ifndef CHANGEGATE_CODEC_APPROVAL_OBJECT_H
#define CHANGEGATE_CODEC_APPROVAL_OBJECT_H

#include "codec/review.h"

enum { APPROVAL_FAULTS_MOST = 16 };

/* What is wrong with an Approval, each "spec.PATH: what; cure". */
struct approval_faults {
    struct text items[APPROVAL_FAULTS_MOST];
    size_t count;
};

/* Read the new object of a review, and whether an update changes its spec. `policies`: the kind has to be
 * known to one of them; NULL: any will do. Texts borrow the reader or are owned by `arena`. */
void approval_object_read(const struct review *review, const struct policy_set *policies, struct arena *arena,
                          struct approval_object *ret_object, struct approval_faults *ret_faults);

/* Write the answer of /mutate: the patch that stamps a new Approval with who asks, and with its end, if it is
 * not stamped so already. `scratch` and `out` are cleared first. */
void approval_object_write_mutation(const struct review *review, const struct user *user, int64_t now_s,
                                    struct arena *arena, struct json_text_buffer *scratch,
                                    struct json_text_buffer *out);

/* One of the cluster's. */
struct approval_listed {
    struct text namespace;
    bool terminating; /* it was deleted, whatever finalizers keep it */
    struct approval approval;
};

/* Read an object as it is listed or watched. One that got past the gate with too late an end counts until
 * APPROVAL_AGE_S_MOST after its creation. False: it could not count, and why. Texts as above. */
bool approval_object_read_listed(struct json object, struct arena *arena, struct approval_listed *ret_listed,
                                 struct error *error) MUST_USE;

#endif
