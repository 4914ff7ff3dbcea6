/* What a registration must never ask about: the cluster has to work while changegate does not. */
#include "registration_private.h"

#include "codec/yaml_tree.h"

/* Whoever may write the file decides no more than a chart of ours would. */
static const char *const groups_of_the_system[] = {"admissionregistration.k8s.io",
                                                   "apiextensions.k8s.io",
                                                   "apiregistration.k8s.io",
                                                   "authentication.k8s.io",
                                                   "authorization.k8s.io",
                                                   "certificates.k8s.io",
                                                   "coordination.k8s.io",
                                                   "discovery.k8s.io",
                                                   "events.k8s.io",
                                                   "node.k8s.io",
                                                   "rbac.authorization.k8s.io",
                                                   "storage.k8s.io"};
static const char *const resources_of_the_system[] = {
    "bindings", "componentstatuses", "configmaps",    "endpoints",       "events",      "nodes",
    "secrets",  "persistentvolumes", "pods/eviction", "serviceaccounts", "pods/binding"};

static bool is_one_of(struct text text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(text, list[i]))
            return true;
    return false;
}

static bool fail(const struct yaml_node *node, const char *path, size_t rule, const char *key,
                 struct error *error)
{
    return error_set_at(
        error, ERROR_INPUT, node->line, node->column,
        "%srules[%zu].%s: \"%.*s\" would have the API server wait for changegate in what a cluster "
        "needs to heal; name the workloads alone",
        path, rule, key, (int)(node->text.length < 64 ? node->text.length : 64), node->text.at);
}

static bool check_list(const struct yaml_node *rule, const char *path, size_t index, const char *key,
                       const char *const *refused, size_t count, struct error *error)
{
    const struct yaml_node *list = yaml_get(rule, key);
    for (size_t i = 0; list != NULL && i < list->child_count; i++) {
        struct text value = list->children[i].text;
        if (text_find(value, '*') < value.length || is_one_of(value, refused, count))
            return fail(&list->children[i], path, index, key, error);
    }
    return true;
}

bool registration_check_rules(const struct yaml_node *webhook, const char *path, struct error *error)
{
    const struct yaml_node *rules = yaml_get(webhook, "rules");
    for (size_t i = 0; rules != NULL && i < rules->child_count; i++) {
        const struct yaml_node *rule = &rules->children[i];
        if (!check_list(rule, path, i, "apiGroups", groups_of_the_system,
                        sizeof(groups_of_the_system) / sizeof(groups_of_the_system[0]), error) ||
            !check_list(rule, path, i, "resources", resources_of_the_system,
                        sizeof(resources_of_the_system) / sizeof(resources_of_the_system[0]), error))
            return false;
    }
    return true;
}

/* ---- one server for all: the one that is asked before anything is filled in ---- */

static struct text text_at(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = map == NULL ? NULL : yaml_get(map, key);
    return node == NULL ? TEXT_EMPTY : node->text;
}

/* "https://HOST:PORT" of a URL */
static struct text origin_of(struct text url)
{
    static const size_t scheme_length = sizeof("https://") - 1;
    size_t host_length = text_find(text_slice(url, scheme_length, url.length), '/');
    return text_slice(url, 0, scheme_length + host_length);
}

bool registration_same_server(const struct yaml_node *first, const struct yaml_node *other)
{
    const struct yaml_node *a = yaml_get(first, "clientConfig"), *b = yaml_get(other, "clientConfig");
    const struct yaml_node *service_a = yaml_get(a, "service"), *service_b = yaml_get(b, "service");
    static const char *const keys[] = {"namespace", "name", "port"};
    if (!text_equal(origin_of(text_at(a, "url")), origin_of(text_at(b, "url"))))
        return false;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!text_equal(text_at(service_a, keys[i]), text_at(service_b, keys[i])))
            return false;
    return true;
}
