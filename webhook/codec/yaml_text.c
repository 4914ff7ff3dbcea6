/* Text as libyaml can read it. */
#include "yaml_private.h"

#include <stdio.h>
#include <string.h>

static bool is_hex_escape(struct text bytes, size_t at, unsigned *ret_code)
{
    if (bytes.length < at + 6 || bytes.at[at] != '\\' || bytes.at[at + 1] != 'u')
        return false;
    unsigned code = 0;
    for (size_t i = at + 2; i < at + 6; i++) {
        if (yaml_hex_digit(bytes.at[i]) > 15)
            return false;
        code = code * 16 + yaml_hex_digit(bytes.at[i]);
    }
    *ret_code = code;
    return true;
}

static bool is_surrogate_pair(struct text bytes, size_t at, unsigned *ret_code)
{
    unsigned high, low;
    if (!is_hex_escape(bytes, at, &high) || !is_hex_escape(bytes, at + 6, &low) || high < 0xD800 ||
        high > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
        return false;
    *ret_code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* JSON writes a character beyond the first plane as two escapes, a surrogate pair (RFC 8259 section 7), which
 * libyaml refuses. Where `bytes` is JSON that has such pairs: a copy with each written as YAML's
 * "\Uxxxxxxxx". */
static struct text join_surrogates(struct arena *arena, struct text bytes)
{
    struct text first = text_trim(bytes);
    if (first.length == 0 || (first.at[0] != '{' && first.at[0] != '['))
        return bytes;
    char *copy = NULL;
    size_t length = 0, copied = 0;
    unsigned code;
    for (size_t i = 0; i < bytes.length; i++) {
        if (bytes.at[i] != '\\')
            continue;
        if (!is_surrogate_pair(bytes, i, &code)) {
            i++; /* what is escaped is no backslash that escapes */
            continue;
        }
        if (copy == NULL)
            copy = arena_alloc(arena, bytes.length + 1);
        memcpy(copy + length, bytes.at + copied, i - copied);
        length += i - copied;
        length += (size_t)snprintf(copy + length, 11, "\\U%08X", code);
        copied = i + 12;
        i += 11;
    }
    if (copy == NULL)
        return bytes;
    memcpy(copy + length, bytes.at + copied, bytes.length - copied);
    return (struct text){copy, length + bytes.length - copied};
}

struct text yaml_prepare(struct arena *arena, struct text bytes)
{
    static const struct text mark = TEXT("\xef\xbb\xbf"); /* that editors on Windows leave */
    if (text_starts_with(bytes, mark))
        bytes = text_slice(bytes, mark.length, bytes.length);
    return join_surrogates(arena, bytes);
}
