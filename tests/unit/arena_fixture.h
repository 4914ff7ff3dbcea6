/* An arena for each test: its state, freed with it. */
#ifndef CHANGEGATE_TESTS_ARENA_FIXTURE_H
#define CHANGEGATE_TESTS_ARENA_FIXTURE_H

#include "core/arena.h"

static inline int make_arena(void **state)
{
    static struct arena arena;
    arena_init(&arena);
    *state = &arena;
    return 0;
}

static inline int free_arena(void **state)
{
    arena_done(*state);
    return 0;
}

#endif
