#include "edge/namespaces.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 64 };

/* One allocation: the entry, its labels, then all bytes they point to. */
struct entry {
    struct entry *next; /* in the same bucket */
    uint64_t hash;
    unsigned mark; /* the list that last named it */
    struct namespace_metadata metadata;
    struct label labels[];
};

struct namespace_store {
    struct entry **buckets; /* owned; a power of two of them */
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

struct namespace_store *namespace_store_new(void)
{
    struct namespace_store *store = allocate(1, sizeof(*store));
    store->bucket_count = BUCKETS_FIRST;
    store->buckets = allocate(store->bucket_count, sizeof(struct entry *));
    return store;
}

void namespace_store_free(struct namespace_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->bucket_count; i++) {
        while (store->buckets[i] != NULL) {
            struct entry *entry = store->buckets[i];
            store->buckets[i] = entry->next;
            free(entry);
        }
    }
    free(store->buckets);
    free(store);
}

/* The link that points to the entry of `name`, or to the NULL at the end of its bucket. */
static struct entry **find(const struct namespace_store *store, struct text name, uint64_t hash)
{
    struct entry **link = &store->buckets[hash & (store->bucket_count - 1)];
    while (*link != NULL && ((*link)->hash != hash || !text_equal((*link)->metadata.name, name)))
        link = &(*link)->next;
    return link;
}

static void grow(struct namespace_store *store)
{
    size_t count = store->bucket_count * 2;
    struct entry **buckets = allocate(count, sizeof(struct entry *));
    for (size_t i = 0; i < store->bucket_count; i++) {
        for (struct entry *entry = store->buckets[i], *next; entry != NULL; entry = next) {
            struct entry **bucket = &buckets[entry->hash & (count - 1)];
            next = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    free(store->buckets);
    store->buckets = buckets;
    store->bucket_count = count;
}

/* Copies `text` to *at and moves *at behind it. Never NULL: a label with an empty value is still a label. */
static struct text pack(char **at, struct text text)
{
    struct text packed = {*at, text.length};
    if (text.length > 0)
        memcpy(*at, text.at, text.length);
    *at += text.length;
    return packed;
}

static struct text pack_optional(char **at, struct text text)
{
    return text.at == NULL ? TEXT_EMPTY : pack(at, text);
}

static struct entry *entry_new(const struct namespace_metadata *metadata, uint64_t hash)
{
    size_t label_count = metadata->labels.count;
    size_t byte_count =
        metadata->name.length + metadata->freeze_until.length + metadata->freeze_reason.length;
    for (size_t i = 0; i < label_count; i++)
        byte_count += metadata->labels.items[i].key.length + metadata->labels.items[i].value.length;

    struct entry *entry = allocate(1, sizeof(*entry) + label_count * sizeof(struct label) + byte_count);
    char *at = (char *)&entry->labels[label_count];
    for (size_t i = 0; i < label_count; i++) {
        entry->labels[i].key = pack(&at, metadata->labels.items[i].key);
        entry->labels[i].value = pack(&at, metadata->labels.items[i].value);
    }
    entry->hash = hash;
    entry->metadata = (struct namespace_metadata){
        .name = pack(&at, metadata->name),
        .labels = {entry->labels, label_count},
        .freeze_until = pack_optional(&at, metadata->freeze_until),
        .freeze_reason = pack_optional(&at, metadata->freeze_reason),
        .terminating = metadata->terminating,
    };
    return entry;
}

static bool same_labels(struct labels a, struct labels b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!text_equal(a.items[i].key, b.items[i].key) || !text_equal(a.items[i].value, b.items[i].value))
            return false;
    return true;
}

static bool same_optional(struct text a, struct text b)
{
    return (a.at == NULL) == (b.at == NULL) && text_equal(a, b);
}

/* Labels in another order count as different: that costs one snapshot too many, never one too few. */
static bool same(const struct namespace_metadata *a, const struct namespace_metadata *b)
{
    return a->terminating == b->terminating && same_optional(a->freeze_until, b->freeze_until) &&
           same_optional(a->freeze_reason, b->freeze_reason) && same_labels(a->labels, b->labels);
}

bool namespace_store_put(struct namespace_store *store, const struct namespace_metadata *metadata)
{
    uint64_t hash = text_hash(metadata->name);
    struct entry **link = find(store, metadata->name, hash);
    if (*link != NULL && same(&(*link)->metadata, metadata)) {
        (*link)->mark = store->mark;
        return false;
    }

    struct entry *entry = entry_new(metadata, hash);
    entry->mark = store->mark;
    store->generation++;
    if (*link != NULL) {
        entry->next = (*link)->next;
        free(*link);
        *link = entry;
        return true;
    }
    *link = entry;
    if (++store->count > store->bucket_count)
        grow(store);
    return true;
}

static void drop(struct namespace_store *store, struct entry **link)
{
    struct entry *entry = *link;
    *link = entry->next;
    free(entry);
    store->count--;
    store->generation++;
}

bool namespace_store_remove(struct namespace_store *store, struct text name)
{
    struct entry **link = find(store, name, text_hash(name));
    if (*link == NULL)
        return false;
    drop(store, link);
    return true;
}

void namespace_store_list_begin(struct namespace_store *store)
{
    store->mark++;
}

void namespace_store_list_end(struct namespace_store *store)
{
    for (size_t i = 0; i < store->bucket_count; i++) {
        struct entry **link = &store->buckets[i];
        while (*link != NULL) {
            if ((*link)->mark == store->mark)
                link = &(*link)->next;
            else
                drop(store, link);
        }
    }
}

size_t namespace_store_count(const struct namespace_store *store)
{
    return store->count;
}

uint64_t namespace_store_generation(const struct namespace_store *store)
{
    return store->generation;
}

void namespace_store_each(const struct namespace_store *store,
                          void (*visit)(void *context, const struct namespace_metadata *metadata),
                          void *context)
{
    for (size_t i = 0; i < store->bucket_count; i++)
        for (const struct entry *entry = store->buckets[i]; entry != NULL; entry = entry->next)
            visit(context, &entry->metadata);
}
