/* A freeze window: what it is called, what it does, what people are told. Its times and its scope are read in
 * window_times.c and window_scope.c. */
#include "policy_private.h"

#include "codec/window.h"
#include "codec/zones.h"

static const char *const fields[] = {"name",           "type",   "action",    "suspended",
                                     "timeZone",       "once",   "recurring", "namespaceSelector",
                                     "objectSelector", "kinds",  "classes",   "minimumRunway",
                                     "exempt",         "reason", "contact",   "url",
                                     "ticket",         NULL};

static bool read_zone(struct policy_reader *reader, struct policy_map map, struct freeze_window *window)
{
    struct text name = TEXT_EMPTY;
    struct error fault = {0};
    if (!policy_get_text(reader, map, "timeZone", &name))
        return false;
    if (name.at == NULL || zones_get(name, &window->zone, &fault))
        return true;
    return policy_fail(reader, policy_find(map, "timeZone"), policy_path(reader, map.path, "timeZone"),
                       "\"%.*s\" is no zone of the tz database; write an IANA name such as America/New_York",
                       TEXT_ARGS(text_quote(reader->arena, name, 80)));
}

static bool read_action(struct policy_reader *reader, struct policy_map map, struct freeze_window *window)
{
    static const char *const types[] = {"Freeze", "Maintenance", NULL};
    static const char *const actions[] = {"Deny", "Delay", "Warn", NULL};
    unsigned type = WINDOW_FREEZE, action = 0;
    bool good = policy_get_choice(reader, map, "type", types, &type);
    good &= policy_get_choice(reader, map, "action", actions, &action);
    if (good && policy_find(map, "action") == NULL)
        return policy_fail(reader, map.node, map.path, "action is missing; write Deny, Delay or Warn");
    window->type = (enum window_type)type;
    window->action = (enum freeze_action)(FREEZE_DENY - action);
    return good;
}

static bool read_notes(struct policy_reader *reader, struct policy_map map, struct freeze_window *window)
{
    bool good = policy_get_text(reader, map, "reason", &window->reason);
    good &= policy_get_text(reader, map, "contact", &window->contact);
    good &= policy_get_text(reader, map, "url", &window->url);
    return policy_get_text(reader, map, "ticket", &window->ticket) && good;
}

bool window_read(struct policy_reader *reader, struct policy_map map, const struct policy_set *policies,
                 struct window *window)
{
    bool good = policy_check_map(reader, map, fields);
    if (map.node->type != YAML_MAP)
        return false;
    good &= policy_get_bool(reader, map, "suspended", &window->said.suspended);
    bool has_zone = read_zone(reader, map, &window->said);
    good &= read_action(reader, map, &window->said);
    good &= read_notes(reader, map, &window->said);
    good &= window_read_scope(reader, map, policies, window);
    /* Without the zone that was meant, every local time would be one fault more. */
    return has_zone && window_read_times(reader, map, window) && good;
}

static bool read_tree(struct policy_reader *reader, struct text spec, struct yaml_documents *ret)
{
    if (yaml_read(reader->arena, spec, ret, reader->error) && ret->count == 1)
        return true;
    reader->faults[reader->fault_count++] =
        arena_printf(reader->arena, "spec: %s",
                     reader->error->kind == ERROR_NONE ? "is missing; write one" : reader->error->text);
    return false;
}

bool window_read_object(struct text name, struct text spec, const struct policy_set *policies,
                        struct arena *arena, struct window *ret_window, struct window_faults *ret_faults)
{
    struct error error = {0};
    struct policy_reader reader = {.arena = arena, .error = &error};
    struct yaml_documents documents;
    struct window window = {.said.name = name};
    bool good = read_tree(&reader, spec, &documents); /* JSON is YAML */
    good = good &&
           window_read(&reader, (struct policy_map){&documents.items[0], text_of("spec")}, policies, &window);
    if (good && policy_find((struct policy_map){&documents.items[0], TEXT_EMPTY}, "name") != NULL)
        good = policy_fail(&reader, &documents.items[0], text_of("spec.name"),
                           "no such key; the window is called by its metadata.name");
    if (good)
        *ret_window = window;
    ret_faults->count = reader.fault_count;
    for (size_t i = 0; i < reader.fault_count; i++)
        ret_faults->items[i] = reader.faults[i];
    return good;
}

struct text window_faults_join(const struct window_faults *faults, struct arena *arena)
{
    struct text all = TEXT_EMPTY;
    for (size_t i = 0; i < faults->count; i++)
        all = arena_printf(arena, "%.*s%s%.*s", TEXT_ARGS(all), i == 0 ? "" : "; ",
                           TEXT_ARGS(faults->items[i]));
    return all;
}
