/* Labels that would take an object out of a window in force have to stay until it opens. */
#include "decision_fixture.h"

static const struct interval later_time[] = {{NOW_S + 3600, NOW_S + 7200}};

static const struct text web[] = {TEXT("web")};
static const struct selector_requirement app_is_web[] = {{TEXT("app"), SELECTOR_IN, web, 1}};
static const struct label labels_web[] = {{TEXT("app"), TEXT("web")}, {TEXT("team"), TEXT("pay")}};
static const struct label labels_api[] = {{TEXT("app"), TEXT("api")}, {TEXT("team"), TEXT("pay")}};

#define OF_WEB                                             \
    {                                                      \
        .objects = {app_is_web, 1}, .key = TEXT("app=web") \
    }

static const struct dated_window peak_of_web[] = {
    {{.name = TEXT("peak"), .action = FREEZE_DENY, .scope = OF_WEB}, peak_time, 1}};

/* An edit of labels alone, from web to api. */
static void relabel(struct fixture *fixture)
{
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.before.exists = fixture->change.after.exists = true;
    fixture->change.has_labels = true;
    fixture->change.labels_before = (struct labels){labels_web, 2};
    fixture->change.labels_after = (struct labels){labels_api, 2};
}

static void test_out_of_a_freeze_in_force(void **state)
{
    struct fixture *fixture = *state;
    freeze_by(fixture, peak_of_web, 1);
    relabel(fixture);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(
        verdict, 0, REASON_FROZEN, "metadata.labels",
        "frozen until 2026-11-20T12:00:00Z by window \"peak\", which these labels would take the object out "
        "of; keep them until then");
    assert_denied(verdict,
                  "Metadata of Deployment shop/web is refused by policy tier-1: frozen until "
                  "2026-11-20T12:00:00Z by window \"peak\", which these labels would take the object out of; "
                  "keep them until then");
    assert_int_equal(verdict->opens_s, NOW_S + 3600);
    fixture->change.labels_after = (struct labels){NULL, 0};
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    fixture->policy.mode = MODE_WARN;
    verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_true(verdict->would_deny);
}

/* A change that needs no freeze, and relabels beside it. */
static void test_beside_a_scaling(void **state)
{
    struct fixture *fixture = *state;
    freeze_by(fixture, peak_of_web, 1);
    relabel(fixture);
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    assert_reason(
        decide(fixture), 0, REASON_FROZEN, "metadata.labels",
        "frozen until 2026-11-20T12:00:00Z by window \"peak\", which these labels would take the object out "
        "of; keep them until then");
}

/* The rollout itself is judged by the labels before, and is refused once. */
static void test_together_with_a_rollout(void **state)
{
    struct fixture *fixture = *state;
    freeze_by(fixture, peak_of_web, 1);
    relabel(fixture);
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(verdict, 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T12:00:00Z by window \"peak\"");
}

static void test_what_leaves_it_in_is_let_through(void **state)
{
    struct fixture *fixture = *state;
    static const struct label other_team[] = {{TEXT("team"), TEXT("cart")}, {TEXT("app"), TEXT("web")}};
    freeze_by(fixture, peak_of_web, 1);
    relabel(fixture);
    fixture->change.labels_after = (struct labels){other_team, 2};
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    fixture->change.labels_after = fixture->change.labels_before;
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    fixture->change.labels_before = (struct labels){labels_api, 2}; /* into the freeze */
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
}

static void test_outside_of_any_freeze(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("later"), .action = FREEZE_DENY, .scope = OF_WEB}, later_time, 1},
        {{.name = TEXT("careful"), .action = FREEZE_WARN, .scope = OF_WEB}, peak_time, 1}};
    freeze_by(fixture, windows, 2);
    relabel(fixture);
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    fixture->facts.freeze_label = (struct freeze_label){.action = FREEZE_DENY, .until_s = FREEZE_NO_END};
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE); /* no label takes it out of that */
}

/* A Maintenance window for all that is not on, and one for web alone that is: whoever becomes web gets out.
 */
static void test_into_an_open_maintenance_window(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("nights"), .type = WINDOW_MAINTENANCE, .action = FREEZE_DENY}, later_time, 1},
        {{.name = TEXT("web"), .type = WINDOW_MAINTENANCE, .action = FREEZE_DENY, .scope = OF_WEB},
         peak_time,
         1}};
    freeze_by(fixture, windows, 2);
    relabel(fixture);
    fixture->change.labels_before = (struct labels){labels_api, 2};
    fixture->change.labels_after = (struct labels){labels_web, 2};
    assert_reason(decide(fixture), 0, REASON_FROZEN, "metadata.labels",
                  "frozen until 2026-11-20T12:00:00Z outside Maintenance window \"nights\", which these "
                  "labels would take "
                  "the object out of; keep them until then");
}

static void test_who_may_all_the_same(void **state)
{
    struct fixture *fixture = *state;
    freeze_by(fixture, peak_of_web, 1);
    relabel(fixture);
    fixture->facts.namespace_terminating = true;
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    fixture->facts.namespace_terminating = false;
    fixture->change.workload = KIND_NONE; /* what the gate does not know it does not guard */
    assert_allowed(decide(fixture), REASON_NOT_A_WORKLOAD);
}

/* A Scale carries no labels: a window with an objectSelector is taken to be about it. */
static void test_scale_is_strict(void **state)
{
    struct fixture *fixture = *state;
    struct dated_window windows[] = {peak_of_web[0]};
    windows[0].said.scope.classes = CLASS_BIT(CLASS_SCALE);
    freeze_by(fixture, windows, 1);
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    fixture->change.subresource = text_of("scale");
    fixture->change.has_annotations = fixture->change.has_labels = false;
    fixture->change.before.exists = true;
    assert_reason(decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T12:00:00Z by window \"peak\"");
    fixture->change.has_labels = true; /* the same by an edit of spec.replicas */
    fixture->change.labels_before = fixture->change.labels_after = (struct labels){labels_api, 2};
    assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_out_of_a_freeze_in_force), DECISION(test_beside_a_scaling),
        DECISION(test_together_with_a_rollout),  DECISION(test_what_leaves_it_in_is_let_through),
        DECISION(test_outside_of_any_freeze),    DECISION(test_into_an_open_maintenance_window),
        DECISION(test_who_may_all_the_same),     DECISION(test_scale_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
