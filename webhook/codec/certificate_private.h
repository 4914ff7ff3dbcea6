/* What the files of codec/certificate share. Layer: codec (OpenSSL).
 *
 * A certificate or a key that is returned is owned by the caller. Whoever calls what may fail in OpenSSL sets
 * a mark and goes back to it: what stayed in the thread's queue would be taken for an error of its TLS
 * connections.
 */
#ifndef CHANGEGATE_CODEC_CERTIFICATE_PRIVATE_H
#define CHANGEGATE_CODEC_CERTIFICATE_PRIVATE_H

#include "codec/certificate.h"

#include <openssl/x509v3.h>

/* ---- certificate_pem.c ---- */

/* The first certificate of *rest, which becomes what is behind it; NULL: none. Blocks that are none, cut off
 * or of another sort, are passed over. Leaves no error behind. */
X509 *certificate_next(struct text *rest);
X509 *certificate_parse(struct text pem);         /* the first; NULL: none */
EVP_PKEY *certificate_parse_key(struct text pem); /* NULL: none, or behind a passphrase */

struct text certificate_print(X509 *certificate, struct arena *arena);
struct text certificate_print_key(EVP_PKEY *key, struct arena *arena);

/* ---- certificate.c ---- */

/* False: its times cannot be read. */
bool certificate_span_of(const X509 *certificate, struct renewal_span *ret_span);
bool certificate_may_sign(X509 *certificate);

/* ---- certificate_name.c ---- */

/* The address that `name` is, in network order; NULL: it is none. */
ASN1_OCTET_STRING *certificate_address_of(struct text name);

/* Letters, digits and hyphens (RFC 1123 section 2.1), in labels of at most 63 bytes, the last one not of
 * digits alone: that would be an address, mistyped. */
bool certificate_is_dns_name(struct text name);

#endif
