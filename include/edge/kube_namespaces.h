/* edge/kube_namespaces: namespaces as the API server lists them (jansson).
 * Layer: edge (no I/O).
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/ (PartialObjectMetadata). Whole
 *         Namespace objects are read as well: a server may send them.
 */
#ifndef CHANGEGATE_EDGE_KUBE_NAMESPACES_H
#define CHANGEGATE_EDGE_KUBE_NAMESPACES_H

#include "edge/kube_resource.h"
#include "edge/namespaces.h"

/* Metadata alone is asked for. The store is borrowed for the resource's life. */
struct kube_resource kube_namespaces(struct namespace_store *store);

/* Texts are owned by `arena`. */
bool kube_namespace_decode(struct text object, struct arena *arena, struct namespace_metadata *ret_metadata,
                           struct error *error) MUST_USE;

#endif
