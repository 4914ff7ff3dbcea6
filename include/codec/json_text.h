/* codec/json_text: writes JSON text into a growing buffer.
 * Layer: codec (no I/O). The buffer is owned by its holder and reused from request to request.
 *
 * Invariant: whatever bytes go in, what comes out is valid JSON in valid UTF-8: broken sequences become
 * U+FFFD.
 */
#ifndef CHANGEGATE_CODEC_JSON_TEXT_H
#define CHANGEGATE_CODEC_JSON_TEXT_H

#include "core/text.h"

#ifdef __cplusplus
extern "C" {
#endif

struct json_text_buffer {
    char *bytes; /* owned */
    size_t length, capacity;
};

void json_text_done(struct json_text_buffer *out);
void json_text_clear(struct json_text_buffer *out); /* keeps the memory */
struct text json_text_view(const struct json_text_buffer *out);

/* Bytes as they are: punctuation and literals. */
void json_text_raw(struct json_text_buffer *out, struct text raw);
void json_text_raw_str(struct json_text_buffer *out, const char *raw);

/* A JSON string, quoted and escaped (RFC 8259 section 7). */
void json_text_string(struct json_text_buffer *out, struct text value);
void json_text_integer(struct json_text_buffer *out, int64_t value);
void json_text_bool(struct json_text_buffer *out, bool value);

/* `,"key":` with the comma unless the last byte opened an object. `key` must need no escaping. */
void json_text_key(struct json_text_buffer *out, const char *key);

/* The comma before an array element, unless it is the first. */
void json_text_element(struct json_text_buffer *out);

#ifdef __cplusplus
}
#endif
#endif
