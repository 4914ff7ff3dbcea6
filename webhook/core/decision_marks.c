/* The marks of a hold: who may write which, and whether the object as it will be stored carries those that it
 * has to. */
#include "decision_private.h"

enum {
    MISMATCH_RETRY_S = 1,
    SINCE_S_MOST = 60, /* between the two passes of one request */
    SINCE_S_AHEAD = 5, /* two replicas' clocks */
};

/* The label of an object that was released and whose rollout is watched until it is finished: it says how
 * many are under way, and that a thaw has stopped. So it goes when the rollout is finished, or by an
 * operator. */
static struct text watched_label(const struct policy *policy, const struct change *change)
{
    const struct change_hold *hold = &change->hold;
    struct text before = hold->before.label, after = hold->after.label;
    bool watched = text_is(before, HOLD_LABEL_RELEASING) || text_is(before, HOLD_LABEL_FAILED);
    bool finished = hold->progress == ROLLOUT_FINISHED;
    if (!watched || hold->before.held)
        return TEXT_EMPTY;
    if (after.at == NULL && (finished || principals_include(&policy->operators, &change->user)))
        return TEXT_EMPTY;
    if (text_is(after, HOLD_LABEL_FAILED) && !finished)
        return after;
    return before;
}

void decision_let_go(const struct policy *policy, const struct change *change, struct verdict *verdict)
{
    const struct change_hold *hold = &change->hold;
    if (!hold->decides)
        return;
    verdict->target = (struct hold_target){
        .decides = true,
        .label = watched_label(policy, change),
        .sets_field = hold->before.held || hold->after.annotation.at != NULL,
        .field = hold->restore,
    };
    if (hold->before.held && !hold->keeps && !(change->classes & HOLDABLE))
        verdict_add(verdict, REASON_HOLD_ENDED, TEXT_EMPTY, TEXT_EMPTY);
}

void decision_check_marks(const struct change *change, struct arena *arena, struct verdict *verdict)
{
    const struct change_hold *hold = &change->hold;
    bool is_edit = change->operation == OPERATION_UPDATE && change->workload != KIND_NONE;
    if (!is_edit || hold->decides || !change->has_annotations)
        return;
    if (text_differs(hold->before.annotation, hold->after.annotation))
        verdict_add(
            verdict, REASON_HOLD_PROTECTED, (struct text)TEXT("metadata.annotations[" HOLD_ANNOTATION "]"),
            (struct text)TEXT("annotation " HOLD_ANNOTATION " is written by changegate alone; leave it "
                              "as it is"));
    if (text_differs(hold->before.label, hold->after.label))
        verdict_add(
            verdict, REASON_HOLD_PROTECTED, (struct text)TEXT("metadata.labels[" HOLD_LABEL "]"),
            (struct text)TEXT("label " HOLD_LABEL " is written by changegate alone; leave it as it is"));
    if (text_differs(change->record.before, change->record.after))
        verdict_add(verdict, REASON_RECORD_PROTECTED,
                    (struct text)TEXT("metadata.annotations[" RECORD_ANNOTATION "]"),
                    (struct text)TEXT("annotation " RECORD_ANNOTATION
                                      " is written by changegate alone; leave it "
                                      "as it is"));
    if (change->record.evidence_differs)
        verdict_add(
            verdict, REASON_EVIDENCE_PROTECTED, (struct text)TEXT("metadata.annotations"),
            arena_printf(arena,
                         "evidence comes with the change, not through /%.*s: leave these annotations as "
                         "they are",
                         TEXT_ARGS(text_quote(arena, change->subresource, 63))));
}

/* ---- the object as it will be stored ---- */

static bool fits_held(const struct change *change, const struct hold_target *target, int64_t now_s)
{
    const struct hold_marks *marks = &change->hold.after;
    bool fresh = !change->hold.keeps;
    int64_t age_s = now_s - marks->hold.since_s;
    if (!marks->held || !text_is(marks->label, HOLD_LABEL_HELD))
        return false;
    return hold_same(&marks->hold, &target->hold, fresh) &&
           (!fresh || (age_s >= -SINCE_S_AHEAD && age_s <= SINCE_S_MOST));
}

static bool fits_free(const struct change *change, const struct hold_target *target)
{
    const struct hold_marks *marks = &change->hold.after;
    bool stopped = change->workload != KIND_POD && change->after.stopped;
    if (marks->annotation.at != NULL || text_differs(marks->label, target->label))
        return false;
    return !target->sets_field || marks->stopped == stopped;
}

void decision_verify_hold(const struct change *change, int64_t now_s, struct arena *arena,
                          struct verdict *verdict)
{
    const struct hold_target *target = &verdict->target;
    if (!target->decides || verdict->kind == VERDICT_DENY)
        return;
    if (target->held ? fits_held(change, target, now_s) : fits_free(change, target))
        return;
    const char *what =
        target->held
            ? "the change is to be held, and was not on its way in; try again in a second, and if that does "
              "not "
              "help, ask a cluster operator whether the MutatingWebhookConfiguration changegate is there"
            : "marks of a hold are on it that do not belong there; try again in a second";
    struct text subject = decision_subject(change, arena);
    verdict->reason_count = verdict->warning_count = 0;
    verdict_add(verdict, REASON_HOLD_MISMATCH, (struct text)TEXT("metadata.annotations[" HOLD_ANNOTATION "]"),
                text_of(what));
    verdict->retry_after_s = MISMATCH_RETRY_S;
    verdict_conclude(verdict, MODE_ENFORCE, subject, subject, arena);
}
