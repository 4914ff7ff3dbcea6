/* codec/window: a freeze window as written: its times with their recurrence, not yet expanded.
 * Layer: codec (no I/O). Source: DESIGN section 4.
 *
 * The same keys stand under a policy's spec.freezeWindows and in the spec of a FreezeWindow object, and the
 * same code reads both. Strict: an unknown key, zone or rule is an error; nothing is ignored. When it is on:
 * codec/timeline.
 */
#ifndef CHANGEGATE_CODEC_WINDOW_H
#define CHANGEGATE_CODEC_WINDOW_H

#include "codec/recurrence.h"
#include "core/freeze.h"
#include "core/policy.h"

#define WINDOW_NO_DAY INT64_MIN

/* A time of day on each day of a rule. Days are days since 1970-01-01, times of day seconds. */
struct recurring {
    struct recurrence rule;
    int64_t start_s, end_s; /* 86400 is the end of the day */
    int64_t end_after_days; /* the end falls so many days after the start's day */
    int64_t from, until;    /* inclusive; WINDOW_NO_DAY: not written */
    const int64_t *exdates; /* sorted */
    size_t exdate_count;
};

struct window {
    struct freeze_window said; /* borrows as the window does */
    const struct interval *once;
    size_t once_count;
    const struct recurring *recurring;
    size_t recurring_count;
};

enum { WINDOW_FAULTS_MOST = 16 };

/* What is wrong with a window, each "spec.PATH: what; cure". */
struct window_faults {
    struct text items[WINDOW_FAULTS_MOST];
    size_t count;
};

/* All of them, "; " between two. Owned by `arena`. */
struct text window_faults_join(const struct window_faults *faults, struct arena *arena);

/* Read the spec of a FreezeWindow object, given as JSON. `policies`: a kind has to be known to one of them;
 * NULL: any name will do. False: ret_faults says all that is wrong. Texts of both results are owned by
 * `arena`. */
bool window_read_object(struct text name, struct text spec, const struct policy_set *policies,
                        struct arena *arena, struct window *ret_window,
                        struct window_faults *ret_faults) MUST_USE;

#endif
