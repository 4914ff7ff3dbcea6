/* When a window is on, as written: `once` becomes UTC here, `recurring` is checked. */
#include "policy_private.h"

#include "codec/window.h"
#include "core/instant.h"

#include <stdlib.h>

enum { DAY_S = 86400, END_AFTER_DAYS_MOST = 366, YEAR_LEAST = 1900 };

/* A freeze is never shorter than written, nor is a closed time around a Maintenance window. */
static enum occurrence occurrence_of_end(const struct freeze_window *window)
{
    return window->type == WINDOW_FREEZE ? OCCURRENCE_SECOND : OCCURRENCE_FIRST;
}

static bool check_runway(struct policy_reader *reader, struct policy_map entry,
                         const struct freeze_window *window, int64_t length_s)
{
    return window->runway_s == 0 || window->runway_s < length_s ||
           policy_fail(reader, entry.node, entry.path,
                       "is not longer than minimumRunway, so nothing could ever start in it; shorten "
                       "minimumRunway");
}

/* ---- once ---- */

/* One end of a window. */
struct end {
    int64_t instant_s;
    bool local;     /* written without an offset */
    int64_t wall_s; /* of a local one: what the wall clock shows */
};

/* "2026-11-20T00:00:00" in the window's zone, or RFC 3339 with an offset. */
static bool read_time(struct policy_reader *reader, struct policy_map entry, const char *key,
                      const struct zone *zone, enum occurrence occurrence, struct end *ret_end)
{
    struct text written = TEXT_EMPTY, path = policy_path(reader, entry.path, key);
    struct wall_time wall;
    if (!policy_get_text(reader, entry, key, &written))
        return false;
    if (written.at == NULL) /* an end may be missing; the caller saw to the start */
        return true;
    const struct yaml_node *node = policy_find(entry, key);
    struct text quoted = text_quote(reader->arena, written, 40);
    if (instant_parse(written, &ret_end->instant_s))
        return true;
    if (!wall_time_parse(written, &wall))
        return policy_fail(
            reader, node, path,
            "\"%.*s\" is no time; write '2026-11-20T00:00:00' (local) or RFC 3339 with an offset",
            TEXT_ARGS(quoted));
    if (zone == NULL)
        return policy_fail(reader, node, path,
                           "\"%.*s\" is a local time and the window has no timeZone; add one, or an offset",
                           TEXT_ARGS(quoted));
    ret_end->local = true;
    ret_end->wall_s = wall_time_seconds(wall);
    ret_end->instant_s = zone_instant(zone, ret_end->wall_s, occurrence);
    return true;
}

static bool read_once(struct policy_reader *reader, struct policy_map entry,
                      const struct freeze_window *window, struct interval *ret)
{
    static const char *const fields[] = {"start", "end", NULL};
    struct end start = {.local = false}, end = {.instant_s = FREEZE_NO_END};
    if (!policy_check_map(reader, entry, fields))
        return false;
    if (policy_find(entry, "start") == NULL)
        return policy_fail(reader, entry.node, entry.path, "start is missing; write when it starts");
    if (!read_time(reader, entry, "start", window->zone, OCCURRENCE_FIRST, &start) ||
        !read_time(reader, entry, "end", window->zone, occurrence_of_end(window), &end))
        return false;
    /* A start that was moved out of a DST gap onto or past its end takes the end along. */
    if (start.local && end.local && end.wall_s > start.wall_s && end.instant_s <= start.instant_s)
        end.instant_s = start.instant_s + (end.wall_s - start.wall_s);
    if (end.instant_s <= start.instant_s)
        return policy_fail(reader, policy_find(entry, "end"), policy_path(reader, entry.path, "end"),
                           "is not after the start; exchange or correct them");
    *ret = (struct interval){start.instant_s, end.instant_s};
    return end.instant_s == FREEZE_NO_END ||
           check_runway(reader, entry, window, end.instant_s - start.instant_s);
}

static bool read_all_once(struct policy_reader *reader, struct policy_map map, const struct yaml_node *list,
                          struct window *window)
{
    struct interval *once = arena_alloc_array(reader->arena, list->child_count, sizeof(*once));
    bool good = true;
    for (size_t i = 0; i < list->child_count; i++) {
        struct text path = policy_path_index(reader, policy_path(reader, map.path, "once"), i);
        good &= read_once(reader, (struct policy_map){&list->children[i], path}, &window->said, &once[i]);
    }
    window->once = once;
    window->once_count = list->child_count;
    return good;
}

/* ---- recurring ---- */

/* "16:00" or "16:00:00", seconds of the day; "24:00" where `may_end_day`. */
static bool read_time_of_day(struct policy_reader *reader, struct policy_map entry, const char *key,
                             bool may_end_day, int64_t *ret_s)
{
    struct text written = TEXT_EMPTY, path = policy_path(reader, entry.path, key);
    struct wall_time time;
    if (!policy_get_text(reader, entry, key, &written))
        return false;
    if (written.at == NULL)
        return policy_fail(reader, entry.node, entry.path, "%s is missing; write a time of day such as '%s'",
                           key, may_end_day ? "24:00" : "16:00");
    if (may_end_day && (text_is(written, "24:00") || text_is(written, "24:00:00"))) {
        *ret_s = DAY_S;
        return true;
    }
    struct text as_date = arena_printf(reader->arena, "1970-01-01T%.*s", TEXT_ARGS(written));
    if (!wall_time_parse(as_date, &time))
        return policy_fail(reader, policy_find(entry, key), path,
                           "\"%.*s\" is no time of day; write one from '00:00' to '%s'",
                           TEXT_ARGS(text_quote(reader->arena, written, 40)),
                           may_end_day ? "24:00" : "23:59");
    *ret_s = wall_time_seconds(time);
    return true;
}

static bool parse_day(struct policy_reader *reader, const struct yaml_node *node, struct text path,
                      struct text written, int64_t *ret_day)
{
    struct wall_time time;
    struct text as_time = arena_printf(reader->arena, "%.*sT00:00:00", TEXT_ARGS(written));
    if (written.length != 10 || !wall_time_parse(as_time, &time) || time.year < YEAR_LEAST)
        return policy_fail(reader, node, path,
                           "\"%.*s\" is no day from 1900 on; write one such as '2026-11-20'",
                           TEXT_ARGS(text_quote(reader->arena, written, 40)));
    *ret_day = wall_time_seconds(time) / DAY_S;
    return true;
}

static bool read_day(struct policy_reader *reader, struct policy_map entry, const char *key, int64_t *day)
{
    struct text written = TEXT_EMPTY;
    if (!policy_get_text(reader, entry, key, &written))
        return false;
    return written.at == NULL ||
           parse_day(reader, policy_find(entry, key), policy_path(reader, entry.path, key), written, day);
}

static int compare_days(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static bool read_exdates(struct policy_reader *reader, struct policy_map entry, struct recurring *recurring)
{
    const struct text *written = NULL;
    size_t count = 0;
    bool good = policy_get_texts(reader, entry, "exdates", &written, &count);
    int64_t *days = arena_alloc_array(reader->arena, count, sizeof(*days));
    for (size_t i = 0; good && i < count; i++)
        good = parse_day(reader, &policy_find(entry, "exdates")->children[i],
                         policy_path_index(reader, policy_path(reader, entry.path, "exdates"), i), written[i],
                         &days[i]);
    if (count > 0)
        qsort(days, count, sizeof(*days), compare_days);
    recurring->exdates = days;
    recurring->exdate_count = count;
    return good;
}

static bool read_rule(struct policy_reader *reader, struct policy_map entry, struct recurring *recurring)
{
    struct text written = TEXT_EMPTY, path = policy_path(reader, entry.path, "rrule");
    struct error fault = {0};
    if (!policy_get_text(reader, entry, "rrule", &written))
        return false;
    if (written.at == NULL)
        return policy_fail(reader, entry.node, entry.path,
                           "rrule is missing; write one such as FREQ=WEEKLY;BYDAY=FR");
    const struct yaml_node *node = policy_find(entry, "rrule");
    if (!recurrence_read(reader->arena, written, &recurring->rule, &fault))
        return policy_fail(reader, node, path, "%s", fault.text);
    if (recurring->rule.counts_from != NULL && recurring->from == WINDOW_NO_DAY)
        return policy_fail(reader, entry.node, entry.path, "from is missing; write the first day, since %s",
                           recurring->rule.counts_from);
    int64_t from = recurring->from == WINDOW_NO_DAY ? 0 : recurring->from;
    return recurrence_matches(&recurring->rule, from) ||
           policy_fail(reader, node, path, "\"%.*s\" matches no day at all; correct it",
                       TEXT_ARGS(text_quote(reader->arena, written, 120)));
}

/* Where the end falls: an end not after the start falls on the next day. */
static bool read_span(struct policy_reader *reader, struct policy_map entry, struct recurring *recurring)
{
    int64_t days = -1;
    bool good = read_time_of_day(reader, entry, "start", false, &recurring->start_s);
    good = read_time_of_day(reader, entry, "end", true, &recurring->end_s) && good;
    if (!policy_get_integer(reader, entry, "endAfterDays", 0, END_AFTER_DAYS_MOST, &days) || !good)
        return false;
    bool same_day = recurring->end_s > recurring->start_s;
    if (days == 0 && !same_day)
        return policy_fail(reader, entry.node, entry.path,
                           "end is not after start on the same day; correct them, or write endAfterDays: 1");
    recurring->end_after_days = days >= 0 ? days : same_day ? 0 : 1;
    return true;
}

static bool read_recurring(struct policy_reader *reader, struct policy_map entry,
                           const struct freeze_window *window, struct recurring *recurring)
{
    static const char *const fields[] = {"rrule", "start",   "end",          "from",
                                         "until", "exdates", "endAfterDays", NULL};
    recurring->from = recurring->until = WINDOW_NO_DAY;
    if (!policy_check_map(reader, entry, fields))
        return false;
    if (window->zone == NULL)
        return policy_fail(reader, entry.node, entry.path,
                           "has local times and the window has no timeZone; add one");
    bool good = read_span(reader, entry, recurring);
    good = read_day(reader, entry, "until", &recurring->until) && good;
    good = read_exdates(reader, entry, recurring) && good;
    if (!read_day(reader, entry, "from", &recurring->from) || !read_rule(reader, entry, recurring))
        return false;
    if (recurring->until != WINDOW_NO_DAY && recurring->until < recurring->from)
        return policy_fail(reader, policy_find(entry, "until"), policy_path(reader, entry.path, "until"),
                           "is before from; exchange or correct them");
    return good && check_runway(reader, entry, window,
                                recurring->end_after_days * DAY_S + recurring->end_s - recurring->start_s);
}

static bool read_all_recurring(struct policy_reader *reader, struct policy_map map,
                               const struct yaml_node *list, struct window *window)
{
    struct recurring *recurring = arena_alloc_array(reader->arena, list->child_count, sizeof(*recurring));
    bool good = true;
    for (size_t i = 0; i < list->child_count; i++) {
        struct text path = policy_path_index(reader, policy_path(reader, map.path, "recurring"), i);
        good = read_recurring(reader, (struct policy_map){&list->children[i], path}, &window->said,
                              &recurring[i]) &&
               good;
    }
    window->recurring = recurring;
    window->recurring_count = list->child_count;
    return good;
}

bool window_read_times(struct policy_reader *reader, struct policy_map map, struct window *window)
{
    const struct yaml_node *once, *recurring;
    if (!policy_get_list(reader, map, "once", &once) ||
        !policy_get_list(reader, map, "recurring", &recurring))
        return false;
    bool has_once = once != NULL && once->child_count > 0;
    bool has_recurring = recurring != NULL && recurring->child_count > 0;
    if (!has_once && !has_recurring)
        return policy_fail(
            reader, map.node, map.path,
            "once and recurring are missing; list at least one {start, end} under one of them");
    bool good = !has_once || read_all_once(reader, map, once, window);
    return (!has_recurring || read_all_recurring(reader, map, recurring, window)) && good;
}
