#include "edge/kube_held.h"

#include "codec/json_slice.h"
#include "core/hold.h"
#include "edge/kube_http.h"
#include "edge/message_log.h"

enum { PAGE_HELD = 100 };

const struct kube_held_kind kube_held_kinds[HELD_KINDS_BUILT_IN] = {
    {TEXT("apps"), TEXT("v1"), TEXT("deployments"), TEXT("Deployment"), false},
    {TEXT("apps"), TEXT("v1"), TEXT("statefulsets"), TEXT("StatefulSet"), false},
    {TEXT("apps"), TEXT("v1"), TEXT("daemonsets"), TEXT("DaemonSet"), false},
    {TEXT("batch"), TEXT("v1"), TEXT("jobs"), TEXT("Job"), false},
    {TEXT("batch"), TEXT("v1"), TEXT("cronjobs"), TEXT("CronJob"), false},
    {TEXT(""), TEXT("v1"), TEXT("pods"), TEXT("Pod"), false},
};

struct text kube_held_api_version(const struct kube_held_kind *kind, struct arena *arena)
{
    return arena_printf(arena, "%.*s%s%.*s", TEXT_ARGS(kind->group), kind->group.length > 0 ? "/" : "",
                        TEXT_ARGS(kind->version));
}

/* https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
static struct text base_path(const struct kube_held_kind *kind, struct arena *arena)
{
    return arena_printf(arena, "%s%.*s", kind->group.length > 0 ? "/apis/" : "/api/",
                        TEXT_ARGS(kube_held_api_version(kind, arena)));
}

struct text kube_held_list_path(const struct kube_held_kind *kind, struct text namespace, struct arena *arena)
{
    return arena_printf(arena, "%.*s/namespaces/%.*s/%.*s", TEXT_ARGS(base_path(kind, arena)),
                        TEXT_ARGS(kube_http_escape(arena, namespace)), TEXT_ARGS(kind->resource));
}

struct text kube_held_path(const struct kube_held_kind *kind, struct text namespace, struct text name,
                           struct arena *arena)
{
    return arena_printf(arena, "%.*s/%.*s", TEXT_ARGS(kube_held_list_path(kind, namespace, arena)),
                        TEXT_ARGS(kube_http_escape(arena, name)));
}

bool kube_held_decode(struct text object, struct arena *arena, struct held_object *ret_object,
                      struct error *error)
{
    struct text metadata = json_slice_member(object, "metadata");
    struct text name = kube_string_decode(json_slice_member(metadata, "name"), arena);
    if (name.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent an object without a name");
    struct text labels = json_slice_member(metadata, "labels"),
                annotations = json_slice_member(metadata, "annotations");
    *ret_object = (struct held_object){
        .namespace = kube_string_decode(json_slice_member(metadata, "namespace"), arena),
        .name = name,
        .uid = kube_string_decode(json_slice_member(metadata, "uid"), arena),
        .resource_version = kube_string_decode(json_slice_member(metadata, "resourceVersion"), arena),
        .label = kube_string_decode(json_slice_member(labels, HOLD_LABEL), arena),
        .annotation = kube_string_decode(json_slice_member(annotations, HOLD_ANNOTATION), arena),
        .json = object,
    };
    return true;
}

struct text kube_group_version_decode(struct text body, struct arena *arena)
{
    struct text preferred = json_slice_member(body, "preferredVersion");
    return kube_string_decode(json_slice_member(preferred, "version"), arena);
}

static void list_begin(void *context)
{
    held_store_list_begin(context);
}

static void list_end(void *context)
{
    held_store_list_end(context);
}

/* One that cannot be read must not keep the others from being released. */
static bool put(void *context, struct text object, struct error *error)
{
    struct arena arena;
    struct held_object held;
    arena_init(&arena);
    if (kube_held_decode(object, &arena, &held, error))
        held_store_put(context, &held);
    else
        message_warning("held objects: %s; it is left out", error->text);
    arena_done(&arena);
    return true;
}

static void take_out(void *context, struct text namespace, struct text name)
{
    held_store_remove(context, namespace, name);
}

static size_t count(void *context)
{
    return held_store_count(context);
}

struct kube_resource kube_held(const struct kube_held_kind *kind, struct held_store *store,
                               struct arena *arena)
{
    return (struct kube_resource){
        .noun = arena_printf(arena, "held %.*s", TEXT_ARGS(kind->resource)).at,
        .path =
            arena_printf(arena, "%.*s/%.*s", TEXT_ARGS(base_path(kind, arena)), TEXT_ARGS(kind->resource)).at,
        .selector = "labelSelector=changegate.dev%2Fheld",
        .accept_list = "application/json",
        .accept_watch = "application/json",
        .page_size = PAGE_HELD,
        .cure_forbidden =
            arena_printf(arena, "grant list, watch and patch on %.*s%s%.*s to this user: %s",
                         TEXT_ARGS(kind->resource), kind->group.length > 0 ? "." : "", TEXT_ARGS(kind->group),
                         kind->by_policy
                             ? "say hold: true of it under workloads in the values of charts/changegate"
                             : "bind it to the ClusterRole changegate-release of charts/changegate")
                .at,
        .meanwhile = "none of them is released meanwhile",
        .may_be_absent = true,
        .sink = {store, list_begin, list_end, put, take_out, count},
    };
}
