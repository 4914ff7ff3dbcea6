/* core/thaw: which held changes are released now, in which order, and when to ask again.
 * Layer: core (standard C only). No clock: `now_s` is an argument.
 * Source: DESIGN section 6: the end of a freeze is the most dangerous minute of the year, so releases are
 * paced.
 *
 * The rules, for the objects that one policy governs:
 *   at most concurrent_most of its objects are releasing (released, and not finished rolling out), those
 *   chosen now included;
 *   where one of a namespace failed, nothing of that namespace is released;
 *   none is released before it may be, nor before it is due;
 *   of those that are left, the first in the policy's order go; those that could not be released before come
 *   last, so that they keep nobody waiting.
 */
#ifndef CHANGEGATE_CORE_THAW_H
#define CHANGEGATE_CORE_THAW_H

#include "core/arena.h"
#include "core/policy.h"

enum thaw_stage { THAW_HELD, THAW_RELEASING, THAW_FAILED };

struct thaw_item {
    const struct policy *policy; /* its release rule counts; NULL: none governs, and nothing paces it */
    struct text namespace, name;
    enum thaw_stage stage;
    bool may_go;  /* of a held one: the decision would let it through */
    bool refused; /* its last release came to nothing: it goes behind all others of its policy */
    int64_t since_s;
    int64_t priority;
    int64_t due_s; /* not before */
};

struct thaw {
    const size_t *chosen; /* numbers of items, to be released in this order; owned by the arena */
    size_t chosen_count;
    int64_t next_s; /* when time alone changes the answer; FREEZE_NO_END: it does not */
};

/* `arena` owns the result. O(n log n). */
void thaw_choose(const struct thaw_item *items, size_t count, int64_t now_s, struct arena *arena,
                 struct thaw *ret_thaw);

/* When an object is due whose freeze ended at opened_s: up to jitter_s later, always the same for the same
 * object and opening, so that a new leader finds what the old one found. */
int64_t thaw_due(int64_t opened_s, struct text uid, int64_t jitter_s);

/* The value of PRIORITY_ANNOTATION: a decimal integer; anything else is 0. */
int64_t thaw_priority(struct text value);

#endif
