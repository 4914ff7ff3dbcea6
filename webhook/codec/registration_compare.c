/* How a live registration differs from what is desired, clause by clause. Both are made complete first, with
 * the API server's defaults; then they have to be equal.
 * Source: k8s.io/api/admissionregistration/v1 types.go and its defaults. */
#include "registration_private.h"

#include <stdlib.h>

enum { DIFFERENCE_SHOWN_FROM = 40, SHOWN_BEFORE = 20, PATH_BYTES_MOST = 300 };

struct comparison {
    struct arena *arena;
    struct text *faults;
    size_t count; /* those past REGISTRATION_FAULTS_MOST included */
};

static void add(struct comparison *comparison, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct comparison *comparison, const char *format, ...)
{
    if (comparison->count++ >= REGISTRATION_FAULTS_MOST)
        return;
    va_list args;
    va_start(args, format);
    comparison->faults[comparison->count - 1] = arena_vprintf(comparison->arena, format, args);
    va_end(args);
}

/* ---- defaults ---- */

/* Null, an empty list and an empty map say as much as an absent member. */
static bool says_nothing(json_t *value);

static void prune(json_t *value)
{
    size_t i;
    const char *key;
    json_t *member;
    void *next;
    json_array_foreach(value, i, member) prune(member);
    json_object_foreach_safe(value, next, key, member) if (says_nothing(member)) json_object_del(value, key);
}

static bool says_nothing(json_t *value)
{
    prune(value);
    return json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

/* Takes `value`. */
static void set_default(json_t *map, const char *key, json_t *value)
{
    if (json_is_object(map) && json_object_get(map, key) == NULL)
        json_object_set_new(map, key, value);
    else
        json_decref(value);
}

static void complete(json_t *webhooks, enum registration_kind kind)
{
    enum { TIMEOUT_S = 10, HTTPS_PORT = 443 };
    size_t i, j;
    json_t *webhook, *rule;
    prune(webhooks);
    registration_set_ca(webhooks, TEXT_EMPTY);
    json_array_foreach(webhooks, i, webhook)
    {
        set_default(webhook, "failurePolicy", json_string("Fail"));
        set_default(webhook, "matchPolicy", json_string("Equivalent"));
        set_default(webhook, "timeoutSeconds", json_integer(TIMEOUT_S));
        set_default(webhook, "namespaceSelector", json_object());
        set_default(webhook, "objectSelector", json_object());
        if (kind == REGISTRATION_MUTATING)
            set_default(webhook, "reinvocationPolicy", json_string("Never"));
        set_default(json_object_get(json_object_get(webhook, "clientConfig"), "service"), "port",
                    json_integer(HTTPS_PORT));
        json_array_foreach(json_object_get(webhook, "rules"), j, rule)
            set_default(rule, "scope", json_string("*"));
    }
}

/* ---- values ---- */

static struct text show(struct comparison *comparison, const json_t *value)
{
    return text_quote(comparison->arena, registration_dump(value, comparison->arena), QUOTE_BYTES_MOST);
}

/* Where a text is long, what matters is not its beginning. */
static struct text show_from(struct comparison *comparison, struct text dump, size_t from)
{
    struct text rest = text_slice(dump, from, dump.length);
    struct text quoted = text_quote(comparison->arena, rest, QUOTE_BYTES_MOST);
    return from == 0 ? quoted : arena_printf(comparison->arena, "\"...%.*s", TEXT_ARGS(quoted));
}

static void compare_scalars(struct comparison *comparison, struct text path, const json_t *live,
                            const json_t *desired)
{
    struct text is = registration_dump(live, comparison->arena);
    struct text wanted = registration_dump(desired, comparison->arena);
    size_t same = 0, from = 0;
    while (same < is.length && same < wanted.length && is.at[same] == wanted.at[same])
        same++;
    if (json_is_string(live) && json_is_string(desired) && same > DIFFERENCE_SHOWN_FROM)
        for (from = same - SHOWN_BEFORE; (is.at[from] & 0xc0) == 0x80;) /* a character's beginning */
            from--;
    add(comparison, "%.*s is %.*s, not %.*s", TEXT_ARGS(path), TEXT_ARGS(show_from(comparison, is, from)),
        TEXT_ARGS(show_from(comparison, wanted, from)));
}

static void compare(struct comparison *comparison, struct text path, const json_t *live,
                    const json_t *desired);

/* ---- lists ---- */

static bool has_names(const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (!json_is_string(json_object_get(item, "name"))) return false;
    return true;
}

/* The index in `list`, or its size. */
static size_t find_name(const json_t *list, struct text name)
{
    size_t i = 0;
    while (i < json_array_size(list) &&
           !text_equal(registration_string(json_object_get(json_array_get(list, i), "name")), name))
        i++;
    return i;
}

static struct text path_of_item(struct comparison *comparison, struct text path, const json_t *item)
{
    struct text name = registration_string(json_object_get(item, "name"));
    return arena_printf(comparison->arena, "%.*s[%.*s]", TEXT_ARGS(path),
                        TEXT_ARGS(text_quote(comparison->arena, name, PATH_BYTES_MOST)));
}

/* Webhooks and matchConditions: each member has a name. */
static void compare_named(struct comparison *comparison, struct text path, const json_t *live,
                          const json_t *desired)
{
    size_t i, before = comparison->count;
    json_t *item;
    bool ordered = true;
    json_array_foreach((json_t *)desired, i, item)
    {
        size_t at = find_name(live, registration_string(json_object_get(item, "name")));
        ordered = ordered && at == i;
        if (at == json_array_size(live))
            add(comparison, "%.*s is missing", TEXT_ARGS(path_of_item(comparison, path, item)));
        else
            compare(comparison, path_of_item(comparison, path, item), json_array_get(live, at), item);
    }
    json_array_foreach((json_t *)live, i, item)
    {
        struct text name = registration_string(json_object_get(item, "name"));
        if (find_name(desired, name) == json_array_size(desired) || find_name(live, name) != i)
            add(comparison, "%.*s is not ours", TEXT_ARGS(path_of_item(comparison, path, item)));
    }
    if (comparison->count == before && !ordered)
        add(comparison, "%.*s are in another order", TEXT_ARGS(path));
}

static bool has_equal(const json_t *list, const json_t *wanted)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (json_equal(item, wanted)) return true;
    return false;
}

/* Those of `list` that `others` lacks. */
static void add_strangers(struct comparison *comparison, struct text path, const json_t *list,
                          const json_t *others, const char *what)
{
    enum { RULE_BYTES_MOST = 400 };
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        struct text dump = registration_dump(item, comparison->arena);
        if (!has_equal(others, item))
            add(comparison, "%.*s %s %.*s", TEXT_ARGS(path), what,
                TEXT_ARGS(text_quote(comparison->arena, dump, RULE_BYTES_MOST)));
    }
}

/* Rules and matchExpressions. */
static void compare_maps_in_order(struct comparison *comparison, struct text path, const json_t *live,
                                  const json_t *desired)
{
    size_t size = json_array_size(live), desired_size = json_array_size(desired), missing = 0;
    for (size_t i = 0; i < desired_size; i++)
        missing += has_equal(live, json_array_get(desired, i)) ? 0 : 1;
    if (missing == 0 && size == desired_size) {
        add(comparison, "%.*s are in another order", TEXT_ARGS(path));
        return;
    }
    for (size_t i = 0; size == desired_size && i < size; i++) {
        struct text item = arena_printf(comparison->arena, "%.*s[%zu]", TEXT_ARGS(path), i);
        compare(comparison, item, json_array_get(live, i), json_array_get(desired, i));
    }
    if (size == desired_size)
        return;
    size_t before = comparison->count;
    add_strangers(comparison, path, desired, live, "lacks");
    add_strangers(comparison, path, live, desired, "has besides");
    if (comparison->count == before)
        add(comparison, "%.*s has some more than once", TEXT_ARGS(path));
}

static void compare_lists(struct comparison *comparison, struct text path, const json_t *live,
                          const json_t *desired)
{
    if (has_names(live) && has_names(desired))
        compare_named(comparison, path, live, desired);
    else if (json_is_object(json_array_get(desired, 0)))
        compare_maps_in_order(comparison, path, live, desired);
    else
        compare_scalars(comparison, path, live, desired);
}

/* ---- maps ---- */

static struct text path_of_member(struct comparison *comparison, struct text path, const char *key)
{
    struct text name = text_quote(comparison->arena, text_of(key), PATH_BYTES_MOST);
    bool is_word = strpbrk(key, "./") == NULL;
    return arena_printf(comparison->arena, is_word ? "%.*s.%.*s" : "%.*s[%.*s]", TEXT_ARGS(path),
                        TEXT_ARGS(name));
}

/* One side lacks the member. Of a list of names, each is told: an absent list is an empty one. */
static void compare_lacking(struct comparison *comparison, struct text path, const json_t *live,
                            const json_t *desired)
{
    const json_t *value = live != NULL ? live : desired;
    if (json_is_array(value) && has_names(value))
        compare_named(comparison, path, live, desired);
    else if (live == NULL)
        add(comparison, "%.*s is missing, and should be %.*s", TEXT_ARGS(path),
            TEXT_ARGS(show(comparison, value)));
    else
        add(comparison, "%.*s is %.*s, and should not be there", TEXT_ARGS(path),
            TEXT_ARGS(show(comparison, value)));
}

static void compare_maps(struct comparison *comparison, struct text path, const json_t *live,
                         const json_t *desired)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)desired, key, value)
        compare(comparison, path_of_member(comparison, path, key), json_object_get(live, key), value);
    json_object_foreach((json_t *)live, key, value)
    {
        if (json_object_get(desired, key) == NULL)
            compare(comparison, path_of_member(comparison, path, key), value, NULL);
    }
}

static void compare(struct comparison *comparison, struct text path, const json_t *live,
                    const json_t *desired)
{
    if (live != NULL && desired != NULL && json_equal(live, desired))
        return;
    if (live == NULL || desired == NULL)
        compare_lacking(comparison, path, live, desired);
    else if (json_is_object(live) && json_is_object(desired))
        compare_maps(comparison, path, live, desired);
    else if (json_is_array(live) && json_is_array(desired))
        compare_lists(comparison, path, live, desired);
    else
        compare_scalars(comparison, path, live, desired);
}

size_t registration_compare(const struct registration *registration, struct text live_json,
                            struct arena *arena, struct text ret_faults[static REGISTRATION_FAULTS_MOST])
{
    struct comparison comparison = {.arena = arena, .faults = ret_faults};
    struct error error;
    json_t *root = registration_load(registration, live_json, &error);
    if (root == NULL) {
        ret_faults[0] = arena_copy(arena, text_of(error.text));
        return 1;
    }
    json_t *desired = registration_desired(registration), *none = json_array();
    json_t *live = json_object_get(root, "webhooks");
    live = json_is_array(live) ? live : none;
    complete(desired, registration->kind);
    complete(live, registration->kind);
    compare(&comparison, text_of("webhooks"), live, desired);
    json_decref(desired);
    json_decref(none);
    json_decref(root);
    if (comparison.count <= REGISTRATION_FAULTS_MOST)
        return comparison.count;
    ret_faults[REGISTRATION_FAULTS_MOST - 1] =
        arena_printf(arena, "and %zu more", comparison.count - REGISTRATION_FAULTS_MOST + 1);
    return REGISTRATION_FAULTS_MOST;
}
