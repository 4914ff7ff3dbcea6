#include "releaser_private.h"

#include <stdlib.h>

enum { ASK_AGAIN_MS = 30000 };

static void forget(void *memory)
{
    free(((struct held_memory *)memory)->awaited);
    free(((struct held_memory *)memory)->windows);
}

static void watch(struct releaser *releaser, struct releaser_kind *kind)
{
    struct kube_resource resource = kube_held(&kind->kind, kind->store, &releaser->arena);
    kind->watch = kube_watch_new(releaser->http, &resource, releaser->metrics);
}

static bool is_known(const struct releaser *releaser, struct text group, struct text resource)
{
    for (size_t i = 0; i < releaser->kind_count; i++)
        if (text_equal(releaser->kinds[i].kind.group, group) &&
            text_equal(releaser->kinds[i].kind.resource, resource))
            return true;
    return false;
}

static void add(struct releaser *releaser, const struct kube_held_kind *kind)
{
    if (is_known(releaser, kind->group, kind->resource) || releaser->kind_count == RELEASER_KINDS_MOST)
        return;
    struct releaser_kind *added = &releaser->kinds[releaser->kind_count++];
    *added = (struct releaser_kind){
        .kind = {arena_copy(&releaser->arena, kind->group), arena_copy(&releaser->arena, kind->version),
                 arena_copy(&releaser->arena, kind->resource), arena_copy(&releaser->arena, kind->kind),
                 kind->by_policy},
        .store = held_store_new(sizeof(struct held_memory), forget),
    };
    if (!kind->by_policy)
        watch(releaser, added);
}

void releaser_kinds_add(struct releaser *releaser)
{
    for (size_t i = 0; i < HELD_KINDS_BUILT_IN; i++)
        add(releaser, &kube_held_kinds[i]);
    const struct policy_set *set = releaser->snapshot == NULL ? NULL : snapshot_policies(releaser->snapshot);
    for (size_t p = 0; set != NULL && p < set->count; p++)
        for (size_t i = 0; i < set->items[p].workload_count; i++) {
            const struct workload_type *type = &set->items[p].workloads[i];
            struct kube_held_kind kind = {type->group, TEXT_EMPTY, type->resource, type->kind, true};
            if (type->hold_path.step_count > 0)
                add(releaser, &kind);
        }
}

struct releaser_kind *releaser_kinds_unknown(struct releaser *releaser)
{
    for (size_t i = 0; i < releaser->kind_count; i++) {
        struct releaser_kind *kind = &releaser->kinds[i];
        if (kind->watch != NULL || releaser->now_ms < kind->ask_ms)
            continue;
        kind->ask_ms = releaser->now_ms + ASK_AGAIN_MS;
        return kind;
    }
    return NULL;
}

void releaser_kinds_version(struct releaser *releaser, struct releaser_kind *kind, struct text version)
{
    if (kind->watch != NULL || version.length == 0)
        return;
    kind->kind.version = arena_copy(&releaser->arena, version);
    watch(releaser, kind);
}

void releaser_kinds_step(struct releaser *releaser)
{
    bool recovered = false;
    for (size_t i = 0; i < releaser->kind_count; i++) {
        if (releaser->kinds[i].watch == NULL)
            continue;
        kube_watch_step(releaser->kinds[i].watch, releaser->now_ms, releaser->now_s);
        recovered |= kube_watch_take_recovery(releaser->kinds[i].watch);
    }
    for (size_t i = 0; recovered && i < releaser->kind_count; i++)
        if (releaser->kinds[i].watch != NULL)
            kube_watch_hurry(releaser->kinds[i].watch, releaser->now_ms);
}

void releaser_kinds_drop(struct releaser *releaser)
{
    for (size_t i = 0; i < releaser->kind_count; i++) {
        kube_watch_free(releaser->kinds[i].watch);
        held_store_free(releaser->kinds[i].store);
    }
    releaser->kind_count = 0;
    arena_done(&releaser->arena);
}

int64_t releaser_kinds_due_ms(const struct releaser *releaser)
{
    int64_t first_ms = INT64_MAX;
    for (size_t i = 0; i < releaser->kind_count; i++) {
        const struct kube_watch *watch = releaser->kinds[i].watch;
        if (watch != NULL && kube_watch_due_ms(watch) < first_ms)
            first_ms = kube_watch_due_ms(watch);
    }
    return first_ms;
}

int64_t releaser_kinds_ask_ms(const struct releaser *releaser)
{
    int64_t first_ms = INT64_MAX;
    for (size_t i = 0; i < releaser->kind_count; i++)
        if (releaser->kinds[i].watch == NULL && releaser->kinds[i].ask_ms < first_ms)
            first_ms = releaser->kinds[i].ask_ms;
    return first_ms;
}

uint64_t releaser_kinds_generation(const struct releaser *releaser)
{
    uint64_t sum = releaser->kind_count;
    for (size_t i = 0; i < releaser->kind_count; i++)
        sum += held_store_generation(releaser->kinds[i].store);
    return sum;
}

bool releaser_kinds_synced(const struct releaser *releaser)
{
    for (size_t i = 0; i < releaser->kind_count; i++)
        if (!releaser->kinds[i].kind.by_policy && !kube_watch_synced(releaser->kinds[i].watch))
            return false;
    return releaser->kind_count > 0;
}
