/* edge/keyed_hash: SipHash-2-4 with a secret key, for hash tables whose keys others choose.
 * Layer: edge (getrandom).
 * Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF" (2012). Whoever may create
 * objects may choose their names, and could make a table with a known hash as slow as a list.
 */
#ifndef CHANGEGATE_EDGE_KEYED_HASH_H
#define CHANGEGATE_EDGE_KEYED_HASH_H

#include "core/text.h"

struct hash_key {
    uint64_t words[2];
};

struct hash_key hash_key_random(void);

/* Of the texts one behind the other, each ended by a NUL, so that their borders count. */
uint64_t keyed_hash_texts(const struct hash_key *key, const struct text *texts, size_t count);

/* Of bytes as they are. */
uint64_t keyed_hash(const struct hash_key *key, struct text bytes);

#endif
