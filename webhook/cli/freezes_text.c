/* What people read: a calendar with the closed days marked, and the list of transitions. */
#include "cli/freezes_report.h"

#include "core/instant.h"

enum { DAY_S = 86400, DAYS_OF_WEEK = 7 };

static void print(struct json_text_buffer *out, struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void print(struct json_text_buffer *out, struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_text_raw(out, arena_vprintf(arena, format, args));
    va_end(args);
}

/* ---- months ---- */

/* How a day reads: closed from end to end, in part, only warned about, or open. */
static char mark_of_day(const struct freezes_report *report, int64_t start_s, int64_t end_s)
{
    int64_t closed_s = 0;
    bool warned = false;
    for (size_t i = 0; i < report->runs.count; i++) {
        const struct freezes_run *run = &report->runs.items[i];
        int64_t from_s = run->start_s > start_s ? run->start_s : start_s;
        int64_t to_s = run->end_s < end_s ? run->end_s : end_s;
        if (from_s >= to_s)
            continue;
        if (freeze_closes(run->action))
            closed_s += to_s - from_s;
        else
            warned = true;
    }
    if (closed_s > 0)
        return closed_s >= end_s - start_s ? '#' : '/';
    return warned ? '~' : ' ';
}

static int64_t midnight(const struct zone *zone, int64_t day)
{
    return zone == NULL ? day * DAY_S : zone_instant(zone, day * DAY_S, OCCURRENCE_FIRST);
}

static void write_month(const struct freezes_report *report, int year, int month, struct arena *arena,
                        struct json_text_buffer *out)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    int64_t first = days_from_date(year, month, 1);
    int64_t end = month == 12 ? days_from_date(year + 1, 1, 1) : days_from_date(year, month + 1, 1);
    struct text zone = report->zone == NULL ? text_of("UTC") : report->zone->name;
    print(out, arena, "\n%s %d (%.*s)\n Mo  Tu  We  Th  Fr  Sa  Su\n", names[month - 1], year,
          TEXT_ARGS(zone));
    for (unsigned i = 0; i < weekday_of_day(first); i++)
        json_text_raw_str(out, "    ");
    for (int64_t day = first; day < end; day++) {
        int64_t start_s = midnight(report->zone, day), end_s = midnight(report->zone, day + 1);
        bool shown =
            end_s > report->from_s && start_s < report->to_s; /* of other days nothing is known here */
        char mark = shown ? mark_of_day(report, start_s, end_s) : ' ';
        bool last = weekday_of_day(day) == DAYS_OF_WEEK - 1 || day + 1 == end;
        print(out, arena, " %2d", (int)(day - first + 1));
        if (mark != ' ' || !last)
            print(out, arena, "%c", mark);
        if (last)
            json_text_raw_str(out, "\n");
    }
}

static struct wall_time wall_at(const struct zone *zone, int64_t instant_s)
{
    return wall_time_from_seconds(instant_s + (zone == NULL ? 0 : zone_offset_at(zone, instant_s)));
}

static void write_months(const struct freezes_report *report, struct arena *arena,
                         struct json_text_buffer *out)
{
    enum { MONTHS_MOST = 24 };
    struct wall_time from = wall_at(report->zone, report->from_s),
                     to = wall_at(report->zone, report->to_s - 1);
    int months = (to.year - from.year) * 12 + to.month - from.month + 1;
    for (int i = 0; i < months && i < MONTHS_MOST; i++) {
        int month = from.month - 1 + i;
        write_month(report, from.year + month / 12, month % 12 + 1, arena, out);
    }
    json_text_raw_str(out, "\n # closed all day   / closed for a part of it   ~ changes are warned about\n");
    if (months > MONTHS_MOST)
        print(out, arena, " The first %d months are drawn; the list below is whole.\n", MONTHS_MOST);
}

/* ---- lists ---- */

static struct text short_time(const struct freezes_report *report, int64_t instant_s, struct arena *arena)
{
    if (instant_s == FREEZE_NO_END)
        return text_of("no known end");
    struct wall_time t = wall_at(report->zone, instant_s);
    struct text minutes =
        arena_printf(arena, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour, t.minute);
    return t.second == 0 ? minutes : arena_printf(arena, "%.*s:%02d", TEXT_ARGS(minutes), t.second);
}

static struct text join(const struct text *names, size_t count, struct arena *arena)
{
    struct text list = TEXT_EMPTY;
    for (size_t i = 0; i < count; i++)
        list = arena_printf(arena, "%.*s%s%.*s", TEXT_ARGS(list), i == 0 ? "" : ", ",
                            TEXT_ARGS(text_quote(arena, names[i], 100)));
    return list;
}

static void write_transitions(const struct freezes_report *report, struct arena *arena,
                              struct json_text_buffer *out)
{
    if (report->runs.count == 0) {
        json_text_raw_str(out, "\nNothing is closed in this time.\n");
        return;
    }
    print(out, arena, "\n%-20s %-20s %-7s %s\n", "FROM", "TO", "ACTION", "WINDOWS");
    for (size_t i = 0; i < report->runs.count; i++) {
        const struct freezes_run *run = &report->runs.items[i];
        struct text start = short_time(report, run->start_s, arena),
                    end = short_time(report, run->end_s, arena);
        if (run->began_before)
            start = text_of("(before)");
        print(out, arena, "%-20.*s %-20.*s %-7s %.*s\n", TEXT_ARGS(start), TEXT_ARGS(end),
              freeze_action_name(run->action), TEXT_ARGS(join(run->windows, run->window_count, arena)));
    }
}

/* "by kind, by label": what of a change a window looks at; empty: it is about all. */
static struct text limits_of(const struct freeze_scope *scope, struct arena *arena)
{
    const struct {
        bool limited;
        const char *how;
    } limits[] = {
        {scope->kind_count > 0, "by kind"},
        {scope->classes != 0, "by class"},
        {scope->objects.requirement_count > 0, "by label"},
        {scope->exempt.user_count + scope->exempt.group_count > 0, "with people exempt"},
    };
    struct text list = TEXT_EMPTY;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (limits[i].limited)
            list =
                arena_printf(arena, "%.*s%s%s", TEXT_ARGS(list), list.length == 0 ? "" : ", ", limits[i].how);
    return list;
}

/* Which windows stop some changes only. */
static void write_limits(const struct freezes_report *report, struct arena *arena,
                         struct json_text_buffer *out)
{
    for (size_t i = 0; i < report->calendar->span_count; i++) {
        const struct freeze_window *window = report->calendar->spans[i].window;
        struct text limits = limits_of(&window->scope, arena);
        if (!window->suspended && limits.length > 0)
            print(out, arena, "%.*s is about some changes only: %.*s\n",
                  TEXT_ARGS(text_quote(arena, window->name, 100)), TEXT_ARGS(limits));
    }
}

void freezes_write_text(const struct freezes_report *report, struct arena *arena,
                        struct json_text_buffer *out)
{
    struct text of = report->scope->name.length == 0 ? text_of("all windows together")
                                                     : text_quote(arena, report->scope->name, 63);
    if (!report->scope->governed) {
        print(out, arena, "%.*s: no policy governs it, so nothing is closed in it\n", TEXT_ARGS(of));
        return;
    }
    print(out, arena, "%.*s: ", TEXT_ARGS(of));
    freezes_write_at(report, report->now_s, false, arena, out);
    write_months(report, arena, out);
    write_transitions(report, arena, out);
    write_limits(report, arena, out);
}

void freezes_write_namespace(const struct freezes_report *report, struct arena *arena,
                             struct json_text_buffer *out)
{
    const struct calendar_view *view = &report->calendar->view;
    bool closed = freeze_closes(calendar_at(view, report->now_s).action);
    int64_t next_s =
        closed ? calendar_next_opening(view, report->now_s) : calendar_next_closing(view, report->now_s);
    size_t count;
    const struct text *names = freezes_causes(report->calendar, report->now_s, arena, &count);
    struct text until = next_s == FREEZE_NO_END ? text_of("-") : short_time(report, next_s, arena);
    print(out, arena, "%-30.*s %-7s %-20.*s %.*s\n", TEXT_ARGS(text_quote(arena, report->scope->name, 63)),
          closed ? "closed" : "open", TEXT_ARGS(until), TEXT_ARGS(join(names, count, arena)));
}
