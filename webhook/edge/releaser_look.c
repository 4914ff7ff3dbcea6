#include "releaser_private.h"

#include "edge/cluster_clock.h"

enum {
    LOOK_MS_MOST = 5000, /* while anything is held */
    POKE_PAUSE_MS = 250, /* between two pokes */
    POKE_AGAIN_MS = 60000,
    OPENING_SLACK_MS = 30, /* an opening is over for certain, also by a clock that is read coarsely */
};

/* One object on the way through a look. */
struct found {
    size_t kind;
    struct held_entry *entry;
};

struct looking {
    struct found *found;
    struct thaw_item *items;
    size_t count;
    int64_t next_s; /* the first instant of the calendar to look again */
    int64_t next_ms;
    struct arena arena;
};

static void note_s(struct looking *looking, int64_t instant_s)
{
    looking->next_s = instant_s < looking->next_s ? instant_s : looking->next_s;
}

static void note_ms(struct looking *looking, int64_t instant_ms)
{
    looking->next_ms = instant_ms < looking->next_ms ? instant_ms : looking->next_ms;
}

/* ---- what there is ---- */

static int64_t due_of(const struct releaser *releaser, const struct held_object *object,
                      const struct held_memory *memory, const struct policy *policy)
{
    bool foreseen =
        memory->until_s != 0 && memory->until_s != FREEZE_NO_END && memory->until_s <= releaser->now_s;
    int64_t opened_s = foreseen ? memory->until_s : memory->opened_s;
    return policy == NULL ? 0 : thaw_due(opened_s, object->uid, policy->release.jitter_s);
}

static enum thaw_stage stage_of(const struct held_memory *memory)
{
    if (memory->stage == THAW_HELD && memory->releasing)
        return THAW_RELEASING;
    return memory->stage;
}

static struct thaw_item item_of(const struct releaser *releaser, const struct held_entry *entry,
                                struct looking *looking)
{
    const struct held_memory *memory = entry->memory;
    const struct snapshot_namespace *namespace = snapshot_find(releaser->snapshot, entry->object.namespace);
    const struct policy *policy = namespace == NULL ? NULL : namespace->policy;
    bool waits = releaser->now_ms < memory->retry_ms;
    if (waits)
        note_ms(looking, memory->retry_ms);
    if (memory->awaited != NULL)
        note_ms(looking, memory->awaited_until_ms);
    if (memory->opens_s > 0)
        note_s(looking, memory->opens_s);
    return (struct thaw_item){
        .policy = policy,
        .namespace = entry->object.namespace,
        .name = entry->object.name,
        .stage = stage_of(memory),
        .may_go = memory->may_go && memory->readable && !memory->busy && memory->awaited == NULL && !waits,
        .refused = memory->pause_ms > 0,
        .since_s = memory->since_s,
        .priority = memory->priority,
        .due_s = memory->may_go ? due_of(releaser, &entry->object, memory, policy) : 0,
    };
}

static size_t count_all(const struct releaser *releaser)
{
    size_t count = 0;
    for (size_t k = 0; k < releaser->kind_count; k++)
        count += held_store_count(releaser->kinds[k].store);
    return count;
}

static void find_all(struct releaser *releaser, struct looking *looking)
{
    size_t most = count_all(releaser);
    looking->found = arena_alloc_array(&looking->arena, most, sizeof(struct found));
    looking->items = arena_alloc_array(&looking->arena, most, sizeof(struct thaw_item));
    for (size_t k = 0; k < releaser->kind_count; k++)
        for (size_t i = 0; i < held_store_count(releaser->kinds[k].store); i++) {
            struct held_entry *entry = held_store_at(releaser->kinds[k].store, i);
            releaser_read(releaser, &releaser->kinds[k], entry);
            looking->found[looking->count] = (struct found){k, entry};
            looking->items[looking->count++] = item_of(releaser, entry, looking);
        }
}

/* ---- labels ---- */

static bool has_failed(const struct releaser *releaser, size_t kind, const struct held_memory *memory,
                       struct looking *looking)
{
    if (memory->progress == ROLLOUT_FAILED)
        return true;
    if (memory->under_way_ms == 0)
        return false;
    int64_t most_ms =
        kind == RELEASER_KIND_DEPLOYMENT ? RELEASER_DEPLOYMENT_MS_MOST : RELEASER_ROLLOUT_MS_MOST;
    int64_t until_ms = memory->under_way_ms + most_ms;
    if (releaser->now_ms < until_ms)
        note_ms(looking, until_ms);
    return releaser->now_ms >= until_ms;
}

/* In a namespace that nobody governs there is no gate that would take a mark away that means nothing. */
static bool is_left_over(const struct releaser *releaser, const struct held_entry *entry)
{
    const struct held_memory *memory = entry->memory;
    const struct snapshot_namespace *namespace = snapshot_find(releaser->snapshot, entry->object.namespace);
    return memory->stage == THAW_HELD && !memory->readable && namespace != NULL && namespace->policy == NULL;
}

static enum errand_what label_needed(const struct releaser *releaser, const struct found *found,
                                     struct looking *looking)
{
    const struct held_memory *memory = found->entry->memory;
    if (!memory->known || memory->busy || memory->awaited != NULL)
        return ERRAND_NONE;
    if (is_left_over(releaser, found->entry))
        return ERRAND_FINISHED;
    if (memory->stage == THAW_HELD)
        return ERRAND_NONE;
    if (memory->progress == ROLLOUT_FINISHED)
        return ERRAND_FINISHED;
    if (memory->stage == THAW_RELEASING && has_failed(releaser, found->kind, memory, looking))
        return ERRAND_FAILED;
    return ERRAND_NONE;
}

/* The label as it is, with its NUL. */
static const char *label_of(const struct held_object *object, struct arena *arena)
{
    return arena_copy(arena, object->label).at;
}

static void start_patch(struct releaser *releaser, struct errand *errand, enum errand_what what,
                        const struct found *found)
{
    struct json root;
    struct held_entry *entry = found->entry;
    const struct kube_held_kind *kind = &releaser->kinds[found->kind].kind;
    const struct snapshot_namespace *namespace = snapshot_find(releaser->snapshot, entry->object.namespace);
    const struct workload_type *type = releaser_type_of(releaser, kind, namespace);
    bool whole = namespace != NULL && namespace->policy == NULL; /* no gate restores the field */
    if (type == NULL || !releaser_parse(releaser, &entry->object, &root))
        return;
    arena_reset(&releaser->scratch);
    json_text_clear(&releaser->patch);
    if (what == ERRAND_RELEASE)
        hold_write_release(root, type, whole, &releaser->scratch, &releaser->patch);
    else
        hold_write_label(root, label_of(&entry->object, &releaser->scratch),
                         what == ERRAND_FAILED ? HOLD_LABEL_FAILED : NULL, &releaser->patch);
    if (releaser->patch.length > 0)
        errand_start_object(releaser, errand, what, found->kind, entry, "application/json-patch+json",
                            json_text_view(&releaser->patch));
}

/* A few in a second, of what is in no hurry. */
static bool takes_its_time(struct releaser *releaser, struct looking *looking)
{
    if (releaser->now_ms < releaser->poke_due_ms) {
        note_ms(looking, releaser->poke_due_ms);
        return false;
    }
    releaser->poke_due_ms = releaser->now_ms + POKE_PAUSE_MS;
    return true;
}

static void set_labels(struct releaser *releaser, struct looking *looking)
{
    for (size_t i = 0; i < looking->count; i++) {
        const struct found *found = &looking->found[i];
        const struct held_memory *memory = found->entry->memory;
        enum errand_what what = label_needed(releaser, found, looking);
        if (what == ERRAND_NONE || releaser->now_ms < memory->retry_ms)
            continue;
        struct errand *errand = errands_free(releaser);
        if (is_left_over(releaser, found->entry)) /* whoever plants many of them waits for himself alone */
            errand = takes_its_time(releaser, looking) ? errands_free_side(releaser) : NULL;
        if (errand != NULL) /* else: the end of a request is a reason to look again */
            start_patch(releaser, errand, what, found);
    }
}

/* ---- releases ---- */

static void release(struct releaser *releaser, struct looking *looking)
{
    struct thaw thaw;
    thaw_choose(looking->items, looking->count, releaser->now_s, &looking->arena, &thaw);
    note_s(looking, thaw.next_s);
    if (releaser->now_ms < releaser->settled_ms) {
        note_ms(looking, releaser->settled_ms);
        return;
    }
    for (size_t i = 0; i < thaw.chosen_count; i++) {
        struct errand *errand = errands_free(releaser);
        if (errand == NULL)
            return;
        start_patch(releaser, errand, ERRAND_RELEASE, &looking->found[thaw.chosen[i]]);
    }
}

/* ---- annotations that say what is no longer so ---- */

/* A poke is a patch of nothing: the gate writes the marks anew, or strips those that mean nothing. */
static bool wants_poke(const struct releaser *releaser, const struct held_entry *entry)
{
    const struct held_memory *memory = entry->memory;
    const struct snapshot_namespace *namespace = snapshot_find(releaser->snapshot, entry->object.namespace);
    if (!memory->known || memory->stage != THAW_HELD || memory->busy || memory->awaited != NULL ||
        memory->may_go || namespace == NULL || namespace->policy == NULL)
        return false;
    uint64_t refresh = memory->readable ? memory->refresh : 1;
    if (refresh == 0)
        return false;
    return refresh != memory->poked || releaser->now_ms - memory->poked_ms >= POKE_AGAIN_MS;
}

static void poke(struct releaser *releaser, struct looking *looking)
{
    for (size_t i = 0; i < looking->count; i++) {
        struct held_memory *memory = looking->found[i].entry->memory;
        if (!wants_poke(releaser, looking->found[i].entry))
            continue;
        struct errand *errand = errands_free_side(releaser);
        if (errand == NULL || !takes_its_time(releaser, looking))
            return;
        memory->poked = memory->readable ? memory->refresh : 1;
        memory->poked_ms = releaser->now_ms;
        errand_start_object(releaser, errand, ERRAND_POKE, looking->found[i].kind, looking->found[i].entry,
                            "application/merge-patch+json", text_of("{}"));
    }
}

/* ---- all of it ---- */

static void set_gauges(const struct releaser *releaser, const struct looking *looking)
{
    int64_t counts[] = {[THAW_HELD] = 0, [THAW_RELEASING] = 0, [THAW_FAILED] = 0};
    int64_t oldest_s = 0;
    for (size_t i = 0; i < looking->count; i++) {
        const struct thaw_item *item = &looking->items[i];
        counts[item->stage]++;
        if (item->stage == THAW_HELD && item->since_s > 0 && (oldest_s == 0 || item->since_s < oldest_s))
            oldest_s = item->since_s;
    }
    metrics_set(releaser->metrics, METRICS_HELD_OBJECTS, counts[THAW_HELD]);
    metrics_set(releaser->metrics, METRICS_RELEASING_OBJECTS, counts[THAW_RELEASING]);
    metrics_set(releaser->metrics, METRICS_THAW_FAILED_OBJECTS, counts[THAW_FAILED]);
    metrics_set(releaser->metrics, METRICS_OLDEST_HOLD_S, oldest_s);
}

static int64_t next_look_ms(const struct releaser *releaser, const struct looking *looking)
{
    int64_t due_ms = releaser->now_ms + (looking->count > 0 ? LOOK_MS_MOST : INT32_MAX);
    if (looking->next_ms < due_ms)
        due_ms = looking->next_ms;
    if (looking->next_s > releaser->now_s + LOOK_MS_MOST / 1000)
        return due_ms;
    int64_t left_ms = looking->next_s * 1000 - cluster_clock_ms() + OPENING_SLACK_MS;
    int64_t at_ms = releaser->now_ms + (left_ms > 0 ? left_ms : OPENING_SLACK_MS);
    return at_ms < due_ms ? at_ms : due_ms;
}

void releaser_look(struct releaser *releaser)
{
    struct looking looking = {.next_s = FREEZE_NO_END, .next_ms = INT64_MAX};
    arena_init(&looking.arena);
    find_all(releaser, &looking);
    release(releaser, &looking);
    set_labels(releaser, &looking);
    poke(releaser, &looking);
    set_gauges(releaser, &looking);
    releaser->look_due_ms = next_look_ms(releaser, &looking);
    arena_done(&looking.arena);
}
