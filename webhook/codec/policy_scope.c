/* spec.namespaceSelector, spec.operators, spec.trustedControllers and spec.workloads: who and what it is
 * about. */
#include "policy_private.h"

#include "codec/json.h"

#include <stdlib.h>

/* ---- names: one that Kubernetes would not take never matches, and what it names would not be governed ----
 */

enum { DIGITS = 1, SMALL = 2, CAPITALS = 4 };

static bool is_made_of(char c, unsigned classes, const char *more)
{
    if ((c >= '0' && c <= '9' && (classes & DIGITS)) || (c >= 'a' && c <= 'z' && (classes & SMALL)) ||
        (c >= 'A' && c <= 'Z' && (classes & CAPITALS)))
        return true;
    for (; *more != '\0'; more++)
        if (c == *more)
            return true;
    return false;
}

/* 1 to `most` bytes of `classes` and, but for the first and the last byte, of `within`. */
static bool is_word(struct text text, unsigned classes, const char *within, size_t most)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_made_of(text.at[i], classes, i == 0 || i + 1 == text.length ? "" : within))
            return false;
    return text.length > 0 && text.length <= most;
}

static bool is_label_name(struct text text)
{
    return is_word(text, DIGITS | SMALL | CAPITALS, "-_.", 63);
}

/* A DNS subdomain, such as an API group. */
static bool is_subdomain(struct text text)
{
    return is_word(text, DIGITS | SMALL, "-.", 253);
}

/* [prefix/]name */
static bool is_label_key(struct text key)
{
    size_t slash = text_find(key, '/');
    if (slash == key.length)
        return is_label_name(key);
    return is_subdomain(text_slice(key, 0, slash)) && is_label_name(text_slice(key, slash + 1, key.length));
}

static bool expect_label_key(struct policy_reader *reader, struct text key, const struct yaml_node *node,
                             struct text path)
{
    return is_label_key(key) ||
           policy_fail(reader, node, path, "\"%.*s\" cannot be the key of a label; correct it",
                       TEXT_ARGS(text_quote(reader->arena, key, 80)));
}

static bool expect_label_value(struct policy_reader *reader, const struct yaml_node *node, struct text path)
{
    return node->text.length == 0 || is_label_name(node->text) ||
           policy_fail(reader, node, path, "\"%.*s\" cannot be the value of a label; correct it",
                       TEXT_ARGS(text_quote(reader->arena, node->text, 80)));
}

/* ---- namespaceSelector ---- */

static const char *const operator_names[] = {"In", "NotIn", "Exists", "DoesNotExist", NULL};

static bool read_expression(struct policy_reader *reader, struct policy_map expression,
                            struct selector_requirement *ret)
{
    static const struct policy_field fields[] = {
        {"key", NULL}, {"operator", NULL}, {"values", NULL}, {NULL, NULL}};
    unsigned op = SELECTOR_IN;
    const struct yaml_node *values;
    if (!policy_check_map(reader, expression, fields) ||
        !policy_get_text(reader, expression, "key", &ret->key) ||
        !policy_get_choice(reader, expression, "operator", operator_names, &op) ||
        !policy_get_texts(reader, expression, "values", &ret->values, &ret->value_count) ||
        !policy_get_list(reader, expression, "values", &values))
        return false;
    if (ret->key.length == 0 || policy_find(expression, "operator") == NULL)
        return policy_fail(reader, expression.node, expression.path,
                           "key or operator is missing; write both");
    ret->op = (enum selector_operator)op;
    bool needs_values = ret->op == SELECTOR_IN || ret->op == SELECTOR_NOT_IN;
    if (needs_values != (ret->value_count > 0))
        return policy_fail(reader, values == NULL ? expression.node : values, expression.path,
                           "operator %s %s", operator_names[op],
                           needs_values ? "needs values; list at least one"
                                        : "takes no values; leave them out");
    if (!expect_label_key(reader, ret->key, policy_find(expression, "key"),
                          policy_path(reader, expression.path, "key")))
        return false;
    for (size_t i = 0; i < ret->value_count; i++)
        if (!expect_label_value(reader, &values->children[i],
                                policy_path_index(reader, policy_path(reader, expression.path, "values"), i)))
            return false;
    return true;
}

static bool read_match_labels(struct policy_reader *reader, struct policy_map labels,
                              struct selector_requirement *requirements, size_t *count)
{
    if (labels.node != NULL && labels.node->type != YAML_MAP)
        return policy_fail(reader, labels.node, labels.path, "is %s; write a map of labels",
                           policy_type_name(labels.node));
    for (size_t i = 0; labels.node != NULL && i < labels.node->child_count; i++) {
        const struct yaml_node *label = &labels.node->children[i];
        struct text path = arena_printf(reader->arena, "%.*s[%.*s]", TEXT_ARGS(labels.path),
                                        TEXT_ARGS(text_quote(reader->arena, label->key, 80)));
        struct yaml_node key = {.line = label->key_line, .column = label->key_column};
        if (label->type != YAML_STRING)
            return policy_fail(reader, label, path, "is %s; write a string (put it in quotes)",
                               policy_type_name(label));
        if (!expect_label_key(reader, label->key, &key, labels.path) ||
            !expect_label_value(reader, label, path))
            return false;
        requirements[(*count)++] = (struct selector_requirement){label->key, SELECTOR_IN, &label->text, 1};
    }
    return true;
}

static bool read_requirements(struct policy_reader *reader, struct policy_map selector, struct selector *ret)
{
    const struct yaml_node *expressions;
    struct policy_map labels = {policy_find(selector, "matchLabels"),
                                policy_path(reader, selector.path, "matchLabels")};
    if (!policy_get_list(reader, selector, "matchExpressions", &expressions))
        return false;
    size_t most = (labels.node == NULL ? 0 : labels.node->child_count) +
                  (expressions == NULL ? 0 : expressions->child_count);
    struct selector_requirement *requirements = arena_alloc_array(reader->arena, most, sizeof(*requirements));
    size_t count = 0;
    if (!read_match_labels(reader, labels, requirements, &count))
        return false;
    for (size_t i = 0; expressions != NULL && i < expressions->child_count; i++) {
        struct text path =
            policy_path_index(reader, policy_path(reader, selector.path, "matchExpressions"), i);
        if (!read_expression(reader, (struct policy_map){&expressions->children[i], path},
                             &requirements[count++]))
            return false;
    }
    *ret = (struct selector){requirements, count};
    return true;
}

bool policy_read_selector(struct policy_reader *reader, struct policy_map spec, struct selector *ret)
{
    static const struct policy_field fields[] = {
        {"matchLabels", NULL}, {"matchExpressions", NULL}, {NULL, NULL}};
    static const struct text tier_1 = TEXT("tier-1");
    static const struct selector_requirement by_default = {TEXT("changegate.dev/tier"), SELECTOR_IN, &tier_1,
                                                           1};
    struct policy_map selector;
    if (!policy_get_map(reader, spec, "namespaceSelector", fields, &selector))
        return false;
    if (selector.node == NULL) {
        *ret = (struct selector){&by_default, 1};
        return true;
    }
    if (!read_requirements(reader, selector, ret))
        return false;
    return ret->requirement_count > 0 ||
           policy_fail(reader, selector.node, selector.path,
                       "would govern every namespace; name the governed ones, as in {matchLabels: "
                       "{changegate.dev/tier: tier-1}}");
}

/* ---- operators and trustedControllers ---- */

bool policy_read_people(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const struct policy_field fields[] = {{"groups", NULL}, {"users", NULL}, {NULL, NULL}};
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
        if (!is_word(items[i], DIGITS | SMALL | CAPITALS, "-_", 63))
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
    static const struct policy_field fields[] = {{"path", NULL}, {"value", NULL}, {NULL, NULL}};
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
        {"group", "argoproj.io, without a version", type->group, is_subdomain(type->group)},
        {"kind", "Rollout", type->kind, is_word(type->kind, DIGITS | SMALL | CAPITALS, "", 63)},
        {"resource", "rollouts, the plural in small letters", type->resource,
         is_word(type->resource, DIGITS | SMALL, "-", 63)},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!names[i].good)
            return policy_fail(
                reader, policy_find(workload, names[i].key), policy_path(reader, workload.path, names[i].key),
                "\"%.*s\" is no %s; write one such as %s",
                TEXT_ARGS(text_quote(reader->arena, names[i].written, 80)), names[i].key, names[i].example);
    return true;
}

static bool read_workload(struct policy_reader *reader, struct policy_map workload,
                          struct workload_type *type)
{
    static const struct policy_field fields[] = {{"group", NULL},    {"kind", NULL},     {"resource", NULL},
                                                 {"template", NULL}, {"replicas", NULL}, {"hold", NULL},
                                                 {NULL, NULL}};
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
