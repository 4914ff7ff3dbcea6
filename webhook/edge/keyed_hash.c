#include "edge/keyed_hash.h"

#include <stdlib.h>
#include <sys/random.h>

enum { WORD_BYTES = 8, WORD_ROUNDS = 2, LAST_ROUNDS = 4 };

struct state {
    uint64_t v[4];
    uint64_t word; /* that is not full yet */
    uint64_t length;
};

struct hash_key hash_key_random(void)
{
    struct hash_key key;
    if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) /* so few bytes come whole: getrandom(2) */
        abort();
    return key;
}

static uint64_t rotate(uint64_t word, unsigned by)
{
    return word << by | word >> (64 - by);
}

static void mix(uint64_t v[4], unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void take_word(struct state *state)
{
    state->v[3] ^= state->word;
    mix(state->v, WORD_ROUNDS);
    state->v[0] ^= state->word;
    state->word = 0;
}

static void take_byte(struct state *state, char byte)
{
    state->word |= (uint64_t)(unsigned char)byte << (WORD_BYTES * (state->length % WORD_BYTES));
    if (++state->length % WORD_BYTES == 0)
        take_word(state);
}

static void take_bytes(struct state *state, struct text bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        take_byte(state, bytes.at[i]);
}

static struct state begin(const struct hash_key *key)
{
    return (struct state){.v = {key->words[0] ^ 0x736f6d6570736575, key->words[1] ^ 0x646f72616e646f6d,
                                key->words[0] ^ 0x6c7967656e657261, key->words[1] ^ 0x7465646279746573}};
}

static uint64_t end(struct state *state)
{
    state->word |= state->length << 56;
    take_word(state);
    state->v[2] ^= 0xff;
    mix(state->v, LAST_ROUNDS);
    return state->v[0] ^ state->v[1] ^ state->v[2] ^ state->v[3];
}

uint64_t keyed_hash_texts(const struct hash_key *key, const struct text *texts, size_t count)
{
    struct state state = begin(key);
    for (size_t i = 0; i < count; i++) {
        take_bytes(&state, texts[i]);
        take_byte(&state, '\0');
    }
    return end(&state);
}

uint64_t keyed_hash(const struct hash_key *key, struct text bytes)
{
    struct state state = begin(key);
    take_bytes(&state, bytes);
    return end(&state);
}
