/* edge/kube_events: what the API server says of namespaces, decoded (jansson).
 * Layer: edge (no I/O).
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/ (watches, pages, bookmarks,
 *         PartialObjectMetadata). Whole Namespace objects are read as well: a server may send them.
 */
#ifndef CHANGEGATE_EDGE_KUBE_EVENTS_H
#define CHANGEGATE_EDGE_KUBE_EVENTS_H

#include "core/arena.h"
#include "core/error.h"
#include "edge/namespaces.h"

enum kube_event_type { KUBE_ADDED, KUBE_MODIFIED, KUBE_DELETED, KUBE_BOOKMARK, KUBE_ERROR };

/* A metav1.Status: why the API server did not do it. */
struct kube_status {
    int64_t code;        /* 410: the resource version or continue token is too old */
    struct text message; /* made fit for one line */
};

struct kube_event {
    enum kube_event_type type;
    struct namespace_metadata metadata; /* of added, modified, deleted */
    struct text resource_version;       /* of all but KUBE_ERROR */
    struct kube_status status;          /* of KUBE_ERROR */
};

/* One line of a watch. Texts are owned by `arena`. */
bool kube_event_decode(struct text line, struct arena *arena, struct kube_event *ret_event,
                       struct error *error) MUST_USE;

struct kube_page {
    const struct namespace_metadata *items;
    size_t count;
    struct text resource_version; /* of the whole list */
    struct text continue_token;   /* empty: this was the last page */
};

/* One page of a list. Texts are owned by `arena`. */
bool kube_page_decode(struct text body, struct arena *arena, struct kube_page *ret_page,
                      struct error *error) MUST_USE;

/* The body of an answer that is no success. False: it is no Status (a proxy's page, say). */
bool kube_status_decode(struct text body, struct arena *arena, struct kube_status *ret_status);

#endif
