/* Delay: what becomes of a change that is held already when its object is written again. */
#include "decision_private.h"

/* Its owner had stopped it, and no longer wants that. */
static bool goes_on(const struct change *change)
{
    bool created = change->hold.held_classes & CLASS_BIT(CLASS_CREATE);
    return !created && ((change->before.stopped && !change->after.stopped) ||
                        change->after.partition < change->before.partition);
}

static void keep_held(const struct change *change, const struct calendar_view *view,
                      const struct verdict *found, int64_t now_s, struct arena *arena,
                      struct verdict *verdict)
{
    struct text why = decision_join_faults(found, arena);
    struct hold hold = change->hold.before.hold;
    hold.restore = change->hold.restore;
    hold.classes |= change->hold.held_classes & HOLDABLE;
    /* Even where that needs nothing: it says that the template from before may not be out. */
    if (goes_on(change))
        hold.classes |= CLASS_BIT(CLASS_RESUME);
    decision_date_hold(&hold, view, found->opens_s, why, now_s, arena);
    decision_put_hold(verdict, hold);
    verdict->opens_s = found->opens_s;
    verdict->reason_count = 0;
    struct text said = arena_printf(arena, "still held: %.*s", TEXT_ARGS(why));
    verdict_add(verdict, REASON_STILL_HELD, TEXT_EMPTY, said);
    verdict_warn(verdict, decision_subject(change, arena), "", said, arena);
}

static void tell_faults(const struct verdict *found, struct verdict *verdict)
{
    verdict->reason_count = 0;
    verdict->opens_s = found->opens_s;
    for (size_t i = 0; i < found->reason_count; i++)
        if (reason_is_fault(found->reasons[i].code))
            verdict_add(verdict, found->reasons[i].code, found->reasons[i].field, found->reasons[i].message);
}

/* Who asks for a release in so many words is told when there is none. */
static void refuse_release(const struct policy *policy, const struct change *held,
                           const struct verdict *found, struct arena *arena, struct verdict *verdict)
{
    tell_faults(found, verdict);
    if ((decision_faults(found) & FROZEN_ALONE) && !principals_include(&policy->operators, &held->user))
        verdict_add(verdict, REASON_OPERATOR_REQUIRED, (struct text)TEXT("metadata.labels[" HOLD_LABEL "]"),
                    arena_printf(arena,
                                 "a held change is released before that by the operators of policy %.*s "
                                 "alone",
                                 TEXT_ARGS(policy->name)));
    decision_conclude(policy, held, arena, verdict);
}

/* An edit that takes the field that holds it, or makes it useless. */
static bool escapes(const struct change *change)
{
    return change->hold.obstacle == OBSTACLE_FIELD || change->hold.obstacle == OBSTACLE_ON_DELETE;
}

static void refuse_escape(const struct policy *policy, const struct change *held, const struct verdict *found,
                          struct arena *arena, struct verdict *verdict)
{
    tell_faults(found, verdict);
    struct text more = arena_printf(arena, "with this edit it is held no longer: %s",
                                    decision_obstacle(held->hold.obstacle));
    reason_append(&verdict->reasons[0], more, arena);
    decision_conclude(policy, held, arena, verdict);
}

/* `found`: what was found of the held change, whose approvals the record names. */
static void release(const struct change *change, enum reason_code code, const struct verdict *found,
                    struct arena *arena, struct verdict *verdict)
{
    if (change->hold.asks_release)
        verdict->target.label = text_of(HOLD_LABEL_RELEASING);
    verdict->releases = code != REASON_HOLD_ENDED;
    /* Beside what the edit itself may have brought. */
    for (size_t i = 0; i < found->approval_count; i++)
        verdict_keep(verdict->approvals, &verdict->approval_count, VERDICT_EVIDENCE_MOST,
                     found->approvals[i]);
    for (size_t i = 0; i < found->approver_count; i++)
        verdict_keep(verdict->approvers, &verdict->approver_count, VERDICT_EVIDENCE_MOST,
                     found->approvers[i]);
    for (size_t i = 0; i < found->used_count; i++)
        verdict_keep(verdict->used, &verdict->used_count, RECORD_IDS_MOST, found->used[i]);
    verdict->overrides |= found->overrides;
    if (found->overrides) {
        verdict->reasons[verdict->reason_count++] = found->reasons[0];
        verdict_warn(verdict, decision_subject(change, arena), "", found->reasons[0].message, arena);
    }
    verdict_add(verdict, code, TEXT_EMPTY, TEXT_EMPTY);
}

/* An attempt at break-glass is refused, held or not. */
#define BROKEN_WRONGLY                                                                       \
    (UINT64_C(1) << REASON_BREAK_GLASS_REFUSED | UINT64_C(1) << REASON_BREAK_GLASS_INVALID | \
     UINT64_C(1) << REASON_BREAK_GLASS_USED)

void decision_check_held(const struct policy *policy, const struct facts *facts, const struct change *change,
                         int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct change held = *change;
    struct verdict found = {0};
    held.classes = change->hold.held_classes;
    held.hold.released = true;
    if (held.classes == CLASS_BIT(CLASS_METADATA)) { /* what was resumed is to stay stopped */
        release(change, REASON_HOLD_ENDED, &found, arena, verdict);
        return;
    }
    struct approval_need need;
    approval_need_of(policy, &held, &need);
    decision_check_needs(policy, facts, &need, &held, now_s, arena, &found);
    decision_break_glass(policy, &held, now_s, arena, &found);
    uint64_t faults = policy->mode == MODE_ENFORCE ? decision_faults(&found) : 0;
    if (faults & BROKEN_WRONGLY) {
        tell_faults(&found, verdict);
        decision_conclude(policy, &held, arena, verdict);
        return;
    }
    bool asks = change->hold.asks_release || change->hold.gate_gone;
    if (faults == 0) {
        release(change, REASON_RELEASED, &found, arena, verdict);
    } else if (asks && faults == FROZEN_ALONE && principals_include(&policy->operators, &change->user)) {
        release(change, REASON_RELEASED_BY_HAND, &found, arena, verdict);
    } else if (asks) {
        refuse_release(policy, &held, &found, arena, verdict);
    } else if (escapes(change)) {
        refuse_escape(policy, &held, &found, arena, verdict);
    } else {
        struct calendar_view view = decision_view(policy, facts, &held, arena);
        keep_held(change, &view, &found, now_s, arena, verdict);
    }
}
