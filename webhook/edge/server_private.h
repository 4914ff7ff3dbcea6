/* edge/server_private: what the server's own files share; see include/edge/server.h.
 * Layer: edge. The only headers besides h2o's that name its types.
 *
 *   server.c          life: bind, start, publish, drain, end
 *   server_listen.c   addresses and listening sockets
 *   server_loop.c     one serving loop: accept, snapshots, the way out
 *   server_clients.c  every open connection, and which of them took too long
 *   server_handler.c  an HTTP request becomes a question to admit or to the probes
 *
 * Everything of a loop belongs to its thread. What threads share is atomic or a message.
 */
#ifndef CHANGEGATE_EDGE_SERVER_PRIVATE_H
#define CHANGEGATE_EDGE_SERVER_PRIVATE_H

#include "core/arena.h"
#include "edge/admit.h"
#include "edge/server.h"

#include <h2o.h>
#include <h2o/http1.h>
#include <stdatomic.h>

enum {
    SERVER_TICK_MS = 50,         /* how often a loop looks at its clocks */
    SERVER_IDLE_MS = 120 * 1000, /* Go's clients close after 90 s; ours must be the longer patience */
    SERVER_BODY_BYTES_MOST =
        16 << 20, /* h2o's own limit; beyond it the connection is cut, see admit.h for ours */
    SERVER_PLAIN_CLIENTS_MOST = 64,
};

/* Longer than any leap of a clock, and shorter than its time since 1970, from which h2o subtracts it. */
#define SERVER_FOREVER_MS (UINT64_C(10) * 365 * 24 * 3600 * 1000)

/* What a loop accepts on. */
struct listener {
    struct loop *loop;
    int fd;               /* -1: none */
    h2o_socket_t *socket; /* owns fd; NULL: not open */
    h2o_accept_ctx_t accept;
    bool plain;        /* the probes and metrics */
    int64_t resume_ns; /* accepting is paused until then; 0: it is not */
};

enum client_state {
    CLIENT_HANDSHAKE, /* TLS is not up yet */
    CLIENT_IDLE,      /* between requests */
    CLIENT_BUSY,      /* a request was begun and its answer is not taken yet */
    CLIENT_CLOSING,   /* h2o is done with it, the last bytes are not taken */
};

/* One connection, from accept to close. */
struct client {
    h2o_linklist_t link;
    struct loop *loop;
    h2o_socket_t *socket; /* valid until h2o disposes of it, when the client ends */
    bool plain;
    bool cut;                /* shutdown(2) was called */
    enum client_state state; /* as of the last sweep */
    struct timeval request;  /* when the request in hand began; tells one from the next */
    int64_t since_ns;        /* when the state, or the request, was first seen */
    unsigned sweep;          /* the last one that found an HTTP connection behind it */
};

struct clients {
    h2o_linklist_t all; /* oldest first */
    unsigned tls_count, plain_count;
    unsigned sweep;
    int64_t swept_ns;
};

struct loop {
    struct server *server;
    unsigned number;
    pthread_t thread;
    h2o_context_t context;
    h2o_multithread_receiver_t snapshots;
    struct snapshot *snapshot; /* one reference; NULL until the first came */
    struct admit *admit;
    struct json_text_buffer page;      /* of the probes and metrics */
    struct listener admission, probes; /* probes: on loop 0 alone */
    struct clients clients;
    bool draining;
};

struct server {
    struct server_options options; /* its texts are borrowed */
    struct tls *tls;
    struct metrics *metrics;
    struct decision_log *log;
    struct override_events *overrides; /* NULL: none */
    h2o_globalconf_t config;
    h2o_hostconf_t *admission_hosts[2], *probe_hosts[2]; /* each NULL-terminated */
    struct loop *loops;
    struct arena arena; /* of the texts below */
    struct text admission_where, probes_where;
    pthread_barrier_t opened;    /* every loop can be sent messages */
    pthread_mutex_t start_mutex; /* of server_publish and the start; guards the next two */
    bool started;
    struct snapshot *early; /* published before the start; one reference, or NULL */
    atomic_uint loops_serving;
    atomic_uint loops_with_snapshot;
    atomic_uint connections;       /* TLS, over all loops */
    atomic_llong drain_started_ns; /* CLOCK_MONOTONIC; 0: serving */
};

int64_t server_monotonic_ns(void);

/* server_listen.c. Fills `ret_fds`, `count` sockets on one address; *ret_where is "127.0.0.1:8443" as bound,
 * owned by `arena`. */
bool listen_on(const char *address, unsigned count, int *ret_fds, struct arena *arena, struct text *ret_where,
               struct error *error) MUST_USE;

/* server_loop.c. `plain_fd` is -1 for a loop without the plain listener. */
void loop_init(struct loop *loop, struct server *server, unsigned number, int fd, int plain_fd);
/* On the thread that will run it: h2o's buffers belong to the thread that made them. */
void loop_open(struct loop *loop);
void loop_run(struct loop *loop);                                /* serves until drained */
void loop_publish(struct loop *loop, struct snapshot *snapshot); /* any thread; takes the reference */

/* server_clients.c */
void clients_init(struct clients *clients);
void clients_add(struct loop *loop, h2o_socket_t *socket, bool plain, int64_t now_ns);
struct client *clients_oldest_plain(struct clients *clients);
void client_cut(struct client *client);
void clients_sweep(struct loop *loop, int64_t now_ns);
/* Ends connections that wait for a request, at the end of a drain. */
void clients_close_idle(struct loop *loop, int64_t now_ns);

/* server_handler.c */
void handler_register(struct server *server);

#endif
