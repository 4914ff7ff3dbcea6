#include "cli/approve_lines.h"

#include "codec/json_slice.h"
#include "codec/json_text.h"

#include <stdio.h>

enum { STEP = 2, PIECE_BYTES_MOST = 160, ESCAPES_BYTES = 16 };

static void write_indent(struct json_text_buffer *out, unsigned indent)
{
    for (unsigned i = 0; i < indent; i++)
        json_text_raw_str(out, " ");
}

/* ---- strings ---- */

/* Of one well-formed sequence. */
static uint32_t code_point(struct text character)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = (unsigned char)character.at[0] & first_bits[character.length];
    for (size_t i = 1; i < character.length; i++)
        code = code << 6 | ((unsigned char)character.at[i] & 0x3f);
    return code;
}

static void write_escaped(struct json_text_buffer *out, uint32_t code)
{
    char escape[ESCAPES_BYTES];
    if (code < 0x10000)
        snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)code);
    else
        snprintf(escape, sizeof(escape), "\\u%04x\\u%04x", 0xd7c0 + (unsigned)(code >> 10),
                 0xdc00 + (unsigned)(code & 0x3ff));
    json_text_raw_str(out, escape);
}

/* Text of JSON, which escapes what is below the blank by itself. A letter that looks like another one is told
 * from it by its escape. */
static size_t write_character(struct json_text_buffer *out, struct text rest)
{
    size_t length = text_utf8_length(rest);
    struct text character = text_slice(rest, 0, length == 0 ? 1 : length);
    if (length == 1 && character.at[0] < 0x7f)
        json_text_raw(out, character);
    else
        write_escaped(out, length == 0 ? 0xfffd : code_point(character));
    return character.length;
}

/* What belongs together at the start of `rest`: an escape, or one character. *ret_newline: it is one. */
static size_t write_unit(struct json_text_buffer *out, struct text rest, bool *ret_newline)
{
    *ret_newline = false;
    if (rest.at[0] != '\\' || rest.length < 2)
        return write_character(out, rest);
    size_t length = rest.at[1] == 'u' ? 6 : 2;
    *ret_newline = rest.at[1] == 'n';
    struct text escape = text_slice(rest, 0, length);
    json_text_raw(out, escape);
    return escape.length;
}

/* One line's worth of what is between the quotes. */
static size_t write_piece(struct json_text_buffer *out, struct text rest)
{
    size_t taken = 0;
    bool newline = false;
    json_text_raw_str(out, "\"");
    while (taken < rest.length && taken < PIECE_BYTES_MOST && !newline)
        taken += write_unit(out, text_slice(rest, taken, rest.length), &newline);
    json_text_raw_str(out, "\"\n");
    return taken;
}

static bool is_one_piece(struct text inner)
{
    if (inner.length > PIECE_BYTES_MOST)
        return false;
    for (size_t i = 0; i + 2 < inner.length; i++) {
        if (inner.at[i] == '\\' && inner.at[i + 1] == 'n')
            return false;
        i += inner.at[i] == '\\';
    }
    return true;
}

static void write_string(struct json_text_buffer *out, struct text string, unsigned indent)
{
    struct text inner = text_slice(string, 1, string.length < 2 ? 0 : string.length - 2);
    if (is_one_piece(inner)) {
        json_text_raw_str(out, " ");
        write_piece(out, inner);
        return;
    }
    json_text_raw_str(out, "\n");
    for (size_t at = 0; at < inner.length;) {
        write_indent(out, indent);
        at += write_piece(out, text_slice(inner, at, inner.length));
    }
}

/* ---- the tree ---- */

static bool is_plain_key(struct text key)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";
    for (size_t i = 0; i < key.length; i++)
        if (text_find(text_of(plain), key.at[i]) == sizeof(plain) - 1)
            return false;
    return key.length > 0;
}

static void write_key(struct json_text_buffer *out, struct text key)
{
    const char *quote = is_plain_key(key) ? "" : "\"";
    json_text_raw_str(out, quote);
    for (size_t at = 0; at < key.length;) {
        bool newline;
        at += write_unit(out, text_slice(key, at, key.length), &newline);
    }
    json_text_raw_str(out, quote);
    json_text_raw_str(out, ":");
}

static void write_value(struct json_text_buffer *out, struct text value, unsigned indent);

/* `begun`: the first one stands behind the "-" of an element. */
static void write_members(struct json_text_buffer *out, struct text map, unsigned indent, bool begun)
{
    for (struct json_slices members = json_slices_of(map); json_slice_next(&members); begun = false) {
        if (begun)
            json_text_raw_str(out, " ");
        else
            write_indent(out, indent);
        write_key(out, members.key);
        write_value(out, members.value, indent + STEP);
    }
}

/* A list stands where its key stands, as kubectl writes it. */
static void write_elements(struct json_text_buffer *out, struct text list, unsigned indent)
{
    for (struct json_slices elements = json_slices_of(list); json_slice_next(&elements);) {
        write_indent(out, indent);
        json_text_raw_str(out, "-");
        char first = elements.value.at[0];
        if (first == '{' && elements.value.length > 2)
            write_members(out, elements.value, indent + STEP, true);
        else
            write_value(out, elements.value, indent + (first == '[' ? 2 * STEP : STEP));
    }
}

/* Behind a key or a "-". The recursion is bounded by JSON_DEPTH_MOST of the reader that the text went
 * through. */
static void write_value(struct json_text_buffer *out, struct text value, unsigned indent)
{
    bool filled = value.length > 2;
    if (value.at[0] == '"') {
        write_string(out, value, indent);
    } else if (filled && (value.at[0] == '{' || value.at[0] == '[')) {
        json_text_raw_str(out, "\n");
        if (value.at[0] == '{')
            write_members(out, value, indent, false);
        else
            write_elements(out, value, indent - STEP);
    } else {
        json_text_raw_str(out, " ");
        json_text_raw(out, value);
        json_text_raw_str(out, "\n");
    }
}

static struct approve_lines split(struct text all, struct arena *arena)
{
    size_t count = 0;
    for (size_t i = 0; i < all.length; i++)
        count += all.at[i] == '\n';
    struct text *lines = arena_alloc_array(arena, count, sizeof(*lines));
    for (size_t i = 0; i < count; i++) {
        lines[i] = text_slice(all, 0, text_find(all, '\n'));
        all = text_slice(all, lines[i].length + 1, all.length);
    }
    return (struct approve_lines){lines, count};
}

struct approve_lines approve_lines_of(struct text canonical, struct arena *arena)
{
    struct json_text_buffer out = {NULL, 0, 0}; /* lines, each with its newline */
    if (canonical.length > 0)
        write_members(&out, canonical, 0, false);
    struct text all = arena_copy(arena, json_text_view(&out));
    json_text_done(&out);
    return split(all, arena);
}
