/* The record on the object as it will be stored: each way in which it does not fit, and what may differ. */
#include "admitted_fixture.h"

static enum verdict_kind verified(struct fixture *fixture)
{
    decide(fixture);
    decision_verify_record(&fixture->change, &fixture->arena, &fixture->verdict);
    return fixture->verdict.kind;
}

/* As the mutating pass left it. */
static struct fixture *written(void **state, struct record *found)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLOUT, "sha256:c");
    *found = *decide(fixture)->record.record;
    fixture->change.record.after = text_of("three");
    fixture->change.record.found = found;
    return fixture;
}

static void test_what_a_mismatch_says(void **state)
{
    struct record found;
    struct fixture *fixture = written(state, &found);
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    found.templates[0].by = text_of("eve");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    const struct verdict *verdict = &fixture->verdict;
    assert_int_equal(verdict->retry_after_s, 1);
    assert_int_equal(verdict->reason_count, 1);
    assert_int_equal(verdict->warning_count, 0);
    assert_text(verdict->reasons[0].field, "metadata.annotations[changegate.dev/admitted]");
    assert_text(
        verdict->message,
        "Deployment shop/web: what is admitted was not written on the object on its way in; try again "
        "in a second, and if that does not help, ask a cluster operator whether the "
        "MutatingWebhookConfiguration changegate is there");
}

static void test_each_forgery(void **state)
{
    struct record found;
    struct fixture *fixture = written(state, &found);
    const struct record good = found;
    found.templates[0].id_count = 0; /* to use the id again */
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[1].id_count = 0;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.override_count = 0; /* to owe nothing */
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.overrides[0].reviewed_by = text_of("bob");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[2].digest = text_of("sha256:evil"); /* to roll back to it */
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.template_count++;
    found.templates[3] = (struct record_template){.digest = TEXT("sha256:evil")};
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[0].at_s = NOW_S + RECORD_PASS_S + 1;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[0].at_s = 0;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    found = good, found.templates[1].at_s++;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record.after = fixture->change.record.before; /* as it was */
    fixture->change.record.found = NULL;
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_where_ids_come_again_one_that_was_there_is_kept_up(void **state)
{
    struct record found;
    struct fixture *fixture = written(state, &found);
    fixture->policy.approval.reuse_allowed = true;
    fixture->change.record.after = fixture->change.record.before;
    fixture->change.record.found = NULL;
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record = (struct change_record){.after = TEXT("forged"), .found = &found};
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record = (struct change_record){.before = TEXT("two"), .old = &two}; /* taken off */
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_the_template_of_a_new_pod_may_be_normalised(void **state)
{
    struct record found;
    struct fixture *fixture = written(state, &found);
    fixture->change.workload = KIND_POD;
    found.templates[0].digest = text_of("sha256:normalised");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.operation = OPERATION_CREATE;
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
    found.templates[1].digest = text_of("sha256:normalised");
    assert_int_equal(verified(fixture), VERDICT_DENY);
}

static void test_absent_is_not_empty(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_METADATA, "");
    fixture->change.record = (struct change_record){.after = TEXT("")};
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record = (struct change_record){.before = TEXT("")};
    assert_int_equal(verified(fixture), VERDICT_DENY);
    fixture->change.record = (struct change_record){.before = TEXT(""), .after = TEXT("")};
    assert_int_equal(verified(fixture), VERDICT_ALLOW);
}

static void test_of_what_is_denied_nothing_is_verified(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLOUT, "sha256:c");
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->change.record.after = text_of("forged");
    assert_int_equal(verified(fixture), VERDICT_DENY);
    assert_int_equal(fixture->verdict.http_status, 403);
}

/* ---- through a subresource ---- */

static void test_what_protection_says(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_METADATA, "");
    fixture->change.hold.decides = false;
    fixture->change.subresource = text_of("status");
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    fixture->change.record.after = TEXT_EMPTY;
    assert_denied(decide(fixture),
                  "Metadata of Deployment shop/web is refused by policy tier-1: annotation "
                  "changegate.dev/admitted is written by changegate alone; leave it as it is");
    assert_text(fixture->verdict.reasons[0].field, "metadata.annotations[changegate.dev/admitted]");
    fixture->change.record.after = fixture->change.record.before;
    fixture->change.record.evidence_differs = true;
    assert_denied(decide(fixture),
                  "Metadata of Deployment shop/web is refused by policy tier-1: evidence comes with the "
                  "change, not through /status: leave these annotations as they are");
    assert_text(fixture->verdict.reasons[0].field, "metadata.annotations");
    fixture->change.user.name = text_of("system:serviceaccount:kube-system:deployment-controller");
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_what_a_mismatch_says),
        DECISION(test_each_forgery),
        DECISION(test_where_ids_come_again_one_that_was_there_is_kept_up),
        DECISION(test_the_template_of_a_new_pod_may_be_normalised),
        DECISION(test_absent_is_not_empty),
        DECISION(test_of_what_is_denied_nothing_is_verified),
        DECISION(test_what_protection_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
