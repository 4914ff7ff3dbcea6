#include "edge/window_store.h"

#include <stdlib.h>

enum { CAPACITY_FIRST = 16 };

/* One allocation: the entry, then all bytes its object points to. */
struct entry {
    unsigned mark; /* the list that last named it */
    struct window_object object;
    char bytes[];
};

/* Sorted by name: there are tens of windows, seldom hundreds, and whoever reads them wants an order that does
 * not depend on what came when. */
struct window_store {
    struct entry **entries; /* owned, as each of them */
    size_t count, capacity;
    unsigned mark; /* of the list under way, or of the last one */
    uint64_t spec_generation;
};

struct window_store *window_store_new(void)
{
    struct window_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        abort();
    return store;
}

void window_store_free(struct window_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->count; i++)
        free(store->entries[i]);
    free(store->entries);
    free(store);
}

/* Index of the first whose name is not before `name`. */
static size_t place_of(const struct window_store *store, struct text name)
{
    size_t low = 0, high = store->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(store->entries[middle]->object.name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct window_store *store, size_t place, struct text name)
{
    return place < store->count && text_equal(store->entries[place]->object.name, name);
}

static struct text pack(char **at, struct text text)
{
    struct text packed = {*at, text.length};
    if (text.length > 0)
        memcpy(*at, text.at, text.length);
    *at += text.length;
    return packed;
}

static struct entry *entry_new(const struct window_object *object, unsigned mark)
{
    size_t byte_count = object->name.length + object->uid.length + object->resource_version.length +
                        object->spec.length + object->status.length;
    struct entry *entry = calloc(1, sizeof(*entry) + byte_count);
    if (entry == NULL)
        abort();
    char *at = entry->bytes;
    entry->mark = mark;
    entry->object = (struct window_object){
        .name = pack(&at, object->name),
        .uid = pack(&at, object->uid),
        .resource_version = pack(&at, object->resource_version),
        .generation = object->generation,
        .spec = pack(&at, object->spec),
        .status = pack(&at, object->status),
        .terminating = object->terminating,
    };
    return entry;
}

static void insert(struct window_store *store, size_t place, struct entry *entry)
{
    if (store->count == store->capacity) {
        store->capacity = store->capacity == 0 ? CAPACITY_FIRST : store->capacity * 2;
        store->entries = reallocarray(store->entries, store->capacity, sizeof(store->entries[0]));
        if (store->entries == NULL)
            abort();
    }
    memmove(&store->entries[place + 1], &store->entries[place],
            (store->count - place) * sizeof(store->entries[0]));
    store->entries[place] = entry;
    store->count++;
}

static enum window_change compare(const struct window_object *a, const struct window_object *b)
{
    if (!text_equal(a->uid, b->uid) || !text_equal(a->spec, b->spec) || a->terminating != b->terminating)
        return WINDOW_SPEC_CHANGED;
    return text_equal(a->status, b->status) && a->generation == b->generation ? WINDOW_SAME
                                                                              : WINDOW_STATUS_CHANGED;
}

enum window_change window_store_put(struct window_store *store, const struct window_object *object)
{
    size_t place = place_of(store, object->name);
    struct entry *entry = entry_new(object, store->mark);
    enum window_change change = WINDOW_SPEC_CHANGED;
    if (is_at(store, place, object->name)) {
        change = compare(&store->entries[place]->object, object);
        free(store->entries[place]);
        store->entries[place] = entry;
    } else {
        insert(store, place, entry);
    }
    store->spec_generation += change == WINDOW_SPEC_CHANGED;
    return change;
}

bool window_store_remove(struct window_store *store, struct text name)
{
    size_t place = place_of(store, name);
    if (!is_at(store, place, name))
        return false;
    free(store->entries[place]);
    store->count--;
    memmove(&store->entries[place], &store->entries[place + 1],
            (store->count - place) * sizeof(store->entries[0]));
    store->spec_generation++;
    return true;
}

void window_store_list_begin(struct window_store *store)
{
    store->mark++;
}

void window_store_list_end(struct window_store *store)
{
    size_t kept = 0;
    for (size_t i = 0; i < store->count; i++) {
        if (store->entries[i]->mark == store->mark)
            store->entries[kept++] = store->entries[i];
        else
            free(store->entries[i]);
    }
    store->spec_generation += kept != store->count;
    store->count = kept;
}

size_t window_store_count(const struct window_store *store)
{
    return store->count;
}

uint64_t window_store_spec_generation(const struct window_store *store)
{
    return store->spec_generation;
}

const struct window_object *window_store_find(const struct window_store *store, struct text name)
{
    size_t place = place_of(store, name);
    return is_at(store, place, name) ? &store->entries[place]->object : NULL;
}

void window_store_each(const struct window_store *store,
                       void (*visit)(void *context, const struct window_object *object), void *context)
{
    for (size_t i = 0; i < store->count; i++)
        visit(context, &store->entries[i]->object);
}
