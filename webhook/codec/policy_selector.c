/* Label selectors, as written, and the names that Kubernetes takes. */
#include "policy_private.h"

/* ---- names: one that Kubernetes would not take never matches, and what it names would not be governed ----
 */

static bool is_made_of(char c, unsigned classes, const char *more)
{
    if ((c >= '0' && c <= '9' && (classes & NAME_DIGITS)) ||
        (c >= 'a' && c <= 'z' && (classes & NAME_SMALL)) ||
        (c >= 'A' && c <= 'Z' && (classes & NAME_CAPITALS)))
        return true;
    for (; *more != '\0'; more++)
        if (c == *more)
            return true;
    return false;
}

/* 1 to `most` bytes of `classes` and, but for the first and the last byte, of `within`. */
bool policy_is_word(struct text text, unsigned classes, const char *within, size_t most)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_made_of(text.at[i], classes, i == 0 || i + 1 == text.length ? "" : within))
            return false;
    return text.length > 0 && text.length <= most;
}

static bool is_label_name(struct text text)
{
    return policy_is_word(text, NAME_DIGITS | NAME_SMALL | NAME_CAPITALS, "-_.", 63);
}

/* A DNS subdomain, such as an API group. */
bool policy_is_subdomain(struct text text)
{
    return policy_is_word(text, NAME_DIGITS | NAME_SMALL, "-.", 253);
}

/* [prefix/]name */
static bool is_label_key(struct text key)
{
    size_t slash = text_find(key, '/');
    if (slash == key.length)
        return is_label_name(key);
    return policy_is_subdomain(text_slice(key, 0, slash)) &&
           is_label_name(text_slice(key, slash + 1, key.length));
}

bool policy_expect_label_key(struct policy_reader *reader, struct text key, const struct yaml_node *node,
                             struct text path)
{
    return is_label_key(key) ||
           policy_fail(reader, node, path, "\"%.*s\" cannot be the key of a label; correct it",
                       TEXT_ARGS(text_quote(reader->arena, key, 80)));
}

bool policy_expect_label_value(struct policy_reader *reader, const struct yaml_node *node, struct text path)
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
    static const char *const fields[] = {"key", "operator", "values", NULL};
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
    if (!policy_expect_label_key(reader, ret->key, policy_find(expression, "key"),
                                 policy_path(reader, expression.path, "key")))
        return false;
    for (size_t i = 0; i < ret->value_count; i++)
        if (!policy_expect_label_value(
                reader, &values->children[i],
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
        if (!policy_expect_label_key(reader, label->key, &key, labels.path) ||
            !policy_expect_label_value(reader, label, path))
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

bool policy_read_label_selector(struct policy_reader *reader, struct policy_map map, const char *key,
                                struct selector *ret, const struct yaml_node **ret_node)
{
    static const char *const fields[] = {"matchLabels", "matchExpressions", NULL};
    struct policy_map selector;
    if (!policy_get_map(reader, map, key, fields, &selector))
        return false;
    *ret_node = selector.node;
    *ret = (struct selector){NULL, 0};
    return selector.node == NULL || read_requirements(reader, selector, ret);
}

bool policy_read_selector(struct policy_reader *reader, struct policy_map spec, struct selector *ret)
{
    static const struct text tier_1 = TEXT("tier-1");
    static const struct selector_requirement by_default = {TEXT("changegate.dev/tier"), SELECTOR_IN, &tier_1,
                                                           1};
    const struct yaml_node *node;
    if (!policy_read_label_selector(reader, spec, "namespaceSelector", ret, &node))
        return false;
    if (node == NULL)
        *ret = (struct selector){&by_default, 1};
    return ret->requirement_count > 0 ||
           policy_fail(reader, node, policy_path(reader, spec.path, "namespaceSelector"),
                       "would govern every namespace; name the governed ones, as in {matchLabels: "
                       "{changegate.dev/tier: tier-1}}");
}
