#include "codec/base64.h"

#include <openssl/evp.h>

struct text base64_decode(struct text base64, struct arena *arena)
{
    if (base64.length == 0 || base64.length % 4 != 0 || base64.length > INT32_MAX)
        return TEXT_EMPTY;
    unsigned char *bytes = arena_alloc(arena, base64.length / 4 * 3);
    int length = EVP_DecodeBlock(bytes, (const unsigned char *)base64.at, (int)base64.length);
    int padding = text_ends_with(base64, text_of("==")) ? 2 : text_ends_with(base64, text_of("=")) ? 1 : 0;
    if (length < padding) /* -1: it is none */
        return TEXT_EMPTY;
    return (struct text){(const char *)bytes, (size_t)(length - padding)};
}
