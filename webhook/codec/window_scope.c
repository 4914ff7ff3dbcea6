/* Which changes a window is about. */
#include "policy_private.h"

#include "codec/window.h"

#include <stdlib.h>

enum { RUNWAY_S_MOST = 366 * 24 * 3600 };

static bool is_known_kind(const struct policy_set *policies, struct text kind)
{
    for (size_t i = 0; i < policies->count; i++)
        if (workload_kind_known(&policies->items[i], kind))
            return true;
    return false;
}

bool policy_get_kinds(struct policy_reader *reader, struct policy_map map, const struct policy_set *policies,
                      const struct text **kinds, size_t *count)
{
    bool good = policy_get_texts(reader, map, "kinds", kinds, count);
    for (size_t i = 0; good && policies != NULL && i < *count; i++)
        if (!is_known_kind(policies, (*kinds)[i]))
            good = policy_fail(
                reader, &policy_find(map, "kinds")->children[i],
                policy_path_index(reader, policy_path(reader, map.path, "kinds"), i),
                "\"%.*s\" is no kind that the gate knows; write one such as Deployment, or add it to the "
                "policy's workloads",
                TEXT_ARGS(text_quote(reader->arena, (*kinds)[i], 63)));
    return good;
}

static bool read_class(struct policy_reader *reader, const struct yaml_node *node, struct text path,
                       struct text name, change_classes *classes)
{
    enum change_class class = change_class_parse(name);
    if (class == CLASS_METADATA)
        return policy_fail(reader, node, path, "Metadata replaces no pod and is never stopped; take it out");
    if (class == CLASS_COUNT)
        return policy_fail(reader, node, path,
                           "\"%.*s\" is no class of change; write Create, Rollout, Resume, Restart, Delete, "
                           "Rollback, Scale or Debug",
                           TEXT_ARGS(text_quote(reader->arena, name, 63)));
    *classes |= CLASS_BIT(class);
    return true;
}

bool policy_get_classes(struct policy_reader *reader, struct policy_map map, change_classes *classes)
{
    const struct text *names = NULL;
    size_t count = 0;
    bool good = policy_get_texts(reader, map, "classes", &names, &count);
    for (size_t i = 0; good && i < count; i++)
        good = read_class(reader, &policy_find(map, "classes")->children[i],
                          policy_path_index(reader, policy_path(reader, map.path, "classes"), i), names[i],
                          classes);
    return good;
}

static bool read_exempt(struct policy_reader *reader, struct policy_map map, struct freeze_scope *scope)
{
    static const char *const fields[] = {"users", "groups", NULL};
    struct principals *exempt = &scope->exempt;
    struct policy_map people;
    if (!policy_get_map(reader, map, "exempt", fields, &people))
        return false;
    bool good = policy_get_texts(reader, people, "users", &exempt->users, &exempt->user_count);
    return policy_get_texts(reader, people, "groups", &exempt->groups, &exempt->group_count) && good;
}

static bool read_runway(struct policy_reader *reader, struct policy_map map, struct freeze_window *window)
{
    if (!policy_get_duration(reader, map, "minimumRunway", RUNWAY_S_MOST, &window->runway_s))
        return false;
    return window->runway_s == 0 || window->type == WINDOW_MAINTENANCE ||
           policy_fail(reader, policy_find(map, "minimumRunway"),
                       policy_path(reader, map.path, "minimumRunway"),
                       "is for type Maintenance alone; take it out");
}

/* ---- the key by which windows share a lane ---- */

static void put(struct json_text_buffer *key, struct text text)
{
    json_text_integer(key, (int64_t)text.length); /* so that no two lists look alike */
    json_text_raw_str(key, ":");
    json_text_raw(key, text);
}

static void put_list(struct json_text_buffer *key, const struct text *texts, size_t count)
{
    json_text_integer(key, (int64_t)count);
    json_text_raw_str(key, "[");
    for (size_t i = 0; i < count; i++)
        put(key, texts[i]);
}

static struct text key_of(const struct freeze_scope *scope, struct arena *arena)
{
    struct json_text_buffer key = {NULL, 0, 0};
    put_list(&key, scope->kinds, scope->kind_count);
    json_text_integer(&key, scope->classes);
    put_list(&key, scope->exempt.users, scope->exempt.user_count);
    put_list(&key, scope->exempt.groups, scope->exempt.group_count);
    for (size_t i = 0; i < scope->objects.requirement_count; i++) {
        const struct selector_requirement *requirement = &scope->objects.requirements[i];
        put(&key, requirement->key);
        json_text_integer(&key, requirement->op);
        put_list(&key, requirement->values, requirement->value_count);
    }
    struct text copy = arena_copy(arena, json_text_view(&key));
    json_text_done(&key);
    return copy;
}

bool window_read_scope(struct policy_reader *reader, struct policy_map map, const struct policy_set *policies,
                       struct window *window)
{
    struct freeze_scope *scope = &window->said.scope;
    const struct yaml_node *ignored;
    bool good =
        policy_read_label_selector(reader, map, "namespaceSelector", &window->said.namespaces, &ignored);
    good &= policy_read_label_selector(reader, map, "objectSelector", &scope->objects, &ignored);
    good &= policy_get_kinds(reader, map, policies, &scope->kinds, &scope->kind_count);
    good &= policy_get_classes(reader, map, &scope->classes);
    good &= read_exempt(reader, map, scope);
    good &= read_runway(reader, map, &window->said);
    scope->key = key_of(scope, reader->arena);
    return good;
}
