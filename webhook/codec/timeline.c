#include "codec/timeline.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };
#define YEAR_S (INT64_C(366) * DAY_S)

/* Behind and ahead of now: what is listed usually, and where that shows no end or no next occurrence. */
#define BEHIND_S  (INT64_C(2) * DAY_S)
#define AHEAD_S   (INT64_C(2) * YEAR_S)
#define FARTHER_S (INT64_C(12) * YEAR_S)

struct interval_list {
    struct arena *arena;
    struct interval *items;
    size_t count, room;
};

static void add_interval(struct interval_list *list, struct interval interval)
{
    if (list->count == list->room) {
        list->room = list->room == 0 ? 64 : list->room * 2;
        struct interval *larger = arena_alloc_array(list->arena, list->room, sizeof(*larger));
        if (list->count > 0)
            memcpy(larger, list->items, list->count * sizeof(*larger));
        list->items = larger;
    }
    list->items[list->count++] = interval;
}

static int64_t floor_day(int64_t seconds)
{
    return seconds / DAY_S - (seconds % DAY_S < 0);
}

static bool is_excepted(const struct recurring *recurring, int64_t day)
{
    size_t low = 0, high = recurring->exdate_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (recurring->exdates[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < recurring->exdate_count && recurring->exdates[low] == day;
}

static bool is_past_until(const struct recurrence *rule, int64_t day, int64_t wall_s, int64_t instant_s)
{
    switch (rule->until_form) {
    case UNTIL_NONE: return false;
    case UNTIL_DAY: return day > rule->until;
    case UNTIL_WALL: return wall_s > rule->until;
    case UNTIL_INSTANT: return instant_s > rule->until;
    }
    return false;
}

/* One day's occurrence. False: it is past the rule's UNTIL, and so is every later one. */
static bool occur(const struct window *window, const struct recurring *recurring, int64_t day,
                  struct interval *ret)
{
    const struct zone *zone = window->said.zone;
    int64_t start_wall_s = day * DAY_S + recurring->start_s;
    int64_t end_wall_s = (day + recurring->end_after_days) * DAY_S + recurring->end_s;
    ret->start_s = zone_instant(zone, start_wall_s, OCCURRENCE_FIRST);
    if (is_past_until(&recurring->rule, day, start_wall_s, ret->start_s))
        return false;
    ret->end_s = zone_instant(zone, end_wall_s,
                              window->said.type == WINDOW_FREEZE ? OCCURRENCE_SECOND : OCCURRENCE_FIRST);
    if (ret->end_s <= ret->start_s)
        ret->end_s = ret->start_s + (end_wall_s - start_wall_s);
    return true;
}

/* Adds what lies in the range. False: there is, or may be, more behind it. */
static bool add_recurring(const struct window *window, const struct recurring *recurring,
                          struct timeline_range range, struct interval_list *list)
{
    int64_t first = floor_day(range.from_s) - recurring->end_after_days - 3, last = floor_day(range.to_s) + 1;
    /* A rule that says all of its days may start on any day before. */
    int64_t from = recurring->from != WINDOW_NO_DAY ? recurring->from : first - YEAR_S / DAY_S;
    bool limited = recurring->until != WINDOW_NO_DAY && recurring->until <= last;
    struct day_list days;
    recurrence_days(&recurring->rule, from, first, last, list->arena, &days);
    for (size_t i = 0; i < days.count; i++) {
        struct interval interval;
        if (recurring->until != WINDOW_NO_DAY && days.days[i] > recurring->until)
            return true;
        if (is_excepted(recurring, days.days[i]))
            continue;
        if (!occur(window, recurring, days.days[i], &interval))
            return true;
        if (interval.end_s > range.from_s && interval.start_s < range.to_s)
            add_interval(list, interval);
    }
    return days.ends || limited;
}

static int compare_intervals(const void *left, const void *right)
{
    const struct interval *a = left, *b = right;
    return (a->start_s > b->start_s) - (a->start_s < b->start_s);
}

/* Sorted, and as few as say the same: those that overlap or touch become one. */
static void merge(struct interval_list *list)
{
    size_t kept = 0;
    if (list->count == 0)
        return;
    qsort(list->items, list->count, sizeof(*list->items), compare_intervals);
    for (size_t i = 1; i < list->count; i++) {
        if (list->items[i].start_s > list->items[kept].end_s)
            list->items[++kept] = list->items[i];
        else if (list->items[i].end_s > list->items[kept].end_s)
            list->items[kept].end_s = list->items[i].end_s;
    }
    list->count = kept + 1;
}

static void take_off_runway(struct interval_list *list, int64_t runway_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct interval interval = list->items[i];
        if (interval.end_s != FREEZE_NO_END)
            interval.end_s -= runway_s;
        if (interval.end_s > interval.start_s)
            list->items[kept++] = interval;
    }
    list->count = kept;
}

void timeline_expand(const struct window *window, struct timeline_range range, struct arena *arena,
                     struct freeze_spans *ret_spans)
{
    struct interval_list list = {.arena = arena};
    bool ends = true;
    for (size_t i = 0; i < window->once_count; i++)
        if (window->once[i].end_s > range.from_s)
            add_interval(&list, window->once[i]);
    /* A run that goes on ends where it really does, not minimumRunway before the range does. */
    struct timeline_range listed = {range.from_s, range.to_s + window->said.runway_s};
    for (size_t i = 0; i < window->recurring_count; i++)
        ends &= add_recurring(window, &window->recurring[i], listed, &list);
    merge(&list);
    if (window->said.runway_s > 0)
        take_off_runway(&list, window->said.runway_s);
    *ret_spans =
        (struct freeze_spans){&window->said, list.items, list.count, ends ? FREEZE_NO_END : range.to_s};
}

/* What is written once is known to its end; what recurs beside it has to be known as far, or the true next
 * opening would not be. */
int64_t timeline_horizon(const struct window *const *windows, size_t window_count, int64_t now_s)
{
    int64_t horizon_s = now_s + AHEAD_S;
    for (size_t w = 0; w < window_count; w++)
        for (size_t i = 0; i < windows[w]->once_count; i++) {
            int64_t end_s = windows[w]->once[i].end_s;
            if (end_s < now_s + FARTHER_S && end_s + YEAR_S > horizon_s)
                horizon_s = end_s + YEAR_S;
        }
    return horizon_s;
}

/* Whether the list leaves a question open that a longer one may answer: when it is on next, or when what is
 * on ends. */
static bool asks_for_more(const struct freeze_spans *spans, int64_t now_s)
{
    if (spans->known_until_s == FREEZE_NO_END)
        return false;
    if (spans->interval_count == 0)
        return true;
    const struct interval *last = &spans->intervals[spans->interval_count - 1];
    bool next = last->start_s > now_s, never_ends = last->start_s <= now_s + 2 * TIMELINE_GOOD_S &&
                                                    last->end_s >= spans->known_until_s - DAY_S;
    return !next || never_ends;
}

void timeline_expand_ahead(const struct window *window, int64_t now_s, int64_t horizon_s, struct arena *arena,
                           struct freeze_spans *ret_spans)
{
    struct timeline_range usual = {now_s - BEHIND_S, horizon_s};
    struct timeline_range farther = {now_s - BEHIND_S, now_s + FARTHER_S + 2 * YEAR_S};
    timeline_expand(window, usual, arena, ret_spans);
    if (asks_for_more(ret_spans, now_s))
        timeline_expand(window, farther, arena, ret_spans);
}

void timeline_calendar(const struct window *const *windows, size_t window_count, int64_t now_s,
                       struct arena *arena, struct calendar *ret_calendar)
{
    int64_t horizon_s = timeline_horizon(windows, window_count, now_s);
    struct freeze_spans *spans = arena_alloc_array(arena, window_count, sizeof(*spans));
    const struct freeze_spans **all = arena_alloc_array(arena, window_count, sizeof(*all));
    for (size_t i = 0; i < window_count; i++) {
        timeline_expand_ahead(windows[i], now_s, horizon_s, arena, &spans[i]);
        all[i] = &spans[i];
    }
    calendar_build(arena, all, window_count, ret_calendar);
}
