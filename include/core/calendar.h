/* core/calendar: all windows of one namespace, and what they say to one change.
 * Layer: core (standard C only). No clock: `now_s` is an argument.
 * Source: DESIGN section 4 (precedence, strictest action, true next opening).
 *
 * Windows about the same changes (equal scopes) share a lane, so that a decision asks each lane once, however
 * many windows there are. The rules, over the lanes that apply to a change:
 *   an active Freeze closes (or warns); else, where Maintenance windows apply, one of them must be active,
 *   or the strictest action among them counts; else it is open. The namespace's label is one more Freeze.
 */
#ifndef CHANGEGATE_CORE_CALENDAR_H
#define CHANGEGATE_CORE_CALENDAR_H

#include "core/freeze.h"

struct calendar_lane {
    const struct freeze_scope *scope;
    struct freeze_timeline freezes;
    struct freeze_timeline maintenance;                    /* "closed" in it means: one of them is on */
    enum freeze_action outside;                            /* the strictest of them; FREEZE_OPEN: none */
    const struct freeze_spans *const *maintenance_windows; /* each of them */
    size_t maintenance_count;
};

struct calendar {
    const struct calendar_lane *lanes;
    size_t lane_count;
    int64_t known_until_s; /* nothing is said about what is later; FREEZE_NO_END: all is known */
    bool reads_labels;     /* a window has an objectSelector */
};

/* Owned by `arena`; borrows what the spans point to. Suspended windows are left out. */
void calendar_build(struct arena *arena, const struct freeze_spans *const *spans, size_t span_count,
                    struct calendar *ret_calendar);

/* The part of a calendar that applies to one change. */
struct calendar_view {
    const struct calendar *calendar; /* NULL: no windows */
    const bool *applies;             /* for each lane; NULL: all of them */
    enum freeze_action outside;      /* of the Maintenance windows that apply */
    struct freeze_label label;       /* its action is FREEZE_OPEN where it does not apply */
};

/* `freeze_classes`: those whose `freeze` is true in the policy. The labels before the change count, those
 * after it only where there are none before; where they cannot be seen (/scale), an objectSelector is taken
 * to match. `arena` owns the result's parts. */
struct calendar_view calendar_view_of(const struct calendar *calendar, const struct freeze_label *label,
                                      const struct change *change, change_classes freeze_classes,
                                      struct arena *arena);

/* The same for any change whatever: every window counts. */
struct calendar_view calendar_view_whole(const struct calendar *calendar, const struct freeze_label *label);

struct calendar_state {
    enum freeze_action action;
    bool label;   /* the namespace's label has this action, or closes as well */
    bool freezes; /* ... and so do Freeze windows */
    bool outside; /* Maintenance windows apply and none is on */
};

struct calendar_state calendar_at(const struct calendar_view *view, int64_t now_s);

/* The first instant from now_s on that is not closed, over the union of everything; now_s itself when it is
 * not closed now; FREEZE_NO_END: none is known. */
int64_t calendar_next_opening(const struct calendar_view *view, int64_t now_s);

/* The first instant from now_s on that is closed; FREEZE_NO_END: none is known. */
int64_t calendar_next_closing(const struct calendar_view *view, int64_t now_s);

/* The first instant after now_s at which `action` of calendar_at or its causes may differ; FREEZE_NO_END:
 * none is known. For reports, not for decisions: it walks. */
int64_t calendar_next_change(const struct calendar_view *view, int64_t now_s);

/* Calls `visit` for the windows that make it closed at now_s (where it is open: those that warn), at most
 * FREEZE_CAUSES_MOST in all: Freezes first, then Maintenance windows that are not on. Returns how many there
 * are. */
typedef void calendar_visit(void *context, const struct freeze_spans *window, bool is_outside);
size_t calendar_causes(const struct calendar_view *view, int64_t now_s, calendar_visit *visit, void *context);

#endif
