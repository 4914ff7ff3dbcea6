/* cli/approve: `changegate approve`: a person looks at what a change would do to a pod template, and agrees
 * to that very template with an Approval object. Layer: cli.
 */
#ifndef CHANGEGATE_CLI_APPROVE_H
#define CHANGEGATE_CLI_APPROVE_H

/* argv[0] is "approve". Returns the exit status: 0 approved; 1 refused, not wanted, or nothing to approve; 2
 * unusable input, or no answer from the cluster. One line on standard error says why. */
int cli_approve(int argc, char **argv);

#endif
