/* cli/check_manifest: a manifest, and the review that the API server would send about it.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_CHECK_MANIFEST_H
#define CHANGEGATE_CLI_CHECK_MANIFEST_H

#include "codec/json_text.h"
#include "codec/yaml_tree.h"
#include "core/change.h"

/* Borrows the manifest. */
struct manifest {
    const struct yaml_node *object;
    struct text group, version, kind;
    struct text namespace; /* "default" where none is written, as for kubectl */
    struct text name;      /* empty: the API server would generate one */
};

/* Whether it is a List of manifests, which stand under `items`. */
bool manifest_is_list(const struct yaml_node *object);

/* False: it is no Kubernetes object, or one without a name; the error is at its line and column. */
bool manifest_read(const struct yaml_node *object, struct manifest *ret_manifest,
                   struct error *error) MUST_USE;

/* The object of the same kind, namespace and name among `documents` and the Lists in them, or NULL. */
const struct yaml_node *manifest_find(const struct yaml_documents *documents, const struct manifest *wanted);

/* The AdmissionReview for creating it, or with `old` for updating that; `out` is cleared first. */
void manifest_write_review(const struct manifest *manifest, const struct yaml_node *old, struct text resource,
                           const struct user *user, struct json_text_buffer *out);

#endif
