/* What the files that read and answer a review share. Layer: codec. */
#ifndef CHANGEGATE_CODEC_REVIEW_PRIVATE_H
#define CHANGEGATE_CODEC_REVIEW_PRIVATE_H

#include "codec/json.h"
#include "codec/json_text.h"
#include "core/policy.h"

/* The two objects of a request on a workload, and under which policy (NULL: none). */
struct review_objects {
    struct json before, after;
    const struct workload_type *type;
    const struct policy *policy;
};

/* The labels of both objects. */
void review_read_labels(struct json before, struct json after, struct arena *arena, struct change *change);

/* Fill change->hold, and of a held object turn states and template difference into those without the hold.
 * Before change_classify. */
void review_read_hold(const struct review_objects *objects, struct arena *arena,
                      struct json_text_buffer *scratch, struct change *change);

/* Of an edit that keeps a held change: tell the classes of the edit from those of the held change. After
 * change_classify. */
void review_split_held(struct change *change);

/* The record and the override of a request: before change_classify, after review_read_hold. */
void review_read_record(const struct review_objects *objects, struct arena *arena, struct change *change);

/* The rest of it, which depends on the classes and on what they need. Last. */
void review_complete_record(const struct review_objects *objects, struct arena *arena,
                            struct json_text_buffer *scratch, struct change *change);

/* What requirements look at, and what a person agreed to: tokens, and the digest. After
 * change_classify. */
void review_read_evidence(const struct review_objects *objects, struct arena *arena,
                          struct json_text_buffer *scratch, struct change *change);

/* A map of strings, as of labels or annotations. */
struct labels review_label_map(struct json map, struct arena *arena);

/* Write the answer of /mutate into `out` (cleared first): allowed, with this JSON patch and this warning,
 * each unless it is empty. */
void review_answer_mutation(struct text uid, struct text patch, struct text warning,
                            struct json_text_buffer *out);

#endif
