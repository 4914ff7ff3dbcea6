/* core/freeze: freeze windows as intervals, and many of them merged into one timeline.
 * Layer: core (standard C only). Knows UTC seconds only: codec/timeline expanded recurrence and zones.
 * Source: DESIGN section 4.
 *
 * Invariants: an interval is half-open, [start_s, end_s); a timeline's segments are sorted and leave no gap,
 * and their number does not depend on how many windows made them; looking one up is a binary search.
 */
#ifndef CHANGEGATE_CORE_FREEZE_H
#define CHANGEGATE_CORE_FREEZE_H

#include "core/change.h"
#include "core/zone.h"

#define FREEZE_NO_END INT64_MAX

/* What an operator sets on a namespace (DESIGN section 1). */
#define NAMESPACE_FREEZE        "changegate.dev/freeze"        /* label */
#define NAMESPACE_FREEZE_UNTIL  "changegate.dev/freeze-until"  /* annotation */
#define NAMESPACE_FREEZE_REASON "changegate.dev/freeze-reason" /* annotation */

/* In order of strictness: of several causes the strictest wins. */
enum freeze_action { FREEZE_OPEN, FREEZE_WARN, FREEZE_DELAY, FREEZE_DENY };

/* Delay and Deny close; Warn lets changes in. */
static inline bool freeze_closes(enum freeze_action action)
{
    return action >= FREEZE_DELAY;
}

/* "Open", "Warn", "Delay", "Deny" */
const char *freeze_action_name(enum freeze_action action);

enum window_type { WINDOW_FREEZE, WINDOW_MAINTENANCE };

struct interval {
    int64_t start_s, end_s; /* UTC; end_s is FREEZE_NO_END where there is no end */
};

/* Which changes a window is about; windows with equal keys are about the same. */
struct freeze_scope {
    const struct text *kinds; /* none: all */
    size_t kind_count;
    change_classes classes;  /* none: those whose `freeze` is true in the policy */
    struct selector objects; /* on the labels of the old object where there is one; none: all */
    struct principals exempt;
    struct text key;
};

/* A window as people know it: whom it is about, and what to tell them. When it is on: struct freeze_spans. */
struct freeze_window {
    struct text name;
    enum window_type type; /* Freeze: closed inside. Maintenance: closed outside */
    enum freeze_action action;
    bool suspended;
    const struct zone *zone; /* NULL where all times carried an offset */
    struct text reason, contact, url, ticket;
    struct selector namespaces; /* within the governed ones; none: all */
    struct freeze_scope scope;
    int64_t runway_s; /* of a Maintenance: its intervals end this much before it does */
};

/* When a window is on. */
struct freeze_spans {
    const struct freeze_window *window;
    const struct interval *intervals; /* sorted, not touching one another */
    size_t interval_count;
    int64_t known_until_s; /* from here on it may be on without being listed; FREEZE_NO_END: it is not */
};

/* One window at an instant. */
struct freeze_moment {
    bool on;
    int64_t since_s, next_s; /* since when it is on; when that turns. FREEZE_NO_END: not on; not known */
};

/* The number of the first interval that ends after now_s, which it may be in; interval_count: none. O(log n).
 */
size_t freeze_spans_find(const struct freeze_spans *spans, int64_t now_s);

/* O(log n). A suspended window is on all the same: whoever asks sees to that. */
struct freeze_moment freeze_spans_at(const struct freeze_spans *spans, int64_t now_s);

/* How many causes a denial names one by one; the rest are counted. */
enum { FREEZE_CAUSES_MOST = 8 };

/* The windows in force in a segment: those that close first, strictest first, then oldest first. */
struct freeze_causes {
    enum freeze_action action; /* the strictest of them */
    uint32_t first, listed;    /* into timeline.windows */
    uint32_t closing, warning; /* in force, listed or not */
};

/* From start_s to the start of the next one. */
struct freeze_segment {
    int64_t start_s;
    uint32_t causes; /* into timeline.causes */
    uint32_t turns;  /* the next segment that is closed where this one is not, or the reverse; the number of
                        segments: there is none */
};

struct freeze_timeline {
    const struct freeze_segment *segments; /* the first starts at INT64_MIN; none: always open */
    size_t segment_count;
    const struct freeze_causes *causes; /* each set of windows once, however often it is in force */
    const struct freeze_spans *const *windows;
};

/* Merge windows into one timeline owned by `arena`; borrows `spans`. A Freeze counts with its action; a
 * Maintenance window counts as FREEZE_DENY while it is ON, so make no timeline of both. Suspended windows are
 * left out. O(n log n). */
void freeze_timeline_build(struct arena *arena, const struct freeze_spans *const *spans, size_t span_count,
                           struct freeze_timeline *ret_timeline);

/* What is in force at an instant. */
struct freeze_point {
    enum freeze_action action;
    int64_t turns_s; /* closed: when it opens; else when it next closes; FREEZE_NO_END: never */
    const struct freeze_causes *causes; /* NULL where the timeline has no segment */
};

/* The number of the segment in force at an instant, in a timeline that has any. O(log n). */
size_t freeze_timeline_find(const struct freeze_timeline *timeline, int64_t now_s);

/* O(log n). */
struct freeze_point freeze_timeline_at(const struct freeze_timeline *timeline, int64_t now_s);

/* What a namespace's freeze label and annotations say (DESIGN section 1). */
struct freeze_label {
    enum freeze_action action; /* FREEZE_OPEN: no label */
    int64_t until_s;           /* FREEZE_NO_END without (or with an unreadable) freeze-until */
    struct text reason;
    struct text trouble; /* empty, or what could not be read and how it was taken: always the strict way */
};

/* Read the freeze label and annotations of a namespace; absent ones are empty texts with NULL `at`. An
 * unknown action and an unreadable time are taken the strict way and named in `trouble`. `arena` owns the
 * texts. */
void freeze_label_read(struct arena *arena, struct text action, struct text until, struct text reason,
                       struct freeze_label *ret_label);

/* Its action at now_s; FREEZE_OPEN once it has ended. */
enum freeze_action freeze_label_at(const struct freeze_label *label, int64_t now_s);

#endif
