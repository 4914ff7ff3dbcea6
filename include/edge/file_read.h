/* edge/file_read: small files, read whole.
 * Layer: edge.
 */
#ifndef CHANGEGATE_EDGE_FILE_READ_H
#define CHANGEGATE_EDGE_FILE_READ_H

#include "core/arena.h"
#include "core/error.h"

/* The bytes of a file or pipe, owned by `arena`, with a NUL behind them that is not counted. More than
 * `most_bytes` is an error. The error names the path. */
bool file_read(struct arena *arena, const char *path, size_t most_bytes, struct text *ret_bytes,
               struct error *error) MUST_USE;

#endif
