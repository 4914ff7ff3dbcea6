/* edge/tls: one SSL_CTX for the life of the process; the certificate behind it can change at any time.
 * Layer: edge (OpenSSL).
 */
#ifndef CHANGEGATE_EDGE_TLS_H
#define CHANGEGATE_EDGE_TLS_H

#include "core/error.h"
#include "core/text.h"
#include "edge/metrics.h"

#include <openssl/ssl.h>

struct tls_options {
    const char *certificate_file, *key_file; /* PEM; the certificate file holds the chain, leaf first. NULL,
                                                both: tls_use brings them */
    const char *client_ca_file;              /* PEM, or NULL: clients need no certificate */
    const char *const *client_names; /* allowed common names or DNS names; none: any that the CA signed */
    size_t client_name_count;
    bool allow_tls12; /* TLS 1.3 alone otherwise */
};

struct tls;

enum { TLS_FINGERPRINT_BYTES = 65 };

/* Borrows `options` for its life. A file that cannot be used is an error naming it. Without a certificate
 * every handshake is refused. */
bool tls_new(const struct tls_options *options, struct metrics *metrics, struct tls **ret_tls,
             struct error *error) MUST_USE;
void tls_free(struct tls *tls); /* accepts NULL */

/* Owned by the tls; hand it to every listener. HTTP/1.1 by ALPN, no tickets, no resumption. */
SSL_CTX *tls_context(struct tls *tls);

/* Read the files again; on failure the certificate in force stays. Any thread. */
bool tls_reload(struct tls *tls, struct error *error) MUST_USE;

/* Serve these from now on; what cannot be used leaves the one in force. Any thread. */
bool tls_use(struct tls *tls, struct text certificate, struct text key, struct error *error) MUST_USE;

/* The SHA-256 of the leaf in force, lower-case hex; "" without one. */
void tls_fingerprint(struct tls *tls, char ret_fingerprint[static TLS_FINGERPRINT_BYTES]);

/* Say which leaf is stored, as far as it can be used; "" while that is not known. */
void tls_expect(struct tls *tls, const char *fingerprint);

/* NULL: ready. Otherwise why the certificate in force is none to serve with at now_s: there is none, it is
 * expired or not valid yet, or another good one is stored (tls_expect). Files on disk that cannot be used are
 * no reason to be unready: all replicas mount the same Secret, and with none ready the API server would
 * refuse every tier-1 change. The reload failure metric and the log say so instead. */
const char *tls_unready(struct tls *tls, int64_t now_s);

#endif
