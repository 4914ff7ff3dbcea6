/* The record on the object as it will be stored, and who may write it or the evidence past the gate. */
#include "record_fixture.h"

static enum verdict_kind verified(struct fixture *fixture)
{
    decide(fixture);
    decision_verify_record(&fixture->change, &fixture->arena, &fixture->verdict);
    return fixture->verdict.kind;
}

static void test_it_carries_what_it_has_to(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    struct record found = *target(fixture);
    fixture->change.record.after = text_of("what was written");
    fixture->change.record.found = &found;
    found.templates[0].at_s -= RECORD_PASS_S;
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    found.templates[0].at_s--;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    assert_int_equal(fixture->verdict.http_status, 429);
    assert_int_equal(fixture->verdict.reasons[0].code, REASON_RECORD_MISMATCH);
    found.templates[0].at_s = NOW_S;
    found.templates[0].digest = text_of("sha256:other");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record.found = NULL;
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_without_the_mutating_pass(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->change.record = (struct change_record){.digest_before = TEXT("sha256:first")};
    assert_int_equal(verified(fixture), VERDICT_ALLOW); /* ids may come again, so that nothing needs it */
    fixture->policy.approval.reuse_allowed = false;
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_an_edit_may_not_change_it(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), &old);
    fixture->change.record.after = text_of("as it was");
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    fixture->change.record.after = text_of("forged");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record.after = TEXT_EMPTY;
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_through_status_it_is_refused_in_every_mode(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), &old);
    static const enum policy_mode modes[] = {MODE_ENFORCE, MODE_WARN, MODE_AUDIT};
    fixture->change.hold.decides = false;
    fixture->change.subresource = text_of("status");
    for (size_t i = 0; i < 3; i++) {
        fixture->policy.mode = modes[i];
        fixture->change.record.after = text_of("forged");
        assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
        assert_int_equal(fixture->verdict.reasons[0].code, REASON_RECORD_PROTECTED);
        fixture->change.record.after = fixture->change.record.before;
        fixture->change.record.evidence_differs = true;
        assert_int_equal(decide(fixture)->kind == VERDICT_DENY, modes[i] == MODE_ENFORCE);
        assert_int_equal(fixture->verdict.reasons[0].code, REASON_EVIDENCE_PROTECTED);
        fixture->change.record.evidence_differs = false;
    }
}

#define MISMATCH                                                                                        \
    "what is admitted was not written on the object on its way in; try again in a second, and if that " \
    "does not help, ask a cluster operator whether the MutatingWebhookConfiguration changegate is there"

/* A change whose first pass wrote what it had to; `found` is what the second one finds. */
static struct fixture *written(void **state, change_classes classes, struct record *old, struct record *found)
{
    struct fixture *fixture = bringing(state, classes, old);
    fixture->policy.approval.reuse_allowed = false;
    *found = *target(fixture);
    fixture->change.record.after = text_of("what was written");
    fixture->change.record.found = found;
    return fixture;
}

static void test_what_is_said_of_one_that_does_not_fit(void **state)
{
    struct record old, found;
    struct fixture *fixture = written(state, CLASS_BIT(CLASS_ROLLOUT), &old, &found);
    fixture->policy.mode = MODE_WARN; /* it is no matter of the policy */
    fixture->change.change_document = TEXT_EMPTY;
    fixture->change.record.found = NULL;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    const struct verdict *verdict = &fixture->verdict;
    assert_int_equal(verdict->http_status, 429);
    assert_int_equal(verdict->retry_after_s, 1);
    assert_int_equal(verdict->warning_count, 0);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(verdict, 0, REASON_RECORD_MISMATCH, "metadata.annotations[changegate.dev/admitted]",
                  MISMATCH);
    assert_text(verdict->message, "Deployment shop/web: " MISMATCH);
}

static void test_the_time_between_two_passes(void **state)
{
    static const struct {
        int64_t apart_s;
        enum verdict_kind kind;
    } rows[] = {{0, VERDICT_ALLOW},   {60, VERDICT_ALLOW}, {61, VERDICT_DENY},
                {-60, VERDICT_ALLOW}, {-61, VERDICT_DENY}, {-NOW_S, VERDICT_DENY}};
    struct record old, found;
    struct fixture *fixture = written(state, CLASS_BIT(CLASS_ROLLOUT), &old, &found);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        found.templates[0].at_s = NOW_S + rows[i].apart_s;
        assert_int_equal(verified(fixture), rows[i].kind);
    }
}

static void test_each_way_not_to_fit(void **state)
{
    struct record old, found;
    struct fixture *fixture = written(state, CLASS_BIT(CLASS_ROLLOUT), &old, &found);
    const struct record good = found;
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    found.templates[0].by = text_of("eve");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[0].waiting = true;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[0].id_count = 0; /* to use it again */
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[0].ids[0] = text_of("CHG0000002");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[1].ids[0] = text_of("CHG0000002");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[1].digest = text_of("sha256:wanted");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[1].at_s = 2;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.template_count = 1;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[2] = good.templates[1], found.template_count = 3;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.override_count = 1;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = old; /* nothing was written */
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good;
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
}

/* The API server may write into the template of a Pod between the passes, where it is created. */
static void test_a_template_that_was_normalised(void **state)
{
    static const struct {
        enum workload_kind workload;
        enum operation operation;
        enum verdict_kind kind;
    } rows[] = {{KIND_POD, OPERATION_CREATE, VERDICT_ALLOW},
                {KIND_POD, OPERATION_UPDATE, VERDICT_DENY},
                {KIND_DEPLOYMENT, OPERATION_CREATE, VERDICT_DENY}};
    struct record old, found;
    struct fixture *fixture = written(state, CLASS_BIT(CLASS_ROLLOUT), &old, &found);
    found.templates[0].digest = text_of("sha256:normalised");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture->change.workload = rows[i].workload;
        fixture->change.operation = rows[i].operation;
        assert_int_equal(verified(fixture), rows[i].kind);
    }
}

static void test_what_is_held_has_to_fit_as_well(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->facts.freeze_label.action = FREEZE_DELAY;
    fixture->change.hold.obstacle = OBSTACLE_NONE;
    fixture->change.record.after = text_of("as it was");
    assert_int_equal(verified(fixture), VERDICT_DELAY);
    fixture->change.record.after = text_of("forged");
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_a_review_has_to_be_written(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), &old);
    old.overrides[0] = (struct record_override){.incident = TEXT("INC1"), .by = TEXT("erin"), .at_s = 5};
    old.override_count = 1;
    fixture->change.record.reviewer = text_of("ann");
    struct record found = *target(fixture);
    fixture->change.record.after = text_of("what was written");
    fixture->change.record.found = &found;
    found.overrides[0].reviewed_s -= RECORD_PASS_S;
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    found.overrides[0].reviewed_by = text_of("bob");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found.override_count = 0;
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_where_ids_may_come_again(void **state)
{
    struct record old, found;
    struct fixture *fixture = written(state, CLASS_BIT(CLASS_ROLLOUT), &old, &found);
    fixture->policy.approval.reuse_allowed = true;
    fixture->change.record.after = TEXT_EMPTY; /* it had one, and would lose it */
    fixture->change.record.found = NULL;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record = (struct change_record){.digest_before = TEXT("sha256:first")};
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    fixture->change.record.after = text_of("forged");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record.found = &found; /* of another template */
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static bool is_any(const void *program, struct text subject)
{
    (void)program;
    return subject.length > 0;
}

static void test_an_override_is_on_record_or_refused(void **state)
{
    static const struct text commanders[] = {TEXT("incident-commanders")};
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->policy.break_glass = (struct break_glass_rule){
        .groups = commanders, .group_count = 1, .incident = {TEXT("."), NULL, is_any}, .age_s_most = 3600};
    fixture->change.user = (struct user){.name = TEXT("erin"), .groups = commanders, .group_count = 1};
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->change.record =
        (struct change_record){.incident = TEXT("INC1"), .reason = TEXT("why"), .override_set = true};
    struct record found = *target(fixture);
    assert_true(fixture->verdict.overrides);
    assert_int_equal(verified(fixture), VERDICT_DENY); /* although ids may come again */
    assert_false(fixture->verdict.overrides);
    assert_int_equal(fixture->verdict.http_status, 429);
    fixture->change.record.after = text_of("what was written");
    fixture->change.record.found = &found;
    assert_int_equal(verified(fixture), VERDICT_WARN);
    assert_true(fixture->verdict.overrides);
    found.overrides[0].by = text_of("somebody");
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_absent_is_not_empty(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), &old);
    fixture->change.record.before = fixture->change.record.after = TEXT_EMPTY;
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    fixture->change.record.after = text_of("");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record.before = text_of("");
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    fixture->change.record.after = TEXT_EMPTY;
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_what_is_denied_or_not_decided_is_not_looked_at(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->change.record.after = text_of("forged");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    assert_int_equal(fixture->verdict.http_status, 403);
    assert_int_equal(fixture->verdict.reasons[0].code, REASON_APPROVAL_MISSING);
    fixture->facts.namespace_terminating = true;
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
}

/* ---- past the gate ---- */

static struct fixture *through(void **state, const char *subresource, struct record *old)
{
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), old);
    fixture->change.hold.decides = false;
    fixture->change.subresource = text_of(subresource);
    fixture->change.record.after = fixture->change.record.before;
    return fixture;
}

#define BY_GATE "annotation changegate.dev/admitted is written by changegate alone; leave it as it is"
#define COMES   "evidence comes with the change, not through /status: leave these annotations as they are"

static void test_the_record_through_the_status(void **state)
{
    static const char refused[] = "Metadata of Deployment shop/web is refused by policy tier-1: " BY_GATE;
    struct record old;
    struct fixture *fixture = through(state, "status", &old);
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    fixture->change.record.after = text_of("forged");
    assert_denied(decide(fixture), refused);
    assert_reason(&fixture->verdict, 0, REASON_RECORD_PROTECTED,
                  "metadata.annotations[changegate.dev/admitted]", BY_GATE);
    fixture->change.record.after = TEXT_EMPTY; /* removed */
    assert_denied(decide(fixture), refused);
    fixture->change.record.after = text_of("forged");
    fixture->change.record.before = TEXT_EMPTY; /* added */
    assert_denied(decide(fixture), refused);
    fixture->change.record.after = text_of("");
    assert_denied(decide(fixture), refused);
}

static void test_evidence_through_the_status(void **state)
{
    struct record old;
    struct fixture *fixture = through(state, "status", &old);
    fixture->change.record.evidence_differs = true;
    assert_denied(decide(fixture), "Metadata of Deployment shop/web is refused by policy tier-1: " COMES);
    assert_reason(&fixture->verdict, 0, REASON_EVIDENCE_PROTECTED, "metadata.annotations", COMES);
    fixture->policy.mode = MODE_WARN;
    assert_int_equal(decide(fixture)->kind, VERDICT_WARN);
    assert_true(fixture->verdict.would_deny);
    assert_int_equal(fixture->verdict.warning_count, 1);
    assert_text(fixture->verdict.warnings[0], "Deployment shop/web would be denied: " COMES);
    fixture->policy.mode = MODE_AUDIT;
    assert_int_equal(decide(fixture)->kind, VERDICT_ALLOW);
    assert_true(fixture->verdict.would_deny);
    assert_int_equal(fixture->verdict.warning_count, 0);
}

static void test_both_at_once(void **state)
{
    struct record old;
    struct fixture *fixture = through(state, "status", &old);
    fixture->change.record.evidence_differs = true;
    fixture->change.record.after = text_of("forged");
    fixture->policy.mode = MODE_AUDIT;
    assert_denied(decide(fixture),
                  "Metadata of Deployment shop/web is refused by policy tier-1: (1) " BY_GATE "; (2) " COMES);
}

static void test_its_controller_may_write_the_status(void **state)
{
    struct record old;
    struct fixture *fixture = through(state, "status", &old);
    fixture->change.record.after = text_of("forged");
    fixture->change.record.evidence_differs = true;
    fixture->change.user.name = text_of("system:serviceaccount:kube-system:deployment-controller");
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    fixture->change.user.name = text_of("system:serviceaccount:shop:deployment-controller");
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

static void test_a_scale_carries_none(void **state)
{
    struct record old;
    struct fixture *fixture = through(state, "scale", &old);
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    fixture->policy.needs[CLASS_SCALE] = (struct class_needs){false};
    fixture->change.has_annotations = false;
    fixture->change.record.after = TEXT_EMPTY;
    assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
    assert_false(fixture->verdict.record.decides);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_it_carries_what_it_has_to),
        DECISION(test_without_the_mutating_pass),
        DECISION(test_an_edit_may_not_change_it),
        DECISION(test_through_status_it_is_refused_in_every_mode),
        DECISION(test_what_is_said_of_one_that_does_not_fit),
        DECISION(test_the_time_between_two_passes),
        DECISION(test_each_way_not_to_fit),
        DECISION(test_a_template_that_was_normalised),
        DECISION(test_what_is_held_has_to_fit_as_well),
        DECISION(test_a_review_has_to_be_written),
        DECISION(test_where_ids_may_come_again),
        DECISION(test_an_override_is_on_record_or_refused),
        DECISION(test_absent_is_not_empty),
        DECISION(test_what_is_denied_or_not_decided_is_not_looked_at),
        DECISION(test_the_record_through_the_status),
        DECISION(test_evidence_through_the_status),
        DECISION(test_both_at_once),
        DECISION(test_its_controller_may_write_the_status),
        DECISION(test_a_scale_carries_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
