/* cli/approve_lines: a pod template as lines that a person can read and a difference can be made of.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_APPROVE_LINES_H
#define CHANGEGATE_CLI_APPROVE_LINES_H

#include "core/arena.h"

struct approve_lines {
    const struct text *items; /* without newlines; owned by the arena, as their bytes */
    size_t count;
};

/* Canonical JSON, laid out as YAML: keys in their order, strings in JSON's quotes. Nothing is left out,
 * different values have different lines, and all is printable ASCII: the rest is written as \u escapes, so
 * that no letter is taken for another one. A string goes on in a line of its own, in quotes of its own,
 * behind each newline in it and where it gets long. */
struct approve_lines approve_lines_of(struct text canonical, struct arena *arena);

#endif
