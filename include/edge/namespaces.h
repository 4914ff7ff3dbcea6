/* edge/namespaces: the watcher's own copy of every namespace's metadata. One thread owns it.
 * Layer: edge.
 */
#ifndef CHANGEGATE_EDGE_NAMESPACES_H
#define CHANGEGATE_EDGE_NAMESPACES_H

#include "core/error.h"
#include "core/selector.h"

struct namespace_store; /* owned by the watcher */

/* Only what a decision can need: all labels, the freeze annotations, whether it is terminating. */
struct namespace_metadata {
    struct text name;
    struct labels labels;
    struct text freeze_until, freeze_reason; /* NULL `at`: absent */
    bool terminating;
};

struct namespace_store *namespace_store_new(void);
void namespace_store_free(struct namespace_store *store); /* accepts NULL */

/* Add or replace; copies. False: the store knew all of this already, so no decision can differ. */
bool namespace_store_put(struct namespace_store *store, const struct namespace_metadata *metadata);

/* False: there was no such namespace. */
bool namespace_store_remove(struct namespace_store *store, struct text name);

/* A full list: between begin and end every namespace that still exists is put; the others are dropped at the
 * end. A begin without an end (the list was cut) drops nothing; the next begin starts over. */
void namespace_store_list_begin(struct namespace_store *store);
void namespace_store_list_end(struct namespace_store *store);

size_t namespace_store_count(const struct namespace_store *store);

/* Grows whenever something changed so that a decision could differ: what was made of the store at the same
 * number is still right. */
uint64_t namespace_store_generation(const struct namespace_store *store);

/* Calls `visit` for each, in no particular order. Metadata borrows from the store. */
void namespace_store_each(const struct namespace_store *store,
                          void (*visit)(void *context, const struct namespace_metadata *metadata),
                          void *context);

/* Static facts for tests, benches and clusters that cannot be reached: a YAML or JSON text of Namespace
 * objects (many documents, or a List). Puts each; on failure the store is untouched. */
bool namespace_store_read(struct namespace_store *store, struct text bytes, struct error *error) MUST_USE;

#endif
