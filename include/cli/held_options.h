/* cli/held_options: the command line of `changegate held`.
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

/* Texts borrow argv. */
bool held_options_read(int argc, char **argv, struct held_options *ret_options, struct error *error) MUST_USE;

/* The text of --help. Static. */
const char *held_options_help(void);

#endif
