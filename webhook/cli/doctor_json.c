#include "cli/doctor_json.h"

struct json doctor_at(struct json value, const char *path)
{
    struct text rest = text_of(path);
    while (rest.length > 0) {
        struct text key = text_slice(rest, 0, text_find(rest, '.'));
        value = json_get(value, key);
        rest = text_slice(rest, key.length + 1, rest.length);
    }
    return value;
}

struct text doctor_text_at(struct json value, const char *path)
{
    return json_as_text(doctor_at(value, path));
}

struct json doctor_webhook(struct json registration, const char *name)
{
    for (struct json_walk w = json_walk_start(doctor_at(registration, "webhooks")); json_walk_next(&w);)
        if (text_is(doctor_text_at(w.value, "name"), name))
            return w.value;
    return JSON_NOTHING;
}

struct labels doctor_labels_read(struct json map, struct arena *arena)
{
    struct label *items = arena_alloc_array(arena, json_count(map) + 1, sizeof(*items));
    size_t count = 0;
    for (struct json_walk w = json_walk_start(map); json_walk_next(&w);)
        items[count++] = (struct label){arena_copy(arena, w.key), json_as_text(w.value)};
    return (struct labels){items, count};
}

static enum selector_operator operator_of(struct text written)
{
    if (text_is(written, "In"))
        return SELECTOR_IN;
    if (text_is(written, "NotIn"))
        return SELECTOR_NOT_IN;
    return text_is(written, "Exists") ? SELECTOR_EXISTS : SELECTOR_DOES_NOT_EXIST;
}

struct selector doctor_selector_read(struct json written, struct arena *arena)
{
    struct json equal = doctor_at(written, "matchLabels"), more = doctor_at(written, "matchExpressions");
    struct labels labels = doctor_labels_read(equal, arena);
    struct selector_requirement *all =
        arena_alloc_array(arena, labels.count + json_count(more) + 1, sizeof(*all));
    size_t count = 0;
    for (; count < labels.count; count++)
        all[count] = (struct selector_requirement){labels.items[count].key, SELECTOR_IN,
                                                   &labels.items[count].value, 1};
    for (struct json_walk w = json_walk_start(more); json_walk_next(&w);) {
        struct json list = doctor_at(w.value, "values");
        struct text *values = arena_alloc_array(arena, json_count(list) + 1, sizeof(*values));
        size_t value_count = 0;
        for (struct json_walk v = json_walk_start(list); json_walk_next(&v);)
            values[value_count++] = json_as_text(v.value);
        all[count++] = (struct selector_requirement){doctor_text_at(w.value, "key"),
                                                     operator_of(doctor_text_at(w.value, "operator")), values,
                                                     value_count};
    }
    return (struct selector){all, count};
}
