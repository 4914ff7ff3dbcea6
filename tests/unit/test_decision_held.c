/* A change that is held already: what becomes of it with every edit, and who releases it. */
#include "hold_fixture.h"

static void test_an_edit_leaves_it_held(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.hold.restore = text_of("true");
    const struct verdict *verdict = decide(fixture);
    assert_held_by(verdict, REASON_STILL_HELD, "still held: " FROZEN);
    assert_int_equal(verdict->opens_s, NOW_S + 3600);
    assert_int_equal(verdict->warning_count, 1);
    assert_text(verdict->warnings[0], "Deployment shop/web: still held: " FROZEN);
    struct hold wanted = before; /* who, what and since when stay; why and how long are told anew */
    wanted.until_s = NOW_S + 3600;
    wanted.window = text_of("peak");
    wanted.reason = text_of(FROZEN);
    assert_true(hold_same(&verdict->target.hold, &wanted, false));
}

/* Also a class that a freeze stops none of, as scaling. */
static void test_so_does_a_change_that_needs_nothing(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    assert_held_by(decide(fixture), REASON_STILL_HELD, "still held: " FROZEN);
    fixture->change.classes = CLASS_BIT(CLASS_DELETE); /* an owner more */
    assert_denied(decide(fixture), "Delete of Deployment shop/web is refused by policy tier-1: " FROZEN
                                   "; not held, since a hold stops no Delete");
}

static void test_it_is_held_for_every_reason(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.approval_ids = text_of("CHG");
    const struct verdict *verdict = decide(fixture);
    assert_held_by(verdict, REASON_STILL_HELD,
                   "still held: \"CHG\" is no approval id: ids match ^CHG[0-9]{7}$; " FROZEN);
    fixture->facts.calendar = NULL;
    verdict = decide(fixture);
    assert_held_by(verdict, REASON_STILL_HELD,
                   "still held: \"CHG\" is no approval id: ids match ^CHG[0-9]{7}$");
    assert_int_equal(verdict->opens_s, 0);
    assert_int_equal(verdict->target.hold.until_s, 0);
    assert_text(verdict->target.hold.window, "");
}

/* A stricter window than the one that held it does not undo it. */
static void test_it_stays_held_in_a_freeze_that_denies(void **state)
{
    struct fixture *fixture = held(state);
    fixture->facts.freeze_label = (struct freeze_label){.action = FREEZE_DENY, .until_s = FREEZE_NO_END};
    assert_held_by(
        decide(fixture), REASON_STILL_HELD,
        "still held: frozen with no known end by the freeze label of namespace shop, window \"peak\"");
}

static void test_what_its_owner_had_stopped_is_remembered(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.before.stopped = true;
    fixture->change.hold.restore = text_of("false");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->target.hold.classes, CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_RESUME));
    assert_text(verdict->target.hold.restore, "false");
    fixture->change.after.stopped = true;
    assert_int_equal(decide(fixture)->target.hold.classes, CLASS_BIT(CLASS_ROLLOUT));
    fixture->change.before = (struct object_state){.partition = 2};
    fixture->change.after = (struct object_state){.partition = 1};
    assert_int_equal(decide(fixture)->target.hold.classes,
                     CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_RESUME));
    fixture->change.hold.held_classes = CLASS_BIT(CLASS_CREATE); /* of which nothing ran before */
    assert_int_equal(decide(fixture)->target.hold.classes,
                     CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_CREATE));
}

static void test_an_edit_that_makes_the_hold_useless_is_refused(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.hold.obstacle = OBSTACLE_ON_DELETE;
    const struct verdict *verdict = decide(fixture);
    assert_denied(verdict,
                  REFUSED "; with this edit it is held no longer: with updateStrategy OnDelete a pod that is "
                          "replaced gets the new template");
    assert_int_equal(verdict->opens_s, NOW_S + 3600);
    fixture->change.hold.obstacle = OBSTACLE_FIELD;
    assert_denied(decide(fixture),
                  REFUSED "; with this edit it is held no longer: the field that would hold it has no "
                          "place in this object, or a value that could not be put back");
    fixture->change.hold.obstacle = OBSTACLE_DAEMONSET; /* the policy changed; what is held stays so */
    assert_held_by(decide(fixture), REASON_STILL_HELD, "still held: " FROZEN);
    fixture->facts.calendar = NULL;
    fixture->change.hold.obstacle = OBSTACLE_ON_DELETE;
    assert_int_equal(decide(fixture)->kind, VERDICT_ALLOW);
}

static void assert_released(const struct verdict *verdict, enum reason_code before_it, enum reason_code code,
                            const char *label)
{
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_int_equal(verdict->reason_count, 2);
    assert_reason(verdict, 0, before_it, "", "");
    assert_reason(verdict, 1, code, "", "");
    assert_true(verdict->target.decides && !verdict->target.held && verdict->target.sets_field);
    assert_text(verdict->target.label, label);
}

static void test_outside_a_freeze_any_update_releases(void **state)
{
    struct fixture *fixture = held(state);
    fixture->facts.calendar = NULL;
    fixture->change.hold.restore = text_of("false");
    const struct verdict *verdict = decide(fixture);
    assert_released(verdict, REASON_NOT_A_CHANGE, REASON_RELEASED, "");
    assert_true(verdict->releases);
    assert_text(verdict->target.field, "false");
    assert_int_equal(verdict->approval_count, 1);
    assert_text(verdict->approvals[0], "CHG0000001");
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    assert_released(decide(fixture), REASON_NOTHING_REQUIRED, REASON_RELEASED, "");
}

static void test_a_mode_that_refuses_nothing_releases(void **state)
{
    struct fixture *fixture = held(state);
    fixture->policy.mode = MODE_WARN;
    assert_released(decide(fixture), REASON_NOT_A_CHANGE, REASON_RELEASED, "");
}

static void test_what_was_resumed_and_is_to_stay_stopped_ends(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.hold.held_classes = CLASS_BIT(CLASS_METADATA);
    const struct verdict *verdict = decide(fixture);
    assert_released(verdict, REASON_NOT_A_CHANGE, REASON_HOLD_ENDED, "");
    assert_false(verdict->releases);
}

static void test_back_to_what_runs_ends_it(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.hold.keeps = false;
    fixture->change.hold.restore = text_of("true");
    const struct verdict *verdict = decide(fixture);
    assert_released(verdict, REASON_NOT_A_CHANGE, REASON_HOLD_ENDED, "");
    assert_text(verdict->target.field, "true");
}

static void test_a_newer_template_takes_its_place(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.hold.keeps = false;
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT);
    const struct verdict *verdict = decide(fixture);
    assert_held_by(verdict, REASON_HELD, "held, and released by itself: " FROZEN);
    assert_int_equal(verdict->target.hold.since_s, NOW_S);
    assert_text(verdict->target.hold.by, "ann");
    fixture->facts.calendar = NULL;
    verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(verdict, 0, REASON_APPROVED, "", "");
    assert_true(verdict->target.decides && !verdict->target.held && verdict->target.sets_field);
}

/* ---- in so many words ---- */

static void test_a_release_is_refused_in_a_freeze(void **state)
{
    static const char message[] =
        "Rollout of Deployment shop/web is refused by policy tier-1: (1) " FROZEN
        "; (2) a held change is released before that by the operators of policy tier-1 alone";
    struct fixture *fixture = asked(state, "releaser");
    const struct verdict *verdict = decide(fixture);
    assert_denied(verdict, message);
    assert_int_equal(verdict->opens_s, NOW_S + 3600);
    assert_reason(verdict, 1, REASON_OPERATOR_REQUIRED, "metadata.labels[changegate.dev/held]",
                  "a held change is released before that by the operators of policy tier-1 alone");
    fixture->change.hold.asks_release = false; /* of a Pod by its gate */
    fixture->change.hold.gate_gone = true;
    assert_denied(decide(fixture), message);
}

static void test_an_operator_releases_in_a_freeze(void **state)
{
    struct fixture *fixture = asked(state, "boss");
    const struct verdict *verdict = decide(fixture);
    assert_released(verdict, REASON_NOT_A_CHANGE, REASON_RELEASED_BY_HAND, "releasing");
    assert_true(verdict->releases);
    fixture->change.hold.asks_release = false;
    fixture->change.hold.gate_gone = true;
    assert_released(decide(fixture), REASON_NOT_A_CHANGE, REASON_RELEASED_BY_HAND, "");
    fixture->change.hold.gate_gone = false; /* he did not ask */
    assert_held_by(decide(fixture), REASON_STILL_HELD, "still held: " FROZEN);
}

/* His right is over the freeze, not over approvals. */
static void test_nobody_releases_what_is_not_approved(void **state)
{
    struct fixture *fixture = asked(state, "boss");
    fixture->change.approval_ids = text_of("CHG");
    assert_denied(
        decide(fixture),
        "Rollout of Deployment shop/web is refused by policy tier-1: (1) \"CHG\" is no approval id: ids "
        "match ^CHG[0-9]{7}$; (2) " FROZEN);
    fixture->facts.calendar = NULL;
    assert_denied(decide(fixture),
                  "Rollout of Deployment shop/web is refused by policy tier-1: \"CHG\" is no approval "
                  "id: ids match ^CHG[0-9]{7}$");
}

static void test_a_release_that_is_due(void **state)
{
    struct fixture *fixture = asked(state, "releaser");
    fixture->facts.calendar = NULL;
    assert_released(decide(fixture), REASON_NOT_A_CHANGE, REASON_RELEASED, "releasing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_an_edit_leaves_it_held),
        DECISION(test_so_does_a_change_that_needs_nothing),
        DECISION(test_it_is_held_for_every_reason),
        DECISION(test_it_stays_held_in_a_freeze_that_denies),
        DECISION(test_what_its_owner_had_stopped_is_remembered),
        DECISION(test_an_edit_that_makes_the_hold_useless_is_refused),
        DECISION(test_outside_a_freeze_any_update_releases),
        DECISION(test_a_mode_that_refuses_nothing_releases),
        DECISION(test_what_was_resumed_and_is_to_stay_stopped_ends),
        DECISION(test_back_to_what_runs_ends_it),
        DECISION(test_a_newer_template_takes_its_place),
        DECISION(test_a_release_is_refused_in_a_freeze),
        DECISION(test_an_operator_releases_in_a_freeze),
        DECISION(test_nobody_releases_what_is_not_approved),
        DECISION(test_a_release_that_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
