/* cli/held: `changegate held`: what is held in a cluster, as a table or as JSON.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_HELD_H
#define CHANGEGATE_CLI_HELD_H

/* argv[0] is "held". Returns the exit status: 0; 2 unusable input or no answer from the cluster, and one line
 * on standard error says what, where and the cure. */
int cli_held(int argc, char **argv);

#endif
