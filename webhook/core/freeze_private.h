/* Sets of windows that are in force together, each kept once: a nightly window that meets a weekly one does
 * so a hundred times in a timeline, and needs to be described once. Layer: core. */
#ifndef CHANGEGATE_CORE_FREEZE_PRIVATE_H
#define CHANGEGATE_CORE_FREEZE_PRIVATE_H

#include "core/freeze.h"

struct cause_sets {
    struct freeze_causes *sets; /* owned until cause_sets_move */
    size_t set_count, set_room;
    uint32_t *windows; /* owned; indices, listed by sets[].first and .listed */
    size_t window_count, window_room;
    uint32_t *slots; /* owned; open addressing: 1 + index into sets, 0 is free */
    size_t slot_count;
};

/* Starts with one set, number 0: nothing is in force. */
void cause_sets_init(struct cause_sets *sets);

/* The number of the set with these windows, in this order; `causes.first` does not count. */
uint32_t cause_sets_put(struct cause_sets *sets, struct freeze_causes causes, const uint32_t *windows);

/* Copy what was put into `arena`, as a timeline has it, and end. */
void cause_sets_move(struct cause_sets *sets, const struct freeze_spans *const *spans, struct arena *arena,
                     struct freeze_timeline *timeline);

#endif
