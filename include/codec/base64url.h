/* codec/base64url: base64url as RFC 7515 section 2 has it.
 * Layer: codec (no I/O).
 *
 * Strict: no padding, no blanks, nothing outside of the alphabet, and no bits behind the last byte, so that
 * a value has one spelling and no more.
 */
#ifndef CHANGEGATE_CODEC_BASE64URL_H
#define CHANGEGATE_CODEC_BASE64URL_H

#include "core/arena.h"
#include "core/error.h"

/* The bytes are owned by `arena`, with a NUL behind them that is not counted. The error is a clause about
 * `text`: "is not base64url: ...". */
bool base64url_decode(struct text text, struct arena *arena, struct text *ret_bytes,
                      struct error *error) MUST_USE;

#endif
