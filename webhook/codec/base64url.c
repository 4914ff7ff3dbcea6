#include "codec/base64url.h"

/* The six bits of a character; -1: not of the alphabet (RFC 4648 section 5). */
static int bits_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static bool fail_at(struct text text, size_t at, struct arena *arena, struct error *error)
{
    size_t step = text_utf8_length(text_slice(text, at, text.length));
    struct text character = text_quote(arena, text_slice(text, at, step == 0 ? 1 : step), 4);
    if (text.at[at] == '=')
        return error_set(error, ERROR_INPUT, "is not base64url: it is padded with \"=\"; leave that out");
    return error_set(error, ERROR_INPUT,
                     "is not base64url: \"%.*s\" at its character %zu; write A-Z a-z 0-9 - and _ alone",
                     TEXT_ARGS(character), at + 1);
}

bool base64url_decode(struct text text, struct arena *arena, struct text *ret_bytes, struct error *error)
{
    enum { CHARACTERS = 4 }; /* that give three bytes */
    unsigned char *bytes = arena_alloc(arena, text.length / CHARACTERS * 3 + 3);
    size_t length = 0;
    unsigned bits = 0, bit_count = 0;
    for (size_t i = 0; i < text.length; i++) {
        int more = bits_of(text.at[i]);
        if (more < 0)
            return fail_at(text, i, arena, error);
        bits = (bits << 6 | (unsigned)more) & 0xfff;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes[length++] = (unsigned char)(bits >> bit_count);
        }
    }
    bool spare = (bits & ((1U << bit_count) - 1)) != 0;
    if (text.length % CHARACTERS == 1 || spare)
        return error_set(error, ERROR_INPUT,
                         "is not base64url: it ends in the middle of a byte; copy it whole");
    *ret_bytes = (struct text){(const char *)bytes, length};
    return true;
}
