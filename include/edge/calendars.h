/* edge/calendars: every freeze window in force, of policies and of the cluster, expanded and grouped by
 * namespace. Layer: edge (no I/O).
 *
 * Namespaces under the same policy that the same windows select share one calendar. One thread, the watcher,
 * builds and asks; what calendars_for returned is immutable and may be read by any thread that holds a
 * reference. A window whose spec did not change is not read or expanded again.
 */
#ifndef CHANGEGATE_EDGE_CALENDARS_H
#define CHANGEGATE_EDGE_CALENDARS_H

#include "codec/policy_file.h"
#include "codec/window.h"
#include "core/calendar.h"
#include "edge/window_store.h"

struct calendars; /* counted */

/* Read and expand. Takes its own reference to `policies`, copies from `windows` (NULL: there is no cluster).
 * `previous`, or NULL, is what there was before. The caller owns one reference. */
struct calendars *calendars_build(struct policy_file *policies, const struct window_store *windows,
                                  const struct calendars *previous, int64_t now_s);

struct calendars *calendars_ref(struct calendars *calendars); /* thread-safe */
void calendars_unref(struct calendars *calendars);            /* thread-safe; accepts NULL */

/* Whether they are good at now_s: not when that is a day later, nor when the clock was set back behind what
 * they were made for. Then build anew. */
bool calendars_good_at(const struct calendars *calendars, int64_t now_s);

/* When they stop being good by themselves. */
int64_t calendars_good_until_s(const struct calendars *calendars);

/* The calendar of a namespace that `policy` of the policy file governs. Borrows. Counts the namespaces that
 * ask: from 0 after calendars_count_anew, and into calendars_window's `matched` at calendars_tally. */
const struct calendar *calendars_for(struct calendars *calendars, const struct policy *policy,
                                     struct labels labels);
void calendars_count_anew(struct calendars *calendars);
void calendars_tally(struct calendars *calendars);

/* A FreezeWindow object as it was read. */
struct calendars_window {
    struct text name, uid;
    const struct window *window;      /* NULL: it cannot be used, and `faults` says why */
    const struct freeze_spans *spans; /* NULL with it */
    const struct window_faults *faults;
    size_t matched; /* governed namespaces that it selects, as of the last tally; 0 while it is suspended and
                       selective */
};

/* The cluster's windows, in the order of their names. */
size_t calendars_window_count(const struct calendars *calendars);
struct calendars_window calendars_window(const struct calendars *calendars, size_t index);

/* The uid of the FreezeWindow of this name; empty: there is none. Borrows. Any thread that holds a reference.
 */
struct text calendars_window_uid(const struct calendars *calendars, struct text name);

/* For metrics, over policies and cluster. Suspended windows count as there and never as active. */
struct calendars_counts {
    size_t windows, active, unusable;
    int64_t next_transition_s; /* when the next window starts or ends; FREEZE_NO_END: none is known */
};
struct calendars_counts calendars_count(const struct calendars *calendars, int64_t now_s);

#endif
