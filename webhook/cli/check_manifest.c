#include "cli/check_manifest.h"

static struct text text_at(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node == NULL || node->type != YAML_STRING ? TEXT_EMPTY : node->text;
}

bool manifest_is_list(const struct yaml_node *object)
{
    const struct yaml_node *items = yaml_get(object, "items");
    return items != NULL && items->type == YAML_LIST &&
           text_ends_with(text_at(object, "kind"), text_of("List"));
}

static struct manifest identify(const struct yaml_node *object)
{
    struct text api_version = text_at(object, "apiVersion");
    size_t slash = text_find(api_version, '/');
    bool has_group = slash < api_version.length;
    const struct yaml_node *metadata = yaml_get(object, "metadata");
    struct manifest manifest = {
        .object = object,
        .group = has_group ? text_slice(api_version, 0, slash) : TEXT_EMPTY,
        .version = has_group ? text_slice(api_version, slash + 1, api_version.length) : api_version,
        .kind = text_at(object, "kind"),
        .namespace = text_at(metadata, "namespace"),
        .name = text_at(metadata, "name"),
    };
    if (manifest.namespace.length == 0)
        manifest.namespace = text_of("default");
    return manifest;
}

/* What the API server would not take as text must not be decided on as if it were missing. */
static bool expect_text(const struct yaml_node *map, const char *path, const char *key, struct error *error)
{
    const struct yaml_node *node = yaml_get(map, key);
    if (node == NULL || node->type == YAML_STRING || node->type == YAML_NULL)
        return true;
    return error_set_at(error, ERROR_INPUT, node->line, node->column, "%s%s is no string; put it in quotes",
                        path, key);
}

bool manifest_read(const struct yaml_node *object, struct manifest *ret_manifest, struct error *error)
{
    const struct yaml_node *metadata = yaml_get(object, "metadata");
    struct manifest manifest = identify(object);
    if (manifest.kind.length == 0 || manifest.version.length == 0)
        return error_set_at(error, ERROR_INPUT, object->line, object->column,
                            "no Kubernetes object: apiVersion or kind is missing; give manifests");
    if (!expect_text(metadata, "metadata.", "name", error) ||
        !expect_text(metadata, "metadata.", "namespace", error))
        return false;
    if (manifest.name.length == 0 && text_at(metadata, "generateName").length == 0)
        return error_set_at(error, ERROR_INPUT, object->line, object->column,
                            "metadata.name is missing; name the object");
    *ret_manifest = manifest;
    return true;
}

static const struct yaml_node *find_below(const struct yaml_node *object, const struct manifest *wanted)
{
    if (manifest_is_list(object)) {
        const struct yaml_node *items = yaml_get(object, "items"), *found = NULL;
        for (size_t i = 0; i < items->child_count && found == NULL; i++)
            found = find_below(&items->children[i], wanted);
        return found;
    }
    struct manifest manifest = identify(object);
    bool same = text_equal(manifest.kind, wanted->kind) && text_equal(manifest.group, wanted->group) &&
                text_equal(manifest.namespace, wanted->namespace) && text_equal(manifest.name, wanted->name);
    return same ? object : NULL;
}

const struct yaml_node *manifest_find(const struct yaml_documents *documents, const struct manifest *wanted)
{
    const struct yaml_node *found = NULL;
    for (size_t i = 0; i < documents->count && found == NULL && wanted->name.length > 0; i++)
        found = find_below(&documents->items[i], wanted);
    return found;
}

static void write_user(const struct user *user, struct json_text_buffer *out)
{
    json_text_key(out, "userInfo");
    json_text_raw_str(out, "{");
    json_text_member(out, "username", user->name);
    json_text_key(out, "groups");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < user->group_count; i++) {
        json_text_element(out);
        json_text_string(out, user->groups[i]);
    }
    json_text_raw_str(out, "]}");
}

static void write_type(const struct manifest *manifest, const char *key, const char *name_key,
                       struct text name, struct json_text_buffer *out)
{
    json_text_key(out, key);
    json_text_raw_str(out, "{");
    json_text_member(out, "group", manifest->group);
    json_text_member(out, "version", manifest->version);
    json_text_member(out, name_key, name);
    json_text_raw_str(out, "}");
}

void manifest_write_review(const struct manifest *manifest, const struct yaml_node *old, struct text resource,
                           const struct user *user, struct json_text_buffer *out)
{
    json_text_clear(out);
    json_text_raw_str(out,
                      "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{");
    json_text_member(out, "uid", text_of("check"));
    write_type(manifest, "kind", "kind", manifest->kind, out);
    write_type(manifest, "resource", "resource", resource, out);
    json_text_member(out, "name", manifest->name);
    json_text_member(out, "namespace", manifest->namespace);
    json_text_member(out, "operation",
                     text_of(operation_name(old == NULL ? OPERATION_CREATE : OPERATION_UPDATE)));
    write_user(user, out);
    json_text_key(out, "object");
    yaml_to_json(manifest->object, out);
    if (old != NULL) {
        json_text_key(out, "oldObject");
        yaml_to_json(old, out);
    }
    json_text_raw_str(out, "}}");
}
