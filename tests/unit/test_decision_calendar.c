/* What a denial says of Freeze and Maintenance windows, in whose time, how many causes; and the word ahead.
 */
#include "decision_fixture.h"

/* New York in 2026: an hour back on 1 November. */
static const struct zone_change new_york_changes[] = {{1793512800, -5 * 3600}};
static const struct zone new_york = {TEXT("America/New_York"), -4 * 3600, new_york_changes, 1};

static const struct interval later_time[] = {{NOW_S + 3600, NOW_S + 7200}};
static const struct interval soon[] = {{NOW_S + 5400, NOW_S + 9000}};

static void test_a_zone_is_told_beside_utc(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("peak"), .action = FREEZE_DENY, .zone = &new_york, .reason = TEXT("peak season")},
         peak_time,
         1}};
    freeze_by(fixture, windows, 1);
    const struct verdict *verdict = decide(fixture);
    assert_reason(
        verdict, 0, REASON_FROZEN, "metadata.namespace",
        "frozen until 2026-11-20 07:00 America/New_York (2026-11-20T12:00:00Z) by window \"peak\" (peak "
        "season)");
    assert_denied(verdict,
                  "Rollout of Deployment shop/web is refused by policy tier-1: frozen until 2026-11-20 "
                  "07:00 America/New_York (2026-11-20T12:00:00Z) by window \"peak\" (peak season)");
}

static void test_outside_a_maintenance_window(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {{{.name = TEXT("nights"),
                                             .type = WINDOW_MAINTENANCE,
                                             .action = FREEZE_DENY,
                                             .zone = &new_york,
                                             .contact = TEXT("#sre")},
                                            later_time,
                                            1}};
    freeze_by(fixture, windows, 1);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->opens_s, NOW_S + 3600);
    assert_reason(
        verdict, 0, REASON_FROZEN, "metadata.namespace",
        "frozen until 2026-11-20 07:00 America/New_York (2026-11-20T12:00:00Z) outside Maintenance window "
        "\"nights\" (contact #sre)");
}

static void test_too_late_for_a_maintenance_window(void **state)
{
    struct fixture *fixture = *state;
    static const struct interval nearly_over[] = {{NOW_S - 3600, NOW_S - 60}, {NOW_S + 3600, NOW_S + 7200}};
    struct dated_window windows[] = {
        {{.name = TEXT("nights"), .type = WINDOW_MAINTENANCE, .action = FREEZE_DENY, .runway_s = 61},
         nearly_over,
         2}};
    freeze_by(fixture, windows, 1);
    assert_reason(
        decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
        "frozen until 2026-11-20T12:00:00Z outside Maintenance window \"nights\", which ends within its "
        "minimumRunway of 2 min");
    windows[0].said.runway_s = 60; /* it has ended by now */
    assert_reason(decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T12:00:00Z outside Maintenance window \"nights\"");
}

static void test_a_freeze_and_a_gap_together(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("nights"), .type = WINDOW_MAINTENANCE, .action = FREEZE_DELAY}, later_time, 1},
        {{.name = TEXT("peak"), .action = FREEZE_DENY, .reason = TEXT("peak season")}, peak_time, 1}};
    freeze_by(fixture, windows, 2);
    assert_reason(
        decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
        "frozen until 2026-11-20T12:00:00Z by window \"peak\" (peak season), and outside Maintenance "
        "window \"nights\"");
    fixture->facts.freeze_label = (struct freeze_label){.action = FREEZE_DENY, .until_s = FREEZE_NO_END};
    assert_reason(
        decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
        "frozen with no known end by the freeze label of namespace shop, window \"peak\" (peak season), and "
        "outside Maintenance window \"nights\"");
}

static void test_what_cannot_be_held_is_denied(void **state)
{
    struct fixture *fixture = *state;
    struct dated_window windows[] = {{{.name = TEXT("peak"), .action = FREEZE_DELAY}, peak_time, 1},
                                     {{.name = TEXT("stop"), .action = FREEZE_WARN}, peak_time, 1}};
    freeze_by(fixture, windows, 2);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_reason(
        verdict, 0, REASON_FROZEN, "metadata.namespace",
        "frozen until 2026-11-20T12:00:00Z by window \"peak\"; not held, since a hold stops no Rollout");
    windows[1].said.action = FREEZE_DENY; /* it would deny anyway */
    freeze_by(fixture, windows, 2);
    assert_reason(decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T12:00:00Z by window \"stop\", window \"peak\"");
}

static void test_three_causes_are_told_whole(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"a", "b", "c", "d"};
    struct dated_window windows[4];
    for (size_t i = 0; i < 4; i++)
        windows[i] = (struct dated_window){{.name = text_of(names[i]),
                                            .action = FREEZE_DENY,
                                            .reason = TEXT("season"),
                                            .ticket = TEXT("OPS-1")},
                                           peak_time,
                                           1};
    freeze_by(fixture, windows, 4);
    assert_reason(
        decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
        "frozen until 2026-11-20T12:00:00Z by window \"a\" (season; ticket OPS-1), window \"b\" (season; "
        "ticket OPS-1), window \"c\" (season; ticket OPS-1), window \"d\"");
}

/* Eight by name over both sorts; the rest are counted. */
static void test_more_than_eight_causes_of_both_sorts(void **state)
{
    struct fixture *fixture = *state;
    struct dated_window windows[12];
    for (size_t i = 0; i < 12; i++)
        windows[i] = (struct dated_window){{.name = text_of(i < 6 ? "f" : "m"),
                                            .type = i < 6 ? WINDOW_FREEZE : WINDOW_MAINTENANCE,
                                            .action = FREEZE_DENY},
                                           i < 6 ? peak_time : later_time,
                                           1};
    freeze_by(fixture, windows, 12);
    assert_reason(
        decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
        "frozen until 2026-11-20T12:00:00Z by window \"f\", window \"f\", window \"f\", window \"f\", window "
        "\"f\", window \"f\", and outside Maintenance window \"m\", window \"m\" and 4 more");
}

static void test_what_operators_wrote_stays_on_one_line(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("peak"), .action = FREEZE_DENY, .reason = TEXT("  peak\nseason ")}, peak_time, 1}};
    freeze_by(fixture, windows, 1);
    assert_reason(decide(fixture), 0, REASON_FROZEN, "metadata.namespace",
                  "frozen until 2026-11-20T12:00:00Z by window \"peak\" (peak?season)");
}

static void test_a_gap_that_only_warns(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("nights"), .type = WINDOW_MAINTENANCE, .action = FREEZE_WARN}, later_time, 1}};
    freeze_by(fixture, windows, 1);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_text(verdict->warnings[0],
                "Deployment shop/web: changes are discouraged now outside Maintenance window \"nights\"");
}

/* ---- scopes ---- */

static void test_a_window_about_something_else(void **state)
{
    struct fixture *fixture = *state;
    static const struct text kinds[] = {TEXT("StatefulSet")}, users[] = {TEXT("ann")};
    struct dated_window windows[] = {{{.name = TEXT("databases"), .action = FREEZE_DENY}, peak_time, 1}};
    windows[0].said.scope = (struct freeze_scope){.kinds = kinds, .kind_count = 1};
    freeze_by(fixture, windows, 1);
    assert_allowed(decide(fixture), REASON_APPROVED);
    windows[0].said.scope = (struct freeze_scope){.exempt = {.users = users, .user_count = 1}};
    assert_allowed(decide(fixture), REASON_APPROVED);
    windows[0].said.scope = (struct freeze_scope){.classes = CLASS_BIT(CLASS_SCALE)};
    assert_allowed(decide(fixture), REASON_APPROVED);
    fixture->change.classes = CLASS_BIT(CLASS_SCALE); /* which the policy's own freeze would let pass */
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

/* ---- ahead ---- */

static void assert_ahead(const struct verdict *verdict, const char *message)
{
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_false(verdict->would_deny);
    assert_int_equal(verdict->http_status, 200);
    assert_int_equal(verdict->opens_s, 0);
    assert_int_equal(verdict->reason_count, 2);
    assert_reason(verdict, 0, REASON_FREEZE_AHEAD, "", message);
    assert_reason(verdict, 1, REASON_APPROVED, "", "");
}

static void test_a_word_ahead(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("peak"), .action = FREEZE_DENY, .zone = &new_york, .reason = TEXT("peak season")},
         soon,
         1}};
    freeze_by(fixture, windows, 1);
    fixture->policy.warn_ahead_s = 5400;
    const struct verdict *verdict = decide(fixture);
    assert_ahead(
        verdict,
        "closes in 1 h 30 min, at 2026-11-20 07:30 America/New_York (2026-11-20T12:30:00Z), by window "
        "\"peak\" (peak season)");
    assert_int_equal(verdict->warning_count, 1);
    assert_text(verdict->warnings[0],
                "Deployment shop/web: closes in 1 h 30 min, at 2026-11-20 07:30 America/New_York "
                "(2026-11-20T12:30:00Z), by window \"peak\" (peak season)");
    fixture->policy.mode = MODE_WARN;
    assert_int_equal(decide(fixture)->warning_count, 1);
    fixture->policy.mode = MODE_AUDIT; /* recorded, not said */
    verdict = decide(fixture);
    assert_int_equal(verdict->warning_count, 0);
    assert_int_equal(verdict->reasons[0].code, REASON_FREEZE_AHEAD);
    fixture->policy.mode = MODE_ENFORCE;
    fixture->policy.warn_ahead_s = 5399;
    assert_allowed(decide(fixture), REASON_APPROVED);
    fixture->policy.warn_ahead_s = 0;
    assert_allowed(decide(fixture), REASON_APPROVED);
}

static void test_a_maintenance_window_that_ends_soon(void **state)
{
    struct fixture *fixture = *state;
    const struct dated_window windows[] = {
        {{.name = TEXT("nights"), .type = WINDOW_MAINTENANCE, .action = FREEZE_DENY, .runway_s = 600},
         peak_time,
         1}};
    freeze_by(fixture, windows, 1);
    fixture->policy.warn_ahead_s = 3600;
    assert_ahead(decide(fixture),
                 "closes in 1 h 0 min, at 2026-11-20T12:00:00Z, outside Maintenance window \"nights\", "
                 "which ends within its minimumRunway of 10 min");
}

static void test_nothing_ahead_of_what_only_warns_or_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct dated_window windows[] = {{{.name = TEXT("careful"), .action = FREEZE_WARN}, soon, 1}};
    freeze_by(fixture, windows, 1);
    fixture->policy.warn_ahead_s = 86400;
    assert_allowed(decide(fixture), REASON_APPROVED);
    windows[0].said.action = FREEZE_DENY;
    freeze_by(fixture, windows, 1);
    fixture->change.approval_ids = TEXT_EMPTY;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 1);
    assert_int_equal(verdict->reasons[0].code, REASON_APPROVAL_MISSING);
    fixture->change.classes = CLASS_BIT(CLASS_SCALE); /* that the freeze will not stop */
    assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
}

static void test_a_long_word_ahead_fits(void **state)
{
    struct fixture *fixture = *state;
    char reason[300];
    memset(reason, 'y', sizeof(reason));
    const struct dated_window windows[] = {
        {{.name = TEXT("peak"), .action = FREEZE_DENY, .reason = {reason, sizeof(reason)}}, soon, 1}};
    freeze_by(fixture, windows, 1);
    fixture->policy.warn_ahead_s = 86400;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_int_equal(verdict->warnings[0].length, 256);
    assert_true(text_ends_with(verdict->warnings[0], text_of("...")));
}

/* ---- FreezeWindow objects ---- */

static void test_a_window_object_that_cannot_be_used(void **state)
{
    struct fixture *fixture = *state;
    static const struct text faults[] = {TEXT("spec: action is missing; write Deny, Delay or Warn"),
                                         TEXT("spec.recurring[0].end: \"6:00\" is no time of day")};
    decision_make_window(text_of("peak"), faults, 2, &fixture->arena, &fixture->verdict);
    assert_int_equal(fixture->verdict.reason_count, 2);
    assert_reason(&fixture->verdict, 0, REASON_WINDOW_INVALID, "spec", faults[0].at);
    assert_reason(&fixture->verdict, 1, REASON_WINDOW_INVALID, "spec.recurring[0].end", faults[1].at);
    assert_denied(&fixture->verdict,
                  "FreezeWindow peak cannot be used: (1) spec: action is missing; write Deny, Delay or "
                  "Warn; (2) spec.recurring[0].end: \"6:00\" is no time of day");
    decision_make_window(text_of("peak"), NULL, 0, &fixture->arena, &fixture->verdict);
    assert_allowed(&fixture->verdict, REASON_NOTHING_REQUIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_a_zone_is_told_beside_utc),
        DECISION(test_outside_a_maintenance_window),
        DECISION(test_too_late_for_a_maintenance_window),
        DECISION(test_a_freeze_and_a_gap_together),
        DECISION(test_what_cannot_be_held_is_denied),
        DECISION(test_three_causes_are_told_whole),
        DECISION(test_more_than_eight_causes_of_both_sorts),
        DECISION(test_what_operators_wrote_stays_on_one_line),
        DECISION(test_a_gap_that_only_warns),
        DECISION(test_a_window_about_something_else),
        DECISION(test_a_word_ahead),
        DECISION(test_a_maintenance_window_that_ends_soon),
        DECISION(test_nothing_ahead_of_what_only_warns_or_is_refused),
        DECISION(test_a_long_word_ahead_fits),
        DECISION(test_a_window_object_that_cannot_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
