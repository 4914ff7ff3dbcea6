/* cli/import_ics: `changegate import-ics`: a calendar file becomes FreezeWindow manifests, for kubectl apply.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_IMPORT_ICS_H
#define CHANGEGATE_CLI_IMPORT_ICS_H

/* argv[0] is "import-ics". Returns the exit status: 0 all events carried over, 1 some were not or only in
 * part (one line each on standard error), 2 unusable input (then nothing on standard output and one line on
 * standard error). */
int cli_import_ics(int argc, char **argv);

#endif
