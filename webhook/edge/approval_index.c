#include "edge/approval_index.h"

#include "edge/keyed_hash.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Half-full at most, so that a miss ends after a probe or two. */
enum { SLOTS_LEAST = 16, SLOTS_PER_WORKLOAD = 2 };

/* The approvals of one workload: a run of the array. */
struct run {
    uint64_t hash;
    struct text namespace;
    uint32_t first, count;
};

struct approval_index {
    atomic_uint references;
    uint64_t generation;
    struct hash_key key;
    struct approval_entry **entries; /* one reference to each; sorted; approvals[i] borrows from entries[i] */
    struct approval *approvals;      /* owned, as the next two */
    size_t count;
    struct run *runs;
    size_t run_count;
    uint32_t *slots; /* open addressing: 1 + index into runs, 0 is free */
    size_t slot_mask;
};

static void *allocate(size_t count, size_t size_bytes)
{
    void *memory = calloc(count == 0 ? 1 : count, size_bytes);
    if (memory == NULL)
        abort();
    return memory;
}

/* ---- building ---- */

/* An entry on its way to its place. */
struct placed {
    struct approval_entry *entry;
    uint32_t turn; /* how many its approver has before it for that template */
};

struct gathering {
    struct placed *placed;
    size_t count;
    int64_t now_s;
};

static void gather(void *context, struct approval_entry *entry)
{
    struct gathering *gathering = context;
    if (approval_entry_approval(entry)->expires_s > gathering->now_s)
        gathering->placed[gathering->count++].entry = approval_entry_ref(entry);
}

static int order_workload(const struct approval_entry *a, const struct approval_entry *b)
{
    const struct approval *of_a = approval_entry_approval(a), *of_b = approval_entry_approval(b);
    int order = text_compare(approval_entry_namespace(a), approval_entry_namespace(b));
    if (order == 0)
        order = text_compare(of_a->workload, of_b->workload);
    return order != 0 ? order : text_compare(of_a->kind, of_b->kind);
}

static int order_template(const struct placed *a, const struct placed *b)
{
    int order = order_workload(a->entry, b->entry);
    return order != 0 ? order
                      : text_compare(approval_entry_approval(a->entry)->digest,
                                     approval_entry_approval(b->entry)->digest);
}

static int order_age(const struct approval *a, const struct approval *b)
{
    int order = (a->created_s > b->created_s) - (a->created_s < b->created_s);
    return order != 0 ? order : text_compare(a->name, b->name);
}

/* What one person wrote for one template side by side, the newest first. */
static int order_person(const void *a, const void *b)
{
    const struct placed *placed_a = a, *placed_b = b;
    const struct approval *of_a = approval_entry_approval(placed_a->entry),
                          *of_b = approval_entry_approval(placed_b->entry);
    int order = order_template(placed_a, placed_b);
    if (order == 0)
        order = text_compare(of_a->approver, of_b->approver);
    return order != 0 ? order : order_age(of_b, of_a);
}

static int order_turn(const void *a, const void *b)
{
    const struct placed *placed_a = a, *placed_b = b;
    int order = (placed_a->turn > placed_b->turn) - (placed_a->turn < placed_b->turn);
    return order != 0 ? order
                      : order_age(approval_entry_approval(placed_a->entry),
                                  approval_entry_approval(placed_b->entry));
}

/* Of one template, and sorted by person: from now on by turns. */
static void take_turns(struct placed *placed, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        bool again = text_equal(approval_entry_approval(placed[i].entry)->approver,
                                approval_entry_approval(placed[i - 1].entry)->approver);
        placed[i].turn = again ? placed[i - 1].turn + 1 : 0;
    }
    if (count > 1)
        qsort(placed, count, sizeof(*placed), order_turn);
}

static void arrange(struct placed *placed, size_t count)
{
    qsort(placed, count, sizeof(*placed), order_person);
    for (size_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && order_template(&placed[first], &placed[end]) == 0)
            end++;
        take_turns(&placed[first], end - first);
    }
}

static uint64_t hash_of(const struct approval_index *index, struct text namespace, struct text kind,
                        struct text name)
{
    const struct text texts[] = {namespace, kind, name};
    return keyed_hash_texts(&index->key, texts, 3);
}

/* The sorted entries as an array of approvals, and where each workload's begin. */
static void fill(struct approval_index *index)
{
    index->approvals = allocate(index->count, sizeof(*index->approvals));
    index->runs = allocate(index->count, sizeof(*index->runs));
    for (size_t i = 0; i < index->count; i++) {
        index->approvals[i] = *approval_entry_approval(index->entries[i]);
        if (i == 0 || order_workload(index->entries[i - 1], index->entries[i]) != 0) {
            const struct approval *first = &index->approvals[i];
            struct text namespace = approval_entry_namespace(index->entries[i]);
            index->runs[index->run_count++] = (struct run){
                .hash = hash_of(index, namespace, first->kind, first->workload),
                .namespace = namespace,
                .first = (uint32_t)i,
            };
        }
        index->runs[index->run_count - 1].count++;
    }
}

static void make_slots(struct approval_index *index)
{
    size_t count = SLOTS_LEAST;
    while (count < index->run_count * SLOTS_PER_WORKLOAD)
        count *= 2;
    index->slots = allocate(count, sizeof(*index->slots));
    index->slot_mask = count - 1;
    for (size_t i = 0; i < index->run_count; i++) {
        size_t slot = index->runs[i].hash & index->slot_mask;
        while (index->slots[slot] != 0)
            slot = (slot + 1) & index->slot_mask;
        index->slots[slot] = (uint32_t)i + 1;
    }
}

struct approval_index *approval_index_build(const struct approval_store *store, int64_t now_s)
{
    struct approval_index *index = allocate(1, sizeof(*index));
    struct gathering gathering = {.now_s = now_s};
    if (approval_store_count(store) >= UINT32_MAX)
        abort();
    atomic_init(&index->references, 1);
    index->generation = approval_store_generation(store);
    index->key = hash_key_random();
    gathering.placed = allocate(approval_store_count(store), sizeof(*gathering.placed));
    approval_store_each(store, gather, &gathering);
    arrange(gathering.placed, gathering.count);
    index->count = gathering.count;
    index->entries = allocate(index->count, sizeof(struct approval_entry *));
    for (size_t i = 0; i < index->count; i++)
        index->entries[i] = gathering.placed[i].entry;
    free(gathering.placed);
    fill(index);
    make_slots(index);
    return index;
}

bool approval_index_is_current(const struct approval_index *index, const struct approval_store *store)
{
    return index != NULL && index->generation == approval_store_generation(store);
}

void approval_index_update(struct approval_index **index, const struct approval_store *store, int64_t now_s)
{
    if (approval_index_is_current(*index, store))
        return;
    approval_index_unref(*index);
    *index = approval_index_build(store, now_s);
}

struct approval_index *approval_index_ref(struct approval_index *index)
{
    /* Whoever calls holds a reference already, so nothing needs to be ordered before the increment. */
    if (index != NULL)
        atomic_fetch_add_explicit(&index->references, 1, memory_order_relaxed);
    return index;
}

void approval_index_unref(struct approval_index *index)
{
    /* Release: our reads end before the count drops. Acquire: whoever frees sees that all reads have ended.
     */
    if (index == NULL || atomic_fetch_sub_explicit(&index->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < index->count; i++)
        approval_entry_unref(index->entries[i]);
    free(index->entries);
    free(index->approvals);
    free(index->runs);
    free(index->slots);
    free(index);
}

/* ---- asking ---- */

const struct approval *approval_index_find(const struct approval_index *index, struct text namespace,
                                           struct text kind, struct text name, size_t *ret_count)
{
    *ret_count = 0;
    if (index == NULL || index->count == 0)
        return NULL;
    uint64_t hash = hash_of(index, namespace, kind, name);
    for (size_t slot = hash & index->slot_mask; index->slots[slot] != 0;
         slot = (slot + 1) & index->slot_mask) {
        const struct run *run = &index->runs[index->slots[slot] - 1];
        const struct approval *first = &index->approvals[run->first];
        if (run->hash != hash || !text_equal(run->namespace, namespace) || !text_equal(first->kind, kind) ||
            !text_equal(first->workload, name))
            continue;
        *ret_count = run->count;
        return first;
    }
    return NULL;
}

size_t approval_index_in_force(const struct approval_index *index, int64_t now_s)
{
    size_t count = 0;
    for (size_t i = 0; index != NULL && i < index->count; i++)
        count += index->approvals[i].expires_s > now_s;
    return count;
}
