/* Reading a tree: members by key, and the whole as JSON text. */
#include "yaml_private.h"

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->child_count; i++)
        if (text_is(map->children[i].key, key))
            return &map->children[i];
    return NULL;
}

void yaml_to_json(const struct yaml_node *node, struct json_text_buffer *out)
{
    switch (node->type) {
    case YAML_NULL: json_text_raw_str(out, "null"); break;
    case YAML_BOOL: json_text_bool(out, node->boolean); break;
    case YAML_INTEGER: json_text_integer(out, node->integer); break;
    case YAML_REAL: yaml_write_real(node->text, out); break;
    case YAML_STRING: json_text_string(out, node->text); break;
    case YAML_LIST:
    case YAML_MAP:
        json_text_raw_str(out, node->type == YAML_MAP ? "{" : "[");
        for (size_t i = 0; i < node->child_count; i++) {
            json_text_element(out);
            if (node->type == YAML_MAP) {
                json_text_string(out, node->children[i].key);
                json_text_raw_str(out, ":");
            }
            yaml_to_json(&node->children[i], out);
        }
        json_text_raw_str(out, node->type == YAML_MAP ? "}" : "]");
        break;
    }
}
