/* What the object has to carry of the record, by what is decided. */
#include "record_fixture.h"

static void test_a_creation_begins_it(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_CREATE), &old);
    fixture->change.operation = OPERATION_CREATE;
    fixture->change.record = (struct change_record){.after = TEXT("forged")};
    const struct record *record = target(fixture);
    assert_templates(record, "sha256:new", NULL);
    assert_text(record->templates[0].by, "ann");
    assert_text(record->templates[0].ids[0], "CHG0000001");
    assert_int_equal(record->templates[0].at_s, NOW_S);
}

static void test_a_rollout_goes_in_front(void **state)
{
    struct record old;
    assert_templates(target(bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old)), "sha256:new", "sha256:old");
}

static void test_what_was_there_before_the_gate(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->change.record = (struct change_record){.digest_before = TEXT("sha256:first")};
    const struct record *record = target(fixture);
    assert_templates(record, "sha256:new", "sha256:first");
    assert_int_equal(record->templates[1].at_s, 0);
}

static void test_a_rollback_comes_to_the_front_again(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    struct record after = *target(fixture);
    fixture->change.record.old = &after;
    fixture->change.classes = CLASS_BIT(CLASS_ROLLBACK);
    fixture->change.digest_after = text_of("sha256:old");
    assert_templates(target(fixture), "sha256:old", "sha256:new");
    assert_int_equal(fixture->verdict.record.record->templates[0].id_count, 1);
}

static void test_what_stands_still_waits(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->change.after.stopped = true;
    assert_true(target(fixture)->templates[0].waiting);
    fixture->change.after.stopped = false;
    fixture->change.after.partition = 1;
    struct record waiting = *target(fixture);
    assert_true(waiting.templates[0].waiting);
    fixture->change.record.old = &waiting;
    fixture->change.after.partition = 0;
    fixture->change.classes = CLASS_BIT(CLASS_RESUME);
    assert_false(target(fixture)->templates[0].waiting);
}

static void test_an_edit_leaves_it_as_it_was(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), &old);
    fixture->change.record.after = text_of("forged");
    assert_null(target(fixture));
    assert_text(fixture->verdict.record.verbatim, "as it was");
    fixture->change.record.before = TEXT_EMPTY;
    assert_null(target(fixture));
    assert_null(fixture->verdict.record.verbatim.at);
}

static void test_what_is_refused_is_not_in_it(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->change.approval_ids = TEXT_EMPTY;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    assert_false(fixture->verdict.record.decides);
    fixture->policy.mode = MODE_WARN; /* it is let in, and nothing was used up */
    assert_int_equal(target(fixture)->templates[0].id_count, 0);
}

static void test_an_id_is_used_up_by_other_classes_too(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_SCALE), &old);
    fixture->policy.needs[CLASS_SCALE].approval = true;
    const struct record *record = target(fixture);
    assert_templates(record, "sha256:old", NULL);
    assert_text(record->templates[0].ids[1], "CHG0000001");
}

static void test_a_held_change_is_not_in_it_and_uses_nothing_up(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->facts.freeze_label.action = FREEZE_DELAY;
    fixture->change.hold.obstacle = OBSTACLE_NONE;
    assert_null(target(fixture)); /* the same as before */
    assert_int_equal(fixture->verdict.kind, VERDICT_DELAY);
    fixture->change.record = (struct change_record){.digest_before = TEXT("sha256:first")};
    assert_templates(target(fixture), "sha256:first", NULL);
    assert_int_equal(fixture->verdict.record.record->templates[0].id_count, 0);
}

static void test_it_enters_when_it_is_released(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), &old);
    fixture->change.user.name = text_of("releaser");
    fixture->change.hold.keeps = true;
    fixture->change.hold.held_classes = CLASS_BIT(CLASS_ROLLOUT);
    fixture->change.hold.before = (struct hold_marks){.held = true, .hold = {.by = TEXT("ann")}};
    const struct record *record = target(fixture);
    assert_true(fixture->verdict.releases);
    assert_templates(record, "sha256:new", "sha256:old");
    assert_text(record->templates[0].by, "ann");
    assert_text(record->templates[0].ids[0], "CHG0000001");
}

static void test_a_review(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), &old);
    old.overrides[0] = (struct record_override){.incident = TEXT("INC1"), .by = TEXT("erin"), .at_s = 5};
    old.override_count = 1;
    fixture->change.record.reviewer = text_of("bob"); /* in whose name ann sets it */
    assert_null(target(fixture));
    assert_text(fixture->verdict.warnings[0], "Deployment shop/web: a review counts where "
                                              "changegate.dev/reviewed-by names who sets it: ann");
    fixture->change.record.reviewer = text_of("ann");
    assert_text(target(fixture)->overrides[0].reviewed_by, "ann");
    assert_int_equal(fixture->verdict.record.record->overrides[0].reviewed_s, NOW_S);
    old.overrides[0].by = text_of("ann");
    assert_null(target(fixture));
}

static void test_what_a_stranger_is_called(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->change.user.name = text_of("eve\n\x1b[1m");
    assert_text(target(fixture)->templates[0].by, "eve??[1m");
}

static void test_a_restart_brings_no_template(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_RESTART), &old);
    fixture->change.digest_after = text_of("sha256:old");
    fixture->policy.needs[CLASS_RESTART].approval = false;
    assert_null(target(fixture));
    assert_text(fixture->verdict.record.verbatim, "as it was");
    fixture->policy.needs[CLASS_RESTART].approval = true;
    const struct record *record = target(fixture);
    assert_templates(record, "sha256:old", NULL);
    assert_int_equal(record->templates[0].at_s, 1); /* it was admitted then */
    assert_int_equal(record->templates[0].id_count, 2);
    assert_text(record->templates[0].ids[1], "CHG0000001");
}

static void test_a_restart_of_what_was_there_before_the_gate(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_RESTART), &old);
    fixture->change.digest_after = text_of("sha256:first");
    fixture->change.record = (struct change_record){.digest_before = TEXT("sha256:first")};
    fixture->policy.needs[CLASS_RESTART].approval = true;
    const struct record *record = target(fixture);
    assert_templates(record, "sha256:first", NULL);
    assert_int_equal(record->templates[0].at_s, 0);
    assert_text(record->templates[0].by, "");
    assert_int_equal(record->templates[0].id_count, 1);
    assert_text(record->templates[0].ids[0], "CHG0000001");
}

/* OnDelete keeps no pod from the template, and a Pod runs it once its gates are gone. */
static void test_what_does_not_stand_still(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->change.after.partition = PARTITION_ALL;
    assert_false(target(fixture)->templates[0].waiting);
    fixture->change.workload = KIND_POD;
    fixture->change.after.partition = 0;
    fixture->change.after.stopped = true;
    assert_false(target(fixture)->templates[0].waiting);
}

static void test_a_partition_that_is_lowered_halfway(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_RESUME), &old);
    old.templates[0].waiting = true;
    fixture->change.digest_after = text_of("sha256:old");
    fixture->change.before.partition = 3;
    fixture->change.after.partition = 1;
    assert_true(target(fixture)->templates[0].waiting);
    old.templates[0].waiting = false;
    assert_false(target(fixture)->templates[0].waiting);
}

/* What a client wrote before the gate came counts for nothing, and does not stay. */
static void test_what_cannot_be_read_is_begun_again(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    fixture->change.record.old = NULL;
    fixture->change.record.digest_before = text_of("sha256:first");
    assert_templates(target(fixture), "sha256:new", "sha256:first");
    fixture->change.record.digest_before = TEXT_EMPTY;
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    assert_non_null(target(fixture));
    assert_int_equal(fixture->verdict.record.record->template_count, 0);
    fixture->change.record.before = TEXT_EMPTY; /* there is nothing to take away */
    assert_null(target(fixture));
    fixture->change.record.before = text_of("as it was");
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    assert_null(target(fixture));
    assert_text(fixture->verdict.record.verbatim, "as it was");
}

static void test_in_every_mode_it_is_kept(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    static const enum policy_mode modes[] = {MODE_ENFORCE, MODE_WARN, MODE_AUDIT};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        fixture->policy.mode = modes[i];
        const struct record *record = target(fixture);
        assert_templates(record, "sha256:new", "sha256:old");
        assert_int_equal(record->templates[0].id_count, 1);
        assert_text(record->templates[0].ids[0], "CHG0000001");
    }
}

static bool decides(struct fixture *fixture)
{
    return decide(fixture)->record.decides;
}

static void test_where_nothing_is_said_of_it(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    assert_true(decides(fixture));
    fixture->change.hold.decides = false; /* a subresource */
    assert_false(decides(fixture));
    fixture->change.hold.decides = true;
    fixture->facts.namespace_terminating = true;
    assert_false(decides(fixture));
    fixture->facts.namespace_terminating = false;
    fixture->facts.namespace_known = false;
    assert_false(decides(fixture));
    fixture->facts.namespace_known = true;
    fixture->change.workload = KIND_NONE;
    assert_false(decides(fixture));
    fixture->change.workload = KIND_REPLICASET;
    fixture->change.before.controlled = fixture->change.after.controlled = true;
    fixture->change.user.name = text_of("system:serviceaccount:kube-system:deployment-controller");
    assert_false(decides(fixture));
}

/* ---- holds ---- */

static const struct hold_marks of_anns_rollout = {
    .held = true,
    .hold = {.by = TEXT("ann"), .digest = TEXT("sha256:new"), .classes = CLASS_BIT(CLASS_ROLLOUT)}};

/* `user` writes the object whose rollout by ann is held. */
static struct fixture *writing_held(void **state, const char *user, struct record *old)
{
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), old);
    fixture->change.user.name = text_of(user);
    fixture->change.hold.keeps = true;
    fixture->change.hold.obstacle = OBSTACLE_NONE;
    fixture->change.hold.held_classes = CLASS_BIT(CLASS_ROLLOUT);
    fixture->change.hold.before = of_anns_rollout;
    return fixture;
}

static void test_what_stays_held_does_not_enter(void **state)
{
    struct record old;
    struct fixture *fixture = writing_held(state, "bob", &old);
    fixture->facts.freeze_label.action = FREEZE_DELAY;
    assert_null(target(fixture));
    assert_int_equal(fixture->verdict.kind, VERDICT_DELAY);
    assert_text(fixture->verdict.record.verbatim, "as it was");
}

static void test_an_operator_releases_what_another_applied(void **state)
{
    static const struct text operators[] = {TEXT("boss")};
    struct record old;
    struct fixture *fixture = writing_held(state, "boss", &old);
    fixture->policy.operators = (struct principals){.users = operators, .user_count = 1};
    fixture->facts.freeze_label.action = FREEZE_DELAY;
    fixture->change.hold.asks_release = true;
    const struct record *record = target(fixture);
    assert_true(fixture->verdict.releases);
    assert_templates(record, "sha256:new", "sha256:old");
    assert_text(record->templates[0].by, "ann");
    assert_int_equal(record->templates[0].at_s, NOW_S);
    assert_false(record->templates[0].waiting);
    fixture->change.after.stopped = true; /* its owner wants it paused */
    assert_true(target(fixture)->templates[0].waiting);
}

static void test_a_release_that_is_refused(void **state)
{
    struct record old;
    struct fixture *fixture = writing_held(state, "bob", &old);
    fixture->facts.freeze_label.action = FREEZE_DELAY;
    fixture->change.hold.asks_release = true;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    assert_false(fixture->verdict.record.decides);
    assert_null(fixture->verdict.record.record);
}

static void test_back_to_what_runs_nothing_enters(void **state)
{
    struct record old;
    struct fixture *fixture = writing_held(state, "ann", &old);
    fixture->change.hold.keeps = false;
    fixture->change.digest_after = text_of("sha256:old");
    assert_null(target(fixture));
    assert_int_equal(fixture->verdict.reasons[1].code, REASON_HOLD_ENDED);
    assert_text(fixture->verdict.record.verbatim, "as it was");
}

/* ---- reviews ---- */

static void test_a_review_in_a_change(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_ROLLOUT), &old);
    for (int i = 0; i < 3; i++)
        old.overrides[i] = (struct record_override){.incident = TEXT("INC1"), .by = TEXT("erin"), .at_s = 5};
    old.overrides[1].by = text_of("ann");
    old.override_count = 3;
    fixture->change.record.reviewer = text_of("ann");
    const struct record *record = target(fixture);
    assert_templates(record, "sha256:new", "sha256:old");
    assert_text(record->overrides[0].reviewed_by, "ann");
    assert_text(record->overrides[1].reviewed_by, ""); /* her own */
    assert_text(record->overrides[2].reviewed_by, "ann");
    assert_int_equal(old.overrides[0].reviewed_by.length, 0); /* of the old object, untouched */
    bool told = false;
    for (size_t i = 0; i < fixture->verdict.reason_count; i++)
        told |= fixture->verdict.reasons[i].code == REASON_REVIEWED;
    assert_true(told);
}

static void test_a_review_of_nothing(void **state)
{
    struct record old;
    struct fixture *fixture = bringing(state, CLASS_BIT(CLASS_METADATA), &old);
    fixture->change.record.reviewer = text_of("ann");
    assert_null(target(fixture));
    assert_int_equal(fixture->verdict.warning_count, 0);
    assert_int_equal(fixture->verdict.reason_count, 1);
    fixture->change.record = (struct change_record){.reviewer = TEXT("ann")}; /* no record at all */
    assert_null(target(fixture));
    assert_null(fixture->verdict.record.verbatim.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_a_creation_begins_it),
        DECISION(test_a_rollout_goes_in_front),
        DECISION(test_what_was_there_before_the_gate),
        DECISION(test_a_rollback_comes_to_the_front_again),
        DECISION(test_what_stands_still_waits),
        DECISION(test_an_edit_leaves_it_as_it_was),
        DECISION(test_what_is_refused_is_not_in_it),
        DECISION(test_an_id_is_used_up_by_other_classes_too),
        DECISION(test_a_held_change_is_not_in_it_and_uses_nothing_up),
        DECISION(test_it_enters_when_it_is_released),
        DECISION(test_a_review),
        DECISION(test_what_a_stranger_is_called),
        DECISION(test_a_restart_brings_no_template),
        DECISION(test_a_restart_of_what_was_there_before_the_gate),
        DECISION(test_what_does_not_stand_still),
        DECISION(test_a_partition_that_is_lowered_halfway),
        DECISION(test_what_cannot_be_read_is_begun_again),
        DECISION(test_in_every_mode_it_is_kept),
        DECISION(test_where_nothing_is_said_of_it),
        DECISION(test_what_stays_held_does_not_enter),
        DECISION(test_an_operator_releases_what_another_applied),
        DECISION(test_a_release_that_is_refused),
        DECISION(test_back_to_what_runs_nothing_enters),
        DECISION(test_a_review_in_a_change),
        DECISION(test_a_review_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
