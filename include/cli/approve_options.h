/* cli/approve_options: the command line of `changegate approve`.
 * Layer: cli. Reads nothing but its arguments.
 */
#ifndef CHANGEGATE_CLI_APPROVE_OPTIONS_H
#define CHANGEGATE_CLI_APPROVE_OPTIONS_H

#include "cli/held_target.h"

struct approve_options {
    struct held_target target; /* of it all */
    const char *file;          /* NULL: what the object is now */
    const char *change_id;
    const char *comment; /* NULL: none */
    int64_t expires_s;   /* from now; 0: not given */
    bool stored;         /* the file is what a dry run answered: nothing is made of it */
    bool yes, full;
};

/* Texts borrow argv. */
bool approve_options_read(int argc, char **argv, struct approve_options *ret_options,
                          struct error *error) MUST_USE;

/* The text of --help. Static. */
const char *approve_options_help(void);

#endif
