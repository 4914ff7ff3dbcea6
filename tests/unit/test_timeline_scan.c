/* Real windows, recurring in zones with daylight saving, expanded and held against a scan of every minute of
 * a few weeks around a change of the clock. The scan looks at what the wall clock shows and knows nothing of
 * offsets. */
#include "arena_fixture.h"
#include "assert_text.h"

#include "codec/timeline.h"
#include "codec/zones.h"
#include "core/instant.h"

enum { MINUTE_S = 60, DAY_MIN = 1440, WEEKS_MIN = 23 * DAY_MIN, WINDOWS_MOST = 5, ROUNDS = 150 };

/* Each with an instant shortly before its clock changes: forward, then back. */
static const struct {
    const char *zone, *before;
} changes[] = {
    {"Europe/London", "2026-03-29T00:00:00Z"},       {"Europe/London", "2026-10-25T00:00:00Z"},
    {"America/New_York", "2026-03-08T06:00:00Z"},    {"America/New_York", "2026-11-01T05:00:00Z"},
    {"Australia/Lord_Howe", "2026-10-03T15:00:00Z"}, {"Australia/Lord_Howe", "2026-04-04T14:00:00Z"},
    {"Africa/Casablanca", "2026-03-22T01:00:00Z"},   {"Africa/Casablanca", "2026-02-15T01:00:00Z"},
    {"America/Sao_Paulo", "2026-06-01T00:00:00Z"},
};

static uint64_t seed = 20261101;

static int any(int below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (int)((seed >> 33) % (uint64_t)below);
}

/* One window as made: every day of `weekdays` (0 is Monday) but `exdate`. Times are minutes of the day. */
struct made {
    enum window_type type;
    enum freeze_action action;
    unsigned weekdays;
    int start_min, end_min, end_after_days, runway_min;
    int64_t exdate, until; /* days; `until` is the last one */
};

/* What is scanned: minutes from a midnight UTC on. */
struct scene {
    const char *zone;
    int64_t start_min;           /* since 1970 */
    int64_t wall_min[WEEKS_MIN]; /* what the clock shows at each minute */
    bool on[WINDOWS_MOST][WEEKS_MIN];
    enum freeze_action action[WEEKS_MIN];
    struct made windows[WINDOWS_MOST];
    size_t count;
};

/* ---- the slow way ---- */

/* The minute at which the clock shows `wall_min`, the first or the last such one. One that it never shows is
 * as many minutes behind the jump as it lies behind the time before the jump. -1: before the scene;
 * WEEKS_MIN: behind it. */
static int find_minute(const struct scene *scene, int64_t wall_min, bool last)
{
    int found = -1;
    if (wall_min < scene->wall_min[0])
        return -1;
    for (int at = 0; at < WEEKS_MIN; at++) {
        if (scene->wall_min[at] == wall_min && (last || found < 0))
            found = at;
        int64_t step = at == 0 ? 1 : scene->wall_min[at] - scene->wall_min[at - 1];
        if (step > 1 && wall_min > scene->wall_min[at - 1] && wall_min < scene->wall_min[at])
            return at + (int)(wall_min - scene->wall_min[at - 1] - 1);
    }
    return found >= 0 ? found : WEEKS_MIN;
}

static void mark_day(struct scene *scene, size_t index, int64_t day)
{
    const struct made *made = &scene->windows[index];
    int64_t start_wall = day * DAY_MIN + made->start_min;
    int64_t end_wall = (day + made->end_after_days) * DAY_MIN + made->end_min;
    int start = find_minute(scene, start_wall, false);
    int end = find_minute(scene, end_wall, made->type == WINDOW_FREEZE);
    if (end < 0)
        return; /* over before the scene */
    if (end <= start && start < WEEKS_MIN)
        end = start + (int)(end_wall - start_wall);
    for (int at = start < 0 ? 0 : start; at < end && at < WEEKS_MIN; at++)
        scene->on[index][at] = true;
}

static void take_off_runway(struct scene *scene, size_t index)
{
    for (int at = 0, until = 0; at < WEEKS_MIN; at = until + 1) {
        until = at;
        while (until < WEEKS_MIN && scene->on[index][until])
            until++;
        for (int i = until - 1; until < WEEKS_MIN && i >= at && i >= until - scene->windows[index].runway_min;
             i--)
            scene->on[index][i] = false;
    }
}

static void scan_window(struct scene *scene, size_t index)
{
    const struct made *made = &scene->windows[index];
    int64_t first = scene->wall_min[0] / DAY_MIN - 8, last = scene->wall_min[WEEKS_MIN - 1] / DAY_MIN + 1;
    for (int64_t day = first; day <= last && day <= made->until; day++)
        if ((made->weekdays & 1U << (day + 3) % 7) && day != made->exdate)
            mark_day(scene, index, day);
    take_off_runway(scene, index);
}

/* DESIGN section 4 for one minute. */
static enum freeze_action scan_action(const struct scene *scene, int at)
{
    enum freeze_action freezes = FREEZE_OPEN, outside = FREEZE_OPEN;
    bool maintenance_on = false;
    for (size_t w = 0; w < scene->count; w++) {
        const struct made *made = &scene->windows[w];
        if (made->type == WINDOW_FREEZE && scene->on[w][at] && made->action > freezes)
            freezes = made->action;
        if (made->type == WINDOW_MAINTENANCE && made->action > outside)
            outside = made->action;
        maintenance_on |= made->type == WINDOW_MAINTENANCE && scene->on[w][at];
    }
    return !maintenance_on && outside > freezes ? outside : freezes;
}

/* ---- what is made ---- */

static struct made make_window(int64_t first_day, int change_min)
{
    struct made made = {.type = any(3) == 0 ? WINDOW_MAINTENANCE : WINDOW_FREEZE,
                        .action = (enum freeze_action)(FREEZE_WARN + any(3)),
                        .weekdays = any(3) == 0 ? 127 : 1U << any(7) | 1U << any(7) | 1U << any(7)};
    made.start_min = any(2) == 0 ? any(96) * 15 : any(DAY_MIN);
    made.end_min = any(2) == 0 ? 15 + any(96) * 15 : 1 + any(DAY_MIN);
    if (any(2) == 0) { /* in the hours around the change */
        made.start_min = (change_min + any(12) * 15) % DAY_MIN;
        made.end_min = (made.start_min + any(2) * (1 + any(6)) * 15 + any(90)) % DAY_MIN + 1;
    }
    made.end_after_days = any(8) == 0 ? 1 + any(3) : made.end_min > made.start_min ? 0 : 1;
    int64_t length_min = made.end_after_days * DAY_MIN + made.end_min - made.start_min;
    if (made.type == WINDOW_MAINTENANCE && any(2) == 0)
        made.runway_min = (int)(length_min > 1 ? any(length_min < 90 ? (int)length_min : 90) : 0);
    made.exdate = first_day + any(23);
    made.until = any(4) == 0 ? first_day + any(23) : INT64_MAX;
    return made;
}

static struct text date_text(struct arena *arena, int64_t day)
{
    struct wall_time date = wall_time_from_seconds(day * DAY_MIN * MINUTE_S);
    return arena_printf(arena, "%04d-%02d-%02d", date.year, date.month, date.day);
}

static struct text spec_of(struct arena *arena, const char *zone, const struct made *made)
{
    static const char *const weekdays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    static const char *const actions[] = {"", "Warn", "Delay", "Deny"};
    struct text days = TEXT_EMPTY, until = TEXT_EMPTY;
    for (int i = 0; i < 7; i++)
        if (made->weekdays & 1U << i)
            days = arena_printf(arena, "%.*s%s%s", TEXT_ARGS(days), days.length == 0 ? "" : ",", weekdays[i]);
    if (made->until != INT64_MAX)
        until = arena_printf(arena, ", until: '%.*s'", TEXT_ARGS(date_text(arena, made->until)));
    return arena_printf(
        arena,
        "{type: %s, action: %s, timeZone: %s, minimumRunway: %dm, recurring: [{rrule: "
        "'FREQ=WEEKLY;BYDAY=%.*s', start: '%02d:%02d', end: '%02d:%02d', endAfterDays: %d, exdates: "
        "['%.*s']%.*s}]}",
        made->type == WINDOW_FREEZE ? "Freeze" : "Maintenance", actions[made->action], zone, made->runway_min,
        TEXT_ARGS(days), made->start_min / 60, made->start_min % 60, made->end_min / 60, made->end_min % 60,
        made->end_after_days, TEXT_ARGS(date_text(arena, made->exdate)), TEXT_ARGS(until));
}

static void make_scene(struct scene *scene)
{
    size_t chosen = (size_t)any(sizeof(changes) / sizeof(changes[0]));
    int64_t before_s = 0;
    memset(scene, 0, sizeof(*scene));
    scene->zone = changes[chosen].zone;
    const struct zone *zone = zones_find(text_of(scene->zone));
    assert_non_null(zone);
    assert_true(instant_parse(text_of(changes[chosen].before), &before_s));
    int64_t change_day = before_s / MINUTE_S / DAY_MIN;
    scene->start_min = (change_day - 12) * DAY_MIN;
    for (int at = 0; at < WEEKS_MIN; at++) {
        int64_t at_s = (scene->start_min + at) * MINUTE_S;
        scene->wall_min[at] = (at_s + zone_offset_at(zone, at_s)) / MINUTE_S;
    }
    int change_min = (int)((before_s + zone_offset_at(zone, before_s)) / MINUTE_S % DAY_MIN);
    scene->count = 1 + (size_t)any(WINDOWS_MOST);
    for (size_t w = 0; w < scene->count; w++) {
        scene->windows[w] = make_window(change_day - 12, change_min);
        scan_window(scene, w);
    }
    for (int at = 0; at < WEEKS_MIN; at++)
        scene->action[at] = scan_action(scene, at);
}

/* ---- held against ---- */

static void make_calendar(struct arena *arena, const struct scene *scene, struct calendar *calendar)
{
    const struct freeze_spans *all[WINDOWS_MOST];
    struct timeline_range range = {scene->start_min * MINUTE_S, (scene->start_min + WEEKS_MIN) * MINUTE_S};
    for (size_t w = 0; w < scene->count; w++) {
        struct window *window = arena_alloc(arena, sizeof(*window));
        struct freeze_spans *spans = arena_alloc(arena, sizeof(*spans));
        struct window_faults faults;
        struct text spec = spec_of(arena, scene->zone, &scene->windows[w]);
        if (!window_read_object(text_of("w"), spec, NULL, arena, window, &faults))
            fail_msg("%.*s: %.*s", TEXT_ARGS(spec), TEXT_ARGS(faults.items[0]));
        timeline_expand(window, range, arena, spans);
        all[w] = spans;
    }
    calendar_build(arena, all, scene->count, calendar);
}

static void complain(struct arena *arena, const struct scene *scene, int at, const char *what, int64_t is_s)
{
    for (size_t w = 0; w < scene->count; w++)
        print_error("%.*s\n", TEXT_ARGS(spec_of(arena, scene->zone, &scene->windows[w])));
    fail_msg("at %.*s: %s; the calendar says %lld, the scan %d",
             TEXT_ARGS(instant_format(arena, (scene->start_min + at) * MINUTE_S)), what, (long long)is_s,
             scene->action[at]);
}

/* The first minute from `from` on that is closed, or is not; -1: none that is known. */
static int scan_next(const struct scene *scene, int from, bool closed)
{
    for (int at = from; at < WEEKS_MIN; at++)
        if (freeze_closes(scene->action[at]) == closed)
            return at;
    return -1;
}

static void check_scene(struct arena *arena, const struct scene *scene)
{
    const struct freeze_label no_label = {.until_s = FREEZE_NO_END};
    struct calendar calendar;
    make_calendar(arena, scene, &calendar);
    struct calendar_view view = calendar_view_whole(&calendar, &no_label);
    /* The last days are left out: what a runway takes off there, the scan cannot see. */
    for (int at = 0; at < WEEKS_MIN - 6 * DAY_MIN; at++) {
        int64_t now_s = (scene->start_min + at) * MINUTE_S;
        enum freeze_action action = calendar_at(&view, now_s).action;
        if (action != scene->action[at] || calendar_at(&view, now_s + MINUTE_S - 1).action != action)
            complain(arena, scene, at, "action", (int64_t)action);
        if (at % 7 != 0 && action == scene->action[at == 0 ? 0 : at - 1])
            continue; /* the rest where it turns, and now and then */
        int opens = scan_next(scene, at, false), closes = scan_next(scene, at, true);
        int64_t opens_s = calendar_next_opening(&view, now_s), closes_s = calendar_next_closing(&view, now_s);
        bool in_sight = opens >= 0 && opens < WEEKS_MIN - 5 * DAY_MIN;
        if (in_sight && opens_s != (scene->start_min + opens) * MINUTE_S)
            complain(arena, scene, at, "next opening", opens_s);
        in_sight = closes >= 0 && closes < WEEKS_MIN - 5 * DAY_MIN;
        if (in_sight && closes_s != (scene->start_min + closes) * MINUTE_S)
            complain(arena, scene, at, "next closing", closes_s);
        if (opens_s != FREEZE_NO_END)
            assert_false(freeze_closes(calendar_at(&view, opens_s).action));
        if (opens_s != FREEZE_NO_END && freeze_closes(action))
            assert_true(freeze_closes(calendar_at(&view, opens_s - MINUTE_S).action));
    }
}

static void test_any_windows_against_the_wall_clock(void **state)
{
    static struct scene scene;
    for (int round = 0; round < ROUNDS; round++) {
        make_scene(&scene);
        check_scene(*state, &scene);
        arena_reset(*state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_windows_against_the_wall_clock, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
