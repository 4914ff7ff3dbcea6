/* cli/doctor_options: the command line of `changegate doctor`.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_DOCTOR_OPTIONS_H
#define CHANGEGATE_CLI_DOCTOR_OPTIONS_H

#include "cli/arguments.h"

struct doctor_options {
    const char *kubeconfig;            /* NULL: as kubectl finds one */
    const char *namespace;             /* where changegate is installed */
    const char *registration, *policy; /* files; NULL: the ConfigMaps of the installation */
    const char *user;                  /* whose rights are looked at; NULL: those of the ServiceAccount */
    bool json, help;
};

/* False: the error says what is wrong with the command line. */
bool doctor_options_read(int argc, char **argv, struct doctor_options *ret_options,
                         struct error *error) MUST_USE;

#endif
