#include "codec/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 4096 };

static void reserve(struct json_text_buffer *out, size_t more)
{
    if (out->capacity - out->length >= more)
        return;
    size_t capacity = out->capacity == 0 ? CAPACITY_FIRST : out->capacity * 2;
    while (capacity - out->length < more)
        capacity *= 2;
    out->bytes = realloc(out->bytes, capacity);
    if (out->bytes == NULL)
        abort();
    out->capacity = capacity;
}

void json_text_done(struct json_text_buffer *out)
{
    free(out->bytes);
    *out = (struct json_text_buffer){NULL, 0, 0};
}

void json_text_clear(struct json_text_buffer *out)
{
    out->length = 0;
}

struct text json_text_view(const struct json_text_buffer *out)
{
    return (struct text){out->bytes, out->length};
}

void json_text_raw(struct json_text_buffer *out, struct text raw)
{
    if (raw.length == 0)
        return;
    reserve(out, raw.length);
    memcpy(out->bytes + out->length, raw.at, raw.length);
    out->length += raw.length;
}

void json_text_raw_str(struct json_text_buffer *out, const char *raw)
{
    json_text_raw(out, text_of(raw));
}

/* What a byte needs inside a JSON string: 0 stands for itself, 'u' a \u escape, 'x' a look at the UTF-8
 * sequence. */
static char escape_of(unsigned char c)
{
    switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return c < 0x20 ? 'u' : c >= 0x80 ? 'x' : '\0';
    }
}

/* Writes what stands for the byte or sequence at the start of `t`; returns how many bytes of `t` that were.
 */
static size_t write_escaped(struct json_text_buffer *out, struct text t, char escape)
{
    if (escape == 'x') {
        size_t length = text_utf8_length(t);
        json_text_raw(out, length == 0 ? text_of("\xef\xbf\xbd") : text_slice(t, 0, length));
        return length == 0 ? 1 : length;
    }
    char escaped[8] = {'\\', escape, '\0'};
    if (escape == 'u')
        snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned char)t.at[0]);
    json_text_raw_str(out, escaped);
    return 1;
}

void json_text_string(struct json_text_buffer *out, struct text value)
{
    json_text_raw_str(out, "\"");
    size_t plain = 0; /* start of the run that stands for itself */
    for (size_t i = 0; i < value.length;) {
        char escape = escape_of((unsigned char)value.at[i]);
        if (escape == '\0') {
            i++;
            continue;
        }
        json_text_raw(out, text_slice(value, plain, i - plain));
        i += write_escaped(out, text_slice(value, i, value.length), escape);
        plain = i;
    }
    json_text_raw(out, text_slice(value, plain, value.length));
    json_text_raw_str(out, "\"");
}

void json_text_integer(struct json_text_buffer *out, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%lld", (long long)value);
    json_text_raw_str(out, digits);
}

void json_text_bool(struct json_text_buffer *out, bool value)
{
    json_text_raw_str(out, value ? "true" : "false");
}

void json_text_element(struct json_text_buffer *out)
{
    char last = out->length == 0 ? '{' : out->bytes[out->length - 1];
    if (last != '{' && last != '[')
        json_text_raw_str(out, ",");
}

void json_text_key(struct json_text_buffer *out, const char *key)
{
    json_text_element(out);
    json_text_raw_str(out, "\"");
    json_text_raw_str(out, key);
    json_text_raw_str(out, "\":");
}
