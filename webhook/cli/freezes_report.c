/* What programs read: JSON and iCalendar; and the answer about one instant. */
#include "cli/freezes_report.h"

#include "codec/ics_write.h"
#include "core/instant.h"

static void write_instant(struct json_text_buffer *out, const char *key, int64_t instant_s,
                          struct arena *arena)
{
    json_text_key(out, key);
    if (instant_s == FREEZE_NO_END)
        json_text_raw_str(out, "null");
    else
        json_text_string(out, instant_format(arena, instant_s));
}

static void write_names(struct json_text_buffer *out, const struct text *names, size_t count)
{
    json_text_key(out, "windows");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < count; i++) {
        json_text_element(out);
        json_text_string(out, names[i]);
    }
    json_text_raw_str(out, "]");
}

void freezes_write_json(const struct freezes_report *report, struct arena *arena,
                        struct json_text_buffer *out)
{
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < report->runs.count; i++) {
        const struct freezes_run *run = &report->runs.items[i];
        json_text_element(out);
        json_text_raw_str(out, "\n  {");
        write_instant(out, "start", run->start_s, arena);
        write_instant(out, "end", run->end_s, arena);
        json_text_member(out, "action", text_of(freeze_action_name(run->action)));
        write_names(out, run->windows, run->window_count);
        json_text_raw_str(out, "}");
    }
    json_text_raw_str(out, report->runs.count == 0 ? "]\n" : "\n]\n");
}

/* ---- iCalendar ---- */

static struct text join(const struct text *names, size_t count, struct arena *arena)
{
    struct text list = TEXT_EMPTY;
    for (size_t i = 0; i < count; i++)
        list = arena_printf(arena, "%.*s%s%.*s", TEXT_ARGS(list), i == 0 ? "" : ", ", TEXT_ARGS(names[i]));
    return list;
}

static const struct freeze_window *find_window(const struct freezes_report *report, struct text name)
{
    for (size_t i = 0; i < report->calendar->span_count; i++)
        if (text_equal(report->calendar->spans[i].window->name, name))
            return report->calendar->spans[i].window;
    return NULL;
}

/* A line for each window: its name and what it tells people. */
static struct text describe(const struct freezes_report *report, const struct freezes_run *run,
                            struct text *ret_url, struct arena *arena)
{
    struct text all = TEXT_EMPTY;
    for (size_t i = 0; i < run->window_count; i++) {
        const struct freeze_window *window = find_window(report, run->windows[i]);
        struct text line = run->windows[i];
        if (window != NULL && window->reason.length > 0)
            line = arena_printf(arena, "%.*s: %.*s", TEXT_ARGS(line), TEXT_ARGS(window->reason));
        if (window != NULL && window->contact.length > 0)
            line = arena_printf(arena, "%.*s (contact %.*s)", TEXT_ARGS(line), TEXT_ARGS(window->contact));
        if (window != NULL && ret_url->length == 0)
            *ret_url = window->url;
        all = arena_printf(arena, "%.*s%s%.*s", TEXT_ARGS(all), i == 0 ? "" : "\n", TEXT_ARGS(line));
    }
    return all;
}

void freezes_write_ics(const struct freezes_report *report, struct arena *arena, struct json_text_buffer *out)
{
    struct ics_event *events = arena_alloc_array(arena, report->runs.count, sizeof(*events));
    struct text of = report->scope->name.length == 0 ? text_of("all namespaces") : report->scope->name;
    for (size_t i = 0; i < report->runs.count; i++) {
        const struct freezes_run *run = &report->runs.items[i];
        struct text windows = join(run->windows, run->window_count, arena);
        /* The first one began when nobody knows; its end is what stays the same from day to day. */
        int64_t known_s = run->began_before ? run->end_s : run->start_s;
        events[i] = (struct ics_event){
            .start_s = run->start_s,
            .end_s = run->end_s,
            .summary = arena_printf(arena, "%s: %.*s", run->action == FREEZE_WARN ? "Careful" : "Frozen",
                                    TEXT_ARGS(windows)),
        };
        events[i].description = describe(report, run, &events[i].url, arena);
        events[i].uid = arena_printf(arena, "%.*s-%s-%llx-%llx@changegate.dev",
                                     TEXT_ARGS(report->scope->name), freeze_action_name(run->action),
                                     (unsigned long long)known_s, (unsigned long long)text_hash(windows));
    }
    ics_write(events, report->runs.count, arena_printf(arena, "Freezes of %.*s", TEXT_ARGS(of)),
              report->now_s, report->to_s, out);
}

/* ---- one instant ---- */

/* When it opens, or closes. */
static int64_t next_transition(const struct calendar_view *view, int64_t at_s)
{
    bool closed = freeze_closes(calendar_at(view, at_s).action);
    return closed ? calendar_next_opening(view, at_s) : calendar_next_closing(view, at_s);
}

static void write_at_json(const struct freezes_report *report, int64_t at_s, const struct text *names,
                          size_t count, struct arena *arena, struct json_text_buffer *out)
{
    const struct calendar_view *view = &report->calendar->view;
    enum freeze_action action = calendar_at(view, at_s).action;
    bool closed = freeze_closes(action);
    int64_t next_s = next_transition(view, at_s);
    json_text_raw_str(out, "{");
    write_instant(out, "at", at_s, arena);
    json_text_member(out, "state", text_of(closed ? "Closed" : "Open"));
    json_text_member(out, "action", text_of(freeze_action_name(action)));
    write_names(out, names, count);
    write_instant(out, "nextTransition", next_s, arena);
    json_text_key(out, "nextState");
    json_text_raw_str(out, next_s == FREEZE_NO_END ? "null" : closed ? "\"Open\"" : "\"Closed\"");
    json_text_raw_str(out, "}\n");
}

static void write_at_text(const struct freezes_report *report, int64_t at_s, const struct text *names,
                          size_t count, struct arena *arena, struct json_text_buffer *out)
{
    enum { WHY_BYTES_MOST = 1000 };
    const struct calendar_view *view = &report->calendar->view;
    enum freeze_action action = calendar_at(view, at_s).action;
    bool closed = freeze_closes(action);
    int64_t next_s = next_transition(view, at_s);
    struct text next = next_s == FREEZE_NO_END
                           ? text_of(closed ? "no end is known" : "no closing is known")
                           : arena_printf(arena, "%s %.*s", closed ? "opens" : "closes",
                                          TEXT_ARGS(zone_format(report->zone, next_s, arena)));
    struct text why = TEXT_EMPTY;
    if (!report->scope->governed)
        why = text_of(" (no policy governs it)");
    else if (count > 0)
        why = arena_printf(arena, " (%s: %.*s)", freeze_action_name(action),
                           TEXT_ARGS(text_quote(arena, join(names, count, arena), WHY_BYTES_MOST)));
    struct text line =
        arena_printf(arena, "%s at %.*s%.*s; %.*s\n", closed ? "closed" : "open",
                     TEXT_ARGS(zone_format(report->zone, at_s, arena)), TEXT_ARGS(why), TEXT_ARGS(next));
    json_text_raw(out, line);
}

void freezes_write_at(const struct freezes_report *report, int64_t at_s, bool json, struct arena *arena,
                      struct json_text_buffer *out)
{
    size_t count;
    const struct text *names = freezes_causes(report->calendar, at_s, arena, &count);
    if (json)
        write_at_json(report, at_s, names, count, arena, out);
    else
        write_at_text(report, at_s, names, count, arena, out);
}
