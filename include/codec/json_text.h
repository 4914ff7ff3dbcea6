/* codec/json_text: writes JSON text into a growing buffer.
 * Layer: codec (no I/O). The buffer is owned by its holder and reused from request to request.
 *
 * Invariant: whatever bytes go in, what comes out is valid JSON in valid UTF-8: broken sequences become
 * U+FFFD.
 */
#ifndef CHANGEGATE_CODEC_JSON_TEXT_H
#define CHANGEGATE_CODEC_JSON_TEXT_H

#include "core/text.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_text_buffer {
    char *bytes; /* owned */
    size_t length, capacity;
};

void json_text_done(struct json_text_buffer *out);
struct text json_text_view(const struct json_text_buffer *out);

/* Room for `more` bytes behind what is written. */
void json_text_reserve(struct json_text_buffer *out, size_t more);

/* Keeps the memory. */
static inline void json_text_clear(struct json_text_buffer *out)
{
    out->length = 0;
}

/* Bytes as they are: punctuation and literals. Inline, since an answer is made of many short ones. */
static inline void json_text_raw(struct json_text_buffer *out, struct text raw)
{
    if (raw.length == 0)
        return;
    if (out->capacity - out->length < raw.length)
        json_text_reserve(out, raw.length);
    memcpy(out->bytes + out->length, raw.at, raw.length);
    out->length += raw.length;
}

static inline void json_text_raw_str(struct json_text_buffer *out, const char *raw)
{
    struct text text = {raw, strlen(raw)};
    json_text_raw(out, text);
}

/* A JSON string, quoted and escaped (RFC 8259 section 7). */
void json_text_string(struct json_text_buffer *out, struct text value);
void json_text_integer(struct json_text_buffer *out, int64_t value);
/* A finite number: the shortest decimal that reads back as the same double, in the form that Python gives it,
 * positional from 1e-4 up to 1e16. */
void json_text_real(struct json_text_buffer *out, double value);
void json_text_bool(struct json_text_buffer *out, bool value);

/* The comma before an element or a member, unless it is the first. */
static inline void json_text_element(struct json_text_buffer *out)
{
    char last = out->length == 0 ? '{' : out->bytes[out->length - 1];
    if (last != '{' && last != '[')
        json_text_raw_str(out, ",");
}

/* `,"key":` with the comma unless the last byte opened an object. `key` must need no escaping. */
static inline void json_text_key(struct json_text_buffer *out, const char *key)
{
    json_text_element(out);
    json_text_raw_str(out, "\"");
    json_text_raw_str(out, key);
    json_text_raw_str(out, "\":");
}

/* `"key":"value"` with json_text_key's comma; the value is escaped. */
static inline void json_text_member(struct json_text_buffer *out, const char *key, struct text value)
{
    json_text_key(out, key);
    json_text_string(out, value);
}

#ifdef __cplusplus
}
#endif
#endif
