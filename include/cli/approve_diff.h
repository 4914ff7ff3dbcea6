/* cli/approve_diff: the difference of two texts, line by line.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_APPROVE_DIFF_H
#define CHANGEGATE_CLI_APPROVE_DIFF_H

#include "cli/approve_lines.h"
#include "codec/json_text.h"

/* Append the difference as a unified one: hunks with three lines around what differs, and behind each "@@"
 * what the first of them stands below. As few lines as can be differ, but for texts that differ in very many.
 * At most `most` lines are written, 0: all of them; *ret_left_out is how many were not. */
void approve_diff_write(struct approve_lines before, struct approve_lines after, size_t most,
                        struct json_text_buffer *out, size_t *ret_left_out);

#endif
