/* kubeconfig files and a pod's own credentials: what is taken, what is refused, and where the message points.
 */
#include "edge/kube_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char directory[64];
    struct arena arena;
    struct kube_config config;
};

static void write_file(const struct fixture *fixture, const char *name, const char *content)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    strcpy(fixture->directory, "/tmp/test_kube_config.XXXXXX");
    if (mkdtemp(fixture->directory) == NULL)
        return -1;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    kube_config_done(&fixture->config);
    arena_done(&fixture->arena);
    snprintf(command, sizeof(command), "rm -r %s", fixture->directory);
    int status = system(command);
    free(fixture);
    return status;
}

/* A kubeconfig around a cluster and a user, each a flow map on a line of its own: lines 4 and 6. */
static struct text config_of(struct fixture *fixture, const char *cluster, const char *user)
{
    return arena_printf(&fixture->arena,
                        "kind: Config\n"
                        "current-context: shop\n"
                        "clusters:\n"
                        "- {name: east, cluster: %s}\n"
                        "users:\n"
                        "- {name: gate, user: %s}\n"
                        "contexts:\n"
                        "- {name: other, context: {cluster: nowhere, user: nobody}}\n"
                        "- {name: shop, context: {cluster: east, user: gate}}\n",
                        cluster, user);
}

static void read_good(struct fixture *fixture, const char *cluster, const char *user)
{
    struct error error = {0};
    if (!kube_config_read(config_of(fixture, cluster, user), fixture->directory, &fixture->config, &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.text);
}

static void check_refused(struct fixture *fixture, struct text bytes, enum error_kind kind, unsigned line,
                          const char *text)
{
    struct error error = {0};
    assert_false(kube_config_read(bytes, fixture->directory, &fixture->config, &error));
    assert_string_equal(error.text, text);
    assert_int_equal(error.line, line);
    assert_int_equal(error.kind, kind);
    assert_null(fixture->config.arena.blocks);
}

static void test_data_in_the_file(void **state)
{
    struct fixture *fixture = *state;
    read_good(
        fixture,
        "{server: 'https://10.0.0.1:6443/', certificate-authority-data: UEVN, tls-server-name: kubernetes,"
        " certificate-authority: unused}",
        "{client-certificate-data: Q0VSVA==, client-key-data: S0VZ}");
    const struct kube_config *config = &fixture->config;
    assert_true(text_is(config->server, "https://10.0.0.1:6443"));
    assert_true(text_is(config->tls_server_name, "kubernetes"));
    assert_true(text_is(config->ca.data, "PEM"));
    assert_null(config->ca.file);
    assert_true(text_is(config->client_certificate.data, "CERT"));
    assert_true(text_is(config->client_key.data, "KEY"));
    assert_false(config->skip_verify);
}

static void test_paths_are_relative_to_the_file(void **state)
{
    struct fixture *fixture = *state;
    char path[128], expected[128];
    struct error error = {0};
    write_file(fixture, "ca.crt", "PEM");
    write_file(
        fixture, "config",
        config_of(fixture, "{server: 'https://h', certificate-authority: ca.crt}", "{token: secret}").at);
    snprintf(path, sizeof(path), "%s/config", fixture->directory);
    assert_true(kube_config_load(path, &fixture->config, &error));
    snprintf(expected, sizeof(expected), "%s/", fixture->directory);
    assert_memory_equal(fixture->config.ca.file, expected, strlen(expected));
    assert_int_equal(access(fixture->config.ca.file, R_OK), 0);
}

static void test_token_file_is_read_each_time(void **state)
{
    struct fixture *fixture = *state;
    struct text token;
    struct error error = {0};
    write_file(fixture, "token", "first\n");
    read_good(fixture, "{server: 'https://h', insecure-skip-tls-verify: true}",
              "{token: old, tokenFile: token}");
    assert_true(fixture->config.skip_verify);
    assert_true(kube_config_token(&fixture->config, &fixture->arena, &token, &error));
    assert_true(text_is(token, "first"));
    write_file(fixture, "token", "second");
    assert_true(kube_config_token(&fixture->config, &fixture->arena, &token, &error));
    assert_true(text_is(token, "second"));
    write_file(fixture, "token", "a\r\nX-Evil: 1");
    assert_false(kube_config_token(&fixture->config, &fixture->arena, &token, &error));
    assert_string_equal(error.text, "token: holds a character that no bearer token has");
}

static void test_plugins_and_the_like_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char cluster[] = "{server: 'https://h'}";
    check_refused(fixture, config_of(fixture, cluster, "{exec: {command: aws}}"), ERROR_UNSUPPORTED, 6,
                  "exec is not supported; use tokenFile, or client-certificate and client-key");
    check_refused(fixture, config_of(fixture, cluster, "{auth-provider: {name: gcp}}"), ERROR_UNSUPPORTED, 6,
                  "auth-provider is not supported; use tokenFile, or client-certificate and client-key");
    check_refused(fixture, config_of(fixture, cluster, "{as: admin, token: a}"), ERROR_UNSUPPORTED, 6,
                  "as is not supported; use the credentials of the user itself");
    check_refused(fixture, config_of(fixture, "{server: 'https://h', proxy-url: 'http://p'}", "{}"),
                  ERROR_UNSUPPORTED, 4, "proxy-url is not supported; connect to the API server directly");
}

static void test_servers(void **state)
{
    struct fixture *fixture = *state;
    check_refused(fixture, config_of(fixture, "{server: 'http://h:8080'}", "{}"), ERROR_INPUT, 4,
                  "server: \"http://h:8080\" is not a URL of an API server; write https://HOST:PORT");
    check_refused(fixture, config_of(fixture, "{server: 'https://'}", "{}"), ERROR_INPUT, 4,
                  "server: \"https://\" is not a URL of an API server; write https://HOST:PORT");
    check_refused(fixture, config_of(fixture, "{server: 'https://u:p@h'}", "{}"), ERROR_INPUT, 4,
                  "server: \"https://u:p@h\" is not a URL of an API server; write https://HOST:PORT");
    check_refused(fixture, config_of(fixture, "{}", "{}"), ERROR_INPUT, 4,
                  "server: \"\" is not a URL of an API server; write https://HOST:PORT");
    read_good(fixture, "{server: 'https://rancher/k8s/clusters/c-1/'}", "{}");
    assert_true(text_is(fixture->config.server, "https://rancher/k8s/clusters/c-1"));
}

static void test_faults_have_a_place(void **state)
{
    struct fixture *fixture = *state;
    static const char cluster[] = "{server: 'https://h'}";
    check_refused(fixture, config_of(fixture, cluster, "{token: 1234}"), ERROR_INPUT, 6,
                  "token: must be a string; put the value in quotes");
    check_refused(fixture, config_of(fixture, cluster, "{client-certificate-data: UEVN}"), ERROR_INPUT, 6,
                  "client-certificate and client-key belong together; give both or none");
    check_refused(fixture,
                  config_of(fixture, "{server: 'https://h', certificate-authority-data: '-----BEGIN'}", "{}"),
                  ERROR_INPUT, 4,
                  "certificate-authority-data: is not base64; it must hold a PEM file encoded in base64");
    check_refused(fixture, config_of(fixture, "{server: 'https://h', insecure-skip-tls-verify: 'yes'}", "{}"),
                  ERROR_INPUT, 4, "insecure-skip-tls-verify: must be true or false");
    check_refused(fixture, text_of("kind: Config\n"), ERROR_INPUT, 1,
                  "current-context is not set; choose one with kubectl config use-context NAME");
    check_refused(fixture, text_of("current-context: a\ncontexts:\n- {name: b, context: {}}\n"), ERROR_INPUT,
                  3, "no context \"a\" in contexts; add it or choose another context");
    check_refused(fixture, text_of("current-context: a\ncontexts:\n- {name: a, context: {cluster: c}}\n"),
                  ERROR_INPUT, 1, "no cluster \"c\" in clusters; add it or choose another context");
    check_refused(fixture, text_of("just text\n"), ERROR_INPUT, 0,
                  "is not a kubeconfig; it must be one YAML document of kind Config");
}

static void test_missing_files_name_the_key(void **state)
{
    struct fixture *fixture = *state;
    struct text bytes =
        config_of(fixture, "{server: 'https://h', certificate-authority: /nowhere/ca.crt}", "{token: a}");
    check_refused(fixture, bytes, ERROR_SYSTEM, 0,
                  "certificate-authority: /nowhere/ca.crt: cannot be opened: No such file or directory");
    bytes = config_of(fixture, "{server: 'https://h'}", "{tokenFile: /nowhere/token}");
    check_refused(fixture, bytes, ERROR_SYSTEM, 0,
                  "token: /nowhere/token: cannot be opened: No such file or directory");
}

static void test_in_cluster(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    assert_false(kube_config_in_cluster(NULL, "443", fixture->directory, &fixture->config, &error));
    assert_string_equal(
        error.text,
        "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so this is not a pod; give "
        "--kubeconfig FILE, or --namespaces FILE to do without a cluster");
    assert_false(kube_config_in_cluster("10.0.0.1", "443", "/nowhere", &fixture->config, &error));
    assert_string_equal(
        error.text, "service account: token: /nowhere/token: cannot be opened: No such file or directory");

    write_file(fixture, "token", "abc");
    write_file(fixture, "ca.crt", "PEM");
    assert_true(kube_config_in_cluster("fd00::1", "443", fixture->directory, &fixture->config, &error));
    assert_true(text_is(fixture->config.server, "https://[fd00::1]:443"));
    assert_true(text_ends_with(text_of(fixture->config.token_file), text_of("/token")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_data_in_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths_are_relative_to_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_token_file_is_read_each_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plugins_and_the_like_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_servers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_have_a_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_files_name_the_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_in_cluster, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
