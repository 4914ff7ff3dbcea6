#include "window_reporter_private.h"

#include "edge/kept_text.h"
#include "edge/message_log.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MOST = 200, NEWS_S = 3600 };

void reported_done(struct reported *reported)
{
    free(reported->name);
    free(reported->uid);
    free(reported->event_name);
    free(reported->event_message);
}

struct text reported_name(const struct reported *reported)
{
    return text_of(reported->name);
}

void reported_event_done(struct reported *reported)
{
    reported->event_reason = NULL;
}

bool reported_event(const struct reported *reported, struct window_event *ret_event)
{
    if (reported->event_reason == NULL)
        return false;
    *ret_event = (struct window_event){
        .window = text_of(reported->name),
        .uid = text_of(reported->uid),
        .name = text_of(reported->event_name),
        .reason = reported->event_reason,
        .is_warning = reported->event_is_warning,
        .message = text_of(reported->event_message),
    };
    return true;
}

/* ---- Events ---- */

/* `happening` and the uid make the name: the same in every replica, and another one for a window of the same
 * name that is made anew with the same start. */
static void plan_event(struct reported *reported, const char *reason, struct text happening,
                       struct text message, struct arena *arena)
{
    struct text window = text_slice(text_of(reported->name), 0, NAME_BYTES_MOST);
    free(reported->event_name);
    free(reported->event_message);
    reported->event_name = kept_text(
        arena_printf(arena, "%.*s.%.8s.%.*s", TEXT_ARGS(window), reported->uid, TEXT_ARGS(happening)));
    reported->event_message = kept_text(message);
    reported->event_reason = reason;
    reported->event_is_warning = false;
}

static const char *reason_of(const struct reported *reported, bool on)
{
    if (reported->maintenance)
        return on ? "MaintenanceStarted" : "MaintenanceEnded";
    return on ? "FreezeStarted" : "FreezeEnded";
}

static int64_t last_end(const struct freeze_spans *spans, int64_t now_s)
{
    int64_t end_s = INT64_MIN;
    for (size_t i = 0; i < spans->interval_count && spans->intervals[i].end_s <= now_s; i++)
        end_s = spans->intervals[i].end_s;
    return end_s;
}

/* An instant of the calendar where that is what turned it, else the edit that did. */
static struct text happening_of(const struct calendars_window *window, const struct freeze_moment *moment,
                                bool edited, int64_t generation, int64_t now_s, struct arena *arena)
{
    int64_t at_s = moment->on              ? moment->since_s
                   : window->spans == NULL ? INT64_MIN
                                           : last_end(window->spans, now_s);
    if (!edited && at_s > now_s - NEWS_S && at_s <= now_s)
        return arena_printf(arena, "%llx", (unsigned long long)at_s);
    return arena_printf(arena, "g%llx%s", (unsigned long long)generation, moment->on ? "s" : "e");
}

static struct text message_of(const struct calendars_window *window, const struct freeze_moment *moment,
                              struct arena *arena)
{
    const struct freeze_window *said = &window->window->said;
    struct text when = moment->next_s == FREEZE_NO_END
                           ? text_of(moment->on ? "with no known end" : "with no known next start")
                           : arena_printf(arena, "%s %.*s", moment->on ? "until" : "until it starts again",
                                          TEXT_ARGS(zone_format(said->zone, moment->next_s, arena)));
    struct text why = said->reason.length == 0
                          ? TEXT_EMPTY
                          : arena_printf(arena, " (%.*s)", TEXT_ARGS(text_quote(arena, said->reason, 200)));
    return arena_printf(arena, "%s, %.*s; action %s%.*s", moment->on ? "on" : "off", TEXT_ARGS(when),
                        freeze_action_name(said->action), TEXT_ARGS(why));
}

static void tell_unusable(struct reported *reported, const struct calendars_window *window,
                          struct arena *arena)
{
    if (reported->unusable_generation == reported->generation)
        return;
    reported->unusable_generation = reported->generation;
    struct text faults = text_quote(arena, window_faults_join(window->faults, arena), 700);
    message_error("FreezeWindow %s cannot be used and closes nothing: %.*s", reported->name,
                  TEXT_ARGS(faults));
    plan_event(reported, "WindowUnusable",
               arena_printf(arena, "u%llx", (unsigned long long)reported->generation),
               arena_printf(arena, "cannot be used and closes nothing: %.*s", TEXT_ARGS(faults)), arena);
    reported->event_is_warning = true;
}

/* ---- one window ---- */

static void update_one(struct reported *reported, const struct calendars_window *window,
                       const struct window_object *object, int64_t now_s)
{
    struct arena arena = {NULL, 0};
    struct freeze_moment moment = {false, FREEZE_NO_END, FREEZE_NO_END};
    bool first = reported->uid == NULL, edited = !first && reported->generation != object->generation;
    if (first) {
        reported->uid = kept_text(object->uid);
        reported->on = window_status_was_active(object);
    }
    reported->generation = object->generation;
    reported->maintenance =
        window->window != NULL ? window->window->said.type == WINDOW_MAINTENANCE : reported->maintenance;
    if (window->spans != NULL && !window->window->said.suspended)
        moment = freeze_spans_at(window->spans, now_s);
    if (window->window == NULL)
        tell_unusable(reported, window, &arena);
    else if (moment.on != reported->on)
        plan_event(reported, reason_of(reported, moment.on),
                   happening_of(window, &moment, edited, object->generation, now_s, &arena),
                   message_of(window, &moment, &arena), &arena);
    reported->on = moment.on;
    arena_done(&arena);
}

static void update_gone(struct reported *reported)
{
    struct arena arena = {NULL, 0};
    if (!reported->gone && reported->on)
        plan_event(reported, reason_of(reported, false), text_of("d"), text_of("off: the window was deleted"),
                   &arena);
    reported->gone = true;
    reported->on = false;
    reported->index = SIZE_MAX;
    arena_done(&arena);
}

/* ---- all windows ---- */

/* Two lists in the order of names become one. */
struct merging {
    struct reported *known; /* what was reported on */
    size_t count, at;
    struct reported *all; /* what there is to report on now */
    size_t all_count;
};

/* What sorts before `name` (NULL `at`: all that is left) is gone from the cluster. */
static void pass_gone(struct merging *merging, struct text name)
{
    for (; merging->at < merging->count; merging->at++) {
        struct reported *reported = &merging->known[merging->at];
        if (name.at != NULL && text_compare(text_of(reported->name), name) >= 0)
            return;
        update_gone(reported);
        if (reported->event_reason != NULL)
            merging->all[merging->all_count++] = *reported; /* until its Event is written */
        else
            reported_done(reported);
    }
}

static struct reported take_known(struct merging *merging, const struct window_object *object)
{
    bool known = merging->at < merging->count && text_is(object->name, merging->known[merging->at].name);
    struct reported reported =
        known ? merging->known[merging->at++] : (struct reported){.name = kept_text(object->name)};
    if (reported.gone || (reported.uid != NULL && !text_is(object->uid, reported.uid))) {
        free(reported.uid); /* deleted and made again: another window */
        reported.uid = NULL;
        reported_event_done(&reported);
        reported.unusable_generation = 0;
        reported.gone = false;
    }
    return reported;
}

size_t reported_update(struct reported **windows, size_t count, const struct calendars *calendars,
                       const struct window_store *store, int64_t now_s)
{
    size_t window_count = calendars_window_count(calendars);
    struct merging merging = {.known = *windows, .count = count};
    merging.all = calloc(window_count + count + 1, sizeof(*merging.all));
    if (merging.all == NULL)
        abort();
    for (size_t i = 0; i < window_count; i++) {
        struct calendars_window window = calendars_window(calendars, i);
        const struct window_object *object = window_store_find(store, window.name);
        if (object == NULL)
            continue;
        pass_gone(&merging, window.name);
        struct reported reported = take_known(&merging, object);
        reported.index = i;
        update_one(&reported, &window, object, now_s);
        merging.all[merging.all_count++] = reported;
    }
    pass_gone(&merging, TEXT_EMPTY);
    free(merging.known);
    *windows = merging.all;
    return merging.all_count;
}
