#include "server_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <unistd.h>

enum { HOST_BYTES = 64, PORT_DIGITS_MOST = 5, PORT_BYTES = PORT_DIGITS_MOST + 1 };

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

static bool address_error(struct error *error, const char *address, const char *why)
{
    return error_set(error, ERROR_INPUT,
                     "cannot listen on %s: %s; give ADDR:PORT, [ADDR]:PORT or :PORT with a free port",
                     address, why);
}

/* getaddrinfo takes 99999 and listens on 34463. */
static bool is_port(struct text text)
{
    unsigned number = 0;
    if (text.length == 0 || text.length > PORT_DIGITS_MOST)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        number = number * 10 + (unsigned)(text.at[i] - '0');
    }
    return number <= UINT16_MAX;
}

/* Splits "ADDR:PORT" at its last colon; brackets around ADDR go. */
static bool split(const char *address, char *host, char *port)
{
    struct text text = text_of(address);
    size_t colon = text.length;
    while (colon > 0 && text.at[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    struct text host_text = text_slice(text, 0, colon - 1), port_text = text_slice(text, colon, text.length);
    if (host_text.length >= 2 && host_text.at[0] == '[' && host_text.at[host_text.length - 1] == ']')
        host_text = text_slice(host_text, 1, host_text.length - 2);
    else if (text_find(host_text, ':') < host_text.length)
        return false;
    if (host_text.length >= HOST_BYTES || !is_port(port_text))
        return false;
    snprintf(host, HOST_BYTES, "%.*s", TEXT_ARGS(host_text));
    snprintf(port, PORT_BYTES, "%.*s", TEXT_ARGS(port_text));
    return true;
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool resolve(const char *text, struct address *ret_address, struct error *error)
{
    char host[HOST_BYTES], port[PORT_BYTES];
    if (!split(text, host, port))
        return address_error(error, text, "not an address and a port");
    /* Without an address: all of them, of both families where there are two. */
    const char *any = has_ipv6() ? "::" : "0.0.0.0";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found;
    int failure = getaddrinfo(host[0] == '\0' ? any : host, port, &hints, &found);
    if (failure != 0)
        return address_error(error, text, gai_strerror(failure));
    memcpy(&ret_address->storage, found->ai_addr, found->ai_addrlen);
    ret_address->length = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static uint16_t port_of(const struct address *address)
{
    return ntohs(address->storage.ss_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)&address->storage)->sin6_port
                     : ((const struct sockaddr_in *)&address->storage)->sin_port);
}

/* A bound socket, or -1 with errno set. Always with SO_REUSEADDR, which accepted connections inherit: those
 * that linger in TIME_WAIT would else keep the port from the next process for a minute. */
static int bind_socket(const struct address *address, bool shared)
{
    int on = 1, off = 0;
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (address->storage.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, (const struct sockaddr *)&address->storage, address->length) == 0)
        return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

/* SO_REUSEPORT would let two servers of one user share a port without a word, so the port is first tried
 * without. */
static bool port_is_free(const struct address *address)
{
    if (port_of(address) == 0)
        return true;
    int fd = bind_socket(address, false);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static struct text describe(const struct address *address, struct arena *arena)
{
    char host[INET6_ADDRSTRLEN];
    getnameinfo((const struct sockaddr *)&address->storage, address->length, host, sizeof(host), NULL, 0,
                NI_NUMERICHOST);
    /* All addresses are no address to connect to; whoever reads the line is on this machine. */
    if (strcmp(host, "::") == 0 || strcmp(host, "0.0.0.0") == 0)
        return arena_printf(arena, "127.0.0.1:%u", (unsigned)port_of(address));
    return address->storage.ss_family == AF_INET6
               ? arena_printf(arena, "[%s]:%u", host, (unsigned)port_of(address))
               : arena_printf(arena, "%s:%u", host, (unsigned)port_of(address));
}

bool listen_on(const char *text, unsigned count, int *ret_fds, struct arena *arena, struct text *ret_where,
               struct error *error)
{
    struct address address;
    if (!resolve(text, &address, error))
        return false;
    bool good = port_is_free(&address);
    unsigned made = 0;
    while (good && made < count) {
        int fd = bind_socket(&address, true);
        good = fd >= 0 && listen(fd, SOMAXCONN) == 0 &&
               getsockname(fd, (struct sockaddr *)&address.storage, &address.length) == 0;
        if (fd >= 0)
            ret_fds[made++] = fd; /* the first turns port 0 into the one that all the others take */
    }
    if (good) {
        *ret_where = describe(&address, arena);
        return true;
    }
    address_error(error, text, strerror(errno));
    while (made > 0)
        close(ret_fds[--made]);
    return false;
}
