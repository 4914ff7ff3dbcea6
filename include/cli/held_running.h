/* cli/held_running: the pod template that runs beside a held one, from the cluster.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_HELD_RUNNING_H
#define CHANGEGATE_CLI_HELD_RUNNING_H

#include "cli/held_cluster.h"
#include "cli/held_kinds.h"
#include "codec/json.h"

/* The template that `hold` says runs, `object` being the held object: canonical JSON, owned by the cluster's
 * arena; empty: no controller keeps it. False: the cluster did not say. */
bool held_running_find(struct held_cluster *cluster, const struct held_kind *kind, const char *namespace,
                       struct json object, const struct hold *hold, struct text *ret_template,
                       struct error *error) MUST_USE;

#endif
