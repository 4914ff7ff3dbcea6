/* spec.freezeWindows: what is closed when. Times become UTC here, never on the admission path. */
#include "policy_private.h"

#include "codec/timeline.h"
#include "core/instant.h"

#include <stdlib.h>

/* One end of a window. */
struct end {
    int64_t instant_s;
    bool local;     /* written without an offset */
    int64_t wall_s; /* of a local one: what the wall clock shows */
};

/* "2026-11-20T00:00:00" in the window's zone, or RFC 3339 with an offset. */
static bool read_time(struct policy_reader *reader, struct policy_map entry, const char *key,
                      struct text zone, enum edge edge, struct end *ret_end)
{
    struct text written = TEXT_EMPTY, path = policy_path(reader, entry.path, key);
    struct wall_time wall;
    if (!policy_get_text(reader, entry, key, &written))
        return false;
    if (written.at == NULL) /* an end may be missing; the caller saw to the start */
        return true;
    const struct yaml_node *node = yaml_get(entry.node, key);
    struct text quoted = text_quote(reader->arena, written, 40);
    if (instant_parse(written, &ret_end->instant_s))
        return true;
    if (!wall_time_parse(written, &wall))
        return policy_fail(
            reader, node, path,
            "\"%.*s\" is no time; write '2026-11-20T00:00:00' (local) or RFC 3339 with an offset",
            TEXT_ARGS(quoted));
    if (zone.length == 0)
        return policy_fail(reader, node, path,
                           "\"%.*s\" is a local time and the window has no timeZone; add one, or an offset",
                           TEXT_ARGS(quoted));
    struct error fault = {0};
    ret_end->local = true;
    ret_end->wall_s = wall_time_seconds(wall);
    return timeline_instant(zone, wall, edge, &ret_end->instant_s, &fault) ||
           policy_fail(reader, node, path, "%s", fault.text);
}

static bool read_once(struct policy_reader *reader, struct policy_map entry, struct text zone,
                      struct interval *ret)
{
    static const struct policy_field fields[] = {{"start", NULL}, {"end", NULL}, {NULL, NULL}};
    struct end start = {.local = false}, end = {.instant_s = FREEZE_NO_END};
    if (!policy_check_map(reader, entry, fields))
        return false;
    if (policy_find(entry, "start") == NULL)
        return policy_fail(reader, entry.node, entry.path, "start is missing; write when it closes");
    if (!read_time(reader, entry, "start", zone, EDGE_START, &start) ||
        !read_time(reader, entry, "end", zone, EDGE_END, &end))
        return false;
    /* A start that was moved out of a DST gap onto or past its end takes the end along. */
    if (start.local && end.local && end.wall_s > start.wall_s && end.instant_s <= start.instant_s)
        end.instant_s = start.instant_s + (end.wall_s - start.wall_s);
    if (end.instant_s <= start.instant_s)
        return policy_fail(reader, policy_find(entry, "end"), policy_path(reader, entry.path, "end"),
                           "is not after the start; exchange or correct them");
    *ret = (struct interval){start.instant_s, end.instant_s};
    return true;
}

static int compare_intervals(const void *left, const void *right)
{
    const struct interval *a = left, *b = right;
    return (a->start_s > b->start_s) - (a->start_s < b->start_s);
}

/* Sorted, and as few as say the same: entries that overlap or touch become one. Returns how many are left. */
static size_t merge_intervals(struct interval *intervals, size_t count)
{
    size_t kept = 0;
    qsort(intervals, count, sizeof(*intervals), compare_intervals);
    for (size_t i = 1; i < count; i++) {
        if (intervals[i].start_s > intervals[kept].end_s)
            intervals[++kept] = intervals[i];
        else if (intervals[i].end_s > intervals[kept].end_s)
            intervals[kept].end_s = intervals[i].end_s;
    }
    return kept + 1;
}

static bool read_intervals(struct policy_reader *reader, struct policy_map map, struct freeze_window *window)
{
    const struct yaml_node *list;
    if (!policy_get_list(reader, map, "once", &list))
        return false;
    if (list == NULL || list->child_count == 0)
        return policy_fail(reader, map.node, map.path, "once is missing; list at least one {start, end}");
    struct interval *intervals = arena_alloc_array(reader->arena, list->child_count, sizeof(*intervals));
    for (size_t i = 0; i < list->child_count; i++) {
        struct text path = policy_path_index(reader, policy_path(reader, map.path, "once"), i);
        if (!read_once(reader, (struct policy_map){&list->children[i], path}, window->time_zone,
                       &intervals[i]))
            return false;
    }
    window->intervals = intervals;
    window->interval_count = merge_intervals(intervals, list->child_count);
    return true;
}

static bool read_zone(struct policy_reader *reader, struct policy_map map, struct freeze_window *window)
{
    if (!policy_get_text(reader, map, "timeZone", &window->time_zone))
        return false;
    if (window->time_zone.at == NULL || timeline_zone_exists(window->time_zone))
        return true;
    return policy_fail(reader, yaml_get(map.node, "timeZone"), policy_path(reader, map.path, "timeZone"),
                       "\"%.*s\" is no zone of the tz database; write an IANA name such as America/New_York",
                       TEXT_ARGS(text_quote(reader->arena, window->time_zone, 80)));
}

static bool read_action(struct policy_reader *reader, struct policy_map map, struct freeze_window *window)
{
    static const char *const types[] = {"Freeze", "Maintenance", NULL};
    static const char *const actions[] = {"Deny", "Warn", "Delay", NULL};
    unsigned type = 0, action = 0;
    if (!policy_get_choice(reader, map, "type", types, &type) ||
        !policy_get_choice(reader, map, "action", actions, &action))
        return false;
    if (type == 1)
        return policy_fail_later(reader, yaml_get(map.node, "type"),
                                 arena_printf(reader->arena, "%.*s.type: Maintenance", TEXT_ARGS(map.path)),
                                 "write the closed times as type: Freeze");
    if (action == 2)
        return policy_fail_later(reader, yaml_get(map.node, "action"),
                                 arena_printf(reader->arena, "%.*s.action: Delay", TEXT_ARGS(map.path)),
                                 "use action: Deny");
    if (policy_find(map, "action") == NULL)
        return policy_fail(reader, map.node, map.path, "action is missing; write Deny or Warn");
    window->action = action == 1 ? FREEZE_WARN : FREEZE_DENY;
    return true;
}

static bool read_window(struct policy_reader *reader, struct policy_map map, struct freeze_window *window)
{
    static const char all[] = "leave it out (the window closes all that the policy governs)";
    static const struct policy_field fields[] = {{"name", NULL},
                                                 {"type", NULL},
                                                 {"action", NULL},
                                                 {"suspended", NULL},
                                                 {"timeZone", NULL},
                                                 {"once", NULL},
                                                 {"reason", NULL},
                                                 {"contact", NULL},
                                                 {"url", NULL},
                                                 {"ticket", NULL},
                                                 {"recurring", "list the times under once"},
                                                 {"namespaceSelector", all},
                                                 {"objectSelector", all},
                                                 {"kinds", all},
                                                 {"classes", "use freeze: true or false under changes"},
                                                 {"exempt", "leave it out (nobody is exempt)"},
                                                 {"minimumRunway", "leave it out"},
                                                 {NULL, NULL}};
    bool suspended = false;
    if (!policy_check_map(reader, map, fields) || !policy_get_text(reader, map, "name", &window->name) ||
        !policy_get_bool(reader, map, "suspended", &suspended) || !read_zone(reader, map, window) ||
        !read_action(reader, map, window) || !policy_get_text(reader, map, "reason", &window->reason) ||
        !policy_get_text(reader, map, "contact", &window->contact) ||
        !policy_get_text(reader, map, "url", &window->url) ||
        !policy_get_text(reader, map, "ticket", &window->ticket) || !read_intervals(reader, map, window))
        return false;
    if (window->name.length == 0)
        return policy_fail(reader, map.node, map.path, "name is missing; write what people should call it");
    if (suspended)
        window->action = FREEZE_OPEN; /* read and checked all the same */
    return true;
}

static int compare_names(const void *left, const void *right)
{
    const struct freeze_window *const *a = left, *const *b = right;
    return text_compare((*a)->name, (*b)->name);
}

static bool refuse_same_names(struct policy_reader *reader, const struct yaml_node *list, struct text path,
                              const struct freeze_window *windows)
{
    const struct freeze_window **sorted = calloc(list->child_count + 1, sizeof(struct freeze_window *));
    if (sorted == NULL)
        abort();
    for (size_t i = 0; i < list->child_count; i++)
        sorted[i] = &windows[i];
    qsort(sorted, list->child_count, sizeof(struct freeze_window *), compare_names);
    const struct freeze_window *same = NULL;
    for (size_t i = 1; i < list->child_count && same == NULL; i++)
        if (text_equal(sorted[i]->name, sorted[i - 1]->name))
            same = sorted[i] > sorted[i - 1] ? sorted[i] : sorted[i - 1];
    free(sorted);
    if (same == NULL)
        return true;
    size_t index = (size_t)(same - windows);
    return policy_fail(reader, yaml_get(&list->children[index], "name"),
                       policy_path(reader, policy_path_index(reader, path, index), "name"),
                       "another window is called \"%.*s\", too; give each a name of its own",
                       TEXT_ARGS(text_quote(reader->arena, same->name, 80)));
}

bool policy_read_windows(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    const struct yaml_node *list;
    struct text path = policy_path(reader, spec.path, "freezeWindows");
    if (!policy_get_list(reader, spec, "freezeWindows", &list))
        return false;
    if (list == NULL)
        return true;
    struct freeze_window *windows = arena_alloc_array(reader->arena, list->child_count, sizeof(*windows));
    for (size_t i = 0; i < list->child_count; i++)
        if (!read_window(reader, (struct policy_map){&list->children[i], policy_path_index(reader, path, i)},
                         &windows[i]))
            return false;
    if (!refuse_same_names(reader, list, path, windows))
        return false;
    policy->windows = windows;
    policy->window_count = list->child_count;
    freeze_timeline_build(reader->arena, windows, list->child_count, &policy->freeze);
    return true;
}
