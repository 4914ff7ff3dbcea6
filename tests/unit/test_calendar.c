/* All windows of a namespace: what applies to a change, the strictest action, the true next opening. Times
 * here are small numbers: the core knows nothing of dates. */
#include "arena_fixture.h"
#include "assert_text.h"
#include "dated_windows.h"

static const struct freeze_label no_label = {.until_s = FREEZE_NO_END};

static const change_classes stopped = CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_DELETE);

static const struct change rollout = {.kind = TEXT("Deployment"),
                                      .user = {.name = TEXT("ann")},
                                      .before.exists = true,
                                      .classes = CLASS_BIT(CLASS_ROLLOUT)};

#define MAINTENANCE(label, act, from, to)                                   \
    {                                                                       \
        {.name = TEXT(label), .action = (act), .type = WINDOW_MAINTENANCE}, \
            (const struct interval[]){{(from), (to)}}, 1,                   \
    }

static const struct calendar *build(void **state, const struct dated_window *windows, size_t count)
{
    struct calendar *calendar = arena_alloc(*state, sizeof(*calendar));
    calendar_build(*state, dated_spans(*state, windows, count), count, calendar);
    return calendar;
}

static struct calendar_view whole(const struct calendar *calendar)
{
    return calendar_view_whole(calendar, &no_label);
}

static struct calendar_view view_of(void **state, const struct calendar *calendar,
                                    const struct change *change)
{
    return calendar_view_of(calendar, &no_label, change, stopped, *state);
}

static void expect(const struct calendar_view *view, int64_t now_s, enum freeze_action action,
                   int64_t opens_s, int64_t closes_s)
{
    enum freeze_action is = calendar_at(view, now_s).action;
    int64_t opens = calendar_next_opening(view, now_s), closes = calendar_next_closing(view, now_s);
    if (is != action || opens != opens_s || closes != closes_s)
        fail_msg("at %lld: action %d, opens %lld, closes %lld; wanted %d, %lld, %lld", (long long)now_s, is,
                 (long long)opens, (long long)closes, action, (long long)opens_s, (long long)closes_s);
}

/* ---- Freezes and the label ---- */

static void test_no_windows_is_open(void **state)
{
    struct calendar_view view = whole(NULL);
    expect(&view, 5, FREEZE_OPEN, 5, FREEZE_NO_END);
    view = whole(build(state, NULL, 0));
    expect(&view, 5, FREEZE_OPEN, 5, FREEZE_NO_END);
    assert_true(calendar_next_change(&view, 5) == FREEZE_NO_END);
    assert_int_equal(calendar_causes(&view, 5, NULL, NULL), 0);
}

static void test_a_freeze_closes_inside(void **state)
{
    const struct dated_window windows[] = {DATED("a", FREEZE_DENY, 10, 20), DATED("b", FREEZE_DELAY, 20, 30),
                                           DATED("c", FREEZE_WARN, 40, 50)};
    struct calendar_view view = whole(build(state, windows, 3));
    expect(&view, 9, FREEZE_OPEN, 9, 10);
    expect(&view, 10, FREEZE_DENY, 30, 10);
    expect(&view, 20, FREEZE_DELAY, 30, 20);
    expect(&view, 30, FREEZE_OPEN, 30, FREEZE_NO_END);
    expect(&view, 45, FREEZE_WARN, 45, FREEZE_NO_END);
    static const int64_t changes[] = {0, 10, 20, 30, 40, 50, FREEZE_NO_END};
    for (size_t i = 0; i + 1 < sizeof(changes) / sizeof(changes[0]); i++)
        assert_true(calendar_next_change(&view, changes[i]) == changes[i + 1]);
}

static void test_label_alone(void **state)
{
    struct freeze_label label = {.action = FREEZE_DENY, .until_s = 20};
    struct calendar_view view = calendar_view_whole(build(state, NULL, 0), &label);
    expect(&view, 0, FREEZE_DENY, 20, 0);
    expect(&view, 19, FREEZE_DENY, 20, 19);
    expect(&view, 20, FREEZE_OPEN, 20, FREEZE_NO_END); /* nobody needs to take the label off */
    assert_true(calendar_at(&view, 19).label);
    assert_false(calendar_at(&view, 20).label);
    assert_int_equal(calendar_next_change(&view, 3), 20);
    view.label.until_s = FREEZE_NO_END;
    expect(&view, 1000, FREEZE_DENY, FREEZE_NO_END, 1000);
    view.label.action = FREEZE_WARN;
    expect(&view, 1000, FREEZE_WARN, 1000, FREEZE_NO_END);
    assert_true(calendar_at(&view, 1000).label);
}

static void test_label_and_windows_open_together(void **state)
{
    const struct dated_window windows[] = {DATED("a", FREEZE_DENY, 10, 20), DATED("b", FREEZE_DELAY, 30, 40),
                                           DATED("c", FREEZE_DENY, 40, 50), DATED("w", FREEZE_WARN, 60, 70)};
    struct freeze_label label = {.action = FREEZE_DENY};
    struct calendar_view view = calendar_view_whole(build(state, windows, 4), &label);
    static const struct {
        int64_t until_s, now_s, opens_s;
    } rows[] = {
        {5, 3, 5},    /* the label ends before any window */
        {10, 3, 20},  /* ends where one begins */
        {15, 3, 20},  /* ends within one */
        {20, 3, 20},  /* ends with it */
        {25, 3, 25},  /* outlives it */
        {25, 12, 25}, /* asked from within the window */
        {15, 12, 20}, /* the window outlives it */
        {30, 12, 50}, /* reaches over the gap, into two that touch */
        {45, 12, 50}, {55, 35, 55}, {65, 35, 65},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        view.label.until_s = rows[i].until_s;
        expect(&view, rows[i].now_s, FREEZE_DENY, rows[i].opens_s, rows[i].now_s);
    }
}

static void test_a_warning_label_does_not_lengthen_a_freeze(void **state)
{
    const struct dated_window windows[] = {DATED("a", FREEZE_DENY, 10, 20)};
    struct freeze_label label = {.action = FREEZE_WARN, .until_s = FREEZE_NO_END};
    struct calendar_view view = calendar_view_whole(build(state, windows, 1), &label);
    expect(&view, 12, FREEZE_DENY, 20, 12);
    assert_false(calendar_at(&view, 12).label); /* it is no cause of a denial */
    expect(&view, 5, FREEZE_WARN, 5, 10);
    expect(&view, 20, FREEZE_WARN, 20, FREEZE_NO_END);
}

/* ---- Maintenance ---- */

static void test_a_maintenance_window_closes_outside(void **state)
{
    const struct dated_window windows[] = {MAINTENANCE("night", FREEZE_DENY, 10, 20),
                                           MAINTENANCE("next", FREEZE_DENY, 30, 40)};
    struct calendar_view view = whole(build(state, windows, 2));
    expect(&view, 9, FREEZE_DENY, 10, 9);
    expect(&view, 10, FREEZE_OPEN, 10, 20);
    expect(&view, 20, FREEZE_DENY, 30, 20);
    expect(&view, 40, FREEZE_DENY, FREEZE_NO_END, 40);
    assert_true(calendar_at(&view, 9).outside);
    assert_false(calendar_at(&view, 10).outside);
}

static void test_one_maintenance_window_that_is_on_is_enough(void **state)
{
    const struct dated_window windows[] = {MAINTENANCE("a", FREEZE_DENY, 10, 20),
                                           MAINTENANCE("b", FREEZE_WARN, 15, 30),
                                           MAINTENANCE("c", FREEZE_DELAY, 30, 40)};
    struct calendar_view view = whole(build(state, windows, 3));
    expect(&view, 5, FREEZE_DENY, 10, 5); /* the strictest of all that apply */
    expect(&view, 12, FREEZE_OPEN, 12, 40);
    expect(&view, 25, FREEZE_OPEN, 25, 40);
    expect(&view, 40, FREEZE_DENY, FREEZE_NO_END, 40);
}

static void test_a_maintenance_window_that_warns_closes_nothing(void **state)
{
    const struct dated_window windows[] = {MAINTENANCE("a", FREEZE_WARN, 10, 20)};
    struct calendar_view view = whole(build(state, windows, 1));
    expect(&view, 5, FREEZE_WARN, 5, FREEZE_NO_END);
    assert_true(calendar_at(&view, 5).outside);
    expect(&view, 15, FREEZE_OPEN, 15, FREEZE_NO_END);
}

/* The true next opening steps over the Freeze into the gap, and over the gap into the next window. */
static void test_a_freeze_over_a_maintenance_window(void **state)
{
    const struct dated_window windows[] = {
        MAINTENANCE("nights", FREEZE_DENY, 10, 20), MAINTENANCE("later", FREEZE_DENY, 50, 60),
        DATED("peak", FREEZE_DENY, 5, 25), DATED("week end", FREEZE_DELAY, 45, 55)};
    struct calendar_view view = whole(build(state, windows, 4));
    expect(&view, 0, FREEZE_DENY, 55, 0);
    expect(&view, 15, FREEZE_DENY, 55, 15);
    expect(&view, 55, FREEZE_OPEN, 55, 60);
    assert_true(calendar_at(&view, 7).outside && calendar_at(&view, 7).freezes);
    assert_false(calendar_at(&view, 15).outside);
}

static void test_nothing_is_said_beyond_what_is_known(void **state)
{
    const struct dated_window windows[] = {DATED("a", FREEZE_DENY, 10, 20),
                                           MAINTENANCE("m", FREEZE_DENY, 0, 30)};
    const struct freeze_spans *const *spans = dated_spans(*state, windows, 2);
    struct freeze_spans cut = *spans[1];
    const struct freeze_spans *both[] = {spans[0], &cut};
    struct calendar calendar;
    static const struct {
        int64_t known_s, opens_s, closes_s, next_s;
    } rows[] = {{20, FREEZE_NO_END, FREEZE_NO_END, FREEZE_NO_END},
                {21, 20, FREEZE_NO_END, FREEZE_NO_END},
                {30, 20, FREEZE_NO_END, FREEZE_NO_END},
                {31, 20, 30, 30}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cut.known_until_s = rows[i].known_s;
        calendar_build(*state, both, 2, &calendar);
        struct calendar_view view = whole(&calendar);
        assert_true(calendar_next_opening(&view, 15) == rows[i].opens_s);
        assert_true(calendar_next_closing(&view, 25) == rows[i].closes_s);
        assert_true(calendar_next_change(&view, 20) == rows[i].next_s);
    }
}

/* ---- what applies ---- */

static void test_suspended_windows_are_left_out(void **state)
{
    struct dated_window windows[] = {DATED("a", FREEZE_DENY, 0, 20), MAINTENANCE("m", FREEZE_DENY, 30, 40)};
    windows[0].said.suspended = windows[1].said.suspended = true;
    const struct calendar *calendar = build(state, windows, 2);
    struct calendar_view view = whole(calendar);
    assert_int_equal(calendar->lane_count, 0);
    expect(&view, 5, FREEZE_OPEN, 5, FREEZE_NO_END);
}

static bool closes(void **state, const struct freeze_scope *scope, const struct change *change)
{
    struct dated_window windows[] = {DATED("a", FREEZE_DENY, 0, 20)};
    windows[0].said.scope = *scope;
    struct calendar_view view = view_of(state, build(state, windows, 1), change);
    return calendar_at(&view, 5).action == FREEZE_DENY;
}

static void test_kinds(void **state)
{
    static const struct text kinds[] = {TEXT("StatefulSet"), TEXT("Deployment")};
    struct change change = rollout;
    assert_true(closes(state, &(struct freeze_scope){.kinds = kinds, .kind_count = 2}, &change));
    assert_false(closes(state, &(struct freeze_scope){.kinds = kinds, .kind_count = 1}, &change));
    change.kind = text_of("deployment");
    assert_false(closes(state, &(struct freeze_scope){.kinds = kinds, .kind_count = 2}, &change));
}

/* Classes of its own take the place of the policy's, in both directions. */
static void test_classes(void **state)
{
    struct change change = rollout;
    struct freeze_scope scope = {.classes = CLASS_BIT(CLASS_SCALE)};
    assert_true(closes(state, &(struct freeze_scope){.classes = 0}, &change));
    assert_false(closes(state, &scope, &change));
    change.classes = CLASS_BIT(CLASS_SCALE);
    assert_true(closes(state, &scope, &change));
    assert_false(closes(state, &(struct freeze_scope){.classes = 0}, &change));
    change.classes |= CLASS_BIT(CLASS_DELETE); /* one of several is enough */
    assert_true(closes(state, &(struct freeze_scope){.classes = 0}, &change));
}

static void test_exempt(void **state)
{
    static const struct text users[] = {TEXT("ann")}, groups[] = {TEXT("release")},
                             of_bob[] = {TEXT("release")};
    struct change change = rollout;
    const struct freeze_scope scope = {.exempt = {users, groups, 1, 1}};
    assert_false(closes(state, &scope, &change));
    change.user.name = text_of("bob");
    assert_true(closes(state, &scope, &change));
    change.user.groups = of_bob;
    change.user.group_count = 1;
    assert_false(closes(state, &scope, &change));
}

static const struct text web[] = {TEXT("web")};
static const struct selector_requirement app_is_web[] = {{TEXT("app"), SELECTOR_IN, web, 1}};
static const struct label labels_web[] = {{TEXT("app"), TEXT("web")}},
                          labels_api[] = {{TEXT("app"), TEXT("api")}};

/* On the old object where there is one: an author cannot opt out by relabelling. */
static void test_object_selector(void **state)
{
    const struct freeze_scope scope = {.objects = {app_is_web, 1}};
    struct change change = rollout;
    change.has_labels = true;
    change.labels_before = (struct labels){labels_web, 1};
    change.labels_after = (struct labels){labels_api, 1};
    assert_true(closes(state, &scope, &change));
    change.before.exists = false; /* a creation */
    assert_false(closes(state, &scope, &change));
    change.labels_after = change.labels_before;
    assert_true(closes(state, &scope, &change));
    change.before.exists = true;
    change.labels_before = (struct labels){labels_api, 1};
    assert_false(closes(state, &scope, &change));
    change.has_labels = false; /* what cannot be seen is taken to match */
    assert_true(closes(state, &scope, &change));
}

static void test_who_needs_labels(void **state)
{
    struct dated_window windows[] = {DATED("a", FREEZE_DENY, 0, 20), DATED("b", FREEZE_DENY, 0, 20)};
    assert_false(build(state, windows, 2)->reads_labels);
    windows[1].said.scope = (struct freeze_scope){.objects = {app_is_web, 1}, .key = TEXT("app=web")};
    assert_true(build(state, windows, 2)->reads_labels);
    windows[1].said.suspended = true;
    assert_false(build(state, windows, 2)->reads_labels);
}

static void test_windows_about_the_same_share_a_lane(void **state)
{
    struct dated_window windows[] = {DATED("a", FREEZE_DENY, 0, 20), DATED("b", FREEZE_DENY, 0, 20),
                                     MAINTENANCE("c", FREEZE_WARN, 0, 20), DATED("d", FREEZE_DENY, 0, 20)};
    for (size_t i = 0; i < 4; i++)
        windows[i].said.scope.key = text_of(i % 2 == 0 ? "even" : "odd");
    assert_int_equal(build(state, windows, 4)->lane_count, 2);
}

static void remember_first(void *context, const struct freeze_spans *window, bool is_outside)
{
    struct text *first = context;
    (void)is_outside;
    if (first->length == 0)
        *first = window->window->name;
}

/* Not as they lie in memory: all replicas tell the same. */
static void test_causes_come_as_the_windows_were_given(void **state)
{
    const struct dated_window windows[] = {DATED("a", FREEZE_DENY, 0, 20), DATED("b", FREEZE_DENY, 0, 20)};
    const struct freeze_spans *const *spans = dated_spans(*state, windows, 2);
    for (size_t first = 0; first < 2; first++) {
        const struct freeze_spans *given[] = {spans[first], spans[1 - first]};
        struct calendar calendar;
        struct text name = TEXT_EMPTY;
        calendar_build(*state, given, 2, &calendar);
        struct calendar_view view = whole(&calendar);
        assert_int_equal(calendar_causes(&view, 5, remember_first, &name), 2);
        assert_text(name, first == 0 ? "a" : "b");
    }
}

/* The label is about what the policy stops, whatever the windows are about. */
static void test_what_the_label_is_about(void **state)
{
    struct freeze_label label = {.action = FREEZE_DENY, .until_s = FREEZE_NO_END};
    struct change change = rollout;
    struct calendar_view view = calendar_view_of(NULL, &label, &change, stopped, *state);
    assert_int_equal(calendar_at(&view, 0).action, FREEZE_DENY);
    change.classes = CLASS_BIT(CLASS_SCALE);
    view = calendar_view_of(NULL, &label, &change, stopped, *state);
    assert_int_equal(calendar_at(&view, 0).action, FREEZE_OPEN);
}

/* A Maintenance window opens only what it is about. */
static void test_maintenance_of_others_opens_nothing(void **state)
{
    static const struct text kinds[] = {TEXT("StatefulSet")};
    struct dated_window windows[] = {MAINTENANCE("all", FREEZE_DENY, 20, 30),
                                     MAINTENANCE("databases", FREEZE_DENY, 0, 10)};
    windows[1].said.scope = (struct freeze_scope){.kinds = kinds, .kind_count = 1, .key = TEXT("databases")};
    const struct calendar *calendar = build(state, windows, 2);
    struct change change = rollout;
    struct calendar_view view = view_of(state, calendar, &change);
    expect(&view, 5, FREEZE_DENY, 20, 5);
    change.kind = kinds[0];
    view = view_of(state, calendar, &change);
    expect(&view, 5, FREEZE_OPEN, 5, 10);
}

#define CALENDAR(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALENDAR(test_no_windows_is_open),
        CALENDAR(test_a_freeze_closes_inside),
        CALENDAR(test_label_alone),
        CALENDAR(test_label_and_windows_open_together),
        CALENDAR(test_a_warning_label_does_not_lengthen_a_freeze),
        CALENDAR(test_a_maintenance_window_closes_outside),
        CALENDAR(test_one_maintenance_window_that_is_on_is_enough),
        CALENDAR(test_a_maintenance_window_that_warns_closes_nothing),
        CALENDAR(test_a_freeze_over_a_maintenance_window),
        CALENDAR(test_nothing_is_said_beyond_what_is_known),
        CALENDAR(test_suspended_windows_are_left_out),
        CALENDAR(test_kinds),
        CALENDAR(test_classes),
        CALENDAR(test_exempt),
        CALENDAR(test_object_selector),
        CALENDAR(test_who_needs_labels),
        CALENDAR(test_windows_about_the_same_share_a_lane),
        CALENDAR(test_causes_come_as_the_windows_were_given),
        CALENDAR(test_what_the_label_is_about),
        CALENDAR(test_maintenance_of_others_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
