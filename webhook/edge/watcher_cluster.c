#include "watcher_private.h"

#include "codec/json.h"
#include "edge/kube_approvals.h"
#include "edge/kube_namespaces.h"
#include "edge/kube_watch.h"
#include "edge/kube_windows.h"
#include "edge/message_log.h"
#include "edge/override_teller.h"
#include "edge/window_reporter.h"

#include <stdlib.h>

enum { WATCHED_NAMESPACES, WATCHED_WINDOWS, WATCHED_APPROVALS, WATCHED_COUNT };
enum { CLUSTER_FDS_MOST = 4 };

struct cluster {
    struct metrics *metrics;
    struct kube_config config;
    struct kube_http *http;
    struct kube_watch *watches[WATCHED_COUNT];
    struct window_reporter *reporter;
    struct override_events *overrides; /* NULL: none */
    struct override_teller *teller;    /* of them */
    struct approval_sink approvals;    /* its reader is owned */
};

bool cluster_new(const char *kubeconfig, const struct cluster_stores *stores, struct metrics *metrics,
                 struct override_events *overrides, struct cluster **ret_cluster, struct error *error)
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
    cluster->approvals = (struct approval_sink){stores->approvals, json_reader_new()};
    struct kube_resource of_namespaces = kube_namespaces(stores->namespaces),
                         of_windows = kube_windows(stores->windows),
                         of_approvals = kube_approvals(&cluster->approvals);
    cluster->watches[WATCHED_NAMESPACES] = kube_watch_new(cluster->http, &of_namespaces, metrics);
    cluster->watches[WATCHED_WINDOWS] = kube_watch_new(cluster->http, &of_windows, metrics);
    cluster->watches[WATCHED_APPROVALS] = kube_watch_new(cluster->http, &of_approvals, metrics);
    cluster->reporter = window_reporter_new(cluster->http, stores->windows);
    cluster->overrides = overrides;
    if (overrides != NULL)
        cluster->teller = override_teller_new(cluster->http, overrides);
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
    override_teller_free(cluster->teller);
    json_reader_free(cluster->approvals.reader);
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
    if (cluster->teller != NULL)
        override_teller_step(cluster->teller, now_ms);
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
    if (cluster->teller != NULL && override_teller_due_ms(cluster->teller) < first_ms)
        first_ms = override_teller_due_ms(cluster->teller);
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        int64_t one_ms = kube_watch_due_ms(cluster->watches[i]);
        first_ms = one_ms < first_ms ? one_ms : first_ms;
    }
    return first_ms;
}

void cluster_wait(struct cluster *cluster, const int *fds, size_t fd_count, int timeout_ms)
{
    int all[CLUSTER_FDS_MOST];
    size_t count = 0;
    while (count < fd_count && count + 1 < CLUSTER_FDS_MOST) {
        all[count] = fds[count];
        count++;
    }
    if (cluster->overrides != NULL)
        all[count++] = override_events_fd(cluster->overrides);
    kube_http_wait(cluster->http, all, count, timeout_ms);
}

bool cluster_synced(const struct cluster *cluster)
{
    for (size_t i = 0; i < WATCHED_COUNT; i++)
        if (!kube_watch_synced(cluster->watches[i]))
            return false;
    return true;
}
