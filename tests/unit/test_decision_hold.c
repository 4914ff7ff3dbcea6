/* A change in a freeze that delays: it waits at its client, is held, or is refused, and why. */
#include "hold_fixture.h"

/* ---- waiting ---- */

static void assert_waits(struct fixture *fixture, unsigned seconds, const char *message)
{
    ends_in(fixture, seconds);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->http_status, 429);
    assert_int_equal(verdict->retry_after_s, seconds);
    assert_text(verdict->message, message);
}

static void test_near_the_opening_the_client_waits(void **state)
{
    struct fixture *fixture = frozen(state);
    assert_waits(
        fixture, 1,
        "Rollout of Deployment shop/web is refused by policy tier-1: frozen until 2026-11-20T11:00:01Z by "
        "window \"peak\"; it opens in 1 s, and is tried again then");
    assert_waits(
        fixture, 60,
        "Rollout of Deployment shop/web is refused by policy tier-1: frozen until 2026-11-20T11:01:00Z by "
        "window \"peak\"; it opens in 60 s, and is tried again then");
    fixture->change.hold.on_freeze = text_of("delay");
    fixture->change.hold.obstacle = OBSTACLE_KIND; /* whatever the kind */
    assert_waits(
        fixture, 60,
        "Rollout of Deployment shop/web is refused by policy tier-1: frozen until 2026-11-20T11:01:00Z by "
        "window \"peak\"; it opens in 60 s, and is tried again then");
}

static void test_just_over_it_is_held(void **state)
{
    struct fixture *fixture = frozen(state);
    ends_in(fixture, 61);
    assert_held_by(decide(fixture), REASON_HELD,
                   "held, and released by itself: frozen until 2026-11-20T11:01:01Z by window \"peak\"");
    fixture->policy.delay.retry_below_s = 0;
    ends_in(fixture, 1);
    assert_held_by(decide(fixture), REASON_HELD,
                   "held, and released by itself: frozen until 2026-11-20T11:00:01Z by window \"peak\"");
}

static void test_who_asks_to_fail_does_not_wait(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.hold.on_freeze = text_of("deny");
    ends_in(fixture, 30);
    assert_denied(
        decide(fixture),
        "Rollout of Deployment shop/web is refused by policy tier-1: frozen until 2026-11-20T11:00:30Z by "
        "window \"peak\"; not held, since changegate.dev/on-freeze says deny");
}

/* ---- holding ---- */

static void test_what_a_hold_says(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.hold.restore = text_of("false");
    const struct verdict *verdict = decide(fixture);
    assert_held_by(verdict, REASON_HELD, "held, and released by itself: " FROZEN);
    assert_int_equal(verdict->opens_s, NOW_S + 3600);
    assert_int_equal(verdict->warning_count, 1);
    assert_text(verdict->warnings[0], "Deployment shop/web: held, and released by itself: " FROZEN);
    assert_text(verdict->message, "");
    const struct hold wanted = {
        .since_s = NOW_S,
        .until_s = NOW_S + 3600,
        .classes = CLASS_BIT(CLASS_ROLLOUT),
        .window = TEXT("peak"),
        .policy = TEXT("tier-1"),
        .reason = TEXT(FROZEN),
        .by = TEXT("ann"),
        .approvals = TEXT("CHG0000001"),
        .document = TEXT(GOOD_DOCUMENT),
        .digest = TEXT("sha256:1"),
        .restore = TEXT("false"),
    };
    assert_true(hold_same(&verdict->target.hold, &wanted, false));
}

static void test_the_label_of_the_namespace_holds_too(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->facts.calendar = NULL;
    fixture->facts.freeze_label = (struct freeze_label){.action = FREEZE_DELAY, .until_s = FREEZE_NO_END};
    const struct verdict *verdict = decide(fixture);
    assert_held_by(
        verdict, REASON_HELD,
        "held, and released by itself: frozen with no known end by the freeze label of namespace shop");
    assert_true(verdict->target.hold.until_s == FREEZE_NO_END);
    assert_text(verdict->target.hold.window, "(label)");
}

/* Scale needs no freeze, so it goes along, and is not what is held. */
static void test_what_needs_nothing_goes_along(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_SCALE);
    const struct verdict *verdict = decide(fixture);
    assert_held_by(verdict, REASON_HELD, "held, and released by itself: " FROZEN);
    assert_int_equal(verdict->target.hold.classes, CLASS_BIT(CLASS_ROLLOUT));
}

static void assert_not_held(struct fixture *fixture, const char *message)
{
    const struct verdict *verdict = decide(fixture);
    assert_denied(verdict, message);
    assert_false(verdict->target.held);
}

static void test_what_no_hold_stops(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_DELETE);
    assert_not_held(fixture, "Rollout+Delete of Deployment shop/web is refused by policy tier-1: " FROZEN
                             "; not held, since a hold stops no Delete");
    fixture->policy.needs[CLASS_SCALE].freeze = true;
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_SCALE);
    assert_not_held(fixture, "Rollout+Scale of Deployment shop/web is refused by policy tier-1: " FROZEN
                             "; not held, since a hold stops no Scale");
    fixture->change.hold.decides = false; /* /scale of one at zero */
    fixture->policy.needs[CLASS_SCALE].freeze = false;
    fixture->change.classes = CLASS_BIT(CLASS_RESUME) | CLASS_BIT(CLASS_SCALE);
    assert_not_held(fixture, "Resume+Scale of Deployment shop/web is refused by policy tier-1: " FROZEN
                             "; not held, since a hold stops no Resume+Scale");
}

static void test_what_the_author_says(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.hold.on_freeze = text_of("delay");
    assert_held_by(decide(fixture), REASON_HELD, "held, and released by itself: " FROZEN);
    fixture->change.hold.on_freeze = text_of("deny");
    assert_not_held(fixture, REFUSED "; not held, since changegate.dev/on-freeze says deny");
    fixture->change.hold.on_freeze = text_of("Delay");
    assert_not_held(fixture,
                    REFUSED "; not held, since changegate.dev/on-freeze says neither deny nor delay");
    fixture->change.hold.on_freeze = text_of("");
    assert_not_held(fixture,
                    REFUSED "; not held, since changegate.dev/on-freeze says neither deny nor delay");
}

static void test_each_obstacle(void **state)
{
    static const struct {
        enum hold_obstacle obstacle;
        const char *message;
    } rows[] = {
        {OBSTACLE_KIND, REFUSED "; not held: nothing holds this change of this kind"},
        {OBSTACLE_CREATION,
         REFUSED "; not held: nothing holds the creation of this kind, whose pods come up at once"},
        {OBSTACLE_DAEMONSET,
         REFUSED "; not held: a DaemonSet cannot be held safely, since a pod that is replaced "
                 "gets the new template"},
        {OBSTACLE_ON_DELETE,
         REFUSED "; not held: with updateStrategy OnDelete a pod that is replaced gets the new "
                 "template"},
        {OBSTACLE_RUNNING,
         REFUSED "; not held: suspending this CronJob would stop the runs of its present template "
                 "as well"},
        {OBSTACLE_UNDER_WAY, REFUSED "; not held: a rollout is under way, which a hold would stop halfway"},
        {OBSTACLE_FROM_ZERO,
         REFUSED "; not held: it is at zero replicas, and a hold does not stop the first pods"},
        {OBSTACLE_FIELD, REFUSED "; not held: the field that would hold it has no place in this object, or a "
                                 "value that could not be put back"},
    };
    struct fixture *fixture = frozen(state);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture->change.hold.obstacle = rows[i].obstacle;
        assert_not_held(fixture, rows[i].message);
    }
}

/* The one obstacle that goes by itself. */
static void test_an_unobserved_change_is_tried_again(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.hold.obstacle = OBSTACLE_UNOBSERVED;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->http_status, 429);
    assert_int_equal(verdict->retry_after_s, 1);
    assert_text(verdict->message,
                REFUSED "; not held: its controller has not seen the last change yet; try again in "
                        "a second");
}

static void test_a_freeze_that_denies_holds_nothing(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->facts.freeze_label = (struct freeze_label){.action = FREEZE_DENY, .until_s = NOW_S + 10};
    assert_not_held(fixture, "Rollout of Deployment shop/web is refused by policy tier-1: frozen until "
                             "2026-11-20T12:00:00Z by the freeze label of namespace shop, window \"peak\"");
}

/* What is not approved is refused, and not held until it might be. */
static void test_what_lacks_more_is_refused(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->change.approval_ids = TEXT_EMPTY;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->http_status, 403);
    assert_false(verdict->target.held);
    assert_int_equal(verdict->reason_count, 2);
    assert_reason(verdict, 1, REASON_FROZEN, "metadata.namespace", FROZEN);
    ends_in(fixture, 30); /* waiting would not help */
    assert_int_equal(decide(fixture)->http_status, 403);
}

static void test_modes_that_refuse_nothing_hold_nothing(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->policy.mode = MODE_WARN;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_true(verdict->would_deny);
    assert_false(verdict->target.held);
    assert_int_equal(verdict->warning_count, 1);
    assert_text(verdict->warnings[0],
                "Deployment shop/web would be denied: " FROZEN "; mode Enforce would hold it until then");
    fixture->policy.mode = MODE_AUDIT;
    verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_true(verdict->would_deny);
    assert_int_equal(verdict->warning_count, 0);
    assert_false(verdict->target.held);
}

/* ---- inFlight: Pause ---- */

static struct fixture *under_way(void **state)
{
    struct fixture *fixture = frozen(state);
    fixture->policy.delay.in_flight = IN_FLIGHT_PAUSE;
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.hold.asks_pause = true;
    fixture->change.hold.progress = ROLLOUT_UNDER_WAY;
    fixture->change.hold.after.label = text_of("pause");
    return fixture;
}

static void test_a_rollout_under_way_is_paused_where_the_policy_says_so(void **state)
{
    struct fixture *fixture = under_way(state);
    const struct verdict *verdict = decide(fixture);
    assert_held_by(verdict, REASON_HELD, "held, and released by itself: " FROZEN);
    assert_int_equal(verdict->target.hold.classes, CLASS_BIT(CLASS_RESUME));
    assert_int_equal(verdict->opens_s, NOW_S + 3600);
}

static void assert_goes_on(struct fixture *fixture)
{
    const struct verdict *verdict = decide(fixture);
    assert_allowed(verdict, REASON_NOT_A_CHANGE);
    assert_true(verdict->target.decides && !verdict->target.held);
    assert_null(verdict->target.label.at); /* "pause" is a request, and stays on nothing */
}

static void test_and_only_then(void **state)
{
    struct fixture *fixture = under_way(state);
    fixture->policy.delay.in_flight = IN_FLIGHT_FINISH;
    assert_goes_on(fixture);
    fixture = under_way(state);
    fixture->change.hold.progress = ROLLOUT_SETTLING;
    assert_goes_on(fixture);
    fixture = under_way(state);
    fixture->policy.mode = MODE_WARN;
    assert_goes_on(fixture);
    fixture = under_way(state);
    fixture->facts.calendar = NULL;
    assert_goes_on(fixture);
    fixture->facts.freeze_label = (struct freeze_label){.action = FREEZE_DENY, .until_s = FREEZE_NO_END};
    assert_goes_on(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_near_the_opening_the_client_waits),
        DECISION(test_just_over_it_is_held),
        DECISION(test_who_asks_to_fail_does_not_wait),
        DECISION(test_what_a_hold_says),
        DECISION(test_the_label_of_the_namespace_holds_too),
        DECISION(test_what_needs_nothing_goes_along),
        DECISION(test_what_no_hold_stops),
        DECISION(test_what_the_author_says),
        DECISION(test_each_obstacle),
        DECISION(test_an_unobserved_change_is_tried_again),
        DECISION(test_a_freeze_that_denies_holds_nothing),
        DECISION(test_what_lacks_more_is_refused),
        DECISION(test_modes_that_refuse_nothing_hold_nothing),
        DECISION(test_a_rollout_under_way_is_paused_where_the_policy_says_so),
        DECISION(test_and_only_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
