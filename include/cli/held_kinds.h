/* cli/held_kinds: the built-in kinds of workloads, as people and the API server name them.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_HELD_KINDS_H
#define CHANGEGATE_CLI_HELD_KINDS_H

#include "core/arena.h"
#include "core/policy.h"

struct held_kind {
    const char *kind, *noun, *resource; /* "Deployment", "deployment", "deployments" */
    const char *short_name;             /* "deploy", as `kubectl api-resources` has it; NULL: none */
    const char *group, *version;        /* "apps", "v1" */
    const char *api;                    /* "/apis/apps/v1" */
};

/* The gate holds the first HELD_KINDS of them by itself. */
enum { HELD_KINDS = 6, WORKLOAD_KINDS = 8 };
extern const struct held_kind held_kinds[WORKLOAD_KINDS];

/* The built-in type of the kind. */
const struct workload_type *held_kind_type(const struct held_kind *kind);

/* Of the first `count`, by what kubectl takes: kind, plural, short name, in whatever case, with group or with
 * version and group: "deploy", "Deployment", "deployments.apps", "deployments.v1.apps". NULL: none of them.
 */
const struct held_kind *held_kind_find(size_t count, struct text name);

/* The path of the kind's objects; `namespace` NULL: in all namespaces; `name` NULL: all of them. Owned by
 * `arena`. */
const char *held_kind_path(const struct held_kind *kind, const char *namespace, const char *name,
                           struct arena *arena);

#endif
