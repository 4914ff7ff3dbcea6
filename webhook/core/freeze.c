#include "core/freeze.h"

#include <stdlib.h>

/* The sweep over all interval ends, in order of time. Windows in force are kept in one list per action,
 * oldest first, so that a segment's causes are read off the front whatever the number of windows. */

struct edge_event {
    int64_t at_s;
    bool ends;
    uint32_t window;
};

struct active_window {
    uint32_t intervals;      /* in force: entries of one window may overlap, and are one cause */
    uint32_t previous, next; /* in the list of its action; NO_WINDOW at the ends */
};

#define NO_WINDOW UINT32_MAX

struct active_list {
    uint32_t first, last, count;
};

struct sweep {
    const struct freeze_window *windows;
    struct active_window *active;
    struct active_list lists[FREEZE_DENY + 1];
    struct freeze_segment *segments;
    size_t segment_count;
    const struct freeze_window **causes;
    size_t cause_count;
};

/* At one instant, starts come before ends: a window that goes on is never out of force in between. */
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
    struct active_list *list = &sweep->lists[sweep->windows[index].action];
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
    struct active_list *list = &sweep->lists[sweep->windows[index].action];
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

static void add_causes(struct sweep *sweep, struct freeze_segment *segment, const struct active_list *list)
{
    for (uint32_t i = list->first; i != NO_WINDOW && segment->cause_count < FREEZE_CAUSES_MOST;
         i = sweep->active[i].next) {
        sweep->causes[sweep->cause_count++] = &sweep->windows[i];
        segment->cause_count++;
    }
    segment->more_causes += list->count;
}

/* What is in force between two neighbouring events becomes a segment. */
static void add_segment(struct sweep *sweep, int64_t start_s, int64_t end_s)
{
    const struct active_list *closing = &sweep->lists[FREEZE_DENY], *warning = &sweep->lists[FREEZE_WARN];
    if (closing->count + warning->count == 0 || start_s == end_s)
        return;
    struct freeze_segment *segment = &sweep->segments[sweep->segment_count++];
    *segment = (struct freeze_segment){
        .start_s = start_s,
        .end_s = end_s,
        .opens_s = start_s,
        .action = closing->count > 0 ? FREEZE_DENY : FREEZE_WARN,
        .first_cause = (uint32_t)sweep->cause_count,
        .deciding_causes = closing->count > 0 ? closing->count : warning->count,
    };
    add_causes(sweep, segment, closing);
    add_causes(sweep, segment, warning);
    segment->more_causes -= segment->cause_count;
}

/* The true next opening of a closed segment lies behind every closed one that touches it. */
static void find_openings(struct freeze_segment *segments, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        if (segments[i].action != FREEZE_DENY)
            continue;
        bool runs_on = i + 1 < count && segments[i + 1].start_s == segments[i].end_s &&
                       segments[i + 1].action == FREEZE_DENY;
        segments[i].opens_s = runs_on ? segments[i + 1].opens_s : segments[i].end_s;
    }
}

static size_t count_intervals(const struct freeze_window *windows, size_t window_count)
{
    size_t count = 0;
    for (size_t i = 0; i < window_count; i++)
        count += windows[i].action == FREEZE_OPEN ? 0 : windows[i].interval_count;
    return count;
}

/* Two events for each interval, sorted by time. The caller frees them. */
static struct edge_event *make_events(const struct freeze_window *windows, size_t window_count,
                                      size_t interval_count)
{
    struct edge_event *events = calloc(interval_count * 2, sizeof(*events));
    if (events == NULL)
        abort();
    size_t count = 0;
    for (size_t w = 0; w < window_count; w++) {
        for (size_t i = 0; windows[w].action != FREEZE_OPEN && i < windows[w].interval_count; i++) {
            const struct interval *interval = &windows[w].intervals[i];
            events[count++] = (struct edge_event){interval->start_s, false, (uint32_t)w};
            events[count++] = (struct edge_event){interval->end_s, true, (uint32_t)w};
        }
    }
    qsort(events, count, sizeof(*events), compare_events);
    return events;
}

static void run_sweep(struct sweep *sweep, const struct edge_event *events, size_t event_count)
{
    for (size_t i = 0; i < event_count; i++) {
        if (i > 0)
            add_segment(sweep, events[i - 1].at_s, events[i].at_s);
        if (events[i].ends)
            end_interval(sweep, events[i].window);
        else
            start_interval(sweep, events[i].window);
    }
    find_openings(sweep->segments, sweep->segment_count);
}

void freeze_timeline_build(struct arena *arena, const struct freeze_window *windows, size_t window_count,
                           struct freeze_timeline *ret_timeline)
{
    size_t interval_count = count_intervals(windows, window_count), event_count = interval_count * 2;
    *ret_timeline = (struct freeze_timeline){NULL, 0, NULL};
    if (interval_count == 0)
        return;
    if (interval_count >= UINT32_MAX / (2 * FREEZE_CAUSES_MOST) || window_count >= NO_WINDOW)
        abort();

    struct sweep sweep = {.windows = windows};
    for (size_t i = 0; i <= FREEZE_DENY; i++)
        sweep.lists[i] = (struct active_list){NO_WINDOW, NO_WINDOW, 0};
    sweep.active = calloc(window_count, sizeof(*sweep.active));
    sweep.causes = calloc(event_count * FREEZE_CAUSES_MOST, sizeof(*sweep.causes));
    if (sweep.active == NULL || sweep.causes == NULL)
        abort();
    struct edge_event *events = make_events(windows, window_count, interval_count);
    sweep.segments = arena_alloc_array(arena, event_count, sizeof(*sweep.segments));
    run_sweep(&sweep, events, event_count);

    const struct freeze_window **causes = arena_alloc_array(arena, sweep.cause_count, sizeof(*causes));
    for (size_t i = 0; i < sweep.cause_count; i++)
        causes[i] = sweep.causes[i];
    free(sweep.causes);
    free(sweep.active);
    free(events);
    *ret_timeline = (struct freeze_timeline){sweep.segments, sweep.segment_count, causes};
}

const struct freeze_segment *freeze_timeline_at(const struct freeze_timeline *timeline, int64_t now_s)
{
    size_t low = 0,
           high = timeline->segment_count; /* the first segment that ends after now_s is in [low, high] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (timeline->segments[middle].end_s <= now_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == timeline->segment_count || timeline->segments[low].start_s > now_s)
        return NULL;
    return &timeline->segments[low];
}

static bool is_closed(const struct freeze_segment *segment)
{
    return segment != NULL && segment->action == FREEZE_DENY;
}

struct freeze_state freeze_at(const struct freeze_timeline *timeline, const struct freeze_label *label,
                              int64_t now_s)
{
    bool label_in_force = label->action != FREEZE_OPEN && now_s < label->until_s;
    const struct freeze_segment *segment = freeze_timeline_at(timeline, now_s);
    struct freeze_state state = {.action = FREEZE_OPEN, .opens_s = now_s, .segment = segment};

    if (segment != NULL)
        state.action = segment->action;
    if (label_in_force && label->action > state.action)
        state.action = label->action;
    state.label_closes = label_in_force && label->action == FREEZE_DENY;
    if (state.action != FREEZE_DENY)
        return state;

    /* The label holds from the beginning of time to its end, so one step beyond it reaches the true opening.
     */
    if (is_closed(segment))
        state.opens_s = segment->opens_s;
    if (state.label_closes && label->until_s > state.opens_s) {
        const struct freeze_segment *then = freeze_timeline_at(timeline, label->until_s);
        state.opens_s = is_closed(then) ? then->opens_s : label->until_s;
    }
    return state;
}
