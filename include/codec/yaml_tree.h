/* codec/yaml_tree: YAML text (libyaml) as a tree that knows its lines and columns.
 * Layer: codec (no I/O).
 *
 * Scalars resolve as kubectl resolves them (YAML 1.1 booleans, nulls and numbers when plain). Refused:
 * repeated keys, keys that are lists or maps, merge keys, aliases that add more than YAML_NODES_MOST nodes,
 * depth past YAML_DEPTH_MOST.
 */
#ifndef CHANGEGATE_CODEC_YAML_TREE_H
#define CHANGEGATE_CODEC_YAML_TREE_H

#include "codec/json_text.h"
#include "core/arena.h"
#include "core/error.h"

enum {
    YAML_DEPTH_MOST = 100,   /* the schemas of some CRDs go past 64 */
    YAML_ANCHORS_MOST = 256, /* a document */
    YAML_NODES_MOST = 1000000,
    YAML_ALIAS_BYTES_MOST = 16 << 20,
};

enum yaml_type { YAML_NULL, YAML_BOOL, YAML_INTEGER, YAML_REAL, YAML_STRING, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_type type;
    unsigned line, column; /* 1-based, where the value starts */
    struct text text;      /* a scalar as written, without quotes */
    bool boolean;
    int64_t integer;
    struct yaml_node *children; /* of a list or map, in order */
    size_t child_count;
    struct text key; /* of this node within a map */
    unsigned key_line, key_column;
};

struct yaml_documents {
    struct yaml_node *items;
    size_t count; /* empty documents are left out */
};

/* Parse all documents of `bytes` into `arena`. Errors carry line and column. */
bool yaml_read(struct arena *arena, struct text bytes, struct yaml_documents *ret_documents,
               struct error *error) MUST_USE;

/* One document after another, each gone when `visit` returns: for large files of many documents. A `visit`
 * that is false, with its error set, ends it. */
typedef bool yaml_visit(void *context, const struct yaml_node *document, struct error *error);
bool yaml_read_each(struct text bytes, yaml_visit *visit, void *context, struct error *error) MUST_USE;

/* The member `key` of a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* The tree as JSON text. */
void yaml_to_json(const struct yaml_node *node, struct json_text_buffer *out);

#endif
