/* Any windows at all as one timeline, against a scan of every second. */
#include "arena_fixture.h"
#include "assert_text.h"
#include "dated_windows.h"

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

enum { SPAN_S = 48, WINDOWS_MOST = 14, INTERVALS_MOST = 3 };

struct any_windows {
    struct dated_window windows[WINDOWS_MOST];
    struct interval intervals[WINDOWS_MOST][INTERVALS_MOST];
    size_t count;
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
        struct dated_window *window = &any_windows->windows[w];
        *window = (struct dated_window){
            {.action = (enum freeze_action)(FREEZE_WARN + any(3)), .suspended = any(10) == 0},
            any_windows->intervals[w],
            (size_t)any(INTERVALS_MOST + 1)};
        int64_t at_s = 0;
        for (size_t i = 0; i < window->interval_count; i++) { /* sorted, apart or touching */
            int64_t start_s = at_s + any(SPAN_S / 3), end_s = start_s + 1 + any(8);
            bool endless = i + 1 == window->interval_count && any(20) == 0;
            any_windows->intervals[w][i] = (struct interval){start_s, endless ? FREEZE_NO_END : end_s};
            at_s = end_s;
        }
    }
}

struct scanned {
    enum freeze_action action;
    uint32_t closing, warning;
};

/* What the strictest of all causes says at a second. */
static struct scanned scan(const struct any_windows *any_windows, int64_t now_s)
{
    struct scanned scanned = {FREEZE_OPEN, 0, 0};
    for (size_t w = 0; w < any_windows->count; w++) {
        enum freeze_action action = any_windows->windows[w].said.action;
        for (size_t i = 0; i < any_windows->windows[w].interval_count; i++) {
            const struct interval *interval = &any_windows->intervals[w][i];
            if (any_windows->windows[w].said.suspended || now_s < interval->start_s ||
                now_s >= interval->end_s)
                continue;
            if (action > scanned.action)
                scanned.action = action;
            if (freeze_closes(action))
                scanned.closing++;
            else
                scanned.warning++;
        }
    }
    return scanned;
}

static int64_t scan_turn(const struct any_windows *any_windows, int64_t now_s)
{
    bool closed = freeze_closes(scan(any_windows, now_s).action);
    for (; now_s < 3 * SPAN_S; now_s++) /* all ends lie before, or nowhere */
        if (freeze_closes(scan(any_windows, now_s).action) != closed)
            return now_s;
    return FREEZE_NO_END;
}

static uint32_t at_most(uint32_t count, uint32_t most)
{
    return count < most ? count : most;
}

static void check_causes(const struct freeze_timeline *timeline, int64_t now_s, struct scanned wanted)
{
    const struct freeze_causes *causes = freeze_timeline_at(timeline, now_s).causes;
    if (causes == NULL) {
        assert_int_equal(wanted.closing + wanted.warning, 0);
        return;
    }
    assert_int_equal(causes->closing, wanted.closing);
    assert_int_equal(causes->warning, wanted.warning);
    assert_int_equal(causes->listed, at_most(wanted.closing + wanted.warning, FREEZE_CAUSES_MOST));
    const struct freeze_spans *const *listed = timeline->windows + causes->first;
    for (uint32_t i = 0; i < causes->listed; i++) {
        assert_true(freeze_spans_at(listed[i], now_s).on);
        assert_true(i == 0 || listed[i - 1]->window->action >= listed[i]->window->action);
        assert_int_equal(freeze_closes(listed[i]->window->action),
                         i < at_most(wanted.closing, causes->listed));
        for (uint32_t other = 0; other < i; other++)
            assert_ptr_not_equal(listed[other], listed[i]);
    }
}

static void test_any_windows_against_a_slow_scan(void **state)
{
    for (int round = 0; round < 4000; round++) {
        struct any_windows any_windows;
        make_any(&any_windows);
        struct freeze_timeline timeline = build(state, any_windows.windows, any_windows.count);
        for (int64_t now_s = -1; now_s < SPAN_S + 20; now_s++) {
            struct scanned wanted = scan(&any_windows, now_s);
            expect(&timeline, now_s, wanted.action, scan_turn(&any_windows, now_s));
            check_causes(&timeline, now_s, wanted);
        }
        for (size_t i = 1; i < timeline.segment_count; i++)
            assert_true(timeline.segments[i - 1].start_s < timeline.segments[i].start_s);
        arena_reset(*state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_windows_against_a_slow_scan, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
