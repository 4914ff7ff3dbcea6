/* Which approvals count: ids that are used up, and what people agreed to. */
#include "people_fixture.h"

#include <stdlib.h>

#define REFUSED "Rollout of Deployment shop/web is refused by policy tier-1: "

static const struct text managers[] = {TEXT("managers")};
static const struct text developers[] = {TEXT("developers")};

/* ---- ids ---- */

static const struct record record = {
    .templates = {{.digest = TEXT("sha256:old"), .at_s = 1, .ids = {TEXT("CHG0000001")}, .id_count = 1}},
    .template_count = 1,
};

static struct fixture *once(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.approval.reuse_allowed = false;
    fixture->change.record.old = &record;
    fixture->change.digest_after = text_of(DIGEST);
    return fixture;
}

static void test_an_id_counts_once(void **state)
{
    assert_fault(once(state), REASON_APPROVAL_REUSED,
                 "approval CHG0000001 is used up by template sha256:old: write the id of a change that "
                 "approves this one");
    once(state)->change.approval_ids = text_of("CHG0000001 CHG0000002");
    const struct verdict *verdict = decide(*state);
    assert_allowed(verdict, REASON_APPROVED);
    assert_int_equal(verdict->approval_count, 1);
    assert_text(verdict->approvals[0], "CHG0000002");
    assert_text(verdict->used[0], "CHG0000002");
}

static void test_for_the_same_template_it_counts_again(void **state)
{
    once(state)->change.digest_after = text_of("sha256:old");
    assert_allowed(decide(*state), REASON_APPROVED);
}

static void test_where_the_policy_allows_it_it_counts_again(void **state)
{
    once(state)->policy.approval.reuse_allowed = true;
    assert_allowed(decide(*state), REASON_APPROVED);
}

static void test_a_rollback_needs_an_id_of_its_own(void **state)
{
    struct fixture *fixture = once(state);
    fixture->change.classes = CLASS_BIT(CLASS_ROLLBACK);
    fixture->change.digest_after = text_of("sha256:old");
    assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
    fixture->policy.needs[CLASS_ROLLBACK].approval = true;
    assert_fault(fixture, REASON_APPROVAL_REUSED,
                 "approval CHG0000001 is used up by template sha256:old: write the id of a change that "
                 "approves this one");
}

/* ---- people ---- */

static void test_somebody_else_approves(void **state)
{
    const struct approval bob = by("bob");
    approve(*state, &bob, 1);
    const struct verdict *verdict = decide(*state);
    assert_allowed(verdict, REASON_APPROVED);
    assert_text(verdict->approvals[0], "CHG0000042");
    assert_text(verdict->approvers[0], "bob");
    assert_int_equal(verdict->approver_count, 1);
    assert_text(verdict->used[0], "CHG0000042");
}

static void test_nobody_did(void **state)
{
    approve(*state, NULL, 0);
    assert_denied(decide(*state), REFUSED "no approval: 1 person has to " APPROVE_HOW);
    struct fixture *fixture = *state;
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_ANNOTATION);
    fixture->policy.approval.minimum = 2;
    assert_denied(decide(fixture), REFUSED "no approval: 2 people have to " APPROVE_HOW
                                           "; or set annotation changegate.dev/approval-ids to 2 approved "
                                           "change ids matching ^CHG[0-9]{7}$");
}

static void test_who_applies_does_not_approve(void **state)
{
    const struct approval ann = by("ann");
    approve(*state, &ann, 1);
    assert_fault(*state, REASON_APPROVAL_OWN,
                 "approval CHG0000042 of ann is by who applies the change: somebody else has to "
                 "approve; " APPROVE_HOW);
}

static void test_one_person_is_one_approval(void **state)
{
    struct fixture *fixture = *state;
    struct approval three[] = {by("bob"), by("bob"), by("carol")};
    approve(fixture, three, 2);
    fixture->policy.approval.minimum = 2;
    assert_fault(fixture, REASON_APPROVAL_INSUFFICIENT, "1 of 2 people: 1 more to " APPROVE_HOW);
    fixture->facts.approval_count = 3;
    assert_allowed(decide(fixture), REASON_APPROVED);
    assert_int_equal(fixture->verdict.approver_count, 2);
}

static void test_ids_and_people_do_not_add_up(void **state)
{
    struct fixture *fixture = *state;
    const struct approval bob = by("bob");
    approve(fixture, &bob, 1);
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_ANNOTATION);
    fixture->policy.approval.minimum = 2;
    fixture->change.approval_ids = text_of("CHG0000001");
    assert_fault(fixture, REASON_APPROVAL_INSUFFICIENT, "1 of 2 people: 1 more to " APPROVE_HOW);
    fixture->change.approval_ids = text_of("CHG0000001 CHG0000002");
    assert_allowed(decide(fixture), REASON_APPROVED);
}

static void test_for_another_template(void **state)
{
    struct approval bob = by("bob");
    bob.digest = text_of("sha256:old");
    approve(*state, &bob, 1);
    assert_fault(*state, REASON_APPROVAL_OTHER_TEMPLATE,
                 "approval CHG0000042 of bob is for another template, sha256:old; " APPROVE_HOW);
}

static void test_it_expires_on_the_second(void **state)
{
    struct approval bob = by("bob");
    approve(*state, &bob, 1);
    bob.expires_s = NOW_S + 1;
    assert_allowed(decide(*state), REASON_APPROVED);
    bob.expires_s = NOW_S;
    assert_fault(*state, REASON_APPROVAL_EXPIRED,
                 "approval CHG0000042 of bob expired at 2026-11-20T11:00:00Z; " APPROVE_HOW);
}

static void test_in_the_groups_of_policy_and_requirement(void **state)
{
    struct fixture *fixture = *state;
    static const struct requirement strict = {
        .name = TEXT("strict"), .approver_groups = managers, .approver_group_count = 1};
    struct approval bob = by("bob");
    approve(fixture, &bob, 1);
    bob.groups = developers;
    bob.group_count = 1;
    fixture->policy.requirements = &strict;
    fixture->policy.requirement_count = 1;
    assert_fault(
        fixture, REASON_APPROVER_NOT_ENTITLED,
        "approval CHG0000042 of bob does not count: the approver is in none of the approverGroups of "
        "policy tier-1; " APPROVE_HOW);
    bob.groups = managers;
    assert_allowed(decide(fixture), REASON_APPROVED);
    fixture->policy.approval.approver_groups = developers;
    fixture->policy.approval.approver_group_count = 1;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

static void test_a_cooling_off_time(void **state)
{
    struct fixture *fixture = *state;
    static const struct requirement aged = {.name = TEXT("aged"), .minimum_age_s = 61};
    struct approval bob = by("bob");
    approve(fixture, &bob, 1);
    fixture->policy.requirements = &aged;
    fixture->policy.requirement_count = 1;
    assert_fault(
        fixture, REASON_APPROVAL_EARLY,
        "approval CHG0000042 of bob has to be older: it counts from 2026-11-20T11:00:01Z; " APPROVE_HOW);
    bob.created_s--;
    assert_allowed(decide(fixture), REASON_APPROVED);
    fixture->facts.approval_count = 0; /* an id has no age */
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_ANNOTATION);
    fixture->change.approval_ids = text_of("CHG0000001");
    assert_fault(fixture, REASON_APPROVAL_MISSING,
                 "no approval (requirement aged): 1 person has to " APPROVE_HOW);
}

static void test_of_ten_thousand_the_one_is_found(void **state)
{
    enum { MANY = 10000 };
    struct fixture *fixture = *state;
    struct approval *many = calloc(MANY, sizeof(*many));
    for (size_t i = 0; i < MANY; i++) {
        many[i] = by("bob");
        many[i].digest = arena_printf(&fixture->arena, "sha256:%05zu", i);
    }
    approve(fixture, many, MANY);
    fixture->change.digest_after = text_of("sha256:07777");
    assert_allowed(decide(fixture), REASON_APPROVED);
    fixture->change.digest_after = text_of("sha256:x");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 1); /* one is named, as a hint */
    assert_int_equal(verdict->reasons[0].code, REASON_APPROVAL_OTHER_TEMPLATE);
    free(many);
}

/* ---- tokens ---- */

static void test_a_token_has_a_minute_of_skew(void **state)
{
    struct approval bob = by("bob");
    sign(*state, &bob, 1);
    bob.expires_s = NOW_S - TOKEN_SKEW_S + 1;
    assert_allowed(decide(*state), REASON_APPROVED);
    bob.expires_s--;
    assert_int_equal(decide(*state)->reasons[0].code, REASON_APPROVAL_EXPIRED);
    bob = by("bob");
    bob.source = SOURCE_TOKEN;
    bob.not_before_s = NOW_S + TOKEN_SKEW_S;
    assert_allowed(decide(*state), REASON_APPROVED);
    bob.not_before_s++;
    assert_fault(*state, REASON_APPROVAL_EARLY,
                 "token CHG0000042 of bob is not valid before 2026-11-20T11:01:01Z; set annotation "
                 "changegate.dev/approval-token to a token for sha256:new");
}

static void test_a_token_for_something_else(void **state)
{
    struct approval bob = by("bob");
    sign(*state, &bob, 1);
    bob.workload = text_of("cart");
    assert_int_equal(decide(*state)->reasons[0].code, REASON_APPROVAL_OTHER_WORKLOAD);
    bob = by("bob");
    bob.source = SOURCE_TOKEN;
    bob.fault = text_of("the token is not signed");
    const struct verdict *verdict = decide(*state);
    assert_int_equal(verdict->reasons[0].code, REASON_TOKEN_INVALID);
    assert_text(verdict->reasons[0].field, "metadata.annotations[changegate.dev/approval-token]");
}

static void test_a_token_is_used_once(void **state)
{
    struct fixture *fixture = once(state);
    struct approval bob = by("bob");
    sign(fixture, &bob, 1);
    bob.name = text_of("jti-1");
    assert_allowed(decide(fixture), REASON_APPROVED);
    assert_text(fixture->verdict.used[0], "jti-1");
    bob.name = text_of("CHG0000001"); /* in the record, of the template before */
    assert_int_equal(decide(fixture)->reasons[0].code, REASON_APPROVAL_REUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_an_id_counts_once),
        DECISION(test_for_the_same_template_it_counts_again),
        DECISION(test_where_the_policy_allows_it_it_counts_again),
        DECISION(test_a_rollback_needs_an_id_of_its_own),
        DECISION(test_somebody_else_approves),
        DECISION(test_nobody_did),
        DECISION(test_who_applies_does_not_approve),
        DECISION(test_one_person_is_one_approval),
        DECISION(test_ids_and_people_do_not_add_up),
        DECISION(test_for_another_template),
        DECISION(test_it_expires_on_the_second),
        DECISION(test_in_the_groups_of_policy_and_requirement),
        DECISION(test_a_cooling_off_time),
        DECISION(test_of_ten_thousand_the_one_is_found),
        DECISION(test_a_token_has_a_minute_of_skew),
        DECISION(test_a_token_for_something_else),
        DECISION(test_a_token_is_used_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
