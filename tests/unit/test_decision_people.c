/* Who approves what, further: held changes, requirements, tokens beside objects, and what is said and kept.
 */
#include "hold_fixture.h"
#include "people_fixture.h"

#include <stdlib.h>

#define SIGN_HOW "set annotation changegate.dev/approval-token to a token for sha256:new"

static void assert_texts(const struct text *texts, size_t count, const char *wanted)
{
    char all[256] = "";
    for (size_t i = 0; i < count; i++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%.*s", i == 0 ? "" : " ",
                 TEXT_ARGS(texts[i]));
    assert_string_equal(all, wanted);
}

/* The ids, the people, and what is used up. */
static void assert_kept(const struct verdict *verdict, const char *ids, const char *people, const char *used)
{
    assert_texts(verdict->approvals, verdict->approval_count, ids);
    assert_texts(verdict->approvers, verdict->approver_count, people);
    assert_texts(verdict->used, verdict->used_count, used);
}

/* ---- what is kept ---- */

static void test_each_id_that_counted_is_used_up(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.approval_ids = text_of("CHG0000002,CHG0000001 bad CHG0000002");
    assert_kept(decide(fixture), "CHG0000002 CHG0000001", "", "CHG0000002 CHG0000001");
}

static void test_a_token_uses_up_itself_and_an_approval_its_change(void **state)
{
    struct fixture *fixture = *state;
    struct approval bob = by("bob"), carol = by("carol");
    sign(fixture, &bob, 1);
    bob.name = text_of("jti-1");
    fixture->facts.approvals = &carol;
    fixture->facts.approval_count = 1;
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_APPROVAL);
    fixture->policy.approval.minimum = 2;
    assert_allowed(decide(fixture), REASON_APPROVED);
    assert_kept(&fixture->verdict, "CHG0000042", "bob carol", "jti-1 CHG0000042");
}

static void test_the_change_of_a_token_is_not_typed_afterwards(void **state)
{
    struct fixture *fixture = *state;
    struct approval bob = by("bob");
    sign(fixture, &bob, 1);
    bob.name = text_of("jti-1");
    fixture->policy.approval.reuse_allowed = false;
    assert_kept(decide(fixture), "CHG0000042", "bob", "jti-1 CHG0000042");

    struct record old = {.templates = {{.digest = TEXT(DIGEST), .at_s = 1}}, .template_count = 1};
    record_use(&old.templates[0], fixture->verdict.used, fixture->verdict.used_count);
    fixture->change.record.old = &old;
    fixture->change.digest_after = text_of("sha256:next");
    fixture->change.token_count = 0;
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_ANNOTATION);
    fixture->change.approval_ids = text_of("CHG0000042");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_reason(verdict, 0, REASON_APPROVAL_REUSED, IDS_FIELD,
                  "approval CHG0000042 is used up by template " DIGEST
                  ": write the id of a change that approves this one; set annotation "
                  "changegate.dev/approval-token to a token for sha256:next");

    /* Whoever signs vouches for this very template. */
    bob.name = text_of("jti-2");
    bob.digest = text_of("sha256:next");
    fixture->change.token_count = 1;
    assert_allowed(decide(fixture), REASON_APPROVED);
}

static void test_what_does_not_count_is_not_kept(void **state)
{
    struct fixture *fixture = *state;
    struct approval both[] = {by("ann"), by("bob")};
    approve(fixture, both, 2);
    both[0].change_id = text_of("CHG0000001");
    assert_allowed(decide(fixture), REASON_APPROVED);
    assert_kept(&fixture->verdict, "CHG0000042", "bob", "CHG0000042");
}

static void test_what_counted_is_kept_where_it_was_too_little(void **state)
{
    struct fixture *fixture = *state;
    const struct approval bob = by("bob");
    approve(fixture, &bob, 1);
    fixture->policy.approval.minimum = 2;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    assert_kept(&fixture->verdict, "CHG0000042", "bob", "CHG0000042");
}

/* ---- who is one person ---- */

static void test_by_token_and_object_one_person_is_one(void **state)
{
    struct fixture *fixture = *state;
    struct approval token = by("bob"), object = by("bob");
    sign(fixture, &token, 1);
    fixture->facts.approvals = &object;
    fixture->facts.approval_count = 1;
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_APPROVAL);
    fixture->policy.approval.minimum = 2;
    assert_fault(fixture, REASON_APPROVAL_INSUFFICIENT, "1 of 2 people: 1 more to " APPROVE_HOW);
}

static void test_under_two_change_ids_one_person_is_one(void **state)
{
    struct fixture *fixture = *state;
    struct approval twice[] = {by("bob"), by("bob")};
    approve(fixture, twice, 2);
    twice[1].change_id = text_of("CHG0000043");
    fixture->policy.approval.minimum = 2;
    assert_fault(fixture, REASON_APPROVAL_INSUFFICIENT, "1 of 2 people: 1 more to " APPROVE_HOW);
}

static void test_names_differ_by_case(void **state)
{
    struct fixture *fixture = *state;
    struct approval twice[] = {by("bob"), by("Bob")}; /* as they do for RBAC */
    approve(fixture, twice, 2);
    fixture->policy.approval.minimum = 2;
    assert_allowed(decide(fixture), REASON_APPROVED);
}

static void test_one_good_approval_is_enough_beside_bad_ones(void **state)
{
    struct fixture *fixture = *state;
    struct approval all[] = {by("ann"), by("bob"), by("carol")};
    approve(fixture, all, 3);
    all[1].expires_s = NOW_S;
    assert_allowed(decide(fixture), REASON_APPROVED);
    assert_kept(&fixture->verdict, "CHG0000042", "carol", "CHG0000042");
}

static void test_each_bad_one_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct approval all[] = {by("ann"), by("bob")};
    approve(fixture, all, 2);
    all[1].expires_s = NOW_S;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 2);
    assert_reason(verdict, 0, REASON_APPROVAL_OWN, "",
                  "approval CHG0000042 of ann is by who applies the change: somebody else has to approve");
    assert_reason(verdict, 1, REASON_APPROVAL_EXPIRED, "",
                  "approval CHG0000042 of bob expired at 2026-11-20T11:00:00Z; " APPROVE_HOW);
}

/* ---- a held change is of whoever applied it ---- */

static struct fixture *opened(void **state, struct approval *approval)
{
    struct fixture *fixture = held(state); /* by bob */
    approve(fixture, approval, 1);
    fixture->facts.calendar = NULL;
    return fixture;
}

static void test_who_applied_a_held_change_does_not_approve_it(void **state)
{
    struct approval approval = by("bob");
    assert_held_by(decide(opened(state, &approval)), REASON_STILL_HELD,
                   "still held: approval CHG0000042 of bob is by who applies the change: somebody else has "
                   "to approve; " APPROVE_HOW);
}

static void test_who_edits_a_held_change_may_have_approved_it(void **state)
{
    struct approval approval = by("ann");
    const struct verdict *verdict = decide(opened(state, &approval));
    assert_true(verdict->releases);
    assert_kept(verdict, "CHG0000042", "ann", "CHG0000042");
}

static void test_who_replaces_a_held_change_is_who_applies(void **state)
{
    struct approval approval = by("bob");
    struct fixture *fixture = opened(state, &approval);
    fixture->change.hold.keeps = false;
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT);
    assert_int_equal(decide(fixture)->kind, VERDICT_ALLOW);
    fixture->change.user.name = text_of("bob");
    assert_int_equal(decide(fixture)->reasons[0].code, REASON_APPROVAL_OWN);
}

/* ---- what requirements ask ---- */

static void require(struct fixture *fixture, const struct requirement *requirements, size_t count)
{
    fixture->policy.requirements = requirements;
    fixture->policy.requirement_count = count;
}

static void test_the_largest_minimum_counts(void **state)
{
    struct fixture *fixture = *state;
    static const struct requirement both[] = {{.name = TEXT("ai"), .minimum = 3},
                                              {.name = TEXT("db"), .minimum = 2}};
    const struct approval bob = by("bob");
    approve(fixture, &bob, 1);
    require(fixture, both, 2);
    assert_fault(fixture, REASON_APPROVAL_INSUFFICIENT,
                 "1 of 3 people (requirement ai, db): 2 more to " APPROVE_HOW);
}

static void test_sources_that_exclude_each_other_let_nothing_through(void **state)
{
    struct fixture *fixture = *state;
    static const struct requirement both[] = {{.name = TEXT("a"), .sources = SOURCE_BIT(SOURCE_APPROVAL)},
                                              {.name = TEXT("b"), .sources = SOURCE_BIT(SOURCE_ANNOTATION)}};
    const struct approval bob = by("bob");
    approve(fixture, &bob, 1);
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_ANNOTATION);
    fixture->change.approval_ids = text_of("CHG0000001");
    require(fixture, both, 2);
    assert_fault(fixture, REASON_APPROVAL_MISSING,
                 "no approval (requirement a, b): no source of the policy can give what is asked for");
    assert_kept(&fixture->verdict, "", "", "");
}

static void test_an_id_does_not_count_where_people_are_asked_for(void **state)
{
    struct fixture *fixture = *state;
    static const struct requirement people = {.name = TEXT("p"), .sources = SOURCE_BIT(SOURCE_APPROVAL)};
    approve(fixture, NULL, 0);
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_ANNOTATION);
    fixture->change.approval_ids = text_of("CHG0000001");
    require(fixture, &people, 1);
    assert_fault(fixture, REASON_APPROVAL_MISSING,
                 "no approval (requirement p): 1 person has to " APPROVE_HOW);
}

/* ---- tokens ---- */

static void test_without_a_token(void **state)
{
    sign(*state, NULL, 0);
    assert_fault(*state, REASON_APPROVAL_MISSING, "no approval: 1 person has to " SIGN_HOW);
}

static void test_a_token_before_it_was_issued(void **state)
{
    struct approval bob = by("bob");
    sign(*state, &bob, 1);
    bob.created_s = NOW_S + TOKEN_SKEW_S;
    assert_allowed(decide(*state), REASON_APPROVED);
    bob.created_s++;
    assert_fault(*state, REASON_APPROVAL_EARLY,
                 "token CHG0000042 of bob is not valid before 2026-11-20T11:01:01Z; " SIGN_HOW);
}

static void test_an_object_has_no_skew(void **state)
{
    struct approval bob = by("bob");
    approve(*state, &bob, 1);
    bob.created_s = NOW_S + 3600; /* the API server's clock, and no reason to wait for it */
    assert_allowed(decide(*state), REASON_APPROVED);
    bob.expires_s = NOW_S;
    assert_int_equal(decide(*state)->reasons[0].code, REASON_APPROVAL_EXPIRED);
}

static void test_what_a_token_is_for(void **state)
{
    struct approval bob = by("bob");
    sign(*state, &bob, 1);
    bob.kind = text_of("StatefulSet");
    assert_fault(*state, REASON_APPROVAL_OTHER_WORKLOAD,
                 "token CHG0000042 of bob is for StatefulSet web; " SIGN_HOW);
    bob.kind = text_of("Deployment");
    bob.digest = text_of("sha256:old");
    assert_fault(*state, REASON_APPROVAL_OTHER_TEMPLATE,
                 "token CHG0000042 of bob is for another template, sha256:old; " SIGN_HOW);
}

static void test_a_token_that_proves_nothing_says_why(void **state)
{
    struct approval bob = by("bob");
    sign(*state, &bob, 1);
    bob.fault = text_of("the token's key \"k9\" is none of the policy's");
    assert_fault(*state, REASON_TOKEN_INVALID, "the token's key \"k9\" is none of the policy's; " SIGN_HOW);
}

static void test_tokens_do_not_count_where_the_policy_takes_none(void **state)
{
    struct fixture *fixture = *state;
    struct approval bob = by("bob");
    sign(fixture, &bob, 1);
    fixture->policy.approval.sources = SOURCE_BIT(SOURCE_APPROVAL);
    assert_fault(fixture, REASON_APPROVAL_MISSING, "no approval: 1 person has to " APPROVE_HOW);
}

/* ---- what is said ---- */

static void test_what_carries_no_template_cannot_be_approved(void **state)
{
    struct fixture *fixture = *state;
    approve(fixture, NULL, 0);
    fixture->change.digest_after = TEXT_EMPTY;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 1);
    assert_int_equal(verdict->reasons[0].code, REASON_APPROVAL_MISSING);
}

static void test_a_name_with_tricks_is_quoted(void **state)
{
    struct fixture *fixture = *state;
    struct approval eve = by("eve\x1b[2J\n");
    approve(fixture, &eve, 1);
    eve.expires_s = NOW_S;
    assert_fault(fixture, REASON_APPROVAL_EXPIRED,
                 "approval CHG0000042 of eve?[2J? expired at 2026-11-20T11:00:00Z; " APPROVE_HOW);
}

static void test_of_many_faults_as_many_as_fit_are_told(void **state)
{
    struct fixture *fixture = *state;
    struct approval own[300];
    for (size_t i = 0; i < 300; i++)
        own[i] = by("ann");
    approve(fixture, own, 300);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->reason_count, VERDICT_REASONS_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_each_id_that_counted_is_used_up),
        DECISION(test_a_token_uses_up_itself_and_an_approval_its_change),
        DECISION(test_the_change_of_a_token_is_not_typed_afterwards),
        DECISION(test_what_does_not_count_is_not_kept),
        DECISION(test_what_counted_is_kept_where_it_was_too_little),
        DECISION(test_by_token_and_object_one_person_is_one),
        DECISION(test_under_two_change_ids_one_person_is_one),
        DECISION(test_names_differ_by_case),
        DECISION(test_one_good_approval_is_enough_beside_bad_ones),
        DECISION(test_each_bad_one_is_told),
        DECISION(test_who_applied_a_held_change_does_not_approve_it),
        DECISION(test_who_edits_a_held_change_may_have_approved_it),
        DECISION(test_who_replaces_a_held_change_is_who_applies),
        DECISION(test_the_largest_minimum_counts),
        DECISION(test_sources_that_exclude_each_other_let_nothing_through),
        DECISION(test_an_id_does_not_count_where_people_are_asked_for),
        DECISION(test_without_a_token),
        DECISION(test_a_token_before_it_was_issued),
        DECISION(test_an_object_has_no_skew),
        DECISION(test_what_a_token_is_for),
        DECISION(test_a_token_that_proves_nothing_says_why),
        DECISION(test_tokens_do_not_count_where_the_policy_takes_none),
        DECISION(test_what_carries_no_template_cannot_be_approved),
        DECISION(test_a_name_with_tricks_is_quoted),
        DECISION(test_of_many_faults_as_many_as_fit_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
