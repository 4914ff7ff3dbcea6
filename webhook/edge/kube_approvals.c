#include "edge/kube_approvals.h"

#include "codec/approval_object.h"
#include "codec/json_slice.h"
#include "edge/message_log.h"

enum { PAGE_APPROVALS = 500 };

static void list_begin(void *context)
{
    struct approval_sink *sink = context;
    approval_store_list_begin(sink->store);
}

static void list_end(void *context)
{
    struct approval_sink *sink = context;
    approval_store_list_end(sink->store);
}

static void forget(struct approval_sink *sink, struct text object, struct arena *arena)
{
    struct text metadata = json_slice_member(object, "metadata");
    approval_store_remove(sink->store, kube_string_decode(json_slice_member(metadata, "namespace"), arena),
                          kube_string_decode(json_slice_member(metadata, "name"), arena));
}

static bool put(void *context, struct text object, struct error *error)
{
    struct approval_sink *sink = context;
    struct arena arena;
    struct json root;
    struct approval_listed listed;
    arena_init(&arena);
    if (json_read(sink->reader, object.at, object.length, &root, error) &&
        approval_object_read_listed(root, &arena, &listed, error)) {
        approval_store_put(sink->store, &listed);
    } else {
        message_warning("approvals: %s; it does not count", error->text);
        forget(sink, object, &arena);
    }
    arena_done(&arena);
    return true;
}

static void take_out(void *context, struct text namespace, struct text name)
{
    struct approval_sink *sink = context;
    approval_store_remove(sink->store, namespace, name);
}

static size_t count(void *context)
{
    struct approval_sink *sink = context;
    return approval_store_count(sink->store);
}

struct kube_resource kube_approvals(struct approval_sink *sink)
{
    return (struct kube_resource){
        .noun = "approvals",
        .path = "/apis/changegate.dev/v1alpha1/approvals",
        .accept_list = "application/json",
        .accept_watch = "application/json",
        .page_size = PAGE_APPROVALS,
        .cure_forbidden = "grant list and watch on approvals.changegate.dev to this user: bind it to the "
                          "ClusterRole changegate-serve of charts/changegate",
        .may_be_absent = true,
        .sink = {sink, list_begin, list_end, put, take_out, count},
    };
}
