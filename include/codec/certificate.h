/* codec/certificate: certificates of our own: a CA and what it signs; reading those that others made.
 * Layer: codec (OpenSSL; no I/O, no clock).
 * Source: RFC 5280 (profile), RFC 7468 (PEM), RFC 6125 (names).
 *
 * ECDSA P-256 with SHA-256 throughout. All PEM is owned by the arena given. Private keys are PKCS #8 ("BEGIN
 * PRIVATE KEY"), never logged, and wiped by whoever holds them.
 */
#ifndef CHANGEGATE_CODEC_CERTIFICATE_H
#define CHANGEGATE_CODEC_CERTIFICATE_H

#include "core/arena.h"
#include "core/error.h"
#include "core/renewal.h"

enum { CERTIFICATE_NAMES_MOST = 16, CERTIFICATE_BUNDLE_MOST = 16 /* CAs in one bundle */ };

struct certificate_pair {
    struct text certificate, key; /* PEM, each one block */
};

/* Whether a certificate can be issued for it: a DNS name without a wildcard (RFC 1123 section 2.1), or an IP
 * address. */
bool certificate_name_is_good(struct text name);

/* A self-signed CA (basicConstraints critical CA:TRUE pathlen 0, keyUsage keyCertSign and cRLSign, subject
 * key id, a random serial of 127 bits), subject CN `name`. Two CAs of one name differ in their key ids, so
 * that a verifier with both in its bundle finds the right one. */
bool certificate_make_ca(struct text name, struct renewal_span span, struct arena *arena,
                         struct certificate_pair *ret_pair, struct error *error) MUST_USE;

/* A serving certificate for `names` (DNS names, or IP addresses, which become IP entries), signed by `ca`:
 * basicConstraints CA:FALSE, keyUsage digitalSignature, extendedKeyUsage serverAuth, authority key id. CN is
 * the first name where it fits into 64 bytes. */
bool certificate_issue(const struct certificate_pair *ca, const struct text *names, size_t name_count,
                       struct renewal_span span, struct arena *arena, struct certificate_pair *ret_pair,
                       struct error *error) MUST_USE;

/* What a PEM text says of its first certificate. */
struct certificate_facts {
    struct renewal_span span;
    bool is_ca;
    char fingerprint[65]; /* SHA-256 of the DER, lower-case hex */
};
bool certificate_read(struct text pem, struct certificate_facts *ret_facts, struct error *error) MUST_USE;

/* Whether `key` (PEM) is the private key of the first certificate of `certificate`. */
bool certificate_has_key(struct text certificate, struct text key);

/* Whether the first certificate of `certificate` is for each of these names. */
bool certificate_is_for(struct text certificate, const struct text *names, size_t name_count);

/* Whether one of the CAs of the PEM `bundle` signed the first certificate of `certificate`, whatever the time
 * is. ret_index, where not NULL: which one, 0-based. */
bool certificate_is_signed_by(struct text certificate, struct text bundle, size_t *ret_index);

/* The bundle with `first` in front (empty: as it is), then those of `bundle` in order, then those of `more`,
 * each once, without those that are expired at now_s, no CA, or past CERTIFICATE_BUNDLE_MOST; texts that are
 * no certificates are left out. Normalised PEM; empty where nothing is left. Used for caBundle and for
 * ca.crt. */
struct text certificate_bundle(struct text first, struct text bundle, struct text more, int64_t now_s,
                               struct arena *arena);

/* Whether each certificate of `wanted` is in `bundle`. */
bool certificate_bundle_has(struct text bundle, struct text wanted);

/* The first certificate of a bundle, as one PEM block owned by the arena; empty where there is none. */
struct text certificate_first(struct text bundle, struct arena *arena);

#endif
