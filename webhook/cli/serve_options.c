#include "cli/serve_options.h"

#include "core/text.h"
#include "edge/cpu_grant.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS_MOST_BY_DEFAULT = 4,
    THREADS_MOST = 64,
    CONNECTIONS_BY_DEFAULT = 1024,
    CONNECTIONS_MOST = 65536,
    DRAIN_S_BY_DEFAULT = 20,
    DRAIN_S_MOST = 300,
    REQUEST_S_BY_DEFAULT = 10,
    REQUEST_S_MOST = 60,
    MS_PER_S = 1000,
    NAMESPACE_BYTES_MOST = 63,
    LIFETIME_S_LEAST = RENEWAL_LEAF_S_LEAST,
    LIFETIME_S_MOST = 7300 * 86400,
    LIFETIME_S_BY_DEFAULT = 90 * 86400,
    CA_LIFETIME_S_BY_DEFAULT = 730 * 86400,
};

static const char help[] =
    "usage: changegate serve --policy FILE (--tls-cert FILE --tls-key FILE | --certificate-secret "
    "NAMESPACE/NAME)\n"
    "                        [OPTION]...\n"
    "\n"
    "  --policy FILE             ChangePolicy documents; read again when the file changes\n"
    "  --tls-cert FILE           PEM certificate chain, the server's own first; read again when it changes\n"
    "  --tls-key FILE            its PEM private key\n"
    "  --certificate-secret NAMESPACE/NAME  make, renew and serve the certificate in this Secret instead\n"
    "  --certificate-name NAME   a DNS name or IP address that it is for; may be repeated\n"
    "  --certificate-lifetime DURATION  how long it is valid (90d); renewed at two thirds of that\n"
    "  --ca-lifetime DURATION    how long its CA is valid (730d), at least twice as long\n"
    "  --registration FILE       the registrations as they should be: filled in once the webhook answers, "
    "then watched\n"
    "  --ca-bundle FILE          the CA certificates for their caBundle, with --tls-cert; left alone "
    "otherwise\n"
    "  --client-ca FILE          require a client certificate signed by one of these authorities\n"
    "  --client-name NAME        ... and with this common name or DNS name; may be repeated\n"
    "  --tls-min-version 1.2|1.3 the oldest TLS to speak (1.3)\n"
    "  --listen ADDR:PORT        where the API server asks (:8443, all addresses)\n"
    "  --metrics-listen ADDR:PORT  plain /healthz, /readyz and /metrics (:8080)\n"
    "  --kubeconfig FILE         how to reach the cluster (the pod's service account)\n"
    "  --namespaces FILE         Namespace objects from a file instead of a cluster\n"
    "  --lease-namespace NAME    where the processes agree which one releases (changegate-system)\n"
    "  --no-releaser             release nothing when freezes end; another process must\n"
    "  --threads N               serving loops (the CPUs granted, at most 4)\n"
    "  --max-connections N       open TLS connections, over all loops (1024)\n"
    "  --request-timeout SECONDS a request must be complete and its answer taken within this (10)\n"
    "  --drain SECONDS           after SIGTERM, unready but serving for this long at most (20)\n"
    "  --help                    show this\n";

const char *serve_options_help(void)
{
    return help;
}

enum option_key {
    KEY_POLICY = 256,
    KEY_TLS_CERT,
    KEY_TLS_KEY,
    KEY_CERTIFICATE_SECRET,
    KEY_CERTIFICATE_NAME,
    KEY_CERTIFICATE_LIFETIME,
    KEY_CA_LIFETIME,
    KEY_REGISTRATION,
    KEY_CA_BUNDLE,
    KEY_CLIENT_CA,
    KEY_CLIENT_NAME,
    KEY_TLS_MIN_VERSION,
    KEY_LISTEN,
    KEY_METRICS_LISTEN,
    KEY_KUBECONFIG,
    KEY_NAMESPACES,
    KEY_LEASE_NAMESPACE,
    KEY_NO_RELEASER,
    KEY_THREADS,
    KEY_MAX_CONNECTIONS,
    KEY_REQUEST_TIMEOUT,
    KEY_DRAIN,
    KEY_HELP,
};

static const struct option long_options[] = {
    {"policy", required_argument, NULL, KEY_POLICY},
    {"tls-cert", required_argument, NULL, KEY_TLS_CERT},
    {"tls-key", required_argument, NULL, KEY_TLS_KEY},
    {"certificate-secret", required_argument, NULL, KEY_CERTIFICATE_SECRET},
    {"certificate-name", required_argument, NULL, KEY_CERTIFICATE_NAME},
    {"certificate-lifetime", required_argument, NULL, KEY_CERTIFICATE_LIFETIME},
    {"ca-lifetime", required_argument, NULL, KEY_CA_LIFETIME},
    {"registration", required_argument, NULL, KEY_REGISTRATION},
    {"ca-bundle", required_argument, NULL, KEY_CA_BUNDLE},
    {"client-ca", required_argument, NULL, KEY_CLIENT_CA},
    {"client-name", required_argument, NULL, KEY_CLIENT_NAME},
    {"tls-min-version", required_argument, NULL, KEY_TLS_MIN_VERSION},
    {"listen", required_argument, NULL, KEY_LISTEN},
    {"metrics-listen", required_argument, NULL, KEY_METRICS_LISTEN},
    {"kubeconfig", required_argument, NULL, KEY_KUBECONFIG},
    {"namespaces", required_argument, NULL, KEY_NAMESPACES},
    {"lease-namespace", required_argument, NULL, KEY_LEASE_NAMESPACE},
    {"no-releaser", no_argument, NULL, KEY_NO_RELEASER},
    {"threads", required_argument, NULL, KEY_THREADS},
    {"max-connections", required_argument, NULL, KEY_MAX_CONNECTIONS},
    {"request-timeout", required_argument, NULL, KEY_REQUEST_TIMEOUT},
    {"drain", required_argument, NULL, KEY_DRAIN},
    {"help", no_argument, NULL, KEY_HELP},
    {NULL, 0, NULL, 0},
};

static bool read_number(const char *option, unsigned least, unsigned most, unsigned *ret_number,
                        struct error *error)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(optarg, &end, 10);
    /* strtoul takes blanks and signs; a number starts with a digit. */
    if (optarg[0] < '0' || optarg[0] > '9' || *end != '\0' || errno != 0 || number < least || number > most)
        return error_set(error, ERROR_INPUT, "--%s: '%s' is no number from %u to %u", option, optarg, least,
                         most);
    *ret_number = (unsigned)number;
    return true;
}

static bool read_seconds(const char *option, unsigned least, unsigned most, unsigned *ret_ms,
                         struct error *error)
{
    unsigned seconds = 0;
    if (!read_number(option, least, most, &seconds, error))
        return false;
    *ret_ms = seconds * MS_PER_S;
    return true;
}

static bool read_tls_version(struct tls_options *tls, struct error *error)
{
    struct text version = text_of(optarg);
    if (!text_is(version, "1.2") && !text_is(version, "1.3"))
        return error_set(error, ERROR_INPUT, "--tls-min-version: '%s' is not 1.2 or 1.3", optarg);
    tls->allow_tls12 = text_is(version, "1.2");
    return true;
}

static bool add_client_name(struct serve_options *options, struct error *error)
{
    if (options->tls.client_name_count == CLIENT_NAMES_MOST)
        return error_set(error, ERROR_INPUT,
                         "--client-name: more than %d names; sign fewer clients with this CA",
                         CLIENT_NAMES_MOST);
    options->client_names[options->tls.client_name_count++] = optarg;
    return true;
}

/* RFC 1123 label, as the API server wants it. */
static bool read_lease_namespace(struct serve_options *options, struct error *error)
{
    struct text name = text_of(optarg);
    bool good = name.length >= 1 && name.length <= NAMESPACE_BYTES_MOST && optarg[0] != '-' &&
                optarg[name.length - 1] != '-' &&
                strspn(optarg, "abcdefghijklmnopqrstuvwxyz0123456789-") == name.length;
    if (!good)
        return error_set(error, ERROR_INPUT, "--lease-namespace: '%s' is no name of a namespace", optarg);
    options->releaser.lease_namespace = options->keeper.lease_namespace = optarg;
    return true;
}

static bool set_kubeconfig(struct serve_options *options)
{
    options->watcher.kubeconfig = options->releaser.kubeconfig = options->keeper.kubeconfig = optarg;
    return true;
}

/* "NAMESPACE/NAME" */
static bool read_secret(struct keeper_options *keeper, struct error *error)
{
    struct text value = text_of(optarg);
    size_t slash = text_find(value, '/');
    keeper->secret_namespace = text_slice(value, 0, slash);
    keeper->secret_name = text_slice(value, slash + 1, value.length);
    return (slash > 0 && keeper->secret_name.length > 0 &&
            text_find(keeper->secret_name, '/') == keeper->secret_name.length) ||
           error_set(error, ERROR_INPUT, "--certificate-secret: '%s' is not NAMESPACE/NAME", optarg);
}

static bool add_certificate_name(struct keeper_options *keeper, struct error *error)
{
    if (keeper->name_count == CERTIFICATE_NAMES_MOST)
        return error_set(error, ERROR_INPUT, "--certificate-name: more than %d names",
                         CERTIFICATE_NAMES_MOST);
    if (optarg[0] == '\0' || strpbrk(optarg, " \t\r\n,/") != NULL)
        return error_set(error, ERROR_INPUT, "--certificate-name: '%s' is no DNS name or IP address", optarg);
    keeper->names[keeper->name_count++] = text_of(optarg);
    return true;
}

/* A number and s, m, h or d. */
static bool read_lifetime(const char *option, int64_t *ret_s, struct error *error)
{
    static const struct {
        char unit;
        int64_t s;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    errno = 0;
    long number = strtol(optarg, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (optarg[0] >= '0' && optarg[0] <= '9' && errno == 0 && end[0] == units[i].unit && end[1] == '\0' &&
            number <= LIFETIME_S_MOST / units[i].s && number * units[i].s >= LIFETIME_S_LEAST) {
            *ret_s = number * units[i].s;
            return true;
        }
    }
    return error_set(error, ERROR_INPUT,
                     "--%s: '%s' is no time from %ds to %dd, such as 90d, 12h, 30m or 60s", option, optarg,
                     LIFETIME_S_LEAST, LIFETIME_S_MOST / 86400);
}

static bool read_certificate_option(int key, struct keeper_options *keeper, struct error *error)
{
    switch (key) {
    case KEY_CERTIFICATE_SECRET: return read_secret(keeper, error);
    case KEY_CERTIFICATE_NAME: return add_certificate_name(keeper, error);
    case KEY_CERTIFICATE_LIFETIME: return read_lifetime("certificate-lifetime", &keeper->lives.leaf_s, error);
    default: return read_lifetime("ca-lifetime", &keeper->lives.ca_s, error);
    }
}

static bool read_option(int key, struct serve_options *options, struct error *error)
{
    struct server_options *server = &options->server;
    switch (key) {
    case KEY_POLICY: options->watcher.policy_file = optarg; return true;
    case KEY_TLS_CERT: options->tls.certificate_file = optarg; return true;
    case KEY_TLS_KEY: options->tls.key_file = optarg; return true;
    case KEY_CERTIFICATE_SECRET:
    case KEY_CERTIFICATE_NAME:
    case KEY_CERTIFICATE_LIFETIME:
    case KEY_CA_LIFETIME: return read_certificate_option(key, &options->keeper, error);
    case KEY_REGISTRATION: options->keeper.registration_file = optarg; return true;
    case KEY_CA_BUNDLE: options->keeper.ca_bundle_file = optarg; return true;
    case KEY_CLIENT_CA: options->tls.client_ca_file = optarg; return true;
    case KEY_CLIENT_NAME: return add_client_name(options, error);
    case KEY_TLS_MIN_VERSION: return read_tls_version(&options->tls, error);
    case KEY_LISTEN: server->listen = optarg; return true;
    case KEY_METRICS_LISTEN: server->metrics_listen = optarg; return true;
    case KEY_KUBECONFIG: return set_kubeconfig(options);
    case KEY_NAMESPACES: options->watcher.namespaces_file = optarg; return true;
    case KEY_LEASE_NAMESPACE: return read_lease_namespace(options, error);
    case KEY_NO_RELEASER: options->no_releaser = true; return true;
    case KEY_THREADS: return read_number("threads", 1, THREADS_MOST, &server->threads, error);
    case KEY_MAX_CONNECTIONS:
        return read_number("max-connections", 1, CONNECTIONS_MOST, &server->connections_most, error);
    case KEY_REQUEST_TIMEOUT:
        return read_seconds("request-timeout", 1, REQUEST_S_MOST, &server->slow_ms, error);
    case KEY_DRAIN: return read_seconds("drain", 0, DRAIN_S_MOST, &server->drain_ms, error);
    case KEY_HELP: options->help = true; return true;
    default: return error_set(error, ERROR_INPUT, "serve: unknown option; see changegate serve --help");
    }
}

static bool check_keeper(const struct serve_options *options, struct error *error)
{
    const struct keeper_options *keeper = &options->keeper;
    bool has_secret = keeper->secret_name.length > 0;
    if (has_secret && (options->tls.certificate_file != NULL || options->tls.key_file != NULL))
        return error_set(error, ERROR_INPUT, "--certificate-secret: is instead of --tls-cert and --tls-key");
    if (has_secret != (keeper->name_count > 0))
        return error_set(error, ERROR_INPUT,
                         "--certificate-secret and --certificate-name belong together; give both or none");
    if (has_secret && keeper->registration_file == NULL)
        return error_set(
            error, ERROR_INPUT,
            "--certificate-secret: needs --registration FILE, whose caBundle goes with the certificate");
    if (keeper->lives.ca_s < 2 * keeper->lives.leaf_s)
        return error_set(error, ERROR_INPUT, "--ca-lifetime: is less than twice --certificate-lifetime");
    if (keeper->ca_bundle_file != NULL && (has_secret || keeper->registration_file == NULL))
        return error_set(error, ERROR_INPUT, "--ca-bundle: goes with --registration and --tls-cert");
    if (options->watcher.namespaces_file != NULL && (has_secret || keeper->registration_file != NULL))
        return error_set(error, ERROR_INPUT,
                         "--namespaces: without a cluster there is no Secret and no registration");
    return true;
}

static bool check(const struct serve_options *options, struct error *error)
{
    bool has_secret = options->keeper.secret_name.length > 0;
    const struct {
        const char *name, *value;
    } required[] = {
        {"--policy", options->watcher.policy_file},
        {"--tls-cert", has_secret ? "" : options->tls.certificate_file},
        {"--tls-key", has_secret ? "" : options->tls.key_file},
    };
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (required[i].value == NULL)
            return error_set(error, ERROR_INPUT, "serve: %s FILE is missing; see changegate serve --help",
                             required[i].name);
    }
    if (options->tls.client_name_count > 0 && options->tls.client_ca_file == NULL)
        return error_set(error, ERROR_INPUT, "--client-name: names nobody without --client-ca FILE");
    if (options->watcher.kubeconfig != NULL && options->watcher.namespaces_file != NULL)
        return error_set(error, ERROR_INPUT, "--namespaces: is instead of a cluster; leave --kubeconfig out");
    return check_keeper(options, error);
}

static void set_defaults(struct serve_options *options)
{
    unsigned cpus = cpu_grant();
    *options = (struct serve_options){
        .server = {.listen = ":8443",
                   .metrics_listen = ":8080",
                   .threads = cpus < THREADS_MOST_BY_DEFAULT ? cpus : THREADS_MOST_BY_DEFAULT,
                   .connections_most = CONNECTIONS_BY_DEFAULT,
                   .slow_ms = REQUEST_S_BY_DEFAULT * MS_PER_S,
                   .drain_ms = DRAIN_S_BY_DEFAULT * MS_PER_S},
        .releaser = {.lease_namespace = "changegate-system"},
        .keeper = {.lease_namespace = "changegate-system",
                   .lives = {.ca_s = CA_LIFETIME_S_BY_DEFAULT, .leaf_s = LIFETIME_S_BY_DEFAULT}},
    };
    options->tls.client_names = options->client_names;
    options->watcher.tls_options = &options->tls;
}

bool serve_options_read(int argc, char **argv, struct serve_options *ret_options, struct error *error)
{
    int key;
    set_defaults(ret_options);
    opterr = 0; /* one line, and ours */
    while ((key = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (key == ':')
            return error_set(error, ERROR_INPUT, "%s: a value is missing; see changegate serve --help",
                             argv[optind - 1]);
        if (key == '?')
            return error_set(error, ERROR_INPUT, "%s: no such option; see changegate serve --help",
                             argv[optind - 1]);
        if (!read_option(key, ret_options, error))
            return false;
    }
    if (optind < argc)
        return error_set(error, ERROR_INPUT, "%s: is no option; see changegate serve --help", argv[optind]);
    return ret_options->help || check(ret_options, error);
}
