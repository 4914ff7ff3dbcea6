/* The record: what the object has to carry of what was admitted onto it (DESIGN section 5). */
#include "decision_private.h"

enum { MISMATCH_RETRY_S = 1 };

/* Classes that bring a template to pods. */
#define BRINGS_TEMPLATE \
    (CLASS_BIT(CLASS_CREATE) | CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_ROLLBACK) | CLASS_BIT(CLASS_RESUME))

/* The classes that go out with this request: of a held change its own, once it is released. */
static change_classes outgoing(const struct change *change, const struct verdict *verdict)
{
    if (verdict->target.held)
        return 0;
    return verdict->releases ? change->hold.held_classes : change->classes;
}

/* Paused, at zero replicas, or held back by a partition: no pod need run the template. */
static bool stands_still(const struct object_state *state)
{
    return state->stopped || state->replicas == 0 ||
           (state->partition > 0 && state->partition != PARTITION_ALL);
}

static void admit_template(const struct change *change, const struct verdict *verdict, int64_t now_s,
                           struct arena *arena, struct record *record)
{
    struct text by = change->hold.keeps ? change->hold.before.hold.by : change->user.name;
    struct record_template entry = {
        .digest = change->digest_after,
        .at_s = now_s,
        .waiting = change->workload != KIND_POD && stands_still(&change->after), /* a Pod is one itself */
        .by = text_quote(arena, by, RECORD_NAME_BYTES_MOST),
    };
    record_use(&entry, verdict->used, verdict->used_count);
    record_admit(record, &entry);
}

/* What a change of another class used up counts as used by the template it found. */
static void use_up(const struct verdict *verdict, struct record *record)
{
    if (record->template_count > 0)
        record_use(&record->templates[0], verdict->used, verdict->used_count);
}

/* Whether no pod need ever have run what the object had. */
static bool may_never_have_run(const struct object_state *before)
{
    return before->replicas == 0 || (!before->released && stands_still(before));
}

/* What was found at the first change; what stood still when the gate came may never have run. Of a record
 * that is there: what waited, and was brought out since by /scale or by its controller, did run. */
static void begin(const struct change *change, struct record *record)
{
    const struct change_record *found = &change->record;
    if (found->old == NULL && found->digest_before.length > 0)
        record_admit(record, &(struct record_template){.digest = found->digest_before,
                                                       .waiting = may_never_have_run(&change->before)});
    if (found->old == NULL)
        return;
    *record = *found->old;
    if (change->before.released && change->before.replicas != 0)
        record_bring_out(record, found->digest_before);
}

static void review(const struct change *change, int64_t now_s, struct arena *arena, struct record *record,
                   struct verdict *verdict)
{
    struct text reviewer = change->record.reviewer;
    struct record before = *record;
    /* As the record has the names of those who broke the glass. */
    struct text name = text_quote(arena, change->user.name, RECORD_NAME_BYTES_MOST);
    /* An undo may bring a review back that was about something else. */
    if (reviewer.length == 0 || (change->classes & CLASS_BIT(CLASS_ROLLBACK)) ||
        record_review(record, name, now_s) == 0)
        return;
    if (text_equal(reviewer, change->user.name)) {
        verdict_add(verdict, REASON_REVIEWED, TEXT_EMPTY, TEXT_EMPTY);
        return;
    }
    *record = before;
    verdict_warn(verdict, decision_subject(change, arena), "",
                 arena_printf(arena,
                              "a review counts where " REVIEWED_BY_ANNOTATION " names who sets it: %.*s",
                              TEXT_ARGS(text_quote(arena, change->user.name, 100))),
                 arena);
}

static bool is_recorded(const struct change *change, const struct verdict *verdict)
{
    bool brings = change->classes != CLASS_BIT(CLASS_METADATA) || change->hold.keeps;
    return brings || verdict->overrides || change->record.reviewer.length > 0;
}

void decision_record(const struct change *change, int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    const struct change_record *found = &change->record;
    if (!change->hold.decides || verdict->kind == VERDICT_DENY)
        return;
    verdict->record = (struct record_target){.decides = true, .verbatim = found->before};
    if (!is_recorded(change, verdict))
        return;
    struct record *record = arena_alloc_array(arena, 1, sizeof(*record));
    change_classes classes = outgoing(change, verdict);
    *record = (struct record){.template_count = 0};
    begin(change, record);
    review(change, now_s, arena, record, verdict);
    if (verdict->overrides) {
        struct record_override override = decision_override_of(change, now_s, arena);
        override.digest = classes & BRINGS_TEMPLATE ? change->digest_after : TEXT_EMPTY;
        record_override(record, &override);
    }
    if (classes & BRINGS_TEMPLATE)
        admit_template(change, verdict, now_s, arena, record);
    else if (!verdict->target.held ||
             change->hold.keeps) /* a held change uses nothing up yet, an edit of it does */
        use_up(verdict, record);
    bool same = found->old != NULL && record_same(record, found->old, false, false);
    bool none = found->before.at == NULL && record->template_count + record->override_count == 0;
    if (!same && !none)
        verdict->record.record = record;
}

static bool fits(const struct change *change, const struct record_target *target)
{
    const struct change_record *found = &change->record;
    /* Between the two passes the API server may normalise the template of a new Pod (matchLabelKeys). */
    bool normalised = change->workload == KIND_POD && change->operation == OPERATION_CREATE;
    if (target->record == NULL)
        return !text_differs(found->after, target->verbatim);
    return found->found != NULL && record_same(found->found, target->record, true, normalised);
}

void decision_verify_record(const struct change *change, struct arena *arena, struct verdict *verdict)
{
    const struct record_target *target = &verdict->record;
    const struct policy *policy = verdict->policy;
    if (!target->decides || verdict->kind == VERDICT_DENY || fits(change, target))
        return;
    bool unused = change->record.before.at == NULL && change->record.after.at == NULL;
    bool needed = policy != NULL && policy->mode == MODE_ENFORCE &&
                  (!policy->approval.reuse_allowed || verdict->overrides);
    if (unused && !needed)
        return;
    struct text subject = decision_subject(change, arena);
    verdict->reason_count = verdict->warning_count = 0;
    verdict_add(
        verdict, REASON_RECORD_MISMATCH, (struct text)TEXT("metadata.annotations[" RECORD_ANNOTATION "]"),
        (struct text)TEXT("what is admitted was not written on the object on its way in; try again in a "
                          "second, and if that does not help, ask a cluster operator whether the "
                          "MutatingWebhookConfiguration changegate is there"));
    verdict->retry_after_s = MISMATCH_RETRY_S;
    verdict->overrides = false;
    verdict_conclude(verdict, MODE_ENFORCE, subject, subject, arena);
}
