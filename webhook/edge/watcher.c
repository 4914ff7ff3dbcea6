#include "edge/watcher.h"

#include "edge/calendars.h"
#include "edge/clock.h"
#include "edge/cluster_clock.h"
#include "edge/file_read.h"
#include "edge/file_watch.h"
#include "edge/message_log.h"
#include "edge/policy_load.h"
#include "edge/resident.h"
#include "edge/thread_share.h"
#include "watcher_private.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    POLICY_BYTES_MOST = 16 << 20,
    NAMESPACES_BYTES_MOST = 64 << 20,
    BUILD_SHARE =
        4, /* a pause of so many times what a build took: building takes a fifth of a core at most */
    BUILD_PAUSE_MS_MOST = 500,
};

enum changed_file { FILE_POLICY = 1, FILE_TLS = 2, FILE_NAMESPACES = 4, FILE_KEYS = 8 };

struct watcher {
    struct watcher_options options;
    struct tls *tls;
    struct metrics *metrics;
    watcher_publish *publish;
    void *publish_context;

    struct policy_file *policies; /* in force */
    struct namespace_store *store;
    struct window_store *windows; /* empty with a namespaces file, as the next */
    struct approval_store *approvals;
    struct cluster *cluster; /* NULL with a namespaces file */
    struct file_watch *files;
    bool file_is_known; /* the namespaces file as it is now was read */

    struct calendars *calendars;                        /* the last ones; NULL: none yet */
    const struct policy_file *calendar_policies;        /* that they were built from */
    struct approval_index *approval_index;              /* the last one; NULL: none yet */
    struct snapshot *snapshot;                          /* the last one; NULL: none yet */
    uint64_t namespaces_generation, windows_generation; /* of what it was built from */
    bool stale;                                         /* policies or stores are newer than it */
    bool loaded;          /* files or a first list were read since the last snapshot */
    int64_t build_due_ms; /* not before; a burst of events costs one snapshot */
    int64_t gauges_due_ms;
    bool trim; /* calendars were dropped; once the serving loops have dropped them, too, their memory is given
                  back */

    int wake_fd; /* eventfd: stop */
    atomic_bool stopping;
    bool started;
    pthread_t thread;
};

/* "FILE:LINE:COLUMN: what", as compilers say it and editors jump to. */
static bool locate(struct error *error, const char *path)
{
    if (error->line == 0)
        return error_prefix(error, "%s: ", path);
    return error_prefix(error, "%s:%u:%u: ", path, error->line, error->column);
}

static bool read_policy(struct watcher *watcher, struct policy_file **ret_policies, struct error *error)
{
    struct arena scratch;
    struct text bytes;
    const char *path = watcher->options.policy_file;
    arena_init(&scratch);
    bool good = file_read(&scratch, path, POLICY_BYTES_MOST, &bytes, error);
    if (good)
        good =
            policy_load(bytes, path, watcher->files, FILE_KEYS, ret_policies, error) || locate(error, path);
    arena_done(&scratch);
    return good;
}

/* A list like any other: what the file no longer names is gone. */
static bool read_namespaces(struct watcher *watcher, struct error *error)
{
    struct arena scratch;
    struct text bytes;
    const char *path = watcher->options.namespaces_file;
    arena_init(&scratch);
    bool good = file_read(&scratch, path, NAMESPACES_BYTES_MOST, &bytes, error);
    if (good) {
        namespace_store_list_begin(watcher->store);
        good = namespace_store_read(watcher->store, bytes, error) || locate(error, path);
    }
    if (good)
        namespace_store_list_end(watcher->store);
    arena_done(&scratch);
    watcher->file_is_known = good;
    return good;
}

static void watch_files(struct watcher *watcher)
{
    const struct tls_options *tls = watcher->options.tls_options;
    file_watch_add(watcher->files, watcher->options.policy_file, FILE_POLICY);
    if (watcher->options.namespaces_file != NULL)
        file_watch_add(watcher->files, watcher->options.namespaces_file, FILE_NAMESPACES);
    if (tls == NULL)
        return;
    if (tls->certificate_file != NULL) {
        file_watch_add(watcher->files, tls->certificate_file, FILE_TLS);
        file_watch_add(watcher->files, tls->key_file, FILE_TLS);
    }
    if (tls->client_ca_file != NULL)
        file_watch_add(watcher->files, tls->client_ca_file, FILE_TLS);
}

static bool prepare(struct watcher *watcher, struct override_events *overrides, struct error *error)
{
    if (!file_watch_new(&watcher->files, error))
        return false;
    watch_files(watcher);
    if (!read_policy(watcher, &watcher->policies, error))
        return false;
    metrics_set(watcher->metrics, METRICS_POLICY_LOADED_S, cluster_clock_s());
    resident_trim(); /* zones took memory; the namespaces are next */
    if (watcher->options.namespaces_file != NULL)
        return read_namespaces(watcher, error);
    const struct cluster_stores stores = {watcher->store, watcher->windows, watcher->approvals};
    return cluster_new(watcher->options.kubeconfig, &stores, watcher->metrics, overrides, &watcher->cluster,
                       error);
}

bool watcher_new(const struct watcher_options *options, struct tls *tls, struct metrics *metrics,
                 struct override_events *overrides, struct watcher **ret_watcher, struct error *error)
{
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    if (watcher == NULL)
        abort();
    watcher->options = *options;
    watcher->tls = tls;
    watcher->metrics = metrics;
    watcher->store = namespace_store_new();
    watcher->windows = window_store_new();
    watcher->approvals = approval_store_new();
    watcher->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watcher->wake_fd < 0 || !prepare(watcher, overrides, error)) {
        if (watcher->wake_fd < 0)
            error_set(error, ERROR_SYSTEM, "eventfd: %s", strerror(errno));
        watcher_free(watcher);
        return false;
    }
    *ret_watcher = watcher;
    return true;
}

static void reload_policy(struct watcher *watcher)
{
    struct error error;
    struct policy_file *policies;
    if (!read_policy(watcher, &policies, &error)) {
        metrics_count(watcher->metrics, METRICS_POLICY_RELOAD_FAILURES);
        message_error("%s (the last good policy stays in force)", error.text);
        return;
    }
    policy_file_unref(watcher->policies);
    watcher->policies = policies;
    watcher->stale = true;
    watcher->loaded = true;
    metrics_count(watcher->metrics, METRICS_POLICY_RELOADS);
    metrics_set(watcher->metrics, METRICS_POLICY_LOADED_S, cluster_clock_s());
    message_info("%s: loaded, %zu policies in force", watcher->options.policy_file,
                 policy_file_policies(policies)->count);
}

static void reload_namespaces(struct watcher *watcher)
{
    struct error error;
    if (!read_namespaces(watcher, &error)) {
        message_error("%s (the last good namespaces stay in force)", error.text);
        return;
    }
    watcher->stale = true;
    watcher->loaded = true;
    message_info("%s: loaded, %zu namespaces", watcher->options.namespaces_file,
                 namespace_store_count(watcher->store));
}

static void reload_tls(struct watcher *watcher)
{
    struct error error;
    if (tls_reload(watcher->tls, &error))
        message_info("certificate reloaded");
    else
        message_error("%s (the last good certificate stays in force)", error.text);
}

static void reload(struct watcher *watcher, unsigned changed)
{
    if (changed & (FILE_POLICY | FILE_KEYS))
        reload_policy(watcher);
    if (changed & FILE_TLS)
        reload_tls(watcher);
    if (changed & FILE_NAMESPACES)
        reload_namespaces(watcher);
}

/* Freezes start and end with time; where one is near, at that moment. */
static int64_t next_count_ms(int64_t next_transition_s)
{
    enum { MS_PER_S = 1000 };
    int64_t left_s = next_transition_s - cluster_clock_s();
    return left_s >= WATCHER_GAUGES_MS / MS_PER_S ? WATCHER_GAUGES_MS : (left_s < 1 ? 1 : left_s) * MS_PER_S;
}

static void set_gauges(struct watcher *watcher, int64_t now_ms)
{
    struct snapshot_counts counts = snapshot_count(watcher->snapshot, cluster_clock_s());
    struct calendars_counts windows = calendars_count(watcher->calendars, cluster_clock_s());
    metrics_set(watcher->metrics, METRICS_NAMESPACES, (int64_t)counts.namespaces);
    metrics_set(watcher->metrics, METRICS_NAMESPACES_GOVERNED, (int64_t)counts.governed);
    metrics_set(watcher->metrics, METRICS_NAMESPACES_FROZEN, (int64_t)counts.frozen);
    metrics_set(watcher->metrics, METRICS_WINDOWS, (int64_t)windows.windows);
    metrics_set(watcher->metrics, METRICS_WINDOWS_ACTIVE, (int64_t)windows.active);
    metrics_set(watcher->metrics, METRICS_WINDOWS_UNUSABLE, (int64_t)windows.unusable);
    metrics_set(watcher->metrics, METRICS_APPROVALS,
                (int64_t)approval_index_in_force(watcher->approval_index, cluster_clock_s()));
    metrics_set(watcher->metrics, METRICS_NEXT_TRANSITION_S, windows.next_transition_s);
    /* A file whose content is in force has nothing newer to say; the API server speaks for itself. */
    if (watcher->file_is_known)
        metrics_set(watcher->metrics, METRICS_IN_TOUCH_S, cluster_clock_s());
    watcher->gauges_due_ms = now_ms + next_count_ms(windows.next_transition_s);
}

/* From time to time, when nothing else is to do. */
static void look_around(struct watcher *watcher, int64_t now_ms)
{
    set_gauges(watcher, now_ms);
    if (watcher->trim)
        malloc_trim(0);
    watcher->trim = false;
}

/* Namespaces come and go all the time, windows do not: only what they say of time is expanded anew. */
static void update_calendars(struct watcher *watcher)
{
    bool current = watcher->calendars != NULL && watcher->calendar_policies == watcher->policies &&
                   watcher->windows_generation == window_store_spec_generation(watcher->windows) &&
                   calendars_good_at(watcher->calendars, cluster_clock_s());
    if (current)
        return;
    struct calendars *calendars =
        calendars_build(watcher->policies, watcher->windows, watcher->calendars, cluster_clock_s());
    watcher->trim = watcher->calendars != NULL;
    calendars_unref(watcher->calendars);
    watcher->calendars = calendars;
    watcher->calendar_policies = watcher->policies;
}

static void build_snapshot(struct watcher *watcher)
{
    int64_t begin_ms = clock_monotonic_ms();
    update_calendars(watcher);
    approval_index_update(&watcher->approval_index, watcher->approvals, cluster_clock_s());
    struct snapshot *snapshot =
        snapshot_build(watcher->policies, watcher->calendars, watcher->approval_index, watcher->store);
    snapshot_unref(watcher->snapshot);
    watcher->snapshot = snapshot;
    watcher->namespaces_generation = namespace_store_generation(watcher->store);
    watcher->windows_generation = window_store_spec_generation(watcher->windows);
    watcher->stale = false;
    watcher->publish(watcher->publish_context, snapshot_ref(snapshot));
    if (watcher->loaded) { /* reading files and lists takes memory that serving does not */
        watcher->loaded = false;
        resident_trim();
    }

    int64_t end_ms = clock_monotonic_ms();
    set_gauges(watcher, end_ms);
    int64_t pause_ms = (end_ms - begin_ms) * BUILD_SHARE;
    if (pause_ms < WATCHER_SNAPSHOT_MS_LEAST)
        pause_ms = WATCHER_SNAPSHOT_MS_LEAST;
    watcher->build_due_ms = begin_ms + (pause_ms < BUILD_PAUSE_MS_MOST ? pause_ms : BUILD_PAUSE_MS_MOST);
}

static bool synced(const struct watcher *watcher)
{
    return watcher->cluster == NULL || cluster_synced(watcher->cluster);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static int wait_ms(const struct watcher *watcher)
{
    int64_t due_ms = file_watch_due_ms(watcher->files);
    if (watcher->cluster != NULL)
        due_ms = earlier(due_ms, cluster_due_ms(watcher->cluster));
    if (watcher->snapshot != NULL)
        due_ms = earlier(due_ms, watcher->gauges_due_ms);
    if (watcher->stale && synced(watcher))
        due_ms = earlier(due_ms, watcher->build_due_ms);
    int64_t left_ms = due_ms - clock_monotonic_ms();
    return left_ms < 0 ? 0 : (int)earlier(left_ms, FILE_WATCH_RECHECK_MS);
}

static void wait_for_something(struct watcher *watcher)
{
    const int fds[] = {watcher->wake_fd, file_watch_fd(watcher->files)};
    int timeout_ms = wait_ms(watcher);
    if (watcher->cluster != NULL) {
        cluster_wait(watcher->cluster, fds, sizeof(fds) / sizeof(fds[0]), timeout_ms);
        return;
    }
    struct pollfd polled[] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
    (void)poll(polled, sizeof(polled) / sizeof(polled[0]), timeout_ms);
}

static void step_cluster(struct watcher *watcher, int64_t now_ms)
{
    cluster_step(watcher->cluster, now_ms, cluster_clock_s());
    watcher->stale |= namespace_store_generation(watcher->store) != watcher->namespaces_generation ||
                      window_store_spec_generation(watcher->windows) != watcher->windows_generation ||
                      !approval_index_is_current(watcher->approval_index, watcher->approvals);
}

static void *run(void *context)
{
    struct watcher *watcher = context;
    thread_share_background();
    watcher->stale = true;
    watcher->loaded = true;
    while (!atomic_load(&watcher->stopping)) {
        int64_t now_ms = clock_monotonic_ms();
        if (watcher->cluster != NULL)
            step_cluster(watcher, now_ms);
        reload(watcher, file_watch_take(watcher->files, now_ms));
        watcher->stale |=
            watcher->calendars != NULL && !calendars_good_at(watcher->calendars, cluster_clock_s());
        bool build = watcher->stale && synced(watcher) && now_ms >= watcher->build_due_ms;
        if (build)
            build_snapshot(watcher);
        else if (watcher->snapshot != NULL && now_ms >= watcher->gauges_due_ms)
            look_around(watcher, now_ms);
        if (watcher->cluster != NULL)
            cluster_report(watcher->cluster, watcher->calendars, build, now_ms, cluster_clock_s());
        wait_for_something(watcher);
    }
    return NULL;
}

void watcher_start(struct watcher *watcher, watcher_publish *publish, void *context)
{
    watcher->publish = publish;
    watcher->publish_context = context;
    if (watcher->cluster == NULL)
        metrics_set(watcher->metrics, METRICS_SYNCED, 1);
    if (pthread_create(&watcher->thread, NULL, run, watcher) != 0)
        abort();
    watcher->started = true;
}

void watcher_free(struct watcher *watcher)
{
    if (watcher == NULL)
        return;
    if (watcher->started) {
        atomic_store(&watcher->stopping, true);
        eventfd_write(watcher->wake_fd, 1);
        pthread_join(watcher->thread, NULL);
    }
    cluster_free(watcher->cluster);
    file_watch_free(watcher->files);
    namespace_store_free(watcher->store);
    window_store_free(watcher->windows);
    approval_store_free(watcher->approvals);
    snapshot_unref(watcher->snapshot);
    approval_index_unref(watcher->approval_index);
    calendars_unref(watcher->calendars);
    policy_file_unref(watcher->policies);
    if (watcher->wake_fd >= 0)
        close(watcher->wake_fd);
    free(watcher);
}
