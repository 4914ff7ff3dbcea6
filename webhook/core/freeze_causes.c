#include "freeze_private.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 64, SLOTS_PER_SET = 2 };

static void *grow(void *items, size_t *room, size_t wanted, size_t item_bytes)
{
    if (wanted <= *room)
        return items;
    *room = wanted > *room * 2 ? wanted : *room * 2;
    void *larger = realloc(items, *room * item_bytes);
    if (larger == NULL)
        abort();
    return larger;
}

static uint64_t hash_of(const struct freeze_causes *causes, const uint32_t *windows)
{
    const uint32_t counts[] = {causes->closing, causes->warning, (uint32_t)causes->action};
    uint64_t hash = text_hash((struct text){(const char *)counts, sizeof(counts)});
    return hash * 31 + text_hash((struct text){(const char *)windows, causes->listed * sizeof(*windows)});
}

static bool is_same(const struct cause_sets *sets, uint32_t number, const struct freeze_causes *causes,
                    const uint32_t *windows)
{
    const struct freeze_causes *known = &sets->sets[number];
    return known->action == causes->action && known->closing == causes->closing &&
           known->warning == causes->warning && known->listed == causes->listed &&
           (causes->listed == 0 ||
            memcmp(&sets->windows[known->first], windows, causes->listed * sizeof(*windows)) == 0);
}

/* The slot of the set, or the free one where it belongs. */
static uint32_t *find_slot(const struct cause_sets *sets, const struct freeze_causes *causes,
                           const uint32_t *windows)
{
    size_t slot = hash_of(causes, windows) & (sets->slot_count - 1);
    while (sets->slots[slot] != 0 && !is_same(sets, sets->slots[slot] - 1, causes, windows))
        slot = (slot + 1) & (sets->slot_count - 1);
    return &sets->slots[slot];
}

static void make_slots(struct cause_sets *sets, size_t slot_count)
{
    free(sets->slots);
    sets->slots = calloc(slot_count, sizeof(*sets->slots));
    if (sets->slots == NULL)
        abort();
    sets->slot_count = slot_count;
    for (uint32_t i = 0; i < sets->set_count; i++)
        *find_slot(sets, &sets->sets[i], &sets->windows[sets->sets[i].first]) = i + 1;
}

void cause_sets_init(struct cause_sets *sets)
{
    *sets = (struct cause_sets){0};
    sets->windows = grow(NULL, &sets->window_room, FREEZE_CAUSES_MOST, sizeof(*sets->windows));
    make_slots(sets, SLOTS_FIRST);
    cause_sets_put(sets, (struct freeze_causes){.action = FREEZE_OPEN}, NULL);
}

uint32_t cause_sets_put(struct cause_sets *sets, struct freeze_causes causes, const uint32_t *windows)
{
    uint32_t *slot = find_slot(sets, &causes, windows);
    if (*slot != 0)
        return *slot - 1;
    sets->sets = grow(sets->sets, &sets->set_room, sets->set_count + 1, sizeof(*sets->sets));
    sets->windows =
        grow(sets->windows, &sets->window_room, sets->window_count + causes.listed, sizeof(*sets->windows));
    causes.first = (uint32_t)sets->window_count;
    for (uint32_t i = 0; i < causes.listed; i++)
        sets->windows[sets->window_count++] = windows[i];
    sets->sets[sets->set_count++] = causes;
    *slot = (uint32_t)sets->set_count;
    uint32_t number = *slot - 1;
    if (sets->set_count * SLOTS_PER_SET > sets->slot_count)
        make_slots(sets, sets->slot_count * 2);
    return number;
}

void cause_sets_move(struct cause_sets *sets, const struct freeze_spans *const *spans, struct arena *arena,
                     struct freeze_timeline *timeline)
{
    struct freeze_causes *causes = arena_alloc_array(arena, sets->set_count, sizeof(*causes));
    const struct freeze_spans **windows = arena_alloc_array(arena, sets->window_count, sizeof(*windows));
    memcpy(causes, sets->sets, sets->set_count * sizeof(*causes));
    for (size_t i = 0; i < sets->window_count; i++)
        windows[i] = spans[sets->windows[i]];
    timeline->causes = causes;
    timeline->windows = windows;
    free(sets->sets);
    free(sets->windows);
    free(sets->slots);
    *sets = (struct cause_sets){0};
}
