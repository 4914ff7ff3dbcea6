#include "calendars_private.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Whoever calls ref holds a reference already, so nothing needs to be ordered before the increment. */
static void count_up(atomic_uint *references)
{
    atomic_fetch_add_explicit(references, 1, memory_order_relaxed);
}

/* Release: our reads end before the count drops. Acquire: whoever frees sees that all reads have ended. */
static bool count_down(atomic_uint *references)
{
    return atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1;
}

/* ---- of the cluster ---- */

struct known_window {
    atomic_uint references;
    struct arena arena; /* owns all below */
    struct text name, uid, spec;
    struct window window;
    struct window_faults faults;
    bool usable;
    struct freeze_spans spans;
};

struct known_window *known_window_read(const struct window_object *object)
{
    struct known_window *known = calloc(1, sizeof(*known));
    if (known == NULL)
        abort();
    atomic_init(&known->references, 1);
    known->name = arena_copy(&known->arena, object->name);
    known->uid = arena_copy(&known->arena, object->uid);
    known->spec = arena_copy(&known->arena, object->spec);
    /* Its kinds were checked when it was written. A policy may have dropped one of them since; the window
     * goes on closing the others. */
    known->usable =
        window_read_object(known->name, known->spec, NULL, &known->arena, &known->window, &known->faults);
    return known;
}

struct known_window *known_window_ref(struct known_window *known)
{
    count_up(&known->references);
    return known;
}

void known_window_unref(struct known_window *known)
{
    if (known == NULL || !count_down(&known->references))
        return;
    arena_done(&known->arena);
    free(known);
}

bool known_window_is(const struct known_window *known, const struct window_object *object)
{
    return text_equal(known->name, object->name) && text_equal(known->uid, object->uid) &&
           text_equal(known->spec, object->spec);
}

struct text known_window_name(const struct known_window *known)
{
    return known->name;
}

struct text known_window_uid(const struct known_window *known)
{
    return known->uid;
}

const struct window *known_window_get(const struct known_window *known)
{
    return known->usable ? &known->window : NULL;
}

const struct window_faults *known_window_faults(const struct known_window *known)
{
    return &known->faults;
}

void known_window_expand(struct known_window *known, const struct expansion *expansion)
{
    if (known->usable)
        timeline_expand_ahead(&known->window, expansion->made_s, expansion->horizon_s, &known->arena,
                              &known->spans);
}

const struct freeze_spans *known_window_spans(const struct known_window *known)
{
    return known->usable ? &known->spans : NULL;
}

/* ---- of policies ---- */

struct policy_windows {
    atomic_uint references;
    struct policy_file *policies; /* one reference */
    struct arena arena;           /* owns all below */
    const struct freeze_spans **of;
};

struct policy_windows *policy_windows_expand(struct policy_file *policies, const struct expansion *expansion)
{
    struct policy_windows *windows = calloc(1, sizeof(*windows));
    if (windows == NULL)
        abort();
    atomic_init(&windows->references, 1);
    windows->policies = policy_file_ref(policies);
    const struct policy_set *set = policy_file_policies(policies);
    windows->of = arena_alloc_array(&windows->arena, set->count, sizeof(*windows->of));
    for (size_t p = 0; p < set->count; p++) {
        const struct policy *policy = &set->items[p];
        struct freeze_spans *spans = arena_alloc_array(&windows->arena, policy->window_count, sizeof(*spans));
        for (size_t i = 0; i < policy->window_count; i++)
            timeline_expand_ahead(&policy->windows[i], expansion->made_s, expansion->horizon_s,
                                  &windows->arena, &spans[i]);
        windows->of[p] = spans;
    }
    return windows;
}

struct policy_windows *policy_windows_ref(struct policy_windows *windows)
{
    count_up(&windows->references);
    return windows;
}

void policy_windows_unref(struct policy_windows *windows)
{
    if (windows == NULL || !count_down(&windows->references))
        return;
    policy_file_unref(windows->policies);
    arena_done(&windows->arena);
    free(windows);
}

const struct freeze_spans *policy_windows_of(const struct policy_windows *windows, size_t policy)
{
    return windows->of[policy];
}
