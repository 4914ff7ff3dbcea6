#include "edge/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Half-full at most, so that a miss ends after a probe or two. */
enum { SLOTS_LEAST = 16, SLOTS_PER_NAMESPACE = 2 };

struct snapshot {
    atomic_uint references;
    struct policy_file *policies; /* one reference, as to the next two */
    struct calendars *calendars;
    struct approval_index *approvals;
    struct arena arena; /* owns all below */
    struct snapshot_namespace *namespaces;
    size_t namespace_count;
    uint32_t *slots; /* open addressing: 1 + index into namespaces, 0 is free */
    size_t slot_mask;
};

static size_t slot_count_for(size_t namespaces)
{
    size_t slots = SLOTS_LEAST;
    while (slots < namespaces * SLOTS_PER_NAMESPACE)
        slots *= 2;
    return slots;
}

static void insert(struct snapshot *snapshot, uint32_t index)
{
    size_t slot = text_hash(snapshot->namespaces[index].name) & snapshot->slot_mask;
    while (snapshot->slots[slot] != 0)
        slot = (slot + 1) & snapshot->slot_mask;
    snapshot->slots[slot] = index + 1;
}

static struct text label_value(const struct labels labels, const char *key)
{
    const struct text *value = labels_get(labels, text_of(key));
    return value == NULL ? TEXT_EMPTY : *value;
}

static void add_namespace(void *context, const struct namespace_metadata *metadata)
{
    struct snapshot *snapshot = context;
    uint32_t index = (uint32_t)snapshot->namespace_count++;
    struct snapshot_namespace *namespace = &snapshot->namespaces[index];
    namespace->name = arena_copy(&snapshot->arena, metadata->name);
    namespace->policy = policy_for_namespace(snapshot_policies(snapshot), metadata->labels);
    namespace->facts.namespace_known = true;
    namespace->facts.namespace_terminating = metadata->terminating;
    freeze_label_read(&snapshot->arena, label_value(metadata->labels, NAMESPACE_FREEZE),
                      metadata->freeze_until, metadata->freeze_reason, &namespace->facts.freeze_label);
    namespace->facts.calendar = namespace->policy == NULL
                                    ? NULL
                                    : calendars_for(snapshot->calendars, namespace->policy, metadata->labels);
    insert(snapshot, index);
}

struct snapshot *snapshot_build(struct policy_file *policies, struct calendars *calendars,
                                struct approval_index *approvals, const struct namespace_store *store)
{
    struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
    if (snapshot == NULL)
        abort();
    atomic_init(&snapshot->references, 1);
    snapshot->policies = policy_file_ref(policies);
    snapshot->calendars = calendars_ref(calendars);
    snapshot->approvals = approval_index_ref(approvals);
    calendars_count_anew(calendars);
    arena_init(&snapshot->arena);

    size_t count = namespace_store_count(store);
    size_t slot_count = slot_count_for(count);
    if (count >= UINT32_MAX)
        abort();
    snapshot->namespaces = arena_alloc_array(&snapshot->arena, count, sizeof(*snapshot->namespaces));
    snapshot->slots = arena_alloc_array(&snapshot->arena, slot_count, sizeof(*snapshot->slots));
    snapshot->slot_mask = slot_count - 1;
    namespace_store_each(store, add_namespace, snapshot);
    calendars_tally(calendars);
    return snapshot;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    /* Whoever calls holds a reference already, so nothing needs to be ordered before the increment. */
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
    /* Release: our reads end before the count drops. Acquire: whoever frees sees that all reads have ended.
     */
    if (snapshot == NULL || atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) > 1)
        return;
    approval_index_unref(snapshot->approvals);
    calendars_unref(snapshot->calendars);
    policy_file_unref(snapshot->policies);
    arena_done(&snapshot->arena);
    free(snapshot);
}

const struct snapshot_namespace *snapshot_find(const struct snapshot *snapshot, struct text name)
{
    size_t slot = text_hash(name) & snapshot->slot_mask;
    while (snapshot->slots[slot] != 0) {
        const struct snapshot_namespace *namespace = &snapshot->namespaces[snapshot->slots[slot] - 1];
        if (text_equal(namespace->name, name))
            return namespace;
        slot = (slot + 1) & snapshot->slot_mask;
    }
    return NULL;
}

const struct policy_set *snapshot_policies(const struct snapshot *snapshot)
{
    return policy_file_policies(snapshot->policies);
}

const struct approval *snapshot_approvals(const struct snapshot *snapshot, struct text namespace,
                                          struct text kind, struct text name, size_t *ret_count)
{
    return approval_index_find(snapshot->approvals, namespace, kind, name, ret_count);
}

const struct snapshot_namespace *snapshot_namespaces(const struct snapshot *snapshot, size_t *ret_count)
{
    *ret_count = snapshot->namespace_count;
    return snapshot->namespaces;
}

struct text snapshot_window_uid(const struct snapshot *snapshot, struct text name)
{
    return calendars_window_uid(snapshot->calendars, name);
}

struct snapshot_counts snapshot_count(const struct snapshot *snapshot, int64_t now_s)
{
    struct snapshot_counts counts = {.namespaces = snapshot->namespace_count};
    for (size_t i = 0; i < snapshot->namespace_count; i++) {
        const struct snapshot_namespace *namespace = &snapshot->namespaces[i];
        if (namespace->policy == NULL)
            continue;
        counts.governed++;
        struct calendar_view view =
            calendar_view_whole(namespace->facts.calendar, &namespace->facts.freeze_label);
        counts.frozen += freeze_closes(calendar_at(&view, now_s).action);
    }
    return counts;
}
