/* Break-glass: an authorised, recorded override (rule `breakGlass` of the policy). */
#include "decision_private.h"

enum { INCIDENT_BYTES_MOST = 80, REASON_BYTES_MOST = 512 };

static const struct text incident_field = TEXT("metadata.annotations[" BREAK_GLASS_ANNOTATION "]");
static const struct text reason_field = TEXT("metadata.annotations[" BREAK_GLASS_REASON_ANNOTATION "]");

static bool may_break(const struct policy *policy, const struct change *change, struct arena *arena,
                      struct verdict *verdict)
{
    const struct break_glass_rule *rule = &policy->break_glass;
    const struct principals allowed = {.groups = rule->groups, .group_count = rule->group_count};
    if (principals_include(&allowed, &change->user))
        return true;
    verdict_add(verdict, REASON_BREAK_GLASS_REFUSED, incident_field,
                arena_printf(arena, "user %.*s may not break the glass of policy %.*s%s",
                             TEXT_ARGS(text_quote(arena, change->user.name, 100)), TEXT_ARGS(policy->name),
                             rule->group_count == 0 ? ", which has no breakGlass"
                                                    : ": ask a member of breakGlass.groups"));
    return false;
}

static bool is_well_founded(const struct policy *policy, const struct change *change, struct arena *arena,
                            struct verdict *verdict)
{
    const struct break_glass_rule *rule = &policy->break_glass;
    struct text incident = change->record.incident, reason = text_trim(change->record.reason);
    bool plain = text_equal(text_quote(arena, incident, INCIDENT_BYTES_MOST), incident);
    if (!plain || !rule->incident.matches(rule->incident.program, incident))
        verdict_add(verdict, REASON_BREAK_GLASS_INVALID, incident_field,
                    arena_printf(arena, "\"%.*s\" is no incident id: ids match %.*s",
                                 TEXT_ARGS(text_quote(arena, incident, INCIDENT_BYTES_MOST)),
                                 TEXT_ARGS(rule->incident.source)));
    else if ((int64_t)reason.length < rule->reason_bytes_least)
        verdict_add(verdict, REASON_BREAK_GLASS_INVALID, reason_field,
                    arena_printf(arena,
                                 "break-glass needs a reason of at least %lld characters: set "
                                 "annotation " BREAK_GLASS_REASON_ANNOTATION,
                                 (long long)rule->reason_bytes_least));
    else
        return true;
    return false;
}

static bool is_fresh(const struct policy *policy, const struct change *change, int64_t now_s,
                     struct arena *arena, struct verdict *verdict)
{
    int64_t first_s =
        change->record.old == NULL ? 0 : record_first_use_s(change->record.old, change->record.incident);
    if (first_s == 0 || now_s - first_s < policy->break_glass.age_s_most)
        return true;
    verdict_add(
        verdict, REASON_BREAK_GLASS_USED, incident_field,
        arena_printf(arena,
                     "break-glass %.*s was first used here more than %lld minutes ago and has expired: "
                     "name another incident",
                     TEXT_ARGS(text_quote(arena, change->record.incident, INCIDENT_BYTES_MOST)),
                     (long long)(policy->break_glass.age_s_most / 60)));
    return false;
}

/* A debt is not forgotten to make room for another. */
static bool has_room(const struct change *change, int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    const struct record *record = change->record.old;
    struct record_override override = decision_override_of(change, now_s, arena);
    if (record == NULL || record_has_room(record, &override))
        return true;
    verdict_add(
        verdict, REASON_BREAK_GLASS_REFUSED, incident_field,
        arena_printf(arena,
                     "%zu uses of break-glass on this object wait for a review, and its record holds no "
                     "more: somebody else has to look at them first, and then: kubectl -n %.*s annotate "
                     "%.*s/%.*s --overwrite " REVIEWED_BY_ANNOTATION "=NAME",
                     record_debts(record), TEXT_ARGS(text_quote(arena, change->namespace, 63)),
                     TEXT_ARGS(text_quote(arena, change->kind, 63)),
                     TEXT_ARGS(text_quote(arena, change->name, 253))));
    return false;
}

/* Left on from an earlier change: a word to the first fault, and no fault of its own, which would keep a
 * change from being held or released. */
static void tell_used(const struct change *change, struct arena *arena, struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->reason_count; i++) {
        if (!reason_is_fault(verdict->reasons[i].code))
            continue;
        reason_append(
            &verdict->reasons[i],
            arena_printf(arena,
                         "break-glass %.*s was set by an earlier request and counted for that alone: "
                         "change it in the request that needs it",
                         TEXT_ARGS(text_quote(arena, change->record.incident, INCIDENT_BYTES_MOST))),
            arena);
        return;
    }
}

static void let_through(const struct change *change, struct arena *arena, struct verdict *verdict)
{
    struct text told = arena_printf(
        arena, "break-glass %.*s is on record until somebody else reviews it; it overrides: %.*s",
        TEXT_ARGS(text_quote(arena, change->record.incident, INCIDENT_BYTES_MOST)),
        TEXT_ARGS(decision_join_faults(verdict, arena)));
    verdict->reason_count = 0;
    verdict->opens_s = 0;
    verdict->overrides = true;
    verdict_add(verdict, REASON_BREAK_GLASS, incident_field, told);
}

/* Whether this request asks for an override. An undo brings back the annotations of a revision that was let
 * through so: from somebody who may not, that is no new attempt. */
static bool asks(const struct policy *policy, const struct change *change)
{
    const struct change_record *record = &change->record;
    const struct principals allowed = {.groups = policy->break_glass.groups,
                                       .group_count = policy->break_glass.group_count};
    bool known = record->old != NULL && record_first_use_s(record->old, record->incident) != 0;
    return record->override_set && !(known && !principals_include(&allowed, &change->user));
}

void decision_break_glass(const struct policy *policy, const struct change *change, int64_t now_s,
                          struct arena *arena, struct verdict *verdict)
{
    if (change->record.incident.at == NULL)
        return;
    if (!asks(policy, change))
        tell_used(change, arena, verdict);
    else if (may_break(policy, change, arena, verdict) && is_well_founded(policy, change, arena, verdict) &&
             decision_faults(verdict) != 0 && is_fresh(policy, change, now_s, arena, verdict) &&
             has_room(change, now_s, arena, verdict))
        let_through(change, arena, verdict);
}

void decision_check_glass(const struct policy *policy, const struct change *change, struct arena *arena,
                          struct verdict *verdict)
{
    if (change->record.incident.at == NULL || !asks(policy, change))
        return;
    if (may_break(policy, change, arena, verdict) && is_well_founded(policy, change, arena, verdict))
        verdict_warn(verdict, decision_subject(change, arena), "",
                     text_of("break-glass counts for the request that sets it, and this one needs none: set "
                             "it together with the change"),
                     arena);
}

struct record_override decision_override_of(const struct change *change, int64_t now_s, struct arena *arena)
{
    return (struct record_override){
        .incident = text_quote(arena, change->record.incident, INCIDENT_BYTES_MOST),
        .reason = text_quote(arena, text_trim(change->record.reason), REASON_BYTES_MOST),
        .by = text_quote(arena, change->user.name, RECORD_NAME_BYTES_MOST),
        .at_s = now_s,
    };
}
