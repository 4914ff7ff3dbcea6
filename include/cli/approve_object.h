/* cli/approve_object: the Approval that `changegate approve` makes, and what became of it.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_APPROVE_OBJECT_H
#define CHANGEGATE_CLI_APPROVE_OBJECT_H

#include "cli/approve_options.h"
#include "codec/json_text.h"

/* Append the object as JSON: who approves is left to the gate. `expires_s` 0: so is when it expires. */
void approve_object_write(const struct approve_options *options, struct text digest, int64_t expires_s,
                          struct arena *arena, struct json_text_buffer *out);

/* What the API server stored. */
struct approve_stored {
    struct text name, approver, expires; /* owned by the arena; empty: not there */
};
struct approve_stored approve_object_read(struct text body, struct arena *arena);

/* The path of Approvals in a namespace; owned by `arena`. */
const char *approve_object_path(const char *namespace, struct arena *arena);

#endif
