/* What the files of edge/calendars share: windows that were read and expanded, kept while nothing changes.
 * Layer: edge. */
#ifndef CHANGEGATE_EDGE_CALENDARS_PRIVATE_H
#define CHANGEGATE_EDGE_CALENDARS_PRIVATE_H

#include "codec/timeline.h"
#include "edge/calendars.h"

/* The same for all windows of one `struct calendars`: spans of different bases do not mix. */
struct expansion {
    int64_t made_s, horizon_s;
};

/* A FreezeWindow object that was read; counted. */
struct known_window;

struct known_window *known_window_read(const struct window_object *object); /* one reference */
struct known_window *known_window_ref(struct known_window *known);          /* thread-safe */
void known_window_unref(struct known_window *known);                        /* thread-safe; accepts NULL */
bool known_window_is(const struct known_window *known, const struct window_object *object);
struct text known_window_name(const struct known_window *known);
struct text known_window_uid(const struct known_window *known);
const struct window *known_window_get(const struct known_window *known); /* NULL: cannot be used */
const struct window_faults *known_window_faults(const struct known_window *known);
void known_window_expand(struct known_window *known, const struct expansion *expansion);
const struct freeze_spans *known_window_spans(const struct known_window *known); /* NULL: cannot be used */

/* The windows of all policies of a file; counted. */
struct policy_windows;

struct policy_windows *policy_windows_expand(struct policy_file *policies, const struct expansion *expansion);
struct policy_windows *policy_windows_ref(struct policy_windows *windows); /* thread-safe */
void policy_windows_unref(struct policy_windows *windows);                 /* thread-safe; accepts NULL */
/* Of the policy with this index: as many spans as it has windows. */
const struct freeze_spans *policy_windows_of(const struct policy_windows *windows, size_t policy);

#endif
