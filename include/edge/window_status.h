/* edge/window_status: what is written on FreezeWindow objects about them: their status, and Events (jansson).
 * Layer: edge (no I/O).
 * Source:
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md
 *         (status, conditions);
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
#ifndef CHANGEGATE_EDGE_WINDOW_STATUS_H
#define CHANGEGATE_EDGE_WINDOW_STATUS_H

#include "edge/calendars.h"
#include "edge/window_store.h"

/* How far the status on the object is from what it should be. */
enum status_difference {
    STATUS_SAME,
    STATUS_ONLY_COUNT, /* matchedNamespaces alone: namespaces come and go, and it is not urgent */
    STATUS_DIFFERENT,
};

struct window_status {
    enum status_difference difference;
    struct text patch; /* a JSON merge patch (RFC 7386) for the status subresource; owned by the arena */
};

/* Compare the object's status with what the window as read says at now_s. */
void window_status_make(const struct calendars_window *window, const struct window_object *object,
                        int64_t now_s, struct arena *arena, struct window_status *ret_status);

/* Whether the status on an object says that the window is active; for the first look at it. */
bool window_status_was_active(const struct window_object *object);

struct window_event {
    struct text window, uid; /* of the FreezeWindow */
    struct text name; /* of the Event: the same for the same happening, so that of two replicas one writes */
    const char *reason; /* "FreezeStarted", ... static */
    bool is_warning;
    struct text message;
};

/* The Event as JSON text, owned by `arena`; for namespace "default", as Events of cluster-scoped objects are.
 */
struct text window_event_write(const struct window_event *event, int64_t now_s, struct arena *arena);

#endif
