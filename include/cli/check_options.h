/* cli/check_options: the command line of `changegate check`.
 * Layer: cli. Reads nothing but its arguments.
 */
#ifndef CHANGEGATE_CLI_CHECK_OPTIONS_H
#define CHANGEGATE_CLI_CHECK_OPTIONS_H

#include "cli/arguments.h"
#include "core/change.h"
#include "core/error.h"
#include "core/selector.h"

enum { CHECK_FILES_MOST = 256, CHECK_GROUPS_MOST = 64 };

struct check_options {
    bool help, json;
    const char *policy_file, *old_file; /* old_file: NULL, every object is new */
    const char *files[CHECK_FILES_MOST];
    size_t file_count;
    bool labels_given; /* else the first policy is taken to govern */
    struct label labels[ARGUMENTS_LABELS_MOST];
    size_t label_count;
    bool at_given;
    int64_t at_s;
    struct text user;
    struct text groups[CHECK_GROUPS_MOST];
    size_t group_count;
};

/* Texts borrow argv. An unknown, missing or unreadable option is an error naming it and the cure. */
bool check_options_read(int argc, char **argv, struct check_options *ret_options,
                        struct error *error) MUST_USE;

/* The text of --help. Static. */
const char *check_options_help(void);

#endif
