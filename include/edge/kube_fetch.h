/* edge/kube_fetch: one list, read to its end while the caller waits. For the command line: whoever serves
 * uses edge/kube_watch.h. Layer: edge.
 */
#ifndef CHANGEGATE_EDGE_KUBE_FETCH_H
#define CHANGEGATE_EDGE_KUBE_FETCH_H

#include "edge/kube_config.h"
#include "edge/kube_resource.h"

/* Put all objects of `resource` into its sink, between one list_begin and its list_end. `timeout_ms` is for
 * all pages together. A resource that may be absent and is counts as an empty list. On failure the sink may
 * have seen some objects, and no list_end; the text says what the API server said. */
bool kube_fetch_list(const struct kube_config *config, const struct kube_resource *resource,
                     int64_t timeout_ms, struct error *error) MUST_USE;

#endif
