/* What a text that is no YAML, or no map, is told. */
#include "yaml_private.h"

#include <stdlib.h>

enum { DUPLICATES_BY_SCAN_MOST = 16 };

/* The place of a byte; libyaml tells of unreadable bytes by their offset alone. */
static yaml_mark_t mark_of_byte(struct text bytes, size_t offset)
{
    yaml_mark_t mark = {offset, 0, 0};
    for (size_t i = 0; i < offset && i < bytes.length; i++) {
        bool continues = ((unsigned char)bytes.at[i] & 0xC0) == 0x80;
        mark.column += !continues;
        if (bytes.at[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

static char byte_at_mark(struct text bytes, yaml_mark_t mark)
{
    size_t at = 0;
    for (size_t line = 0; line < mark.line && at < bytes.length; at++)
        line += bytes.at[at] == '\n';
    at += mark.column; /* exact where the line is ASCII up to there */
    return at < bytes.length ? bytes.at[at] : '\0';
}

bool yaml_fail_parse(const yaml_parser_t *parser, struct text bytes, struct error *error)
{
    const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
    if (parser->error == YAML_MEMORY_ERROR)
        abort();
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR) {
        mark = mark_of_byte(bytes, parser->problem_offset);
        return error_set_at(error, ERROR_INPUT, (unsigned)mark.line + 1, (unsigned)mark.column + 1,
                            "%s; save the file as UTF-8 text", problem);
    }
    const bool tab = byte_at_mark(bytes, mark) == '\t', context = parser->context != NULL;
    if (tab || !context)
        return error_set_at(error, ERROR_INPUT, (unsigned)mark.line + 1, (unsigned)mark.column + 1, "%s",
                            tab ? "a tab cannot indent; use blanks" : problem);
    return error_set_at(error, ERROR_INPUT, (unsigned)mark.line + 1, (unsigned)mark.column + 1,
                        "%s (%s that starts at line %zu)", problem, parser->context,
                        parser->context_mark.line + 1);
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *const *a = left, *const *b = right;
    int order = text_compare((*a)->key, (*b)->key);
    return order != 0 ? order : (*a > *b) - (*a < *b);
}

static bool fail_duplicate(struct arena *arena, const struct yaml_node *again, const struct yaml_node *first,
                           struct error *error)
{
    return error_set_at(error, ERROR_INPUT, again->key_line, again->key_column,
                        "key \"%.*s\" was given before, at line %u; keep one of them",
                        TEXT_ARGS(text_quote(arena, again->key, 80)), first->key_line);
}

bool yaml_refuse_duplicates(struct arena *arena, const struct yaml_node *map, struct error *error)
{
    for (size_t i = 0; map->child_count <= DUPLICATES_BY_SCAN_MOST && i < map->child_count; i++)
        for (size_t j = 0; j < i; j++)
            if (text_equal(map->children[i].key, map->children[j].key))
                return fail_duplicate(arena, &map->children[i], &map->children[j], error);
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
            good = fail_duplicate(arena, sorted[i], sorted[i - 1], error);
    free(sorted);
    return good;
}
