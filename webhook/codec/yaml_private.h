/* What the files that read YAML share.
 * Layer: codec. */
#ifndef CHANGEGATE_CODEC_YAML_PRIVATE_H
#define CHANGEGATE_CODEC_YAML_PRIVATE_H

#include "codec/yaml_tree.h"

#include <yaml.h>

/* What a plain scalar without a tag means: sets type, boolean and integer of `node`. False: it is infinite or
 * not a number, which JSON cannot say. */
bool yaml_resolve(struct text written, struct yaml_node *node) MUST_USE;

/* The JSON number of a scalar that resolved to YAML_REAL. */
void yaml_write_real(struct text written, struct json_text_buffer *out);

/* JSON writes a character beyond the first plane as two escapes, a surrogate pair (RFC 8259 section 7), which
 * libyaml refuses. Where `bytes` is JSON that has such pairs: a copy with each written as YAML's
 * "\Uxxxxxxxx"; else `bytes`. */
struct text yaml_join_surrogates(struct arena *arena, struct text bytes);

/* What libyaml found, at its line and column. Always false. */
bool yaml_fail_parse(const yaml_parser_t *parser, struct text bytes, struct error *error);

/* Fails where two members of a map have the same key. O(n log n). */
bool yaml_refuse_duplicates(struct arena *arena, const struct yaml_node *map, struct error *error) MUST_USE;

#endif
