#include "edge/kube_events.h"
#include "codec/json_slice.h"

#include <jansson.h>

enum { MESSAGE_BYTES_MOST = 300 };

struct text kube_string_decode(struct text json, struct arena *arena)
{
    if (json.length == 0)
        return TEXT_EMPTY;
    json_t *value = json_loadb(json.at, json.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct text string = TEXT_EMPTY;
    if (json_is_string(value))
        string = arena_copy(arena, (struct text){json_string_value(value), json_string_length(value)});
    json_decref(value);
    return string;
}

static struct text member_string(struct text object, const char *key, struct arena *arena)
{
    return kube_string_decode(json_slice_member(object, key), arena);
}

static bool check_whole(struct text bytes, struct error *error)
{
    return json_slice_is_whole(bytes) ||
           error_set(error, ERROR_SYSTEM, "the API server sent what is not JSON");
}

static struct kube_status decode_status(struct text object, struct arena *arena)
{
    struct kube_status status = {0};
    json_t *root = json_loadb(object.at == NULL ? "" : object.at, object.length, JSON_ALLOW_NUL, NULL);
    const json_t *message = json_object_get(root, "message");
    status.code = json_integer_value(json_object_get(root, "code"));
    struct text borrowed = {json_string_value(message), json_string_length(message)};
    status.message = text_quote(arena, borrowed, MESSAGE_BYTES_MOST);
    json_decref(root);
    return status;
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

bool kube_event_decode(struct text line, struct arena *arena, struct kube_event *ret_event,
                       struct error *error)
{
    struct kube_event event = {.object = json_slice_member(line, "object")};
    if (!check_whole(line, error) || !decode_type(member_string(line, "type", arena), &event.type, error))
        return false;
    if (event.type == KUBE_ERROR) {
        event.status = decode_status(event.object, arena);
        *ret_event = event;
        return true;
    }
    struct text metadata = json_slice_member(event.object, "metadata");
    event.resource_version = member_string(metadata, "resourceVersion", arena);
    if (event.type == KUBE_DELETED) {
        event.namespace = member_string(metadata, "namespace", arena);
        event.name = member_string(metadata, "name", arena);
    }
    if (event.type == KUBE_DELETED && event.name.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent an object without a name");
    if (event.resource_version.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent a watch event without a resourceVersion");
    *ret_event = event;
    return true;
}

static size_t count_items(struct text list)
{
    size_t count = 0;
    for (struct json_slices walk = json_slices_of(list); json_slice_next(&walk);)
        count++;
    return count;
}

bool kube_page_decode(struct text body, const char *noun, struct arena *arena, struct kube_page *ret_page,
                      struct error *error)
{
    if (!check_whole(body, error))
        return false;
    struct text metadata = json_slice_member(body, "metadata"), list = json_slice_member(body, "items");
    /* An empty list is `[]`, or `null` from servers that wrote a nil slice. */
    if (!text_starts_with(list, text_of("[")) && !text_is(list, "null"))
        return error_set(error, ERROR_SYSTEM, "the API server sent what is not a list of %s", noun);

    struct kube_page page = {
        .count = count_items(list),
        .resource_version = member_string(metadata, "resourceVersion", arena),
        .continue_token = member_string(metadata, "continue", arena),
    };
    if (page.resource_version.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent a list without a resourceVersion");
    struct text *items = arena_alloc_array(arena, page.count, sizeof(*items));
    size_t at = 0;
    for (struct json_slices walk = json_slices_of(list); json_slice_next(&walk);)
        items[at++] = walk.value;
    page.items = items;
    *ret_page = page;
    return true;
}

bool kube_status_decode(struct text body, struct arena *arena, struct kube_status *ret_status)
{
    bool is_status = text_is(member_string(body, "kind", arena), "Status");
    if (is_status)
        *ret_status = decode_status(body, arena);
    return is_status;
}
