/* edge/kube_events: what the API server says of objects of any kind, taken apart.
 * Layer: edge (no I/O).
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/ (watches, pages, bookmarks).
 *
 * The objects themselves stay JSON text, so that one that cannot be read spoils neither its page nor its
 * watch: see edge/kube_resource.h for who reads them.
 */
#ifndef CHANGEGATE_EDGE_KUBE_EVENTS_H
#define CHANGEGATE_EDGE_KUBE_EVENTS_H

#include "core/arena.h"
#include "core/error.h"

enum kube_event_type { KUBE_ADDED, KUBE_MODIFIED, KUBE_DELETED, KUBE_BOOKMARK, KUBE_ERROR };

/* A metav1.Status: why the API server did not do it. */
struct kube_status {
    int64_t code;        /* 410: the resource version or continue token is too old */
    struct text message; /* made fit for one line */
};

struct kube_event {
    enum kube_event_type type;
    struct text object;           /* of added, modified, deleted: JSON, borrows the line */
    struct text namespace, name;  /* of deleted, the former empty where it is in none; owned by the arena, as
                                     the next */
    struct text resource_version; /* of all but KUBE_ERROR */
    struct kube_status status;    /* of KUBE_ERROR */
};

/* One line of a watch. */
bool kube_event_decode(struct text line, struct arena *arena, struct kube_event *ret_event,
                       struct error *error) MUST_USE;

struct kube_page {
    const struct text *items; /* JSON, borrow the body; the array is owned by the arena */
    size_t count;
    struct text resource_version; /* of the whole list; owned by the arena, as the next */
    struct text continue_token;   /* empty: this was the last page */
};

/* One page of a list of `noun` ("namespaces"). */
bool kube_page_decode(struct text body, const char *noun, struct arena *arena, struct kube_page *ret_page,
                      struct error *error) MUST_USE;

/* The body of an answer that is no success. False: it is no Status (a proxy's page, say). */
bool kube_status_decode(struct text body, struct arena *arena, struct kube_status *ret_status);

/* The string that `json` is, owned by `arena`; NULL `at` where it is none. */
struct text kube_string_decode(struct text json, struct arena *arena);

#endif
