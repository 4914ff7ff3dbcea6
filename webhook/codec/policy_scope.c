/* spec.operators, spec.trustedControllers and spec.workloads: who and what it is about. */
#include "policy_private.h"

#include "codec/json.h"

#include <stdlib.h>

/* ---- operators and trustedControllers ---- */

bool policy_read_people(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"groups", "users", NULL};
    static const struct text default_groups[] = {TEXT("cluster-operators"), TEXT("system:masters")};
    struct policy_map people;
    struct principals *principals = &policy->operators;
    if (!policy_get_map(reader, spec, "operators", fields, &people))
        return false;
    if (people.node == NULL)
        *principals = (struct principals){.groups = default_groups, .group_count = 2};
    policy->trusted_controllers = policy_default_trusted_controllers;
    policy->trusted_controller_count = policy_default_trusted_controller_count;
    return policy_get_texts(reader, people, "groups", &principals->groups, &principals->group_count) &&
           policy_get_texts(reader, people, "users", &principals->users, &principals->user_count) &&
           policy_get_texts(reader, spec, "trustedControllers", &policy->trusted_controllers,
                            &policy->trusted_controller_count);
}

/* ---- workloads ---- */

/* "spec.template" -> {"spec", "template"}. A key is made of letters, digits, - and _: no pod template is
 * below another, and a path that leads nowhere would let every template pass as unchanged. */
static bool parse_path(struct policy_reader *reader, struct text source, struct field_path *ret)
{
    size_t steps = 1;
    for (size_t i = 0; i < source.length; i++)
        steps += source.at[i] == '.';
    struct text *items = arena_alloc_array(reader->arena, steps, sizeof(*items));
    struct text rest = source;
    for (size_t i = 0; i < steps; i++) {
        items[i] = text_slice(rest, 0, text_find(rest, '.'));
        rest = text_slice(rest, items[i].length + 1, rest.length);
        if (!policy_is_word(items[i], NAME_DIGITS | NAME_SMALL | NAME_CAPITALS, "-_", 63))
            return false;
    }
    *ret = (struct field_path){items, steps, source};
    return true;
}

static bool read_path(struct policy_reader *reader, struct policy_map map, const char *key,
                      struct field_path *path)
{
    struct text source = TEXT_EMPTY;
    if (!policy_get_text(reader, map, key, &source))
        return false;
    if (source.at == NULL || parse_path(reader, source, path))
        return true;
    return policy_fail(reader, yaml_get(map.node, key), policy_path(reader, map.path, key),
                       "\"%.*s\" is no path of keys; write one such as spec.template",
                       TEXT_ARGS(text_quote(reader->arena, source, 80)));
}

/* As the value of an object is compared: keys sorted, numbers in one form. */
static struct text canonical(struct policy_reader *reader, const struct yaml_node *value)
{
    struct json_text_buffer written = {NULL, 0, 0}, sorted = {NULL, 0, 0};
    struct json_reader *json = json_reader_new();
    struct json root;
    struct error fault = {0};
    yaml_to_json(value, &written);
    if (!json_read(json, written.bytes, written.length, &root, &fault))
        abort(); /* what yaml_to_json writes is JSON */
    json_canonical(root, NULL, 0, &sorted);
    struct text text = arena_copy(reader->arena, json_text_view(&sorted));
    json_reader_free(json);
    json_text_done(&written);
    json_text_done(&sorted);
    return text;
}

static bool read_hold(struct policy_reader *reader, struct policy_map workload, struct workload_type *type)
{
    static const char *const fields[] = {"path", "value", NULL};
    struct policy_map hold;
    if (!policy_get_map(reader, workload, "hold", fields, &hold))
        return false;
    if (hold.node == NULL)
        return true;
    const struct yaml_node *value = policy_find(hold, "value");
    if (!read_path(reader, hold, "path", &type->hold_path))
        return false;
    if (type->hold_path.step_count == 0 || value == NULL)
        return policy_fail(reader, hold.node, hold.path, "path or value is missing; write both");
    type->hold_value = canonical(reader, value);
    return true;
}

/* The plural that a CRD most often has: the kind in small letters and an s. */
static struct text default_resource(struct policy_reader *reader, struct text kind)
{
    struct text plural = arena_printf(reader->arena, "%.*ss", TEXT_ARGS(kind));
    char *letters = arena_alloc(reader->arena, plural.length + 1);
    for (size_t i = 0; i < plural.length; i++)
        letters[i] =
            plural.at[i] >= 'A' && plural.at[i] <= 'Z' ? (char)(plural.at[i] - 'A' + 'a') : plural.at[i];
    return (struct text){letters, plural.length};
}

/* Group and kind as in apiVersion and kind of a manifest; the resource as in its URL. */
static bool check_names(struct policy_reader *reader, struct policy_map workload,
                        const struct workload_type *type)
{
    const struct {
        const char *key, *example;
        struct text written;
        bool good;
    } names[] = {
        {"group", "argoproj.io, without a version", type->group, policy_is_subdomain(type->group)},
        {"kind", "Rollout", type->kind,
         policy_is_word(type->kind, NAME_DIGITS | NAME_SMALL | NAME_CAPITALS, "", 63)},
        {"resource", "rollouts, the plural in small letters", type->resource,
         policy_is_word(type->resource, NAME_DIGITS | NAME_SMALL, "-", 63)},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].good)
            continue;
        const struct yaml_node *node = policy_find(workload, names[i].key);
        return policy_fail(
            reader, node != NULL ? node : workload.node, /* the resource was made of the kind */
            policy_path(reader, workload.path, names[i].key), "\"%.*s\" is no %s; write one such as %s",
            TEXT_ARGS(text_quote(reader->arena, names[i].written, 80)), names[i].key, names[i].example);
    }
    return true;
}

static bool read_workload(struct policy_reader *reader, struct policy_map workload,
                          struct workload_type *type)
{
    static const char *const fields[] = {"group", "kind", "resource", "template", "replicas", "hold", NULL};
    type->workload = KIND_OTHER;
    if (!policy_check_map(reader, workload, fields) ||
        !policy_get_text(reader, workload, "group", &type->group) ||
        !policy_get_text(reader, workload, "kind", &type->kind) ||
        !policy_get_text(reader, workload, "resource", &type->resource) ||
        !read_path(reader, workload, "template", &type->template_path) ||
        !read_path(reader, workload, "replicas", &type->replicas_path) || !read_hold(reader, workload, type))
        return false;
    if (type->group.length == 0 || type->kind.length == 0 || type->template_path.step_count == 0)
        return policy_fail(reader, workload.node, workload.path,
                           "group, kind or template is missing; write all three");
    if (type->resource.length == 0)
        type->resource = default_resource(reader, type->kind);
    if (!check_names(reader, workload, type))
        return false;
    if (workload_type_find(NULL, type->group, type->resource) != NULL ||
        workload_type_of_kind(NULL, type->group, type->kind) != NULL)
        return policy_fail(reader, workload.node, workload.path, "%.*s is built in; take the entry out",
                           TEXT_ARGS(text_quote(reader->arena, type->kind, 80)));
    return true;
}

bool policy_read_workloads(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    const struct yaml_node *list;
    if (!policy_get_list(reader, spec, "workloads", &list))
        return false;
    if (list == NULL)
        return true;
    struct workload_type *types = arena_alloc_array(reader->arena, list->child_count, sizeof(*types));
    for (size_t i = 0; i < list->child_count; i++) {
        struct text path = policy_path_index(reader, policy_path(reader, spec.path, "workloads"), i);
        if (!read_workload(reader, (struct policy_map){&list->children[i], path}, &types[i]))
            return false;
        policy->workloads = types; /* those before this one */
        policy->workload_count = i;
        if (workload_type_find(policy, types[i].group, types[i].resource) != NULL ||
            workload_type_of_kind(policy, types[i].group, types[i].kind) != NULL)
            return policy_fail(reader, &list->children[i], path,
                               "%.*s of %.*s was given before; keep one entry", TEXT_ARGS(types[i].kind),
                               TEXT_ARGS(types[i].group));
    }
    policy->workload_count = list->child_count;
    return true;
}
