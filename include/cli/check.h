/* cli/check: `changegate check`: what a policy file says, or what is wrong with it.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_CHECK_H
#define CHANGEGATE_CLI_CHECK_H

/* argv[0] is "check". Returns the exit status. */
int cli_check(int argc, char **argv);

#endif
