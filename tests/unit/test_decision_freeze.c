/* Freezes in the decision: every cause, and the true next opening. */
#include "decision_fixture.h"

static const struct interval later_time[] = {{NOW_S + 3600, NOW_S + 7200}};
static const struct interval no_end[] = {{NOW_S - 60, FREEZE_NO_END}};

static void test_frozen_by_a_window(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {{{.name = TEXT("peak"),
                                             .action = FREEZE_DENY,
                                             .reason = TEXT("peak season"),
                                             .contact = TEXT("#sre"),
                                             .url = TEXT("https://wiki.example.com/peak"),
                                             .ticket = TEXT("OPS-1")},
                                            peak_time,
                                            1},
                                           {{.name = TEXT("after"), .action = FREEZE_DENY}, later_time, 1}};
    freeze_by(fixture, windows, 2);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->opens_s, NOW_S + 7200); /* the two touch */
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(verdict, 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T13:00:00Z by window \"peak\" (peak season; contact #sre; "
                  "https://wiki.example.com/peak; ticket OPS-1)");
    assert_denied(verdict, "Rollout of Deployment shop/web is refused by policy tier-1: frozen until "
                           "2026-11-20T13:00:00Z by window \"peak\" (peak season; contact #sre; "
                           "https://wiki.example.com/peak; ticket OPS-1)");
}

static void test_frozen_by_the_label(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.freeze_label =
        (struct freeze_label){.action = FREEZE_DENY, .until_s = NOW_S + 60, .reason = TEXT("peak season")};
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->opens_s, NOW_S + 60);
    assert_reason(verdict, 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T11:01:00Z by the freeze label of namespace shop (peak season)");
    fixture->facts.freeze_label = (struct freeze_label){
        .action = FREEZE_DENY, .until_s = FREEZE_NO_END, .trouble = TEXT("cannot be read")};
    verdict = decide(fixture);
    assert_true(verdict->opens_s == FREEZE_NO_END);
    assert_reason(verdict, 0, REASON_FROZEN, "metadata.namespace",
                  "frozen with no known end by the freeze label of namespace shop (cannot be read)");
    fixture->facts.freeze_label.until_s = NOW_S; /* half-open */
    assert_allowed(decide(fixture), REASON_APPROVED);
}

static void test_every_cause_is_named_the_label_first(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {{{.name = TEXT("year end"), .action = FREEZE_DENY}, no_end, 1},
                                           {{.name = TEXT("peak"), .action = FREEZE_DENY}, peak_time, 1},
                                           {{.name = TEXT("careful"), .action = FREEZE_WARN}, peak_time, 1}};
    freeze_by(fixture, windows, 3);
    fixture->facts.freeze_label = (struct freeze_label){.action = FREEZE_DENY, .until_s = NOW_S + 60};
    assert_reason(
        decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
        "frozen with no known end by the freeze label of namespace shop, window \"year end\", window "
        "\"peak\"");
}

static void test_a_label_that_has_ended_is_no_cause(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {{{.name = TEXT("peak"), .action = FREEZE_DENY}, peak_time, 1}};
    freeze_by(fixture, windows, 1);
    fixture->facts.freeze_label = (struct freeze_label){.action = FREEZE_DENY, .until_s = NOW_S};
    assert_reason(decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T12:00:00Z by window \"peak\"");
}

/* What only warns is no cause of a denial, named or counted. */
static void test_only_causes_that_close_are_counted(void **state)
{
    struct fixture *fixture = *state;
    enum { WINDOWS = FREEZE_CAUSES_MOST + 2 };
    struct dated_window windows[WINDOWS];
    for (int i = 0; i < WINDOWS; i++)
        windows[i] = (struct dated_window){
            {.name = TEXT("w"), .action = i == 0 ? FREEZE_DENY : FREEZE_WARN}, peak_time, 1};
    freeze_by(fixture, windows, WINDOWS);
    assert_reason(decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T12:00:00Z by window \"w\"");
}

static void test_many_causes_are_counted(void **state)
{
    struct fixture *fixture = *state;
    enum { WINDOWS = FREEZE_CAUSES_MOST + 2 };
    struct dated_window windows[WINDOWS];
    for (int i = 0; i < WINDOWS; i++)
        windows[i] = (struct dated_window){{.name = TEXT("w"), .action = FREEZE_DENY}, peak_time, 1};
    freeze_by(fixture, windows, WINDOWS);
    assert_reason(
        decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
        "frozen until 2026-11-20T12:00:00Z by window \"w\", window \"w\", window \"w\", window \"w\", "
        "window \"w\", window \"w\", window \"w\", window \"w\" and 2 more");
}

static void test_a_window_that_warns(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("careful"), .action = FREEZE_WARN, .reason = TEXT("big week")}, peak_time, 1}};
    freeze_by(fixture, windows, 1);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_false(verdict->would_deny);
    assert_int_equal(verdict->opens_s, 0);
    assert_int_equal(verdict->reason_count, 2);
    assert_reason(verdict, 0, REASON_FREEZE_WARNING, "",
                  "changes are discouraged now by window \"careful\" (big week)");
    assert_reason(verdict, 1, REASON_APPROVED, "", "");
    assert_int_equal(verdict->warning_count, 1);
    assert_text(verdict->warnings[0],
                "Deployment shop/web: changes are discouraged now by window \"careful\" (big week)");
    fixture->policy.mode = MODE_WARN;
    verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_int_equal(verdict->warning_count, 1);
    fixture->policy.mode = MODE_AUDIT;
    verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_int_equal(verdict->warning_count, 0);
}

static void test_a_label_that_warns(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.freeze_label.action = FREEZE_WARN;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_text(verdict->warnings[0],
                "Deployment shop/web: changes are discouraged now by the freeze label of namespace shop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_frozen_by_a_window),
        DECISION(test_frozen_by_the_label),
        DECISION(test_every_cause_is_named_the_label_first),
        DECISION(test_a_label_that_has_ended_is_no_cause),
        DECISION(test_only_causes_that_close_are_counted),
        DECISION(test_many_causes_are_counted),
        DECISION(test_a_window_that_warns),
        DECISION(test_a_label_that_warns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
