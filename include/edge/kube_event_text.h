/* edge/kube_event_text: Events, as the API server takes them (jansson).
 * Layer: edge (no I/O).
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 *
 * An Event whose name says what happened is written once, however many processes write it: the second one is
 * answered with 409.
 */
#ifndef CHANGEGATE_EDGE_KUBE_EVENT_TEXT_H
#define CHANGEGATE_EDGE_KUBE_EVENT_TEXT_H

#include "core/arena.h"

/* What it is about. */
struct kube_involved {
    struct text api_version, kind;
    struct text namespace; /* empty: of a cluster-scoped object, whose Events are in "default" */
    struct text name;
    struct text uid; /* `kubectl describe` asks by it */
};

struct kube_event_text {
    struct kube_involved involved;
    struct text name;   /* of the Event, in the namespace of kube_event_namespace */
    const char *reason; /* "FreezeStarted", ... static */
    bool is_warning;
    struct text message;
};

struct text kube_event_namespace(const struct kube_involved *involved);

/* The Event as JSON text, owned by `arena`. */
struct text kube_event_write(const struct kube_event_text *event, int64_t now_s, struct arena *arena);

#endif
