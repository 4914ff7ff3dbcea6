/* spec.freezeWindows and spec.warnAhead: when it is closed, and how early people are told. */
#include "policy_private.h"

#include "codec/window.h"

#include <stdlib.h>

enum { WARN_AHEAD_S = 24 * 3600, WARN_AHEAD_S_MOST = 366 * 24 * 3600 };

static bool read_window(struct policy_reader *reader, struct policy_map map,
                        const struct policy_set *policies, struct window *window)
{
    if (!window_read(reader, map, policies, window) ||
        !policy_get_text(reader, map, "name", &window->said.name))
        return false;
    return window->said.name.length > 0 ||
           policy_fail(reader, map.node, map.path, "name is missing; write what people should call it");
}

static int compare_names(const void *left, const void *right)
{
    const struct window *const *a = left, *const *b = right;
    return text_compare((*a)->said.name, (*b)->said.name);
}

static bool refuse_same_names(struct policy_reader *reader, const struct yaml_node *list, struct text path,
                              const struct window *windows)
{
    const struct window **sorted = calloc(list->child_count + 1, sizeof(struct window *));
    if (sorted == NULL)
        abort();
    for (size_t i = 0; i < list->child_count; i++)
        sorted[i] = &windows[i];
    qsort(sorted, list->child_count, sizeof(struct window *), compare_names);
    const struct window *same = NULL;
    for (size_t i = 1; i < list->child_count && same == NULL; i++)
        if (text_equal(sorted[i]->said.name, sorted[i - 1]->said.name))
            same = sorted[i] > sorted[i - 1] ? sorted[i] : sorted[i - 1];
    free(sorted);
    if (same == NULL)
        return true;
    size_t index = (size_t)(same - windows);
    return policy_fail(reader, yaml_get(&list->children[index], "name"),
                       policy_path(reader, policy_path_index(reader, path, index), "name"),
                       "another window is called \"%.*s\", too; give each a name of its own",
                       TEXT_ARGS(text_quote(reader->arena, same->said.name, 80)));
}

bool policy_read_windows(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    const struct yaml_node *list;
    struct text path = policy_path(reader, spec.path, "freezeWindows");
    const struct policy_set policies = {policy, 1};
    policy->warn_ahead_s = WARN_AHEAD_S;
    if (!policy_get_duration(reader, spec, "warnAhead", WARN_AHEAD_S_MOST, &policy->warn_ahead_s) ||
        !policy_get_list(reader, spec, "freezeWindows", &list))
        return false;
    if (list == NULL)
        return true;
    struct window *windows = arena_alloc_array(reader->arena, list->child_count, sizeof(*windows));
    for (size_t i = 0; i < list->child_count; i++)
        if (!read_window(reader, (struct policy_map){&list->children[i], policy_path_index(reader, path, i)},
                         &policies, &windows[i]))
            return false;
    if (!refuse_same_names(reader, list, path, windows))
        return false;
    policy->windows = windows;
    policy->window_count = list->child_count;
    return true;
}
