/* codec/token_keys: the keys with which a policy verifies tokens.
 * Layer: codec (no I/O). The only module that knows how keys are written and how OpenSSL verifies.
 *
 * Invariants: a key has one algorithm, by its type, whatever a token says of itself (RFC 8725 section 3.1):
 * P-256 is ES256, Ed25519 is EdDSA (RFC 8037), RSA of 2048 to 8192 bits is RS256 (RFC 7518). A kid names one
 * key. Once all are added a set is only read, by any number of threads.
 */
#ifndef CHANGEGATE_CODEC_TOKEN_KEYS_H
#define CHANGEGATE_CODEC_TOKEN_KEYS_H

#include "core/arena.h"
#include "core/error.h"

enum {
    TOKEN_KEYS_MOST = 32, /* of a policy */
    TOKEN_KID_BYTES_MOST = 128,
    TOKEN_KEY_BITS_LEAST = 2048, /* of RSA */
    TOKEN_KEY_BITS_MOST = 8192,
};

struct token_keys;
struct token_key;

struct token_keys *token_keys_new(void);
void token_keys_free(struct token_keys *keys); /* accepts NULL */

/* Add one key: a PEM block PUBLIC KEY (SubjectPublicKeyInfo, RFC 7468 section 13), and nothing else but text
 * around it. */
bool token_keys_add_pem(struct token_keys *keys, struct text kid, struct text pem,
                        struct error *error) MUST_USE;

/* Add the keys of a JWK Set (RFC 7517) that are for signatures; those for encryption (`use`, `key_ops`) are
 * passed over. None is an error, and so is a key of a sort that the gate does not verify with. */
bool token_keys_add_jwks(struct token_keys *keys, struct text jwks, struct error *error) MUST_USE;

size_t token_keys_count(const struct token_keys *keys);

/* The key that `kid` names, or NULL. */
const struct token_key *token_keys_find(const struct token_keys *keys, struct text kid);

/* In the order in which they were added. */
const struct token_key *token_keys_at(const struct token_keys *keys, size_t index);

struct text token_key_kid(const struct token_key *key);
struct text token_key_algorithm(const struct token_key *key); /* "ES256", "EdDSA", "RS256" */
size_t token_key_signature_bytes(const struct token_key *key);

/* Whether `signature`, as a token carries it (ES256: r and s, 32 bytes each), is the key's over `bytes`.
 * Leaves no error in OpenSSL's queue of the thread. */
bool token_key_verify(const struct token_key *key, struct text bytes, struct text signature);

#endif
