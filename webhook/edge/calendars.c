#include "edge/calendars.h"

#include "calendars_private.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { BUCKETS = 256 };

/* The windows that one policy's namespaces may meet: its own and the cluster's. */
struct source {
    const struct freeze_spans **common; /* that select every namespace */
    size_t common_count;
    const struct freeze_spans **selective;
    size_t *selective_window; /* its number among the cluster's windows; NOT_OF_CLUSTER */
    size_t selective_count;
};

#define NOT_OF_CLUSTER SIZE_MAX

/* The namespaces that the same windows select. */
struct group {
    struct group *next; /* in its bucket */
    const struct source *source;
    const bool *selects; /* for each of source->selective */
    struct calendar calendar;
    size_t namespaces; /* counted so far */
};

struct calendars {
    atomic_uint references;
    struct policy_file *policies; /* one reference, as to the next two */
    struct policy_windows *policy_windows;
    struct known_window **windows; /* in the order of their names */
    size_t window_count;
    int64_t made_s, horizon_s;
    struct arena arena;     /* owns all below, and the list of windows */
    struct source *sources; /* one for each policy */
    size_t *matched;        /* for each window, by the last tally */
    struct group *buckets[BUCKETS];
};

/* ---- reading ---- */

struct reading {
    struct calendars *calendars;
    const struct calendars *previous; /* NULL: nothing can be kept */
    size_t next;                      /* of previous->windows; both are in the order of names */
};

static void read_window(void *context, const struct window_object *object)
{
    struct reading *reading = context;
    struct calendars *calendars = reading->calendars;
    const struct calendars *previous = reading->previous;
    struct known_window *kept = NULL;
    while (previous != NULL && reading->next < previous->window_count &&
           text_compare(known_window_name(previous->windows[reading->next]), object->name) < 0)
        reading->next++;
    if (previous != NULL && reading->next < previous->window_count &&
        known_window_is(previous->windows[reading->next], object))
        kept = known_window_ref(previous->windows[reading->next]);
    calendars->windows[calendars->window_count++] = kept != NULL ? kept : known_window_read(object);
}

static void drop_windows(struct calendars *calendars)
{
    for (size_t i = 0; i < calendars->window_count; i++)
        known_window_unref(calendars->windows[i]);
    calendars->window_count = 0;
}

static void read_windows(struct calendars *calendars, const struct window_store *store,
                         const struct calendars *previous)
{
    struct reading reading = {calendars, previous, 0};
    drop_windows(calendars);
    if (store != NULL)
        window_store_each(store, read_window, &reading);
}

static int64_t find_horizon(const struct calendars *calendars)
{
    const struct policy_set *set = policy_file_policies(calendars->policies);
    size_t most = calendars->window_count, count = 0;
    for (size_t p = 0; p < set->count; p++)
        most += set->items[p].window_count;
    const struct window **windows = calloc(most + 1, sizeof(struct window *));
    if (windows == NULL)
        abort();
    for (size_t p = 0; p < set->count; p++)
        for (size_t i = 0; i < set->items[p].window_count; i++)
            windows[count++] = &set->items[p].windows[i];
    for (size_t i = 0; i < calendars->window_count; i++)
        if (known_window_get(calendars->windows[i]) != NULL)
            windows[count++] = known_window_get(calendars->windows[i]);
    int64_t horizon_s = timeline_horizon(windows, count, calendars->made_s);
    free(windows);
    return horizon_s;
}

/* ---- expanding: what the last calendars knew is kept, if it reaches as far ---- */

static bool was_kept(const struct calendars *previous, const struct known_window *known)
{
    size_t low = 0, high = previous == NULL ? 0 : previous->window_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(known_window_name(previous->windows[middle]), known_window_name(known)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return previous != NULL && low < previous->window_count && previous->windows[low] == known;
}

static void expand(struct calendars *calendars, const struct calendars *previous)
{
    struct expansion expansion = {calendars->made_s, calendars->horizon_s};
    for (size_t i = 0; i < calendars->window_count; i++)
        if (!was_kept(previous, calendars->windows[i]))
            known_window_expand(calendars->windows[i], &expansion);
    calendars->policy_windows = previous != NULL && previous->policies == calendars->policies
                                    ? policy_windows_ref(previous->policy_windows)
                                    : policy_windows_expand(calendars->policies, &expansion);
}

static void add_to_source(struct source *source, const struct freeze_spans *spans, size_t window)
{
    if (spans == NULL || spans->window->suspended)
        return;
    if (spans->window->namespaces.requirement_count == 0) {
        source->common[source->common_count++] = spans;
    } else {
        source->selective_window[source->selective_count] = window;
        source->selective[source->selective_count++] = spans;
    }
}

static void make_sources(struct calendars *calendars)
{
    const struct policy_set *set = policy_file_policies(calendars->policies);
    calendars->sources = arena_alloc_array(&calendars->arena, set->count, sizeof(*calendars->sources));
    for (size_t p = 0; p < set->count; p++) {
        struct source *source = &calendars->sources[p];
        size_t most = set->items[p].window_count + calendars->window_count;
        source->common = arena_alloc_array(&calendars->arena, most, sizeof(*source->common));
        source->selective = arena_alloc_array(&calendars->arena, most, sizeof(*source->selective));
        source->selective_window = arena_alloc_array(&calendars->arena, most, sizeof(size_t));
        const struct freeze_spans *own = policy_windows_of(calendars->policy_windows, p);
        for (size_t i = 0; i < set->items[p].window_count; i++)
            add_to_source(source, &own[i], NOT_OF_CLUSTER);
        for (size_t i = 0; i < calendars->window_count; i++)
            add_to_source(source, known_window_spans(calendars->windows[i]), i);
    }
}

struct calendars *calendars_build(struct policy_file *policies, const struct window_store *windows,
                                  const struct calendars *previous, int64_t now_s)
{
    struct calendars *calendars = calloc(1, sizeof(*calendars));
    if (calendars == NULL)
        abort();
    atomic_init(&calendars->references, 1);
    calendars->policies = policy_file_ref(policies);
    size_t most = windows == NULL ? 0 : window_store_count(windows);
    calendars->windows = arena_alloc_array(&calendars->arena, most, sizeof(struct known_window *));
    calendars->matched = arena_alloc_array(&calendars->arena, most, sizeof(*calendars->matched));
    if (previous != NULL && !calendars_good_at(previous, now_s))
        previous = NULL;
    calendars->made_s = previous == NULL ? now_s : previous->made_s;
    read_windows(calendars, windows, previous);
    calendars->horizon_s = find_horizon(calendars);
    if (previous != NULL && previous->horizon_s != calendars->horizon_s) {
        previous = NULL;
        calendars->made_s = now_s;
        read_windows(calendars, windows, NULL);
        calendars->horizon_s = find_horizon(calendars);
    }
    expand(calendars, previous);
    make_sources(calendars);
    return calendars;
}

struct calendars *calendars_ref(struct calendars *calendars)
{
    atomic_fetch_add_explicit(&calendars->references, 1, memory_order_relaxed);
    return calendars;
}

void calendars_unref(struct calendars *calendars)
{
    /* As for snapshots: release what was read, acquire before it is freed. */
    if (calendars == NULL || atomic_fetch_sub_explicit(&calendars->references, 1, memory_order_acq_rel) > 1)
        return;
    drop_windows(calendars);
    policy_windows_unref(calendars->policy_windows);
    policy_file_unref(calendars->policies);
    arena_done(&calendars->arena);
    free(calendars);
}

bool calendars_good_at(const struct calendars *calendars, int64_t now_s)
{
    return now_s >= calendars->made_s && now_s < calendars_good_until_s(calendars);
}

int64_t calendars_good_until_s(const struct calendars *calendars)
{
    return calendars->made_s + TIMELINE_GOOD_S;
}

/* ---- by namespace ---- */

static uint64_t hash_of(const struct source *source, const bool *selects)
{
    return text_hash((struct text){(const char *)selects, source->selective_count * sizeof(*selects)}) ^
           (uintptr_t)source;
}

static struct group *make_group(struct calendars *calendars, const struct source *source, const bool *selects)
{
    struct arena *arena = &calendars->arena;
    struct group *group = arena_alloc(arena, sizeof(*group));
    bool *copy = arena_alloc_array(arena, source->selective_count, sizeof(*copy));
    const struct freeze_spans **all =
        arena_alloc_array(arena, source->common_count + source->selective_count, sizeof(*all));
    size_t count = 0;
    for (size_t i = 0; i < source->common_count; i++)
        all[count++] = source->common[i];
    for (size_t i = 0; i < source->selective_count; i++) {
        copy[i] = selects[i];
        if (selects[i])
            all[count++] = source->selective[i];
    }
    group->source = source;
    group->selects = copy;
    calendar_build(arena, all, count, &group->calendar);
    return group;
}

static struct group *find_group(struct calendars *calendars, const struct source *source, const bool *selects)
{
    struct group **bucket = &calendars->buckets[hash_of(source, selects) % BUCKETS];
    struct group *group = *bucket;
    while (group != NULL &&
           (group->source != source ||
            (source->selective_count > 0 &&
             memcmp(group->selects, selects, source->selective_count * sizeof(*selects)) != 0)))
        group = group->next;
    if (group == NULL) {
        group = make_group(calendars, source, selects);
        group->next = *bucket;
        *bucket = group;
    }
    return group;
}

const struct calendar *calendars_for(struct calendars *calendars, const struct policy *policy,
                                     struct labels labels)
{
    const struct policy_set *set = policy_file_policies(calendars->policies);
    const struct source *source = &calendars->sources[policy - set->items];
    bool *selects = calloc(source->selective_count + 1, sizeof(*selects));
    if (selects == NULL)
        abort();
    for (size_t i = 0; i < source->selective_count; i++)
        selects[i] = selector_matches(&source->selective[i]->window->namespaces, labels);
    struct group *group = find_group(calendars, source, selects);
    free(selects);
    group->namespaces++;
    return &group->calendar;
}

void calendars_count_anew(struct calendars *calendars)
{
    for (size_t b = 0; b < BUCKETS; b++)
        for (struct group *group = calendars->buckets[b]; group != NULL; group = group->next)
            group->namespaces = 0;
}

/* ---- what there is ---- */

static size_t tally_group(struct calendars *calendars, const struct group *group)
{
    const struct source *source = group->source;
    for (size_t i = 0; group->namespaces > 0 && i < source->selective_count; i++)
        if (group->selects[i] && source->selective_window[i] != NOT_OF_CLUSTER)
            calendars->matched[source->selective_window[i]] += group->namespaces;
    return group->namespaces;
}

void calendars_tally(struct calendars *calendars)
{
    size_t governed = 0;
    for (size_t i = 0; i < calendars->window_count; i++)
        calendars->matched[i] = 0;
    for (size_t b = 0; b < BUCKETS; b++)
        for (struct group *group = calendars->buckets[b]; group != NULL; group = group->next)
            governed += tally_group(calendars, group);
    for (size_t i = 0; i < calendars->window_count; i++) {
        const struct window *window = known_window_get(calendars->windows[i]);
        if (window != NULL && window->said.namespaces.requirement_count == 0)
            calendars->matched[i] = governed;
    }
}

size_t calendars_window_count(const struct calendars *calendars)
{
    return calendars->window_count;
}

struct calendars_window calendars_window(const struct calendars *calendars, size_t index)
{
    const struct known_window *known = calendars->windows[index];
    const struct freeze_spans *spans = known_window_spans(known);
    return (struct calendars_window){
        .name = known_window_name(known),
        .uid = known_window_uid(known),
        .window = known_window_get(known),
        .spans = spans,
        .faults = known_window_faults(known),
        .matched = calendars->matched[index],
    };
}

struct text calendars_window_uid(const struct calendars *calendars, struct text name)
{
    size_t low = 0, high = calendars->window_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_compare(known_window_name(calendars->windows[middle]), name);
        if (order == 0)
            return known_window_uid(calendars->windows[middle]);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return TEXT_EMPTY;
}

static void count_window(const struct freeze_spans *spans, int64_t now_s, struct calendars_counts *counts)
{
    struct freeze_moment moment;
    counts->windows++;
    if (spans == NULL) {
        counts->unusable++;
        return;
    }
    if (spans->window->suspended)
        return;
    moment = freeze_spans_at(spans, now_s);
    counts->active += moment.on;
    if (moment.next_s < counts->next_transition_s)
        counts->next_transition_s = moment.next_s;
}

struct calendars_counts calendars_count(const struct calendars *calendars, int64_t now_s)
{
    struct calendars_counts counts = {.next_transition_s = FREEZE_NO_END};
    const struct policy_set *set = policy_file_policies(calendars->policies);
    for (size_t p = 0; p < set->count; p++) {
        const struct freeze_spans *own = policy_windows_of(calendars->policy_windows, p);
        for (size_t i = 0; i < set->items[p].window_count; i++)
            count_window(&own[i], now_s, &counts);
    }
    for (size_t i = 0; i < calendars->window_count; i++)
        count_window(known_window_spans(calendars->windows[i]), now_s, &counts);
    return counts;
}
