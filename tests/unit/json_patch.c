#include "json_patch.h"

#include <stdlib.h>
#include <string.h>

/* The next step of a JSON pointer, unescaped; *pointer moves behind it. */
static void take_step(const char **pointer, char *ret_step, size_t step_bytes)
{
    size_t length = 0;
    for ((*pointer)++; **pointer != '\0' && **pointer != '/' && length + 1 < step_bytes; (*pointer)++) {
        if (**pointer == '~')
            ret_step[length++] = *++*pointer == '1' ? '/' : '~';
        else
            ret_step[length++] = **pointer;
    }
    ret_step[length] = '\0';
}

static json_t *member(json_t *parent, const char *step)
{
    if (json_is_array(parent))
        return json_array_get(parent, (size_t)strtoul(step, NULL, 10));
    return json_object_get(parent, step);
}

static bool add(json_t *parent, const char *step, const json_t *value)
{
    if (json_is_object(parent))
        return json_object_set_new(parent, step, json_deep_copy(value)) == 0;
    if (strcmp(step, "-") == 0)
        return json_array_append_new(parent, json_deep_copy(value)) == 0;
    return json_array_insert_new(parent, (size_t)strtoul(step, NULL, 10), json_deep_copy(value)) == 0;
}

static bool take_away(json_t *parent, const char *step)
{
    return json_is_array(parent) ? json_array_remove(parent, (size_t)strtoul(step, NULL, 10)) == 0
                                 : json_object_del(parent, step) == 0;
}

static bool operate(json_t *object, const json_t *operation)
{
    char step[64];
    const char *op = json_string_value(json_object_get(operation, "op"));
    const char *pointer = json_string_value(json_object_get(operation, "path"));
    const json_t *value = json_object_get(operation, "value");
    json_t *parent = object;
    for (take_step(&pointer, step, sizeof(step)); *pointer != '\0'; take_step(&pointer, step, sizeof(step)))
        parent = member(parent, step);
    if (parent == NULL)
        return false;
    if (strcmp(op, "add") == 0)
        return add(parent, step, value);
    if (member(parent, step) == NULL)
        return false;
    if (strcmp(op, "remove") == 0)
        return take_away(parent, step);
    if (strcmp(op, "replace") == 0)
        return json_object_set_new(parent, step, json_deep_copy(value)) == 0;
    return strcmp(op, "test") == 0 && json_equal(member(parent, step), value);
}

bool json_patch_apply(json_t *object, const json_t *patch)
{
    for (size_t i = 0; i < json_array_size(patch); i++)
        if (!operate(object, json_array_get(patch, i)))
            return false;
    return true;
}

json_t *json_patch_read(const char *digits)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *bytes = malloc(strlen(digits) + 1);
    size_t length = 0;
    unsigned held = 0, bits = 0;
    for (; *digits != '\0' && *digits != '='; digits++) {
        held = held << 6 | (unsigned)(strchr(alphabet, *digits) - alphabet);
        bits += 6;
        if (bits >= 8)
            bytes[length++] = (char)(held >> (bits -= 8) & 0xff);
    }
    json_t *value = json_loadb(bytes, length, JSON_ALLOW_NUL, NULL);
    free(bytes);
    return value;
}
