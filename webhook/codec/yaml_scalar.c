/* What plain scalars mean to kubectl: sigs.k8s.io/yaml over go-yaml v2, file resolve.go. That is YAML 1.1 but
 * for numbers of base 60 and for timestamps, which stay strings. */
#include "yaml_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES_MOST = 400 };

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

static bool is_not_finite(struct text text)
{
    static const char *const words[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                        "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};
    return is_one_of(text, words);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies a scalar that may be a number without its underscores. Behind a leading dot they have to stand
 * between digits. */
static bool copy_number(struct text written, char copy[NUMBER_BYTES_MOST + 1])
{
    size_t length = 0;
    if (written.length == 0 || written.length > NUMBER_BYTES_MOST)
        return false;
    char first = written.at[0];
    if (!is_digit(first) && first != '+' && first != '-' && first != '.')
        return false;
    for (size_t i = 0; i < written.length; i++) {
        bool last = i + 1 == written.length;
        if (written.at[i] == '\0')
            return false;
        if (written.at[i] != '_')
            copy[length++] = written.at[i];
        else if (first == '.' && (last || !is_digit(written.at[i - 1]) || !is_digit(written.at[i + 1])))
            return false;
    }
    copy[length] = '\0';
    return true;
}

unsigned yaml_hex_digit(char c)
{
    if (is_digit(c))
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* An integer's sign and magnitude. False: no integer, or one past 64 bits. */
static bool parse_integer(const char *number, bool *ret_negative, uint64_t *ret_magnitude)
{
    static const struct {
        const char *prefix;
        unsigned base;
    } bases[] = {{"0x", 16}, {"0X", 16}, {"0o", 8}, {"0O", 8}, {"0b", 2}, {"0B", 2}, {"0", 8}, {"", 10}};
    *ret_negative = number[0] == '-';
    number += number[0] == '-' || number[0] == '+';
    size_t chosen = 0;
    if (strcmp(number, "0") == 0)
        chosen = sizeof(bases) / sizeof(bases[0]) - 1;
    while (strncmp(number, bases[chosen].prefix, strlen(bases[chosen].prefix)) != 0)
        chosen++;
    number += strlen(bases[chosen].prefix);

    uint64_t magnitude = 0, base = bases[chosen].base;
    if (*number == '\0')
        return false;
    for (; *number != '\0'; number++) {
        unsigned digit = yaml_hex_digit(*number);
        if (digit >= base || magnitude > (UINT64_MAX - digit) / base)
            return false;
        magnitude = magnitude * base + digit;
    }
    *ret_magnitude = magnitude;
    return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?, and not past what a double holds. */
static bool looks_real(const char *number)
{
    const char *at = number + (*number == '-' || *number == '+');
    size_t whole = strspn(at, "0123456789"), fraction = 0;
    at += whole;
    if (*at == '.') {
        fraction = strspn(at + 1, "0123456789");
        at += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        size_t exponent = strspn(at, "0123456789");
        if (exponent == 0)
            return false;
        at += exponent;
    }
    return *at == '\0' && isfinite(strtod(number, NULL));
}

bool yaml_resolve(struct text written, struct yaml_node *node)
{
    char number[NUMBER_BYTES_MOST + 1];
    bool negative;
    uint64_t magnitude;
    node->type = YAML_STRING;
    if (resolve_word(written, node))
        return true;
    if (is_not_finite(written))
        return false;
    if (!copy_number(written, number))
        return true;
    if (parse_integer(number, &negative, &magnitude)) {
        uint64_t most = (uint64_t)INT64_MAX + negative;
        node->type = magnitude <= most ? YAML_INTEGER : YAML_REAL;
        node->integer = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
        if (magnitude > most && negative) /* as go-yaml: a double where it is decimal, else a string */
            node->type = looks_real(number) ? YAML_REAL : YAML_STRING;
    } else if (looks_real(number)) {
        node->type = YAML_REAL;
    }
    return true;
}

void yaml_write_real(struct text written, struct json_text_buffer *out)
{
    char number[NUMBER_BYTES_MOST + 1] = "0", shortest[40];
    bool negative = false;
    uint64_t magnitude = 0;
    if (copy_number(written, number) && parse_integer(number, &negative, &magnitude) && !negative) {
        snprintf(shortest, sizeof(shortest), "%llu", (unsigned long long)magnitude);
    } else {
        double value = strtod(number, NULL);
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(shortest, sizeof(shortest), "%.*g", digits, value);
            if (strtod(shortest, NULL) == value)
                break;
        }
    }
    json_text_raw_str(out, shortest);
}

enum yaml_tag_fault yaml_apply_tag(struct text tag, struct yaml_node *node)
{
    static const struct {
        const char *tag;
        enum yaml_type type;
    } tags[] = {{YAML_NULL_TAG, YAML_NULL},
                {YAML_BOOL_TAG, YAML_BOOL},
                {YAML_INT_TAG, YAML_INTEGER},
                {YAML_FLOAT_TAG, YAML_REAL}};
    struct yaml_node resolved = {0};
    if (text_is(tag, "!") || text_is(tag, YAML_STR_TAG))
        return YAML_TAG_GOOD;
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (!text_is(tag, tags[i].tag))
            continue;
        bool finite = yaml_resolve(node->text, &resolved);
        bool whole = tags[i].type == YAML_REAL && resolved.type == YAML_INTEGER;
        if (!finite || (resolved.type != tags[i].type && !whole))
            return YAML_TAG_WRONG;
        node->type = resolved.type;
        node->boolean = resolved.boolean;
        node->integer = resolved.integer;
        return YAML_TAG_GOOD;
    }
    return YAML_TAG_UNKNOWN;
}
