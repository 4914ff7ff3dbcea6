#include "core/calendar.h"

#include <stdlib.h>

/* ---- building ---- */

struct numbered {
    const struct freeze_spans *spans;
    size_t number; /* as they were given: of several causes the same one comes first, wherever it lies in
                      memory */
};

static int compare_scopes(const void *left, const void *right)
{
    const struct numbered *a = left, *b = right;
    int order = text_compare(a->spans->window->scope.key, b->spans->window->scope.key);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* Those that are not suspended, equal scopes side by side. Returns how many there are. */
static size_t sort_by_scope(struct arena *arena, const struct freeze_spans *const *spans, size_t span_count,
                            const struct freeze_spans **ret_sorted)
{
    struct numbered *numbered = arena_alloc_array(arena, span_count, sizeof(*numbered));
    size_t count = 0;
    for (size_t i = 0; i < span_count; i++)
        if (!spans[i]->window->suspended)
            numbered[count++] = (struct numbered){spans[i], i};
    if (count > 0)
        qsort(numbered, count, sizeof(*numbered), compare_scopes);
    for (size_t i = 0; i < count; i++)
        ret_sorted[i] = numbered[i].spans;
    return count;
}

/* One lane of windows with equal scopes. */
static void build_lane(struct arena *arena, const struct freeze_spans *const *spans, size_t count,
                       struct calendar *calendar, struct calendar_lane *lane)
{
    const struct freeze_spans **freezes = arena_alloc_array(arena, count, sizeof(*freezes));
    const struct freeze_spans **maintenance = arena_alloc_array(arena, count, sizeof(*maintenance));
    size_t freeze_count = 0;
    lane->scope = &spans[0]->window->scope;
    calendar->reads_labels |= lane->scope->objects.requirement_count > 0;
    for (size_t i = 0; i < count; i++) {
        const struct freeze_window *window = spans[i]->window;
        if (window->type == WINDOW_FREEZE) {
            freezes[freeze_count++] = spans[i];
        } else {
            maintenance[lane->maintenance_count++] = spans[i];
            if (window->action > lane->outside)
                lane->outside = window->action;
        }
        if (spans[i]->known_until_s < calendar->known_until_s)
            calendar->known_until_s = spans[i]->known_until_s;
    }
    lane->maintenance_windows = maintenance;
    freeze_timeline_build(arena, freezes, freeze_count, &lane->freezes);
    freeze_timeline_build(arena, maintenance, lane->maintenance_count, &lane->maintenance);
}

void calendar_build(struct arena *arena, const struct freeze_spans *const *spans, size_t span_count,
                    struct calendar *ret_calendar)
{
    const struct freeze_spans **sorted = arena_alloc_array(arena, span_count, sizeof(*sorted));
    struct calendar calendar = {.known_until_s = FREEZE_NO_END};
    size_t count = sort_by_scope(arena, spans, span_count, sorted);
    struct calendar_lane *lanes = arena_alloc_array(arena, count, sizeof(*lanes));
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count; to++)
            if (!text_equal(sorted[from]->window->scope.key, sorted[to]->window->scope.key))
                break;
        build_lane(arena, &sorted[from], to - from, &calendar, &lanes[calendar.lane_count++]);
    }
    calendar.lanes = lanes;
    *ret_calendar = calendar;
}

/* ---- what applies ---- */

static bool includes_kind(const struct freeze_scope *scope, struct text kind)
{
    for (size_t i = 0; i < scope->kind_count; i++)
        if (text_equal(scope->kinds[i], kind))
            return true;
    return scope->kind_count == 0;
}

static bool selects_object(const struct freeze_scope *scope, const struct change *change)
{
    if (scope->objects.requirement_count == 0 || !change->has_labels)
        return true;
    return selector_matches(&scope->objects,
                            change->before.exists ? change->labels_before : change->labels_after);
}

static bool is_about(const struct freeze_scope *scope, const struct change *change,
                     change_classes freeze_classes)
{
    change_classes classes = scope->classes != 0 ? scope->classes : freeze_classes;
    return (classes & change->classes) != 0 && includes_kind(scope, change->kind) &&
           !principals_include(&scope->exempt, &change->user) && selects_object(scope, change);
}

static const struct freeze_label no_label = {.action = FREEZE_OPEN, .until_s = FREEZE_NO_END};

struct calendar_view calendar_view_of(const struct calendar *calendar, const struct freeze_label *label,
                                      const struct change *change, change_classes freeze_classes,
                                      struct arena *arena)
{
    struct calendar_view view = {.calendar = calendar, .label = no_label};
    if (freeze_classes & change->classes)
        view.label = *label;
    if (calendar == NULL || calendar->lane_count == 0)
        return view;
    bool *applies = arena_alloc_array(arena, calendar->lane_count, sizeof(*applies));
    for (size_t i = 0; i < calendar->lane_count; i++) {
        const struct calendar_lane *lane = &calendar->lanes[i];
        applies[i] = is_about(lane->scope, change, freeze_classes);
        if (applies[i] && lane->outside > view.outside)
            view.outside = lane->outside;
    }
    view.applies = applies;
    return view;
}

struct calendar_view calendar_view_whole(const struct calendar *calendar, const struct freeze_label *label)
{
    struct calendar_view view = {.calendar = calendar, .label = *label};
    for (size_t i = 0; calendar != NULL && i < calendar->lane_count; i++)
        if (calendar->lanes[i].outside > view.outside)
            view.outside = calendar->lanes[i].outside;
    return view;
}

/* ---- at an instant ---- */

/* The next lane that applies, from *index on, or NULL; *index moves behind it. */
static const struct calendar_lane *next_lane(const struct calendar_view *view, size_t *index)
{
    if (view->calendar == NULL)
        return NULL;
    while (*index < view->calendar->lane_count) {
        size_t i = (*index)++;
        if (view->applies == NULL || view->applies[i])
            return &view->calendar->lanes[i];
    }
    return NULL;
}

/* When the Maintenance windows stop being on (or, when none is, start): on while any lane's are. */
struct maintenance {
    bool on;
    int64_t turns_s;
};

static struct maintenance maintenance_at(const struct calendar_view *view, int64_t now_s)
{
    struct maintenance state = {false, FREEZE_NO_END};
    const struct calendar_lane *lane;
    int64_t on_until_s = now_s, starts_s = FREEZE_NO_END;
    for (size_t i = 0; (lane = next_lane(view, &i)) != NULL;) {
        struct freeze_point point = freeze_timeline_at(&lane->maintenance, now_s);
        bool on = freeze_closes(point.action);
        state.on |= on;
        if (on && point.turns_s > on_until_s)
            on_until_s = point.turns_s;
        if (!on && point.turns_s < starts_s)
            starts_s = point.turns_s;
    }
    state.turns_s = state.on ? on_until_s : starts_s;
    return state;
}

struct calendar_state calendar_at(const struct calendar_view *view, int64_t now_s)
{
    struct calendar_state state = {.action = FREEZE_OPEN};
    enum freeze_action label = freeze_label_at(&view->label, now_s), freezes = FREEZE_OPEN;
    const struct calendar_lane *lane;
    for (size_t i = 0; (lane = next_lane(view, &i)) != NULL;) {
        enum freeze_action action = freeze_timeline_at(&lane->freezes, now_s).action;
        freezes = action > freezes ? action : freezes;
    }
    state.outside = view->outside != FREEZE_OPEN && !maintenance_at(view, now_s).on;
    enum freeze_action outside = state.outside ? view->outside : FREEZE_OPEN;
    state.action = label > freezes ? label : freezes;
    if (outside > state.action)
        state.action = outside;
    bool closed = freeze_closes(state.action);
    state.label = closed ? freeze_closes(label) : label == state.action && label != FREEZE_OPEN;
    state.freezes = closed ? freeze_closes(freezes) : freezes == state.action && freezes != FREEZE_OPEN;
    state.outside &= closed ? freeze_closes(outside) : outside == state.action;
    return state;
}

/* ---- the next opening and closing ---- */

static int64_t within_knowledge(const struct calendar_view *view, int64_t instant_s)
{
    bool known = view->calendar == NULL || instant_s < view->calendar->known_until_s;
    return known ? instant_s : FREEZE_NO_END;
}

/* One step out of everything that closes at now_s; now_s when nothing does. */
static int64_t step_out(const struct calendar_view *view, int64_t now_s)
{
    const struct calendar_lane *lane;
    if (freeze_closes(freeze_label_at(&view->label, now_s)))
        now_s = view->label.until_s;
    for (size_t i = 0; now_s != FREEZE_NO_END && (lane = next_lane(view, &i)) != NULL;) {
        struct freeze_point point = freeze_timeline_at(&lane->freezes, now_s);
        if (freeze_closes(point.action))
            now_s = point.turns_s;
    }
    if (now_s == FREEZE_NO_END || !freeze_closes(view->outside))
        return now_s;
    struct maintenance maintenance = maintenance_at(view, now_s);
    return maintenance.on ? now_s : maintenance.turns_s;
}

int64_t calendar_next_opening(const struct calendar_view *view, int64_t now_s)
{
    int64_t at_s = now_s;
    for (int64_t next_s = step_out(view, at_s); next_s != at_s; next_s = step_out(view, at_s))
        at_s = next_s;
    return at_s == now_s ? now_s : within_knowledge(view, at_s);
}

/* When no Maintenance window is on any more: behind all that follow one another. */
static int64_t maintenance_ends(const struct calendar_view *view, int64_t now_s)
{
    struct maintenance maintenance = maintenance_at(view, now_s);
    while (maintenance.on && now_s != FREEZE_NO_END) {
        now_s = maintenance.turns_s;
        maintenance = maintenance_at(view, now_s);
    }
    return now_s;
}

int64_t calendar_next_closing(const struct calendar_view *view, int64_t now_s)
{
    const struct calendar_lane *lane;
    int64_t closes_s = FREEZE_NO_END;
    if (freeze_closes(calendar_at(view, now_s).action))
        return now_s;
    for (size_t i = 0; (lane = next_lane(view, &i)) != NULL;) {
        struct freeze_point point = freeze_timeline_at(&lane->freezes, now_s);
        closes_s = point.turns_s < closes_s ? point.turns_s : closes_s;
    }
    if (freeze_closes(view->outside)) {
        int64_t ends_s = maintenance_ends(view, now_s);
        closes_s = ends_s < closes_s ? ends_s : closes_s;
    }
    return within_knowledge(view, closes_s);
}
