/* cli/check: `changegate check`: the decision offline, over manifests, for a pipeline before it deploys.
 * Layer: cli. The path is the server's: each manifest becomes an AdmissionReview and goes through
 * codec/review and core/decision.
 */
#ifndef CHANGEGATE_CLI_CHECK_H
#define CHANGEGATE_CLI_CHECK_H

/* argv[0] is "check". Returns the exit status: 0 all pass or would be held, 1 at least one refused, 2
 * unusable input (then one line on standard error says what, where and the cure). */
int cli_check(int argc, char **argv);

#endif
