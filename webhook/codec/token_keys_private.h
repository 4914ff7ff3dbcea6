/* What the files that read keys share. Layer: codec. */
#ifndef CHANGEGATE_CODEC_TOKEN_KEYS_PRIVATE_H
#define CHANGEGATE_CODEC_TOKEN_KEYS_PRIVATE_H

#include "codec/token_keys.h"

#include <openssl/evp.h>

/* Checks a key and adds it. Takes `key` (freed where it is not good). */
bool token_keys_add(struct token_keys *keys, struct text kid, EVP_PKEY *key, struct error *error) MUST_USE;

/* A public key from its numbers, as a JWK has them; NULL: not one. The caller owns it. */
EVP_PKEY *token_key_of_p256(struct text x, struct text y);
EVP_PKEY *token_key_of_ed25519(struct text x);
EVP_PKEY *token_key_of_rsa(struct text n, struct text e);

#endif
