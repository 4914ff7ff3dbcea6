#include "edge/kube_events.h"
#include "core/freeze.h"

#include <jansson.h>

enum { MESSAGE_BYTES_MOST = 300 };

/* Anybody who may annotate a namespace may put \u0000 into it; refusing that would let them stop the watch.
 */
static json_t *load(struct text bytes, struct error *error)
{
    json_error_t fault;
    json_t *root = json_loadb(bytes.at == NULL ? "" : bytes.at, bytes.length, JSON_ALLOW_NUL, &fault);
    if (root == NULL)
        error_set(error, ERROR_SYSTEM, "the API server sent what is not JSON: %s", fault.text);
    return root;
}

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

static bool decode_metadata(json_t *object, struct arena *arena, struct namespace_metadata *ret_metadata,
                            struct error *error)
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

static struct kube_status decode_status(const json_t *object, struct arena *arena)
{
    struct text message = borrow(json_object_get(object, "message"));
    return (struct kube_status){
        .code = json_integer_value(json_object_get(object, "code")),
        .message = text_quote(arena, message, MESSAGE_BYTES_MOST),
    };
}

static bool decode_type(struct text name, enum kube_event_type *ret_type, struct error *error)
{
    static const struct text names[] = {
        [KUBE_ADDED] = TEXT("ADDED"),     [KUBE_MODIFIED] = TEXT("MODIFIED"),
        [KUBE_DELETED] = TEXT("DELETED"), [KUBE_BOOKMARK] = TEXT("BOOKMARK"),
        [KUBE_ERROR] = TEXT("ERROR"),
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_equal(name, names[i])) {
            *ret_type = (enum kube_event_type)i;
            return true;
        }
    }
    return error_set(error, ERROR_SYSTEM, "the API server sent a watch event of an unknown type");
}

static bool decode_event(const json_t *root, struct arena *arena, struct kube_event *ret_event,
                         struct error *error)
{
    struct kube_event event = {.type = KUBE_ERROR};
    json_t *object = json_object_get(root, "object");
    if (!decode_type(borrow(json_object_get(root, "type")), &event.type, error))
        return false;
    if (event.type == KUBE_ERROR) {
        event.status = decode_status(object, arena);
        *ret_event = event;
        return true;
    }
    if (event.type != KUBE_BOOKMARK && !decode_metadata(object, arena, &event.metadata, error))
        return false;
    event.resource_version =
        copy(arena, json_object_get(json_object_get(object, "metadata"), "resourceVersion"));
    if (event.resource_version.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent a watch event without a resourceVersion");
    *ret_event = event;
    return true;
}

bool kube_event_decode(struct text line, struct arena *arena, struct kube_event *ret_event,
                       struct error *error)
{
    json_t *root = load(line, error);
    bool good = root != NULL && decode_event(root, arena, ret_event, error);
    json_decref(root);
    return good;
}

static bool decode_page(const json_t *root, struct arena *arena, struct kube_page *ret_page,
                        struct error *error)
{
    json_t *metadata = json_object_get(root, "metadata");
    json_t *list = json_object_get(root, "items");
    /* An empty list is `[]`, or `null` from servers that wrote a nil slice. */
    if (!json_is_array(list) && !json_is_null(list))
        return error_set(error, ERROR_SYSTEM, "the API server sent what is not a list of namespaces");

    struct namespace_metadata *items = arena_alloc_array(arena, json_array_size(list), sizeof(*items));
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!decode_metadata(json_array_get(list, i), arena, &items[i], error))
            return false;
    struct text resource_version = copy(arena, json_object_get(metadata, "resourceVersion"));
    if (resource_version.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent a list without a resourceVersion");
    *ret_page = (struct kube_page){
        .items = items,
        .count = json_array_size(list),
        .resource_version = resource_version,
        .continue_token = copy(arena, json_object_get(metadata, "continue")),
    };
    return true;
}

bool kube_page_decode(struct text body, struct arena *arena, struct kube_page *ret_page, struct error *error)
{
    json_t *root = load(body, error);
    bool good = root != NULL && decode_page(root, arena, ret_page, error);
    json_decref(root);
    return good;
}

bool kube_status_decode(struct text body, struct arena *arena, struct kube_status *ret_status)
{
    struct error ignored;
    json_t *root = load(body, &ignored);
    bool is_status = text_is(borrow(json_object_get(root, "kind")), "Status");
    if (is_status)
        *ret_status = decode_status(root, arena);
    json_decref(root);
    return is_status;
}
