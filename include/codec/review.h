/* codec/review: AdmissionReview in (admission.k8s.io/v1), a change and an answer out.
 * Layer: codec (no I/O).
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request
 *
 * Reading has two steps, because which fields matter depends on the policy, and which policy governs on the
 * namespace: review_open, then (the caller looks the namespace up) review_read_change or
 * review_read_namespace.
 */
#ifndef CHANGEGATE_CODEC_REVIEW_H
#define CHANGEGATE_CODEC_REVIEW_H

#include "codec/json.h"
#include "codec/json_text.h"
#include "core/decision.h"

/* A server-side dry run by this field manager is let through, so that it sees the object as it would be
 * stored.
 */
#define REVIEW_PREVIEW_MANAGER "changegate-approve"

struct review {
    struct json request; /* borrows the reader */
    struct text uid, namespace, name, group, version, kind, resource, subresource;
    enum operation operation;
    bool dry_run;
};

/* Parse and check the envelope: apiVersion, kind, uid, operation, resource. On failure the error is one clear
 * line; *ret_uid is then the request's uid when it could be read, else empty. */
bool review_open(struct json_reader *reader, struct text body, struct review *ret_review,
                 struct text *ret_uid, struct error *error) MUST_USE;

/* Add to a verdict that holds what only a look at the old template tells: what runs. Not done for every
 * change, since a digest costs as much as parsing. */
void review_complete_hold(const struct review *review, const struct policy *policy,
                          const struct change *change, struct arena *arena, struct json_text_buffer *scratch,
                          struct verdict *verdict);

/* A held object as if it was released now: the change that the releaser asks for, for decision_make. `object`
 * is the whole object, parsed by `reader`; the user is who applied it. False: it is not held. */
bool review_read_held(struct json object, const struct policy *policy, const struct workload_type *type,
                      bool reads_labels, struct arena *arena, struct json_text_buffer *scratch,
                      struct change *ret_change) MUST_USE;

/* Reduce the request to a change under `policy` (NULL: none governs; built-in kinds only). Fills classes and,
 * where a class needs them, digests; labels only where `reads_labels`, since few windows ask for them.
 * `scratch` is the canonical text's buffer, reused. Texts borrow the reader or `arena`. */
bool review_read_change(const struct review *review, const struct policy *policy, bool reads_labels,
                        struct arena *arena, struct json_text_buffer *scratch, struct change *ret_change,
                        struct error *error) MUST_USE;

/* Reduce a request on a Namespace, whatever the subresource. */
bool review_read_namespace(const struct review *review, struct arena *arena,
                           struct namespace_change *ret_change, struct error *error) MUST_USE;

/* Who asks. */
bool review_read_user(const struct review *review, struct arena *arena, struct user *ret_user,
                      struct error *error) MUST_USE;

/* The `spec` of the new object as canonical JSON text, "null" where it has none. Borrows `scratch`, which is
 * cleared first. */
struct text review_read_spec(const struct review *review, struct json_text_buffer *scratch);

/* An update that leaves the `spec` as it is: a label, a finalizer. */
bool review_keeps_spec(const struct review *review);

/* Write the AdmissionReview answer for a verdict into `out` (cleared first). `change` may be NULL (/guard).
 */
void review_write_answer(struct text uid, const struct verdict *verdict, const struct change *change,
                         struct json_text_buffer *out);

/* The answer of /mutate: always allowed, with the patch that makes the object what the verdict's target says,
 * if it is not that already. `scratch` is cleared first. */
void review_write_mutation(const struct review *review, const struct policy *policy,
                           const struct change *change, const struct verdict *verdict, struct arena *arena,
                           struct json_text_buffer *scratch, struct json_text_buffer *out);

/* One JSON object, no newline: the decision for the log (docs/auditor.md names every key). `path` is
 * "/validate". */
void review_write_log_line(const char *path, const struct review *review, const struct change *change,
                           const struct user *user, const struct verdict *verdict, int64_t now_s,
                           int64_t latency_ns, struct json_text_buffer *out);

#endif
