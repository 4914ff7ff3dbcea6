#include "cli/held_running.h"

#include "cli/drop_template.h"

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

/* "app=web,tier=front": narrows a list; what belongs to the object is decided by its owner. */
static const char *selector_of(struct json object, struct arena *arena)
{
    struct text selector = text_of("");
    struct json labels = get(get(get(object, "spec"), "selector"), "matchLabels");
    for (struct json_walk walk = json_walk_start(labels); json_walk_next(&walk);)
        selector =
            arena_printf(arena, "%.*s%s%.*s=%.*s", TEXT_ARGS(selector), selector.length == 0 ? "" : ",",
                         TEXT_ARGS(walk.key), TEXT_ARGS(json_as_text(walk.value)));
    return selector.at;
}

bool held_running_find(struct held_cluster *cluster, const struct held_kind *kind, const char *namespace,
                       struct json object, const struct hold *hold, struct text *ret_template,
                       struct error *error)
{
    struct arena *arena = &cluster->arena;
    const char *resource = drop_template_resource(kind);
    struct held_list list = {NULL, 0};
    struct text found;
    if (resource != NULL) {
        const struct held_kind keeper = {.api = kind->api, .resource = resource};
        const char *path = held_kind_path(&keeper, namespace, NULL, arena);
        if (!held_cluster_list(cluster, path, selector_of(object, arena), resource, &list, error))
            return false;
    }
    struct text uid = json_as_text(get(get(object, "metadata"), "uid"));
    bool kept = drop_template_find(uid, list.items, list.count, held_kind_type(kind)->workload,
                                   &hold->running, arena, &found);
    *ret_template = kept ? found : TEXT_EMPTY;
    return true;
}
