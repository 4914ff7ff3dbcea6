#include "releaser_private.h"

#include "codec/objects.h"
#include "codec/review.h"
#include "edge/message_log.h"

#include <stdlib.h>

enum { DECIDE_AGAIN_MS = 5000 };

bool releaser_parse(struct releaser *releaser, const struct held_object *object, struct json *ret_root)
{
    struct error error;
    if (json_read(releaser->reader, object->json.at, object->json.length, ret_root, &error))
        return true;
    if (!releaser->said_odd)
        message_error("held object %.*s/%.*s cannot be read, and stays held: %s",
                      TEXT_ARGS(object->namespace), TEXT_ARGS(object->name), error.text);
    releaser->said_odd = true;
    return false;
}

const struct workload_type *releaser_type_of(const struct releaser *releaser,
                                             const struct kube_held_kind *kind,
                                             const struct snapshot_namespace *namespace)
{
    const struct workload_type *type =
        workload_type_find(namespace == NULL ? NULL : namespace->policy, kind->group, kind->resource);
    const struct policy_set *set = snapshot_policies(releaser->snapshot);
    for (size_t i = 0; type == NULL && i < set->count;
         i++) /* the namespace has another policy now, or none */
        type = workload_type_find(&set->items[i], kind->group, kind->resource);
    return type;
}

/* ---- what it says ---- */

static enum thaw_stage stage_of(const struct held_object *object)
{
    if (text_is(object->label, HOLD_LABEL_RELEASING))
        return THAW_RELEASING;
    return text_is(object->label, HOLD_LABEL_FAILED) ? THAW_FAILED : THAW_HELD;
}

static void note_rollout(struct releaser *releaser, struct held_memory *memory)
{
    if (memory->stage != THAW_RELEASING || memory->progress == ROLLOUT_FINISHED)
        memory->under_way_ms = 0;
    else if (memory->under_way_ms == 0)
        memory->under_way_ms = releaser->now_ms;
}

/* The watch shows what the last request wrote, or has had time enough. */
static void note_awaited(struct releaser *releaser, const struct held_object *object,
                         struct held_memory *memory)
{
    if (memory->awaited == NULL)
        return;
    if (held_version_is_older(object->resource_version, text_of(memory->awaited)) &&
        releaser->now_ms < memory->awaited_until_ms)
        return;
    free(memory->awaited);
    memory->awaited = NULL;
    memory->releasing = memory->busy;
    if (memory->asks && stage_of(object) == memory->asked_at)
        errand_retry(releaser, memory, RELEASER_REFUSED_MS_MOST); /* taken, and nothing came of it */
    else
        memory->pause_ms = 0;
    memory->asks = false;
}

static void read_object(struct releaser *releaser, struct releaser_kind *kind, struct held_entry *entry,
                        struct json root, const struct workload_type *type, const struct hold_marks *marks)
{
    const struct held_object *object = &entry->object;
    struct held_memory *memory = entry->memory;
    bool was_held = memory->known && memory->stage == THAW_HELD && memory->readable;
    int64_t was_since_s = memory->since_s;
    memory->stage = stage_of(object);
    memory->readable = marks->held;
    memory->stopped = marks->stopped;
    memory->progress = rollout_progress_read(root, type);
    memory->priority = thaw_priority(object_annotation(root, text_of(PRIORITY_ANNOTATION)));
    memory->known = true;
    if (marks->held && marks->hold.since_s != memory->since_s)
        memory->opened_s = 0; /* held anew */
    memory->since_s = marks->held ? marks->hold.since_s : was_since_s;
    memory->until_s = marks->held ? marks->hold.until_s : 0;
    note_rollout(releaser, memory);
    if (was_held && memory->stage == THAW_RELEASING)
        tell_released(releaser, &kind->kind, object, memory, was_since_s);
    if (memory->stage == THAW_HELD && marks->held)
        tell_held(releaser, &kind->kind, object, memory, &marks->hold);
}

/* ---- what the decision says ---- */

static uint64_t refresh_of(const struct hold_target *target, const struct hold *hold, struct arena *arena)
{
    const struct hold *wanted = &target->hold;
    if (!target->decides || !target->held ||
        (wanted->until_s == hold->until_s && text_equal(wanted->reason, hold->reason)))
        return 0;
    struct text said =
        arena_printf(arena, "%lld %.*s", (long long)wanted->until_s, TEXT_ARGS(wanted->reason));
    return text_hash(said) | 1;
}

static void take_verdict(struct releaser *releaser, struct releaser_kind *kind, struct held_entry *entry,
                         const struct verdict *verdict, const struct hold_marks *marks)
{
    struct held_memory *memory = entry->memory;
    bool passes = verdict->kind == VERDICT_ALLOW || verdict->kind == VERDICT_WARN;
    memory->may_go = passes && !(verdict->target.decides && verdict->target.held);
    memory->refresh = refresh_of(&verdict->target, &marks->hold, &releaser->scratch);
    if (memory->may_go) {
        memory->opened_s = memory->opened_s == 0 ? releaser->now_s : memory->opened_s;
        return;
    }
    memory->opens_s = verdict->opens_s;
    if (verdict->opens_s > 0)
        memory->opened_s = 0;
    else
        tell_still_held(releaser, &kind->kind, &entry->object, memory,
                        verdict->target.held        ? verdict->target.hold.reason
                        : verdict->reason_count > 0 ? verdict->reasons[0].message
                                                    : verdict->message);
}

/* In a namespace that nobody governs any more no gate is asked, and nothing keeps it held. */
static void decide(struct releaser *releaser, struct releaser_kind *kind, struct held_entry *entry,
                   const struct snapshot_namespace *namespace, struct json root,
                   const struct workload_type *type, const struct hold_marks *marks)
{
    struct held_memory *memory = entry->memory;
    struct change change;
    struct verdict verdict;
    if (namespace == NULL)
        return; /* it is not known yet */
    if (namespace->policy == NULL) {
        memory->may_go = true;
        return;
    }
    const struct calendar *calendar = namespace->facts.calendar;
    if (!review_read_held(root, namespace->policy, type, calendar != NULL && calendar->reads_labels,
                          &releaser->scratch, &releaser->canonical, &change))
        return;
    struct facts facts = namespace->facts;
    facts.approvals = snapshot_approvals(releaser->snapshot, change.namespace, change.kind, change.name,
                                         &facts.approval_count);
    decision_make(namespace->policy, &facts, &change, releaser->now_s, &releaser->scratch, &verdict);
    take_verdict(releaser, kind, entry, &verdict, marks);
}

static bool is_due(const struct releaser *releaser, const struct held_entry *entry)
{
    const struct held_memory *memory = entry->memory;
    if (entry->changed || !memory->decided)
        return true;
    if (memory->stage != THAW_HELD)
        return false;
    return releaser->now_ms - memory->decided_ms >= DECIDE_AGAIN_MS ||
           (memory->opens_s > 0 && releaser->now_s >= memory->opens_s);
}

void releaser_read(struct releaser *releaser, struct releaser_kind *kind, struct held_entry *entry)
{
    struct held_memory *memory = entry->memory;
    struct json root;
    note_awaited(releaser, &entry->object, memory);
    if (!is_due(releaser, entry))
        return;
    const struct snapshot_namespace *namespace = snapshot_find(releaser->snapshot, entry->object.namespace);
    const struct workload_type *type = releaser_type_of(releaser, &kind->kind, namespace);
    arena_reset(&releaser->scratch);
    memory->decided = true;
    memory->decided_ms = releaser->now_ms;
    memory->may_go = false;
    memory->opens_s = 0;
    memory->refresh = 0;
    if (type == NULL || !releaser_parse(releaser, &entry->object, &root)) {
        memory->stage = stage_of(&entry->object);
        entry->changed = false;
        return;
    }
    struct hold_marks marks = hold_marks_read(root, type, &releaser->scratch);
    if (entry->changed || !memory->known)
        read_object(releaser, kind, entry, root, type, &marks);
    entry->changed = false;
    if (memory->stage == THAW_HELD && marks.held)
        decide(releaser, kind, entry, namespace, root, type, &marks);
}

/* ---- another snapshot ---- */

static bool same_facts(const struct snapshot_namespace *a, const struct snapshot_namespace *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    const struct freeze_label *first = &a->facts.freeze_label, *second = &b->facts.freeze_label;
    return a->policy == b->policy && a->facts.calendar == b->facts.calendar &&
           a->facts.namespace_terminating == b->facts.namespace_terminating &&
           first->action == second->action && first->until_s == second->until_s &&
           text_equal(first->reason, second->reason);
}

bool releaser_read_anew(struct releaser *releaser, const struct snapshot *next)
{
    bool any = false;
    for (size_t k = 0; k < releaser->kind_count; k++)
        for (size_t i = 0; i < held_store_count(releaser->kinds[k].store); i++) {
            const struct held_entry *entry = held_store_at(releaser->kinds[k].store, i);
            struct held_memory *memory = entry->memory;
            struct text namespace = entry->object.namespace;
            if (same_facts(snapshot_find(releaser->snapshot, namespace), snapshot_find(next, namespace)))
                continue;
            memory->decided = false;
            memory->retry_ms = memory->pause_ms = 0;
            any = true;
        }
    return any;
}
