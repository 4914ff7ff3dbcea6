/* codec/base64: base64 as Kubernetes writes bytes (RFC 4648 section 4, padded).
 * Layer: codec (OpenSSL; no I/O).
 *
 * Strict, as codec/base64url.h is, and no copy of the bytes is left behind: they may be a key.
 */
#ifndef CHANGEGATE_CODEC_BASE64_H
#define CHANGEGATE_CODEC_BASE64_H

#include "core/arena.h"

/* The bytes, owned by `arena`; empty where it is none. */
struct text base64_decode(struct text base64, struct arena *arena);

#endif
