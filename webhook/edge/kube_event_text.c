#include "edge/kube_event_text.h"

#include "core/instant.h"

#include <jansson.h>
#include <stdlib.h>

enum { MESSAGE_BYTES_MOST = 1000 };

struct text kube_event_namespace(const struct kube_involved *involved)
{
    return involved->namespace.length > 0 ? involved->namespace : text_of("default");
}

static json_t *text_value(struct text text)
{
    json_t *value = json_stringn(text.at == NULL ? "" : text.at, text.length);
    return value == NULL ? json_string("?") : value; /* what is no UTF-8 was made fit before */
}

static json_t *make_involved(const struct kube_involved *involved)
{
    json_t *root = json_pack("{s:o, s:o, s:o, s:o}", "apiVersion", text_value(involved->api_version), "kind",
                             text_value(involved->kind), "name", text_value(involved->name), "uid",
                             text_value(involved->uid));
    if (involved->namespace.length > 0)
        json_object_set_new(root, "namespace", text_value(involved->namespace));
    return root;
}

struct text kube_event_write(const struct kube_event_text *event, int64_t now_s, struct arena *arena)
{
    struct text now = instant_format(arena, now_s);
    json_t *root = json_pack(
        "{s:s, s:s, s:{s:o, s:o}, s:o, s:s, s:o, s:s, s:{s:s}, s:s, s:s, s:o, s:o, s:i}", "apiVersion", "v1",
        "kind", "Event", "metadata", "name", text_value(event->name), "namespace",
        text_value(kube_event_namespace(&event->involved)), "involvedObject", make_involved(&event->involved),
        "reason", event->reason, "message", text_value(text_quote(arena, event->message, MESSAGE_BYTES_MOST)),
        "type", event->is_warning ? "Warning" : "Normal", "source", "component", "changegate",
        "reportingComponent", "changegate", "reportingInstance", "changegate", "firstTimestamp",
        text_value(now), "lastTimestamp", text_value(now), "count", 1);
    char *dumped = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    if (dumped == NULL)
        abort();
    struct text text = arena_copy(arena, text_of(dumped));
    free(dumped);
    json_decref(root);
    return text;
}
