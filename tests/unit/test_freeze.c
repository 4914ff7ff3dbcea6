/* Many windows as one timeline: closed at an instant, why, and until when. Times here are small numbers: the
 * core knows nothing of dates.
 */
#include "arena_fixture.h"
#include "assert_text.h"
#include "dated_windows.h"

#include <time.h>

static struct freeze_timeline build(void **state, const struct dated_window *windows, size_t count)
{
    struct freeze_timeline timeline;
    freeze_timeline_build(*state, dated_spans(*state, windows, count), count, &timeline);
    return timeline;
}

static void expect(const struct freeze_timeline *timeline, int64_t now_s, enum freeze_action action,
                   int64_t turns_s)
{
    struct freeze_point point = freeze_timeline_at(timeline, now_s);
    if (point.action != action || point.turns_s != turns_s)
        fail_msg("at %lld: action %d, turns %lld; wanted %d, %lld", (long long)now_s, point.action,
                 (long long)point.turns_s, action, (long long)turns_s);
}

static void test_no_windows_is_open(void **state)
{
    struct freeze_timeline timeline = build(state, NULL, 0);
    expect(&timeline, 0, FREEZE_OPEN, FREEZE_NO_END);
    expect(&timeline, 99, FREEZE_OPEN, FREEZE_NO_END);
    assert_null(freeze_timeline_at(&timeline, 0).causes);
}

static void test_a_window_is_half_open(void **state)
{
    const struct dated_window windows[] = {DATED("peak", FREEZE_DENY, 10, 20)};
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, INT64_MIN, FREEZE_OPEN, 10);
    expect(&timeline, 9, FREEZE_OPEN, 10);
    expect(&timeline, 10, FREEZE_DENY, 20);
    expect(&timeline, 19, FREEZE_DENY, 20);
    expect(&timeline, 20, FREEZE_OPEN, FREEZE_NO_END);
}

static void test_before_1970(void **state)
{
    const struct dated_window windows[] = {DATED("old", FREEZE_DENY, -20, -10)};
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, -21, FREEZE_OPEN, -20);
    expect(&timeline, -20, FREEZE_DENY, -10);
    expect(&timeline, -10, FREEZE_OPEN, FREEZE_NO_END);
}

static void test_a_window_without_end(void **state)
{
    const struct dated_window windows[] = {DATED("until removed", FREEZE_DENY, 10, FREEZE_NO_END),
                                           DATED("short", FREEZE_DENY, 20, 30)};
    struct freeze_timeline timeline = build(state, windows, 2);
    expect(&timeline, 9, FREEZE_OPEN, 10);
    expect(&timeline, 25, FREEZE_DENY, FREEZE_NO_END);
    expect(&timeline, INT64_MAX - 1, FREEZE_DENY, FREEZE_NO_END);
}

static void test_overlapping_freezes_open_at_the_later_end(void **state)
{
    const struct dated_window windows[] = {DATED("a", FREEZE_DENY, 10, 30), DATED("b", FREEZE_DENY, 20, 40),
                                           DATED("c", FREEZE_DENY, 25, 27)};
    struct freeze_timeline timeline = build(state, windows, 3);
    expect(&timeline, 10, FREEZE_DENY, 40);
    expect(&timeline, 26, FREEZE_DENY, 40);
    expect(&timeline, 39, FREEZE_DENY, 40);
    expect(&timeline, 40, FREEZE_OPEN, FREEZE_NO_END);
}

static void test_back_to_back_freezes_do_not_open_between(void **state)
{
    const struct dated_window windows[] = {DATED("second", FREEZE_DELAY, 20, 30),
                                           DATED("first", FREEZE_DENY, 10, 20),
                                           DATED("later", FREEZE_DENY, 31, 40)};
    struct freeze_timeline timeline = build(state, windows, 3);
    expect(&timeline, 15, FREEZE_DENY, 30);
    expect(&timeline, 20, FREEZE_DELAY, 30);
    expect(&timeline, 30, FREEZE_OPEN, 31); /* one second of air counts */
    expect(&timeline, 31, FREEZE_DENY, 40);
}

static void test_the_strictest_action_wins(void **state)
{
    const struct dated_window windows[] = {DATED("careful", FREEZE_WARN, 0, 40),
                                           DATED("held", FREEZE_DELAY, 5, 25),
                                           DATED("peak", FREEZE_DENY, 10, 20)};
    struct freeze_timeline timeline = build(state, windows, 3);
    expect(&timeline, 4, FREEZE_WARN, 5); /* a warning lets changes in: that is open */
    expect(&timeline, 5, FREEZE_DELAY, 25);
    expect(&timeline, 10, FREEZE_DENY, 25);
    expect(&timeline, 20, FREEZE_DELAY, 25);
    expect(&timeline, 25, FREEZE_WARN, FREEZE_NO_END);
    expect(&timeline, 40, FREEZE_OPEN, FREEZE_NO_END);
}

static void test_a_suspended_window_does_nothing(void **state)
{
    struct dated_window windows[] = {DATED("suspended", FREEZE_DENY, 0, 40)};
    windows[0].said.suspended = true;
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, 10, FREEZE_OPEN, FREEZE_NO_END);
    assert_null(freeze_timeline_at(&timeline, 10).causes);
}

/* Whatever it does outside: the timeline says when one is on. */
static void test_a_maintenance_window_counts_as_closed_while_it_is_on(void **state)
{
    struct dated_window windows[] = {DATED("night", FREEZE_WARN, 0, 40)};
    windows[0].said.type = WINDOW_MAINTENANCE;
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, 10, FREEZE_DENY, 40);
    expect(&timeline, 40, FREEZE_OPEN, FREEZE_NO_END);
}

static void test_an_empty_interval_closes_nothing(void **state)
{
    const struct dated_window windows[] = {DATED("empty", FREEZE_DENY, 10, 10),
                                           DATED("real", FREEZE_DENY, 20, 30)};
    struct freeze_timeline timeline = build(state, windows, 2);
    expect(&timeline, 10, FREEZE_OPEN, 20);
    expect(&timeline, 25, FREEZE_DENY, 30);
    expect(&timeline, 30, FREEZE_OPEN, FREEZE_NO_END);
}

static const struct freeze_window *cause(const struct freeze_timeline *timeline, int64_t now_s,
                                         uint32_t index)
{
    const struct freeze_causes *causes = freeze_timeline_at(timeline, now_s).causes;
    assert_non_null(causes);
    assert_true(index < causes->listed);
    return timeline->windows[causes->first + index]->window;
}

static void test_causes_are_all_named_strictest_first(void **state)
{
    const struct dated_window windows[] = {
        DATED("careful", FREEZE_WARN, 0, 40), DATED("young", FREEZE_DENY, 15, 30),
        DATED("old", FREEZE_DENY, 10, 20), DATED("held", FREEZE_DELAY, 12, 20)};
    struct freeze_timeline timeline = build(state, windows, 4);
    const struct freeze_causes *causes = freeze_timeline_at(&timeline, 17).causes;
    assert_int_equal(causes->listed, 4);
    assert_int_equal(causes->closing, 3);
    assert_int_equal(causes->warning, 1);
    assert_text(cause(&timeline, 17, 0)->name, "old");
    assert_text(cause(&timeline, 17, 1)->name, "young");
    assert_text(cause(&timeline, 17, 2)->name, "held");
    assert_text(cause(&timeline, 17, 3)->name, "careful");
    assert_int_equal(freeze_timeline_at(&timeline, 25).causes->listed, 2);
    assert_text(cause(&timeline, 25, 0)->name, "young");
    assert_int_equal(freeze_timeline_at(&timeline, 35).causes->listed, 1);
    assert_text(cause(&timeline, 35, 0)->name, "careful");
}

static void test_more_causes_than_are_named_are_counted(void **state)
{
    enum { WINDOWS = FREEZE_CAUSES_MOST + 3 };
    static struct dated_window windows[WINDOWS];
    static struct interval intervals[WINDOWS];
    for (int i = 0; i < WINDOWS; i++) {
        intervals[i] = (struct interval){i, 100};
        windows[i] =
            (struct dated_window){{.action = i == WINDOWS - 1 ? FREEZE_DENY : FREEZE_WARN}, &intervals[i], 1};
    }
    struct freeze_timeline timeline = build(state, windows, WINDOWS);
    const struct freeze_causes *causes = freeze_timeline_at(&timeline, 50).causes;
    assert_int_equal(causes->listed, FREEZE_CAUSES_MOST);
    assert_int_equal(causes->closing, 1);
    assert_int_equal(causes->warning, WINDOWS - 1);
    assert_ptr_equal(cause(&timeline, 50, 0), &windows[WINDOWS - 1].said); /* that closes is among them */
    assert_ptr_equal(cause(&timeline, 50, 1), &windows[0].said);
}

/* Two `once` entries of one window may overlap: it is still one cause. */
static void test_a_window_is_one_cause_however_many_of_its_intervals_meet(void **state)
{
    static const struct interval intervals[] = {{0, 20}, {10, 30}, {30, 40}};
    const struct dated_window windows[] = {{{.name = TEXT("peak"), .action = FREEZE_DENY}, intervals, 3}};
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, 5, FREEZE_DENY, 40);
    expect(&timeline, 15, FREEZE_DENY, 40);
    assert_int_equal(freeze_timeline_at(&timeline, 15).causes->listed, 1);
    assert_int_equal(freeze_timeline_at(&timeline, 15).causes->closing, 1);
}

/* Its interval ends where its next one starts: it goes on, and stays the older one. */
static void test_a_window_that_goes_on_keeps_its_place(void **state)
{
    static const struct interval touching[] = {{0, 10}, {10, 20}}, other[] = {{5, 20}};
    const struct dated_window windows[] = {{{.name = TEXT("younger"), .action = FREEZE_DENY}, other, 1},
                                           {{.name = TEXT("older"), .action = FREEZE_DENY}, touching, 2}};
    struct freeze_timeline timeline = build(state, windows, 2);
    assert_text(cause(&timeline, 7, 0)->name, "older");
    assert_text(cause(&timeline, 15, 0)->name, "older");
}

static void test_what_is_only_counted_counts(void **state)
{
    enum { WINDOWS = FREEZE_CAUSES_MOST + 1 };
    static const struct interval all[] = {{0, 100}}, some[] = {{10, 20}};
    struct dated_window windows[WINDOWS];
    for (int i = 0; i < WINDOWS; i++)
        windows[i] =
            (struct dated_window){{.action = i == 0 ? FREEZE_WARN : FREEZE_DENY}, i == 0 ? some : all, 1};
    struct freeze_timeline timeline = build(state, windows, WINDOWS);
    assert_int_equal(freeze_timeline_at(&timeline, 5).causes->warning, 0);
    assert_int_equal(freeze_timeline_at(&timeline, 15).causes->warning, 1);
}

/* Windows that meet again and again are described once. */
static void test_a_set_of_causes_is_kept_once(void **state)
{
    enum { NIGHTS = 1000 };
    static struct interval nights[NIGHTS], weeks[NIGHTS / 7];
    for (int i = 0; i < NIGHTS; i++)
        nights[i] = (struct interval){i * 24, i * 24 + 8};
    for (int i = 0; i < NIGHTS / 7; i++)
        weeks[i] = (struct interval){i * 168, i * 168 + 4};
    const struct dated_window windows[] = {
        {{.name = TEXT("night"), .action = FREEZE_DENY}, nights, NIGHTS},
        {{.name = TEXT("week"), .action = FREEZE_WARN}, weeks, NIGHTS / 7}};
    struct freeze_timeline timeline = build(state, windows, 2);
    const struct freeze_causes *both = freeze_timeline_at(&timeline, 0).causes;
    for (int i = 0; i < NIGHTS / 7; i++)
        assert_ptr_equal(freeze_timeline_at(&timeline, i * 168).causes, both);
    assert_ptr_equal(freeze_timeline_at(&timeline, 24).causes, freeze_timeline_at(&timeline, 48).causes);
    assert_ptr_equal(freeze_timeline_at(&timeline, -1).causes, freeze_timeline_at(&timeline, 20).causes);
}

/* ---- one window alone ---- */

static void assert_moment(const struct freeze_spans *spans, int64_t now_s, bool on, int64_t since_s,
                          int64_t next_s)
{
    struct freeze_moment moment = freeze_spans_at(spans, now_s);
    if (moment.on != on || moment.since_s != since_s || moment.next_s != next_s)
        fail_msg("at %lld: on %d since %lld next %lld", (long long)now_s, moment.on,
                 (long long)moment.since_s, (long long)moment.next_s);
}

static void test_a_moment_of_one_window(void **state)
{
    (void)state;
    static const struct interval intervals[] = {{10, 20}, {30, 40}};
    struct freeze_spans spans = {NULL, intervals, 2, FREEZE_NO_END};
    assert_moment(&spans, 9, false, FREEZE_NO_END, 10);
    assert_moment(&spans, 10, true, 10, 20);
    assert_moment(&spans, 19, true, 10, 20);
    assert_moment(&spans, 20, false, FREEZE_NO_END, 30);
    assert_moment(&spans, 39, true, 30, 40);
    assert_moment(&spans, 40, false, FREEZE_NO_END, FREEZE_NO_END);
    spans.known_until_s = 40; /* it may go on there */
    assert_moment(&spans, 39, true, 30, FREEZE_NO_END);
    spans.known_until_s = 41;
    assert_moment(&spans, 39, true, 30, 40);
    spans.interval_count = 0;
    assert_moment(&spans, 9, false, FREEZE_NO_END, FREEZE_NO_END);
}

static void test_a_hundred_thousand_windows(void **state)
{
    enum { MANY = 100000 };
    struct dated_window *windows = arena_alloc_array(*state, MANY, sizeof(*windows));
    struct interval *intervals = arena_alloc_array(*state, MANY, sizeof(*intervals));
    for (int64_t i = 0; i < MANY; i++) { /* each overlaps thousands of others */
        intervals[i] = (struct interval){(i * 7919) % MANY * 10, (i * 7919) % MANY * 10 + 50000};
        windows[i] = (struct dated_window){{.action = FREEZE_DENY}, &intervals[i], 1};
    }
    clock_t started = clock();
    struct freeze_timeline timeline = build(state, windows, MANY);
    assert_true((double)(clock() - started) / CLOCKS_PER_SEC < 5); /* quadratic: minutes */
    assert_true(timeline.segment_count <= 2 * MANY + 1);

    started = clock();
    int64_t closed = 0;
    for (int64_t i = 0; i < 1000000; i++)
        closed += freeze_timeline_at(&timeline, i).turns_s == (MANY - 1) * 10 + 50000;
    assert_int_equal(closed, 1000000);
    assert_true((double)(clock() - started) / CLOCKS_PER_SEC < 5); /* a linear search: hours */
}

#define FREEZE(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FREEZE(test_no_windows_is_open),
        FREEZE(test_a_window_is_half_open),
        FREEZE(test_before_1970),
        FREEZE(test_a_window_without_end),
        FREEZE(test_overlapping_freezes_open_at_the_later_end),
        FREEZE(test_back_to_back_freezes_do_not_open_between),
        FREEZE(test_the_strictest_action_wins),
        FREEZE(test_a_suspended_window_does_nothing),
        FREEZE(test_a_maintenance_window_counts_as_closed_while_it_is_on),
        FREEZE(test_an_empty_interval_closes_nothing),
        FREEZE(test_causes_are_all_named_strictest_first),
        FREEZE(test_more_causes_than_are_named_are_counted),
        FREEZE(test_a_window_is_one_cause_however_many_of_its_intervals_meet),
        FREEZE(test_a_window_that_goes_on_keeps_its_place),
        FREEZE(test_what_is_only_counted_counts),
        FREEZE(test_a_set_of_causes_is_kept_once),
        FREEZE(test_a_moment_of_one_window),
        FREEZE(test_a_hundred_thousand_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
