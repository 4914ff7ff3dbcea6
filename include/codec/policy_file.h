/* codec/policy_file: the bytes of a policy file become a policy set.
 * Layer: codec (no I/O).
 *
 * Strict: an unknown or repeated key, a wrong type, a bad pattern, URL, time or zone is an error with line
 * and column. Nothing is ignored.
 */
#ifndef CHANGEGATE_CODEC_POLICY_FILE_H
#define CHANGEGATE_CODEC_POLICY_FILE_H

#include "core/arena.h"
#include "core/error.h"
#include "core/policy.h"

/* A policy set with everything it points to; counted, since snapshots outlive a reload. */
struct policy_file;

/* Reads a file that a policy names, `path` as written. The bytes are owned by `arena`; the error names the
 * file. */
struct policy_reading {
    bool (*read_file)(void *context, struct text path, struct arena *arena, struct text *ret_bytes,
                      struct error *error);
    void *context;
};

/* Read all ChangePolicy documents of `bytes`. `reading` NULL: a policy that names a file is an error. The
 * caller owns one reference. At least one document is required. */
bool policy_file_read(struct text bytes, const struct policy_reading *reading, struct policy_file **ret_file,
                      struct error *error) MUST_USE;

const struct policy_set *policy_file_policies(const struct policy_file *file);

struct policy_file *policy_file_ref(struct policy_file *file); /* thread-safe; returns its argument */
void policy_file_unref(struct policy_file *file);              /* thread-safe; accepts NULL */

#endif
