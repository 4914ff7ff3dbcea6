#include "cli/serve.h"

#include "cli/serve_options.h"
#include "edge/decision_log.h"
#include "edge/message_log.h"
#include "edge/resident.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    STATUS_USAGE = 2,
    TRIM_BYTES = 64 << 20,
    LOG_STOP_MS = 1000,
    DESCRIPTORS_KEPT = 128, /* for all that is no TLS connection: probes, files, the cluster, queues */
};

/* Made here, lives as long as the process. */
static struct service {
    struct metrics *metrics;
    struct tls *tls;
    struct watcher *watcher;
    struct decision_log *log;
    struct override_events *overrides; /* NULL: there is no cluster to tell */
    struct server *server;
    struct releaser *releaser; /* NULL: none */
    struct keeper *keeper;     /* as well */
} service;

/* Signals are waited for by the main thread alone; every later thread inherits the mask. */
static void block_signals(sigset_t *ret_ends)
{
    sigemptyset(ret_ends);
    sigaddset(ret_ends, SIGTERM);
    sigaddset(ret_ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret_ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* files are read again by themselves */
}

/* As many descriptors as the system grants, and no more connections than they allow. */
static void fit_connections(struct server_options *options)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t room =
        limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT : limit.rlim_cur / 2;
    if (room >= options->connections_most)
        return;
    message_warning("the limit of %llu open files leaves room for %llu connections, not %u",
                    (unsigned long long)limit.rlim_cur, (unsigned long long)room, options->connections_most);
    options->connections_most = (unsigned)room;
}

static bool prepare(struct serve_options *options, struct error *error)
{
    service.metrics = metrics_new(options->server.threads);
    bool has_cluster = options->watcher.namespaces_file == NULL;
    service.overrides = has_cluster ? override_events_new(service.metrics) : NULL;
    if (!tls_new(&options->tls, service.metrics, &service.tls, error) ||
        !watcher_new(&options->watcher, service.tls, service.metrics, service.overrides, &service.watcher,
                     error))
        return false;
    bool releases = !options->no_releaser && has_cluster;
    if (releases && !releaser_new(&options->releaser, service.metrics, &service.releaser, error))
        return false;
    if (has_cluster && !keeper_new(&options->keeper, service.tls, service.metrics, &service.keeper, error))
        return false;
    fit_connections(&options->server);
    service.log = decision_log_start(STDOUT_FILENO, service.metrics);
    return server_new(&options->server, service.tls, service.metrics, service.log, service.overrides,
                      &service.server, error);
}

static void publish(void *server, struct snapshot *snapshot)
{
    struct snapshot *another = snapshot_ref(snapshot);
    server_publish(server, snapshot); /* first, since the releaser asks the gate */
    if (service.releaser != NULL)
        releaser_publish(service.releaser, another);
    else
        snapshot_unref(another);
}

static void *run_server(void *server)
{
    server_run(server);
    return NULL;
}

static void serve_until(const sigset_t *ends)
{
    pthread_t thread;
    int received;
    if (pthread_create(&thread, NULL, run_server, service.server) != 0)
        abort();
    watcher_start(service.watcher, publish, service.server);
    if (service.releaser != NULL)
        releaser_start(service.releaser);
    if (service.keeper != NULL)
        keeper_start(service.keeper);
    sigwait(ends, &received);
    if (service.releaser != NULL)
        releaser_stop(service.releaser); /* the Leases are handed over while requests drain */
    if (service.keeper != NULL)
        keeper_stop(service.keeper);
    server_shutdown(service.server);
    pthread_sigmask(SIG_UNBLOCK, ends, NULL); /* asked twice: at once */
    pthread_join(thread, NULL);
}

int cli_serve(int argc, char **argv)
{
    static struct serve_options options;
    struct error error;
    sigset_t ends;
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES); /* the usual large body finds its memory still there */
    block_signals(&ends);
    bool good = serve_options_read(argc, argv, &options, &error);
    if (good && options.help) {
        fputs(serve_options_help(), stdout);
        return 0;
    }
    resident_trim();
    good = good && prepare(&options, &error);
    if (good)
        serve_until(&ends);
    else
        fprintf(stderr, "changegate: %s\n", error.text);
    watcher_free(service.watcher);
    releaser_free(service.releaser);
    keeper_free(service.keeper);
    if (service.log != NULL)
        decision_log_stop(service.log, LOG_STOP_MS);
    /* The rest stays until the process ends: a connection cut at the last deadline may still use it. */
    return good ? 0 : STATUS_USAGE;
}
