#include "edge/kube_namespaces.h"
#include "core/freeze.h"

#include <jansson.h>

enum { PAGE_NAMESPACES = 250 };

static struct text borrow(const json_t *value)
{
    if (!json_is_string(value))
        return TEXT_EMPTY;
    return (struct text){json_string_value(value), json_string_length(value)};
}

static struct text copy(struct arena *arena, const json_t *value)
{
    struct text borrowed = borrow(value);
    return borrowed.at == NULL ? TEXT_EMPTY : arena_copy(arena, borrowed);
}

static struct labels copy_labels(struct arena *arena, json_t *object)
{
    struct label *items = arena_alloc_array(arena, json_object_size(object), sizeof(*items));
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        items[count].key = arena_copy(arena, text_of(key));
        items[count++].value = copy(arena, value);
    }
    return (struct labels){items, count};
}

static bool decode_metadata(const json_t *object, struct arena *arena,
                            struct namespace_metadata *ret_metadata, struct error *error)
{
    json_t *metadata = json_object_get(object, "metadata");
    json_t *annotations = json_object_get(metadata, "annotations");
    struct text name = borrow(json_object_get(metadata, "name"));
    if (name.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent an object without a name");
    *ret_metadata = (struct namespace_metadata){
        .name = arena_copy(arena, name),
        .labels = copy_labels(arena, json_object_get(metadata, "labels")),
        .freeze_until = copy(arena, json_object_get(annotations, NAMESPACE_FREEZE_UNTIL)),
        .freeze_reason = copy(arena, json_object_get(annotations, NAMESPACE_FREEZE_REASON)),
        .terminating = json_is_string(json_object_get(metadata, "deletionTimestamp")),
    };
    return true;
}

/* Anybody who may annotate a namespace may put \u0000 into it; refusing that would let them stop the watch.
 */
bool kube_namespace_decode(struct text object, struct arena *arena, struct namespace_metadata *ret_metadata,
                           struct error *error)
{
    json_error_t fault;
    json_t *root = json_loadb(object.at == NULL ? "" : object.at, object.length, JSON_ALLOW_NUL, &fault);
    if (root == NULL)
        return error_set(error, ERROR_SYSTEM, "the API server sent what is not JSON: %s", fault.text);
    bool good = decode_metadata(root, arena, ret_metadata, error);
    json_decref(root);
    return good;
}

static void list_begin(void *context)
{
    namespace_store_list_begin(context);
}

static void list_end(void *context)
{
    namespace_store_list_end(context);
}

static bool put(void *context, struct text object, struct error *error)
{
    struct arena arena;
    struct namespace_metadata metadata;
    arena_init(&arena);
    bool good = kube_namespace_decode(object, &arena, &metadata, error);
    if (good)
        namespace_store_put(context, &metadata);
    arena_done(&arena);
    return good;
}

static void take_out(void *context, struct text namespace, struct text name)
{
    (void)namespace;
    namespace_store_remove(context, name);
}

static size_t count(void *context)
{
    return namespace_store_count(context);
}

struct kube_resource kube_namespaces(struct namespace_store *store)
{
    return (struct kube_resource){
        .noun = "namespaces",
        .path = "/api/v1/namespaces",
        .accept_list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
        .accept_watch = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
        .page_size = PAGE_NAMESPACES,
        .cure_forbidden = "grant list and watch on namespaces to this user: bind it to the ClusterRole "
                          "changegate-serve of charts/changegate",
        .sink = {store, list_begin, list_end, put, take_out, count},
    };
}
