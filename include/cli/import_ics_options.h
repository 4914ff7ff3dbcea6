/* cli/import_ics_options: the command line of `changegate import-ics`.
 * Layer: cli. Reads nothing but its arguments and, to check a zone, the tz database.
 */
#ifndef CHANGEGATE_CLI_IMPORT_ICS_OPTIONS_H
#define CHANGEGATE_CLI_IMPORT_ICS_OPTIONS_H

#include "codec/ics_import.h"

enum { IMPORT_ICS_ZONES_MOST = 64 };

struct import_ics_options {
    bool help;
    const char *file; /* "-": standard input */
    struct text action, name_prefix, time_zone;
    struct ics_zone_name zones[IMPORT_ICS_ZONES_MOST];
    size_t zone_count;
};

/* Texts borrow argv. An unknown, missing or unreadable option is an error naming it and the cure. */
bool import_ics_options_read(int argc, char **argv, struct import_ics_options *ret_options,
                             struct error *error) MUST_USE;

/* The text of --help. Static. */
const char *import_ics_options_help(void);

#endif
