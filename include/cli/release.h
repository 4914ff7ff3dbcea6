/* cli/release: `changegate release`: a held change goes out now, by hand; or a thaw that a failed rollout
 * stopped goes on. The gate decides whether whoever asks may.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_RELEASE_H
#define CHANGEGATE_CLI_RELEASE_H

/* argv[0] is "release". Returns the exit status: 0 done; 1 refused, or nothing is held there; 2 unusable
 * input, or no answer from the cluster. One line on standard error says why. */
int cli_release(int argc, char **argv);

#endif
