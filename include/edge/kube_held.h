/* edge/kube_held: objects that carry HOLD_LABEL, of one kind, as the API server lists them (jansson).
 * Layer: edge (no I/O).
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
 *
 * Whole objects: what is released is decided on what they say. The API server selects them, so a cluster
 * where nothing is held costs nothing.
 */
#ifndef CHANGEGATE_EDGE_KUBE_HELD_H
#define CHANGEGATE_EDGE_KUBE_HELD_H

#include "edge/held_store.h"
#include "edge/kube_resource.h"

/* A kind of object that can be held. */
struct kube_held_kind {
    struct text group, version; /* "" and "v1", "apps" and "v1"; empty version: not known yet */
    struct text resource, kind; /* "deployments", "Deployment" */
    bool by_policy;             /* no built-in one */
};

/* The built-in ones. */
enum { HELD_KINDS_BUILT_IN = 6 };
extern const struct kube_held_kind kube_held_kinds[HELD_KINDS_BUILT_IN];

/* The store is borrowed for the resource's life; `arena` owns the texts. */
struct kube_resource kube_held(const struct kube_held_kind *kind, struct held_store *store,
                               struct arena *arena);

/* "apps/v1" or "v1"; the path of one object; the path of all objects in a namespace. Owned by `arena`, each
 * with a NUL behind it. */
struct text kube_held_api_version(const struct kube_held_kind *kind, struct arena *arena);
struct text kube_held_path(const struct kube_held_kind *kind, struct text namespace, struct text name,
                           struct arena *arena);
struct text kube_held_list_path(const struct kube_held_kind *kind, struct text namespace,
                                struct arena *arena);

/* Texts are owned by `arena`; `json` borrows. */
bool kube_held_decode(struct text object, struct arena *arena, struct held_object *ret_object,
                      struct error *error) MUST_USE;

/* The version that the API server prefers, of an APIGroup (the answer to GET /apis/GROUP); empty: none.
 * Source: https://kubernetes.io/docs/reference/using-api/#api-groups */
struct text kube_group_version_decode(struct text body, struct arena *arena);

#endif
