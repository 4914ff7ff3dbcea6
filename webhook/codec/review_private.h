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

#endif
