#include "core/decision.h"

#include "core/approval.h"
#include "decision_private.h"

static const char *const reason_names[REASON_COUNT] = {
    [REASON_NOT_GOVERNED] = "NotGoverned",
    [REASON_NOT_A_WORKLOAD] = "NotAWorkload",
    [REASON_NOT_A_CHANGE] = "NotAChange",
    [REASON_NAMESPACE_TERMINATING] = "NamespaceTerminating",
    [REASON_TRUSTED_CONTROLLER] = "TrustedController",
    [REASON_APPROVED] = "Approved",
    [REASON_NOTHING_REQUIRED] = "NothingRequired",
    [REASON_FREEZE_WARNING] = "FreezeWarning",
    [REASON_FREEZE_AHEAD] = "FreezeAhead",
    [REASON_HELD] = "Held",
    [REASON_STILL_HELD] = "StillHeld",
    [REASON_HOLD_ENDED] = "HoldEnded",
    [REASON_RELEASED] = "Released",
    [REASON_RELEASED_BY_HAND] = "ReleasedByHand",
    [REASON_BREAK_GLASS] = "BreakGlass",
    [REASON_REVIEWED] = "Reviewed",
    [REASON_NAMESPACE_UNKNOWN] = "NamespaceUnknown",
    [REASON_APPROVAL_MISSING] = "ApprovalMissing",
    [REASON_APPROVAL_INVALID] = "ApprovalInvalid",
    [REASON_APPROVAL_INSUFFICIENT] = "ApprovalInsufficient",
    [REASON_APPROVAL_REUSED] = "ApprovalReused",
    [REASON_APPROVAL_OWN] = "ApprovalOwn",
    [REASON_APPROVAL_EXPIRED] = "ApprovalExpired",
    [REASON_APPROVAL_EARLY] = "ApprovalEarly",
    [REASON_APPROVAL_OTHER_TEMPLATE] = "ApprovalOtherTemplate",
    [REASON_APPROVAL_OTHER_WORKLOAD] = "ApprovalOtherWorkload",
    [REASON_APPROVER_NOT_ENTITLED] = "ApproverNotEntitled",
    [REASON_TOKEN_INVALID] = "TokenInvalid",
    [REASON_DOCUMENT_MISSING] = "ChangeDocumentMissing",
    [REASON_DOCUMENT_INVALID] = "ChangeDocumentInvalid",
    [REASON_DOCUMENT_ELSEWHERE] = "ChangeDocumentElsewhere",
    [REASON_FROZEN] = "Frozen",
    [REASON_OPERATOR_REQUIRED] = "OperatorRequired",
    [REASON_WINDOW_INVALID] = "WindowInvalid",
    [REASON_HOLD_PROTECTED] = "HoldProtected",
    [REASON_HOLD_MISMATCH] = "HoldMismatch",
    [REASON_RECORD_PROTECTED] = "RecordProtected",
    [REASON_RECORD_MISMATCH] = "RecordMismatch",
    [REASON_EVIDENCE_PROTECTED] = "EvidenceProtected",
    [REASON_BREAK_GLASS_REFUSED] = "BreakGlassRefused",
    [REASON_BREAK_GLASS_INVALID] = "BreakGlassInvalid",
    [REASON_BREAK_GLASS_USED] = "BreakGlassUsed",
    [REASON_APPROVAL_UNUSABLE] = "ApprovalUnusable",
};

const char *reason_code_name(enum reason_code code)
{
    return reason_names[code];
}

bool reason_is_fault(enum reason_code code)
{
    return code >= REASON_NAMESPACE_UNKNOWN;
}

const char *verdict_kind_name(enum verdict_kind kind)
{
    static const char *const names[] = {"Allow", "Warn", "Delay", "Deny"};
    return names[kind];
}

void verdict_add(struct verdict *verdict, enum reason_code code, struct text field, struct text message)
{
    /* Many small faults must not hide one that is refused in every mode. */
    bool protected = code == REASON_HOLD_PROTECTED || code == REASON_RECORD_PROTECTED;
    if (verdict->reason_count == VERDICT_REASONS_MOST && protected)
        verdict->reason_count--;
    if (verdict->reason_count < VERDICT_REASONS_MOST)
        verdict->reasons[verdict->reason_count++] = (struct reason){code, field, message};
}

void verdict_warn(struct verdict *verdict, struct text subject, const char *what, struct text message,
                  struct arena *arena)
{
    if (verdict->warning_count == VERDICT_WARNINGS_MOST)
        return;
    struct text whole = arena_printf(arena, "%.*s%s: %.*s", TEXT_ARGS(subject), what, TEXT_ARGS(message));
    verdict->warnings[verdict->warning_count++] = text_quote(arena, whole, WARNING_BYTES_MOST);
}

/* By identity and by what it acts on, never by owner alone: anybody can write an ownerReference. What
 * controllers make and unmake are the parts of a workload, never the workload itself; its own change was
 * decided when it came. */
static bool is_trusted_controller(const struct policy *policy, const struct change *change)
{
    if (!text_is_among(change->user.name, policy->trusted_controllers, policy->trusted_controller_count))
        return false;
    if (text_is(change->subresource, "scale") || text_is(change->subresource, "status"))
        return true;
    bool is_part =
        change->workload == KIND_REPLICASET || change->workload == KIND_POD || change->workload == KIND_JOB;
    if (is_part && (change->before.controlled || change->after.controlled))
        return true;
    /* Preemption, eviction by taint, and the clean-up of finished pods and Jobs end what nobody owns, too. */
    return change->operation == OPERATION_DELETE &&
           (change->workload == KIND_POD || change->workload == KIND_JOB);
}

static bool let_through(const struct policy *policy, const struct facts *facts, const struct change *change,
                        enum reason_code *ret_code)
{
    if (policy == NULL)
        *ret_code = REASON_NOT_GOVERNED;
    else if (change->workload == KIND_NONE)
        *ret_code = REASON_NOT_A_WORKLOAD;
    else if (change->classes == CLASS_BIT(CLASS_METADATA))
        *ret_code = REASON_NOT_A_CHANGE;
    else if (facts->namespace_terminating) /* refusing here would keep the namespace for ever */
        *ret_code = REASON_NAMESPACE_TERMINATING;
    else if (is_trusted_controller(policy, change))
        *ret_code = REASON_TRUSTED_CONTROLLER;
    else
        return false;
    return true;
}

void verdict_keep(struct text *list, size_t *count, size_t most, struct text text)
{
    if (*count < most && !text_is_among(text, list, *count))
        list[(*count)++] = text;
}

struct text decision_subject(const struct change *change, struct arena *arena)
{
    const struct text parts[] = {
        text_quote(arena, change->kind, 63),
        TEXT(" "),
        text_quote(arena, change->namespace, 63),
        TEXT("/"),
        change->name.length == 0 ? text_of("(generated name)") : text_quote(arena, change->name, 100),
    };
    return arena_concat(arena, parts, sizeof(parts) / sizeof(parts[0]));
}

/* All faults in one paragraph, numbered where there are several. */
static struct text compose(const struct verdict *verdict, struct text opening, struct arena *arena)
{
    struct text parts[1 + 3 * VERDICT_REASONS_MOST] = {opening};
    size_t count = 1, faults = 0, number = 0;
    for (size_t i = 0; i < verdict->reason_count; i++)
        faults += reason_is_fault(verdict->reasons[i].code);
    for (size_t i = 0; i < verdict->reason_count; i++) {
        if (!reason_is_fault(verdict->reasons[i].code))
            continue;
        number++;
        parts[count++] = text_of(number == 1 ? ": " : "; ");
        if (faults > 1)
            parts[count++] = arena_printf(arena, "(%zu) ", number);
        parts[count++] = verdict->reasons[i].message;
    }
    return arena_concat(arena, parts, count);
}

void verdict_conclude(struct verdict *verdict, enum policy_mode mode, struct text subject,
                      struct text opening, struct arena *arena)
{
    verdict->http_status = 200;
    for (size_t i = 0; i < verdict->reason_count; i++) {
        const struct reason *reason = &verdict->reasons[i];
        bool fault = reason_is_fault(reason->code);
        verdict->would_deny |= fault;
        if (fault && mode == MODE_WARN)
            verdict_warn(verdict, subject, " would be denied", reason->message, arena);
        bool told = reason->code == REASON_FREEZE_WARNING || reason->code == REASON_HELD ||
                    reason->code == REASON_BREAK_GLASS;
        if (told && mode != MODE_AUDIT)
            verdict_warn(verdict, subject, "", reason->message, arena);
    }
    if (verdict->would_deny && mode == MODE_ENFORCE) {
        verdict->kind = VERDICT_DENY;
        verdict->http_status = verdict->retry_after_s > 0 ? 429 : 403;
        verdict->message = compose(verdict, opening, arena);
    } else if (verdict->warning_count > 0 && verdict->kind == VERDICT_ALLOW) {
        verdict->kind = VERDICT_WARN;
    }
}

/* The webhook was called, so the API server knows the namespace; this snapshot does not yet. Waiting is the
 * cure, and every client-go client waits and tries again by itself when it is told how long. */
static void deny_unknown_namespace(const struct change *change, struct arena *arena, struct verdict *verdict)
{
    verdict_add(verdict, REASON_NAMESPACE_UNKNOWN, (struct text)TEXT("metadata.namespace"),
                arena_printf(arena, "namespace %.*s is not known to changegate yet; try again in a second",
                             TEXT_ARGS(text_quote(arena, change->namespace, 63))));
    struct text subject = decision_subject(change, arena);
    verdict->retry_after_s = 1;
    verdict_conclude(verdict, MODE_ENFORCE, subject, subject, arena);
}

struct text decision_join_faults(const struct verdict *verdict, struct arena *arena)
{
    struct text parts[2 * VERDICT_REASONS_MOST];
    size_t count = 0;
    for (size_t i = 0; i < verdict->reason_count; i++) {
        if (!reason_is_fault(verdict->reasons[i].code))
            continue;
        if (count > 0)
            parts[count++] = text_of("; ");
        parts[count++] = verdict->reasons[i].message;
    }
    return arena_concat(arena, parts, count);
}

uint64_t decision_faults(const struct verdict *verdict)
{
    uint64_t faults = 0;
    for (size_t i = 0; i < verdict->reason_count; i++)
        if (reason_is_fault(verdict->reasons[i].code))
            faults |= UINT64_C(1) << verdict->reasons[i].code;
    return faults;
}

void decision_conclude(const struct policy *policy, const struct change *change, struct arena *arena,
                       struct verdict *verdict)
{
    char classes[96];
    struct text subject = decision_subject(change, arena);
    const struct text opening[] = {
        text_of(change_classes_name(change->classes, classes, sizeof(classes))),
        TEXT(" of "),
        subject,
        TEXT(" is refused by policy "),
        policy->name,
    };
    /* The marks are the gate's own: whoever could plant them while a policy only warns would be believed
     * later. */
    bool forged = decision_faults(verdict) &
                  (UINT64_C(1) << REASON_HOLD_PROTECTED | UINT64_C(1) << REASON_RECORD_PROTECTED);
    verdict_conclude(verdict, forged ? MODE_ENFORCE : policy->mode, subject,
                     arena_concat(arena, opening, sizeof(opening) / sizeof(opening[0])), arena);
}

/* An edit that replaces no pod is let through; but see decision_relabel.c, and one of a held object. */
static void let_edit_through(const struct policy *policy, const struct facts *facts,
                             const struct change *change, int64_t now_s, struct arena *arena,
                             struct verdict *verdict)
{
    if (!facts->namespace_terminating && !is_trusted_controller(policy, change)) {
        decision_check_relabel(policy, facts, change, now_s, arena, verdict);
        decision_check_marks(change, arena, verdict);
        if (!change->hold.keeps)
            decision_check_glass(policy, change, arena, verdict);
    }
    if (verdict->reason_count + verdict->warning_count > 0)
        decision_conclude(policy, change, arena, verdict);
    if (verdict->would_deny)
        return;
    verdict_add(verdict, REASON_NOT_A_CHANGE, TEXT_EMPTY, TEXT_EMPTY);
    if (change->hold.decides && !facts->namespace_terminating) {
        decision_let_go(policy, change, verdict);
        if (change->hold.keeps)
            decision_check_held(policy, facts, change, now_s, arena, verdict);
        else if (change->hold.asks_pause)
            decision_check_pause(policy, facts, change, now_s, arena, verdict);
    }
}

struct calendar_view decision_view(const struct policy *policy, const struct facts *facts,
                                   const struct change *change, struct arena *arena)
{
    return calendar_view_of(facts->calendar, &facts->freeze_label, change, policy_freeze_classes(policy),
                            arena);
}

enum freeze_action decision_check_needs(const struct policy *policy, const struct facts *facts,
                                        const struct approval_need *need, const struct change *change,
                                        int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct calendar_view view = decision_view(policy, facts, change, arena);
    if (need->approval)
        decision_check_approval(policy, facts, need, change, now_s, arena, verdict);
    if (need->document)
        decision_check_document(policy, change, need->document_required, arena, verdict);
    return decision_check_freeze(&view, change, now_s, arena, verdict);
}

/* What is said of a change that is let in: soon it would not be. */
static void look_ahead(const struct policy *policy, const struct facts *facts, const struct change *change,
                       int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct calendar_view view = decision_view(policy, facts, change, arena);
    size_t before = verdict->reason_count;
    decision_check_ahead(&view, change, policy->warn_ahead_s, now_s, arena, verdict);
    if (verdict->reason_count > before && policy->mode != MODE_AUDIT)
        verdict_warn(verdict, decision_subject(change, arena), "", verdict->reasons[before].message, arena);
}

static void check(const struct policy *policy, const struct facts *facts, const struct change *change,
                  int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct approval_need need;
    approval_need_of(policy, change, &need);
    enum freeze_action action = decision_check_needs(policy, facts, &need, change, now_s, arena, verdict);
    if (verdict->opens_s == 0)
        decision_check_relabel(policy, facts, change, now_s, arena, verdict);
    decision_break_glass(policy, change, now_s, arena, verdict);
    decision_check_marks(change, arena, verdict);
    decision_let_go(policy, change, verdict);
    decision_delay(policy, facts, change, action, now_s, arena, verdict);

    if (verdict->reason_count > 0) /* faults or warnings; most changes have neither, and need no words */
        decision_conclude(policy, change, arena, verdict);
    if (verdict->would_deny || verdict->kind == VERDICT_DELAY)
        return;
    if (!verdict->overrides)
        look_ahead(policy, facts, change, now_s, arena, verdict);
    if (!verdict->overrides)
        verdict_add(verdict, need.approval ? REASON_APPROVED : REASON_NOTHING_REQUIRED, TEXT_EMPTY,
                    TEXT_EMPTY);
    if (change->hold.keeps)
        decision_check_held(policy, facts, change, now_s, arena, verdict);
}

/* A preview wants to see the object as it would be stored; it is told what would be in the way. */
static const struct policy *only_warning(const struct policy *policy, struct arena *arena)
{
    struct policy *warned = arena_alloc_array(arena, 1, sizeof(*warned));
    *warned = *policy;
    warned->mode = MODE_WARN;
    return warned;
}

void decision_make(const struct policy *policy, const struct facts *facts, const struct change *change,
                   int64_t now_s, struct arena *arena, struct verdict *ret_verdict)
{
    enum reason_code code;
    *ret_verdict = (struct verdict){.policy = policy, .http_status = 200};
    if (change->preview && change->dry_run && policy != NULL)
        policy = only_warning(policy, arena);

    if (!facts->namespace_known)
        deny_unknown_namespace(change, arena, ret_verdict);
    else if (!let_through(policy, facts, change, &code))
        check(policy, facts, change, now_s, arena, ret_verdict);
    else if (code == REASON_NOT_A_CHANGE)
        let_edit_through(policy, facts, change, now_s, arena, ret_verdict);
    else
        verdict_add(ret_verdict, code, TEXT_EMPTY, TEXT_EMPTY);
    bool decided = policy != NULL && change->workload != KIND_NONE && !facts->namespace_terminating;
    if (decided && facts->namespace_known && !is_trusted_controller(policy, change))
        decision_record(change, now_s, arena, ret_verdict);
}
