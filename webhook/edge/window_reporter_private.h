/* What was told of each FreezeWindow so far, and what is to be told next.
 * Layer: edge. */
#ifndef CHANGEGATE_EDGE_WINDOW_REPORTER_PRIVATE_H
#define CHANGEGATE_EDGE_WINDOW_REPORTER_PRIVATE_H

#include "edge/window_status.h"

struct reported {
    char *name, *uid; /* owned, as the next two */
    char *event_name; /* of the Event to be written; NULL: none */
    char *event_message;
    const char *event_reason;
    bool event_is_warning;
    size_t index; /* in the calendars */
    bool gone;    /* from the cluster */
    bool on;
    bool maintenance;
    int64_t generation;          /* of the spec that was looked at */
    int64_t unusable_generation; /* that was told; 0: none */
    int64_t written_ms;          /* when the status was written last; 0: never */
};

/* Look at every window of the calendars, in the order of names: what started or ended, or cannot be used,
 * since the last look becomes an Event. Entries of windows that are gone stay until their Event is done.
 * Returns the new count. */
size_t reported_update(struct reported **windows, size_t count, const struct calendars *calendars,
                       const struct window_store *store, int64_t now_s);
void reported_done(struct reported *reported);
struct text reported_name(const struct reported *reported);

/* The Event that is to be written; it stays so until reported_event_done, or until a later one takes its
 * place. Borrows `reported` until the next update. */
bool reported_event(const struct reported *reported, struct window_event *ret_event);
void reported_event_done(struct reported *reported);

#endif
