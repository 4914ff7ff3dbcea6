#include "core/freeze.h"

#include <stdlib.h>

/* The sweep over all interval ends, in order of time. Windows in force are kept in one list per action,
 * oldest first, so that a segment's causes are read off the front whatever the number of windows. */

struct edge_event {
    int64_t at_s;
    bool opens; /* an interval ends here */
    uint32_t interval;
};

struct active_interval {
    const struct freeze_window *window;
    uint32_t previous, next; /* in the list of its action; NO_INTERVAL at the ends */
};

#define NO_INTERVAL UINT32_MAX

struct active_list {
    uint32_t first, last, count;
};

struct sweep {
    struct active_interval *intervals;
    struct active_list active[FREEZE_DENY + 1];
    struct freeze_segment *segments;
    size_t segment_count;
    const struct freeze_window **causes;
    size_t cause_count;
};

static int compare_events(const void *left, const void *right)
{
    const struct edge_event *a = left, *b = right;
    if (a->at_s != b->at_s)
        return a->at_s < b->at_s ? -1 : 1;
    return (a->interval > b->interval) - (a->interval < b->interval);
}

static void activate(struct sweep *sweep, uint32_t index)
{
    struct active_interval *interval = &sweep->intervals[index];
    struct active_list *list = &sweep->active[interval->window->action];
    interval->previous = list->last;
    interval->next = NO_INTERVAL;
    if (list->last == NO_INTERVAL)
        list->first = index;
    else
        sweep->intervals[list->last].next = index;
    list->last = index;
    list->count++;
}

static void deactivate(struct sweep *sweep, uint32_t index)
{
    struct active_interval *interval = &sweep->intervals[index];
    struct active_list *list = &sweep->active[interval->window->action];
    if (interval->previous == NO_INTERVAL)
        list->first = interval->next;
    else
        sweep->intervals[interval->previous].next = interval->next;
    if (interval->next == NO_INTERVAL)
        list->last = interval->previous;
    else
        sweep->intervals[interval->next].previous = interval->previous;
    list->count--;
}

static void add_causes(struct sweep *sweep, struct freeze_segment *segment, const struct active_list *list)
{
    for (uint32_t i = list->first; i != NO_INTERVAL && segment->cause_count < FREEZE_CAUSES_MOST;
         i = sweep->intervals[i].next) {
        sweep->causes[sweep->cause_count++] = sweep->intervals[i].window;
        segment->cause_count++;
    }
}

/* What is in force between two neighbouring events becomes a segment. */
static void add_segment(struct sweep *sweep, int64_t start_s, int64_t end_s)
{
    uint32_t closing = sweep->active[FREEZE_DENY].count, warning = sweep->active[FREEZE_WARN].count;
    if (closing + warning == 0 || start_s == end_s)
        return;
    struct freeze_segment *segment = &sweep->segments[sweep->segment_count++];
    *segment = (struct freeze_segment){
        .start_s = start_s,
        .end_s = end_s,
        .opens_s = start_s,
        .action = closing > 0 ? FREEZE_DENY : FREEZE_WARN,
        .first_cause = (uint32_t)sweep->cause_count,
    };
    add_causes(sweep, segment, &sweep->active[FREEZE_DENY]);
    add_causes(sweep, segment, &sweep->active[FREEZE_WARN]);
    segment->more_causes = closing + warning - segment->cause_count;
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
                                      struct sweep *sweep, size_t interval_count)
{
    struct edge_event *events = calloc(interval_count * 2, sizeof(*events));
    if (events == NULL)
        abort();
    uint32_t index = 0;
    for (size_t w = 0; w < window_count; w++) {
        for (size_t i = 0; windows[w].action != FREEZE_OPEN && i < windows[w].interval_count; i++, index++) {
            const struct interval *interval = &windows[w].intervals[i];
            sweep->intervals[index].window = &windows[w];
            events[index * 2] = (struct edge_event){interval->start_s, false, index};
            events[index * 2 + 1] = (struct edge_event){interval->end_s, true, index};
        }
    }
    qsort(events, interval_count * 2, sizeof(*events), compare_events);
    return events;
}

void freeze_timeline_build(struct arena *arena, const struct freeze_window *windows, size_t window_count,
                           struct freeze_timeline *ret_timeline)
{
    size_t interval_count = count_intervals(windows, window_count);
    *ret_timeline = (struct freeze_timeline){NULL, 0, NULL};
    if (interval_count == 0)
        return;
    if (interval_count >= UINT32_MAX / (2 * FREEZE_CAUSES_MOST))
        abort();

    struct sweep sweep = {0};
    for (size_t i = 0; i <= FREEZE_DENY; i++)
        sweep.active[i] = (struct active_list){NO_INTERVAL, NO_INTERVAL, 0};
    sweep.intervals = calloc(interval_count, sizeof(*sweep.intervals));
    if (sweep.intervals == NULL)
        abort();
    struct edge_event *events = make_events(windows, window_count, &sweep, interval_count);
    sweep.segments = arena_alloc_array(arena, interval_count * 2, sizeof(*sweep.segments));
    sweep.causes = calloc(interval_count * 2 * FREEZE_CAUSES_MOST, sizeof(*sweep.causes));
    if (sweep.causes == NULL)
        abort();

    for (size_t i = 0; i < interval_count * 2; i++) {
        if (i > 0)
            add_segment(&sweep, events[i - 1].at_s, events[i].at_s);
        if (events[i].opens)
            deactivate(&sweep, events[i].interval);
        else
            activate(&sweep, events[i].interval);
    }
    find_openings(sweep.segments, sweep.segment_count);

    const struct freeze_window **causes = arena_alloc_array(arena, sweep.cause_count, sizeof(*causes));
    for (size_t i = 0; i < sweep.cause_count; i++)
        causes[i] = sweep.causes[i];
    free(sweep.causes);
    free(sweep.intervals);
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
