#include "cli/freezes_runs.h"

#include "codec/timeline.h"

#include <string.h>

/* Far enough that a rule which ends is known to its end: farther than any look ahead. */
#define FARTHEST_S (INT64_C(20) * 366 * 24 * 3600)

/* Everything from from_s on, as far as a look ahead at to_s would see. */
static void expand(const struct window *window, int64_t from_s, int64_t to_s, int64_t horizon_s,
                   struct arena *arena, struct freeze_spans *ret_spans)
{
    timeline_expand_ahead(window, to_s, horizon_s, arena, ret_spans);
    int64_t known_s = ret_spans->known_until_s;
    struct timeline_range range = {from_s - 1, known_s == FREEZE_NO_END ? to_s + FARTHEST_S : known_s};
    timeline_expand(window, range, arena, ret_spans);
}

const struct freezes_calendar *freezes_expand(const struct freezes_scope *scope, int64_t from_s, int64_t to_s,
                                              struct arena *arena)
{
    struct freezes_calendar *calendar = arena_alloc(arena, sizeof(*calendar));
    struct freeze_spans *spans = arena_alloc_array(arena, scope->window_count, sizeof(*spans));
    const struct freeze_spans **all = arena_alloc_array(arena, scope->window_count, sizeof(*all));
    int64_t horizon_s = timeline_horizon(scope->windows, scope->window_count, to_s);
    for (size_t i = 0; i < scope->window_count; i++) {
        expand(scope->windows[i], from_s, to_s, horizon_s, arena, &spans[i]);
        all[i] = &spans[i];
    }
    calendar_build(arena, all, scope->window_count, &calendar->calendar);
    calendar->view = calendar_view_whole(&calendar->calendar, &scope->label);
    calendar->spans = spans;
    calendar->span_count = scope->window_count;
    return calendar;
}

const struct freezes_calendar *freezes_with_label(const struct freezes_calendar *calendar,
                                                  const struct freezes_scope *scope, struct arena *arena)
{
    struct freezes_calendar *other = arena_alloc(arena, sizeof(*other));
    *other = *calendar;
    other->view = calendar_view_whole(&calendar->calendar, &scope->label);
    return other;
}

struct names {
    struct arena *arena;
    struct text *items;
    size_t count, room;
};

static void add_name(struct names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal(names->items[i], name))
            return;
    if (names->count == names->room) {
        names->room = names->room == 0 ? 8 : names->room * 2;
        struct text *larger = arena_alloc_array(names->arena, names->room, sizeof(*larger));
        if (names->count > 0)
            memcpy(larger, names->items, names->count * sizeof(*larger));
        names->items = larger;
    }
    names->items[names->count++] = name;
}

/* Whether a window has part in what `state` says: all of them, and not only as many as a denial names. */
static bool has_part(const struct freeze_spans *spans, const struct calendar_state *state, int64_t at_s)
{
    const struct freeze_window *window = spans->window;
    bool is_kind = window->type == WINDOW_FREEZE ? state->freezes : state->outside;
    if (window->suspended || !is_kind || freeze_closes(window->action) != freeze_closes(state->action))
        return false;
    return window->type == WINDOW_MAINTENANCE || freeze_spans_at(spans, at_s).on;
}

static void add_causes(struct names *names, const struct freezes_calendar *calendar, int64_t at_s)
{
    struct calendar_state state = calendar_at(&calendar->view, at_s);
    if (state.label)
        add_name(names, text_of(FREEZES_LABEL_NAME));
    for (size_t i = 0; i < calendar->span_count; i++)
        if (has_part(&calendar->spans[i], &state, at_s))
            add_name(names, calendar->spans[i].window->name);
}

const struct text *freezes_causes(const struct freezes_calendar *calendar, int64_t at_s, struct arena *arena,
                                  size_t *ret_count)
{
    struct names names = {.arena = arena};
    add_causes(&names, calendar, at_s);
    *ret_count = names.count;
    return names.items;
}

/* From at_s on, as long as the action stays the same. */
static struct freezes_run follow(const struct freezes_calendar *calendar, int64_t at_s, struct arena *arena)
{
    struct freezes_run run = {.start_s = at_s, .action = calendar_at(&calendar->view, at_s).action};
    struct names names = {.arena = arena};
    while (at_s != FREEZE_NO_END && calendar_at(&calendar->view, at_s).action == run.action) {
        if (run.action != FREEZE_OPEN)
            add_causes(&names, calendar, at_s);
        at_s = calendar_next_change(&calendar->view, at_s);
    }
    run.end_s = at_s;
    run.windows = names.items;
    run.window_count = names.count;
    return run;
}

struct freezes_runs freezes_runs_list(const struct freezes_calendar *calendar, int64_t from_s, int64_t to_s,
                                      struct arena *arena)
{
    size_t count = 0, room = 64;
    int64_t first_s = from_s;
    struct freezes_run *runs = arena_alloc_array(arena, room, sizeof(*runs));
    while (from_s < to_s) {
        struct freezes_run run = follow(calendar, from_s, arena);
        run.began_before = from_s == first_s && calendar_at(&calendar->view, from_s - 1).action == run.action;
        from_s = run.end_s;
        if (run.action == FREEZE_OPEN)
            continue;
        if (count == room) {
            struct freezes_run *larger = arena_alloc_array(arena, room * 2, sizeof(*larger));
            memcpy(larger, runs, count * sizeof(*larger));
            runs = larger;
            room *= 2;
        }
        runs[count++] = run;
    }
    return (struct freezes_runs){runs, count};
}
