/* edge/kube_windows: FreezeWindow objects as the API server lists them (jansson).
 * Layer: edge (no I/O).
 *
 * Whoever may write a window may write one that no JSON reader takes whole (a key with \u0000, a number past
 * 64 bits). Such a window is kept with its spec as it was written, for whoever reads specs to refuse aloud:
 * it neither vanishes nor stops the watch of the others.
 */
#ifndef CHANGEGATE_EDGE_KUBE_WINDOWS_H
#define CHANGEGATE_EDGE_KUBE_WINDOWS_H

#include "edge/kube_resource.h"
#include "edge/window_store.h"

/* Whole objects; a cluster without the CustomResourceDefinition has none. The store is borrowed for the
 * resource's life. */
struct kube_resource kube_windows(struct window_store *store);

/* Spec and status become compact JSON text, members in their order. Texts are owned by `arena`. */
bool kube_window_decode(struct text object, struct arena *arena, struct window_object *ret_object,
                        struct error *error) MUST_USE;

#endif
