/* What a calendar tells of itself: causes, and where anything changes. */
#include "core/calendar.h"

/* ---- causes ---- */

struct causes {
    calendar_visit *visit;
    void *context;
    size_t visited, total;
};

static void add_cause(struct causes *causes, const struct freeze_spans *window, bool is_outside)
{
    causes->total++;
    if (causes->visited == FREEZE_CAUSES_MOST)
        return;
    causes->visited++;
    causes->visit(causes->context, window, is_outside);
}

/* The Freezes of a lane that close, or, where nothing closes, warn. */
static void add_freezes(struct causes *causes, const struct calendar_lane *lane, int64_t now_s, bool closed)
{
    const struct freeze_timeline *timeline = &lane->freezes;
    const struct freeze_causes *now = freeze_timeline_at(timeline, now_s).causes;
    if (now == NULL)
        return;
    size_t before = causes->total;
    for (uint32_t i = 0; i < now->listed; i++) {
        const struct freeze_spans *window = timeline->windows[now->first + i];
        if (freeze_closes(window->window->action) == closed)
            add_cause(causes, window, false);
    }
    causes->total = before + (closed ? now->closing : now->warning);
}

size_t calendar_causes(const struct calendar_view *view, int64_t now_s, calendar_visit *visit, void *context)
{
    struct causes causes = {visit, context, 0, 0};
    struct calendar_state state = calendar_at(view, now_s);
    bool closed = freeze_closes(state.action);
    size_t lane_count = view->calendar == NULL ? 0 : view->calendar->lane_count;
    for (size_t i = 0; state.freezes && i < lane_count; i++)
        if (view->applies == NULL || view->applies[i])
            add_freezes(&causes, &view->calendar->lanes[i], now_s, closed);
    for (size_t i = 0; state.outside && i < lane_count; i++) {
        const struct calendar_lane *lane = &view->calendar->lanes[i];
        if (view->applies != NULL && !view->applies[i])
            continue;
        for (size_t w = 0; w < lane->maintenance_count; w++)
            if (freeze_closes(lane->maintenance_windows[w]->window->action) == closed)
                add_cause(&causes, lane->maintenance_windows[w], true);
    }
    return causes.total;
}

/* ---- changes ---- */

static int64_t next_start(const struct freeze_timeline *timeline, int64_t now_s)
{
    size_t next = timeline->segment_count == 0 ? 0 : freeze_timeline_find(timeline, now_s) + 1;
    return next == timeline->segment_count ? FREEZE_NO_END : timeline->segments[next].start_s;
}

int64_t calendar_next_change(const struct calendar_view *view, int64_t now_s)
{
    int64_t next_s = FREEZE_NO_END;
    size_t lane_count = view->calendar == NULL ? 0 : view->calendar->lane_count;
    if (freeze_label_at(&view->label, now_s) != FREEZE_OPEN)
        next_s = view->label.until_s;
    for (size_t i = 0; i < lane_count; i++) {
        if (view->applies != NULL && !view->applies[i])
            continue;
        const struct calendar_lane *lane = &view->calendar->lanes[i];
        int64_t starts_s[] = {next_start(&lane->freezes, now_s), next_start(&lane->maintenance, now_s)};
        for (size_t s = 0; s < 2; s++)
            next_s = starts_s[s] < next_s ? starts_s[s] : next_s;
    }
    return view->calendar != NULL && next_s >= view->calendar->known_until_s ? FREEZE_NO_END : next_s;
}
