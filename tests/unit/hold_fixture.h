/* What the tests of holds share, beside decision_fixture.h: a freeze that delays, and a Deployment that is
 * held.
 */
#ifndef CHANGEGATE_TESTS_HOLD_FIXTURE_H
#define CHANGEGATE_TESTS_HOLD_FIXTURE_H

#include "decision_fixture.h"

#define UNTIL   "until 2026-11-20T12:00:00Z by window \"peak\""
#define FROZEN  "frozen " UNTIL
#define REFUSED "Rollout of Deployment shop/web is refused by policy tier-1: " FROZEN

static const struct dated_window delaying[] = {
    {{.name = TEXT("peak"), .action = FREEZE_DELAY}, peak_time, 1}};
static const struct text operator_names[] = {TEXT("boss")};

/* Frozen until NOW_S + 3600 by a window that delays, and a Deployment that can be held. */
static inline struct fixture *frozen(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.delay = (struct delay_rule){.retry_below_s = 60};
    fixture->policy.operators = (struct principals){.users = operator_names, .user_count = 1};
    fixture->change.digest_after = text_of("sha256:1");
    fixture->change.hold = (struct change_hold){.decides = true, .obstacle = OBSTACLE_NONE};
    freeze_by(fixture, delaying, 1);
    return fixture;
}

/* The same window ends in so many seconds. */
static inline void ends_in(struct fixture *fixture, int64_t seconds)
{
    struct interval *interval = arena_alloc(&fixture->arena, sizeof(*interval));
    struct dated_window *window = arena_alloc(&fixture->arena, sizeof(*window));
    *interval = (struct interval){NOW_S - 60, NOW_S + seconds};
    *window = (struct dated_window){{.name = TEXT("peak"), .action = FREEZE_DELAY}, interval, 1};
    freeze_by(fixture, window, 1);
}

static inline void assert_held_by(const struct verdict *verdict, enum reason_code code, const char *message)
{
    assert_int_equal(verdict->kind, VERDICT_DELAY);
    assert_false(verdict->would_deny);
    assert_int_equal(verdict->http_status, 200);
    assert_int_equal(verdict->retry_after_s, 0);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(verdict, 0, code, "", message);
    assert_true(verdict->target.decides && verdict->target.held);
    assert_text(verdict->target.label, "true");
}

static const struct hold before = {
    .since_s = NOW_S - 1000,
    .until_s = NOW_S + 60,
    .classes = CLASS_BIT(CLASS_ROLLOUT),
    .window = TEXT("another"),
    .policy = TEXT("tier-1"),
    .reason = TEXT("of yesterday"),
    .by = TEXT("bob"),
    .approvals = TEXT("CHG0000007"),
    .digest = TEXT("sha256:1"),
    .running = {true, TEXT("sha256:0"), {NULL, 0}},
    .restore = TEXT("true"),
};

/* An edit of nothing but the labels of a held Deployment. */
static inline struct fixture *held(void **state)
{
    struct fixture *fixture = frozen(state);
    struct change_hold *hold = &fixture->change.hold;
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    hold->before = hold->after = (struct hold_marks){
        .annotation = TEXT("{}"), .label = TEXT("true"), .readable = true, .stopped = true, .held = true};
    hold->before.hold = hold->after.hold = before;
    hold->keeps = true;
    hold->held_classes = CLASS_BIT(CLASS_ROLLOUT);
    return fixture;
}

static inline struct fixture *asked(void **state, const char *user)
{
    struct fixture *fixture = held(state);
    fixture->change.user.name = text_of(user);
    fixture->change.hold.asks_release = true;
    fixture->change.hold.after.annotation = TEXT_EMPTY;
    fixture->change.hold.after.label = text_of("releasing");
    return fixture;
}

#endif
