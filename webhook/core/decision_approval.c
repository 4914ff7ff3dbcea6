/* Approval: rule `approval` of the policy, and what `requirements` add to it. */
#include "core/instant.h"
#include "decision_private.h"

enum { QUOTE_BYTES_MOST = 80, EVIDENCE_MOST = 16 };

struct text decision_annotation_field(struct text key, struct arena *arena)
{
    return arena_printf(arena, "metadata.annotations[%.*s]", TEXT_ARGS(key));
}

const char *decision_carrier_hint(const struct change *change)
{
    return change->has_annotations
               ? ""
               : " (/scale carries no annotations: change spec.replicas of the object itself)";
}

/* What is at hand, and what is wrong with the rest. */
struct tally {
    const struct policy *policy;
    const struct approval_need *need;
    const struct change *change;
    struct text applier; /* of the template, as a hold has the name: of a held change, whoever applied that,
                            not who edits it */
    int64_t now_s;
    struct arena *arena;
    struct text ids[EVIDENCE_MOST]; /* that count */
    size_t id_count;
    const struct approval *people[EVIDENCE_MOST]; /* that count, no approver twice */
    size_t person_count;
    struct verdict faults; /* its reasons alone */
};

static void add(struct tally *tally, enum reason_code code, struct text field, struct text message)
{
    verdict_add(&tally->faults, code, field, message);
}

static struct text quote(const struct tally *tally, struct text text)
{
    return text_quote(tally->arena, text, QUOTE_BYTES_MOST);
}

/* The template for which an id counts again: what the change brings; where it brings none, what is there. A
 * rollback or a deletion is a change of its own: what once approved the template does not approve that it
 * comes back, or goes. */
static struct text template_of(const struct tally *tally, const struct record *record)
{
    static const change_classes brings = CLASS_BIT(CLASS_CREATE) | CLASS_BIT(CLASS_ROLLOUT) |
                                         CLASS_BIT(CLASS_RESUME) | CLASS_BIT(CLASS_RESTART);
    if (tally->change->classes & (CLASS_BIT(CLASS_ROLLBACK) | CLASS_BIT(CLASS_DELETE)))
        return TEXT_EMPTY;
    if (tally->change->classes & brings)
        return tally->change->digest_after;
    return record->template_count > 0 ? record->templates[0].digest : TEXT_EMPTY;
}

/* Whether `id` was spent. */
static bool is_used(const struct tally *tally, struct text id, struct text *ret_other)
{
    const struct record *record = tally->change->record.old;
    return !tally->policy->approval.reuse_allowed && record != NULL &&
           record_used(record, id, template_of(tally, record), ret_other);
}

static void count_ids(struct tally *tally)
{
    const struct policy *policy = tally->policy;
    struct text field = decision_annotation_field(policy->approval_ids_key, tally->arena), other;
    struct approval_evidence evidence;
    approval_read_ids(&policy->approval, tally->change->approval_ids, &evidence);
    for (size_t i = 0; i < evidence.invalid_count; i++)
        add(tally, REASON_APPROVAL_INVALID, field,
            arena_printf(tally->arena, "\"%.*s\" is no approval id: ids match %.*s",
                         TEXT_ARGS(quote(tally, evidence.invalid[i])),
                         TEXT_ARGS(policy->approval.id_pattern.source)));
    for (size_t i = 0; i < evidence.valid_count; i++) {
        if (is_used(tally, evidence.valid[i], &other))
            add(tally, REASON_APPROVAL_REUSED, field,
                arena_printf(tally->arena,
                             "approval %.*s is used up by template %.*s: write the id of a change that "
                             "approves this one",
                             TEXT_ARGS(quote(tally, evidence.valid[i])), TEXT_ARGS(other)));
        else
            tally->ids[tally->id_count++] = evidence.valid[i];
    }
}

/* ---- what a person agreed to ---- */

/* "approval CHG1 of ann" */
static struct text name_of(const struct tally *tally, const struct approval *approval)
{
    return arena_printf(
        tally->arena, "%s %.*s of %.*s", approval->source == SOURCE_TOKEN ? "token" : "approval",
        TEXT_ARGS(quote(tally, approval->change_id)), TEXT_ARGS(quote(tally, approval->approver)));
}

static struct text field_of(const struct approval *approval)
{
    static const struct text annotation = TEXT("metadata.annotations[" TOKEN_ANNOTATION "]");
    return approval->source == SOURCE_TOKEN ? annotation : TEXT_EMPTY;
}

/* As many faults as a denial can hold: of a crowd, the others are not put into words. */
static bool is_full(const struct tally *tally)
{
    return tally->faults.reason_count == VERDICT_REASONS_MOST;
}

static void fault(struct tally *tally, const struct approval *approval, enum reason_code code,
                  const char *what, struct text value)
{
    if (is_full(tally))
        return;
    struct text name = name_of(tally, approval);
    const struct text parts[] = {name, TEXT(" "), text_of(what), value};
    add(tally, code, field_of(approval), arena_concat(tally->arena, parts, value.length > 0 ? 4 : 3));
}

static void fault_at(struct tally *tally, const struct approval *approval, enum reason_code code,
                     const char *what, int64_t instant_s)
{
    if (!is_full(tally))
        fault(tally, approval, code, what, instant_format(tally->arena, instant_s));
}

/* Whether the time is right, and if not, says so. */
static bool is_timely(struct tally *tally, const struct approval *approval)
{
    int64_t skew_s = approval->source == SOURCE_TOKEN ? TOKEN_SKEW_S : 0, now_s = tally->now_s;
    int64_t ripe_s = approval->created_s + tally->need->minimum_age_s;
    int64_t from_s =
        approval->not_before_s > approval->created_s ? approval->not_before_s : approval->created_s;
    if (now_s >= approval->expires_s + skew_s)
        fault_at(tally, approval, REASON_APPROVAL_EXPIRED, "expired at ", approval->expires_s);
    else if (approval->source == SOURCE_TOKEN && now_s < from_s - skew_s)
        fault_at(tally, approval, REASON_APPROVAL_EARLY, "is not valid before ", from_s);
    else if (tally->need->minimum_age_s > 0 && now_s < ripe_s)
        fault_at(tally, approval, REASON_APPROVAL_EARLY, "has to be older: it counts from ", ripe_s);
    else
        return true;
    return false;
}

static bool is_about(struct tally *tally, const struct approval *approval)
{
    const struct change *change = tally->change;
    if (approval->fault.length > 0)
        add(tally, REASON_TOKEN_INVALID, field_of(approval), approval->fault);
    else if (!text_equal(approval->kind, change->kind) || !text_equal(approval->workload, change->name))
        fault(tally, approval, REASON_APPROVAL_OTHER_WORKLOAD, "is for ",
              arena_printf(tally->arena, "%.*s %.*s", TEXT_ARGS(quote(tally, approval->kind)),
                           TEXT_ARGS(quote(tally, approval->workload))));
    else if (!text_equal(approval->digest, change->digest_after))
        fault(tally, approval, REASON_APPROVAL_OTHER_TEMPLATE, "is for another template, ",
              quote(tally, approval->digest));
    else
        return true;
    return false;
}

static bool is_entitled(struct tally *tally, const struct approval *approval)
{
    if (text_equal(text_quote(tally->arena, approval->approver, RECORD_NAME_BYTES_MOST), tally->applier))
        fault(tally, approval, REASON_APPROVAL_OWN,
              "is by who applies the change: somebody else has to approve", TEXT_EMPTY);
    else if (!approval_need_admits(tally->need, tally->policy, approval->groups, approval->group_count))
        fault(tally, approval, REASON_APPROVER_NOT_ENTITLED,
              "does not count: the approver is in none of the approverGroups of policy ",
              tally->policy->name);
    else
        return true;
    return false;
}

static bool is_known(const struct tally *tally, struct text approver)
{
    for (size_t i = 0; i < tally->person_count; i++)
        if (text_equal(tally->people[i]->approver, approver))
            return true;
    return false;
}

static void count_person(struct tally *tally, const struct approval *approval)
{
    struct text other;
    if (!is_about(tally, approval) || !is_timely(tally, approval) || !is_entitled(tally, approval))
        return;
    if (approval->source == SOURCE_TOKEN && is_used(tally, approval->name, &other))
        fault(tally, approval, REASON_APPROVAL_REUSED, "was used already, for template ", other);
    else if (!is_known(tally, approval->approver) && tally->person_count < EVIDENCE_MOST)
        tally->people[tally->person_count++] = approval;
}

/* The first approval whose digest is not before the change's: they are in that order. */
static size_t first_about(const struct facts *facts, struct text digest)
{
    size_t low = 0, high = facts->approval_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(facts->approvals[middle].digest, digest) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void count_objects(struct tally *tally, const struct facts *facts)
{
    size_t first = first_about(facts, tally->change->digest_after), at = first;
    while (at < facts->approval_count && at - first < APPROVALS_SEEN_MOST &&
           text_equal(facts->approvals[at].digest, tally->change->digest_after))
        count_person(tally, &facts->approvals[at++]);
    /* Of those for other templates one is named, as a hint. */
    if (at == first && facts->approval_count > 0 && tally->faults.reason_count == 0)
        count_person(tally, &facts->approvals[first > 0 ? first - 1 : 0]);
}

/* ---- what is missing ---- */

static bool asks_people(const struct approval_need *need)
{
    return need->sources & (SOURCE_BIT(SOURCE_APPROVAL) | SOURCE_BIT(SOURCE_TOKEN));
}

/* How a person approves this very change. */
static struct text how_to_approve(const struct tally *tally)
{
    const struct change *change = tally->change;
    struct arena *arena = tally->arena;
    if (change->digest_after.length == 0)
        return text_of(
            "approve it, and this request carries no template to approve: change the object itself");
    struct text subject = arena_printf(
        arena, "%.*s %.*s/%.*s", TEXT_ARGS(text_quote(arena, change->namespace, 63)),
        TEXT_ARGS(text_quote(arena, change->kind, 63)), TEXT_ARGS(text_quote(arena, change->name, 253)));
    if (tally->need->sources & SOURCE_BIT(SOURCE_APPROVAL))
        return arena_printf(arena, "approve %.*s with: changegate approve %.*s --change-id ID",
                            TEXT_ARGS(change->digest_after), TEXT_ARGS(subject));
    return arena_printf(arena, "set annotation " TOKEN_ANNOTATION " to a token for %.*s",
                        TEXT_ARGS(change->digest_after));
}

static struct text asked_by(const struct tally *tally)
{
    const struct approval_need *need = tally->need;
    struct text list = TEXT_EMPTY;
    for (size_t i = 0; i < need->by_count; i++)
        list = arena_printf(tally->arena, "%.*s%s%.*s", TEXT_ARGS(list), i == 0 ? " (requirement " : ", ",
                            TEXT_ARGS(need->by[i]->name));
    return need->by_count == 0 ? list : arena_printf(tally->arena, "%.*s)", TEXT_ARGS(list));
}

static void say_missing(struct tally *tally)
{
    const struct approval_need *need = tally->need;
    const struct approval_rule *rule = &tally->policy->approval;
    struct text key = tally->policy->approval_ids_key, by = asked_by(tally);
    struct arena *arena = tally->arena;
    bool ids = (need->sources & SOURCE_BIT(SOURCE_ANNOTATION)) && need->minimum_age_s == 0;
    struct text typed = TEXT_EMPTY;
    if (ids)
        typed = arena_printf(arena, "set annotation %.*s to %u approved change id%s matching %.*s%s",
                             TEXT_ARGS(key), need->minimum, need->minimum == 1 ? "" : "s",
                             TEXT_ARGS(rule->id_pattern.source), decision_carrier_hint(tally->change));
    if (!asks_people(need))
        add(tally, REASON_APPROVAL_MISSING, decision_annotation_field(key, arena),
            arena_printf(
                arena, "no approval%.*s: %.*s", TEXT_ARGS(by),
                TEXT_ARGS(ids ? typed : text_of("no source of the policy can give what is asked for"))));
    else
        add(tally, REASON_APPROVAL_MISSING, ids ? decision_annotation_field(key, arena) : TEXT_EMPTY,
            arena_printf(arena, "no approval%.*s: %u %s to %.*s%s%.*s", TEXT_ARGS(by), need->minimum,
                         need->minimum == 1 ? "person has" : "people have", TEXT_ARGS(how_to_approve(tally)),
                         ids ? "; or " : "", TEXT_ARGS(typed)));
}

static void say_insufficient(struct tally *tally)
{
    const struct approval_need *need = tally->need;
    struct text key = tally->policy->approval_ids_key, by = asked_by(tally);
    if (tally->person_count > 0)
        add(tally, REASON_APPROVAL_INSUFFICIENT, TEXT_EMPTY,
            arena_printf(tally->arena, "%zu of %u people%.*s: %zu more to %.*s", tally->person_count,
                         need->minimum, TEXT_ARGS(by), need->minimum - tally->person_count,
                         TEXT_ARGS(how_to_approve(tally))));
    else
        add(tally, REASON_APPROVAL_INSUFFICIENT, decision_annotation_field(key, tally->arena),
            arena_printf(tally->arena, "%zu of %u approvals%.*s: add %zu more distinct to annotation %.*s",
                         tally->id_count, need->minimum, TEXT_ARGS(by), need->minimum - tally->id_count,
                         TEXT_ARGS(key)));
}

/* Of each kind of fault as many as a denial can hold; people who made mistakes of one sort are many. */
static void tell(struct tally *tally, struct verdict *verdict)
{
    bool nothing = tally->faults.reason_count == 0 && tally->id_count == 0 && tally->person_count == 0;
    if (nothing)
        say_missing(tally);
    else if (tally->id_count > 0 || tally->person_count > 0)
        say_insufficient(tally);
    else if (asks_people(tally->need) && tally->change->digest_after.length > 0)
        reason_append(&tally->faults.reasons[tally->faults.reason_count - 1], how_to_approve(tally),
                      tally->arena);
    for (size_t i = 0; i < tally->faults.reason_count; i++)
        verdict_add(verdict, tally->faults.reasons[i].code, tally->faults.reasons[i].field,
                    tally->faults.reasons[i].message);
}

/* What counted goes on record. */
static void keep(const struct tally *tally, struct verdict *verdict)
{
    for (size_t i = 0; i < tally->id_count; i++) {
        verdict_keep(verdict->approvals, &verdict->approval_count, VERDICT_EVIDENCE_MOST, tally->ids[i]);
        verdict_keep(verdict->used, &verdict->used_count, RECORD_IDS_MOST, tally->ids[i]);
    }
    for (size_t i = 0; i < tally->person_count; i++) {
        const struct approval *person = tally->people[i];
        verdict_keep(verdict->approvals, &verdict->approval_count, VERDICT_EVIDENCE_MOST, person->change_id);
        verdict_keep(verdict->approvers, &verdict->approver_count, VERDICT_EVIDENCE_MOST, person->approver);
        if (person->source == SOURCE_TOKEN)
            verdict_keep(verdict->used, &verdict->used_count, RECORD_IDS_MOST, person->name);
        /* Nobody types the id of a change that a person's word has brought in already. */
        verdict_keep(verdict->used, &verdict->used_count, RECORD_IDS_MOST, person->change_id);
    }
}

void decision_check_approval(const struct policy *policy, const struct facts *facts,
                             const struct approval_need *need, const struct change *change, int64_t now_s,
                             struct arena *arena, struct verdict *verdict)
{
    struct tally tally = {
        .policy = policy,
        .need = need,
        .change = change,
        .applier = change->hold.released ? change->hold.before.hold.by
                                         : text_quote(arena, change->user.name, RECORD_NAME_BYTES_MOST),
        .now_s = now_s,
        .arena = arena,
        .faults = {.reason_count = 0},
    };
    /* An id has no age. */
    if ((need->sources & SOURCE_BIT(SOURCE_ANNOTATION)) && need->minimum_age_s == 0)
        count_ids(&tally);
    if (need->sources & SOURCE_BIT(SOURCE_TOKEN))
        for (size_t i = 0; i < change->token_count; i++)
            count_person(&tally, &change->tokens[i]);
    if (need->sources & SOURCE_BIT(SOURCE_APPROVAL))
        count_objects(&tally, facts);
    keep(&tally, verdict);
    if (need->sources == 0 || (tally.id_count < need->minimum && tally.person_count < need->minimum))
        tell(&tally, verdict);
}
