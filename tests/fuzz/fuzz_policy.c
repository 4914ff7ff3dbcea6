/* The policy file, and the YAML below it, fed with anything: no crash, no leak, no hang, and every failure is
 * one line with a place. */
#include "codec/policy_file.h"
#include "codec/yaml_tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* What an operator is told must fit one line of a terminal. */
static void require_message(const struct error *error)
{
    require(error->kind == ERROR_INPUT || error->kind == ERROR_UNSUPPORTED);
    require(error->line > 0 && error->column > 0);
    require(error->text[0] != '\0' && strlen(error->text) < sizeof(error->text));
    for (const char *c = error->text; *c != '\0'; c++)
        require((unsigned char)*c >= ' ' && *c != 0x7f);
}

/* A tree that could be read can be written. */
static void read_tree(struct text bytes)
{
    struct arena arena;
    struct yaml_documents documents;
    struct json_text_buffer json = {NULL, 0, 0};
    struct error error = {0};
    arena_init(&arena);
    if (yaml_read(&arena, bytes, &documents, &error)) {
        for (size_t i = 0; i < documents.count; i++)
            yaml_to_json(&documents.items[i], &json);
    } else {
        require_message(&error);
    }
    json_text_done(&json);
    arena_done(&arena);
}

/* A policy that was taken answers whatever it is asked. */
static void ask(const struct policy_set *set)
{
    static const struct label label = {TEXT("changegate.dev/tier"), TEXT("tier-1")};
    require(set->count > 0);
    policy_for_namespace(set, (struct labels){&label, 1});
    for (size_t i = 0; i < set->count; i++) {
        const struct policy *policy = &set->items[i];
        const struct freeze_label open = {.action = FREEZE_OPEN};
        require(policy->name.length > 0 && policy->namespace_selector.requirement_count > 0);
        freeze_at(&policy->freeze, &open, 1795000000);
        if (policy->approval.id_pattern.matches != NULL)
            policy->approval.id_pattern.matches(policy->approval.id_pattern.program,
                                                (struct text)TEXT("CHG0001234"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = {(const char *)data, size};
    struct policy_file *file;
    struct error error = {0};
    read_tree(bytes);
    if (policy_file_read(bytes, &file, &error)) {
        ask(policy_file_policies(file));
        policy_file_unref(file);
    } else {
        require_message(&error);
    }
    return 0;
}
