#include "codec/json_slice.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct text text, size_t *at)
{
    while (*at < text.length && is_blank(text.at[*at]))
        (*at)++;
}

/* From the opening quote to behind the closing one. */
static bool skip_string(struct text text, size_t *at)
{
    for (size_t i = *at + 1; i < text.length; i++) {
        if (text.at[i] == '\\') {
            i++;
        } else if (text.at[i] == '"') {
            *at = i + 1;
            return true;
        }
    }
    return false;
}

static bool skip_container(struct text text, size_t *at)
{
    size_t depth = 0;
    for (size_t i = *at; i < text.length;) {
        char c = text.at[i];
        if (c == '"') {
            if (!skip_string(text, &i))
                return false;
            continue;
        }
        i++;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (depth == 0) {
            *at = i;
            return true;
        }
    }
    return false;
}

static bool skip_scalar(struct text text, size_t *at)
{
    size_t i = *at;
    while (i < text.length && !is_blank(text.at[i]) && strchr(",:]}[{\"", text.at[i]) == NULL)
        i++;
    bool good = i > *at;
    *at = i;
    return good;
}

static bool skip_value(struct text text, size_t *at)
{
    if (*at == text.length)
        return false;
    switch (text.at[*at]) {
    case '"': return skip_string(text, at);
    case '{':
    case '[': return skip_container(text, at);
    default: return skip_scalar(text, at);
    }
}

struct json_slices json_slices_of(struct text value)
{
    struct json_slices slices = {.text = value};
    skip_blanks(value, &slices.at);
    char first = slices.at < value.length ? value.at[slices.at] : '\0';
    slices.is_object = first == '{';
    if (first == '{' || first == '[')
        slices.at++;
    else
        slices.at = value.length;
    return slices;
}

/* `"key" :` and the blanks around it. */
static bool take_key(struct json_slices *slices)
{
    size_t start = slices->at;
    if (start == slices->text.length || slices->text.at[start] != '"' ||
        !skip_string(slices->text, &slices->at))
        return false;
    slices->key = text_slice(slices->text, start + 1, slices->at - start - 2);
    skip_blanks(slices->text, &slices->at);
    if (slices->at == slices->text.length || slices->text.at[slices->at] != ':')
        return false;
    slices->at++;
    skip_blanks(slices->text, &slices->at);
    return true;
}

static bool take_element(struct json_slices *slices)
{
    skip_blanks(slices->text, &slices->at);
    if (slices->begun) {
        if (slices->at == slices->text.length || slices->text.at[slices->at] != ',')
            return false;
        slices->at++;
        skip_blanks(slices->text, &slices->at);
    }
    slices->begun = true;
    if (slices->is_object && !take_key(slices))
        return false;
    size_t start = slices->at;
    if (!skip_value(slices->text, &slices->at))
        return false;
    slices->value = text_slice(slices->text, start, slices->at - start);
    return true;
}

bool json_slice_next(struct json_slices *slices)
{
    if (take_element(slices))
        return true;
    slices->at = slices->text.length;
    return false;
}

struct text json_slice_member(struct text object, const char *key)
{
    struct json_slices slices = json_slices_of(object);
    while (slices.is_object && json_slice_next(&slices))
        if (text_is(slices.key, key))
            return slices.value;
    return TEXT_EMPTY;
}

bool json_slice_is_whole(struct text text)
{
    size_t at = 0;
    skip_blanks(text, &at);
    if (!skip_value(text, &at))
        return false;
    skip_blanks(text, &at);
    return at == text.length;
}
