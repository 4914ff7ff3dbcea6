#include "edge/held_store.h"

#include <stdlib.h>

enum { CAPACITY_FIRST = 16 };

/* The entry that others see, and the one allocation that its object's texts point into. */
struct kept {
    struct held_entry entry;
    unsigned mark; /* the list that last named it */
    char *bytes;   /* owned */
};

/* Sorted by namespace and name. */
struct held_store {
    struct kept **all; /* owned, as each of them */
    size_t count, capacity;
    unsigned mark; /* of the list under way, or of the last one */
    uint64_t generation;
    size_t memory_bytes;
    void (*forget)(void *memory);
};

static void *allocate(size_t bytes)
{
    void *memory = calloc(1, bytes == 0 ? 1 : bytes);
    if (memory == NULL)
        abort();
    return memory;
}

struct held_store *held_store_new(size_t memory_bytes, void (*forget)(void *memory))
{
    struct held_store *store = allocate(sizeof(*store));
    store->memory_bytes = memory_bytes;
    store->forget = forget;
    return store;
}

static void drop_memory(struct held_store *store, struct kept *kept)
{
    if (store->forget != NULL)
        store->forget(kept->entry.memory);
    free(kept->entry.memory);
}

static void drop(struct held_store *store, struct kept *kept)
{
    drop_memory(store, kept);
    free(kept->bytes);
    free(kept);
}

void held_store_free(struct held_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->count; i++)
        drop(store, store->all[i]);
    free(store->all);
    free(store);
}

/* Index of the first that is not before this one. */
static size_t place_of(const struct held_store *store, struct text namespace, struct text name)
{
    size_t low = 0, high = store->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct held_object *object = &store->all[middle]->entry.object;
        int order = text_compare(object->namespace, namespace);
        if (order == 0)
            order = text_compare(object->name, name);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct held_store *store, size_t place, struct text namespace, struct text name)
{
    return place < store->count && text_equal(store->all[place]->entry.object.namespace, namespace) &&
           text_equal(store->all[place]->entry.object.name, name);
}

static struct text pack(char **at, struct text text)
{
    struct text packed = {text.at == NULL ? NULL : *at, text.length};
    if (text.length > 0)
        memcpy(*at, text.at, text.length);
    *at += text.length;
    return packed;
}

static void copy_object(struct kept *kept, const struct held_object *object)
{
    size_t bytes = object->namespace.length + object->name.length + object->uid.length +
                   object->resource_version.length + object->label.length + object->annotation.length +
                   object->json.length;
    char *copy = allocate(bytes), *at = copy;
    kept->entry.object = (struct held_object){
        .namespace = pack(&at, object->namespace),
        .name = pack(&at, object->name),
        .uid = pack(&at, object->uid),
        .resource_version = pack(&at, object->resource_version),
        .label = pack(&at, object->label),
        .annotation = pack(&at, object->annotation),
        .json = pack(&at, object->json),
    };
    kept->entry.changed = true;
    free(kept->bytes);
    kept->bytes = copy;
}

static struct kept *insert(struct held_store *store, size_t place)
{
    if (store->count == store->capacity) {
        store->capacity = store->capacity == 0 ? CAPACITY_FIRST : store->capacity * 2;
        store->all = reallocarray(store->all, store->capacity, sizeof(struct kept *));
        if (store->all == NULL)
            abort();
    }
    memmove(&store->all[place + 1], &store->all[place], (store->count - place) * sizeof(struct kept *));
    store->all[place] = allocate(sizeof(struct kept));
    store->all[place]->entry.memory = allocate(store->memory_bytes);
    store->count++;
    return store->all[place];
}

static void begin_anew(struct held_store *store, struct kept *kept)
{
    if (store->forget != NULL)
        store->forget(kept->entry.memory);
    memset(kept->entry.memory, 0, store->memory_bytes);
}

void held_store_put(struct held_store *store, const struct held_object *object)
{
    size_t place = place_of(store, object->namespace, object->name);
    bool known = is_at(store, place, object->namespace, object->name);
    struct kept *kept = known ? store->all[place] : insert(store, place);
    kept->mark = store->mark;
    if (known && text_equal(kept->entry.object.uid, object->uid)) {
        if (text_equal(kept->entry.object.resource_version, object->resource_version) ||
            held_version_is_older(object->resource_version, kept->entry.object.resource_version))
            return;
    } else if (known) {
        begin_anew(store, kept);
    }
    copy_object(kept, object);
    store->generation++;
}

bool held_store_remove(struct held_store *store, struct text namespace, struct text name)
{
    size_t place = place_of(store, namespace, name);
    if (!is_at(store, place, namespace, name))
        return false;
    drop(store, store->all[place]);
    store->count--;
    memmove(&store->all[place], &store->all[place + 1], (store->count - place) * sizeof(struct kept *));
    store->generation++;
    return true;
}

void held_store_list_begin(struct held_store *store)
{
    store->mark++;
}

void held_store_list_end(struct held_store *store)
{
    size_t kept = 0;
    for (size_t i = 0; i < store->count; i++) {
        if (store->all[i]->mark == store->mark)
            store->all[kept++] = store->all[i];
        else
            drop(store, store->all[i]);
    }
    store->generation += kept != store->count;
    store->count = kept;
}

size_t held_store_count(const struct held_store *store)
{
    return store->count;
}

struct held_entry *held_store_at(const struct held_store *store, size_t index)
{
    return &store->all[index]->entry;
}

struct held_entry *held_store_find(const struct held_store *store, struct text namespace, struct text name)
{
    size_t place = place_of(store, namespace, name);
    return is_at(store, place, namespace, name) ? &store->all[place]->entry : NULL;
}

uint64_t held_store_generation(const struct held_store *store)
{
    return store->generation;
}

static bool is_number(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.length > 0 && text.at[0] != '0';
}

bool held_version_is_older(struct text a, struct text b)
{
    if (!is_number(a) || !is_number(b))
        return false;
    return a.length != b.length ? a.length < b.length : text_compare(a, b) < 0;
}
