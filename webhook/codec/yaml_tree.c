#include "codec/yaml_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Turns libyaml's documents into trees. An alias is expanded where it stands; what aliases add beyond the
 * nodes that were written counts against a budget, so that a few lines cannot become a billion nodes. */
struct builder {
    struct arena *arena;
    yaml_document_t *document;
    size_t nodes_left;
    struct error *error;
};

enum { DUPLICATES_BY_SCAN_MOST = 16 };

static unsigned line_of(yaml_mark_t mark)
{
    return (unsigned)mark.line + 1;
}

static unsigned column_of(yaml_mark_t mark)
{
    return (unsigned)mark.column + 1;
}

/* ---- scalars: as kubectl resolves them ---- */

static bool is_one_of(struct text text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (text_is(text, *words))
            return true;
    return false;
}

static bool resolve_word(struct text text, struct yaml_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", "yes", "Yes", "YES",
                                        "on",   "On",   "ON",   "y",   "Y",   NULL};
    static const char *const falses[] = {"false", "False", "FALSE", "no", "No", "NO",
                                         "off",   "Off",   "OFF",   "n",  "N",  NULL};
    if (is_one_of(text, nulls)) {
        node->type = YAML_NULL;
        return true;
    }
    node->boolean = is_one_of(text, trues);
    if (!node->boolean && !is_one_of(text, falses))
        return false;
    node->type = YAML_BOOL;
    return true;
}

/* Digits of a base after an optional sign, without YAML 1.1's underscores. False: no integer, or none that
 * fits. */
static bool parse_integer(struct text text, int64_t *ret_integer)
{
    static const struct {
        const char *prefix;
        unsigned base;
    } bases[] = {{"0x", 16}, {"0X", 16}, {"0o", 8}, {"0b", 2}, {"0", 8}, {"", 10}};
    bool negative = text_starts_with(text, text_of("-"));
    if (negative || text_starts_with(text, text_of("+")))
        text = text_slice(text, 1, text.length);
    if (text.length == 0)
        return false;

    size_t chosen = 0;
    while (!text_starts_with(text, text_of(bases[chosen].prefix)))
        chosen++;
    struct text digits = text_slice(text, text_of(bases[chosen].prefix).length, text.length);
    if (digits.length == 0) /* "0" itself; "0x" is no number */
        return text_is(text, "0") ? (*ret_integer = 0, true) : false;

    uint64_t value = 0;
    const uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    for (size_t i = 0; i < digits.length; i++) {
        char c = digits.at[i];
        if (c == '_')
            continue;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit >= bases[chosen].base || value > (most - digit) / bases[chosen].base)
            return false;
        value = value * bases[chosen].base + digit;
    }
    *ret_integer = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* [-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)? and "1." */
static bool looks_real(struct text text)
{
    size_t digits = 0, dots = 0, i = 0;
    if (i < text.length && (text.at[i] == '-' || text.at[i] == '+'))
        i++;
    for (; i < text.length && ((text.at[i] >= '0' && text.at[i] <= '9') || text.at[i] == '.'); i++) {
        dots += text.at[i] == '.';
        digits += text.at[i] != '.';
    }
    if (digits == 0 || dots > 1)
        return false;
    if (i < text.length && (text.at[i] == 'e' || text.at[i] == 'E')) {
        i++;
        if (i < text.length && (text.at[i] == '-' || text.at[i] == '+'))
            i++;
        size_t exponent = i;
        while (i < text.length && text.at[i] >= '0' && text.at[i] <= '9')
            i++;
        if (i == exponent)
            return false;
    }
    return i == text.length;
}

static bool is_not_finite(struct text text)
{
    static const char *const words[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                        "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};
    return is_one_of(text, words);
}

static bool build_scalar(struct builder *builder, const yaml_node_t *from, struct yaml_node *node)
{
    struct text written = {(const char *)from->data.scalar.value, from->data.scalar.length};
    node->type = YAML_STRING;
    node->text = arena_copy(builder->arena, written);
    const char *tag = (const char *)from->tag;
    bool plain = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    /* libyaml gives every untagged scalar the tag of a string; an explicit "!!str" on a plain one looks the
     * same. */
    if (!plain || (tag != NULL && strcmp(tag, YAML_STR_TAG) != 0))
        return true;
    if (resolve_word(written, node))
        return true;
    if (parse_integer(written, &node->integer))
        node->type = YAML_INTEGER;
    else if (is_not_finite(written))
        return error_set_at(builder->error, ERROR_INPUT, node->line, node->column,
                            "%.*s has no JSON form; write a finite number", TEXT_ARGS(written));
    else if (looks_real(written))
        node->type = YAML_REAL;
    return true;
}

/* ---- lists and maps ---- */

static bool build_node(struct builder *builder, int index, unsigned depth, struct yaml_node *node);

static bool build_list(struct builder *builder, const yaml_node_t *from, unsigned depth,
                       struct yaml_node *node)
{
    const yaml_node_item_t *start = from->data.sequence.items.start, *top = from->data.sequence.items.top;
    node->type = YAML_LIST;
    node->child_count = (size_t)(top - start);
    node->children = arena_alloc_array(builder->arena, node->child_count, sizeof(*node->children));
    for (size_t i = 0; i < node->child_count; i++)
        if (!build_node(builder, start[i], depth + 1, &node->children[i]))
            return false;
    return true;
}

static bool read_key(struct builder *builder, int index, struct yaml_node *child)
{
    const yaml_node_t *key = yaml_document_get_node(builder->document, index);
    child->key_line = line_of(key->start_mark);
    child->key_column = column_of(key->start_mark);
    if (key->type != YAML_SCALAR_NODE)
        return error_set_at(builder->error, ERROR_INPUT, child->key_line, child->key_column,
                            "a key that is a list or a map has no JSON form; write a plain word");
    struct text written = {(const char *)key->data.scalar.value, key->data.scalar.length};
    if (text_is(written, "<<") && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return error_set_at(builder->error, ERROR_UNSUPPORTED, child->key_line, child->key_column,
                            "merge keys (<<) are not supported; write the keys out");
    child->key = arena_copy(builder->arena, written);
    return true;
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *const *a = left, *const *b = right;
    int order = text_compare((*a)->key, (*b)->key);
    return order != 0 ? order : (*a > *b) - (*a < *b);
}

static bool fail_duplicate(struct builder *builder, const struct yaml_node *again,
                           const struct yaml_node *first)
{
    return error_set_at(builder->error, ERROR_INPUT, again->key_line, again->key_column,
                        "key \"%.*s\" was given before, at line %u; keep one of them",
                        TEXT_ARGS(text_quote(builder->arena, again->key, 80)), first->key_line);
}

static bool refuse_duplicates(struct builder *builder, const struct yaml_node *map)
{
    for (size_t i = 0; map->child_count <= DUPLICATES_BY_SCAN_MOST && i < map->child_count; i++)
        for (size_t j = 0; j < i; j++)
            if (text_equal(map->children[i].key, map->children[j].key))
                return fail_duplicate(builder, &map->children[i], &map->children[j]);
    if (map->child_count <= DUPLICATES_BY_SCAN_MOST)
        return true;

    const struct yaml_node **sorted = calloc(map->child_count, sizeof(struct yaml_node *));
    if (sorted == NULL)
        abort();
    for (size_t i = 0; i < map->child_count; i++)
        sorted[i] = &map->children[i];
    qsort(sorted, map->child_count, sizeof(struct yaml_node *), compare_keys);
    bool good = true;
    for (size_t i = 1; good && i < map->child_count; i++)
        if (text_equal(sorted[i]->key, sorted[i - 1]->key))
            good = fail_duplicate(builder, sorted[i], sorted[i - 1]);
    free(sorted);
    return good;
}

static bool build_map(struct builder *builder, const yaml_node_t *from, unsigned depth,
                      struct yaml_node *node)
{
    const yaml_node_pair_t *start = from->data.mapping.pairs.start, *top = from->data.mapping.pairs.top;
    node->type = YAML_MAP;
    node->child_count = (size_t)(top - start);
    node->children = arena_alloc_array(builder->arena, node->child_count, sizeof(*node->children));
    for (size_t i = 0; i < node->child_count; i++)
        if (!read_key(builder, start[i].key, &node->children[i]) ||
            !build_node(builder, start[i].value, depth + 1, &node->children[i]))
            return false;
    return refuse_duplicates(builder, node);
}

static bool build_node(struct builder *builder, int index, unsigned depth, struct yaml_node *node)
{
    const yaml_node_t *from = yaml_document_get_node(builder->document, index);
    node->line = line_of(from->start_mark);
    node->column = column_of(from->start_mark);
    if (depth > YAML_DEPTH_MOST)
        return error_set_at(builder->error, ERROR_INPUT, node->line, node->column,
                            "nested deeper than %d levels; write it flatter", YAML_DEPTH_MOST);
    if (builder->nodes_left-- == 0)
        return error_set_at(builder->error, ERROR_INPUT, node->line, node->column,
                            "aliases expand to more than %d nodes; write the values out", YAML_NODES_MOST);
    switch (from->type) {
    case YAML_SCALAR_NODE: return build_scalar(builder, from, node);
    case YAML_SEQUENCE_NODE: return build_list(builder, from, depth, node);
    case YAML_MAPPING_NODE: return build_map(builder, from, depth, node);
    case YAML_NO_NODE: break;
    }
    return error_set(builder->error, ERROR_INPUT, "an empty node");
}

/* ---- documents ---- */

static bool fail_parse(const yaml_parser_t *parser, struct error *error)
{
    const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
    if (parser->error == YAML_MEMORY_ERROR)
        abort();
    if (parser->error == YAML_READER_ERROR)
        return error_set(error, ERROR_INPUT, "byte %zu: %s; save the file as UTF-8", parser->problem_offset,
                         problem);
    return error_set_at(error, ERROR_INPUT, line_of(parser->problem_mark), column_of(parser->problem_mark),
                        "%s%s%s", parser->context == NULL ? "" : parser->context,
                        parser->context == NULL ? "" : ": ", problem);
}

static size_t node_count(const yaml_document_t *document)
{
    return (size_t)(document->nodes.top - document->nodes.start);
}

static void append(struct arena *arena, struct yaml_documents *documents, size_t *capacity,
                   struct yaml_node node)
{
    if (documents->count == *capacity) {
        size_t more = *capacity == 0 ? 4 : *capacity * 2;
        struct yaml_node *items = arena_alloc_array(arena, more, sizeof(*items));
        for (size_t i = 0; i < documents->count; i++)
            items[i] = documents->items[i];
        documents->items = items;
        *capacity = more;
    }
    documents->items[documents->count++] = node;
}

static bool is_empty(const yaml_node_t *root)
{
    return root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0 &&
           root->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool read_all(struct arena *arena, yaml_parser_t *parser, struct yaml_documents *documents,
                     struct error *error)
{
    size_t capacity = 0;
    for (;;) {
        yaml_document_t document;
        if (!yaml_parser_load(parser, &document))
            return fail_parse(parser, error);
        const yaml_node_t *root = yaml_document_get_root_node(&document);
        bool at_end = root == NULL, good = true;
        if (root != NULL && !is_empty(root)) {
            struct builder builder = {arena, &document, node_count(&document) + YAML_NODES_MOST, error};
            struct yaml_node node = {0};
            good = build_node(&builder, 1, 1, &node);
            if (good)
                append(arena, documents, &capacity, node);
        }
        yaml_document_delete(&document);
        if (at_end || !good)
            return good;
    }
}

bool yaml_read(struct arena *arena, struct text bytes, struct yaml_documents *ret_documents,
               struct error *error)
{
    struct yaml_documents documents = {NULL, 0};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)(bytes.at == NULL ? "" : bytes.at),
                                 bytes.length);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    bool good = read_all(arena, &parser, &documents, error);
    yaml_parser_delete(&parser);
    if (good)
        *ret_documents = documents;
    return good;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->child_count; i++)
        if (text_is(map->children[i].key, key))
            return &map->children[i];
    return NULL;
}

/* "1.", ".5", "+1e3" are no JSON numbers; what they mean is. */
static void write_real(struct text written, struct json_text_buffer *out)
{
    char number[64];
    snprintf(number, sizeof(number), "%.*s", (int)(written.length < 63 ? written.length : 63), written.at);
    double value = strtod(number, NULL);
    snprintf(number, sizeof(number), "%.17g", value);
    if (strpbrk(number, "in") != NULL) /* overflowed to infinity: no JSON form */
        json_text_raw_str(out, value < 0 ? "-1.7976931348623157e308" : "1.7976931348623157e308");
    else
        json_text_raw_str(out, number);
}

void yaml_to_json(const struct yaml_node *node, struct json_text_buffer *out)
{
    switch (node->type) {
    case YAML_NULL: json_text_raw_str(out, "null"); break;
    case YAML_BOOL: json_text_bool(out, node->boolean); break;
    case YAML_INTEGER: json_text_integer(out, node->integer); break;
    case YAML_REAL: write_real(node->text, out); break;
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
