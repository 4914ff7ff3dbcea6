/* edge/window_store: the watcher's own copy of every FreezeWindow object. One thread owns it.
 * Layer: edge.
 *
 * It keeps what the objects say and judges nothing: what a spec means, and whether it is valid, is the
 * business of whoever reads it.
 */
#ifndef CHANGEGATE_EDGE_WINDOW_STORE_H
#define CHANGEGATE_EDGE_WINDOW_STORE_H

#include "core/text.h"

struct window_store; /* owned by the watcher */

struct window_object {
    struct text name, uid, resource_version;
    int64_t generation;
    struct text spec, status; /* JSON text; empty: absent */
    bool terminating;
};

struct window_store *window_store_new(void);
void window_store_free(struct window_store *store); /* accepts NULL */

enum window_change {
    WINDOW_SAME,           /* at most the resource version is another */
    WINDOW_STATUS_CHANGED, /* status or generation; no decision can differ */
    WINDOW_SPEC_CHANGED,   /* new, or another spec, another uid, or it began to terminate */
};

/* Add or replace; copies. */
enum window_change window_store_put(struct window_store *store, const struct window_object *object);

/* False: there was no such window. */
bool window_store_remove(struct window_store *store, struct text name);

/* A full list: between begin and end every window that still exists is put; the others are dropped at the
 * end. A begin without an end (the list was cut) drops nothing; the next begin starts over. */
void window_store_list_begin(struct window_store *store);
void window_store_list_end(struct window_store *store);

size_t window_store_count(const struct window_store *store);

/* Grows with every WINDOW_SPEC_CHANGED and every window that goes: what was made of the specs at the same
 * number is still right. */
uint64_t window_store_spec_generation(const struct window_store *store);

/* NULL: no such window. Borrows from the store until it is put or removed again. */
const struct window_object *window_store_find(const struct window_store *store, struct text name);

/* Calls `visit` for each, in the order of their names. Objects borrow from the store. */
void window_store_each(const struct window_store *store,
                       void (*visit)(void *context, const struct window_object *object), void *context);

#endif
