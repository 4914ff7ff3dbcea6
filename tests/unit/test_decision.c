/* The decision: what is let through and why, modes, and what is printed. Messages are contract: they are
 * compared byte for byte. */
#include "decision_fixture.h"

#define DEPLOYER "system:serviceaccount:kube-system:deployment-controller"

/* ---- let through ---- */

static void test_approved(void **state)
{
    struct fixture *fixture = *state;
    const struct verdict *verdict = decide(fixture);
    assert_allowed(verdict, REASON_APPROVED);
    assert_ptr_equal(verdict->policy, &fixture->policy);
    assert_int_equal(verdict->approval_count, 1);
    assert_text(verdict->approvals[0], "CHG0000001");
}

static void test_not_governed(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    struct verdict verdict;
    decision_make(NULL, &fixture->facts, &fixture->change, NOW_S, &fixture->arena, &verdict);
    assert_allowed(&verdict, REASON_NOT_GOVERNED);
    assert_null(verdict.policy);
}

static void test_not_a_workload(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.workload = KIND_NONE;
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    assert_allowed(decide(fixture), REASON_NOT_A_WORKLOAD);
}

static void test_metadata_needs_nothing_ever(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
}

static void test_a_terminating_namespace_is_let_through(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.classes = CLASS_BIT(CLASS_DELETE);
    fixture->facts.freeze_label.action = FREEZE_DENY;
    fixture->facts.namespace_terminating = true;
    assert_allowed(decide(fixture), REASON_NAMESPACE_TERMINATING);
}

static void test_nothing_required(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.approval_ids = fixture->change.change_document = TEXT_EMPTY;
    static const enum change_class classes[] = {CLASS_SCALE, CLASS_DEBUG, CLASS_ROLLBACK, CLASS_RESTART,
                                                CLASS_DELETE};
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        fixture->change.classes = CLASS_BIT(classes[i]);
        assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
    }
    fixture->facts.freeze_label.action = FREEZE_DENY;
    for (size_t i = 0; i < 3; i++) { /* scaling, debugging and going back pass a freeze */
        fixture->change.classes = CLASS_BIT(classes[i]);
        assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
    }
    for (size_t i = 3; i < 5; i++) {
        fixture->change.classes = CLASS_BIT(classes[i]);
        assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    }
}

static void test_what_one_of_several_classes_needs_is_needed(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_SCALE);
    assert_denied(
        decide(fixture),
        "Rollout+Scale of Deployment shop/web is refused by policy tier-1: no approval: set annotation "
        "changegate.dev/approval-ids to 1 approved change id matching ^CHG[0-9]{7}$");
}

/* Whichever class comes last, and with evidence for the one that needs some. */
static void test_several_classes_in_a_freeze(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_SCALE);
    assert_denied(decide(fixture), "Rollout+Scale of Deployment shop/web is refused by policy tier-1: frozen "
                                   "with no known end by the freeze label of namespace shop");
    fixture->policy.needs[CLASS_SCALE] = (struct class_needs){false, true};
    fixture->policy.needs[CLASS_ROLLOUT] = (struct class_needs){true, false};
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

static void test_the_policy_says_what_a_class_needs(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.needs[CLASS_ROLLOUT] = (struct class_needs){false, false};
    fixture->policy.needs[CLASS_SCALE] = (struct class_needs){true, false};
    fixture->change.approval_ids = TEXT_EMPTY;
    assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

/* ---- trusted controllers: by identity and owner, never by one of them ---- */

static void make_part(struct fixture *fixture, enum workload_kind kind, const char *user, bool controlled)
{
    fixture->change.operation = OPERATION_CREATE;
    fixture->change.classes = CLASS_BIT(CLASS_CREATE);
    fixture->change.workload = kind;
    fixture->change.user.name = text_of(user);
    fixture->change.after = (struct object_state){.exists = true, .controlled = controlled};
    fixture->change.approval_ids = TEXT_EMPTY;
}

static void test_a_controller_makes_the_parts_of_a_workload(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    make_part(fixture, KIND_REPLICASET, DEPLOYER, true);
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
    make_part(fixture, KIND_POD, "system:serviceaccount:kube-system:replicaset-controller", true);
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
    make_part(fixture, KIND_POD, "system:kube-controller-manager", true);
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
    make_part(fixture, KIND_JOB, "system:serviceaccount:kube-system:cronjob-controller", true);
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
}

static void test_identity_alone_is_not_enough(void **state)
{
    struct fixture *fixture = *state;
    make_part(fixture, KIND_REPLICASET, DEPLOYER, false);
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    make_part(fixture, KIND_POD, DEPLOYER, false);
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

static void test_an_owner_alone_is_not_enough(void **state)
{
    struct fixture *fixture = *state;
    static const char *const users[] = {"ann", "", "system:serviceaccount:shop:deployment-controller",
                                        "system:serviceaccount:kube-system:deployment-controller2",
                                        "SYSTEM:KUBE-CONTROLLER-MANAGER"};
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        make_part(fixture, KIND_POD, users[i], true);
        assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    }
}

static void test_a_controller_changes_no_workload_itself(void **state)
{
    struct fixture *fixture = *state;
    static const enum workload_kind kinds[] = {KIND_DEPLOYMENT, KIND_STATEFULSET, KIND_DAEMONSET,
                                               KIND_CRONJOB, KIND_OTHER};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        make_part(fixture, kinds[i], DEPLOYER, true);
        assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    }
}

static void test_the_autoscaler_scales(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.classes = CLASS_BIT(CLASS_SCALE) | CLASS_BIT(CLASS_RESUME);
    fixture->change.subresource = text_of("scale");
    fixture->change.has_annotations = false;
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->change.user.name = text_of("system:serviceaccount:kube-system:horizontal-pod-autoscaler");
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
    fixture->change.subresource = TEXT_EMPTY; /* only there */
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

static void test_a_controller_writes_the_status(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    fixture->change.classes = CLASS_BIT(CLASS_RESUME);
    fixture->change.subresource = text_of("status");
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    fixture->change.user.name = text_of(DEPLOYER);
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
}

static void test_controllers_clean_up(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    make_part(fixture, KIND_POD, "system:serviceaccount:kube-system:pod-garbage-collector", false);
    fixture->change.operation = OPERATION_DELETE;
    fixture->change.classes = CLASS_BIT(CLASS_DELETE);
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
    fixture->change.workload = KIND_JOB;
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
    fixture->change.workload = KIND_REPLICASET;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    fixture->change.before.controlled = true;
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
}

/* ---- unknown namespace ---- */

static void test_an_unknown_namespace_is_asked_again(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts = (struct facts){.namespace_known = false};
    static const struct policy *const no_policy = NULL;
    struct verdict verdict;
    decision_make(no_policy, &fixture->facts, &fixture->change, NOW_S, &fixture->arena, &verdict);
    assert_int_equal(verdict.kind, VERDICT_DENY);
    assert_int_equal(verdict.http_status, 429);
    assert_int_equal(verdict.retry_after_s, 1);
    assert_int_equal(verdict.reason_count, 1);
    assert_reason(&verdict, 0, REASON_NAMESPACE_UNKNOWN, "metadata.namespace",
                  "namespace shop is not known to changegate yet; try again in a second");
    assert_text(verdict.message,
                "Deployment shop/web: namespace shop is not known to changegate yet; try again in a second");
}

static void test_an_unknown_namespace_comes_before_all_else(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.namespace_known = false;
    fixture->policy.mode = MODE_AUDIT;
    fixture->change.user.name = text_of(DEPLOYER);
    assert_int_equal(decide(fixture)->http_status, 429);
}

/* ---- all at once ---- */

static void test_all_faults_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {{{.name = TEXT("careful"), .action = FREEZE_WARN}, peak_time, 1}};
    freeze_by(fixture, windows, 1);
    fixture->facts.freeze_label.action = FREEZE_DENY;
    fixture->policy.approval.minimum = 2;
    fixture->change.approval_ids = text_of("CHG0000001,bad");
    fixture->change.change_document = text_of("https://evil.example.net/1");
    const struct verdict *verdict = decide(fixture);
    static const enum reason_code codes[] = {REASON_APPROVAL_INVALID, REASON_APPROVAL_INSUFFICIENT,
                                             REASON_DOCUMENT_ELSEWHERE, REASON_FROZEN};
    assert_int_equal(verdict->reason_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(verdict->reasons[i].code, codes[i]);
    assert_denied(
        verdict,
        "Rollout of Deployment shop/web is refused by policy tier-1: (1) \"bad\" is no approval id: ids "
        "match ^CHG[0-9]{7}$; (2) 1 of 2 approvals: add 1 more distinct to annotation "
        "changegate.dev/approval-ids; (3) change document \"https://evil.example.net/1\" is not where change "
        "documents are kept: write https://wiki.example.com/changes/*; (4) frozen with no known end by the "
        "freeze label of namespace shop");
}

static void test_the_most_faults_that_can_be(void **state)
{
    struct fixture *fixture = *state;
    char ids[1024] = "CHG0000001";
    for (int i = 0; i < 40; i++)
        snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), " bad%d", i);
    fixture->policy.approval.minimum = 2;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    fixture->change.approval_ids = text_of(ids);
    fixture->change.change_document = TEXT_EMPTY;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 16 + 3);
    assert_int_equal(verdict->reasons[18].code, REASON_FROZEN);
    fixture->policy.mode = MODE_WARN;
    verdict = decide(fixture);
    assert_int_equal(verdict->warning_count, VERDICT_WARNINGS_MOST);
}

/* ---- modes ---- */

static void test_mode_warn_says_what_would_be_denied(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.mode = MODE_WARN;
    fixture->change.approval_ids = fixture->change.change_document = TEXT_EMPTY;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_true(verdict->would_deny);
    assert_int_equal(verdict->http_status, 200);
    assert_text(verdict->message, "");
    assert_int_equal(verdict->reason_count, 2);
    assert_int_equal(verdict->warning_count, 2);
    assert_text(
        verdict->warnings[0],
        "Deployment shop/web would be denied: no approval: set annotation changegate.dev/approval-ids to 1 "
        "approved change id matching ^CHG[0-9]{7}$");
    assert_text(
        verdict->warnings[1],
        "Deployment shop/web would be denied: no change document: set annotation changegate.dev/change-doc "
        "to https://wiki.example.com/changes/*");
}

static void test_mode_audit_says_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.mode = MODE_AUDIT;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    fixture->change.approval_ids = TEXT_EMPTY;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_true(verdict->would_deny);
    assert_int_equal(verdict->http_status, 200);
    assert_int_equal(verdict->warning_count, 0);
    assert_text(verdict->message, "");
    assert_int_equal(verdict->reason_count, 2);
    assert_true(verdict->opens_s == FREEZE_NO_END);
}

static void test_a_dry_run_gets_the_same_verdict(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.approval_ids = TEXT_EMPTY;
    struct verdict real = *decide(fixture);
    fixture->change.dry_run = true;
    const struct verdict *dry = decide(fixture);
    assert_int_equal(dry->kind, real.kind);
    assert_true(text_equal(dry->message, real.message));
}

/* ---- what is printed ---- */

static void test_long_and_odd_names(void **state)
{
    struct fixture *fixture = *state;
    char name[254];
    memset(name, 'n', 253);
    name[253] = '\0';
    fixture->change.name = text_of(name);
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->policy.mode = MODE_WARN;
    const struct verdict *verdict = decide(fixture);
    memcpy(name + 97, "...", 4);
    struct text subject =
        arena_printf(&fixture->arena, "Deployment shop/%s would be denied: no approval: ", name);
    assert_true(verdict->warnings[0].length <= 256);
    assert_true(text_starts_with(verdict->warnings[0], subject));

    fixture->policy.mode = MODE_ENFORCE;
    fixture->change.name = text_of("caf\xc3\xa9\x1b[2J\xff");
    assert_denied(decide(fixture),
                  "Rollout of Deployment shop/caf\xc3\xa9?[2J? is refused by policy tier-1: no approval: set "
                  "annotation changegate.dev/approval-ids to 1 approved change id matching ^CHG[0-9]{7}$");
}

static void test_every_warning_fits(void **state)
{
    struct fixture *fixture = *state;
    char long_text[700];
    memset(long_text, 'y', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    for (size_t i = 0; i + 4 < sizeof(long_text); i += 4)
        memcpy(long_text + i, "\xf0\x9f\x98\x80", 4);
    for (size_t shift = 0; shift < 4; shift++) { /* the cut falls on every byte of a character */
        const struct dated_window windows[] = {
            {{.name = TEXT("careful"), .action = FREEZE_WARN, .reason = {long_text + 4 * 100, 200}},
             peak_time,
             1}};
        freeze_by(fixture, windows, 1);
        fixture->change.name = text_slice(text_of("abcd"), 0, shift + 1);
        const struct verdict *verdict = decide(fixture);
        assert_int_equal(verdict->warning_count, 1);
        assert_true(verdict->warnings[0].length <= 256);
        assert_true(verdict->warnings[0].length > 252);
        for (size_t at = 0; at < verdict->warnings[0].length;) {
            size_t step = text_utf8_length(text_slice(verdict->warnings[0], at, 4));
            assert_true(step > 0);
            at += step;
        }
    }
}

static void test_a_generated_name(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->change.name = text_of("web-*");
    assert_true(text_starts_with(decide(fixture)->message,
                                 text_of("Rollout of Deployment shop/web-* is refused by policy")));
    fixture->change.name = TEXT_EMPTY;
    assert_true(
        text_starts_with(decide(fixture)->message,
                         text_of("Rollout of Deployment shop/(generated name) is refused by policy")));
}

/* ---- codes ---- */

static void test_codes_are_stable(void **state)
{
    (void)state;
    static const struct {
        enum reason_code code;
        const char *name;
        bool fault;
    } rows[] = {
        {REASON_NOT_GOVERNED, "NotGoverned", false},
        {REASON_NOT_A_WORKLOAD, "NotAWorkload", false},
        {REASON_NOT_A_CHANGE, "NotAChange", false},
        {REASON_NAMESPACE_TERMINATING, "NamespaceTerminating", false},
        {REASON_TRUSTED_CONTROLLER, "TrustedController", false},
        {REASON_APPROVED, "Approved", false},
        {REASON_NOTHING_REQUIRED, "NothingRequired", false},
        {REASON_FREEZE_WARNING, "FreezeWarning", false},
        {REASON_FREEZE_AHEAD, "FreezeAhead", false},
        {REASON_HELD, "Held", false},
        {REASON_STILL_HELD, "StillHeld", false},
        {REASON_HOLD_ENDED, "HoldEnded", false},
        {REASON_RELEASED, "Released", false},
        {REASON_RELEASED_BY_HAND, "ReleasedByHand", false},
        {REASON_BREAK_GLASS, "BreakGlass", false},
        {REASON_REVIEWED, "Reviewed", false},
        {REASON_NAMESPACE_UNKNOWN, "NamespaceUnknown", true},
        {REASON_APPROVAL_MISSING, "ApprovalMissing", true},
        {REASON_APPROVAL_INVALID, "ApprovalInvalid", true},
        {REASON_APPROVAL_INSUFFICIENT, "ApprovalInsufficient", true},
        {REASON_APPROVAL_REUSED, "ApprovalReused", true},
        {REASON_APPROVAL_OWN, "ApprovalOwn", true},
        {REASON_APPROVAL_EXPIRED, "ApprovalExpired", true},
        {REASON_APPROVAL_EARLY, "ApprovalEarly", true},
        {REASON_APPROVAL_OTHER_TEMPLATE, "ApprovalOtherTemplate", true},
        {REASON_APPROVAL_OTHER_WORKLOAD, "ApprovalOtherWorkload", true},
        {REASON_APPROVER_NOT_ENTITLED, "ApproverNotEntitled", true},
        {REASON_TOKEN_INVALID, "TokenInvalid", true},
        {REASON_DOCUMENT_MISSING, "ChangeDocumentMissing", true},
        {REASON_DOCUMENT_INVALID, "ChangeDocumentInvalid", true},
        {REASON_DOCUMENT_ELSEWHERE, "ChangeDocumentElsewhere", true},
        {REASON_FROZEN, "Frozen", true},
        {REASON_OPERATOR_REQUIRED, "OperatorRequired", true},
        {REASON_WINDOW_INVALID, "WindowInvalid", true},
        {REASON_HOLD_PROTECTED, "HoldProtected", true},
        {REASON_HOLD_MISMATCH, "HoldMismatch", true},
        {REASON_RECORD_PROTECTED, "RecordProtected", true},
        {REASON_RECORD_MISMATCH, "RecordMismatch", true},
        {REASON_EVIDENCE_PROTECTED, "EvidenceProtected", true},
        {REASON_BREAK_GLASS_REFUSED, "BreakGlassRefused", true},
        {REASON_BREAK_GLASS_INVALID, "BreakGlassInvalid", true},
        {REASON_BREAK_GLASS_USED, "BreakGlassUsed", true},
        {REASON_APPROVAL_UNUSABLE, "ApprovalUnusable", true},
    };
    assert_int_equal(sizeof(rows) / sizeof(rows[0]), REASON_COUNT);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        assert_string_equal(reason_code_name(rows[i].code), rows[i].name);
        assert_int_equal(reason_is_fault(rows[i].code), rows[i].fault);
    }
    assert_string_equal(verdict_kind_name(VERDICT_ALLOW), "Allow");
    assert_string_equal(verdict_kind_name(VERDICT_WARN), "Warn");
    assert_string_equal(verdict_kind_name(VERDICT_DENY), "Deny");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_approved),
        DECISION(test_not_governed),
        DECISION(test_not_a_workload),
        DECISION(test_metadata_needs_nothing_ever),
        DECISION(test_a_terminating_namespace_is_let_through),
        DECISION(test_nothing_required),
        DECISION(test_what_one_of_several_classes_needs_is_needed),
        DECISION(test_several_classes_in_a_freeze),
        DECISION(test_the_policy_says_what_a_class_needs),
        DECISION(test_a_controller_makes_the_parts_of_a_workload),
        DECISION(test_identity_alone_is_not_enough),
        DECISION(test_an_owner_alone_is_not_enough),
        DECISION(test_a_controller_changes_no_workload_itself),
        DECISION(test_the_autoscaler_scales),
        DECISION(test_a_controller_writes_the_status),
        DECISION(test_controllers_clean_up),
        DECISION(test_an_unknown_namespace_is_asked_again),
        DECISION(test_an_unknown_namespace_comes_before_all_else),
        DECISION(test_all_faults_at_once),
        DECISION(test_the_most_faults_that_can_be),
        DECISION(test_mode_warn_says_what_would_be_denied),
        DECISION(test_mode_audit_says_nothing),
        DECISION(test_a_dry_run_gets_the_same_verdict),
        DECISION(test_long_and_odd_names),
        DECISION(test_every_warning_fits),
        DECISION(test_a_generated_name),
        DECISION(test_codes_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
