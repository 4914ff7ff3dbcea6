#include "cli/freezes.h"

#include "cli/freezes_report.h"
#include "core/instant.h"

#include <stdlib.h>
#include <time.h>

enum { STATUS_GOOD = 0, STATUS_CLOSED = 1, STATUS_UNUSABLE = 2, DAY_S = 86400, DAYS_BY_DEFAULT = 31 };

/* Everything that one run of the command holds. */
struct freezes {
    const struct freezes_options *options;
    int64_t now_s;
    struct freezes_sources sources;
    struct arena arena;
    struct json_text_buffer out;
};

/* ---- which time is shown ---- */

/* Whose wall clock: of the first window that has one. */
static const struct zone *zone_of(const struct freezes_scope *scope)
{
    for (size_t i = 0; i < scope->window_count; i++)
        if (scope->windows[i]->said.zone != NULL)
            return scope->windows[i]->said.zone;
    return NULL;
}

/* The first instant of the month `months` behind the one of `now_s`. */
static int64_t start_of_month(const struct zone *zone, int64_t now_s, int months)
{
    int64_t wall_s = now_s + (zone == NULL ? 0 : zone_offset_at(zone, now_s));
    struct wall_time t = wall_time_from_seconds(wall_s);
    int month = t.month - 1 + months;
    int64_t first_s = days_from_date(t.year + month / 12, month % 12 + 1, 1) * DAY_S;
    return zone == NULL ? first_s : zone_instant(zone, first_s, OCCURRENCE_FIRST);
}

static void choose_range(const struct freezes_options *options, struct freezes_report *report)
{
    report->from_s = options->from_s;
    report->to_s = options->to_s;
    if (options->at_given) {
        report->from_s = options->at_s;
        report->to_s = options->at_s + DAY_S;
        return;
    }
    if (!options->from_given)
        report->from_s = options->to_given ? options->to_s - DAYS_BY_DEFAULT * DAY_S
                                           : start_of_month(report->zone, report->now_s, 0);
    if (!options->to_given)
        report->to_s = options->from_given ? options->from_s + DAYS_BY_DEFAULT * DAY_S
                                           : start_of_month(report->zone, report->now_s, 2);
}

/* ---- all namespaces of a cluster, a line each ---- */

struct names {
    const struct namespace_metadata **items;
    size_t count;
};

static void collect(void *context, const struct namespace_metadata *namespace)
{
    struct names *names = context;
    names->items[names->count++] = namespace;
}

static int compare_namespaces(const void *left, const void *right)
{
    const struct namespace_metadata *const *a = left, *const *b = right;
    return text_compare((*a)->name, (*b)->name);
}

/* Most namespaces meet the same windows: the calendars met first are kept. */
struct calendars {
    const struct freezes_calendar *items[16];
    size_t count;
};

static bool is_of(const struct freezes_calendar *calendar, const struct freezes_scope *scope)
{
    if (calendar->span_count != scope->window_count)
        return false;
    for (size_t i = 0; i < scope->window_count; i++)
        if (calendar->spans[i].window != &scope->windows[i]->said)
            return false;
    return true;
}

/* `arena` is that of this namespace; what is kept is in the arena of the command. */
static const struct freezes_calendar *calendar_of(struct freezes *freezes, const struct freezes_scope *scope,
                                                  struct calendars *calendars, struct arena *arena)
{
    enum { CALENDARS_MOST = sizeof(calendars->items) / sizeof(calendars->items[0]) };
    for (size_t i = 0; i < calendars->count; i++)
        if (is_of(calendars->items[i], scope))
            return freezes_with_label(calendars->items[i], scope, arena);
    bool keep = calendars->count < CALENDARS_MOST;
    const struct freezes_calendar *made =
        freezes_expand(scope, freezes->now_s, freezes->now_s + DAY_S, keep ? &freezes->arena : arena);
    if (keep)
        calendars->items[calendars->count++] = made;
    return made;
}

static void write_namespaces(struct freezes *freezes, const struct zone *zone)
{
    struct names names = {.count = 0};
    struct calendars calendars = {.count = 0};
    size_t most = namespace_store_count(freezes->sources.namespaces);
    names.items = arena_alloc_array(&freezes->arena, most, sizeof(struct namespace_metadata *));
    namespace_store_each(freezes->sources.namespaces, collect, &names);
    if (names.count > 0)
        qsort(names.items, names.count, sizeof(struct namespace_metadata *), compare_namespaces);
    json_text_raw(&freezes->out, arena_printf(&freezes->arena, "\n%-30s %-7s %-20s %s\n", "NAMESPACE", "NOW",
                                              "UNTIL", "WINDOWS"));
    for (size_t i = 0; i < names.count; i++) {
        struct freezes_scope scope = freezes_scope_of(&freezes->sources, names.items[i]);
        if (!scope.governed)
            continue;
        struct arena arena = {NULL, 0};
        struct freezes_report report = {.scope = &scope, .zone = zone, .now_s = freezes->now_s};
        report.calendar = calendar_of(freezes, &scope, &calendars, &arena);
        freezes_write_namespace(&report, &arena, &freezes->out);
        arena_done(&arena);
    }
}

/* ---- the command ---- */

static int write_report(struct freezes *freezes, const struct freezes_scope *scope)
{
    const struct freezes_options *options = freezes->options;
    struct freezes_report report = {.scope = scope, .zone = zone_of(scope), .now_s = freezes->now_s};
    choose_range(options, &report);
    int64_t first_s = report.from_s < report.now_s ? report.from_s : report.now_s;
    int64_t last_s = report.to_s > report.now_s ? report.to_s : report.now_s;
    report.calendar = freezes_expand(scope, first_s, last_s, &freezes->arena);
    if (options->at_given) {
        freezes_write_at(&report, options->at_s, options->format == FREEZES_JSON, &freezes->arena,
                         &freezes->out);
        bool closed = freeze_closes(calendar_at(&report.calendar->view, options->at_s).action);
        return closed ? STATUS_CLOSED : STATUS_GOOD;
    }
    report.runs = freezes_runs_list(report.calendar, report.from_s, report.to_s, &freezes->arena);
    switch (options->format) {
    case FREEZES_JSON: freezes_write_json(&report, &freezes->arena, &freezes->out); break;
    case FREEZES_ICS: freezes_write_ics(&report, &freezes->arena, &freezes->out); break;
    case FREEZES_TEXT:
        freezes_write_text(&report, &freezes->arena, &freezes->out);
        if (freezes->sources.namespaces != NULL && options->namespace == NULL)
            write_namespaces(freezes, report.zone);
        break;
    }
    return STATUS_GOOD;
}

static int run(struct freezes *freezes)
{
    struct error error = {0};
    struct freezes_scope scope;
    if (!freezes_sources_read(&freezes->sources, &error) ||
        !freezes_scope_find(&freezes->sources, &scope, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    int status = write_report(freezes, &scope);
    return arguments_print(json_text_view(&freezes->out)) ? status : STATUS_UNUSABLE;
}

int cli_freezes(int argc, char **argv)
{
    struct freezes_options options;
    struct error error = {0};
    int64_t now_s = (int64_t)time(NULL);
    if (!freezes_options_read(argc, argv, now_s, &options, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    if (options.help)
        return arguments_print(text_of(freezes_options_help())) ? STATUS_GOOD : STATUS_UNUSABLE;
    struct freezes freezes = {.options = &options, .now_s = now_s, .sources = {.options = &options}};
    int status = run(&freezes);
    freezes_sources_done(&freezes.sources);
    json_text_done(&freezes.out);
    arena_done(&freezes.arena);
    return status;
}
