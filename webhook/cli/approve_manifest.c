#include "cli/approve_manifest.h"

#include "cli/check_manifest.h"

struct search {
    const struct held_target *target;
    const struct yaml_node *found;
};

static struct text text_at(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node == NULL || node->type != YAML_STRING ? TEXT_EMPTY : node->text;
}

/* "apps/v1" is of the group "apps", "v1" of "". */
static struct text group_of(const struct yaml_node *object)
{
    struct text api_version = text_at(object, "apiVersion");
    size_t slash = text_find(api_version, '/');
    return slash < api_version.length ? text_slice(api_version, 0, slash) : TEXT_EMPTY;
}

static bool is_wanted(const struct yaml_node *object, const struct held_target *target)
{
    const struct yaml_node *metadata = yaml_get(object, "metadata");
    struct text namespace = text_at(metadata, "namespace");
    return text_is(text_at(object, "kind"), target->kind->kind) &&
           text_is(group_of(object), target->kind->group) &&
           text_is(text_at(metadata, "name"), target->name) &&
           (namespace.length == 0 || text_is(namespace, target->namespace));
}

static bool look_at(struct search *search, const struct yaml_node *object, struct error *error)
{
    if (manifest_is_list(object)) {
        const struct yaml_node *items = yaml_get(object, "items");
        for (size_t i = 0; i < items->child_count; i++)
            if (!look_at(search, &items->children[i], error))
                return false;
        return true;
    }
    if (!is_wanted(object, search->target))
        return true;
    if (search->found != NULL)
        return error_set_at(error, ERROR_INPUT, object->line, object->column,
                            "%s %s is here a second time; leave one of the two", search->target->kind->kind,
                            search->target->name);
    search->found = object;
    return true;
}

bool approve_manifest_read(const char *path, const struct held_target *target, struct arena *arena,
                           struct json_text_buffer *out, struct error *error)
{
    struct text bytes;
    struct yaml_documents documents;
    struct search search = {.target = target};
    if (!arguments_read_file(arena, path, ARGUMENTS_FILE_BYTES_MOST, &bytes, error))
        return false;
    if (!yaml_read(arena, bytes, &documents, error))
        return arguments_fail_in(path, error);
    for (size_t i = 0; i < documents.count; i++)
        if (!look_at(&search, &documents.items[i], error))
            return arguments_fail_in(path, error);
    if (search.found == NULL)
        return error_set(error, ERROR_INPUT,
                         "%s: no %s %s for namespace %s in it; give the file of the change", path,
                         target->kind->kind, target->name, target->namespace);
    yaml_to_json(search.found, out);
    return true;
}
