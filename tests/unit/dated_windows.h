/* Windows whose intervals stand beside them, for the tests of core, where nothing expands any. */
#ifndef CHANGEGATE_TESTS_DATED_WINDOWS_H
#define CHANGEGATE_TESTS_DATED_WINDOWS_H

#include "core/calendar.h"

struct dated_window {
    struct freeze_window said;
    const struct interval *intervals;
    size_t interval_count;
};

/* One window of one interval, for initialisers. */
#define DATED(label, act, from, to)                                                           \
    {                                                                                         \
        {.name = TEXT(label), .action = (act)}, (const struct interval[]){{(from), (to)}}, 1, \
    }

/* Their spans, known for ever. Owned by `arena`; borrows the windows. */
static inline const struct freeze_spans *const *dated_spans(struct arena *arena,
                                                            const struct dated_window *windows, size_t count)
{
    struct freeze_spans *spans = arena_alloc_array(arena, count, sizeof(*spans));
    const struct freeze_spans **all = arena_alloc_array(arena, count, sizeof(*all));
    for (size_t i = 0; i < count; i++) {
        spans[i] = (struct freeze_spans){&windows[i].said, windows[i].intervals, windows[i].interval_count,
                                         FREEZE_NO_END};
        all[i] = &spans[i];
    }
    return all;
}

#endif
