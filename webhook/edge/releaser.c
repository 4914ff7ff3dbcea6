#include "releaser_private.h"

#include "edge/clock.h"
#include "edge/cluster_clock.h"
#include "edge/message_log.h"
#include "edge/thread_share.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WAIT_MS_MOST = 60000, SETTLE_MS = 250 };

static const struct kube_lease_role lease_role = {
    .name = "changegate-releaser",
    .noun = "Lease of the releaser",
    .does = "leads the releases",
    .what = "the releases",
    .meanwhile = "this process leads no releases without it",
};

bool releaser_new(const struct releaser_options *options, struct metrics *metrics,
                  struct releaser **ret_releaser, struct error *error)
{
    struct releaser *releaser = calloc(1, sizeof(*releaser));
    if (releaser == NULL)
        abort();
    releaser->metrics = metrics;
    releaser->reader = json_reader_new();
    releaser->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (releaser->wake_fd < 0)
        error_set(error, ERROR_SYSTEM, "eventfd: %s", strerror(errno));
    if (releaser->wake_fd < 0 || !kube_config_open(options->kubeconfig, &releaser->config, error) ||
        !kube_http_new(&releaser->config, &releaser->http, error)) {
        releaser_free(releaser);
        return false;
    }
    releaser->lease = kube_lease_new(releaser->http, options->lease_namespace, &lease_role);
    errands_init(releaser);
    *ret_releaser = releaser;
    return true;
}

void releaser_publish(struct releaser *releaser, struct snapshot *snapshot)
{
    snapshot_unref(atomic_exchange(&releaser->published, snapshot));
    eventfd_write(releaser->wake_fd, 1);
}

void releaser_stop(struct releaser *releaser)
{
    atomic_store(&releaser->stopping, true);
    eventfd_write(releaser->wake_fd, 1);
}

/* ---- what begins and ends with leading ---- */

static void begin_leading(struct releaser *releaser)
{
    releaser->leading = true;
    releaser->look = true;
    releaser_kinds_add(releaser);
    metrics_set(releaser->metrics, METRICS_RELEASER_LEADER, 1);
}

static void end_leading(struct releaser *releaser)
{
    static const enum metrics_gauge unknown[] = {METRICS_RELEASER_LEADER, METRICS_HELD_OBJECTS,
                                                 METRICS_RELEASING_OBJECTS, METRICS_THAW_FAILED_OBJECTS,
                                                 METRICS_OLDEST_HOLD_S};
    releaser->leading = false;
    errands_drop(releaser);
    tell_drop(releaser);
    pause_drop(releaser);
    releaser_kinds_drop(releaser);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        metrics_set(releaser->metrics, unknown[i], 0);
}

/* ---- one turn ---- */

static void take_snapshot(struct releaser *releaser)
{
    struct snapshot *next = atomic_exchange(&releaser->published, NULL);
    if (next == NULL)
        return;
    if (releaser->snapshot != NULL && releaser_read_anew(releaser, next))
        releaser->settled_ms = releaser->now_ms + SETTLE_MS;
    snapshot_unref(releaser->snapshot);
    releaser->snapshot = next;
    releaser->look = true;
    if (releaser->leading)
        releaser_kinds_add(releaser);
}

static void ask_for_versions(struct releaser *releaser)
{
    struct errand *errand = errands_free_side(releaser);
    struct releaser_kind *kind = errand == NULL ? NULL : releaser_kinds_unknown(releaser);
    if (kind == NULL)
        return;
    errand->kind = (size_t)(kind - releaser->kinds);
    struct text group = kube_http_escape(&errand->arena, kind->kind.group);
    const struct kube_call call = {
        .method = KUBE_GET,
        .path = arena_printf(&errand->arena, "/apis/%.*s", TEXT_ARGS(group)).at,
        .accept = "application/json",
    };
    errand_start(releaser, errand, ERRAND_DISCOVER, &call);
}

static void lead(struct releaser *releaser)
{
    uint64_t generation = releaser_kinds_generation(releaser);
    releaser_kinds_step(releaser);
    releaser->look |= generation != releaser_kinds_generation(releaser);
    errands_step(releaser);
    if (releaser->snapshot == NULL || !releaser_kinds_synced(releaser))
        return;
    if (releaser->look || releaser->now_ms >= releaser->look_due_ms) {
        releaser->look = false;
        releaser_look(releaser);
    }
    ask_for_versions(releaser);
    pause_step(releaser);
    tell_next(releaser);
}

static void take_turn(struct releaser *releaser)
{
    uint64_t generation = releaser_kinds_generation(releaser);
    kube_http_step(releaser->http); /* which brings events to the stores */
    releaser->now_ms = clock_monotonic_ms();
    releaser->now_s = cluster_clock_s();
    releaser->look |= generation != releaser_kinds_generation(releaser);
    kube_lease_step(releaser->lease, releaser->now_ms, releaser->now_s);
    take_snapshot(releaser);
    bool leads = kube_lease_held(releaser->lease, releaser->now_ms);
    if (leads && !releaser->leading)
        begin_leading(releaser);
    if (!leads && releaser->leading)
        end_leading(releaser);
    if (releaser->leading)
        lead(releaser);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static int64_t due_ms(const struct releaser *releaser)
{
    int64_t first_ms = kube_lease_due_ms(releaser->lease);
    if (!releaser->leading)
        return first_ms;
    first_ms = earlier(first_ms, releaser_kinds_due_ms(releaser));
    first_ms = earlier(first_ms, errands_due_ms(releaser));
    if (releaser->snapshot == NULL || !releaser_kinds_synced(releaser))
        return first_ms;
    first_ms = earlier(first_ms, releaser->look ? releaser->now_ms : releaser->look_due_ms);
    if (releaser->errands[RELEASER_SIDE].what == ERRAND_NONE)
        first_ms = earlier(earlier(first_ms, releaser_kinds_ask_ms(releaser)),
                           earlier(tell_due_ms(releaser), pause_due_ms(releaser)));
    return first_ms;
}

static void wait_for_something(struct releaser *releaser)
{
    eventfd_t woken;
    int64_t left_ms = due_ms(releaser) - clock_monotonic_ms();
    kube_http_wait(releaser->http, &releaser->wake_fd, 1,
                   left_ms < 0 ? 0 : (int)earlier(left_ms, WAIT_MS_MOST));
    eventfd_read(releaser->wake_fd, &woken);
}

static void *run(void *context)
{
    struct releaser *releaser = context;
    thread_share_background();
    while (!atomic_load(&releaser->stopping)) {
        take_turn(releaser);
        wait_for_something(releaser);
    }
    if (releaser->leading)
        end_leading(releaser); /* before anybody else begins */
    kube_lease_release(releaser->lease);
    return NULL;
}

void releaser_start(struct releaser *releaser)
{
    if (pthread_create(&releaser->thread, NULL, run, releaser) != 0)
        abort();
    releaser->started = true;
}

void releaser_free(struct releaser *releaser)
{
    if (releaser == NULL)
        return;
    if (releaser->started) {
        releaser_stop(releaser);
        pthread_join(releaser->thread, NULL);
    }
    errands_done(releaser);
    kube_lease_free(releaser->lease);
    kube_http_free(releaser->http);
    kube_config_done(&releaser->config);
    snapshot_unref(releaser->snapshot);
    snapshot_unref(atomic_load(&releaser->published));
    json_reader_free(releaser->reader);
    json_text_done(&releaser->canonical);
    json_text_done(&releaser->patch);
    arena_done(&releaser->scratch);
    if (releaser->wake_fd >= 0)
        close(releaser->wake_fd);
    free(releaser);
}
