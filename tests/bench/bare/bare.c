/* The limit: h2o with the server's settings, reading every body and answering one constant review.
 * What changegate costs beyond this is what changegate itself costs.
 *
 *     bench_bare CERTIFICATE KEY THREADS
 */
#include <arpa/inet.h>
#include <err.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <h2o.h>
#include <openssl/ssl.h>

enum { BODY_BYTES_MOST = 16 << 20, REQUEST_TIMEOUT_MS = 120 * 1000, TRIM_BYTES = 64 << 20 };

static const char answer[] =
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":"
    "{\"uid\":\"00000000-0000-4000-8000-000000000000\",\"allowed\":true}}";

struct loop {
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    int listener;
};

static int on_request(h2o_handler_t *handler, h2o_req_t *request)
{
    (void)handler;
    /* Touch the body, as any handler must; h2o has it in memory by now. */
    uint8_t sum = 0;
    for (size_t i = 0; i < request->entity.len; i += 64)
        sum = (uint8_t)(sum ^ (uint8_t)request->entity.base[i]);
    __asm__ volatile("" : : "r"(sum));

    request->res.status = 200;
    request->res.reason = "OK";
    request->res.content_length = sizeof(answer) - 1;
    h2o_add_header(&request->pool, &request->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
                   H2O_STRLIT("application/json"));
    h2o_send_inline(request, answer, sizeof(answer) - 1);
    return 0;
}

static void on_accept(h2o_socket_t *listener, const char *error)
{
    struct loop *loop = listener->data;
    h2o_socket_t *socket;

    if (error == NULL && (socket = h2o_evloop_socket_accept(listener)) != NULL)
        h2o_accept(&loop->accept, socket);
}

static int select_http1(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                        const unsigned char *offered, unsigned int offered_length, void *context)
{
    static const unsigned char http1[] = "\x08http/1.1";

    (void)ssl;
    (void)context;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_length, http1, sizeof(http1) - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *tls_open(const char *certificate, const char *key)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
        SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        errx(2, "cannot use %s with %s", certificate, key);
    SSL_CTX_set_num_tickets(tls, 0);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(tls, select_http1, NULL);
    return tls;
}

/* One listener per loop on the same port: with a shared one, one loop gets all connections. */
static int listen_on(struct sockaddr_in *address)
{
    socklen_t length = sizeof(*address);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)address, length) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)address, &length) != 0)
        err(2, "cannot listen");
    return fd;
}

static void *serve(void *argument)
{
    struct loop *loop = argument;
    h2o_socket_t *listener =
        h2o_evloop_socket_create(loop->context.loop, loop->listener, H2O_SOCKET_FLAG_DONT_READ);
    listener->data = loop;
    h2o_socket_read_start(listener, on_accept);
    while (h2o_evloop_run(loop->context.loop, INT32_MAX) == 0)
        ;
    return NULL;
}

static void configure(h2o_globalconf_t *config)
{
    h2o_config_init(config);
    config->server_name = h2o_iovec_init("", 0);
    config->max_request_entity_size = BODY_BYTES_MOST;
    config->http1.req_timeout = REQUEST_TIMEOUT_MS;
    config->http1.upgrade_to_http2 = 0;
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;

    h2o_hostconf_t *host = h2o_config_register_host(config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    h2o_create_handler(path, sizeof(h2o_handler_t))->on_req = on_request;
}

int main(int argc, char **argv)
{
    unsigned threads = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    if (threads == 0)
        errx(2, "usage: bench_bare CERTIFICATE KEY THREADS");
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
    signal(SIGPIPE, SIG_IGN);

    static h2o_globalconf_t config;
    configure(&config);
    SSL_CTX *tls = tls_open(argv[1], argv[2]);

    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct loop *loops = calloc(threads, sizeof(*loops));
    if (loops == NULL)
        err(1, "no memory for %s loops", argv[3]);
    for (unsigned i = 0; i < threads; i++) {
        h2o_context_init(&loops[i].context, h2o_evloop_create(), &config);
        loops[i].accept = (h2o_accept_ctx_t){.ctx = &loops[i].context, .hosts = config.hosts, .ssl_ctx = tls};
        loops[i].listener = listen_on(&address);
    }

    for (unsigned i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, &loops[i]) != 0)
            errx(1, "cannot start a thread");
    }
    dprintf(STDERR_FILENO, "info listening on https://127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    serve(&loops[0]);
    return 0;
}
