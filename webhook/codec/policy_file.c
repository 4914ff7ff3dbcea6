#include "codec/policy_file.h"

#include "codec/pattern.h"
#include "codec/token_keys.h"
#include "policy_private.h"

#include <stdatomic.h>
#include <stdlib.h>

struct policy_file {
    atomic_int references;
    struct arena arena; /* owns all the policies point to, but the programs of their patterns,
                           and keys */
    struct policy *policies;
    struct policy_set set;
};

static const char *const document_fields[] = {"apiVersion", "kind", "metadata", "spec", NULL};
static const char *const spec_fields[] = {"mode",
                                          "namespaceSelector",
                                          "approval",
                                          "changeDocument",
                                          "changes",
                                          "annotations",
                                          "freezeWindows",
                                          "operators",
                                          "trustedControllers",
                                          "workloads",
                                          "requirements",
                                          "delay",
                                          "release",
                                          "breakGlass",
                                          "warnAhead",
                                          "tokens",
                                          NULL};

static bool check_kind(struct policy_reader *reader, struct policy_map document)
{
    static const struct {
        const char *key, *value;
    } wanted[] = {{"kind", "ChangePolicy"}, {"apiVersion", "changegate.dev/v1alpha1"}};
    /* First what it is: the keys of another kind are no misspelt keys of a policy. */
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        struct text written = TEXT_EMPTY;
        const struct yaml_node *node = policy_find(document, wanted[i].key);
        if (!policy_get_text(reader, document, wanted[i].key, &written))
            return false;
        if (node == NULL && document.node->type == YAML_MAP)
            return policy_fail(reader, document.node, text_of(wanted[i].key), "is missing; write %s: %s",
                               wanted[i].key, wanted[i].value);
        if (node != NULL && !text_is(written, wanted[i].value))
            return policy_fail(reader, node, text_of(wanted[i].key), "is \"%.*s\"; write %s",
                               TEXT_ARGS(text_quote(reader->arena, written, 80)), wanted[i].value);
    }
    return policy_check_map(reader, document, document_fields);
}

static bool read_name(struct policy_reader *reader, struct policy_map document, struct policy *policy)
{
    static const char *const fields[] = {"name", "labels", "annotations", NULL};
    struct policy_map metadata;
    if (!policy_get_map(reader, document, "metadata", fields, &metadata) ||
        !policy_get_text(reader, metadata, "name", &policy->name))
        return false;
    if (policy->name.length == 0)
        return policy_fail(reader, metadata.node != NULL ? metadata.node : document.node,
                           text_of("metadata.name"), "is missing; name the policy");
    return policy->name.length <= 63 ||
           policy_fail(reader, policy_find(metadata, "name"), text_of("metadata.name"),
                       "\"%.*s\" is longer than 63 bytes; shorten it",
                       TEXT_ARGS(text_quote(reader->arena, policy->name, 80)));
}

static bool read_policy(struct policy_reader *reader, const struct yaml_node *node, struct policy *policy)
{
    static const char *const modes[] = {"Enforce", "Warn", "Audit", NULL};
    struct policy_map document = {node, TEXT_EMPTY}, spec;
    unsigned mode = MODE_ENFORCE;
    if (!check_kind(reader, document) || !read_name(reader, document, policy) ||
        !policy_get_map(reader, document, "spec", spec_fields, &spec))
        return false;
    if (spec.node == NULL)
        return policy_fail(reader, node, text_of("spec"), "is missing; see docs/policy.md");
    if (!policy_get_choice(reader, spec, "mode", modes, &mode))
        return false;
    policy->mode = (enum policy_mode)mode;
    return policy_read_selector(reader, spec, &policy->namespace_selector) &&
           policy_read_classes(reader, spec, policy) && policy_read_approval(reader, spec, policy) &&
           policy_read_tokens(reader, spec, policy) && policy_read_document(reader, spec, policy) &&
           policy_read_keys(reader, spec, policy) && policy_read_people(reader, spec, policy) &&
           policy_read_workloads(reader, spec, policy) && policy_read_requirements(reader, spec, policy) &&
           policy_expect_id_pattern(reader, spec, policy) && policy_read_break_glass(reader, spec, policy) &&
           policy_read_delay(reader, spec, policy) && policy_read_release(reader, spec, policy) &&
           policy_read_windows(reader, spec, policy);
}

static bool read_documents(struct policy_file *file, const struct yaml_documents *documents,
                           const struct policy_reading *reading, struct error *error)
{
    struct policy_reader reader = {.arena = &file->arena, .error = error, .reading = reading};
    file->policies = arena_alloc_array(&file->arena, documents->count, sizeof(*file->policies));
    for (size_t i = 0; i < documents->count; i++) {
        file->set =
            (struct policy_set){file->policies, i + 1}; /* also what there is to free when this one fails */
        if (!read_policy(&reader, &documents->items[i], &file->policies[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (text_equal(file->policies[i].name, file->policies[j].name))
                return policy_fail(&reader, yaml_get(yaml_get(&documents->items[i], "metadata"), "name"),
                                   text_of("metadata.name"),
                                   "another policy is called \"%.*s\", too; give each a name of its own",
                                   TEXT_ARGS(text_quote(&file->arena, file->policies[i].name, 80)));
    }
    return true;
}

bool policy_file_read(struct text bytes, const struct policy_reading *reading, struct policy_file **ret_file,
                      struct error *error)
{
    struct yaml_documents documents;
    struct policy_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        abort();
    atomic_init(&file->references, 1);
    *error = (struct error){0};

    bool good = yaml_read(&file->arena, bytes, &documents, error);
    if (good && documents.count == 0)
        good = error_set_at(error, ERROR_INPUT, 1, 1,
                            "the file holds no policy; see manifests/examples/policy.yaml");
    if (good)
        good = read_documents(file, &documents, reading, error);
    if (good)
        *ret_file = file;
    else
        policy_file_unref(file);
    return good;
}

const struct policy_set *policy_file_policies(const struct policy_file *file)
{
    return &file->set;
}

struct policy_file *policy_file_ref(struct policy_file *file)
{
    atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
    return file;
}

void policy_file_unref(struct policy_file *file)
{
    if (file == NULL || atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < file->set.count; i++) {
        pattern_done(&file->policies[i].approval.id_pattern);
        pattern_done(&file->policies[i].break_glass.incident);
        token_keys_free((struct token_keys *)file->policies[i].tokens.keys);
    }
    arena_done(&file->arena);
    free(file);
}
