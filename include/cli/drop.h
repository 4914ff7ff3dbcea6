/* cli/drop: `changegate drop`: a held change is given up, and the template that runs is put back.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_DROP_H
#define CHANGEGATE_CLI_DROP_H

/* argv[0] is "drop". Returns the exit status: 0 done; 1 refused, or nothing is held there; 2 unusable input,
 * or no answer from the cluster. One line on standard error says why. */
int cli_drop(int argc, char **argv);

#endif
