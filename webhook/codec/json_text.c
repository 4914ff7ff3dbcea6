#include "codec/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 4096 };

void json_text_reserve(struct json_text_buffer *out, size_t more)
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

struct text json_text_view(const struct json_text_buffer *out)
{
    return (struct text){out->bytes, out->length};
}

/* What a byte needs inside a JSON string: 0 stands for itself, 'u' a \u escape, 'x' a look at the UTF-8
 * sequence. */
static const char escapes[256] = {
    [0x00 ... 0x07] = 'u', ['\b'] = 'b',  ['\t'] = 't',          ['\n'] = 'n',
    [0x0b] = 'u',          ['\f'] = 'f',  ['\r'] = 'r',          [0x0e ... 0x1f] = 'u',
    ['"'] = '"',           ['\\'] = '\\', [0x80 ... 0xff] = 'x',
};

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

/* Nearly every string is. There is no way out of the loop, so that the compiler looks at many bytes at once.
 */
static bool is_plain(struct text value)
{
    unsigned char special = 0;
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        special |= (unsigned char)((c < ' ') | (c >= 0x80) | (c == '"') | (c == '\\'));
    }
    return special == 0;
}

static void write_with_escapes(struct json_text_buffer *out, struct text value)
{
    size_t plain = 0; /* start of the run that stands for itself */
    for (size_t i = 0; i < value.length;) {
        char escape = escapes[(unsigned char)value.at[i]];
        if (escape == '\0') {
            i++;
            continue;
        }
        json_text_raw(out, text_slice(value, plain, i - plain));
        i += write_escaped(out, text_slice(value, i, value.length), escape);
        plain = i;
    }
    json_text_raw(out, text_slice(value, plain, value.length));
}

void json_text_string(struct json_text_buffer *out, struct text value)
{
    json_text_raw_str(out, "\"");
    if (is_plain(value))
        json_text_raw(out, value);
    else
        write_with_escapes(out, value);
    json_text_raw_str(out, "\"");
}

void json_text_integer(struct json_text_buffer *out, int64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--at] = '-';
    json_text_raw(out, (struct text){digits + at, sizeof(digits) - at});
}

static void write_zeros(struct json_text_buffer *out, int count)
{
    for (int i = 0; i < count; i++)
        json_text_raw_str(out, "0");
}

/* Digits with the point behind the first `whole` of them; a number below 1 has `whole` of 0 or less. */
static void write_positional(struct json_text_buffer *out, struct text digits, int whole)
{
    int count = (int)digits.length;
    if (whole <= 0) {
        json_text_raw_str(out, "0.");
        write_zeros(out, -whole);
        json_text_raw(out, digits);
    } else if (whole >= count) {
        json_text_raw(out, digits);
        write_zeros(out, whole - count);
        json_text_raw_str(out, ".0");
    } else {
        json_text_raw(out, text_slice(digits, 0, (size_t)whole));
        json_text_raw_str(out, ".");
        json_text_raw(out, text_slice(digits, (size_t)whole, digits.length));
    }
}

void json_text_real(struct json_text_buffer *out, double value)
{
    char scientific[32], exponent_text[8], digits[20];
    for (int precision = 0; precision <= 16; precision++) {
        snprintf(scientific, sizeof(scientific), "%.*e", precision, value);
        if (strtod(scientific, NULL) == value)
            break;
    }
    const char *e = strchr(scientific, 'e');
    int exponent = (int)strtol(e + 1, NULL, 10);
    struct text significant = {digits, 0};
    for (const char *at = scientific; at < e; at++)
        if (*at >= '0' && *at <= '9')
            digits[significant.length++] = *at;

    if (scientific[0] == '-')
        json_text_raw_str(out, "-");
    if (exponent >= -4 && exponent < 16) {
        write_positional(out, significant, exponent + 1);
        return;
    }
    json_text_raw(out, text_slice(significant, 0, 1));
    json_text_raw_str(out, significant.length > 1 ? "." : "");
    json_text_raw(out, text_slice(significant, 1, significant.length));
    snprintf(exponent_text, sizeof(exponent_text), "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent) % 1000);
    json_text_raw_str(out, exponent_text);
}

void json_text_bool(struct json_text_buffer *out, bool value)
{
    json_text_raw_str(out, value ? "true" : "false");
}
