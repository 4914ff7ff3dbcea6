#include "edge/kube_config.h"

#include "codec/yaml_tree.h"
#include "edge/file_read.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_BYTES_MOST = 1 << 20, PEM_BYTES_MOST = 1 << 20, TOKEN_BYTES_MOST = 64 << 10 };

/* What is read, and from where: errors need both. */
struct reading {
    struct kube_config *config;
    const char *directory;
    struct error *error;
};

/* What would change who we are or whom we talk to, and is not done here. */
struct refusal {
    const char *key, *cure;
};

static const struct refusal refused_of_cluster[] = {
    {"proxy-url", "connect to the API server directly"},
};

static const struct refusal refused_of_user[] = {
    {"exec", "use tokenFile, or client-certificate and client-key"},
    {"auth-provider", "use tokenFile, or client-certificate and client-key"},
    {"username", "use tokenFile, or client-certificate and client-key"},
    {"password", "use tokenFile, or client-certificate and client-key"},
    {"as", "use the credentials of the user itself"},
    {"as-uid", "use the credentials of the user itself"},
    {"as-groups", "use the credentials of the user itself"},
    {"as-user-extra", "use the credentials of the user itself"},
};

static const struct yaml_node *member(const struct yaml_node *node, const char *key)
{
    if (node == NULL || node->type != YAML_MAP)
        return NULL;
    const struct yaml_node *found = yaml_get(node, key);
    return found == NULL || found->type == YAML_NULL ? NULL : found;
}

static bool refuse(const struct yaml_node *map, const struct refusal *refusals, size_t count,
                   struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *node = member(map, refusals[i].key);
        if (node != NULL)
            return error_set_at(error, ERROR_UNSUPPORTED, node->key_line, node->key_column,
                                "%s is not supported; %s", refusals[i].key, refusals[i].cure);
    }
    return true;
}

static bool read_string(const struct reading *reading, const struct yaml_node *map, const char *key,
                        struct text *ret_value)
{
    const struct yaml_node *node = member(map, key);
    if (node == NULL)
        return true;
    if (node->type != YAML_STRING)
        return error_set_at(reading->error, ERROR_INPUT, node->line, node->column,
                            "%s: must be a string; put the value in quotes", key);
    *ret_value = arena_copy(&reading->config->arena, node->text);
    return true;
}

static bool read_bool(const struct reading *reading, const struct yaml_node *map, const char *key,
                      bool *ret_value)
{
    const struct yaml_node *node = member(map, key);
    if (node == NULL)
        return true;
    if (node->type != YAML_BOOL)
        return error_set_at(reading->error, ERROR_INPUT, node->line, node->column,
                            "%s: must be true or false", key);
    *ret_value = node->boolean;
    return true;
}

/* A path as the kubeconfig means it, or NULL when `key` is not there. */
static bool read_path(const struct reading *reading, const struct yaml_node *map, const char *key,
                      const char **ret_path)
{
    struct text path = TEXT_EMPTY;
    if (!read_string(reading, map, key, &path))
        return false;
    if (path.length == 0)
        return true;
    if (path.at[0] != '/')
        path = arena_printf(&reading->config->arena, "%s/%.*s", reading->directory, TEXT_ARGS(path));
    *ret_path = path.at;
    return true;
}

static bool decode_base64(struct arena *arena, struct text encoded, struct text *ret_bytes)
{
    unsigned char *bytes = arena_alloc(arena, encoded.length / 4 * 3 + 4);
    EVP_ENCODE_CTX *decoder = EVP_ENCODE_CTX_new();
    if (decoder == NULL)
        return false;
    int length = 0, rest = 0;
    EVP_DecodeInit(decoder);
    bool good = EVP_DecodeUpdate(decoder, bytes, &length, (const unsigned char *)encoded.at,
                                 (int)encoded.length) >= 0 &&
                EVP_DecodeFinal(decoder, bytes + length, &rest) == 1 && length + rest > 0;
    EVP_ENCODE_CTX_free(decoder);
    if (good)
        *ret_bytes = (struct text){(const char *)bytes, (size_t)(length + rest)};
    return good;
}

/* A file is read once now, so that a wrong path is an error at start and not at the first connection. */
static bool check_readable(const char *key, const char *path, struct error *error)
{
    struct arena scratch;
    struct text ignored;
    arena_init(&scratch);
    bool good = file_read(&scratch, path, PEM_BYTES_MOST, &ignored, error);
    arena_done(&scratch);
    return good || error_prefix(error, "%s: ", key);
}

/* "KEY-data" goes before "KEY", as it does for kubectl. */
static bool read_pem(const struct reading *reading, const struct yaml_node *map, const char *key,
                     const char *data_key, struct kube_pem *ret_pem)
{
    struct text encoded = TEXT_EMPTY;
    if (!read_string(reading, map, data_key, &encoded))
        return false;
    if (encoded.length == 0) {
        if (!read_path(reading, map, key, &ret_pem->file))
            return false;
        return ret_pem->file == NULL || check_readable(key, ret_pem->file, reading->error);
    }
    if (decode_base64(&reading->config->arena, encoded, &ret_pem->data))
        return true;
    const struct yaml_node *node = member(map, data_key);
    return error_set_at(reading->error, ERROR_INPUT, node->line, node->column,
                        "%s: is not base64; it must hold a PEM file encoded in base64", data_key);
}

/* The server ends up in a URL: what could turn it into another one is refused. */
static bool is_server(struct text server)
{
    static const struct text scheme = TEXT("https://");
    for (size_t i = 0; i < server.length; i++)
        if ((unsigned char)server.at[i] <= ' ' || strchr("\"<>@?#\\\x7f", server.at[i]) != NULL)
            return false;
    return text_starts_with(server, scheme) && server.length > scheme.length &&
           server.at[scheme.length] != '/';
}

static bool read_server(const struct reading *reading, const struct yaml_node *cluster)
{
    struct text *server = &reading->config->server;
    if (!read_string(reading, cluster, "server", server))
        return false;
    if (!is_server(*server)) {
        const struct yaml_node *node = member(cluster, "server");
        return error_set_at(reading->error, ERROR_INPUT, node == NULL ? cluster->line : node->line,
                            node == NULL ? cluster->column : node->column,
                            "server: \"%.*s\" is not a URL of an API server; write https://HOST:PORT",
                            TEXT_ARGS(text_quote(&reading->config->arena, *server, 100)));
    }
    while (server->at[server->length - 1] == '/')
        server->length--;
    return true;
}

static bool read_cluster(const struct reading *reading, const struct yaml_node *cluster)
{
    struct kube_config *config = reading->config;
    return refuse(cluster, refused_of_cluster, sizeof(refused_of_cluster) / sizeof(refused_of_cluster[0]),
                  reading->error) &&
           read_server(reading, cluster) &&
           read_string(reading, cluster, "tls-server-name", &config->tls_server_name) &&
           read_bool(reading, cluster, "insecure-skip-tls-verify", &config->skip_verify) &&
           read_pem(reading, cluster, "certificate-authority", "certificate-authority-data", &config->ca);
}

static bool pem_given(const struct kube_pem *pem)
{
    return pem->file != NULL || pem->data.length > 0;
}

static bool read_user(const struct reading *reading, const struct yaml_node *user)
{
    struct kube_config *config = reading->config;
    if (!refuse(user, refused_of_user, sizeof(refused_of_user) / sizeof(refused_of_user[0]),
                reading->error) ||
        !read_pem(reading, user, "client-certificate", "client-certificate-data",
                  &config->client_certificate) ||
        !read_pem(reading, user, "client-key", "client-key-data", &config->client_key) ||
        !read_string(reading, user, "token", &config->token) ||
        !read_path(reading, user, "tokenFile", &config->token_file))
        return false;
    if (pem_given(&config->client_certificate) != pem_given(&config->client_key))
        return error_set_at(reading->error, ERROR_INPUT, user->line, user->column,
                            "client-certificate and client-key belong together; give both or none");

    struct text token;
    struct arena scratch;
    arena_init(&scratch);
    bool good = kube_config_token(config, &scratch, &token, reading->error);
    arena_done(&scratch);
    return good;
}

/* The map `what` of the entry called `name` in the list `what`s of the file. */
static const struct yaml_node *find_entry(const struct yaml_node *root, const char *list_key,
                                          const char *what, struct text name, struct error *error)
{
    const struct yaml_node *list = member(root, list_key);
    for (size_t i = 0; list != NULL && list->type == YAML_LIST && i < list->child_count; i++) {
        const struct yaml_node *entry_name = member(&list->children[i], "name");
        const struct yaml_node *entry = member(&list->children[i], what);
        if (entry_name != NULL && entry != NULL && text_equal(entry_name->text, name))
            return entry;
    }
    error_set_at(error, ERROR_INPUT, list == NULL ? root->line : list->line,
                 list == NULL ? root->column : list->column,
                 "no %s \"%.*s\" in %s; add it or choose another context", what, TEXT_ARGS(name), list_key);
    return NULL;
}

static bool read_root(const struct reading *reading, const struct yaml_node *root)
{
    struct text context_name = TEXT_EMPTY, cluster_name = TEXT_EMPTY, user_name = TEXT_EMPTY;
    if (!read_string(reading, root, "current-context", &context_name))
        return false;
    if (context_name.length == 0)
        return error_set_at(reading->error, ERROR_INPUT, root->line, root->column,
                            "current-context is not set; choose one with kubectl config use-context NAME");
    const struct yaml_node *context = find_entry(root, "contexts", "context", context_name, reading->error);
    if (context == NULL || !read_string(reading, context, "cluster", &cluster_name) ||
        !read_string(reading, context, "user", &user_name))
        return false;
    const struct yaml_node *cluster = find_entry(root, "clusters", "cluster", cluster_name, reading->error);
    if (cluster == NULL || !read_cluster(reading, cluster))
        return false;
    const struct yaml_node *user = find_entry(root, "users", "user", user_name, reading->error);
    return user != NULL && read_user(reading, user);
}

bool kube_config_read(struct text bytes, const char *directory, struct kube_config *ret_config,
                      struct error *error)
{
    struct kube_config config = {0};
    struct arena scratch;
    arena_init(&config.arena);
    arena_init(&scratch);
    const struct reading reading = {&config, directory, error};
    struct yaml_documents documents;
    bool good = yaml_read(&scratch, bytes, &documents, error);
    if (good && (documents.count != 1 || documents.items[0].type != YAML_MAP))
        good =
            error_set(error, ERROR_INPUT, "is not a kubeconfig; it must be one YAML document of kind Config");
    good = good && read_root(&reading, &documents.items[0]);
    arena_done(&scratch);
    if (good)
        *ret_config = config;
    else
        kube_config_done(&config);
    return good;
}

bool kube_config_load(const char *path, struct kube_config *ret_config, struct error *error)
{
    struct arena scratch;
    arena_init(&scratch);
    struct text bytes;
    bool good = file_read(&scratch, path, CONFIG_BYTES_MOST, &bytes, error);
    if (good) {
        const char *slash = strrchr(path, '/');
        struct text directory = {path, slash == NULL ? 0 : (size_t)(slash - path) + 1};
        const char *base = slash == NULL ? "." : arena_copy(&scratch, directory).at;
        good = kube_config_read(bytes, base, ret_config, error) || error_prefix(error, "%s: ", path);
    }
    arena_done(&scratch);
    return good;
}

bool kube_config_in_cluster(const char *host, const char *port, const char *directory,
                            struct kube_config *ret_config, struct error *error)
{
    if (host == NULL || host[0] == '\0' || port == NULL || port[0] == '\0')
        return error_set(
            error, ERROR_INPUT,
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so this is not a pod; "
            "give --kubeconfig FILE, or --namespaces FILE to do without a cluster");
    struct kube_config config = {0};
    arena_init(&config.arena);
    bool is_ipv6 = strchr(host, ':') != NULL; /* in brackets within a URL: RFC 3986 section 3.2.2 */
    config.server =
        arena_printf(&config.arena, "https://%s%s%s:%s", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
    config.token_file = arena_printf(&config.arena, "%s/token", directory).at;
    config.ca.file = arena_printf(&config.arena, "%s/ca.crt", directory).at;

    struct text token;
    if (kube_config_token(&config, &config.arena, &token, error) &&
        check_readable("ca", config.ca.file, error)) {
        *ret_config = config;
        return true;
    }
    kube_config_done(&config);
    return error_prefix(error, "service account: ");
}

bool kube_config_open(const char *kubeconfig, struct kube_config *ret_config, struct error *error)
{
    if (kubeconfig != NULL)
        return kube_config_load(kubeconfig, ret_config, error);
    return kube_config_in_cluster(getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"),
                                  KUBE_SERVICE_ACCOUNT_DIRECTORY, ret_config, error);
}

void kube_config_done(struct kube_config *config)
{
    arena_done(&config->arena);
    *config = (struct kube_config){0};
}

bool kube_config_token(const struct kube_config *config, struct arena *arena, struct text *ret_token,
                       struct error *error)
{
    struct text token = config->token;
    if (config->token_file != NULL && !file_read(arena, config->token_file, TOKEN_BYTES_MOST, &token, error))
        return error_prefix(error, "token: ");
    token = text_trim(token);
    /* It becomes a header line: nothing in it may start another one. */
    for (size_t i = 0; i < token.length; i++)
        if ((unsigned char)token.at[i] <= ' ' || (unsigned char)token.at[i] >= 0x7f)
            return error_set(error, ERROR_INPUT, "token: holds a character that no bearer token has");
    *ret_token = arena_copy(arena, token);
    return true;
}
