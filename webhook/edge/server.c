#include "edge/server.h"

#include "edge/message_log.h"
#include "edge/thread_share.h"
#include "server_private.h"

#include <stdlib.h>

int64_t server_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void configure(struct server *server)
{
    h2o_globalconf_t *config = &server->config;
    h2o_config_init(config);
    config->server_name = h2o_iovec_init("", 0);
    config->max_request_entity_size = SERVER_BODY_BYTES_MOST;
    config->http1.upgrade_to_http2 = 0; /* ALPN alone does not keep "PRI *" from switching */
    /* All patience is ours (server_clients.c): h2o has one timer for idle time and a whole request, and it
     * follows the wall clock, which may leap. */
    config->http1.req_timeout = SERVER_FOREVER_MS;
    config->handshake_timeout = SERVER_FOREVER_MS;
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX; /* no body ever goes to a file in /tmp */
    handler_register(server);
}

static bool bind_all(struct server *server, int *ret_fds, int *ret_plain_fd, struct error *error)
{
    unsigned count = server->options.threads;
    if (!listen_on(server->options.listen, count, ret_fds, &server->arena, &server->admission_where, error))
        return false;
    if (listen_on(server->options.metrics_listen, 1, ret_plain_fd, &server->arena, &server->probes_where,
                  error))
        return true;
    for (unsigned i = 0; i < count; i++)
        close(ret_fds[i]);
    return false;
}

static void *allocate(size_t count, size_t size_bytes)
{
    void *memory = calloc(count, size_bytes);
    if (memory == NULL)
        abort();
    return memory;
}

bool server_new(const struct server_options *options, struct tls *tls, struct metrics *metrics,
                struct decision_log *log, struct override_events *overrides, struct server **ret_server,
                struct error *error)
{
    struct server *server = allocate(1, sizeof(*server));
    int *fds = allocate(options->threads, sizeof(*fds)), plain_fd;
    server->options = *options;
    server->tls = tls;
    server->metrics = metrics;
    server->log = log;
    server->overrides = overrides;
    arena_init(&server->arena);
    bool good = bind_all(server, fds, &plain_fd, error);
    if (good) {
        configure(server);
        pthread_barrier_init(&server->opened, NULL, options->threads);
        pthread_mutex_init(&server->start_mutex, NULL);
        atomic_init(&server->loops_serving, options->threads);
        server->loops = allocate(options->threads, sizeof(*server->loops));
        for (unsigned i = 0; i < options->threads; i++)
            loop_init(&server->loops[i], server, i, fds[i], i == 0 ? plain_fd : -1);
        *ret_server = server;
    } else {
        arena_done(&server->arena);
        free(server);
    }
    free(fds);
    return good;
}

static void send_to_loops(struct server *server, struct snapshot *snapshot)
{
    for (unsigned i = 0; i < server->options.threads; i++)
        loop_publish(&server->loops[i], snapshot_ref(snapshot));
    snapshot_unref(snapshot);
}

void server_publish(struct server *server, struct snapshot *snapshot)
{
    pthread_mutex_lock(&server->start_mutex);
    if (server->started) {
        send_to_loops(server, snapshot);
    } else {
        snapshot_unref(server->early);
        server->early = snapshot;
    }
    pthread_mutex_unlock(&server->start_mutex);
}

/* From here on loops take messages; what came before is handed over now. */
static void start_publishing(struct server *server)
{
    pthread_mutex_lock(&server->start_mutex);
    server->started = true;
    if (server->early != NULL)
        send_to_loops(server, server->early);
    server->early = NULL;
    pthread_mutex_unlock(&server->start_mutex);
}

static void *run_loop(void *argument)
{
    struct loop *loop = argument;
    thread_share_serve();
    loop_open(loop);
    pthread_barrier_wait(&loop->server->opened);
    if (loop->number == 0) {
        start_publishing(loop->server);
        message_info("listening on https://%.*s", TEXT_ARGS(loop->server->admission_where));
        message_info("metrics on http://%.*s", TEXT_ARGS(loop->server->probes_where));
    }
    loop_run(loop);
    return NULL;
}

void server_run(struct server *server)
{
    for (unsigned i = 1; i < server->options.threads; i++) {
        if (pthread_create(&server->loops[i].thread, NULL, run_loop, &server->loops[i]) != 0)
            abort();
    }
    run_loop(&server->loops[0]);
    for (unsigned i = 1; i < server->options.threads; i++)
        pthread_join(server->loops[i].thread, NULL);
    /* h2o's contexts stay: the watcher may still publish into their queues, and the process ends next. */
}

void server_shutdown(struct server *server)
{
    long long serving = 0;
    if (atomic_compare_exchange_strong(&server->drain_started_ns, &serving, server_monotonic_ns()))
        message_info("shutting down: unready now, serving for up to %u ms more", server->options.drain_ms);
}
