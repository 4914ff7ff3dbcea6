/* cli/freezes: `changegate freezes`: what is closed now and next, as text, JSON, or a calendar to subscribe
 * to. Layer: cli.
 */
#ifndef CHANGEGATE_CLI_FREEZES_H
#define CHANGEGATE_CLI_FREEZES_H

/* argv[0] is "freezes". Returns the exit status: 0, or with --at 0 open and 1 closed; 2 unusable input, and
 * one line on standard error says what, where and the cure. */
int cli_freezes(int argc, char **argv);

#endif
