#include "cli/held_kinds.h"

#include "edge/kube_http.h"

const struct held_kind held_kinds[WORKLOAD_KINDS] = {
    {"Deployment", "deployment", "deployments", "deploy", "apps", "v1", "/apis/apps/v1"},
    {"StatefulSet", "statefulset", "statefulsets", "sts", "apps", "v1", "/apis/apps/v1"},
    {"DaemonSet", "daemonset", "daemonsets", "ds", "apps", "v1", "/apis/apps/v1"},
    {"Job", "job", "jobs", NULL, "batch", "v1", "/apis/batch/v1"},
    {"CronJob", "cronjob", "cronjobs", "cj", "batch", "v1", "/apis/batch/v1"},
    {"Pod", "pod", "pods", "po", "", "v1", "/api/v1"},
    {"ReplicaSet", "replicaset", "replicasets", "rs", "apps", "v1", "/apis/apps/v1"},
    {"ReplicationController", "replicationcontroller", "replicationcontrollers", "rc", "", "v1", "/api/v1"},
};

const struct workload_type *held_kind_type(const struct held_kind *kind)
{
    return workload_type_find(NULL, text_of(kind->group), text_of(kind->resource));
}

static bool is_version_and_group(const struct held_kind *kind, struct text rest)
{
    struct text group = text_of(kind->group);
    if (text_equal_nocase(rest, group))
        return true;
    size_t dot = text_find(rest, '.');
    return text_equal_nocase(text_slice(rest, 0, dot), text_of(kind->version)) &&
           text_equal_nocase(text_slice(rest, dot + 1, rest.length), group);
}

const struct held_kind *held_kind_find(size_t count, struct text name)
{
    size_t dot = text_find(name, '.');
    struct text word = text_slice(name, 0, dot), rest = text_slice(name, dot + 1, name.length);
    for (const struct held_kind *kind = held_kinds; kind < held_kinds + count; kind++) {
        bool named = text_equal_nocase(word, text_of(kind->noun)) ||
                     text_equal_nocase(word, text_of(kind->resource)) ||
                     (kind->short_name != NULL && text_equal_nocase(word, text_of(kind->short_name)));
        if (named && (dot == name.length || is_version_and_group(kind, rest)))
            return kind;
    }
    return NULL;
}

const char *held_kind_path(const struct held_kind *kind, const char *namespace, const char *name,
                           struct arena *arena)
{
    struct text path = text_of(kind->api);
    if (namespace != NULL)
        path = arena_printf(arena, "%.*s/namespaces/%.*s", TEXT_ARGS(path),
                            TEXT_ARGS(kube_http_escape(arena, text_of(namespace))));
    path = arena_printf(arena, "%.*s/%s", TEXT_ARGS(path), kind->resource);
    if (name != NULL)
        path = arena_printf(arena, "%.*s/%.*s", TEXT_ARGS(path),
                            TEXT_ARGS(kube_http_escape(arena, text_of(name))));
    return path.at;
}
