#include "watcher_private.h"

#include "edge/kube_namespaces.h"
#include "edge/kube_watch.h"
#include "edge/kube_windows.h"
#include "edge/message_log.h"
#include "edge/window_reporter.h"

#include <stdlib.h>

enum { WATCHED_NAMESPACES, WATCHED_WINDOWS, WATCHED_COUNT };

struct cluster {
    struct metrics *metrics;
    struct kube_config config;
    struct kube_http *http;
    struct kube_watch *watches[WATCHED_COUNT];
    struct window_reporter *reporter;
};

bool cluster_new(const char *kubeconfig, struct namespace_store *namespaces, struct window_store *windows,
                 struct metrics *metrics, struct cluster **ret_cluster, struct error *error)
{
    struct cluster *cluster = calloc(1, sizeof(*cluster));
    if (cluster == NULL)
        abort();
    cluster->metrics = metrics;
    if (!kube_config_open(kubeconfig, &cluster->config, error) ||
        !kube_http_new(&cluster->config, &cluster->http, error)) {
        cluster_free(cluster);
        return false;
    }
    if (cluster->config.skip_verify)
        message_warning(
            "insecure-skip-tls-verify: the API server is not verified, so anybody on the way can open or "
            "close namespaces; give its certificate-authority instead");
    struct kube_resource of_namespaces = kube_namespaces(namespaces), of_windows = kube_windows(windows);
    cluster->watches[WATCHED_NAMESPACES] = kube_watch_new(cluster->http, &of_namespaces, metrics);
    cluster->watches[WATCHED_WINDOWS] = kube_watch_new(cluster->http, &of_windows, metrics);
    cluster->reporter = window_reporter_new(cluster->http, windows);
    *ret_cluster = cluster;
    return true;
}

void cluster_free(struct cluster *cluster)
{
    if (cluster == NULL)
        return;
    for (size_t i = 0; i < WATCHED_COUNT; i++)
        kube_watch_free(cluster->watches[i]);
    window_reporter_free(cluster->reporter);
    kube_http_free(cluster->http);
    kube_config_done(&cluster->config);
    free(cluster);
}

/* The oldest word of them all: a watch that is in touch must not hide another that is cut. 0: one never was.
 */
static int64_t in_touch_s(const struct cluster *cluster)
{
    int64_t oldest_s = INT64_MAX;
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        int64_t one_s = kube_watch_in_touch_s(cluster->watches[i]);
        oldest_s = one_s < oldest_s ? one_s : oldest_s;
    }
    return oldest_s;
}

void cluster_step(struct cluster *cluster, int64_t now_ms, int64_t now_s)
{
    bool recovered = false;
    kube_http_step(cluster->http);
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        kube_watch_step(cluster->watches[i], now_ms, now_s);
        recovered |= kube_watch_take_recovery(cluster->watches[i]);
    }
    for (size_t i = 0; recovered && i < WATCHED_COUNT; i++)
        kube_watch_hurry(cluster->watches[i], now_ms); /* the server is there again: all come back together */
    metrics_set(cluster->metrics, METRICS_IN_TOUCH_S, in_touch_s(cluster));
    metrics_set(cluster->metrics, METRICS_SYNCED, cluster_synced(cluster));
}

void cluster_report(struct cluster *cluster, const struct calendars *calendars, bool look, int64_t now_ms,
                    int64_t now_s)
{
    if (look)
        window_reporter_look(cluster->reporter);
    window_reporter_step(cluster->reporter, calendars, now_ms, now_s);
}

int64_t cluster_due_ms(const struct cluster *cluster)
{
    int64_t first_ms = window_reporter_due_ms(cluster->reporter);
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        int64_t one_ms = kube_watch_due_ms(cluster->watches[i]);
        first_ms = one_ms < first_ms ? one_ms : first_ms;
    }
    return first_ms;
}

void cluster_wait(struct cluster *cluster, const int *fds, size_t fd_count, int timeout_ms)
{
    kube_http_wait(cluster->http, fds, fd_count, timeout_ms);
}

bool cluster_synced(const struct cluster *cluster)
{
    for (size_t i = 0; i < WATCHED_COUNT; i++)
        if (!kube_watch_synced(cluster->watches[i]))
            return false;
    return true;
}
