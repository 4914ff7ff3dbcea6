/* A change system in miniature: keys, and tokens signed with them, by OpenSSL alone. */
#ifndef CHANGEGATE_TESTS_TOKEN_SIGNER_H
#define CHANGEGATE_TESTS_TOKEN_SIGNER_H

#include "codec/token.h"
#include "codec/token_keys.h"

#include <openssl/evp.h>

#define SIGNER_NAMESPACE "shop"
#define SIGNER_DIGEST    "sha256:3b7c0d91f4e2a6850c1d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b"

enum { SIGNER_ISSUED_S = 1795172400, SIGNER_EXPIRES_S = SIGNER_ISSUED_S + 3600 }; /* 2026-11-20T11:00:00Z */

/* Claims that count; the tests change one part of them. */
#define SIGNER_CLAIMS                                                                                  \
    "{\"iss\":\"https://changes.example.com\",\"sub\":\"ann\",\"aud\":\"prod-eu\",\"iat\":1795172400," \
    "\"exp\":1795176000,\"jti\":\"T-1\",\"change_id\":\"CHG0001234\",\"workload\":{\"namespace\":"     \
    "\"shop\",\"kind\":\"Deployment\",\"name\":\"web\"},\"template_digest\":\"" SIGNER_DIGEST "\"}"

enum signer_key { SIGNER_ES256, SIGNER_EDDSA, SIGNER_RS256, SIGNER_KEYS };

struct signer {
    EVP_PKEY *keys[SIGNER_KEYS]; /* owned; their kids: "es", "ed" and "rs" */
    struct token_keys *known;    /* owned; all of them */
    struct token_rule rule;      /* that takes their tokens */
};

void signer_init(struct signer *signer); /* aborts where OpenSSL fails, as all here do */
void signer_done(struct signer *signer);

/* What a token of the key has as its header. */
const char *signer_header(enum signer_key key);

struct text signer_base64url(struct arena *arena, const void *bytes, size_t length);
struct text signer_public_pem(struct arena *arena, EVP_PKEY *key);

/* A signature as a JWS has it, and as OpenSSL makes it, which of an EC key is DER. */
struct text signer_sign(struct arena *arena, EVP_PKEY *key, struct text bytes);
struct text signer_sign_as_openssl(struct arena *arena, EVP_PKEY *key, struct text bytes);

/* A compact JWS. */
struct text signer_token(struct arena *arena, EVP_PKEY *key, const char *header, const char *claims);

#endif
