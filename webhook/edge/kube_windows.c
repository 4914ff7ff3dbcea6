#include "edge/kube_windows.h"
#include "codec/json_slice.h"
#include "edge/message_log.h"

#include <jansson.h>
#include <stdlib.h>

enum { PAGE_WINDOWS = 100 };

/* One text for one value, however it was written; as it was written where jansson does not take it. */
static struct text dump_again(struct text json, struct arena *arena)
{
    if (json.length == 0 || text_is(json, "null"))
        return TEXT_EMPTY;
    json_t *value = json_loadb(json.at, json.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    char *dumped = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    struct text copy = arena_copy(arena, dumped == NULL ? json : text_of(dumped));
    free(dumped);
    json_decref(value);
    return copy;
}

static int64_t decode_integer(struct text json)
{
    if (json.length == 0)
        return 0;
    json_t *value = json_loadb(json.at, json.length, JSON_DECODE_ANY, NULL);
    int64_t integer = json_integer_value(value);
    json_decref(value);
    return integer;
}

bool kube_window_decode(struct text object, struct arena *arena, struct window_object *ret_object,
                        struct error *error)
{
    struct text metadata = json_slice_member(object, "metadata");
    struct text name = kube_string_decode(json_slice_member(metadata, "name"), arena);
    if (name.length == 0)
        return error_set(error, ERROR_SYSTEM, "the API server sent an object without a name");
    *ret_object = (struct window_object){
        .name = name,
        .uid = kube_string_decode(json_slice_member(metadata, "uid"), arena),
        .resource_version = kube_string_decode(json_slice_member(metadata, "resourceVersion"), arena),
        .generation = decode_integer(json_slice_member(metadata, "generation")),
        .spec = dump_again(json_slice_member(object, "spec"), arena),
        .status = dump_again(json_slice_member(object, "status"), arena),
        .terminating = text_starts_with(json_slice_member(metadata, "deletionTimestamp"), text_of("\"")),
    };
    return true;
}

static void list_begin(void *context)
{
    window_store_list_begin(context);
}

static void list_end(void *context)
{
    window_store_list_end(context);
}

static bool put(void *context, struct text object, struct error *error)
{
    struct arena arena;
    struct window_object window;
    arena_init(&arena);
    if (kube_window_decode(object, &arena, &window, error))
        window_store_put(context, &window);
    else
        message_warning("freezewindows: %s; it is left out", error->text);
    arena_done(&arena);
    return true;
}

static void take_out(void *context, struct text namespace, struct text name)
{
    (void)namespace;
    window_store_remove(context, name);
}

static size_t count(void *context)
{
    return window_store_count(context);
}

struct kube_resource kube_windows(struct window_store *store)
{
    return (struct kube_resource){
        .noun = "freezewindows",
        .path = "/apis/changegate.dev/v1alpha1/freezewindows",
        .accept_list = "application/json",
        .accept_watch = "application/json",
        .page_size = PAGE_WINDOWS,
        .cure_forbidden = "grant list and watch on freezewindows.changegate.dev to this user: bind it to the "
                          "ClusterRole changegate-serve of charts/changegate",
        .may_be_absent = true,
        .sink = {store, list_begin, list_end, put, take_out, count},
    };
}
