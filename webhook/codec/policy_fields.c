#include "policy_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { QUOTE_BYTES_MOST = 80 };

/* The first fault is the error; all are kept for whoever tells them together. */
static bool fail_at(struct policy_reader *reader, enum error_kind kind, unsigned line, unsigned column,
                    struct text message)
{
    if (reader->fault_count < POLICY_FAULTS_MOST)
        reader->faults[reader->fault_count++] = message;
    if (reader->error->kind == ERROR_NONE)
        error_set_at(reader->error, kind, line, column, "%.*s", TEXT_ARGS(message));
    return false;
}

bool policy_fail(struct policy_reader *reader, const struct yaml_node *node, struct text path,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text what = arena_vprintf(reader->arena, format, args);
    va_end(args);
    if (path.length == 0)
        path = text_of("document");
    return fail_at(reader, ERROR_INPUT, node->line, node->column,
                   arena_printf(reader->arena, "%.*s: %.*s", TEXT_ARGS(path), TEXT_ARGS(what)));
}

struct text policy_path(struct policy_reader *reader, struct text path, const char *key)
{
    return path.length == 0 ? text_of(key) : arena_printf(reader->arena, "%.*s.%s", TEXT_ARGS(path), key);
}

struct text policy_path_index(struct policy_reader *reader, struct text path, size_t index)
{
    return arena_printf(reader->arena, "%.*s[%zu]", TEXT_ARGS(path), index);
}

const char *policy_type_name(const struct yaml_node *node)
{
    switch (node->type) {
    case YAML_NULL: return "nothing";
    case YAML_BOOL: return node->boolean ? "true" : "false";
    case YAML_INTEGER:
    case YAML_REAL: return "a number";
    case YAML_STRING: return "a string";
    case YAML_LIST: return "a list";
    case YAML_MAP: return "a map";
    }
    return "something else";
}

/* Edits (insert, delete, replace) between two short words; more than `most` is not worth counting. */
static unsigned edit_distance(struct text a, struct text b, unsigned most)
{
    unsigned row[33];
    if (a.length > 32 || b.length > 32)
        return most + 1;
    for (unsigned j = 0; j <= b.length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.length; j++) {
            unsigned replaced = diagonal + (a.at[i - 1] != b.at[j - 1]);
            unsigned edited = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < edited ? replaced : edited;
        }
    }
    return row[b.length];
}

/* The key that was most likely meant, or NULL: at most one edit in three letters, so that a short word is not
 * taken for another short word. */
static const char *nearest_key(struct text key, const char *const *fields)
{
    enum { DISTANCE_MOST = 3 };
    const char *nearest = NULL;
    unsigned best = DISTANCE_MOST + 1;
    for (; *fields != NULL; fields++) {
        unsigned distance = edit_distance(key, text_of(*fields), DISTANCE_MOST);
        if (distance < best && distance <= strlen(*fields) / 3) {
            best = distance;
            nearest = *fields;
        }
    }
    return nearest;
}

static struct text list_keys(struct policy_reader *reader, const char *const *fields)
{
    struct text keys = TEXT_EMPTY;
    for (; *fields != NULL; fields++)
        keys =
            arena_printf(reader->arena, "%.*s%s%s", TEXT_ARGS(keys), keys.length == 0 ? "" : ", ", *fields);
    return keys;
}

static bool fail_unknown(struct policy_reader *reader, const struct yaml_node *child, struct text path,
                         const char *const *fields)
{
    struct text key = text_quote(reader->arena, child->key, QUOTE_BYTES_MOST);
    const char *dot = path.length == 0 ? "" : ".", *nearest = nearest_key(child->key, fields);
    struct text cure = nearest != NULL ? arena_printf(reader->arena, "did you mean %s?", nearest)
                                       : arena_printf(reader->arena, "the keys are %.*s",
                                                      TEXT_ARGS(list_keys(reader, fields)));
    return fail_at(reader, ERROR_INPUT, child->key_line, child->key_column,
                   arena_printf(reader->arena, "%.*s%s%.*s: no such key; %.*s", TEXT_ARGS(path), dot,
                                TEXT_ARGS(key), TEXT_ARGS(cure)));
}

bool policy_check_map(struct policy_reader *reader, struct policy_map map, const char *const *fields)
{
    if (map.node == NULL)
        return true;
    if (map.node->type != YAML_MAP)
        return policy_fail(reader, map.node, map.path, "is %s; write a map of keys and values",
                           policy_type_name(map.node));
    for (size_t i = 0; i < map.node->child_count; i++) {
        const struct yaml_node *child = &map.node->children[i];
        const char *const *field = fields;
        while (*field != NULL && !text_is(child->key, *field))
            field++;
        if (*field == NULL)
            return fail_unknown(reader, child, map.path, fields);
    }
    return true;
}

const struct yaml_node *policy_find(struct policy_map map, const char *key)
{
    const struct yaml_node *node = yaml_get(map.node, key);
    return node == NULL || node->type == YAML_NULL ? NULL : node;
}

bool policy_get_map(struct policy_reader *reader, struct policy_map map, const char *key,
                    const char *const *fields, struct policy_map *ret_map)
{
    *ret_map = (struct policy_map){policy_find(map, key), policy_path(reader, map.path, key)};
    return policy_check_map(reader, *ret_map, fields);
}

static bool expect_string(struct policy_reader *reader, const struct yaml_node *node, struct text path)
{
    if (node->type == YAML_STRING)
        return true;
    bool scalar = node->type == YAML_BOOL || node->type == YAML_INTEGER || node->type == YAML_REAL;
    if (node->type == YAML_BOOL && !text_equal_nocase(node->text, text_of(policy_type_name(node))))
        return policy_fail(reader, node, path, "is %.*s, which YAML reads as %s; put it in quotes",
                           TEXT_ARGS(node->text), policy_type_name(node));
    return policy_fail(reader, node, path, "is %s; write a string%s", policy_type_name(node),
                       scalar ? " (put it in quotes)" : "");
}

bool policy_get_text(struct policy_reader *reader, struct policy_map map, const char *key, struct text *value)
{
    const struct yaml_node *node = policy_find(map, key);
    if (node == NULL)
        return true;
    if (!expect_string(reader, node, policy_path(reader, map.path, key)))
        return false;
    *value = node->text;
    return true;
}

bool policy_get_bool(struct policy_reader *reader, struct policy_map map, const char *key, bool *value)
{
    const struct yaml_node *node = policy_find(map, key);
    if (node == NULL)
        return true;
    if (node->type != YAML_BOOL)
        return policy_fail(reader, node, policy_path(reader, map.path, key), "is %s; write true or false",
                           policy_type_name(node));
    *value = node->boolean;
    return true;
}

bool policy_get_integer(struct policy_reader *reader, struct policy_map map, const char *key, int64_t least,
                        int64_t most, int64_t *value)
{
    const struct yaml_node *node = policy_find(map, key);
    if (node == NULL)
        return true;
    bool number = node->type == YAML_INTEGER || node->type == YAML_REAL;
    if (node->type != YAML_INTEGER || node->integer < least || node->integer > most)
        return policy_fail(reader, node, policy_path(reader, map.path, key),
                           "is %.*s; write a whole number from %lld to %lld%s",
                           TEXT_ARGS(number ? text_quote(reader->arena, node->text, QUOTE_BYTES_MOST)
                                            : text_of(policy_type_name(node))),
                           (long long)least, (long long)most,
                           node->type == YAML_STRING ? " (without quotes)" : "");
    *value = node->integer;
    return true;
}

bool policy_get_list(struct policy_reader *reader, struct policy_map map, const char *key,
                     const struct yaml_node **ret_list)
{
    const struct yaml_node *node = policy_find(map, key);
    if (node != NULL && node->type != YAML_LIST)
        return policy_fail(reader, node, policy_path(reader, map.path, key), "is %s; write a list",
                           policy_type_name(node));
    *ret_list = node;
    return true;
}

bool policy_get_texts(struct policy_reader *reader, struct policy_map map, const char *key,
                      const struct text **values, size_t *count)
{
    const struct yaml_node *list;
    if (!policy_get_list(reader, map, key, &list))
        return false;
    if (list == NULL)
        return true;
    struct text *texts = arena_alloc_array(reader->arena, list->child_count, sizeof(*texts));
    for (size_t i = 0; i < list->child_count; i++) {
        struct text path = policy_path_index(reader, policy_path(reader, map.path, key), i);
        if (!expect_string(reader, &list->children[i], path))
            return false;
        if (list->children[i].text.length == 0)
            return policy_fail(reader, &list->children[i], path,
                               "is empty; fill it in or take the entry out");
        texts[i] = list->children[i].text;
    }
    *values = texts;
    *count = list->child_count;
    return true;
}

bool policy_get_choice(struct policy_reader *reader, struct policy_map map, const char *key,
                       const char *const *names, unsigned *value)
{
    struct text written = TEXT_EMPTY, choices = TEXT_EMPTY;
    if (!policy_get_text(reader, map, key, &written))
        return false;
    if (written.at == NULL)
        return true;
    for (unsigned i = 0; names[i] != NULL; i++) {
        if (text_is(written, names[i])) {
            *value = i;
            return true;
        }
        choices = arena_printf(reader->arena, "%.*s%s%s", TEXT_ARGS(choices), i == 0 ? "" : ", ", names[i]);
    }
    return policy_fail(reader, policy_find(map, key), policy_path(reader, map.path, key),
                       "\"%.*s\" is none of %.*s",
                       TEXT_ARGS(text_quote(reader->arena, written, QUOTE_BYTES_MOST)), TEXT_ARGS(choices));
}

/* One number with its unit; what is read leaves `text`. -1: none. */
static int64_t take_duration(struct text *text)
{
    enum { DIGITS_MOST = 9 };
    int64_t number = 0;
    size_t digits = 0;
    while (digits < text->length && text->at[digits] >= '0' && text->at[digits] <= '9' &&
           digits < DIGITS_MOST)
        number = number * 10 + (text->at[digits++] - '0');
    if (digits == 0 || digits == text->length)
        return -1;
    char unit = text->at[digits];
    *text = text_slice(*text, digits + 1, text->length);
    return unit == 'h' ? number * 3600 : unit == 'm' ? number * 60 : unit == 's' ? number : -1;
}

bool policy_get_duration(struct policy_reader *reader, struct policy_map map, const char *key, int64_t most_s,
                         int64_t *value_s)
{
    struct text written = TEXT_EMPTY, rest;
    int64_t total_s = 0, part_s = 0;
    if (!policy_get_text(reader, map, key, &written))
        return false;
    if (written.at == NULL)
        return true;
    rest = written;
    do {
        part_s = take_duration(&rest);
        total_s += part_s;
    } while (part_s >= 0 && rest.length > 0 && total_s <= most_s);
    if (part_s < 0 || total_s > most_s)
        return policy_fail(reader, policy_find(map, key), policy_path(reader, map.path, key),
                           "\"%.*s\" is no duration from 0s to %lld%s; write one such as %s",
                           TEXT_ARGS(text_quote(reader->arena, written, QUOTE_BYTES_MOST)),
                           (long long)(most_s % 3600 == 0 ? most_s / 3600 : most_s / 60),
                           most_s % 3600 == 0 ? "h" : "m",
                           most_s > 3600 ? "90s, 30m or 1h30m" : "30s, 90s or 2m");
    *value_s = total_s;
    return true;
}
