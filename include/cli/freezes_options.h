/* cli/freezes_options: the command line of `changegate freezes`.
 * Layer: cli. Reads nothing but its arguments.
 */
#ifndef CHANGEGATE_CLI_FREEZES_OPTIONS_H
#define CHANGEGATE_CLI_FREEZES_OPTIONS_H

#include "cli/arguments.h"

enum freezes_format { FREEZES_TEXT, FREEZES_JSON, FREEZES_ICS };

struct freezes_options {
    bool help;
    enum freezes_format format;
    const char *policy_file, *kubeconfig; /* NULL: not given; at least one is */
    const char *namespace;                /* NULL: all */
    bool labels_given;
    struct label labels[ARGUMENTS_LABELS_MOST + 1]; /* one more for the name of the namespace */
    size_t label_count;
    bool from_given, to_given, at_given;
    int64_t from_s, to_s, at_s;
};

/* Texts borrow argv. `now_s` is what "now" stands for. */
bool freezes_options_read(int argc, char **argv, int64_t now_s, struct freezes_options *ret_options,
                          struct error *error) MUST_USE;

/* The text of --help. Static. */
const char *freezes_options_help(void);

#endif
