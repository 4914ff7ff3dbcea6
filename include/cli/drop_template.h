/* cli/drop_template: the pod template that runs beside a held one, found among what the controllers keep.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_DROP_TEMPLATE_H
#define CHANGEGATE_CLI_DROP_TEMPLATE_H

#include "cli/held_kinds.h"
#include "core/arena.h"
#include "core/error.h"
#include "core/hold.h"

/* What keeps the templates of a kind: ReplicaSets, or ControllerRevisions; NULL: nothing does. */
const char *drop_template_resource(const struct held_kind *kind);

/* Of `items`, JSON of ReplicaSets or ControllerRevisions, one that the object with `owner_uid` controls and
 * whose template is the one that runs: its digest and its restartedAt prove it, whatever revision it says it
 * is. The template is canonical JSON, as the object itself would have it, owned by `arena`. False: there is
 * none. */
bool drop_template_find(struct text owner_uid, const struct text *items, size_t count,
                        enum workload_kind workload, const struct hold_running *running, struct arena *arena,
                        struct text *ret_template) MUST_USE;

#endif
