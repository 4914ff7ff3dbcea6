/* Closed at an instant, why, and until when. Times here are small numbers: the core knows nothing of dates.
 */
#include "assert_text.h"

#include "core/freeze.h"

#include <time.h>

static const struct freeze_label no_label = {.until_s = FREEZE_NO_END};

static int make_arena(void **state)
{
    static struct arena arena;
    arena_init(&arena);
    *state = &arena;
    return 0;
}

static int free_arena(void **state)
{
    arena_done(*state);
    return 0;
}

/* One window of one interval, for compound literals. */
#define WINDOW(label, act, from, to)                                                                      \
    {                                                                                                     \
        .name = TEXT(label), .action = (act), .interval_count = 1, .intervals = (const struct interval[]) \
        {                                                                                                 \
            {                                                                                             \
                (from), (to)                                                                              \
            }                                                                                             \
        }                                                                                                 \
    }

static struct freeze_timeline build(void **state, const struct freeze_window *windows, size_t count)
{
    struct freeze_timeline timeline;
    freeze_timeline_build(*state, windows, count, &timeline);
    return timeline;
}

static void expect(const struct freeze_timeline *timeline, const struct freeze_label *label, int64_t now_s,
                   enum freeze_action action, int64_t opens_s)
{
    struct freeze_state state = freeze_at(timeline, label, now_s);
    if (state.action != action || state.opens_s != opens_s)
        fail_msg("at %lld: action %d, opens %lld; wanted %d, %lld", (long long)now_s, state.action,
                 (long long)state.opens_s, action, (long long)opens_s);
}

static void test_no_windows_is_open(void **state)
{
    struct freeze_timeline timeline = build(state, NULL, 0);
    assert_null(freeze_timeline_at(&timeline, 0));
    expect(&timeline, &no_label, 0, FREEZE_OPEN, 0);
    expect(&timeline, &no_label, 99, FREEZE_OPEN, 99);
}

static void test_a_window_is_half_open(void **state)
{
    const struct freeze_window windows[] = {WINDOW("peak", FREEZE_DENY, 10, 20)};
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, &no_label, 9, FREEZE_OPEN, 9);
    expect(&timeline, &no_label, 10, FREEZE_DENY, 20);
    expect(&timeline, &no_label, 19, FREEZE_DENY, 20);
    expect(&timeline, &no_label, 20, FREEZE_OPEN, 20);
}

static void test_before_1970(void **state)
{
    const struct freeze_window windows[] = {WINDOW("old", FREEZE_DENY, -20, -10)};
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, &no_label, -21, FREEZE_OPEN, -21);
    expect(&timeline, &no_label, -20, FREEZE_DENY, -10);
    expect(&timeline, &no_label, -10, FREEZE_OPEN, -10);
}

static void test_a_window_without_end(void **state)
{
    const struct freeze_window windows[] = {WINDOW("until removed", FREEZE_DENY, 10, FREEZE_NO_END),
                                            WINDOW("short", FREEZE_DENY, 20, 30)};
    struct freeze_timeline timeline = build(state, windows, 2);
    expect(&timeline, &no_label, 9, FREEZE_OPEN, 9);
    expect(&timeline, &no_label, 25, FREEZE_DENY, FREEZE_NO_END);
    expect(&timeline, &no_label, INT64_MAX - 1, FREEZE_DENY, FREEZE_NO_END);
}

static void test_overlapping_freezes_open_at_the_later_end(void **state)
{
    const struct freeze_window windows[] = {
        WINDOW("a", FREEZE_DENY, 10, 30), WINDOW("b", FREEZE_DENY, 20, 40), WINDOW("c", FREEZE_DENY, 25, 27)};
    struct freeze_timeline timeline = build(state, windows, 3);
    expect(&timeline, &no_label, 10, FREEZE_DENY, 40);
    expect(&timeline, &no_label, 26, FREEZE_DENY, 40);
    expect(&timeline, &no_label, 39, FREEZE_DENY, 40);
    expect(&timeline, &no_label, 40, FREEZE_OPEN, 40);
}

static void test_back_to_back_freezes_do_not_open_between(void **state)
{
    const struct freeze_window windows[] = {WINDOW("second", FREEZE_DENY, 20, 30),
                                            WINDOW("first", FREEZE_DENY, 10, 20),
                                            WINDOW("later", FREEZE_DENY, 31, 40)};
    struct freeze_timeline timeline = build(state, windows, 3);
    expect(&timeline, &no_label, 15, FREEZE_DENY, 30);
    expect(&timeline, &no_label, 20, FREEZE_DENY, 30);
    expect(&timeline, &no_label, 30, FREEZE_OPEN, 30); /* one second of air counts */
    expect(&timeline, &no_label, 31, FREEZE_DENY, 40);
}

static void test_deny_is_stricter_than_warn(void **state)
{
    const struct freeze_window windows[] = {WINDOW("careful", FREEZE_WARN, 0, 40),
                                            WINDOW("peak", FREEZE_DENY, 10, 20)};
    struct freeze_timeline timeline = build(state, windows, 2);
    expect(&timeline, &no_label, 5, FREEZE_WARN, 5);
    expect(&timeline, &no_label, 10, FREEZE_DENY, 20); /* a warning lets changes in: that is an opening */
    expect(&timeline, &no_label, 20, FREEZE_WARN, 20);
    expect(&timeline, &no_label, 40, FREEZE_OPEN, 40);
}

static void test_an_open_window_does_nothing(void **state)
{
    const struct freeze_window windows[] = {WINDOW("suspended", FREEZE_OPEN, 0, 40)};
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, &no_label, 10, FREEZE_OPEN, 10);
    assert_null(freeze_timeline_at(&timeline, 10));
}

static void test_an_empty_interval_closes_nothing(void **state)
{
    const struct freeze_window windows[] = {WINDOW("empty", FREEZE_DENY, 10, 10),
                                            WINDOW("real", FREEZE_DENY, 20, 30)};
    struct freeze_timeline timeline = build(state, windows, 2);
    expect(&timeline, &no_label, 10, FREEZE_OPEN, 10);
    expect(&timeline, &no_label, 25, FREEZE_DENY, 30);
    expect(&timeline, &no_label, 30, FREEZE_OPEN, 30);
}

static const struct freeze_window *cause(const struct freeze_timeline *timeline, int64_t now_s,
                                         uint32_t index)
{
    const struct freeze_segment *segment = freeze_timeline_at(timeline, now_s);
    assert_non_null(segment);
    assert_true(index < segment->cause_count);
    return timeline->causes[segment->first_cause + index];
}

static void test_causes_are_all_named_strictest_first(void **state)
{
    const struct freeze_window windows[] = {WINDOW("careful", FREEZE_WARN, 0, 40),
                                            WINDOW("young", FREEZE_DENY, 15, 30),
                                            WINDOW("old", FREEZE_DENY, 10, 20)};
    struct freeze_timeline timeline = build(state, windows, 3);
    assert_int_equal(freeze_timeline_at(&timeline, 17)->cause_count, 3);
    assert_int_equal(freeze_timeline_at(&timeline, 17)->more_causes, 0);
    assert_text(cause(&timeline, 17, 0)->name, "old");
    assert_text(cause(&timeline, 17, 1)->name, "young");
    assert_text(cause(&timeline, 17, 2)->name, "careful");
    assert_int_equal(freeze_timeline_at(&timeline, 25)->cause_count, 2);
    assert_text(cause(&timeline, 25, 0)->name, "young");
    assert_int_equal(freeze_timeline_at(&timeline, 35)->cause_count, 1);
    assert_text(cause(&timeline, 35, 0)->name, "careful");
}

static void test_more_causes_than_are_named_are_counted(void **state)
{
    enum { WINDOWS = FREEZE_CAUSES_MOST + 3 };
    static struct freeze_window windows[WINDOWS];
    static struct interval intervals[WINDOWS];
    for (int i = 0; i < WINDOWS; i++) {
        intervals[i] = (struct interval){i, 100};
        windows[i] = (struct freeze_window){.action = i == WINDOWS - 1 ? FREEZE_DENY : FREEZE_WARN,
                                            .intervals = &intervals[i],
                                            .interval_count = 1};
    }
    struct freeze_timeline timeline = build(state, windows, WINDOWS);
    const struct freeze_segment *segment = freeze_timeline_at(&timeline, 50);
    assert_int_equal(segment->cause_count, FREEZE_CAUSES_MOST);
    assert_int_equal(segment->more_causes, 3);
    assert_ptr_equal(cause(&timeline, 50, 0), &windows[WINDOWS - 1]); /* the one that closes is among them */
    assert_ptr_equal(cause(&timeline, 50, 1), &windows[0]);
}

/* Two `once` entries of one window may overlap: it is still one cause. */
static void test_a_window_is_one_cause_however_many_of_its_intervals_meet(void **state)
{
    static const struct interval intervals[] = {{0, 20}, {10, 30}, {30, 40}};
    const struct freeze_window windows[] = {
        {.name = TEXT("peak"), .action = FREEZE_DENY, .intervals = intervals, .interval_count = 3}};
    struct freeze_timeline timeline = build(state, windows, 1);
    expect(&timeline, &no_label, 5, FREEZE_DENY, 40);
    expect(&timeline, &no_label, 15, FREEZE_DENY, 40);
    assert_int_equal(freeze_timeline_at(&timeline, 15)->cause_count, 1);
    assert_int_equal(freeze_timeline_at(&timeline, 15)->more_causes, 0);
}

static void test_label_alone(void **state)
{
    struct freeze_timeline timeline = build(state, NULL, 0);
    struct freeze_label label = {.action = FREEZE_DENY, .until_s = 20};
    expect(&timeline, &label, 0, FREEZE_DENY, 20);
    expect(&timeline, &label, 19, FREEZE_DENY, 20);
    expect(&timeline, &label, 20, FREEZE_OPEN, 20); /* nobody needs to take the label off */
    label.until_s = FREEZE_NO_END;
    expect(&timeline, &label, 1000, FREEZE_DENY, FREEZE_NO_END);
    label.action = FREEZE_WARN;
    expect(&timeline, &label, 1000, FREEZE_WARN, 1000);
    assert_true(
        freeze_at(&timeline, &(struct freeze_label){.action = FREEZE_DENY, .until_s = 9}, 8).label_closes);
    assert_false(
        freeze_at(&timeline, &(struct freeze_label){.action = FREEZE_DENY, .until_s = 9}, 9).label_closes);
    assert_false(freeze_at(&timeline, &label, 8).label_closes);
}

static void test_label_and_windows_open_together(void **state)
{
    const struct freeze_window windows[] = {
        WINDOW("a", FREEZE_DENY, 10, 20), WINDOW("b", FREEZE_DENY, 30, 40), WINDOW("c", FREEZE_DENY, 40, 50),
        WINDOW("w", FREEZE_WARN, 60, 70)};
    struct freeze_timeline timeline = build(state, windows, 4);
    struct freeze_label label = {.action = FREEZE_DENY};
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
        label.until_s = rows[i].until_s;
        expect(&timeline, &label, rows[i].now_s, FREEZE_DENY, rows[i].opens_s);
    }
}

static void test_a_warning_label_does_not_lengthen_a_freeze(void **state)
{
    const struct freeze_window windows[] = {WINDOW("a", FREEZE_DENY, 10, 20)};
    struct freeze_timeline timeline = build(state, windows, 1);
    struct freeze_label label = {.action = FREEZE_WARN, .until_s = FREEZE_NO_END};
    expect(&timeline, &label, 12, FREEZE_DENY, 20);
    expect(&timeline, &label, 5, FREEZE_WARN, 5);
    expect(&timeline, &label, 20, FREEZE_WARN, 20);
}

/* ---- any windows at all, against a scan of every second ---- */

enum { SPAN_S = 48, WINDOWS_MOST = 14, INTERVALS_MOST = 3 };

struct any_windows {
    struct freeze_window windows[WINDOWS_MOST];
    struct interval intervals[WINDOWS_MOST][INTERVALS_MOST];
    size_t count;
    struct freeze_label label;
};

static uint64_t seed = 20261120;

static int64_t any(int64_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static void make_any(struct any_windows *any_windows)
{
    any_windows->count = (size_t)any(WINDOWS_MOST + 1);
    for (size_t w = 0; w < any_windows->count; w++) {
        struct freeze_window *window = &any_windows->windows[w];
        *window = (struct freeze_window){.action = any(3) == 0 ? FREEZE_WARN : FREEZE_DENY,
                                         .intervals = any_windows->intervals[w],
                                         .interval_count = (size_t)any(INTERVALS_MOST + 1)};
        int64_t at_s = 0;
        for (size_t i = 0; i < window->interval_count; i++) { /* sorted, apart or touching */
            int64_t start_s = at_s + any(SPAN_S / 3), end_s = start_s + 1 + any(8);
            bool endless = i + 1 == window->interval_count && any(20) == 0;
            any_windows->intervals[w][i] = (struct interval){start_s, endless ? FREEZE_NO_END : end_s};
            at_s = end_s;
        }
    }
    any_windows->label = (struct freeze_label){.action = (enum freeze_action)any(3),
                                               .until_s = any(5) == 0 ? FREEZE_NO_END : any(SPAN_S + 8)};
}

/* What the strictest of all causes says at a second. */
static enum freeze_action scan(const struct any_windows *any_windows, int64_t now_s, size_t *ret_causes)
{
    enum freeze_action strictest = FREEZE_OPEN;
    *ret_causes = 0;
    for (size_t w = 0; w < any_windows->count; w++)
        for (size_t i = 0; i < any_windows->windows[w].interval_count; i++) {
            const struct interval *interval = &any_windows->intervals[w][i];
            if (now_s < interval->start_s || now_s >= interval->end_s)
                continue;
            *ret_causes += 1;
            if (any_windows->windows[w].action > strictest)
                strictest = any_windows->windows[w].action;
        }
    if (now_s < any_windows->label.until_s && any_windows->label.action > strictest)
        strictest = any_windows->label.action;
    return strictest;
}

static int64_t scan_opening(const struct any_windows *any_windows, int64_t now_s)
{
    size_t causes;
    while (now_s < 3 * SPAN_S) { /* all ends lie before, or nowhere */
        if (scan(any_windows, now_s, &causes) != FREEZE_DENY)
            return now_s;
        now_s++;
    }
    return FREEZE_NO_END;
}

static void test_any_windows_against_a_slow_scan(void **state)
{
    for (int round = 0; round < 4000; round++) {
        struct any_windows any_windows;
        make_any(&any_windows);
        struct freeze_timeline timeline = build(state, any_windows.windows, any_windows.count);
        for (int64_t now_s = -1; now_s < SPAN_S + 20; now_s++) {
            size_t causes;
            enum freeze_action action = scan(&any_windows, now_s, &causes);
            expect(&timeline, &any_windows.label, now_s, action, scan_opening(&any_windows, now_s));
            const struct freeze_segment *segment = freeze_timeline_at(&timeline, now_s);
            assert_int_equal(segment == NULL ? 0 : segment->cause_count + segment->more_causes, causes);
            if (segment != NULL)
                assert_true(segment->start_s <= now_s && now_s < segment->end_s);
        }
        for (size_t i = 1; i < timeline.segment_count; i++)
            assert_true(timeline.segments[i - 1].end_s <= timeline.segments[i].start_s);
        arena_reset(*state);
    }
}

static void test_a_hundred_thousand_windows(void **state)
{
    enum { MANY = 100000 };
    struct freeze_window *windows = arena_alloc_array(*state, MANY, sizeof(*windows));
    struct interval *intervals = arena_alloc_array(*state, MANY, sizeof(*intervals));
    for (int64_t i = 0; i < MANY; i++) { /* each overlaps thousands of others */
        intervals[i] = (struct interval){(i * 7919) % MANY * 10, (i * 7919) % MANY * 10 + 50000};
        windows[i] =
            (struct freeze_window){.action = FREEZE_DENY, .intervals = &intervals[i], .interval_count = 1};
    }
    clock_t started = clock();
    struct freeze_timeline timeline = build(state, windows, MANY);
    assert_true((double)(clock() - started) / CLOCKS_PER_SEC < 5); /* quadratic: minutes */
    assert_true(timeline.segment_count <= 2 * MANY);

    started = clock();
    int64_t closed = 0;
    for (int64_t i = 0; i < 1000000; i++)
        closed += freeze_at(&timeline, &no_label, i).opens_s == (MANY - 1) * 10 + 50000;
    assert_int_equal(closed, 1000000);
    assert_true((double)(clock() - started) / CLOCKS_PER_SEC < 5); /* a linear search: hours */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_windows_is_open, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_window_is_half_open, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_before_1970, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_window_without_end, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_overlapping_freezes_open_at_the_later_end, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_back_to_back_freezes_do_not_open_between, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_deny_is_stricter_than_warn, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_an_open_window_does_nothing, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_an_empty_interval_closes_nothing, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_causes_are_all_named_strictest_first, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_more_causes_than_are_named_are_counted, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_window_is_one_cause_however_many_of_its_intervals_meet,
                                        make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_label_alone, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_label_and_windows_open_together, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_warning_label_does_not_lengthen_a_freeze, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_any_windows_against_a_slow_scan, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_hundred_thousand_windows, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
