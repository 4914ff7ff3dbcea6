/* codec/record: the record of what was admitted, as JSON.
 * Layer: codec (no I/O).
 *
 *   {"templates":[{"digest":"sha256:...","at":"2026-11-20T11:00:00Z","by":"ann","ids":["CHG0000001"]},
 *                 {"digest":"sha256:...","preexisting":true}],
 *    "breakGlass":[{"incident":"INC1","reason":"...","by":"ann","at":"...","digest":"sha256:...",
 *                   "reviewedBy":"bob","reviewedAt":"..."}]}
 * Newest first; `waiting: true` on a template that no pod ran yet; absent members are left out.
 */
#ifndef CHANGEGATE_CODEC_RECORD_H
#define CHANGEGATE_CODEC_RECORD_H

#include "codec/json_text.h"
#include "core/error.h"
#include "core/record.h"

enum { RECORD_BYTES_MOST = 128 << 10 };

/* Read an annotation; texts are owned by `arena`. False: it is none that the gate wrote. */
bool record_read(struct text annotation, struct arena *arena, struct record *ret_record) MUST_USE;

/* Append the annotation's text to `out`. What record_read reads is written again byte for byte. */
void record_write(const struct record *record, struct json_text_buffer *out);

#endif
