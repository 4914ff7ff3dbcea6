/* cli/held_target: the command line of `changegate release` and `changegate drop`, and the part of it that
 * `changegate approve` has as well: which object.
 * Layer: cli. Reads nothing but its arguments.
 */
#ifndef CHANGEGATE_CLI_HELD_TARGET_H
#define CHANGEGATE_CLI_HELD_TARGET_H

#include "cli/arguments.h"
#include "cli/held_kinds.h"

struct held_target {
    bool help;
    const char *kubeconfig; /* NULL: not given */
    const char *namespace;
    const struct held_kind *kind; /* NULL: no object was named */
    const char *name;
};

/* NAMESPACE KIND/NAME, and options; the object may be left out where `whole` namespaces will do. `command` is
 * for messages. Texts borrow argv. */
bool held_target_read(const char *command, bool whole, int argc, char **argv, struct held_target *ret_target,
                      struct error *error) MUST_USE;

/* What is left in argv behind the options: NAMESPACE KIND/NAME, with a kind that is one of the first `kinds`
 * of held_kinds. Sets the last three of `target`. */
bool held_target_read_positions(const char *command, bool whole, size_t kinds, int argc, char **argv,
                                struct held_target *target, struct error *error) MUST_USE;

#endif
