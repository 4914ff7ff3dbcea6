/* codec/digest: the template digest (DESIGN section 1).
 * Layer: codec (no I/O).
 */
#ifndef CHANGEGATE_CODEC_DIGEST_H
#define CHANGEGATE_CODEC_DIGEST_H

#include "codec/json.h"
#include "codec/json_text.h"
#include "core/change.h"

/* "sha256:<hex>" over the canonical JSON of a pod template, without the restartedAt annotation (of a Pod:
 * without its schedulingGates; of a Job: without the labels that the API server makes up for it); the text
 * is owned by `arena`. SHA-256: FIPS 180-4. */
struct text digest_template(struct json pod_template, enum workload_kind workload,
                            struct json_text_buffer *scratch, struct arena *arena);

/* Whether it looks like one. */
bool digest_is_text(struct text text);

/* What the digest leaves out: JSON_NOTHING where the template has no such member. */
struct json digest_left_out(struct json pod_template, enum workload_kind workload);

#endif
