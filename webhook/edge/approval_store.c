#include "edge/approval_store.h"

#include "codec/approval_object.h"
#include "edge/keyed_hash.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { BUCKETS_FIRST = 64 };

/* One allocation: the entry, its groups, then all bytes they point to. */
struct approval_entry {
    atomic_uint references;
    struct text namespace;
    struct approval approval;
    struct text groups[];
};

struct slot {
    struct slot *next; /* in the same bucket */
    uint64_t hash;
    unsigned mark;                /* the list that last named it */
    struct approval_entry *entry; /* one reference */
};

struct approval_store {
    struct hash_key key;
    struct slot **buckets; /* owned; a power of two of them */
    size_t bucket_count;
    size_t count;
    unsigned mark; /* of the list under way, or of the last one */
    uint64_t generation;
};

static void *allocate(size_t count, size_t size_bytes)
{
    void *memory = calloc(count, size_bytes);
    if (memory == NULL)
        abort();
    return memory;
}

/* ---- one object ---- */

struct approval_entry *approval_entry_ref(struct approval_entry *entry)
{
    /* Whoever calls holds a reference already, so nothing needs to be ordered before the increment. */
    atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
    return entry;
}

void approval_entry_unref(struct approval_entry *entry)
{
    /* Release: our reads end before the count drops. Acquire: whoever frees sees that all reads have ended.
     */
    if (atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel) == 1)
        free(entry);
}

struct text approval_entry_namespace(const struct approval_entry *entry)
{
    return entry->namespace;
}

const struct approval *approval_entry_approval(const struct approval_entry *entry)
{
    return &entry->approval;
}

static struct text pack(char **at, struct text text)
{
    struct text packed = {*at, text.length};
    if (text.length > 0)
        memcpy(*at, text.at, text.length);
    *at += text.length;
    return packed;
}

static size_t bytes_of(const struct approval_listed *listed)
{
    const struct approval *approval = &listed->approval;
    size_t bytes = listed->namespace.length + approval->name.length + approval->change_id.length +
                   approval->kind.length + approval->workload.length + approval->digest.length +
                   approval->approver.length;
    for (size_t i = 0; i < approval->group_count; i++)
        bytes += approval->groups[i].length;
    return bytes;
}

static struct approval_entry *entry_new(const struct approval_listed *listed)
{
    const struct approval *from = &listed->approval;
    struct approval_entry *entry =
        allocate(1, sizeof(*entry) + from->group_count * sizeof(struct text) + bytes_of(listed));
    char *at = (char *)&entry->groups[from->group_count];
    atomic_init(&entry->references, 1);
    for (size_t i = 0; i < from->group_count; i++)
        entry->groups[i] = pack(&at, from->groups[i]);
    entry->namespace = pack(&at, listed->namespace);
    entry->approval = (struct approval){
        .source = from->source,
        .name = pack(&at, from->name),
        .change_id = pack(&at, from->change_id),
        .kind = pack(&at, from->kind),
        .workload = pack(&at, from->workload),
        .digest = pack(&at, from->digest),
        .approver = pack(&at, from->approver),
        .groups = entry->groups,
        .group_count = from->group_count,
        .created_s = from->created_s,
        .not_before_s = from->not_before_s,
        .expires_s = from->expires_s,
    };
    return entry;
}

static bool same(const struct approval *a, const struct approval *b)
{
    bool same = text_equal(a->change_id, b->change_id) && text_equal(a->kind, b->kind) &&
                text_equal(a->workload, b->workload) && text_equal(a->digest, b->digest) &&
                text_equal(a->approver, b->approver) && a->group_count == b->group_count &&
                a->created_s == b->created_s && a->expires_s == b->expires_s;
    for (size_t i = 0; same && i < a->group_count; i++)
        same = text_equal(a->groups[i], b->groups[i]);
    return same;
}

/* ---- all of them ---- */

struct approval_store *approval_store_new(void)
{
    struct approval_store *store = allocate(1, sizeof(*store));
    store->key = hash_key_random();
    store->bucket_count = BUCKETS_FIRST;
    store->buckets = allocate(store->bucket_count, sizeof(struct slot *));
    return store;
}

static void drop(struct approval_store *store, struct slot **link)
{
    struct slot *slot = *link;
    *link = slot->next;
    approval_entry_unref(slot->entry);
    free(slot);
    store->count--;
    store->generation++;
}

void approval_store_free(struct approval_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->bucket_count; i++)
        while (store->buckets[i] != NULL)
            drop(store, &store->buckets[i]);
    free(store->buckets);
    free(store);
}

/* The link that points to the slot of this object, or to the NULL at the end of its bucket. */
static struct slot **find(const struct approval_store *store, struct text namespace, struct text name,
                          uint64_t *ret_hash)
{
    const struct text names[] = {namespace, name};
    uint64_t hash = *ret_hash = keyed_hash_texts(&store->key, names, 2);
    struct slot **link = &store->buckets[hash & (store->bucket_count - 1)];
    while (*link != NULL && ((*link)->hash != hash || !text_equal((*link)->entry->approval.name, name) ||
                             !text_equal((*link)->entry->namespace, namespace)))
        link = &(*link)->next;
    return link;
}

static void grow(struct approval_store *store)
{
    size_t count = store->bucket_count * 2;
    struct slot **buckets = allocate(count, sizeof(struct slot *));
    for (size_t i = 0; i < store->bucket_count; i++) {
        for (struct slot *slot = store->buckets[i], *next; slot != NULL; slot = next) {
            struct slot **bucket = &buckets[slot->hash & (count - 1)];
            next = slot->next;
            slot->next = *bucket;
            *bucket = slot;
        }
    }
    free(store->buckets);
    store->buckets = buckets;
    store->bucket_count = count;
}

bool approval_store_put(struct approval_store *store, const struct approval_listed *listed)
{
    uint64_t hash;
    if (listed->terminating)
        return approval_store_remove(store, listed->namespace, listed->approval.name);
    struct slot **link = find(store, listed->namespace, listed->approval.name, &hash);
    struct slot *slot = *link;
    if (slot != NULL) {
        slot->mark = store->mark;
        if (same(&slot->entry->approval, &listed->approval))
            return false;
        approval_entry_unref(slot->entry);
        slot->entry = entry_new(listed);
        store->generation++;
        return true;
    }
    slot = *link = allocate(1, sizeof(*slot));
    *slot = (struct slot){.hash = hash, .mark = store->mark, .entry = entry_new(listed)};
    store->generation++;
    if (++store->count > store->bucket_count)
        grow(store);
    return true;
}

bool approval_store_remove(struct approval_store *store, struct text namespace, struct text name)
{
    uint64_t hash;
    struct slot **link = find(store, namespace, name, &hash);
    if (*link == NULL)
        return false;
    drop(store, link);
    return true;
}

void approval_store_list_begin(struct approval_store *store)
{
    store->mark++;
}

void approval_store_list_end(struct approval_store *store)
{
    for (size_t i = 0; i < store->bucket_count; i++) {
        struct slot **link = &store->buckets[i];
        while (*link != NULL) {
            if ((*link)->mark == store->mark)
                link = &(*link)->next;
            else
                drop(store, link);
        }
    }
}

size_t approval_store_count(const struct approval_store *store)
{
    return store->count;
}

uint64_t approval_store_generation(const struct approval_store *store)
{
    return store->generation;
}

void approval_store_each(const struct approval_store *store,
                         void (*visit)(void *context, struct approval_entry *entry), void *context)
{
    for (size_t i = 0; i < store->bucket_count; i++)
        for (const struct slot *slot = store->buckets[i]; slot != NULL; slot = slot->next)
            visit(context, slot->entry);
}
