#include "core/arena.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request fits in one block; a large snapshot takes blocks that grow with it. */
enum { BLOCK_BYTES_FIRST = 16 << 10, BLOCK_BYTES_MOST = 1 << 20 };

struct arena_block {
    struct arena_block *older;
    size_t size_bytes;
    max_align_t bytes[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){NULL, 0};
}

void arena_done(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *older = arena->blocks->older;
        free(arena->blocks);
        arena->blocks = older;
    }
    arena->used_bytes = 0;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *only = arena->blocks;
    if (only == NULL || only->older != NULL || only->size_bytes > BLOCK_BYTES_FIRST) {
        arena_done(arena);
        return;
    }
    arena->used_bytes = 0;
}

static void add_block(struct arena *arena, size_t least_bytes)
{
    size_t size = arena->blocks == NULL ? BLOCK_BYTES_FIRST : arena->blocks->size_bytes * 2;
    if (size > BLOCK_BYTES_MOST)
        size = BLOCK_BYTES_MOST;
    if (size < least_bytes)
        size = least_bytes;
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (block == NULL)
        abort();
    block->older = arena->blocks;
    block->size_bytes = size;
    arena->blocks = block;
    arena->used_bytes = 0;
}

/* Not zeroed: for the callers in this file that fill what they take. */
static void *take(struct arena *arena, size_t size_bytes)
{
    const size_t grain = _Alignof(max_align_t);
    if (size_bytes > SIZE_MAX / 2)
        abort();
    size_t rounded = (size_bytes + grain - 1) / grain * grain;
    if (arena->blocks == NULL || arena->blocks->size_bytes - arena->used_bytes < rounded)
        add_block(arena, rounded);
    void *memory = (char *)arena->blocks->bytes + arena->used_bytes;
    arena->used_bytes += rounded;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
    return memset(take(arena, size_bytes), 0, size_bytes);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size_bytes)
{
    if (size_bytes != 0 && count > SIZE_MAX / size_bytes)
        abort();
    return arena_alloc(arena, count * size_bytes);
}

struct text arena_copy(struct arena *arena, struct text text)
{
    char *copy = take(arena, text.length + 1);
    if (text.length > 0)
        memcpy(copy, text.at, text.length);
    copy[text.length] = '\0';
    return (struct text){copy, text.length};
}

struct text arena_concat(struct arena *arena, const struct text *parts, size_t count)
{
    size_t length = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        length += parts[i].length;
    char *whole = take(arena, length + 1);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].length > 0)
            memcpy(whole + at, parts[i].at, parts[i].length);
        at += parts[i].length;
    }
    whole[length] = '\0';
    return (struct text){whole, length};
}

/* Printed into what is left of the block; only a text that does not fit there is printed twice. */
struct text arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = arena->blocks == NULL ? 0 : arena->blocks->size_bytes - arena->used_bytes;
    char *at = room == 0 ? NULL : (char *)arena->blocks->bytes + arena->used_bytes;
    int length = vsnprintf(at, room, format, args);
    if (length < 0)
        abort();
    char *taken = take(arena, (size_t)length + 1);
    if (taken != at)
        vsnprintf(taken, (size_t)length + 1, format, again);
    va_end(again);
    return (struct text){taken, (size_t)length};
}

struct text arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text printed = arena_vprintf(arena, format, args);
    va_end(args);
    return printed;
}

/* What turns around how the rest of the line is shown: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to
 * U+2069. */
static bool turns_text(struct text character)
{
    unsigned char first = (unsigned char)character.at[0], second = (unsigned char)character.at[1];
    if (character.length == 2)
        return first == 0xd8 && second == 0x9c;
    unsigned char third = (unsigned char)character.at[2];
    if (character.length != 3 || first != 0xe2)
        return false;
    return second == 0x80 ? third == 0x8e || third == 0x8f || (third >= 0xaa && third <= 0xae)
                          : second == 0x81 && third >= 0xa6 && third <= 0xa9;
}

/* C0, DEL and, in UTF-8, C1 (U+0080 to U+009F, which some terminals obey) are not. */
static bool is_printable(struct text character)
{
    unsigned char first = (unsigned char)character.at[0];
    if (character.length == 1)
        return first >= ' ' && first != 0x7f;
    return (first != 0xc2 || (unsigned char)character.at[1] >= 0xa0) && !turns_text(character);
}

struct text text_quote(struct arena *arena, struct text text, size_t most_bytes)
{
    static const char dots[] = "...";
    bool cut = text.length > most_bytes;
    if (cut && most_bytes < sizeof(dots) - 1)
        return TEXT_EMPTY; /* no room even for the dots */
    size_t room = cut ? most_bytes - (sizeof(dots) - 1) : most_bytes;
    char *out = take(arena, (cut ? most_bytes : text.length) + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length;) {
        size_t step = text_utf8_length(text_slice(text, i, text.length));
        bool plain = step > 0 && is_printable(text_slice(text, i, step));
        size_t width = plain ? step : 1;
        if (length + width > room)
            break;
        if (plain)
            memcpy(out + length, text.at + i, step);
        else
            out[length] = '?';
        length += width;
        i += step == 0 ? 1 : step;
    }
    if (cut) {
        memcpy(out + length, dots, sizeof(dots) - 1);
        length += sizeof(dots) - 1;
    }
    out[length] = '\0';
    return (struct text){out, length};
}
