/* Content lines (RFC 5545 section 3.1). */
#include "ics_import_private.h"

#include <string.h>

/* One physical line without its end. False: none is left. */
static bool next_physical(struct ics_lines *lines, struct text *ret_line)
{
    if (lines->at >= lines->length)
        return false;
    struct text rest = {lines->bytes + lines->at, lines->length - lines->at};
    struct text line = text_slice(rest, 0, text_find(rest, '\n'));
    lines->at += line.length + 1;
    lines->line++;
    if (line.length > 0 && line.at[line.length - 1] == '\r')
        line.length--;
    *ret_line = line;
    return true;
}

static bool continues(const struct ics_lines *lines)
{
    return lines->at < lines->length && (lines->bytes[lines->at] == ' ' || lines->bytes[lines->at] == '\t');
}

bool ics_next_line(struct ics_lines *lines, struct text *ret_line, unsigned *ret_number)
{
    struct text line, more;
    do {
        if (!next_physical(lines, &line))
            return false;
        *ret_number = lines->line;
        /* What was folded closes up over the line end: never past what was read. */
        char *end = lines->bytes + (line.at - lines->bytes) + line.length;
        while (continues(lines) && next_physical(lines, &more)) {
            more = text_slice(more, 1, more.length); /* nothing but a CR may stand in it */
            if (more.length > 0)
                memmove(end, more.at, more.length);
            end += more.length;
            line.length += more.length;
        }
    } while (text_trim(line).length == 0);
    *ret_line = line;
    return true;
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Offset of `mark` outside quotes, or t.length. */
static size_t find_unquoted(struct text t, char mark)
{
    bool quoted = false;
    for (size_t i = 0; i < t.length; i++) {
        if (t.at[i] == '"')
            quoted = !quoted;
        else if (t.at[i] == mark && !quoted)
            return i;
    }
    return t.length;
}

bool ics_split_line(struct text line, struct ics_property *ret_property)
{
    size_t name = 0;
    while (name < line.length && is_name_char(line.at[name]))
        name++;
    size_t colon = find_unquoted(line, ':');
    if (name == 0 || colon == line.length || (line.at[name] != ';' && line.at[name] != ':'))
        return false;
    ret_property->name = text_slice(line, 0, name);
    ret_property->parameters = text_slice(line, name, colon - name);
    ret_property->value = text_slice(line, colon + 1, line.length);
    return true;
}

struct text ics_parameter(const struct ics_property *property, const char *name)
{
    struct text rest = property->parameters;
    while (rest.length > 0) {
        rest = text_slice(rest, 1, rest.length); /* the ';' */
        struct text one = text_slice(rest, 0, find_unquoted(rest, ';'));
        rest = text_slice(rest, one.length, rest.length);
        size_t equals = text_find(one, '=');
        if (!text_equal_nocase(text_slice(one, 0, equals), text_of(name)))
            continue;
        struct text value = text_slice(one, equals + 1, one.length);
        if (value.length >= 2 && value.at[0] == '"' && value.at[value.length - 1] == '"')
            value = text_slice(value, 1, value.length - 2);
        return value;
    }
    return TEXT_EMPTY;
}
