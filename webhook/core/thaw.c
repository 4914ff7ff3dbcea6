#include "core/thaw.h"

#include "core/freeze.h"

#include <stdlib.h>

enum { PRIORITY_DIGITS_MOST = 9 };

/* What may go now, with what its order needs. */
struct candidate {
    const struct thaw_item *item;
    size_t number;
};

/* How much room a policy has. */
struct room {
    const struct policy *policy;
    int64_t left;
};

struct choosing {
    const struct thaw_item *items;
    size_t count;
    struct text *stopped; /* namespaces in which one failed, sorted */
    size_t stopped_count;
    struct room *rooms;
    size_t room_count;
};

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

/* Oldest first; priorities count between objects of one policy that says so. */
static int compare_candidates(const void *a, const void *b)
{
    const struct thaw_item *first = ((const struct candidate *)a)->item,
                           *second = ((const struct candidate *)b)->item;
    bool by_priority = first->policy == second->policy && first->policy != NULL &&
                       first->policy->release.order == RELEASE_PRIORITY_THEN_OLDEST;
    int order = compare_numbers(first->refused, second->refused);
    if (order == 0 && by_priority)
        order = compare_numbers(second->priority, first->priority);
    if (order == 0)
        order = compare_numbers(first->since_s, second->since_s);
    if (order == 0)
        order = text_compare(first->namespace, second->namespace);
    return order != 0 ? order : text_compare(first->name, second->name);
}

static struct room *room_of(struct choosing *choosing, const struct policy *policy)
{
    for (size_t i = 0; i < choosing->room_count; i++)
        if (choosing->rooms[i].policy == policy)
            return &choosing->rooms[i];
    struct room *room = &choosing->rooms[choosing->room_count++];
    *room = (struct room){policy, policy == NULL ? INT64_MAX : policy->release.concurrent_most};
    return room;
}

static void survey(struct choosing *choosing)
{
    for (size_t i = 0; i < choosing->count; i++) {
        const struct thaw_item *item = &choosing->items[i];
        struct room *room = room_of(choosing, item->policy);
        if (item->stage == THAW_RELEASING)
            room->left--;
        if (item->stage == THAW_FAILED)
            choosing->stopped[choosing->stopped_count++] = item->namespace;
    }
    if (choosing->stopped_count > 0)
        qsort(choosing->stopped, choosing->stopped_count, sizeof(struct text), compare_texts);
}

static bool is_stopped(const struct choosing *choosing, struct text namespace)
{
    return choosing->stopped_count > 0 && bsearch(&namespace, choosing->stopped, choosing->stopped_count,
                                                  sizeof(struct text), compare_texts) != NULL;
}

/* Those of one policy must stand together for their order to be one. */
static size_t collect(const struct choosing *choosing, const struct room *room, int64_t now_s,
                      struct candidate *candidates, int64_t *next_s)
{
    size_t count = 0;
    for (size_t i = 0; i < choosing->count; i++) {
        const struct thaw_item *item = &choosing->items[i];
        if (item->policy != room->policy || item->stage != THAW_HELD || !item->may_go ||
            is_stopped(choosing, item->namespace))
            continue;
        if (item->due_s > now_s)
            *next_s = item->due_s < *next_s ? item->due_s : *next_s;
        else
            candidates[count++] = (struct candidate){item, i};
    }
    if (count > 0)
        qsort(candidates, count, sizeof(*candidates), compare_candidates);
    return count;
}

void thaw_choose(const struct thaw_item *items, size_t count, int64_t now_s, struct arena *arena,
                 struct thaw *ret_thaw)
{
    struct choosing choosing = {.items = items, .count = count};
    choosing.stopped = arena_alloc_array(arena, count, sizeof(*choosing.stopped));
    choosing.rooms = arena_alloc_array(arena, count, sizeof(*choosing.rooms));
    struct candidate *candidates = arena_alloc_array(arena, count, sizeof(*candidates));
    size_t *chosen = arena_alloc_array(arena, count, sizeof(*chosen));
    *ret_thaw = (struct thaw){.chosen = chosen, .next_s = FREEZE_NO_END};
    survey(&choosing);
    for (size_t r = 0; r < choosing.room_count; r++) {
        struct room *room = &choosing.rooms[r];
        size_t candidate_count = collect(&choosing, room, now_s, candidates, &ret_thaw->next_s);
        for (size_t i = 0; i < candidate_count && room->left > 0; i++, room->left--)
            chosen[ret_thaw->chosen_count++] = candidates[i].number;
    }
}

/* The finaliser of SplitMix64: neighbouring openings must not give neighbouring instants. */
static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

int64_t thaw_due(int64_t opened_s, struct text uid, int64_t jitter_s)
{
    if (jitter_s <= 0)
        return opened_s;
    uint64_t bits = mix(text_hash(uid) ^ mix((uint64_t)opened_s));
    return opened_s + (int64_t)(bits % ((uint64_t)jitter_s + 1));
}

int64_t thaw_priority(struct text value)
{
    struct text digits = value;
    bool negative = value.length > 0 && value.at[0] == '-';
    if (negative)
        digits = text_slice(value, 1, value.length);
    if (digits.length == 0 || digits.length > PRIORITY_DIGITS_MOST)
        return 0;
    int64_t number = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return 0;
        number = number * 10 + (digits.at[i] - '0');
    }
    return negative ? -number : number;
}
