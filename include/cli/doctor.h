/* cli/doctor: `changegate doctor`: what is wrong with an installation, and how to cure it. Its reference is
 * its
 * --help and docs/doctor.md. Layer: cli.
 */
#ifndef CHANGEGATE_CLI_DOCTOR_H
#define CHANGEGATE_CLI_DOCTOR_H

/* The exit status. argv[0] is the command's name. */
int cli_doctor(int argc, char **argv);

#endif
