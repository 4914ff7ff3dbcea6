/* cli/freezes_sources: where `changegate freezes` has its windows from: a policy file, a cluster, or both.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_FREEZES_SOURCES_H
#define CHANGEGATE_CLI_FREEZES_SOURCES_H

#include "cli/freezes_options.h"
#include "codec/window.h"
#include "edge/namespaces.h"
#include "edge/window_store.h"

/* Embedded, all zero but for `options`; ends with freezes_sources_done. */
struct freezes_sources {
    const struct freezes_options *options;
    struct arena arena;                 /* owns the windows of the cluster */
    struct policy_file *policies;       /* NULL: no file was given */
    struct namespace_store *namespaces; /* NULL, as the next: no cluster was given */
    struct window_store *store;
    const struct window **windows; /* of the cluster, those that can be used */
    size_t window_count;
};

/* Windows of the cluster that cannot be used are said on standard error, and left out. */
bool freezes_sources_read(struct freezes_sources *sources, struct error *error) MUST_USE;
void freezes_sources_done(struct freezes_sources *sources);

/* What one namespace meets. */
struct freezes_scope {
    struct text name;            /* of the namespace; empty: all windows, whatever they select */
    const struct policy *policy; /* that governs, or NULL */
    bool governed;               /* by a policy, or, where no policies are known, taken to be */
    struct freeze_label label;
    const struct window **windows; /* owned by the arena of the sources */
    size_t window_count;
};

/* The scope that the options ask for. False: the cluster has no such namespace. */
bool freezes_scope_find(struct freezes_sources *sources, struct freezes_scope *ret_scope,
                        struct error *error) MUST_USE;

/* The scope of a namespace of the cluster. */
struct freezes_scope freezes_scope_of(struct freezes_sources *sources,
                                      const struct namespace_metadata *namespace);

#endif
