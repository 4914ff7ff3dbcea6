/* Windows as written become intervals: zones, both DST nights, ends of rules, how far ahead. */
#include "arena_fixture.h"
#include "assert_text.h"

#include "codec/timeline.h"
#include "core/instant.h"

enum { DAY_S = 86400 };

static int64_t instant(const char *written)
{
    int64_t instant_s = 0;
    assert_true(instant_parse(text_of(written), &instant_s));
    return instant_s;
}

/* `spec` in short: the braces and the action are put around it. */
static const struct window *read_window(struct arena *arena, const char *spec)
{
    struct window *window = arena_alloc(arena, sizeof(*window));
    struct window_faults faults;
    struct text whole = arena_printf(arena, "{action: Deny, timeZone: Europe/London, %s}", spec);
    if (!window_read_object(text_of("w"), whole, NULL, arena, window, &faults))
        fail_msg("%.*s", TEXT_ARGS(faults.items[0]));
    return window;
}

static struct text short_instant(struct arena *arena, int64_t instant_s)
{
    if (instant_s == FREEZE_NO_END)
        return text_of("no end");
    struct text whole = instant_format(arena, instant_s);
    return arena_printf(arena, "%.*s", (int)whole.length - 4, whole.at); /* no window here has seconds */
}

/* "2026-03-28T22:00 2026-03-29T05:00, ..." and "; known" where nothing can follow. */
static struct text spans_text(struct arena *arena, const struct freeze_spans *spans)
{
    struct text text = TEXT_EMPTY;
    for (size_t i = 0; i < spans->interval_count; i++)
        text = arena_printf(arena, "%.*s%s%.*s %.*s", TEXT_ARGS(text), i == 0 ? "" : ", ",
                            TEXT_ARGS(short_instant(arena, spans->intervals[i].start_s)),
                            TEXT_ARGS(short_instant(arena, spans->intervals[i].end_s)));
    return spans->known_until_s == FREEZE_NO_END ? arena_printf(arena, "%.*s; known", TEXT_ARGS(text)) : text;
}

struct row {
    const char *spec, *from, *to, *spans;
};

static void assert_rows(struct arena *arena, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct freeze_spans spans;
        struct timeline_range range = {instant(rows[i].from), instant(rows[i].to)};
        timeline_expand(read_window(arena, rows[i].spec), range, arena, &spans);
        struct text text = spans_text(arena, &spans);
        if (!text_is(text, rows[i].spans))
            print_error("%s\n", rows[i].spec);
        assert_text(text, rows[i].spans);
    }
}

#define ASSERT_ROWS(state, rows) assert_rows(*(state), rows, sizeof(rows) / sizeof((rows)[0]))

static void test_once(void **state)
{
    static const struct row rows[] = {
        {"once: [{start: '2026-11-20T00:00', end: '2026-12-02T06:00'}, {start: '2026-07-01T00:00:00', end: "
         "'2026-07-02T00:00:00'}]",
         "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", /* whole, however far behind the range */
         "2026-06-30T23:00 2026-07-01T23:00, 2026-11-20T00:00 2026-12-02T06:00; known"},
        {"once: [{start: '2026-11-20T00:00:00Z'}]", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z",
         "2026-11-20T00:00 no end; known"},
        {"once: [{start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z'}]", "2026-01-02T00:00:00Z",
         "2026-02-01T00:00:00Z", "; known"}, /* what ended is not listed */
        {"once: [{start: '2026-01-02T00:00:00Z', end: '2026-01-03T00:00:00Z'}, {start: "
         "'2026-01-01T00:00:00Z', end: "
         "'2026-01-02T00:00:00Z'}, {start: '2026-01-01T06:00:00Z', end: '2026-01-01T07:00:00Z'}]",
         "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-01-01T00:00 2026-01-03T00:00; known"},
    };
    ASSERT_ROWS(state, rows);
}

static void test_ranges_are_half_open(void **state)
{
    static const struct row rows[] = {
        {"recurring: [{rrule: FREQ=DAILY, start: '10:00', end: '12:00'}]", "2026-01-01T12:00:00Z",
         "2026-01-03T10:00:00Z", "2026-01-02T10:00 2026-01-02T12:00"},
        {"recurring: [{rrule: FREQ=DAILY, start: '10:00', end: '12:00'}]", "2026-01-01T11:59:59Z",
         "2026-01-03T10:00:01Z",
         "2026-01-01T10:00 2026-01-01T12:00, 2026-01-02T10:00 2026-01-02T12:00, 2026-01-03T10:00 "
         "2026-01-03T12:00"},
    };
    ASSERT_ROWS(state, rows);
}

static void test_ends_of_a_day(void **state)
{
    static const struct row rows[] = {
        {"recurring: [{rrule: FREQ=WEEKLY;BYDAY=FR, start: '16:00', end: '24:00'}]", "2026-01-01T00:00:00Z",
         "2026-01-10T00:00:00Z", "2026-01-02T16:00 2026-01-03T00:00, 2026-01-09T16:00 2026-01-10T00:00"},
        {"recurring: [{rrule: FREQ=WEEKLY;BYDAY=FR, start: '22:00', end: '06:00'}]", "2026-01-03T00:00:00Z",
         "2026-01-09T00:00:00Z", "2026-01-02T22:00 2026-01-03T06:00"}, /* began before the range */
        {"recurring: [{rrule: FREQ=WEEKLY;BYDAY=FR, start: '16:00', end: '16:00'}]", "2026-01-01T00:00:00Z",
         "2026-01-09T00:00:00Z", "2026-01-02T16:00 2026-01-03T16:00"},
        {"recurring: [{rrule: FREQ=WEEKLY;BYDAY=FR, start: '18:00', end: '06:00', endAfterDays: 3}]",
         "2026-01-04T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-02T18:00 2026-01-05T06:00"},
        {"recurring: [{rrule: FREQ=MONTHLY;BYMONTHDAY=1, start: '00:00', end: '24:00', endAfterDays: 40, "
         "until: '2026-01-31'}]",
         "2026-02-05T00:00:00Z", "2026-03-01T00:00:00Z", "2026-01-01T00:00 2026-02-11T00:00; known"},
        {"recurring: [{rrule: FREQ=DAILY, start: '00:00', end: '24:00', from: '2026-01-01', until: "
         "'2026-01-03'}]",
         "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-01-01T00:00 2026-01-04T00:00; known"},
    };
    ASSERT_ROWS(state, rows);
}

/* Wall-clock ends are kept: 7 h in spring, 9 h in autumn. */
static void test_nights_of_daylight_saving(void **state)
{
    static const struct row rows[] = {
        {"recurring: [{rrule: FREQ=DAILY, start: '22:00', end: '06:00', from: '2026-03-28', until: "
         "'2026-03-29'}]",
         "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z",
         "2026-03-28T22:00 2026-03-29T05:00, 2026-03-29T21:00 2026-03-30T05:00; known"},
        {"recurring: [{rrule: FREQ=DAILY, start: '22:00', end: '06:00', from: '2026-10-24', until: "
         "'2026-10-25'}]",
         "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z",
         "2026-10-24T21:00 2026-10-25T06:00, 2026-10-25T22:00 2026-10-26T06:00; known"},
        /* 01:30 does not exist on that night, and moves by the gap; so does an end. */
        {"recurring: [{rrule: FREQ=DAILY, start: '01:30', end: '03:00', from: '2026-03-29', until: "
         "'2026-03-29'}]",
         "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-03-29T01:30 2026-03-29T02:00; known"},
        {"recurring: [{rrule: FREQ=DAILY, start: '00:30', end: '01:30', from: '2026-03-29', until: "
         "'2026-03-29'}]",
         "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-03-29T00:30 2026-03-29T01:30; known"},
        /* A start moved onto or past its end takes the end along. */
        {"recurring: [{rrule: FREQ=DAILY, start: '01:30', end: '02:15', from: '2026-03-29', until: "
         "'2026-03-29'}]",
         "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-03-29T01:30 2026-03-29T02:15; known"},
        {"once: [{start: '2026-03-29T01:30', end: '2026-03-29T02:30'}]", "2026-03-01T00:00:00Z",
         "2026-04-01T00:00:00Z", "2026-03-29T01:30 2026-03-29T02:30; known"},
        /* A Freeze lasts to the second time, a Maintenance window to the first. */
        {"recurring: [{rrule: FREQ=DAILY, start: '00:30', end: '01:30', from: '2026-10-25', until: "
         "'2026-10-25'}]",
         "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-10-24T23:30 2026-10-25T01:30; known"},
        {"type: Maintenance, recurring: [{rrule: FREQ=DAILY, start: '00:30', end: '01:30', from: "
         "'2026-10-25', until: "
         "'2026-10-25'}]",
         "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-10-24T23:30 2026-10-25T00:30; known"},
        {"type: Maintenance, once: [{start: '2026-10-25T01:15', end: '2026-10-25T01:45'}]",
         "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-10-25T00:15 2026-10-25T00:45; known"},
        {"once: [{start: '2026-10-25T01:15', end: '2026-10-25T01:45'}]", "2026-10-01T00:00:00Z",
         "2026-11-01T00:00:00Z", "2026-10-25T00:15 2026-10-25T01:45; known"},
    };
    ASSERT_ROWS(state, rows);
}

static void test_until(void **state)
{
    static const struct row rows[] = {
        {"recurring: [{rrule: 'FREQ=DAILY;UNTIL=20260702', start: '16:00', end: '17:00', from: "
         "'2026-07-01'}]",
         "2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z",
         "2026-07-01T15:00 2026-07-01T16:00, 2026-07-02T15:00 2026-07-02T16:00; known"},
        {"recurring: [{rrule: 'FREQ=DAILY;UNTIL=20260702T160000', start: '16:00', end: '17:00', from: "
         "'2026-07-02'}]",
         "2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z", "2026-07-02T15:00 2026-07-02T16:00; known"},
        {"recurring: [{rrule: 'FREQ=DAILY;UNTIL=20260702T155959', start: '16:00', end: '17:00', from: "
         "'2026-07-01'}]",
         "2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z", "2026-07-01T15:00 2026-07-01T16:00; known"},
        {"recurring: [{rrule: 'FREQ=DAILY;UNTIL=20260702T150000Z', start: '16:00', end: '17:00', from: "
         "'2026-07-02'}]",
         "2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z", "2026-07-02T15:00 2026-07-02T16:00; known"},
        {"recurring: [{rrule: 'FREQ=DAILY;UNTIL=20260702T145959Z', start: '16:00', end: '17:00', from: "
         "'2026-07-02'}]",
         "2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z", "; known"},
        {"recurring: [{rrule: FREQ=DAILY, start: '16:00', end: '17:00', from: '2026-07-01', until: "
         "'2026-07-02'}]",
         "2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z",
         "2026-07-01T15:00 2026-07-01T16:00, 2026-07-02T15:00 2026-07-02T16:00; known"},
        {"recurring: [{rrule: 'FREQ=DAILY;COUNT=2', start: '16:00', end: '17:00', from: '2026-07-01', "
         "exdates: ['2026-07-02']}]",
         "2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z",
         "2026-07-01T15:00 2026-07-01T16:00; known"}, /* it counted */
        {"recurring: [{rrule: FREQ=DAILY, start: '23:00', end: '01:00', from: '2026-01-01', until: "
         "'2026-01-04', exdates: "
         "['2026-01-03', '2026-01-01', '2026-01-09']}]",
         "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z",
         "2026-01-02T23:00 2026-01-03T01:00, 2026-01-04T23:00 2026-01-05T01:00; known"},
    };
    ASSERT_ROWS(state, rows);
}

/* Off the end of what is unbroken, not of each part. */
static void test_runway(void **state)
{
    static const struct row rows[] = {
        {"type: Maintenance, minimumRunway: 30m, recurring: [{rrule: FREQ=DAILY, start: '22:00', end: "
         "'02:00', from: "
         "'2026-01-01', until: '2026-01-01'}, {rrule: FREQ=DAILY, start: '02:00', end: '04:00', from: "
         "'2026-01-02', "
         "until: '2026-01-02'}]",
         "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-01-01T22:00 2026-01-02T03:30; known"},
        {"type: Maintenance, minimumRunway: 59m, once: [{start: '2026-01-01T10:00', end: "
         "'2026-01-01T11:00'}, {start: "
         "'2026-01-01T12:00'}]",
         "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z",
         "2026-01-01T10:00 2026-01-01T10:01, 2026-01-01T12:00 no end; known"},
        /* The night of 23 h: 00:30 to 02:30 lasts an hour, and that is not enough. */
        {"type: Maintenance, minimumRunway: 1h, recurring: [{rrule: FREQ=DAILY, start: '00:30', end: "
         "'02:30', from: "
         "'2026-03-29', until: '2026-03-30'}]",
         "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-03-29T23:30 2026-03-30T00:30; known"},
    };
    ASSERT_ROWS(state, rows);
}

/* ---- ahead ---- */

static struct freeze_spans ahead(struct arena *arena, const char *spec, int64_t now_s)
{
    struct freeze_spans spans;
    const struct window *window = read_window(arena, spec);
    timeline_expand_ahead(window, now_s, timeline_horizon(&window, 1, now_s), arena, &spans);
    return spans;
}

static void assert_next(struct arena *arena, const char *spec, const char *now, bool on, const char *next)
{
    struct freeze_spans spans = ahead(arena, spec, instant(now));
    struct freeze_moment moment = freeze_spans_at(&spans, instant(now));
    assert_int_equal(moment.on, on);
    assert_text(short_instant(arena, moment.next_s), next);
}

static void test_a_sparse_rule_is_found(void **state)
{
    static const char leap_days[] =
        "type: Maintenance, recurring: [{rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29, "
        "start: '01:00', end: '05:00'}]";
    assert_next(*state, leap_days, "2026-03-01T00:00:00Z", false, "2028-02-29T01:00");
    assert_next(*state, leap_days, "2028-02-29T02:00:00Z", true, "2028-02-29T05:00");
    assert_next(*state, leap_days, "2028-02-29T05:00:00Z", false, "2032-02-29T01:00");
    assert_next(*state, leap_days, "2096-03-01T00:00:00Z", false, "2104-02-29T01:00"); /* 2100 is none */
}

static void test_always_on(void **state)
{
    assert_next(*state,
                "recurring: [{rrule: FREQ=DAILY, start: '00:00', end: '24:00', from: '2026-01-01', until: "
                "'2031-01-31'}]",
                "2026-03-01T00:00:00Z", true, "2031-02-01T00:00");
    assert_next(*state, "recurring: [{rrule: FREQ=DAILY, start: '00:00', end: '24:00'}]",
                "2026-03-01T00:00:00Z", true, "no end");
    assert_next(*state, "once: [{start: '2026-01-01T00:00:00'}]", "2026-03-01T00:00:00Z", true, "no end");
    assert_next(*state, "once: [{start: '2026-01-01T00:00:00', end: '2037-06-01T00:00:00Z'}]",
                "2026-03-01T00:00:00Z", true, "2037-06-01T00:00");
}

/* It starts within the time that the calendar is good for, and its end will be asked for then. */
static void test_always_on_from_tomorrow(void **state)
{
    struct freeze_spans spans =
        ahead(*state,
              "recurring: [{rrule: FREQ=DAILY, start: '00:00', end: '24:00', from: '2026-03-02', "
              "until: '2031-01-31'}]",
              instant("2026-03-01T12:00:00Z"));
    assert_true(freeze_spans_at(&spans, instant("2026-03-01T12:00:00Z")).next_s ==
                instant("2026-03-02T00:00:00Z"));
    assert_true(freeze_spans_at(&spans, instant("2026-03-02T12:00:00Z")).next_s ==
                instant("2031-02-01T00:00:00Z"));
}

/* What is cut off an end that is not known is not known either. */
static void test_always_on_with_a_runway(void **state)
{
    assert_next(*state,
                "type: Maintenance, minimumRunway: 30m, recurring: [{rrule: FREQ=DAILY, start: '00:00', end: "
                "'24:00'}]",
                "2026-03-01T00:00:00Z", true, "no end");
    assert_next(*state,
                "type: Maintenance, minimumRunway: 100h, recurring: [{rrule: FREQ=DAILY, start: '00:00', "
                "end: '24:00', endAfterDays: 5}]",
                "2026-03-01T00:00:00Z", true, "no end");
}

static void test_horizon(void **state)
{
    int64_t now_s = instant("2026-03-01T00:00:00Z");
    const struct window *windows[] = {
        read_window(*state, "recurring: [{rrule: FREQ=DAILY, start: '10:00', end: '12:00'}]"),
        read_window(*state, "once: [{start: '2026-01-01T00:00:00', end: '2030-06-01T00:00:00Z'}]"),
        read_window(*state, "once: [{start: '2026-01-01T00:00:00'}]"),
    };
    assert_true(timeline_horizon(windows, 0, now_s) >= now_s + 2 * 365 * (int64_t)DAY_S);
    assert_true(timeline_horizon(windows, 1, now_s) == timeline_horizon(windows, 0, now_s));
    assert_true(timeline_horizon(windows, 2, now_s) > instant("2030-06-01T00:00:00Z"));
    assert_true(timeline_horizon(windows, 3, now_s) == timeline_horizon(windows, 2, now_s));
}

static void test_a_calendar(void **state)
{
    const struct window *windows[] = {
        read_window(
            *state,
            "type: Maintenance, recurring: [{rrule: FREQ=WEEKLY;BYDAY=TU, start: '10:00', end: '12:00'}]"),
        read_window(*state, "once: [{start: '2026-03-03T00:00', end: '2026-03-10T11:00'}]"),
        read_window(*state, "suspended: true, once: [{start: '2026-01-01T00:00'}]"),
    };
    const struct freeze_label no_label = {.until_s = FREEZE_NO_END};
    struct calendar calendar;
    timeline_calendar(windows, 3, instant("2026-03-01T00:00:00Z"), *state, &calendar);
    struct calendar_view view = calendar_view_whole(&calendar, &no_label);
    assert_true(calendar_next_opening(&view, instant("2026-03-01T00:00:00Z")) ==
                instant("2026-03-10T11:00:00Z"));
    assert_true(calendar_next_closing(&view, instant("2026-03-10T11:30:00Z")) ==
                instant("2026-03-10T12:00:00Z"));
}

#define TIMELINE(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMELINE(test_once),
        TIMELINE(test_ranges_are_half_open),
        TIMELINE(test_ends_of_a_day),
        TIMELINE(test_nights_of_daylight_saving),
        TIMELINE(test_until),
        TIMELINE(test_runway),
        TIMELINE(test_a_sparse_rule_is_found),
        TIMELINE(test_always_on),
        TIMELINE(test_always_on_from_tomorrow),
        TIMELINE(test_always_on_with_a_runway),
        TIMELINE(test_horizon),
        TIMELINE(test_a_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
