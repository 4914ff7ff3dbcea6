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

/* Makes `node`, a string, what its tag says. A tag that kubectl would not know cannot become JSON. */
enum yaml_tag_fault { YAML_TAG_GOOD, YAML_TAG_WRONG, YAML_TAG_UNKNOWN };
enum yaml_tag_fault yaml_apply_tag(struct text tag, struct yaml_node *node);

/* 0 to 15; 16: `c` is no hexadecimal digit. */
unsigned yaml_hex_digit(char c);

/* `bytes` without a byte order mark, and without the escapes of JSON that libyaml refuses; borrows it, or is
 * owned by `arena`. */
struct text yaml_prepare(struct arena *arena, struct text bytes);

/* What libyaml found, at its line and column. Always false. */
bool yaml_fail_parse(const yaml_parser_t *parser, struct text bytes, struct error *error);

/* Fails where two members of a map have the same key. O(n log n). */
bool yaml_refuse_duplicates(struct arena *arena, const struct yaml_node *map, struct error *error) MUST_USE;

#endif
