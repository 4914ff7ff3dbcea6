#include "cli/freezes_sources.h"

#include "edge/kube_fetch.h"
#include "edge/kube_namespaces.h"
#include "edge/kube_windows.h"

#include <stdlib.h>

enum { FETCH_MS_MOST = 30000 };

/* ---- reading ---- */

static void read_window(void *context, const struct window_object *object)
{
    struct freezes_sources *sources = context;
    struct window *window = arena_alloc(&sources->arena, sizeof(*window));
    struct window_faults faults;
    struct text name = arena_copy(&sources->arena, object->name);
    if (window_read_object(name, object->spec, NULL, &sources->arena, window, &faults)) {
        sources->windows[sources->window_count++] = window;
        return;
    }
    struct text before = arena_printf(
        &sources->arena, "FreezeWindow %.*s cannot be used and closes nothing: ", TEXT_ARGS(name));
    for (size_t i = 0; i < faults.count; i++)
        arguments_complain(before.at, faults.items[i]);
}

static bool read_cluster(struct freezes_sources *sources, struct error *error)
{
    struct kube_config config;
    if (!kube_config_load(sources->options->kubeconfig, &config, error))
        return false;
    sources->namespaces = namespace_store_new();
    sources->store = window_store_new();
    struct kube_resource namespaces = kube_namespaces(sources->namespaces),
                         windows = kube_windows(sources->store);
    bool good = kube_fetch_list(&config, &namespaces, FETCH_MS_MOST, error) &&
                kube_fetch_list(&config, &windows, FETCH_MS_MOST, error);
    kube_config_done(&config);
    if (!good)
        return error_prefix(error, "%s: ", sources->options->kubeconfig);
    sources->windows =
        arena_alloc_array(&sources->arena, window_store_count(sources->store), sizeof(struct window *));
    window_store_each(sources->store, read_window, sources);
    return true;
}

bool freezes_sources_read(struct freezes_sources *sources, struct error *error)
{
    const struct freezes_options *options = sources->options;
    if (options->policy_file != NULL &&
        !arguments_read_policies(&sources->arena, options->policy_file, &sources->policies, error))
        return false;
    return options->kubeconfig == NULL || read_cluster(sources, error);
}

void freezes_sources_done(struct freezes_sources *sources)
{
    policy_file_unref(sources->policies);
    namespace_store_free(sources->namespaces);
    window_store_free(sources->store);
    arena_done(&sources->arena);
}

/* ---- what a namespace meets ---- */

static void add_windows(struct freezes_scope *scope, const struct window *const *windows, size_t count,
                        const struct labels *labels)
{
    for (size_t i = 0; i < count; i++)
        if (labels == NULL || selector_matches(&windows[i]->said.namespaces, *labels))
            scope->windows[scope->window_count++] = windows[i];
}

static void add_policy(struct freezes_scope *scope, const struct policy *policy, const struct labels *labels)
{
    for (size_t i = 0; i < policy->window_count; i++) {
        const struct window *window = &policy->windows[i];
        add_windows(scope, &window, 1, labels);
    }
}

static size_t count_windows(const struct freezes_sources *sources)
{
    size_t count = sources->window_count;
    const struct policy_set *set = sources->policies == NULL ? NULL : policy_file_policies(sources->policies);
    for (size_t i = 0; set != NULL && i < set->count; i++)
        count += set->items[i].window_count;
    return count;
}

static void make_room(struct freezes_sources *sources, struct freezes_scope *scope)
{
    scope->label = (struct freeze_label){.action = FREEZE_OPEN, .until_s = FREEZE_NO_END};
    scope->windows = arena_alloc_array(&sources->arena, count_windows(sources), sizeof(struct window *));
}

/* Every window there is. */
static struct freezes_scope whole_scope(struct freezes_sources *sources)
{
    struct freezes_scope scope = {.governed = true};
    make_room(sources, &scope);
    const struct policy_set *set = sources->policies == NULL ? NULL : policy_file_policies(sources->policies);
    for (size_t i = 0; set != NULL && i < set->count; i++)
        add_policy(&scope, &set->items[i], NULL);
    add_windows(&scope, sources->windows, sources->window_count, NULL);
    return scope;
}

static struct freezes_scope scope_of_labels(struct freezes_sources *sources, struct text name,
                                            struct labels labels, bool first_policy)
{
    struct freezes_scope scope = {.name = name};
    make_room(sources, &scope);
    if (sources->policies != NULL) {
        const struct policy_set *set = policy_file_policies(sources->policies);
        scope.policy = first_policy ? &set->items[0] : policy_for_namespace(set, labels);
    }
    scope.governed = sources->policies == NULL || scope.policy != NULL;
    if (scope.policy != NULL)
        add_policy(&scope, scope.policy, &labels);
    if (scope.governed)
        add_windows(&scope, sources->windows, sources->window_count, &labels);
    return scope;
}

static void read_label(struct freezes_sources *sources, struct labels labels, struct text until,
                       struct text reason, struct freezes_scope *scope)
{
    const struct text *freeze = labels_get(labels, text_of(NAMESPACE_FREEZE));
    if (scope->governed && freeze != NULL)
        freeze_label_read(&sources->arena, *freeze, until, reason, &scope->label);
}

struct freezes_scope freezes_scope_of(struct freezes_sources *sources,
                                      const struct namespace_metadata *namespace)
{
    struct freezes_scope scope = scope_of_labels(sources, namespace->name, namespace->labels, false);
    read_label(sources, namespace->labels, namespace->freeze_until, namespace->freeze_reason, &scope);
    return scope;
}

struct search {
    struct text name;
    const struct namespace_metadata *found;
};

static void find(void *context, const struct namespace_metadata *namespace)
{
    struct search *search = context;
    if (text_equal(namespace->name, search->name))
        search->found = namespace;
}

bool freezes_scope_find(struct freezes_sources *sources, struct freezes_scope *ret_scope, struct error *error)
{
    const struct freezes_options *options = sources->options;
    struct search search = {.name = text_of(options->namespace)};
    if (options->namespace == NULL) {
        *ret_scope = whole_scope(sources);
        return true;
    }
    if (options->labels_given || sources->namespaces == NULL) {
        struct label *labels = arena_alloc_array(&sources->arena, options->label_count + 1, sizeof(*labels));
        for (size_t i = 0; i < options->label_count; i++)
            labels[i] = options->labels[i];
        /* Which every namespace has: kubernetes.io/docs/reference/labels-annotations-taints */
        labels[options->label_count] = (struct label){TEXT("kubernetes.io/metadata.name"), search.name};
        struct labels all = {labels, options->label_count + 1};
        *ret_scope = scope_of_labels(sources, search.name, all, !options->labels_given);
        read_label(sources, all, TEXT_EMPTY, TEXT_EMPTY, ret_scope);
        return true;
    }
    namespace_store_each(sources->namespaces, find, &search);
    if (search.found == NULL)
        return error_set(
            error, ERROR_INPUT,
            "--namespace: the cluster has no namespace \"%s\"; correct it, or give its labels with "
            "--namespace-labels",
            options->namespace);
    *ret_scope = freezes_scope_of(sources, search.found);
    return true;
}
