/* core/text: a borrowed run of bytes, and the few questions the gate asks of one.
 * Layer: core (standard C only).
 *
 * Invariants: a text never owns its bytes and need not end in NUL; an empty text may have a NULL `at`.
 */
#ifndef CHANGEGATE_CORE_TEXT_H
#define CHANGEGATE_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct text {
    const char *at; /* borrowed */
    size_t length;  /* bytes */
};

/* A text over a string literal, usable in static initialisers. */
#define TEXT(literal)                  \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }
#define TEXT_EMPTY ((struct text){NULL, 0})

/* For printf's "%.*s". Control characters are the caller's concern: see text_quote in core/arena.h. */
#define TEXT_ARGS(t) (int)(t).length, (t).at == NULL ? "" : (t).at

/* A view of a NUL-terminated string; NULL gives the empty text. Borrows `string`. Inline, as the few below:
 * over a literal they cost nothing. */
static inline struct text text_of(const char *string)
{
    struct text text = {string, string == NULL ? 0 : strlen(string)};
    return text;
}

/* Byte-wise equality; no case folding, no Unicode normalisation. */
static inline bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

static inline bool text_is(struct text a, const char *string)
{
    struct text b = {string, strlen(string)};
    return text_equal(a, b);
}

/* Whether one is there and the other is not (NULL `at`: absent), or they say different things. */
static inline bool text_differs(struct text a, struct text b)
{
    return (a.at == NULL) != (b.at == NULL) || !text_equal(a, b);
}

/* Whether `wanted` is one of the `count` texts of `list`. */
bool text_is_among(struct text wanted, const struct text *list, size_t count);

/* ASCII case-insensitive equality, for host names (RFC 4343). */
bool text_equal_nocase(struct text a, struct text b);

/* Byte order, which for UTF-8 is code point order. Negative, 0, positive like memcmp. */
int text_compare(struct text a, struct text b);

bool text_starts_with(struct text t, struct text prefix);
bool text_ends_with(struct text t, struct text suffix);

/* Offset of the first `c`, or t.length when there is none. */
size_t text_find(struct text t, char c);

/* `count` bytes from `from`, cut to what there is. */
static inline struct text text_slice(struct text t, size_t from, size_t count)
{
    struct text slice = {t.at, 0};
    if (from < t.length) {
        slice.at = t.at + from;
        slice.length = count < t.length - from ? count : t.length - from;
    }
    return slice;
}

/* Without the ASCII blanks at both ends. */
struct text text_trim(struct text t);

/* Length in bytes of the well-formed UTF-8 sequence at the start of a non-empty text (RFC 3629 section 4), 1
 * for ASCII, 0 where the bytes are broken. */
size_t text_utf8_length(struct text t);

/* FNV-1a, 64 bit; for hash tables over trusted names, not for anything an attacker can fill. */
uint64_t text_hash(struct text t);

#ifdef __cplusplus
}
#endif
#endif
