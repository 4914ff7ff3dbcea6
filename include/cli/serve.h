/* cli/serve: `changegate serve`: wires every module and serves until SIGTERM.
 * Layer: cli. Decides nothing.
 */
#ifndef CHANGEGATE_CLI_SERVE_H
#define CHANGEGATE_CLI_SERVE_H

/* argv[0] is "serve". Returns the exit status: 0 after a drain, 2 where an option, a file or an address is
 * wrong; then one line on standard error says what, where and the cure. */
int cli_serve(int argc, char **argv);

#endif
