/* spec.approval, spec.changeDocument, spec.changes and spec.annotations: what a change has to bring. */
#include "policy_private.h"

#include "codec/pattern.h"
#include "core/approval.h"

#include <string.h>

bool policy_get_sources(struct policy_reader *reader, struct policy_map map, approval_sources *sources)
{
    static const char *const names[] = {
        [SOURCE_ANNOTATION] = "Annotation", [SOURCE_APPROVAL] = "Approval", [SOURCE_TOKEN] = "Token"};
    enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };
    const struct text *written = NULL;
    size_t count = 0;
    const struct yaml_node *list;
    struct text path = policy_path(reader, map.path, "sources");
    if (!policy_get_texts(reader, map, "sources", &written, &count) ||
        !policy_get_list(reader, map, "sources", &list))
        return false;
    if (list == NULL)
        return true;
    if (count == 0)
        return policy_fail(reader, list, path, "is empty; write [Annotation], or leave it out");
    approval_sources set = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned source = 0;
        while (source < NAME_COUNT && !text_is(written[i], names[source]))
            source++;
        if (source == NAME_COUNT)
            return policy_fail(reader, &list->children[i], policy_path_index(reader, path, i),
                               "\"%.*s\" is none of Annotation, Approval, Token",
                               TEXT_ARGS(text_quote(reader->arena, written[i], 80)));
        set |= SOURCE_BIT(source);
    }
    *sources = set;
    return true;
}

/* An id in an annotation names nobody: what asks for a person would ask for nothing. */
bool policy_expect_people(struct policy_reader *reader, struct policy_map map, const char *key,
                          approval_sources sources)
{
    return policy_find(map, key) == NULL || sources != SOURCE_BIT(SOURCE_ANNOTATION) ||
           policy_fail(
               reader, policy_find(map, key), policy_path(reader, map.path, key),
               "says nothing of ids in an annotation, and nothing else counts; add Approval or Token to "
               "sources, or take it out");
}

/* The whole of an id must match in any case; a policy says so to whoever reads it. */
static bool is_anchored(struct text source)
{
    return text_starts_with(source, text_of("^")) && text_ends_with(source, text_of("$")) &&
           !text_ends_with(source, text_of("\\$"));
}

bool policy_get_pattern(struct policy_reader *reader, struct policy_map map, const char *key,
                        struct pattern *pattern)
{
    struct text source = TEXT_EMPTY;
    if (!policy_get_text(reader, map, key, &source))
        return false;
    if (source.at == NULL)
        return true;
    const struct yaml_node *node = policy_find(map, key);
    struct text path = policy_path(reader, map.path, key);
    if (!is_anchored(source))
        return policy_fail(reader, node, path,
                           "\"%.*s\" is not anchored; write it as ^...$, since the whole id has to match",
                           TEXT_ARGS(text_quote(reader->arena, source, 80)));
    struct error fault = {0};
    if (!pattern_compile(reader->arena, source, pattern, &fault))
        return policy_fail(reader, node, path,
                           "\"%.*s\" is no regular expression (PCRE2), at its character %u: %s",
                           TEXT_ARGS(text_quote(reader->arena, source, 80)), fault.column, fault.text);
    return true;
}

bool policy_read_approval(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"idPattern", "minimum", "sources", "reuse", "approverGroups", NULL};
    static const char *const reuses[] = {"Deny", "Allow", NULL};
    struct approval_rule *rule = &policy->approval;
    struct policy_map approval;
    int64_t minimum = 1;
    unsigned reuse = 0;
    rule->sources = SOURCE_BIT(SOURCE_ANNOTATION);
    if (!policy_get_map(reader, spec, "approval", fields, &approval) ||
        !policy_get_integer(reader, approval, "minimum", 1, APPROVAL_IDS_MOST, &minimum) ||
        !policy_get_sources(reader, approval, &rule->sources) ||
        !policy_get_choice(reader, approval, "reuse", reuses, &reuse) ||
        !policy_get_pattern(reader, approval, "idPattern", &rule->id_pattern) ||
        !policy_get_texts(reader, approval, "approverGroups", &rule->approver_groups,
                          &rule->approver_group_count) ||
        !policy_expect_people(reader, approval, "approverGroups", rule->sources))
        return false;
    rule->minimum = (unsigned)minimum;
    rule->reuse_allowed = reuse == 1;
    return true;
}

bool policy_expect_id_pattern(struct policy_reader *reader, struct policy_map spec,
                              const struct policy *policy)
{
    bool wanted = false;
    for (unsigned class = 0; class < CLASS_COUNT; class ++)
        wanted |= policy->needs[class].approval;
    for (size_t i = 0; i < policy->requirement_count; i++)
        wanted |= policy->requirements[i].classes != 0 && policy->requirements[i].minimum > 0;
    if (!wanted || !(policy->approval.sources & SOURCE_BIT(SOURCE_ANNOTATION)) ||
        policy->approval.id_pattern.matches != NULL)
        return true;
    const struct yaml_node *approval = policy_find(spec, "approval");
    return policy_fail(reader, approval != NULL ? approval : spec.node,
                       policy_path(reader, policy_path(reader, spec.path, "approval"), "idPattern"),
                       "is missing; write one such as '^CHG[0-9]{7}$', or name sources without Annotation");
}

/* ---- changeDocument ---- */

static bool parse_port(struct text digits, unsigned *ret_port)
{
    unsigned port = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9' || port > 65535)
            return false;
        port = port * 10 + (unsigned)(digits.at[i] - '0');
    }
    *ret_port = port;
    return digits.length > 0 && port >= 1 && port <= 65535;
}

static bool is_host(struct text host)
{
    for (size_t i = 0; i < host.length; i++) {
        char c = host.at[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                    c == '.';
        if (!good)
            return false;
    }
    return host.length > 0 && host.at[0] != '.';
}

/* A path that no link could have, by the rules for links, matches nothing. */
static bool is_path(struct text host, struct text path, bool exact)
{
    static const char never[] = "*?#";
    struct arena arena = {NULL, 0};
    const struct document_rule any = {0};
    for (const char *c = never; *c != '\0'; c++)
        if (text_find(path, *c) < path.length)
            return false;
    struct text link =
        arena_printf(&arena, "https://%.*s%.*s%s", TEXT_ARGS(host), TEXT_ARGS(path), exact ? "" : "x");
    bool good = path.length > 0 && document_check(&any, link) == DOCUMENT_GOOD;
    arena_done(&arena);
    return good;
}

/* 'https://[*.]HOST[:PORT]/PATH[*]' */
static bool parse_url_pattern(struct text source, struct url_pattern *ret)
{
    static const struct text scheme = TEXT("https://"), wildcard = TEXT("*.");
    struct url_pattern pattern = {.source = source, .port = 443, .exact = true};
    if (!text_starts_with(source, scheme))
        return false;
    struct text rest = text_slice(source, scheme.length, source.length);
    size_t slash = text_find(rest, '/');
    struct text host = text_slice(rest, 0, slash);
    struct text path = text_slice(rest, slash, rest.length);

    if (text_starts_with(host, wildcard)) {
        pattern.any_subdomain = true;
        host = text_slice(host, wildcard.length, host.length);
    }
    size_t colon = text_find(host, ':');
    if (colon < host.length && !parse_port(text_slice(host, colon + 1, host.length), &pattern.port))
        return false;
    pattern.host = text_slice(host, 0, colon);
    if (path.length > 0 && text_ends_with(path, text_of("*"))) {
        pattern.exact = false;
        path.length--;
    }
    pattern.path_prefix = path;
    if (!is_host(pattern.host) || !is_path(pattern.host, path, pattern.exact))
        return false;
    *ret = pattern;
    return true;
}

bool policy_read_document(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"required", "urls", NULL};
    struct policy_map document;
    const struct text *sources = NULL;
    const struct yaml_node *list;
    if (!policy_get_map(reader, spec, "changeDocument", fields, &document))
        return false;
    policy->document.required = document.node != NULL;
    if (!policy_get_bool(reader, document, "required", &policy->document.required) ||
        !policy_get_texts(reader, document, "urls", &sources, &policy->document.url_count) ||
        !policy_get_list(reader, document, "urls", &list))
        return false;
    struct url_pattern *urls = arena_alloc_array(reader->arena, policy->document.url_count, sizeof(*urls));
    for (size_t i = 0; i < policy->document.url_count; i++)
        if (!parse_url_pattern(sources[i], &urls[i]))
            return policy_fail(
                reader, &list->children[i],
                policy_path_index(reader, policy_path(reader, document.path, "urls"), i),
                "\"%.*s\" is no pattern for links; write https://HOST/PATH/* (HOST may start with *.)",
                TEXT_ARGS(text_quote(reader->arena, sources[i], 80)));
    policy->document.urls = urls;
    return true;
}

/* ---- changes ---- */

bool policy_read_classes(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"Create", "Rollout", "Resume",   "Restart", "Delete",
                                         "Scale",  "Debug",   "Rollback", NULL};
    static const char *const needs_fields[] = {"approval", "freeze", NULL};
    struct policy_map changes, needs;
    memcpy(policy->needs, policy_default_needs, sizeof(policy->needs));
    if (!policy_get_map(reader, spec, "changes", fields, &changes))
        return false;
    for (const char *const *field = fields; *field != NULL; field++) {
        struct class_needs *class = &policy->needs[change_class_parse(text_of(*field))];
        if (!policy_get_map(reader, changes, *field, needs_fields, &needs) ||
            !policy_get_bool(reader, needs, "approval", &class->approval) ||
            !policy_get_bool(reader, needs, "freeze", &class->freeze))
            return false;
    }
    return true;
}

/* ---- annotations ---- */

bool policy_is_annotation_key(struct text key)
{
    size_t slash = text_find(key, '/');
    struct text name = slash < key.length ? text_slice(key, slash + 1, key.length) : key;
    for (size_t i = 0; i < key.length; i++) {
        char c = key.at[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                    c == '_' || c == '.' || (c == '/' && i == slash);
        if (!good)
            return false;
    }
    return slash > 0 && name.length > 0 && name.length <= 63 && key.length <= 317;
}

bool policy_read_keys(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"approvalIds", "changeDocument", NULL};
    struct policy_map keys;
    policy->approval_ids_key = text_of("changegate.dev/approval-ids");
    policy->change_document_key = text_of("changegate.dev/change-doc");
    if (!policy_get_map(reader, spec, "annotations", fields, &keys) ||
        !policy_get_text(reader, keys, "approvalIds", &policy->approval_ids_key) ||
        !policy_get_text(reader, keys, "changeDocument", &policy->change_document_key))
        return false;
    for (const char *const *field = fields; *field != NULL; field++) {
        const struct yaml_node *node = yaml_get(keys.node, *field);
        if (node != NULL && node->type == YAML_STRING && !policy_is_annotation_key(node->text))
            return policy_fail(reader, node, policy_path(reader, keys.path, *field),
                               "\"%.*s\" is no annotation key; write one such as example.com/name",
                               TEXT_ARGS(text_quote(reader->arena, node->text, 80)));
    }
    if (text_equal(policy->approval_ids_key, policy->change_document_key))
        return policy_fail(reader, keys.node, keys.path,
                           "both name \"%.*s\"; ids and link need an annotation each",
                           TEXT_ARGS(policy->approval_ids_key));
    return true;
}
