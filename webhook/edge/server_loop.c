#include "edge/message_log.h"
#include "server_private.h"

#include <errno.h>
#include <stdlib.h>

enum {
    SWEEP_MS = 100,
    ACCEPT_PAUSE_MS = 50,
    ACCEPTS_AT_ONCE = 16, /* then the connections at hand get their turn */
    LAME_DUCK_MS = 10 * 1000,
    LAST_MS = 1000, /* what a cut connection may need to go away */
};

#define NS_PER_MS INT64_C(1000000)

struct snapshot_message {
    h2o_multithread_message_t message;
    struct snapshot *snapshot; /* one reference */
};

/* ---- snapshots ---- */

void loop_publish(struct loop *loop, struct snapshot *snapshot)
{
    struct snapshot_message *sent = calloc(1, sizeof(*sent));
    if (sent == NULL)
        abort();
    sent->snapshot = snapshot;
    h2o_multithread_send_message(&loop->snapshots, &sent->message);
}

static void take_snapshot(struct loop *loop, struct snapshot *snapshot)
{
    if (loop->snapshot == NULL)
        atomic_fetch_add(&loop->server->loops_with_snapshot, 1);
    snapshot_unref(loop->snapshot);
    loop->snapshot = snapshot;
}

static void on_snapshots(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
    struct loop *loop = H2O_STRUCT_FROM_MEMBER(struct loop, snapshots, receiver);
    while (!h2o_linklist_is_empty(messages)) {
        struct snapshot_message *sent =
            H2O_STRUCT_FROM_MEMBER(struct snapshot_message, message.link, messages->next);
        h2o_linklist_unlink(&sent->message.link);
        take_snapshot(loop, sent->snapshot);
        free(sent);
    }
}

/* ---- listeners ---- */

static bool has_room(const struct loop *loop)
{
    return atomic_load(&loop->server->connections) < loop->server->options.connections_most;
}

/* Out of connections or descriptors, a listener that is still polled would keep the loop spinning. */
static void pause_accepting(struct loop *loop, struct listener *listener, int64_t now_ns)
{
    h2o_socket_read_stop(listener->socket);
    listener->resume_ns = now_ns + ACCEPT_PAUSE_MS * NS_PER_MS;
    metrics_count(loop->server->metrics, METRICS_CONNECTIONS_REFUSED);
}

static bool accept_one(struct loop *loop, struct listener *listener, int64_t now_ns)
{
    h2o_socket_t *socket = h2o_evloop_socket_accept(listener->socket);
    if (socket == NULL) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(loop, listener, now_ns);
        return false;
    }
    clients_add(loop, socket, listener->plain, now_ns);
    h2o_accept(&listener->accept, socket);
    return true;
}

/* The kubelet must get through whoever else is there: the longest-held connection makes room. */
static void make_room_for_probes(struct loop *loop)
{
    struct client *oldest = NULL;
    if (loop->clients.plain_count >= SERVER_PLAIN_CLIENTS_MOST)
        oldest = clients_oldest_plain(&loop->clients);
    if (oldest != NULL)
        client_cut(oldest);
}

static void on_accept(h2o_socket_t *socket, const char *error)
{
    struct listener *listener = socket->data;
    struct loop *loop = listener->loop;
    int64_t now_ns = server_monotonic_ns();
    bool more = error == NULL;
    for (unsigned i = 0; more && i < ACCEPTS_AT_ONCE; i++) {
        if (listener->plain) {
            make_room_for_probes(loop);
        } else if (!has_room(loop)) {
            pause_accepting(loop, listener, now_ns);
            return;
        }
        more = accept_one(loop, listener, now_ns);
    }
}

static void open_listener(struct listener *listener)
{
    if (listener->fd < 0)
        return;
    /* Without DONT_READ h2o would read from the listening socket itself. */
    listener->socket =
        h2o_evloop_socket_create(listener->loop->context.loop, listener->fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->socket->data = listener;
    h2o_socket_read_start(listener->socket, on_accept);
}

static void resume_accepting(struct listener *listener, int64_t now_ns)
{
    if (listener->socket == NULL || listener->resume_ns == 0 || now_ns < listener->resume_ns ||
        (!listener->plain && !has_room(listener->loop)))
        return;
    listener->resume_ns = 0;
    h2o_socket_read_start(listener->socket, on_accept);
}

static void close_listener(struct listener *listener, int64_t now_ns)
{
    if (listener->socket == NULL)
        return;
    /* Closing resets what the kernel has accepted and we have not. */
    while (listener->resume_ns == 0 && accept_one(listener->loop, listener, now_ns))
        ;
    h2o_socket_close(listener->socket);
    listener->socket = NULL;
}

/* ---- life ---- */

static void init_listener(struct listener *listener, struct loop *loop, int fd, bool plain)
{
    struct server *server = loop->server;
    *listener = (struct listener){
        .loop = loop,
        .fd = fd,
        .plain = plain,
        .accept = {.ctx = &loop->context,
                   .hosts = plain ? server->probe_hosts : server->admission_hosts,
                   .ssl_ctx = plain ? NULL : tls_context(server->tls)},
    };
}

void loop_init(struct loop *loop, struct server *server, unsigned number, int fd, int plain_fd)
{
    loop->server = server;
    loop->number = number;
    loop->admit = admit_new(number, server->metrics, server->log, server->overrides);
    clients_init(&loop->clients);
    init_listener(&loop->admission, loop, fd, false);
    init_listener(&loop->probes, loop, plain_fd, true);
}

void loop_open(struct loop *loop)
{
    h2o_context_init(&loop->context, h2o_evloop_create(), &loop->server->config);
    h2o_multithread_register_receiver(loop->context.queue, &loop->snapshots, on_snapshots);
    open_listener(&loop->admission);
    open_listener(&loop->probes);
}

/* Long enough for every endpoint to forget us, or nobody left who could ask. */
static bool drain_is_over(const struct server *server, int64_t elapsed_ms)
{
    return elapsed_ms >= server->options.drain_ms ||
           (elapsed_ms >= LAME_DUCK_MS && atomic_load(&server->connections) == 0);
}

/* From server_shutdown on every answer says Connection: close, while all else goes on: new connections still
 * come until the endpoints have changed everywhere, and closing an idle one can cross with its next request.
 */
static void drain(struct loop *loop, int64_t elapsed_ms, int64_t now_ns)
{
    if (!loop->draining)
        h2o_context_request_shutdown(&loop->context);
    loop->draining = true;
    if (loop->admission.socket != NULL && !drain_is_over(loop->server, elapsed_ms))
        return;
    close_listener(&loop->admission, now_ns);
    clients_sweep(loop, now_ns);
    clients_close_idle(loop, now_ns);
}

static bool has_left(const struct loop *loop, int64_t elapsed_ms)
{
    const struct server_options *options = &loop->server->options;
    if (loop->admission.socket != NULL)
        return false;
    /* The probes answer until the last loop is done. */
    if (loop->probes.socket != NULL && atomic_load(&loop->server->loops_serving) > 1 &&
        elapsed_ms < (int64_t)options->drain_ms + options->slow_ms + LAST_MS)
        return false;
    return loop->clients.tls_count == 0 || elapsed_ms >= (int64_t)options->drain_ms + options->slow_ms;
}

/* Deadlines are kept here and not by h2o's timers, which follow the wall clock. False: the loop's work is
 * done. */
static bool tick(struct loop *loop)
{
    int64_t now_ns = server_monotonic_ns();
    if (now_ns - loop->clients.swept_ns >= SWEEP_MS * NS_PER_MS)
        clients_sweep(loop, now_ns);
    resume_accepting(&loop->admission, now_ns);
    resume_accepting(&loop->probes, now_ns);
    int64_t started_ns = atomic_load(&loop->server->drain_started_ns);
    if (started_ns == 0)
        return true;
    int64_t elapsed_ms = (now_ns - started_ns) / NS_PER_MS;
    drain(loop, elapsed_ms, now_ns);
    return !has_left(loop, elapsed_ms);
}

void loop_run(struct loop *loop)
{
    do
        (void)h2o_evloop_run(loop->context.loop, SERVER_TICK_MS); /* fails on EINTR alone */
    while (tick(loop));
    atomic_fetch_sub(&loop->server->loops_serving, 1);
    snapshot_unref(loop->snapshot);
    admit_free(loop->admit);
    json_text_done(&loop->page);
}
