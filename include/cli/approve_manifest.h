/* cli/approve_manifest: the manifest of one object among those in a file.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_APPROVE_MANIFEST_H
#define CHANGEGATE_CLI_APPROVE_MANIFEST_H

#include "cli/held_target.h"
#include "codec/json_text.h"

/* Append, as JSON, the one object of `path` ("-": standard input) that is of the target's kind and group, has
 * its name, and names its namespace or none. Lists are looked into. The error says where it stands, where it
 * is there twice. */
bool approve_manifest_read(const char *path, const struct held_target *target, struct arena *arena,
                           struct json_text_buffer *out, struct error *error) MUST_USE;

#endif
