/* cli/held_options: the command line of `changegate held` and `changegate debts`, which list what is in a
 * cluster.
 * Layer: cli. Reads nothing but its arguments.
 */
#ifndef CHANGEGATE_CLI_HELD_OPTIONS_H
#define CHANGEGATE_CLI_HELD_OPTIONS_H

#include "cli/arguments.h"

struct held_options {
    bool help, json;
    const char *kubeconfig; /* NULL: not given */
    const char *namespace;  /* NULL: all */
};

/* `command` is for messages, `table` is what its other format is called. Texts borrow argv. */
bool held_options_read(const char *command, const char *table, int argc, char **argv,
                       struct held_options *ret_options, struct error *error) MUST_USE;

#endif
