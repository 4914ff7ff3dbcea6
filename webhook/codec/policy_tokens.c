/* spec.tokens: whose tokens count, for which cluster, and the keys they are verified with. */
#include "codec/token_keys.h"
#include "core/approval.h"
#include "policy_private.h"

enum { QUOTE_BYTES_MOST = 80, AUDIENCE_BYTES_MOST = 253 };

/* How an entry brings its keys. */
static const struct {
    const char *key;
    bool in_file, set;
} forms[] = {
    {"pem", false, false}, {"pemFile", true, false}, {"jwks", false, true}, {"jwksFile", true, true}};

enum { FORM_COUNT = sizeof(forms) / sizeof(forms[0]) };

static struct text quote(const struct policy_reader *reader, struct text text)
{
    return text_quote(reader->arena, text, QUOTE_BYTES_MOST);
}

static bool expect_written(struct policy_reader *reader, struct policy_map map, const char *key,
                           const char *cure)
{
    return policy_find(map, key) != NULL ||
           policy_fail(reader, map.node, policy_path(reader, map.path, key), "is missing; %s", cure);
}

/* ---- one entry of keys ---- */

static bool read_file(struct policy_reader *reader, const struct yaml_node *node, struct text path,
                      struct text *value)
{
    struct error error = {0};
    struct text name = *value;
    if (reader->reading == NULL)
        return policy_fail(reader, node, path,
                           "is \"%.*s\", and no files are read here; write the key itself, as pem or jwks",
                           TEXT_ARGS(quote(reader, name)));
    if (!text_equal(text_quote(reader->arena, name, name.length), name) || name.length == 0)
        return policy_fail(reader, node, path, "\"%.*s\" is no path; write one of printable characters",
                           TEXT_ARGS(quote(reader, name)));
    return reader->reading->read_file(reader->reading->context, name, reader->arena, value, &error) ||
           policy_fail(reader, node, path, "%s; correct the path, or the file", error.text);
}

static bool add_keys(struct policy_reader *reader, struct policy_map entry, size_t form, struct text kid,
                     struct token_keys *keys)
{
    struct text value = TEXT_EMPTY, path = policy_path(reader, entry.path, forms[form].key);
    const struct yaml_node *node = policy_find(entry, forms[form].key);
    struct error error = {0};
    if (!policy_get_text(reader, entry, forms[form].key, &value))
        return false;
    struct text name = value;
    if (forms[form].in_file && !read_file(reader, node, path, &value))
        return false;
    bool good = forms[form].set ? token_keys_add_jwks(keys, value, &error)
                                : token_keys_add_pem(keys, kid, value, &error);
    if (good)
        return true;
    return forms[form].in_file
               ? policy_fail(reader, node, path, "\"%.*s\": %s", TEXT_ARGS(quote(reader, name)), error.text)
               : policy_fail(reader, node, path, "%s", error.text);
}

static bool read_entry(struct policy_reader *reader, struct policy_map entry, struct token_keys *keys)
{
    static const char *const fields[] = {"kid", "pem", "pemFile", "jwks", "jwksFile", NULL};
    struct text kid = TEXT_EMPTY;
    size_t form = FORM_COUNT, written = 0;
    if (!policy_check_map(reader, entry, fields) || !policy_get_text(reader, entry, "kid", &kid))
        return false;
    for (size_t i = 0; i < FORM_COUNT; i++)
        if (policy_find(entry, forms[i].key) != NULL) {
            form = i;
            written++;
        }
    if (written != 1)
        return policy_fail(reader, entry.node, entry.path,
                           "%s; write one of pem, pemFile (each with a kid), jwks, jwksFile",
                           written == 0 ? "has no key" : "brings its key in more than one way");
    if (forms[form].set && policy_find(entry, "kid") != NULL)
        return policy_fail(reader, policy_find(entry, "kid"), policy_path(reader, entry.path, "kid"),
                           "is for a PEM key; take it out, since each key of a JWK Set has its own");
    if (!forms[form].set &&
        !expect_written(reader, entry, "kid", "write the name by which tokens call the key"))
        return false;
    return add_keys(reader, entry, form, kid, keys);
}

static bool read_keys(struct policy_reader *reader, struct policy_map map, struct token_rule *rule)
{
    const struct yaml_node *list;
    struct text path = policy_path(reader, map.path, "keys");
    static const char cure[] = "give at least one: {kid: ..., pem: ...}";
    if (!policy_get_list(reader, map, "keys", &list) || !expect_written(reader, map, "keys", cure))
        return false;
    if (list->child_count == 0)
        return policy_fail(reader, list, path, "is empty; %s", cure);
    struct token_keys *keys = token_keys_new();
    rule->keys = keys; /* the policy file frees them */
    for (size_t i = 0; i < list->child_count; i++) {
        struct policy_map entry = {&list->children[i], policy_path_index(reader, path, i)};
        if (!read_entry(reader, entry, keys))
            return false;
    }
    return true;
}

/* ---- the rule ---- */

static bool read_audience(struct policy_reader *reader, struct policy_map map, struct token_rule *rule)
{
    if (!expect_written(reader, map, "audience",
                        "write the name of this cluster, as tokens have it in aud") ||
        !policy_get_text(reader, map, "audience", &rule->audience))
        return false;
    struct text audience = rule->audience;
    bool good = audience.length > 0 && audience.length <= AUDIENCE_BYTES_MOST &&
                text_equal(text_quote(reader->arena, audience, audience.length), audience);
    return good ||
           policy_fail(reader, policy_find(map, "audience"), policy_path(reader, map.path, "audience"),
                       "\"%.*s\" names no cluster; write 1 to %d printable characters",
                       TEXT_ARGS(quote(reader, audience)), AUDIENCE_BYTES_MOST);
}

static bool read_issuers(struct policy_reader *reader, struct policy_map map, struct token_rule *rule)
{
    static const char cure[] = "name the change systems whose tokens count, as these have it in iss";
    if (!expect_written(reader, map, "issuers", cure) ||
        !policy_get_texts(reader, map, "issuers", &rule->issuers, &rule->issuer_count))
        return false;
    return rule->issuer_count > 0 ||
           policy_fail(reader, policy_find(map, "issuers"), policy_path(reader, map.path, "issuers"),
                       "is empty; %s", cure);
}

/* Of the two each is useless without the other, and somebody relies on it. */
static bool expect_both(struct policy_reader *reader, struct policy_map spec, struct policy_map tokens,
                        const struct policy *policy)
{
    bool counted = policy->approval.sources & SOURCE_BIT(SOURCE_TOKEN);
    struct text path = policy_path(reader, spec.path, "tokens");
    if (counted && tokens.node == NULL)
        return policy_fail(
            reader, policy_find((struct policy_map){policy_find(spec, "approval"), path}, "sources"), path,
            "is missing, and approval.sources has Token; say whose tokens count (docs/tokens.md), "
            "or take Token out");
    return counted || tokens.node == NULL ||
           policy_fail(reader, tokens.node, path,
                       "counts for nothing; add Token to approval.sources, or take it out");
}

bool policy_read_tokens(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"audience", "issuers", "keys", NULL};
    struct policy_map map;
    if (!policy_get_map(reader, spec, "tokens", fields, &map) || !expect_both(reader, spec, map, policy))
        return false;
    return map.node == NULL ||
           (read_audience(reader, map, &policy->tokens) && read_issuers(reader, map, &policy->tokens) &&
            read_keys(reader, map, &policy->tokens));
}
