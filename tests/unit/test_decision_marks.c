/* The marks of a hold: which an object may carry, and whether the one that is stored carries them. */
#include "hold_fixture.h"

/* ---- the label of one that was released ---- */

static const char *label_after(struct fixture *fixture, const char *was, const char *is,
                               enum rollout_progress progress, const char *user)
{
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.user.name = text_of(user);
    fixture->change.hold = (struct change_hold){.decides = true, .progress = progress};
    fixture->change.hold.before.label = text_of(was);
    fixture->change.hold.after.label = text_of(is);
    const struct verdict *verdict = decide(fixture);
    assert_allowed(verdict, REASON_NOT_A_CHANGE);
    assert_false(verdict->target.sets_field);
    return verdict->target.label.at == NULL ? "none" : verdict->target.label.at;
}

static void test_the_label_stays_until_the_rollout_is_finished(void **state)
{
    struct fixture *fixture = frozen(state);
    assert_string_equal(label_after(fixture, "releasing", NULL, ROLLOUT_UNDER_WAY, "ann"), "releasing");
    assert_string_equal(label_after(fixture, "releasing", NULL, ROLLOUT_UNOBSERVED, "ann"), "releasing");
    assert_string_equal(label_after(fixture, "releasing", NULL, ROLLOUT_SETTLING, "ann"), "releasing");
    assert_string_equal(label_after(fixture, "releasing", NULL, ROLLOUT_FAILED, "ann"), "releasing");
    assert_string_equal(label_after(fixture, "releasing", NULL, ROLLOUT_FINISHED, "ann"), "none");
    assert_string_equal(label_after(fixture, "failed", NULL, ROLLOUT_FAILED, "ann"), "failed");
    assert_string_equal(label_after(fixture, "failed", NULL, ROLLOUT_FINISHED, "ann"), "none");
    assert_string_equal(label_after(fixture, "failed", NULL, ROLLOUT_FAILED, "boss"), "none");
    assert_string_equal(label_after(fixture, "releasing", NULL, ROLLOUT_UNDER_WAY, "boss"), "none");
}

static void test_which_labels_become_which(void **state)
{
    struct fixture *fixture = frozen(state);
    assert_string_equal(label_after(fixture, "releasing", "failed", ROLLOUT_FAILED, "ann"), "failed");
    assert_string_equal(label_after(fixture, "releasing", "failed", ROLLOUT_FINISHED, "ann"), "releasing");
    assert_string_equal(label_after(fixture, "failed", "releasing", ROLLOUT_FAILED, "ann"), "failed");
    assert_string_equal(label_after(fixture, "releasing", "x", ROLLOUT_UNDER_WAY, "boss"), "releasing");
    assert_string_equal(label_after(fixture, "releasing", "releasing", ROLLOUT_FINISHED, "ann"), "releasing");
    assert_string_equal(label_after(fixture, NULL, "releasing", ROLLOUT_UNDER_WAY, "boss"), "none");
    assert_string_equal(label_after(fixture, NULL, "true", ROLLOUT_FINISHED, "ann"), "none");
    assert_string_equal(label_after(fixture, "true", "true", ROLLOUT_FINISHED, "ann"), "none"); /* not held */
}

static void test_an_annotation_on_what_is_not_held_is_taken_away(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.hold.after.annotation = text_of("x");
    fixture->change.hold.restore = text_of("false");
    const struct verdict *verdict = decide(fixture);
    assert_allowed(verdict, REASON_NOT_A_CHANGE);
    assert_true(verdict->target.decides && !verdict->target.held && verdict->target.sets_field);
    assert_text(verdict->target.field, "false");
}

static void test_who_is_not_asked_decides_nothing(void **state)
{
    struct fixture *fixture = held(state);
    fixture->facts.namespace_terminating = true;
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    assert_false(fixture->verdict.target.decides);
    fixture = held(state);
    fixture->change.hold.decides = false; /* a subresource */
    fixture->facts.namespace_terminating = false;
    fixture->change.hold.keeps = false;
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    assert_false(fixture->verdict.target.decides);
}

/* ---- marks past the gate ---- */

static void test_marks_through_the_status(void **state)
{
    static const char by_annotation[] = "Metadata of Deployment shop/web is refused by policy tier-1: "
                                        "annotation changegate.dev/hold is written by "
                                        "changegate alone; leave it as it is";
    static const char by_label[] = "Metadata of Deployment shop/web is refused by policy tier-1: label "
                                   "changegate.dev/held is written by "
                                   "changegate alone; leave it as it is";
    struct fixture *fixture = frozen(state);
    struct change_hold *hold = &fixture->change.hold;
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.subresource = text_of("status");
    hold->decides = false;
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    hold->after.annotation = text_of("x");
    assert_denied(decide(fixture), by_annotation);
    assert_reason(&fixture->verdict, 0, REASON_HOLD_PROTECTED, "metadata.annotations[changegate.dev/hold]",
                  "annotation changegate.dev/hold is written by changegate alone; leave it as it is");
    hold->before.annotation = text_of("y");
    assert_denied(decide(fixture), by_annotation);
    hold->after.annotation = TEXT_EMPTY;
    assert_denied(decide(fixture), by_annotation);
    hold->before.annotation = TEXT_EMPTY;
    hold->after.label = text_of("true");
    assert_denied(decide(fixture), by_label);
    assert_reason(&fixture->verdict, 0, REASON_HOLD_PROTECTED, "metadata.labels[changegate.dev/held]",
                  "label changegate.dev/held is written by changegate alone; leave it as it is");
    hold->before.label = text_of("true");
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
}

static void test_marks_are_protected_in_every_mode(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.subresource = text_of("status");
    fixture->change.hold.decides = false;
    fixture->change.hold.after.annotation = text_of("x");
    for (unsigned mode = MODE_WARN; mode <= MODE_AUDIT; mode++) {
        fixture->policy.mode = (enum policy_mode)mode;
        assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    }
}

static void test_its_controller_writes_the_status(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.subresource = text_of("status");
    fixture->change.hold.decides = false;
    fixture->change.hold.after.annotation = text_of("x");
    fixture->change.user.name = text_of("system:serviceaccount:kube-system:deployment-controller");
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
}

/* ---- the object as it will be stored ---- */

/* Decides, and looks whether the object that the change describes is what the verdict says. */
static const struct verdict *verify(struct fixture *fixture)
{
    decide(fixture);
    decision_verify_hold(&fixture->change, NOW_S, &fixture->arena, &fixture->verdict);
    return &fixture->verdict;
}

static void assert_mismatch(const struct verdict *verdict, const char *message)
{
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->http_status, 429);
    assert_int_equal(verdict->retry_after_s, 1);
    assert_int_equal(verdict->reason_count, 1);
    assert_int_equal(verdict->warning_count, 0);
    assert_string_equal(reason_code_name(verdict->reasons[0].code), "HoldMismatch");
    assert_text(verdict->reasons[0].field, "metadata.annotations[changegate.dev/hold]");
    assert_text(verdict->message, message);
}

#define NOT_HELD                                                                                            \
    "Deployment shop/web: the change is to be held, and was not on its way in; try again in a second, and " \
    "if that "                                                                                              \
    "does not help, ask a cluster operator whether the MutatingWebhookConfiguration changegate is there"
#define NOT_FREE \
    "Deployment shop/web: marks of a hold are on it that do not belong there; try again in a second"

/* As the mutating pass left it. */
static struct fixture *on_its_way(void **state)
{
    struct fixture *fixture = frozen(state);
    struct hold_marks *after = &fixture->change.hold.after;
    *after = (struct hold_marks){
        .annotation = TEXT("{}"), .label = TEXT("true"), .readable = true, .stopped = true, .held = true};
    after->hold = decide(fixture)->target.hold;
    return fixture;
}

static void test_a_held_object_fits(void **state)
{
    struct fixture *fixture = on_its_way(state);
    struct hold *hold = &fixture->change.hold.after.hold;
    assert_int_equal(verify(fixture)->kind, VERDICT_DELAY);
    hold->since_s = NOW_S - 60;
    assert_int_equal(verify(fixture)->kind, VERDICT_DELAY);
    hold->since_s = NOW_S + 5; /* another replica's clock */
    assert_int_equal(verify(fixture)->kind, VERDICT_DELAY);
    hold->digest = text_of("sha256:2"); /* the API server has written into the template */
    assert_int_equal(verify(fixture)->kind, VERDICT_DELAY);
}

static void test_a_held_object_that_does_not_fit(void **state)
{
    struct fixture *fixture = on_its_way(state);
    struct hold_marks *after = &fixture->change.hold.after;
    const struct hold_marks good = *after;
    after->held = false;
    assert_mismatch(verify(fixture), NOT_HELD);
    *after = good;
    after->label = text_of("releasing");
    assert_mismatch(verify(fixture), NOT_HELD);
    *after = good;
    after->label = TEXT_EMPTY;
    assert_mismatch(verify(fixture), NOT_HELD);
    *after = good;
    after->hold.since_s = NOW_S - 61;
    assert_mismatch(verify(fixture), NOT_HELD);
    after->hold.since_s = NOW_S + 6;
    assert_mismatch(verify(fixture), NOT_HELD);
    *after = good;
    after->hold.until_s++;
    assert_mismatch(verify(fixture), NOT_HELD);
    *after = good;
    after->hold.running.known = true;
    assert_mismatch(verify(fixture), NOT_HELD);
    *after = (struct hold_marks){0};
    assert_mismatch(verify(fixture), NOT_HELD);
}

static void test_one_that_stays_held_keeps_its_time(void **state)
{
    struct fixture *fixture = held(state);
    struct hold *hold = &fixture->change.hold.after.hold;
    *hold = decide(fixture)->target.hold;
    assert_int_equal(verify(fixture)->kind, VERDICT_DELAY);
    hold->since_s++;
    assert_mismatch(verify(fixture), NOT_HELD);
    hold->since_s--;
    hold->digest = text_of("sha256:2");
    assert_mismatch(verify(fixture), NOT_HELD);
}

static void test_a_free_object(void **state)
{
    struct fixture *fixture = frozen(state);
    struct hold_marks *after = &fixture->change.hold.after;
    fixture->facts.calendar = NULL;
    assert_int_equal(verify(fixture)->kind, VERDICT_ALLOW);
    after->stopped = true; /* its owner paused it */
    fixture->change.after.stopped = true;
    assert_int_equal(verify(fixture)->kind, VERDICT_ALLOW);
    after->annotation = text_of("x");
    assert_mismatch(verify(fixture), NOT_FREE);
    after->annotation = TEXT_EMPTY;
    after->label = text_of("true");
    assert_mismatch(verify(fixture), NOT_FREE);
}

static void test_one_that_is_let_go(void **state)
{
    struct fixture *fixture = asked(state, "releaser");
    struct hold_marks *after = &fixture->change.hold.after;
    fixture->facts.calendar = NULL;
    assert_mismatch(verify(fixture), NOT_FREE); /* its field was not restored */
    after->stopped = after->held = false;
    assert_int_equal(verify(fixture)->kind, VERDICT_ALLOW);
    after->label = TEXT_EMPTY;
    assert_mismatch(verify(fixture), NOT_FREE);
    after->label = text_of("releasing");
    after->stopped = true;
    fixture->change.after.stopped = true; /* its owner had paused it */
    assert_int_equal(verify(fixture)->kind, VERDICT_ALLOW);
    fixture->change.workload = KIND_POD; /* which other gates stop, while ours is gone */
    assert_mismatch(verify(fixture), NOT_FREE);
    after->stopped = false;
    assert_int_equal(verify(fixture)->kind, VERDICT_ALLOW);
}

static void test_a_denial_is_not_looked_at(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.hold.on_freeze = text_of("deny");
    fixture->change.hold.after.annotation = text_of("x");
    assert_int_equal(verify(fixture)->http_status, 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_the_label_stays_until_the_rollout_is_finished),
        DECISION(test_which_labels_become_which),
        DECISION(test_an_annotation_on_what_is_not_held_is_taken_away),
        DECISION(test_who_is_not_asked_decides_nothing),
        DECISION(test_marks_through_the_status),
        DECISION(test_marks_are_protected_in_every_mode),
        DECISION(test_its_controller_writes_the_status),
        DECISION(test_a_held_object_fits),
        DECISION(test_a_held_object_that_does_not_fit),
        DECISION(test_one_that_stays_held_keeps_its_time),
        DECISION(test_a_free_object),
        DECISION(test_one_that_is_let_go),
        DECISION(test_a_denial_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
