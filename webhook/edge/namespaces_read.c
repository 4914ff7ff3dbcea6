#include "codec/yaml_tree.h"
#include "core/freeze.h"
#include "edge/namespaces.h"

/* Files that kubectl or a person wrote: a shape the API server would refuse is refused here too, with its
 * place. */

static bool expect(const struct yaml_node *node, enum yaml_type type, const char *what, struct error *error)
{
    if (node->type == type)
        return true;
    return error_set_at(error, ERROR_INPUT, node->line, node->column, "%s", what);
}

/* A value that YAML took for a boolean or a number is text to Kubernetes only when it is quoted. */
static bool read_value(const struct yaml_node *node, struct text *ret_value, struct error *error)
{
    if (node->type != YAML_STRING)
        return error_set_at(error, ERROR_INPUT, node->line, node->column,
                            "%.*s: must be a string; put the value in quotes", TEXT_ARGS(node->key));
    *ret_value = node->text;
    return true;
}

static bool read_labels(struct arena *arena, const struct yaml_node *node, struct labels *ret_labels,
                        struct error *error)
{
    if (node == NULL || node->type == YAML_NULL)
        return true;
    if (!expect(node, YAML_MAP, "metadata.labels must be a map of strings", error))
        return false;
    struct label *items = arena_alloc_array(arena, node->child_count, sizeof(*items));
    for (size_t i = 0; i < node->child_count; i++) {
        items[i].key = node->children[i].key;
        if (!read_value(&node->children[i], &items[i].value, error))
            return false;
    }
    *ret_labels = (struct labels){items, node->child_count};
    return true;
}

static bool read_annotation(const struct yaml_node *annotations, const char *key, struct text *ret_value,
                            struct error *error)
{
    const struct yaml_node *node = yaml_get(annotations, key);
    return node == NULL || read_value(node, ret_value, error);
}

static bool read_annotations(const struct yaml_node *node, struct namespace_metadata *metadata,
                             struct error *error)
{
    if (node == NULL || node->type == YAML_NULL)
        return true;
    return expect(node, YAML_MAP, "metadata.annotations must be a map of strings", error) &&
           read_annotation(node, NAMESPACE_FREEZE_UNTIL, &metadata->freeze_until, error) &&
           read_annotation(node, NAMESPACE_FREEZE_REASON, &metadata->freeze_reason, error);
}

static bool read_namespace(struct arena *arena, const struct yaml_node *object,
                           struct namespace_metadata *ret_metadata, struct error *error)
{
    const struct yaml_node *metadata = yaml_get(object, "metadata");
    const struct yaml_node *name =
        metadata != NULL && metadata->type == YAML_MAP ? yaml_get(metadata, "name") : NULL;
    if (name == NULL || name->type != YAML_STRING || name->text.length == 0)
        return error_set_at(error, ERROR_INPUT, object->line, object->column,
                            "Namespace without a name; give it metadata.name");

    struct namespace_metadata read = {
        .name = name->text,
        .terminating = yaml_get(metadata, "deletionTimestamp") != NULL,
    };
    if (!read_labels(arena, yaml_get(metadata, "labels"), &read.labels, error) ||
        !read_annotations(yaml_get(metadata, "annotations"), &read, error))
        return false;
    *ret_metadata = read;
    return true;
}

static bool kind_is(const struct yaml_node *object, const char *kind)
{
    const struct yaml_node *node = yaml_get(object, "kind");
    return node != NULL && node->type == YAML_STRING && text_is(node->text, kind);
}

/* `store` NULL: only look whether it is good. */
static bool take_namespace(struct namespace_store *store, const struct yaml_node *object, struct error *error)
{
    struct namespace_metadata metadata;
    struct arena arena;
    if (object->type != YAML_MAP || !kind_is(object, "Namespace"))
        return error_set_at(
            error, ERROR_INPUT, object->line, object->column,
            "not a Namespace; the file may hold objects of kind Namespace only, or a List of them");
    arena_init(&arena);
    bool good = read_namespace(&arena, object, &metadata, error);
    if (good && store != NULL)
        namespace_store_put(store, &metadata);
    arena_done(&arena);
    return good;
}

static const struct yaml_node *list_items(const struct yaml_node *document)
{
    if (document->type != YAML_MAP || (!kind_is(document, "List") && !kind_is(document, "NamespaceList")))
        return NULL;
    const struct yaml_node *items = yaml_get(document, "items");
    return items != NULL && items->type == YAML_LIST ? items : NULL;
}

static bool take_document(void *context, const struct yaml_node *document, struct error *error)
{
    struct namespace_store *store = context;
    const struct yaml_node *items = list_items(document);
    if (items == NULL)
        return take_namespace(store, document, error);
    for (size_t i = 0; i < items->child_count; i++)
        if (!take_namespace(store, &items->children[i], error))
            return false;
    return true;
}

/* Read twice, a document at a time: the store is touched only when all of the file is good, and a file of
 * very many namespaces never stands in memory as a tree. */
bool namespace_store_read(struct namespace_store *store, struct text bytes, struct error *error)
{
    return yaml_read_each(bytes, take_document, NULL, error) &&
           yaml_read_each(bytes, take_document, store, error);
}
