#include "codec/base64.h"

#include "codec/base64url.h"

#include <openssl/crypto.h>

/* The same without the padding and in the other alphabet; empty where it is no base64. */
static struct text as_base64url(struct text text, struct arena *arena)
{
    struct text bare = text;
    if (text.length % 4 != 0)
        return TEXT_EMPTY;
    while (bare.length > 0 && bare.length + 2 > text.length && bare.at[bare.length - 1] == '=')
        bare.length--;
    char *url = arena_alloc(arena, bare.length);
    for (size_t i = 0; i < bare.length; i++) {
        char c = bare.at[i];
        if (c == '-' || c == '_')
            return TEXT_EMPTY;
        url[i] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
    }
    return (struct text){url, bare.length};
}

struct text base64_decode(struct text base64, struct arena *arena)
{
    struct text bytes = TEXT_EMPTY, url = as_base64url(base64, arena);
    struct error ignored;
    if (!base64url_decode(url, arena, &bytes, &ignored))
        bytes = TEXT_EMPTY;
    if (url.length > 0)
        OPENSSL_cleanse((void *)(uintptr_t)url.at, url.length);
    return bytes;
}
