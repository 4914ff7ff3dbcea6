/* cli/arguments: what several commands read by the same rules, and how they complain.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_ARGUMENTS_H
#define CHANGEGATE_CLI_ARGUMENTS_H

#include "codec/policy_file.h"
#include "core/selector.h"

#include <getopt.h>

enum { ARGUMENTS_FILE_BYTES_MOST = 64 << 20, ARGUMENTS_LABELS_MOST = 64 };

/* Before the first option: getopt_long remembers where it was. */
void arguments_start(void);

/* The next option, as getopt_long gives it, its value in optarg; -1 behind the last one. `letters` begins
 * with a colon. False: there is no such option, or its value is missing; the error names it, and `command`
 * for its help. */
bool arguments_next(const char *command, int argc, char **argv, const char *letters,
                    const struct option *options, int *ret_option, struct error *error) MUST_USE;

/* "-" is standard input. Owned by `arena`. */
bool arguments_read_file(struct arena *arena, const char *path, size_t most_bytes, struct text *ret_bytes,
                         struct error *error) MUST_USE;

/* The caller owns one reference. Errors are told as FILE:LINE:COLUMN. */
bool arguments_read_policies(struct arena *arena, const char *path, struct policy_file **ret_policies,
                             struct error *error) MUST_USE;

/* "key=value,..." as the value of `option`; appends, up to ARGUMENTS_LABELS_MOST. Texts borrow `list`. */
bool arguments_read_labels(const char *option, const char *list, struct label *labels, size_t *count,
                           struct error *error) MUST_USE;

/* "FILE:LINE:COLUMN: " in front of an error about what stands in a file. Always false. */
bool arguments_fail_in(const char *path, struct error *error);

/* "changegate: BEFORE TEXT" on standard error, one line whatever the two hold. */
void arguments_complain(const char *before, struct text text);

/* All of it to standard output. False: it cannot be written, and that was said. */
bool arguments_print(struct text text) MUST_USE;

#endif
