/* edge/approval_store: the watcher's own copy of every Approval object that can count. One thread owns it.
 * Layer: edge.
 *
 * An entry never changes: an object that changes gets another one. So whoever reads on another thread (see
 * edge/approval_index.h) keeps the entry itself by a reference, and no text is copied twice. Putting, finding
 * and removing cost the same however many there are.
 */
#ifndef CHANGEGATE_EDGE_APPROVAL_STORE_H
#define CHANGEGATE_EDGE_APPROVAL_STORE_H

#include "core/approval.h"

struct approval_store;  /* owned by the watcher */
struct approval_listed; /* codec/approval_object.h */

/* One object; counted, immutable. */
struct approval_entry;
struct approval_entry *approval_entry_ref(struct approval_entry *entry); /* thread-safe */
void approval_entry_unref(struct approval_entry *entry);                 /* thread-safe */
struct text approval_entry_namespace(const struct approval_entry *entry);
const struct approval *approval_entry_approval(const struct approval_entry *entry);

struct approval_store *approval_store_new(void);
void approval_store_free(struct approval_store *store); /* accepts NULL */

/* Add or replace; copies. One that terminates was revoked: it is taken out. False: nothing is another than
 * before. */
bool approval_store_put(struct approval_store *store, const struct approval_listed *listed);

/* False: there was no such object. */
bool approval_store_remove(struct approval_store *store, struct text namespace, struct text name);

/* A full list: between begin and end every object that still exists is put; the others are dropped at the
 * end. A begin without an end (the list was cut) drops nothing; the next begin starts over. */
void approval_store_list_begin(struct approval_store *store);
void approval_store_list_end(struct approval_store *store);

size_t approval_store_count(const struct approval_store *store);

/* Grows whenever an object comes, changes or goes. */
uint64_t approval_store_generation(const struct approval_store *store);

/* Calls `visit` for each, in no particular order. Whoever keeps an entry takes a reference. */
void approval_store_each(const struct approval_store *store,
                         void (*visit)(void *context, struct approval_entry *entry), void *context);

#endif
