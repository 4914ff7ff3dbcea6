/* edge/held_store: the releaser's copy of the objects of one kind that carry HOLD_LABEL. One thread owns it.
 * Layer: edge.
 *
 * It keeps what the objects say and judges nothing. Beside each object it keeps what the releaser knows of it
 * alone: that stays while the object changes, and ends with it. An object that was deleted and made anew
 * under the same name is another one.
 */
#ifndef CHANGEGATE_EDGE_HELD_STORE_H
#define CHANGEGATE_EDGE_HELD_STORE_H

#include "core/text.h"

struct held_store; /* owned by the releaser */

struct held_object {
    struct text namespace, name, uid, resource_version;
    struct text label;      /* the value of HOLD_LABEL */
    struct text annotation; /* HOLD_ANNOTATION; NULL `at`: absent */
    struct text json;       /* the whole object */
};

struct held_entry {
    struct held_object object; /* borrows from the store until it is put or removed again */
    bool changed;              /* since whoever reads it last cleared this */
    void *memory;              /* memory_bytes of the releaser's, zeroed when the object came */
};

/* `forget`, or NULL, is called with an entry's memory when its object goes. */
struct held_store *held_store_new(size_t memory_bytes, void (*forget)(void *memory));
void held_store_free(struct held_store *store); /* accepts NULL */

/* Add or replace; copies. One that is older than what is kept (by resourceVersion) is left out. */
void held_store_put(struct held_store *store, const struct held_object *object);

/* False: there was no such object. */
bool held_store_remove(struct held_store *store, struct text namespace, struct text name);

/* A full list: between begin and end every object that still exists is put; the others are dropped at the
 * end. A begin without an end (the list was cut) drops nothing; the next begin starts over. */
void held_store_list_begin(struct held_store *store);
void held_store_list_end(struct held_store *store);

size_t held_store_count(const struct held_store *store);

/* In the order of namespace, then name; index < held_store_count. */
struct held_entry *held_store_at(const struct held_store *store, size_t index);

/* NULL: no such object. */
struct held_entry *held_store_find(const struct held_store *store, struct text namespace, struct text name);

/* Grows whenever an object comes, changes or goes. */
uint64_t held_store_generation(const struct held_store *store);

/* Whether resourceVersion `a` is the older one; false where that cannot be known.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions (comparable for
 * objects of one kind) */
bool held_version_is_older(struct text a, struct text b);

#endif
