/* codec/pattern: regular expressions of the policy (PCRE2), bounded in time and memory.
 * Layer: codec (no I/O).
 */
#ifndef CHANGEGATE_CODEC_PATTERN_H
#define CHANGEGATE_CODEC_PATTERN_H

#include "core/arena.h"
#include "core/error.h"
#include "core/policy.h"

/* Compile `source`, which must match the whole of a subject. The pattern borrows a copy of it in `arena`;
 * what the library allocated is freed by pattern_done. Matching is thread-safe, and a subject that runs into
 * the limits does not match. On failure error.column is the 1-based offset within `source`. */
bool pattern_compile(struct arena *arena, struct text source, struct pattern *ret_pattern,
                     struct error *error) MUST_USE;

void pattern_done(struct pattern *pattern); /* accepts one that is all zero */

#endif
