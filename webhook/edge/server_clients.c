#include "server_private.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { FRESH_MS = 1000 };

#define NS_PER_MS INT64_C(1000000)

void clients_init(struct clients *clients)
{
    h2o_linklist_init_anchor(&clients->all);
}

/* h2o calls this when the socket is gone, whoever ended it. */
static void on_client_closed(void *data)
{
    struct client *client = data;
    struct loop *loop = client->loop;
    h2o_linklist_unlink(&client->link);
    if (client->plain) {
        loop->clients.plain_count--;
    } else {
        loop->clients.tls_count--;
        atomic_fetch_sub(&loop->server->connections, 1);
        metrics_add(loop->server->metrics, METRICS_CONNECTIONS, -1);
    }
    free(client);
}

void clients_add(struct loop *loop, h2o_socket_t *socket, bool plain, int64_t now_ns)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        abort();
    client->loop = loop;
    client->socket = socket;
    client->plain = plain;
    client->state = CLIENT_HANDSHAKE;
    client->since_ns = now_ns;
    h2o_linklist_insert(&loop->clients.all, &client->link);
    if (plain) {
        loop->clients.plain_count++;
    } else {
        loop->clients.tls_count++;
        atomic_fetch_add(&loop->server->connections, 1);
        metrics_add(loop->server->metrics, METRICS_CONNECTIONS, 1);
    }
    socket->on_close.cb = on_client_closed;
    socket->on_close.data = client;
}

static struct client *client_at(h2o_linklist_t *node)
{
    return H2O_STRUCT_FROM_MEMBER(struct client, link, node);
}

struct client *clients_oldest_plain(struct clients *clients)
{
    for (h2o_linklist_t *node = clients->all.next; node != &clients->all; node = node->next) {
        struct client *client = client_at(node);
        if (client->plain && !client->cut)
            return client;
    }
    return NULL;
}

/* Both directions: h2o then meets an end of file or a failed write wherever it stands, and cleans up by
 * itself. */
void client_cut(struct client *client)
{
    client->cut = true;
    shutdown(h2o_socket_get_fd(client->socket), SHUT_RDWR);
}

static void enter(struct client *client, enum client_state state, struct timeval request, int64_t now_ns)
{
    bool same_request =
        client->request.tv_sec == request.tv_sec && client->request.tv_usec == request.tv_usec;
    if (client->state == state && same_request)
        return;
    client->state = state;
    client->request = request;
    client->since_ns = now_ns;
}

/* h2o says when a request's first byte came, by the wall clock. That instant only tells this request from the
 * next; how long it takes is measured on the monotonic clock, which nobody sets. */
static int note_request(h2o_req_t *request, void *context)
{
    const int64_t *now_ns = context;
    h2o_socket_t *socket = request->conn->callbacks->get_socket(request->conn);
    struct client *client = socket->on_close.data;
    struct timeval begun = request->timestamps.request_begin_at;
    enter(client, begun.tv_sec == 0 ? CLIENT_IDLE : CLIENT_BUSY, begun, *now_ns);
    client->sweep = client->loop->clients.sweep;
    return 0;
}

static int64_t patience_ms(const struct client *client)
{
    /* A probe asks at once; a TLS client may hold a connection in reserve. */
    if (client->state == CLIENT_IDLE && !client->plain)
        return SERVER_IDLE_MS;
    return client->loop->server->options.slow_ms;
}

static void look_at(struct client *client, int64_t now_ns)
{
    if (client->sweep != client->loop->clients.sweep && client->state != CLIENT_HANDSHAKE)
        enter(client, CLIENT_CLOSING, client->request, now_ns);
    if (client->cut || now_ns - client->since_ns < patience_ms(client) * NS_PER_MS)
        return;
    if (client->state != CLIENT_IDLE)
        metrics_count(client->loop->server->metrics, METRICS_SLOW_CLIENTS);
    client_cut(client);
}

void clients_sweep(struct loop *loop, int64_t now_ns)
{
    struct clients *clients = &loop->clients;
    clients->sweep++;
    clients->swept_ns = now_ns;
    loop->server->config.http1.callbacks.foreach_request(&loop->context, note_request, &now_ns);
    for (h2o_linklist_t *node = clients->all.next; node != &clients->all; node = node->next)
        look_at(client_at(node), now_ns);
}

/* Between requests, with nothing on its way in; a connection just made is about to ask. */
static bool waits(const struct client *client, int64_t now_ns)
{
    int unread = 0;
    return client->state == CLIENT_IDLE && now_ns - client->since_ns >= FRESH_MS * NS_PER_MS &&
           ioctl(h2o_socket_get_fd(client->socket), FIONREAD, &unread) == 0 && unread == 0;
}

void clients_close_idle(struct loop *loop, int64_t now_ns)
{
    for (h2o_linklist_t *node = loop->clients.all.next; node != &loop->clients.all; node = node->next) {
        struct client *client = client_at(node);
        /* The reading half alone: a request that arrives in this very moment is still read and answered. */
        if (!client->cut && waits(client, now_ns))
            shutdown(h2o_socket_get_fd(client->socket), SHUT_RD);
    }
}
