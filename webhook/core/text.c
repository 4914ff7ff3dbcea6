#include "core/text.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_is_among(struct text wanted, const struct text *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i], wanted))
            return true;
    return false;
}

bool text_equal_nocase(struct text a, struct text b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

int text_compare(struct text a, struct text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

bool text_starts_with(struct text t, struct text prefix)
{
    return t.length >= prefix.length && text_equal(text_slice(t, 0, prefix.length), prefix);
}

bool text_ends_with(struct text t, struct text suffix)
{
    return t.length >= suffix.length &&
           text_equal(text_slice(t, t.length - suffix.length, suffix.length), suffix);
}

size_t text_find(struct text t, char c)
{
    const char *found = t.length == 0 ? NULL : memchr(t.at, c, t.length);
    return found == NULL ? t.length : (size_t)(found - t.at);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct text text_trim(struct text t)
{
    while (t.length > 0 && is_blank(t.at[0]))
        t = text_slice(t, 1, t.length);
    while (t.length > 0 && is_blank(t.at[t.length - 1]))
        t.length--;
    return t;
}

/* The second byte's range depends on the first: no overlong forms, no surrogates, nothing past U+10FFFF. */
size_t text_utf8_length(struct text t)
{
    const unsigned char *s = (const unsigned char *)t.at;
    unsigned char low = 0x80, high = 0xbf;
    if (s[0] < 0x80)
        return 1;
    size_t length = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (length == 0 || length > t.length)
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0;
    else if (s[0] == 0xed)
        high = 0x9f;
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

uint64_t text_hash(struct text t)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < t.length; i++)
        hash = (hash ^ (unsigned char)t.at[i]) * 0x100000001b3U;
    return hash;
}
