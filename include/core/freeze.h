/* core/freeze: is it closed at an instant, why, and when does it open again?
 * Layer: core (standard C only). Knows UTC seconds only; zones and recurrence were resolved by
 * codec/timeline.
 *
 * Invariants: an interval is half-open, [start_s, end_s); a timeline's segments are sorted, do not overlap
 * and do not depend on how many windows made them; looking one up is a binary search.
 */
#ifndef CHANGEGATE_CORE_FREEZE_H
#define CHANGEGATE_CORE_FREEZE_H

#include "core/arena.h"

#define FREEZE_NO_END INT64_MAX

/* What an operator sets on a namespace (DESIGN section 1). */
#define NAMESPACE_FREEZE        "changegate.dev/freeze"        /* label */
#define NAMESPACE_FREEZE_UNTIL  "changegate.dev/freeze-until"  /* annotation */
#define NAMESPACE_FREEZE_REASON "changegate.dev/freeze-reason" /* annotation */

/* In order of strictness: of several causes the strictest wins. */
enum freeze_action { FREEZE_OPEN, FREEZE_WARN, FREEZE_DENY };

struct interval {
    int64_t start_s, end_s; /* UTC; end_s is FREEZE_NO_END where there is no end */
};

/* Who closed it and what people should know. Borrows from the policy's arena. */
struct freeze_window {
    struct text name;
    enum freeze_action action;
    struct text time_zone; /* IANA; empty where all times carried an offset */
    struct text reason, contact, url, ticket;
    const struct interval *intervals; /* sorted, not touching one another */
    size_t interval_count;
};

/* How many causes a denial names one by one; the rest are counted. */
enum { FREEZE_CAUSES_MOST = 8 };

struct freeze_segment {
    int64_t start_s, end_s;
    int64_t
        opens_s; /* end of the unbroken run of FREEZE_DENY that this segment is part of; start_s of none */
    enum freeze_action action;
    uint32_t first_cause, cause_count; /* into timeline.causes, strictest first */
    uint32_t more_causes;              /* in force but not listed */
    uint32_t deciding_causes;          /* of those in force, listed or not, the ones with this action */
};

struct freeze_timeline {
    const struct freeze_segment *segments; /* sorted; gaps are open */
    size_t segment_count;
    const struct freeze_window *const *causes;
};

/* What a namespace's freeze label and annotations say (DESIGN section 1). */
struct freeze_label {
    enum freeze_action action; /* FREEZE_OPEN: no label */
    int64_t until_s;           /* FREEZE_NO_END without (or with an unreadable) freeze-until */
    struct text reason;
    struct text trouble; /* empty, or what could not be read and how it was taken: always the strict way */
};

struct freeze_state {
    enum freeze_action action;
    int64_t opens_s;   /* true next opening over the union of label and windows; FREEZE_NO_END: no known end.
                          Equal to now_s unless action is FREEZE_DENY. */
    bool label_closes; /* the namespace label is one of the causes */
    const struct freeze_segment *segment; /* the windows' part of it, or NULL */
};

/* Merge windows into one timeline owned by `arena`; borrows `windows`, which must live as long. O(n log n).
 */
void freeze_timeline_build(struct arena *arena, const struct freeze_window *windows, size_t window_count,
                           struct freeze_timeline *ret_timeline);

/* The segment that contains now_s, or NULL. O(log n). */
const struct freeze_segment *freeze_timeline_at(const struct freeze_timeline *timeline, int64_t now_s);

/* Read the freeze label and annotations of a namespace; absent ones are empty texts with NULL `at`. An
 * unknown action and an unreadable time are taken the strict way and named in `trouble`. `arena` owns the
 * texts. */
void freeze_label_read(struct arena *arena, struct text action, struct text until, struct text reason,
                       struct freeze_label *ret_label);

/* Label and windows together at now_s. */
struct freeze_state freeze_at(const struct freeze_timeline *timeline, const struct freeze_label *label,
                              int64_t now_s);

#endif
