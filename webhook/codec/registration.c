/* What is desired, from a file. */
#include "registration_private.h"

#include "codec/yaml_tree.h"

#include <openssl/evp.h>
#include <stdlib.h>

static const char *const kind_names[] = {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"};
static const char *const path_names[] = {"validatingwebhookconfigurations", "mutatingwebhookconfigurations"};
static const char api_version[] = "admissionregistration.k8s.io/v1";

const char *registration_kind_name(enum registration_kind kind)
{
    return kind_names[kind];
}

struct text registration_path(const struct registration *registration, struct arena *arena)
{
    return arena_printf(arena, "/apis/%s/%s/%.*s", api_version, path_names[registration->kind],
                        TEXT_ARGS(registration->name));
}

/* ---- reading: places are the YAML's, values the JSON's ---- */

struct reader {
    struct arena *arena;
    struct error *error;
};

static bool fail_at(const struct reader *reader, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail_at(const struct reader *reader, const struct yaml_node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text what = arena_vprintf(reader->arena, format, args);
    va_end(args);
    return error_set_at(reader->error, ERROR_INPUT, node->line, node->column, "%.*s", TEXT_ARGS(what));
}

static struct text quote(const struct reader *reader, struct text text)
{
    return text_quote(reader->arena, text, QUOTE_BYTES_MOST);
}

static bool read_string(const struct reader *reader, const struct yaml_node *map, const char *path,
                        const char *key, struct text *ret_text)
{
    const struct yaml_node *node = yaml_get(map, key);
    if (node == NULL || node->type != YAML_STRING || node->text.length == 0)
        return fail_at(reader, node == NULL ? map : node, "%s%s is %s; write a text", path, key,
                       node == NULL ? "missing" : "no text");
    *ret_text = node->text;
    return true;
}

static bool read_kind(const struct reader *reader, const struct yaml_node *document,
                      enum registration_kind *ret_kind)
{
    struct text kind, version;
    if (document->type != YAML_MAP)
        return fail_at(reader, document, "this is no object; write a %s or a %s", kind_names[0],
                       kind_names[1]);
    if (!read_string(reader, document, "", "kind", &kind) ||
        !read_string(reader, document, "", "apiVersion", &version))
        return false;
    *ret_kind = text_is(kind, kind_names[0]) ? REGISTRATION_VALIDATING : REGISTRATION_MUTATING;
    if (!text_is(kind, kind_names[*ret_kind]))
        return fail_at(reader, yaml_get(document, "kind"),
                       "kind is \"%.*s\"; write %s or %s, and move other objects to a file of their own",
                       TEXT_ARGS(quote(reader, kind)), kind_names[0], kind_names[1]);
    return text_is(version, api_version) ||
           fail_at(reader, yaml_get(document, "apiVersion"), "apiVersion is \"%.*s\"; write %s",
                   TEXT_ARGS(quote(reader, version)), api_version);
}

static bool check_client(const struct reader *reader, const struct yaml_node *webhook, const char *path)
{
    struct text ignored;
    const char *of_client = arena_printf(reader->arena, "%sclientConfig.", path).at;
    const char *of_service = arena_printf(reader->arena, "%sservice.", of_client).at;
    const struct yaml_node *client = yaml_get(webhook, "clientConfig");
    const struct yaml_node *url = yaml_get(client, "url"), *service = yaml_get(client, "service");
    if (client == NULL || (url == NULL) == (service == NULL))
        return fail_at(reader, client == NULL ? webhook : client,
                       "%sclientConfig needs either url or service; write one of them", path);
    if (url != NULL)
        return read_string(reader, client, of_client, "url", &ignored);
    return read_string(reader, service, of_service, "name", &ignored) &&
           read_string(reader, service, of_service, "namespace", &ignored);
}

static bool check_webhooks(const struct reader *reader, const struct yaml_node *document)
{
    const struct yaml_node *list = yaml_get(document, "webhooks");
    if (list == NULL || list->type != YAML_LIST || list->child_count == 0)
        return fail_at(reader, list == NULL ? document : list,
                       "webhooks is %s; list what the API server should ask about",
                       list == NULL              ? "missing"
                       : list->type != YAML_LIST ? "no list"
                                                 : "empty");
    for (size_t i = 0; i < list->child_count; i++) {
        struct text name, other;
        const char *path = arena_printf(reader->arena, "webhooks[%zu].", i).at;
        if (!read_string(reader, &list->children[i], path, "name", &name) ||
            !check_client(reader, &list->children[i], path) ||
            !registration_check_rules(&list->children[i], path, reader->error))
            return false;
        for (size_t j = 0; j < i; j++)
            if (read_string(reader, &list->children[j], "", "name", &other) && text_equal(name, other))
                return fail_at(reader, yaml_get(&list->children[i], "name"),
                               "another webhook is called \"%.*s\", too; give each a name of its own",
                               TEXT_ARGS(quote(reader, name)));
        if (!registration_same_server(&list->children[0], &list->children[i]))
            return fail_at(
                reader, yaml_get(&list->children[i], "clientConfig"),
                "%sclientConfig: names another server than webhooks[0]; all of them have to be changegate's",
                path);
    }
    return true;
}

static void write_digest(struct text canonical, char digest[static 72])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_bytes = 0;
    if (EVP_Digest(canonical.at, canonical.length, hash, &hash_bytes, EVP_sha256(), NULL) != 1)
        abort();
    memcpy(digest, "sha256:", 7);
    for (unsigned i = 0; i < hash_bytes; i++) {
        digest[7 + 2 * i] = hex[hash[i] >> 4];
        digest[8 + 2 * i] = hex[hash[i] & 15];
    }
    digest[7 + 2 * hash_bytes] = '\0';
}

static bool fail_json(const struct reader *reader, const struct yaml_node *document,
                      const json_error_t *fault)
{
    return fail_at(reader, document, "webhooks cannot be written as JSON: %.*s; write it plainer",
                   TEXT_ARGS(quote(reader, text_of(fault->text))));
}

static bool read_tree(const struct reader *reader, const struct yaml_node *document,
                      struct registration *registration)
{
    json_error_t fault;
    struct json_text_buffer text = {.length = 0};
    struct registration_tree *tree = arena_alloc(reader->arena, sizeof(*tree));
    yaml_to_json(yaml_get(document, "webhooks"), &text);
    json_t *webhooks = json_loadb(text.bytes, text.length, 0, &fault);
    json_text_done(&text);
    if (webhooks == NULL)
        return fail_json(reader, document, &fault);
    registration_set_ca(webhooks, TEXT_EMPTY);
    tree->webhooks = registration_dump(webhooks, reader->arena);
    json_decref(webhooks);
    write_digest(tree->webhooks, registration->digest);
    registration->tree = tree;
    return true;
}

static bool read_document(const struct reader *reader, const struct yaml_node *document,
                          struct registrations *registrations)
{
    struct registration registration = {.kind = REGISTRATION_VALIDATING};
    if (!read_kind(reader, document, &registration.kind))
        return false;
    const struct yaml_node *metadata = yaml_get(document, "metadata");
    for (size_t i = 0; i < registrations->count; i++)
        if (registrations->items[i].kind == registration.kind)
            return fail_at(reader, document, "there is a second %s; write one, with all webhooks in it",
                           kind_names[registration.kind]);
    if (!read_string(reader, metadata == NULL ? document : metadata, "metadata.", "name",
                     &registration.name) ||
        !check_webhooks(reader, document) || !read_tree(reader, document, &registration))
        return false;
    registrations->items[registrations->count++] = registration; /* two kinds, so there is room */
    return true;
}

bool registrations_read(struct text yaml, struct registrations *ret_registrations, struct error *error)
{
    struct registrations registrations = {.count = 0};
    struct yaml_documents documents;
    const struct reader reader = {&registrations.arena, error};
    bool good = yaml_read(&registrations.arena, yaml, &documents, error);
    if (good && documents.count == 0)
        good = error_set_at(error, ERROR_INPUT, 1, 1, "the file is empty; write a %s, a %s, or both",
                            kind_names[0], kind_names[1]);
    for (size_t i = 0; good && i < documents.count; i++)
        good = read_document(&reader, &documents.items[i], &registrations);
    if (good)
        *ret_registrations = registrations;
    else
        registrations_done(&registrations);
    return good;
}

void registrations_done(struct registrations *registrations)
{
    arena_done(&registrations->arena);
    *registrations = (struct registrations){.count = 0};
}

/* ---- where the API server will call ---- */

static struct text url_of_service(const json_t *service, struct arena *arena)
{
    enum { HTTPS_PORT = 443 };
    const json_t *port = json_object_get(service, "port");
    struct text path = registration_string(json_object_get(service, "path"));
    const char *slash = path.length > 0 && path.at[0] == '/' ? "" : "/";
    return arena_printf(arena, "https://%.*s.%.*s.svc:%lld%s%.*s",
                        TEXT_ARGS(registration_string(json_object_get(service, "name"))),
                        TEXT_ARGS(registration_string(json_object_get(service, "namespace"))),
                        (long long)(json_is_integer(port) ? json_integer_value(port) : HTTPS_PORT), slash,
                        TEXT_ARGS(path));
}

struct text registration_url(const struct registration *registration, struct arena *arena)
{
    json_t *webhooks = registration_desired(registration);
    const json_t *client = json_object_get(json_array_get(webhooks, 0), "clientConfig");
    struct text written = registration_string(json_object_get(client, "url"));
    written = text_slice(written, 0, text_find(written, '#'));
    struct text url = written.length > 0 ? arena_copy(arena, text_slice(written, 0, text_find(written, '?')))
                                         : url_of_service(json_object_get(client, "service"), arena);
    json_decref(webhooks);
    return url;
}
