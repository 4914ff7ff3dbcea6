/* core/arena: memory with one end of life.
 * Layer: core (standard C only).
 *
 * Every value of a request or of a snapshot lives in its arena and is freed with it, so nothing in core or
 * codec frees a single thing. Out of memory aborts, as h2o does.
 */
#ifndef CHANGEGATE_CORE_ARENA_H
#define CHANGEGATE_CORE_ARENA_H

#include "core/text.h"

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

struct arena_block;

struct arena {
    struct arena_block *blocks; /* owned; newest first */
    size_t used_bytes;          /* of the newest block */
};

/* An empty arena; costs nothing until the first allocation. */
void arena_init(struct arena *arena);

/* Frees all; the arena may be used again. Accepts an arena that was only zeroed. */
void arena_done(struct arena *arena);

/* Forgets all contents but keeps the first block when it is small: for one request after another on one
 * thread. */
void arena_reset(struct arena *arena);

/* Zeroed memory, aligned for any type; never NULL, valid until arena_done or arena_reset. */
void *arena_alloc(struct arena *arena, size_t size_bytes);

/* `count` zeroed elements; aborts on overflow of the product. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size_bytes);

/* A copy owned by the arena, with a NUL behind it that is not counted. */
struct text arena_copy(struct arena *arena, struct text text);

/* The texts one behind the other; what printf with "%.*s%.*s..." would give, at the cost of a copy. */
struct text arena_concat(struct arena *arena, const struct text *parts, size_t count);

/* printf into the arena. */
struct text arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct text arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* What a client sent, made fit to stand in one line of a message: control characters, those that turn text
 * around, and broken UTF-8 become '?', and what is longer than `most_bytes` is cut on a character boundary
 * and ends in "...". */
struct text text_quote(struct arena *arena, struct text text, size_t most_bytes);

#ifdef __cplusplus
}
#endif
#endif
