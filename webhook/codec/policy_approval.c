/* spec.approval, spec.changeDocument, spec.changes and spec.annotations: what a change has to bring. */
#include "policy_private.h"

#include "codec/pattern.h"
#include "core/approval.h"

#include <string.h>

static const char use_annotation[] = "use sources: [Annotation]";

static bool read_sources(struct policy_reader *reader, struct policy_map approval)
{
    const struct text *sources = NULL;
    size_t count = 0;
    const struct yaml_node *list;
    if (!policy_get_texts(reader, approval, "sources", &sources, &count) ||
        !policy_get_list(reader, approval, "sources", &list))
        return false;
    if (list != NULL && count == 0)
        return policy_fail(reader, list, policy_path(reader, approval.path, "sources"),
                           "is empty; write [Annotation], or leave it out");
    for (size_t i = 0; i < count; i++) {
        struct text path = policy_path_index(reader, policy_path(reader, approval.path, "sources"), i);
        if (text_is(sources[i], "Approval") || text_is(sources[i], "Token"))
            return policy_fail_later(
                reader, &list->children[i],
                arena_printf(reader->arena, "%.*s: %.*s", TEXT_ARGS(path), TEXT_ARGS(sources[i])),
                use_annotation);
        if (!text_is(sources[i], "Annotation"))
            return policy_fail(reader, &list->children[i], path,
                               "\"%.*s\" is none of Annotation, Approval, Token",
                               TEXT_ARGS(text_quote(reader->arena, sources[i], 80)));
    }
    return true;
}

static bool read_reuse(struct policy_reader *reader, struct policy_map approval)
{
    static const char *const names[] = {"Allow", "Deny", NULL};
    unsigned reuse = 0;
    if (!policy_get_choice(reader, approval, "reuse", names, &reuse))
        return false;
    return reuse == 0 ||
           policy_fail_later(reader, yaml_get(approval.node, "reuse"),
                             arena_printf(reader->arena, "%.*s.reuse: Deny", TEXT_ARGS(approval.path)),
                             "leave it out (an id then counts for every template)");
}

/* The whole of an id must match in any case; a policy says so to whoever reads it. */
static bool is_anchored(struct text source)
{
    return text_starts_with(source, text_of("^")) && text_ends_with(source, text_of("$")) &&
           !text_ends_with(source, text_of("\\$"));
}

static bool read_pattern(struct policy_reader *reader, struct policy_map approval, struct policy *policy)
{
    struct text source = TEXT_EMPTY;
    if (!policy_get_text(reader, approval, "idPattern", &source))
        return false;
    if (source.at == NULL)
        return true;
    const struct yaml_node *node = yaml_get(approval.node, "idPattern");
    struct text path = policy_path(reader, approval.path, "idPattern");
    if (!is_anchored(source))
        return policy_fail(reader, node, path,
                           "\"%.*s\" is not anchored; write it as ^...$, since the whole id has to match",
                           TEXT_ARGS(text_quote(reader->arena, source, 80)));
    struct error fault = {0};
    if (!pattern_compile(reader->arena, source, &policy->approval.id_pattern, &fault))
        return policy_fail(reader, node, path,
                           "\"%.*s\" is no regular expression (PCRE2), at its character %u: %s",
                           TEXT_ARGS(text_quote(reader->arena, source, 80)), fault.column, fault.text);
    return true;
}

bool policy_read_approval(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const struct policy_field fields[] = {{"idPattern", NULL},
                                                 {"minimum", NULL},
                                                 {"sources", NULL},
                                                 {"reuse", NULL},
                                                 {"approverGroups", use_annotation},
                                                 {NULL, NULL}};
    struct policy_map approval;
    int64_t minimum = 1;
    if (!policy_get_map(reader, spec, "approval", fields, &approval) ||
        !policy_get_integer(reader, approval, "minimum", 1, APPROVAL_IDS_MOST, &minimum) ||
        !read_sources(reader, approval) || !read_reuse(reader, approval) ||
        !read_pattern(reader, approval, policy))
        return false;
    policy->approval.minimum = (unsigned)minimum;

    bool wanted = false;
    for (unsigned class = 0; class < CLASS_COUNT; class ++)
        wanted |= policy->needs[class].approval;
    if (wanted && policy->approval.id_pattern.matches == NULL)
        return policy_fail(reader, approval.node != NULL ? approval.node : spec.node,
                           policy_path(reader, approval.path, "idPattern"),
                           "is missing; write one such as '^CHG[0-9]{7}$', or set approval: false for every "
                           "class under changes");
    return true;
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
    static const struct policy_field fields[] = {{"required", NULL}, {"urls", NULL}, {NULL, NULL}};
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
    static const char no_rollback[] =
        "leave it out (a rollback is a Rollout until admitted templates are recorded)";
    static const struct policy_field fields[] = {
        {"Create", NULL}, {"Rollout", NULL}, {"Resume", NULL},          {"Restart", NULL}, {"Delete", NULL},
        {"Scale", NULL},  {"Debug", NULL},   {"Rollback", no_rollback}, {NULL, NULL}};
    static const struct policy_field needs_fields[] = {{"approval", NULL}, {"freeze", NULL}, {NULL, NULL}};
    struct policy_map changes, needs;
    memcpy(policy->needs, policy_default_needs, sizeof(policy->needs));
    if (!policy_get_map(reader, spec, "changes", fields, &changes))
        return false;
    for (const struct policy_field *field = fields; field->key != NULL; field++) {
        struct class_needs *class = &policy->needs[change_class_parse(text_of(field->key))];
        if (!policy_get_map(reader, changes, field->key, needs_fields, &needs) ||
            !policy_get_bool(reader, needs, "approval", &class->approval) ||
            !policy_get_bool(reader, needs, "freeze", &class->freeze))
            return false;
    }
    return true;
}

/* ---- annotations ---- */

/* [prefix/]name of a Kubernetes annotation key. */
static bool is_annotation_key(struct text key)
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
    static const struct policy_field fields[] = {
        {"approvalIds", NULL}, {"changeDocument", NULL}, {NULL, NULL}};
    struct policy_map keys;
    policy->approval_ids_key = text_of("changegate.dev/approval-ids");
    policy->change_document_key = text_of("changegate.dev/change-doc");
    if (!policy_get_map(reader, spec, "annotations", fields, &keys) ||
        !policy_get_text(reader, keys, "approvalIds", &policy->approval_ids_key) ||
        !policy_get_text(reader, keys, "changeDocument", &policy->change_document_key))
        return false;
    for (const struct policy_field *field = fields; field->key != NULL; field++) {
        const struct yaml_node *node = yaml_get(keys.node, field->key);
        if (node != NULL && node->type == YAML_STRING && !is_annotation_key(node->text))
            return policy_fail(reader, node, policy_path(reader, keys.path, field->key),
                               "\"%.*s\" is no annotation key; write one such as example.com/name",
                               TEXT_ARGS(text_quote(reader->arena, node->text, 80)));
    }
    if (text_equal(policy->approval_ids_key, policy->change_document_key))
        return policy_fail(reader, keys.node, keys.path,
                           "both name \"%.*s\"; ids and link need an annotation each",
                           TEXT_ARGS(policy->approval_ids_key));
    return true;
}
