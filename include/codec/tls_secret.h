/* codec/tls_secret: the Secret that holds changegate's certificates.
 * Layer: codec (OpenSSL; no I/O). Keys are copied to nowhere but the arena; whoever owns it wipes them there.
 * Source: https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets; `data` is base64 (RFC 4648
 *         section 4).
 */
#ifndef CHANGEGATE_CODEC_TLS_SECRET_H
#define CHANGEGATE_CODEC_TLS_SECRET_H

#include "core/arena.h"
#include "core/error.h"
#include "core/renewal.h"

struct tls_secret {
    struct text resource_version;
    struct text certificate; /* tls.crt: the serving certificate, PEM; this and the next three may be empty */
    struct text key;         /* tls.key */
    struct text ca;          /* ca.crt: the bundle, the newest CA first */
    struct text ca_key;      /* ca.key: of the newest CA */
};

/* The API server's answer about the Secret. A key that is absent, or is no base64, is an empty text, and no
 * error: a half-written Secret is a state to be cured. False: it is no Secret at all. */
bool tls_secret_decode(struct text json, struct arena *arena, struct tls_secret *ret_secret,
                       struct error *error) MUST_USE;

/* The body that creates it: type kubernetes.io/tls, labels app.kubernetes.io/name and managed-by changegate.
 */
struct text tls_secret_write_new(const char *name, const struct tls_secret *secret, struct arena *arena);

/* A merge patch (RFC 7396) of the four keys and nothing else, with metadata.resourceVersion, so that it fails
 * with 409 where somebody wrote in between. */
struct text tls_secret_write_patch(const struct tls_secret *secret, struct arena *arena);

/* What of it can be used, for core/renewal: fills has_ca, ca, has_leaf, leaf and leaf_is_of_ca and no other
 * field. A leaf counts where its key fits, it is for all `names`, and a CA of the bundle signed it; a CA
 * where it is one and its key fits. */
void tls_secret_look(const struct tls_secret *secret, const struct text *names, size_t name_count,
                     struct renewal_state *state);

#endif
