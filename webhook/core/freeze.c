#include "core/freeze.h"

#include "freeze_private.h"

#include <stdlib.h>

/* The sweep over all interval ends, in order of time. Windows in force are kept in one list per action,
 * oldest first, so that a segment's causes are read off the front whatever the number of windows. */

struct edge_event {
    int64_t at_s;
    bool ends;
    uint32_t window;
};

struct active_window {
    uint32_t intervals;      /* in force: intervals of one window may overlap, and are one cause */
    uint32_t previous, next; /* in the list of its action; NO_WINDOW at the ends */
};

#define NO_WINDOW UINT32_MAX

struct active_list {
    uint32_t first, last, count;
};

struct sweep {
    const struct freeze_spans *const *spans;
    struct active_window *active;
    struct active_list lists[FREEZE_DENY + 1];
    struct cause_sets sets;
    struct freeze_segment *segments;
    size_t segment_count;
};

const char *freeze_action_name(enum freeze_action action)
{
    static const char *const names[] = {"Open", "Warn", "Delay", "Deny"};
    return names[action];
}

static enum freeze_action counts_as(const struct freeze_window *window)
{
    if (window->suspended)
        return FREEZE_OPEN;
    return window->type == WINDOW_MAINTENANCE ? FREEZE_DENY : window->action;
}

/* At one instant, starts come before ends: a window that goes on keeps its place among the others. */
static int compare_events(const void *left, const void *right)
{
    const struct edge_event *a = left, *b = right;
    if (a->at_s != b->at_s)
        return a->at_s < b->at_s ? -1 : 1;
    if (a->ends != b->ends)
        return a->ends ? 1 : -1;
    return (a->window > b->window) - (a->window < b->window);
}

static void start_interval(struct sweep *sweep, uint32_t index)
{
    struct active_window *window = &sweep->active[index];
    struct active_list *list = &sweep->lists[counts_as(sweep->spans[index]->window)];
    if (window->intervals++ > 0)
        return;
    window->previous = list->last;
    window->next = NO_WINDOW;
    if (list->last == NO_WINDOW)
        list->first = index;
    else
        sweep->active[list->last].next = index;
    list->last = index;
    list->count++;
}

static void end_interval(struct sweep *sweep, uint32_t index)
{
    struct active_window *window = &sweep->active[index];
    struct active_list *list = &sweep->lists[counts_as(sweep->spans[index]->window)];
    if (--window->intervals > 0)
        return;
    if (window->previous == NO_WINDOW)
        list->first = window->next;
    else
        sweep->active[window->previous].next = window->next;
    if (window->next == NO_WINDOW)
        list->last = window->previous;
    else
        sweep->active[window->next].previous = window->previous;
    list->count--;
}

/* The number of the set of what is in force now. */
static uint32_t causes_now(struct sweep *sweep)
{
    uint32_t windows[FREEZE_CAUSES_MOST];
    struct freeze_causes causes = {
        .action = FREEZE_OPEN,
        .closing = sweep->lists[FREEZE_DENY].count + sweep->lists[FREEZE_DELAY].count,
        .warning = sweep->lists[FREEZE_WARN].count,
    };
    for (int action = FREEZE_DENY; action > FREEZE_OPEN; action--) {
        const struct active_list *list = &sweep->lists[action];
        if (list->count > 0 && causes.action == FREEZE_OPEN)
            causes.action = (enum freeze_action)action;
        for (uint32_t i = list->first; i != NO_WINDOW && causes.listed < FREEZE_CAUSES_MOST;
             i = sweep->active[i].next)
            windows[causes.listed++] = i;
    }
    return cause_sets_put(&sweep->sets, causes, windows);
}

static void add_segment(struct sweep *sweep, int64_t start_s, uint32_t causes)
{
    if (sweep->segment_count > 0 && sweep->segments[sweep->segment_count - 1].causes == causes)
        return;
    sweep->segments[sweep->segment_count++] = (struct freeze_segment){.start_s = start_s, .causes = causes};
}

static void run_sweep(struct sweep *sweep, const struct edge_event *events, size_t event_count)
{
    add_segment(sweep, INT64_MIN, 0);
    for (size_t i = 0; i < event_count; i++) {
        if (events[i].ends)
            end_interval(sweep, events[i].window);
        else
            start_interval(sweep, events[i].window);
        if (i + 1 == event_count || events[i + 1].at_s != events[i].at_s)
            add_segment(sweep, events[i].at_s, causes_now(sweep));
    }
}

/* Where the state turns from closed to not, or back: behind all segments that are alike. */
static void find_turns(struct sweep *sweep)
{
    size_t count = sweep->segment_count;
    for (size_t i = count; i-- > 0;) {
        struct freeze_segment *segment = &sweep->segments[i];
        segment->turns = (uint32_t)count;
        if (i + 1 == count)
            continue;
        bool closed = freeze_closes(sweep->sets.sets[segment->causes].action);
        bool next_closed = freeze_closes(sweep->sets.sets[segment[1].causes].action);
        segment->turns = closed == next_closed ? segment[1].turns : (uint32_t)(i + 1);
    }
}

static size_t count_events(const struct freeze_spans *const *spans, size_t span_count)
{
    size_t count = 0;
    for (size_t i = 0; i < span_count; i++)
        count += counts_as(spans[i]->window) == FREEZE_OPEN ? 0 : spans[i]->interval_count * 2;
    return count;
}

/* Sorted by time; the caller frees them. An interval without an end has no event for it. */
static struct edge_event *make_events(const struct freeze_spans *const *spans, size_t span_count, size_t room,
                                      size_t *ret_count)
{
    struct edge_event *events = calloc(room, sizeof(*events));
    size_t count = 0;
    if (events == NULL)
        abort();
    for (size_t w = 0; w < span_count; w++) {
        for (size_t i = 0; counts_as(spans[w]->window) != FREEZE_OPEN && i < spans[w]->interval_count; i++) {
            const struct interval *interval = &spans[w]->intervals[i];
            events[count++] = (struct edge_event){interval->start_s, false, (uint32_t)w};
            if (interval->end_s != FREEZE_NO_END)
                events[count++] = (struct edge_event){interval->end_s, true, (uint32_t)w};
        }
    }
    qsort(events, count, sizeof(*events), compare_events);
    *ret_count = count;
    return events;
}

void freeze_timeline_build(struct arena *arena, const struct freeze_spans *const *spans, size_t span_count,
                           struct freeze_timeline *ret_timeline)
{
    size_t event_count = count_events(spans, span_count);
    *ret_timeline = (struct freeze_timeline){NULL, 0, NULL, NULL};
    if (event_count == 0)
        return;
    if (event_count >= UINT32_MAX / FREEZE_CAUSES_MOST || span_count >= NO_WINDOW)
        abort();

    struct sweep sweep = {.spans = spans};
    for (size_t i = 0; i <= FREEZE_DENY; i++)
        sweep.lists[i] = (struct active_list){NO_WINDOW, NO_WINDOW, 0};
    sweep.active = calloc(span_count, sizeof(*sweep.active));
    if (sweep.active == NULL)
        abort();
    cause_sets_init(&sweep.sets);
    struct edge_event *events = make_events(spans, span_count, event_count, &event_count);
    sweep.segments = calloc(event_count + 1, sizeof(*sweep.segments));
    if (sweep.segments == NULL)
        abort();
    run_sweep(&sweep, events, event_count);
    find_turns(&sweep);
    free(events);
    free(sweep.active);

    struct freeze_segment *segments = arena_alloc_array(arena, sweep.segment_count, sizeof(*segments));
    memcpy(segments, sweep.segments, sweep.segment_count * sizeof(*segments));
    free(sweep.segments);
    ret_timeline->segments = segments;
    ret_timeline->segment_count = sweep.segment_count;
    cause_sets_move(&sweep.sets, spans, arena, ret_timeline);
}

size_t freeze_timeline_find(const struct freeze_timeline *timeline, int64_t now_s)
{
    size_t low = 1, high = timeline->segment_count; /* the first that starts after now_s is in [low, high] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (timeline->segments[middle].start_s <= now_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

struct freeze_point freeze_timeline_at(const struct freeze_timeline *timeline, int64_t now_s)
{
    if (timeline->segment_count == 0)
        return (struct freeze_point){FREEZE_OPEN, FREEZE_NO_END, NULL};
    const struct freeze_segment *segment = &timeline->segments[freeze_timeline_find(timeline, now_s)];
    const struct freeze_causes *causes = &timeline->causes[segment->causes];
    int64_t turns_s = segment->turns == timeline->segment_count ? FREEZE_NO_END
                                                                : timeline->segments[segment->turns].start_s;
    return (struct freeze_point){causes->action, turns_s, causes};
}

size_t freeze_spans_find(const struct freeze_spans *spans, int64_t now_s)
{
    size_t low = 0, high = spans->interval_count; /* it is in [low, high] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->intervals[middle].end_s <= now_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct freeze_moment freeze_spans_at(const struct freeze_spans *spans, int64_t now_s)
{
    size_t found = freeze_spans_find(spans, now_s);
    if (found == spans->interval_count)
        return (struct freeze_moment){false, FREEZE_NO_END, FREEZE_NO_END};
    const struct interval *interval = &spans->intervals[found];
    bool on = interval->start_s <= now_s;
    int64_t next_s = on ? interval->end_s : interval->start_s;
    return (struct freeze_moment){on, on ? interval->start_s : FREEZE_NO_END,
                                  next_s < spans->known_until_s ? next_s : FREEZE_NO_END};
}
