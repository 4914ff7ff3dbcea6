/* cli/debts: `changegate debts`: each use of break-glass that nobody has reviewed yet.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_DEBTS_H
#define CHANGEGATE_CLI_DEBTS_H

/* argv[0] is "debts". Returns the exit status: 0; 2 unusable input, no answer from the cluster, or a record
 * that cannot be read, and one line on standard error says what, where and the cure. */
int cli_debts(int argc, char **argv);

#endif
