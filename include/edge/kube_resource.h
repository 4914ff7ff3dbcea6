/* edge/kube_resource: one kind of object as the API server lists it, and who keeps the objects.
 * Layer: edge (no I/O).
 *
 * What kube_watch and kube_fetch need to know of a kind, and the steps of a list that they share. The
 * kinds there are: edge/kube_namespaces.h, edge/kube_windows.h, edge/kube_approvals.h, edge/kube_held.h.
 */
#ifndef CHANGEGATE_EDGE_KUBE_RESOURCE_H
#define CHANGEGATE_EDGE_KUBE_RESOURCE_H

#include "core/arena.h"
#include "edge/kube_events.h"

/* Where objects go. A full list: between begin and end each object that still exists is put, the others are
 * gone at the end; a begin without an end (the list was cut) drops nothing, the next begin starts over. */
struct kube_sink {
    void *context;
    void (*list_begin)(void *context);
    void (*list_end)(void *context);
    /* One object, JSON text that lives until the return. False: nothing can be made of it, which ends the
     * list or watch; a sink to which one unreadable object among others is no failure says so itself and
     * returns true. */
    bool (*put)(void *context, struct text object, struct error *error);
    /* `namespace` is empty where it is in none. */
    void (*remove)(void *context, struct text namespace, struct text name);
    size_t (*count)(void *context);
};

struct kube_resource {
    const char *noun;     /* for messages: "namespaces" */
    const char *path;     /* "/api/v1/namespaces" */
    const char *selector; /* more of the query, escaped: "labelSelector=..."; NULL: all objects */
    const char *accept_list, *accept_watch;
    unsigned page_size;         /* objects asked for at once */
    const char *cure_forbidden; /* what to do about HTTP 403 */
    const char *meanwhile;      /* what it means that it cannot be watched; NULL: see edge/kube_outage.h */
    bool may_be_absent;         /* 404 on a list: there are none, and there may be some later */
    struct kube_sink sink;
};

enum {
    KUBE_PAGE_BYTES_MOST = 8 << 20, /* a larger page is asked for again with fewer objects */
};

/* The path of one page; `continue_token` NULL: of the first. Owned by `arena`. */
const char *kube_resource_page_path(const struct kube_resource *resource, unsigned limit,
                                    const char *continue_token, struct arena *arena);

/* The path of a watch that goes on from `resource_version`. */
const char *kube_resource_watch_path(const struct kube_resource *resource, const char *resource_version,
                                     unsigned timeout_s, struct arena *arena);

/* Decode one page and put its objects. Texts of the page are owned by `arena` or borrow `body`. */
bool kube_resource_take_page(const struct kube_resource *resource, struct text body, struct arena *arena,
                             struct kube_page *ret_page, struct error *error) MUST_USE;

/* There are none: an empty list. */
void kube_resource_take_absence(const struct kube_resource *resource);

/* Why the answer with this status and body is no success, and the cure where people can do something.
 * `doing`: "listing" or "watching". Always returns false. */
bool kube_resource_refused(const struct kube_resource *resource, const char *doing, unsigned status,
                           struct text body, struct error *error);

#endif
