/* edge/tls_private: what a handshake uses, read from files; between tls.c and tls_certificate.c.
 * Layer: edge (OpenSSL).
 */
#ifndef CHANGEGATE_EDGE_TLS_PRIVATE_H
#define CHANGEGATE_EDGE_TLS_PRIVATE_H

#include "edge/tls.h"

#include <stdatomic.h>

/* Counted and immutable: a handshake may use one while the next is put in force. */
struct certificate {
    X509 *leaf;
    STACK_OF(X509) * chain; /* without the leaf */
    EVP_PKEY *key;
    X509_STORE *client_authorities;    /* NULL: clients need no certificate */
    int64_t not_before_s, not_after_s; /* of the leaf */
    char fingerprint[TLS_FINGERPRINT_BYTES];
    /* private */
    atomic_uint references;
};

/* Reads the options' certificate, its key, which must belong to it, and the clients' authorities. The caller
 * owns one reference. */
bool certificate_load(const struct tls_options *options, struct certificate **ret_certificate,
                      struct error *error) MUST_USE;

/* The same of PEM texts, with the options' authorities; where their file cannot be used now, with those of
 * `current` (NULL: none), which were good: what a renewal brings must not wait for another file. */
bool certificate_take(const struct tls_options *options, struct text chain, struct text key,
                      const struct certificate *current, struct certificate **ret_certificate,
                      struct error *error) MUST_USE;

/* `current` with the authorities that the options' file holds now. */
bool certificate_renew(const struct tls_options *options, const struct certificate *current,
                       struct certificate **ret_certificate, struct error *error) MUST_USE;

struct certificate *certificate_ref(struct certificate *certificate); /* thread-safe */
void certificate_unref(struct certificate *certificate);              /* thread-safe; accepts NULL */

/* Whether the common name or a DNS name of `leaf` is one of `names`. */
bool certificate_has_name(X509 *leaf, const char *const *names, size_t count);

#endif
