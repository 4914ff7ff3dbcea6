/* One event: when it starts and ends, and the dates it lists. */
#include "ics_import_private.h"

#include "core/instant.h"

/* What the CRD takes, and what a recurring window can begin with. */
static const int64_t first_s = 0, last_s = 32503679999; /* 1970-01-01T00:00:00 to 2999-12-31T23:59:59 */

void ics_say(struct arena *arena, struct ics_item *item, enum ics_fate fate, const char *format, ...)
{
    enum { SAID_BYTES_MOST = 800 };
    va_list args;
    va_start(args, format);
    struct text said = arena_vprintf(arena, format, args);
    va_end(args);
    if (fate > item->fate)
        item->fate = fate;
    if (item->said.length == 0)
        item->said = said;
    else if (item->said.length < SAID_BYTES_MOST)
        item->said = arena_printf(arena, "%.*s. Also: %.*s", TEXT_ARGS(item->said), TEXT_ARGS(said));
}

/* The time that stands in `value`, in its zone. */
static bool read_moment(struct ics_importer *importer, const struct ics_item *item,
                        const struct ics_property *property, struct text value, enum occurrence occurrence,
                        struct ics_moment *ret, struct error *error)
{
    struct ics_time time;
    if (ics_read_time(text_trim(value), &time))
        return ics_resolve(importer, item->calendar, property, time, occurrence, ret, error);
    return error_set(error, ERROR_INPUT, "its %.*s \"%.*s\" cannot be read; correct it",
                     TEXT_ARGS(text_quote(&importer->arena, property->name, ICS_QUOTE_BYTES_MOST)),
                     TEXT_ARGS(text_quote(&importer->arena, value, ICS_QUOTE_BYTES_MOST)));
}

/* `span_s` later by the wall clock. */
static bool add_span(struct ics_importer *importer, const struct ics_item *item,
                     const struct ics_property *start, int64_t span_s, struct ics_moment *ret,
                     struct error *error)
{
    struct ics_time time;
    if (!ics_read_time(text_trim(start->value), &time)) /* it was read before */
        return error_set(error, ERROR_INPUT, "its start cannot be read; correct it");
    time.wall_s += span_s;
    return ics_resolve(importer, item->calendar, start, time, OCCURRENCE_SECOND, ret, error);
}

static bool read_span(struct ics_importer *importer, const struct ics_item *item, bool is_date,
                      int64_t *ret_span_s, struct error *error)
{
    const struct ics_property *duration = ics_get(item->component, "DURATION");
    *ret_span_s = is_date ? ICS_DAY_S : 0; /* RFC 5545 section 3.6.1: what has no end */
    if (duration == NULL || ics_read_duration(text_trim(duration->value), ret_span_s))
        return true;
    return error_set(error, ERROR_INPUT, "its DURATION \"%.*s\" cannot be read; correct it",
                     TEXT_ARGS(text_quote(&importer->arena, duration->value, ICS_QUOTE_BYTES_MOST)));
}

/* A start that its VTIMEZONE moved out of a gap onto or past the end takes the end along, as a window's does.
 */
static void move_out_of_gap(const struct ics_property *start, const struct ics_property *end,
                            struct ics_times *times)
{
    struct ics_time from, to;
    bool moved = times->start.by_definition && times->end.by_definition &&
                 times->end.wall_s <= times->start.wall_s &&
                 text_equal(ics_parameter(start, "TZID"), ics_parameter(end, "TZID"));
    if (moved && ics_read_time(text_trim(start->value), &from) && ics_read_time(text_trim(end->value), &to) &&
        to.wall_s > from.wall_s)
        times->end.wall_s = times->start.wall_s + (to.wall_s - from.wall_s);
}

static bool read_end(struct ics_importer *importer, const struct ics_item *item,
                     const struct ics_property *start, struct ics_times *times, struct error *error)
{
    const struct ics_property *end = ics_get(item->component, "DTEND");
    if (end == NULL)
        return read_span(importer, item, times->start.is_date, &times->span_s, error) &&
               add_span(importer, item, start, times->span_s, &times->end, error);
    if (!read_moment(importer, item, end, end->value, OCCURRENCE_SECOND, &times->end, error))
        return false;
    if (times->end.is_date != times->start.is_date)
        return error_set(error, ERROR_INPUT,
                         "one of DTSTART and DTEND is a date and the other has a time; correct it");
    move_out_of_gap(start, end, times);
    bool one_zone = text_equal(times->start.zone, times->end.zone);
    times->span_s =
        one_zone ? times->end.wall_s - times->start.wall_s
                 : ics_instant(&times->end, OCCURRENCE_SECOND) - ics_instant(&times->start, OCCURRENCE_FIRST);
    return true;
}

static bool check_span(const struct ics_moment *start, int64_t span_s, struct error *error)
{
    if (span_s == 0)
        return error_set(error, ERROR_INPUT, "it ends when it starts; give it an end");
    if (span_s < 0)
        return error_set(error, ERROR_INPUT, "it ends before it starts; correct it");
    if (start->wall_s < first_s + 2 * ICS_DAY_S)
        return error_set(error, ERROR_INPUT, "it starts before 1970; give it a later start");
    return span_s <= last_s - start->wall_s - 2 * ICS_DAY_S ||
           error_set(error, ERROR_INPUT, "it ends after the year 2999; give it an earlier end");
}

bool ics_read_times(struct ics_importer *importer, const struct ics_item *item, struct ics_times *ret_times,
                    struct error *error)
{
    struct ics_times times = {.span_s = 0};
    const struct ics_property *start = ics_get(item->component, "DTSTART");
    if (start == NULL)
        return error_set(error, ERROR_INPUT, "it has no DTSTART; give it one");
    if (!read_moment(importer, item, start, start->value, OCCURRENCE_FIRST, &times.start, error) ||
        !read_end(importer, item, start, &times, error) || !check_span(&times.start, times.span_s, error))
        return false;
    *ret_times = times;
    return true;
}

/* RDATE's "start/end" or "start/duration", or a start alone. */
static bool read_date(struct ics_importer *importer, const struct ics_item *item,
                      const struct ics_property *property, struct text value, const struct ics_times *times,
                      struct ics_once *ret, struct error *error)
{
    struct ics_once once;
    int64_t span_s = times->span_s;
    struct text start = ics_take(&value, '/');
    if (!read_moment(importer, item, property, start, OCCURRENCE_FIRST, &once.start, error))
        return false;
    if (once.start.is_date != times->start.is_date)
        return error_set(
            error, ERROR_INPUT, "its %.*s %.*s is %s and DTSTART is %s; write them alike",
            TEXT_ARGS(property->name), TEXT_ARGS(text_quote(&importer->arena, start, ICS_QUOTE_BYTES_MOST)),
            once.start.is_date ? "a date" : "a time", times->start.is_date ? "a date" : "a time");
    once.end = once.start;
    if (value.length > 0 && !ics_read_duration(text_trim(value), &span_s)) {
        if (!read_moment(importer, item, property, value, OCCURRENCE_SECOND, &once.end, error))
            return false;
        span_s = once.end.wall_s - once.start.wall_s; /* one property, so one zone, but for UTC */
        if (!text_equal(once.end.zone, once.start.zone))
            span_s = ics_instant(&once.end, OCCURRENCE_SECOND) - ics_instant(&once.start, OCCURRENCE_FIRST);
    } else {
        once.end.wall_s += span_s;
    }
    if (!check_span(&once.start, span_s, error))
        return error_prefix(error, "its %.*s %.*s: ", TEXT_ARGS(property->name),
                            TEXT_ARGS(text_quote(&importer->arena, start, ICS_QUOTE_BYTES_MOST)));
    *ret = once;
    return true;
}

void ics_read_dates(struct ics_importer *importer, struct ics_item *item, const char *name,
                    const struct ics_times *times, struct ics_once *dates, size_t *count)
{
    struct error error = {0};
    for (const struct ics_property *it = item->component->first; it != NULL; it = it->next) {
        struct text rest = it->value;
        while (text_equal_nocase(it->name, text_of(name)) && rest.length > 0) {
            if (*count == ICS_DATES_MOST) {
                ics_say(
                    &importer->arena, item, ICS_IN_PART,
                    "it has more than %d dates and the others are left out; use a rule or split the event",
                    ICS_DATES_MOST);
                return;
            }
            if (read_date(importer, item, it, ics_take(&rest, ','), times, &dates[*count], &error))
                (*count)++;
            else
                ics_say(&importer->arena, item, ICS_IN_PART, "%s", error.text);
        }
    }
}

bool ics_read_recurrence_id(struct ics_importer *importer, const struct ics_item *item,
                            struct ics_moment *ret_moment, struct error *error)
{
    const struct ics_property *id = ics_get(item->component, "RECURRENCE-ID");
    if (ics_parameter(id, "RANGE").length > 0)
        return error_set(error, ERROR_INPUT,
                         "it changes this and all later instances (RANGE); split the series into two events");
    return read_moment(importer, item, id, id->value, OCCURRENCE_FIRST, ret_moment, error);
}
