/* edge/tls: one SSL_CTX for the life of the process; the certificate behind it can change at any time.
 * Layer: edge (OpenSSL).
 */
#ifndef CHANGEGATE_EDGE_TLS_H
#define CHANGEGATE_EDGE_TLS_H

#include "core/error.h"
#include "edge/metrics.h"

#include <openssl/ssl.h>

struct tls_options {
    const char *certificate_file, *key_file; /* PEM; the certificate file holds the chain, leaf first */
    const char *client_ca_file;              /* PEM, or NULL: clients need no certificate */
    const char *const *client_names; /* allowed common names or DNS names; none: any that the CA signed */
    size_t client_name_count;
    bool allow_tls12; /* TLS 1.3 alone otherwise */
};

struct tls;

/* Borrows `options` for its life. A file that cannot be used is an error naming it. */
bool tls_new(const struct tls_options *options, struct metrics *metrics, struct tls **ret_tls,
             struct error *error) MUST_USE;
void tls_free(struct tls *tls); /* accepts NULL */

/* Owned by the tls; hand it to every listener. HTTP/1.1 by ALPN, no tickets, no resumption. */
SSL_CTX *tls_context(struct tls *tls);

/* Read the files again; on failure the certificate in force stays. Any thread. */
bool tls_reload(struct tls *tls, struct error *error) MUST_USE;

/* Whether the certificate in force is valid at now_s. Files on disk that cannot be used are no reason to be
 * unready: all replicas mount the same Secret, and with none ready the API server would refuse every tier-1
 * change. The reload failure metric and the log say so instead. */
bool tls_ready(struct tls *tls, int64_t now_s);

#endif
