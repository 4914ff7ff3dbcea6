/* Reading the registrations that are desired, looking at live ones, and writing into them. */
#include "registration_fixture.h"

/* ---- reading what is desired ---- */

static void test_the_file_is_read(void **state)
{
    struct registrations registrations = read_desired();
    assert_int_equal(registrations.count, 2);
    const struct registration *first = &registrations.items[0], *second = &registrations.items[1];
    assert_int_equal(first->kind, REGISTRATION_VALIDATING);
    assert_int_equal(second->kind, REGISTRATION_MUTATING);
    assert_text(first->name, "changegate");
    assert_text(registration_path(first, *state),
                "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/changegate");
    assert_text(registration_path(second, *state),
                "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/changegate");
    assert_string_equal(registration_kind_name(first->kind), "ValidatingWebhookConfiguration");
    assert_string_equal(registration_kind_name(second->kind), "MutatingWebhookConfiguration");
    assert_text(registration_url(first, *state), "https://changegate.changegate-system.svc:443/validate");
    assert_text(registration_url(second, *state), "https://changegate.changegate-system.svc:443/mutate");
    assert_int_equal(strlen(first->digest), 71);
    assert_memory_equal(first->digest, "sha256:", 7);
    assert_string_not_equal(first->digest, second->digest);
    registrations_done(&registrations);
    registrations_done(&registrations); /* a zeroed one */
}

static void test_the_address(void **state)
{
    static const struct {
        const char *yaml, *url;
    } cases[] = {
        {WEBHOOK("{url: 'https://127.0.0.1:9443/validate?timeout=3s'}"), "https://127.0.0.1:9443/validate"},
        {WEBHOOK("{url: 'https://gate.example.com/validate#x?y'}"), "https://gate.example.com/validate"},
        {WEBHOOK("{service: {name: gate, namespace: ops}}"), "https://gate.ops.svc:443/"},
        {WEBHOOK("{service: {name: gate, namespace: ops, port: 8443, path: validate}}"),
         "https://gate.ops.svc:8443/validate"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct registrations registrations = read_registrations(cases[i].yaml);
        assert_text(registration_url(&registrations.items[0], *state), cases[i].url);
        registrations_done(&registrations);
    }
}

static void test_the_digest_is_of_the_content_alone(void **state)
{
    static const char *const same[] = {
        HEAD "webhooks: [{name: a, failurePolicy: Fail, clientConfig: {url: 'https://a/'}}]",
        HEAD "webhooks: [{clientConfig: {url: 'https://a/'}, failurePolicy: Fail, name: a}]",
        HEAD
        "webhooks:\n- name: a\n  clientConfig: {url: 'https://a/', caBundle: QUJD}\n  failurePolicy: 'Fail'",
        "kind: ValidatingWebhookConfiguration\nmetadata: {name: x, labels: {a: b}}\n"
        "webhooks: [{name: a, failurePolicy: Fail, clientConfig: {url: 'https://a/'}}]\n"
        "apiVersion: admissionregistration.k8s.io/v1",
    };
    static const char *const others[] = {
        HEAD "webhooks: [{name: a, failurePolicy: Ignore, clientConfig: {url: 'https://a/'}}]",
        HEAD "webhooks: [{name: b, failurePolicy: Fail, clientConfig: {url: 'https://a/'}}]",
        HEAD "webhooks: [{name: a, failurePolicy: Fail, clientConfig: {url: 'https://b/'}}]",
    };
    (void)state;
    struct registrations first = read_registrations(same[0]);
    assert_string_equal(first.items[0].digest,
                        "sha256:81465ff1720a05a3c5451cfb7008246268910be40fd6d9bac00ead567b0b10ea");
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct registrations registrations = read_registrations(same[i]);
        assert_string_equal(registrations.items[0].digest, first.items[0].digest);
        registrations_done(&registrations);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct registrations registrations = read_registrations(others[i]);
        assert_string_not_equal(registrations.items[0].digest, first.items[0].digest);
        registrations_done(&registrations);
    }
    registrations_done(&first);
}

static void test_what_cannot_be_read(void **state)
{
    static const struct {
        const char *yaml;
        unsigned line, column;
        const char *text;
    } cases[] = {
        {"", 1, 1,
         "the file is empty; write a ValidatingWebhookConfiguration, a MutatingWebhookConfiguration, or "
         "both"},
        {"- a", 1, 1,
         "this is no object; write a ValidatingWebhookConfiguration or a MutatingWebhookConfiguration"},
        {"kind: Secret\napiVersion: v1", 1, 7,
         "kind is \"Secret\"; write ValidatingWebhookConfiguration or MutatingWebhookConfiguration, and move "
         "other "
         "objects to a file of their own"},
        {"kind: MutatingWebhookConfiguration\napiVersion: admissionregistration.k8s.io/v1beta1", 2, 13,
         "apiVersion is \"admissionregistration.k8s.io/v1beta1\"; write admissionregistration.k8s.io/v1"},
        {"apiVersion: admissionregistration.k8s.io/v1", 1, 1, "kind is missing; write a text"},
        {"apiVersion: admissionregistration.k8s.io/v1\nkind: [a]", 2, 7, "kind is no text; write a text"},
        {"apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration", 1, 1,
         "metadata.name is missing; write a text"},
        {HEAD, 1, 1, "webhooks is missing; list what the API server should ask about"},
        {HEAD "webhooks: []", 4, 11, "webhooks is empty; list what the API server should ask about"},
        {HEAD "webhooks: {a: b}", 4, 11, "webhooks is no list; list what the API server should ask about"},
        {HEAD "webhooks: [a]", 4, 12, "webhooks[0].name is missing; write a text"},
        {HEAD "webhooks: [{name: 5}]", 4, 19, "webhooks[0].name is no text; write a text"},
        {HEAD "webhooks: [{name: a}]", 4, 12,
         "webhooks[0].clientConfig needs either url or service; write one of them"},
        {HEAD "webhooks: [{name: a, clientConfig: {url: 'https://a/', service: {}}}]", 4, 36,
         "webhooks[0].clientConfig needs either url or service; write one of them"},
        {HEAD "webhooks: [{name: a, clientConfig: {service: {name: b}}}]", 4, 46,
         "webhooks[0].clientConfig.service.namespace is missing; write a text"},
        {HEAD "webhooks: [{name: a, clientConfig: {url: 'https://a/'}}, {name: a, clientConfig: {url: 'b'}}]",
         4, 65, "another webhook is called \"a\", too; give each a name of its own"},
        {HEAD "webhooks: [{name: a, clientConfig: {url: 'https://a/x'}}, {name: b, clientConfig: {url: "
              "'https://b/x'}}]",
         4, 83,
         "webhooks[1].clientConfig: names another server than webhooks[0]; all of them have to be "
         "changegate's"},
        {HEAD "webhooks: [{name: a, clientConfig: {url: 'https://a:1/x'}}, {name: b, clientConfig: {url: "
              "'https://a:2/'}}]",
         4, 85,
         "webhooks[1].clientConfig: names another server than webhooks[0]; all of them have to be "
         "changegate's"},
        {HEAD "webhooks: [{name: a, clientConfig: {url: 'https://a/'}}, {name: b, clientConfig: {service: "
              "{name: a, "
              "namespace: b}}}]",
         4, 82,
         "webhooks[1].clientConfig: names another server than webhooks[0]; all of them have to be "
         "changegate's"},
        {HEAD "webhooks: [{name: a, clientConfig: {url: 'https://a/'}, rules: [{apiGroups: ['*']}]}]", 4, 78,
         "webhooks[0].rules[0].apiGroups: \"*\" would have the API server wait for changegate in what a "
         "cluster needs "
         "to heal; name the workloads alone"},
        {HEAD
         "webhooks: [{name: a, clientConfig: {url: 'https://a/'}, rules: [{resources: [pods, '*/scale']}]}]",
         4, 84,
         "webhooks[0].rules[0].resources: \"*/scale\" would have the API server wait for changegate in what "
         "a cluster "
         "needs to heal; name the workloads alone"},
        {HEAD "webhooks: [{name: a, clientConfig: {url: 'https://a/'}, rules: [{apiGroups: "
              "[coordination.k8s.io]}]}]",
         4, 78,
         "webhooks[0].rules[0].apiGroups: \"coordination.k8s.io\" would have the API server wait for "
         "changegate in what "
         "a cluster needs to heal; name the workloads alone"},
        {HEAD "webhooks: [{name: a, clientConfig: {url: 'https://a/'}, rules: [{resources: [nodes]}]}]", 4,
         78,
         "webhooks[0].rules[0].resources: \"nodes\" would have the API server wait for changegate in what a "
         "cluster needs "
         "to heal; name the workloads alone"},
        {WEBHOOK("{url: 'https://a/'}") "\n---\n" WEBHOOK("{url: 'https://a/'}"), 6, 1,
         "there is a second ValidatingWebhookConfiguration; write one, with all webhooks in it"},
        {"a: *b", 1, 4, "there is no anchor &b above"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct registrations registrations;
        struct error error = {.text = ""};
        assert_false(registrations_read(text_of(cases[i].yaml), &registrations, &error));
        assert_string_equal(error.text, cases[i].text);
        assert_int_equal(error.line, cases[i].line);
        assert_int_equal(error.column, cases[i].column);
    }
}

/* ---- looking and writing ---- */

static json_t *merge(json_t *target, json_t *patch) /* RFC 7396 section 2; takes both */
{
    const char *key;
    json_t *value;
    if (!json_is_object(patch)) {
        json_decref(target);
        return patch;
    }
    if (!json_is_object(target)) {
        json_decref(target);
        target = json_object();
    }
    json_object_foreach(patch, key, value)
    {
        if (json_is_null(value))
            json_object_del(target, key);
        else
            json_object_set_new(target, key,
                                merge(json_incref(json_object_get(target, key)), json_incref(value)));
    }
    json_decref(patch);
    return target;
}

static struct text merged(const char *live, struct text patch, struct arena *arena)
{
    json_t *object = json_loads(live, 0, NULL), *change = json_loadb(patch.at, patch.length, 0, NULL);
    assert_non_null(change);
    object = merge(object, change);
    char *bytes = json_dumps(object, JSON_COMPACT);
    struct text text = arena_copy(arena, text_of(bytes));
    free(bytes);
    json_decref(object);
    return text;
}

static void test_what_is_written_is_what_is_desired(void **state)
{
    static const char *const kinds[] = {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"};
    struct registrations registrations = read_desired();
    for (size_t i = 0; i < registrations.count; i++) {
        struct registration_live live;
        struct error error;
        struct text faults[REGISTRATION_FAULTS_MOST];
        struct text empty = arena_printf(*state,
                                         "{\"kind\":\"%s\",\"metadata\":{\"name\":\"changegate\","
                                         "\"resourceVersion\":\"7\",\"labels\":{\"a\":\"b\"}}}",
                                         kinds[i]);
        assert_true(registration_look(&registrations.items[i], empty, *state, &live, &error));
        struct text patch =
            registration_write(&registrations.items[i], &live, text_of("PEM of a CA"), *state);
        struct text full = merged(empty.at, patch, *state);
        assert_int_equal(registration_compare(&registrations.items[i], full, *state, faults), 0);
        assert_true(registration_look(&registrations.items[i], full, *state, &live, &error));
        assert_true(live.is_ours && live.is_marked && live.ca_bundles_agree);
        assert_text(live.ca_bundle, "PEM of a CA");
        assert_int_equal(live.webhook_count, i == 0 ? 8 : 3);
        assert_non_null(strstr(full.at, "\"labels\":{\"a\":\"b\"}"));
        assert_non_null(strstr(patch.at, "\"resourceVersion\":\"7\""));

        patch = registration_write(&registrations.items[i], &live, TEXT_EMPTY, *state);
        assert_null(strstr(patch.at, "caBundle"));
    }
    registrations_done(&registrations);
}

static void test_the_mark_says_who_filled_it_in(void **state)
{
    struct registrations registrations = read_desired();
    const struct registration *desired = &registrations.items[0];
    struct registration_live look;
    struct error error;
    static const char format[] =
        "[{\"op\":\"add\",\"path\":\"/metadata/annotations/changegate.dev~1registered\",\"value\":\"%s\"}]";
    char *live = live_with("validating.json", arena_printf(*state, format, desired->digest).at);
    assert_true(registration_look(desired, text_of(live), *state, &look, &error));
    assert_true(look.is_ours && look.is_marked);
    free(live);
    live = live_with("validating.json", arena_printf(*state, format, "sha256:0").at);
    assert_true(registration_look(desired, text_of(live), *state, &look, &error));
    assert_true(!look.is_ours && look.is_marked);
    free(live);
    live = live_with("validating.json", "[]");
    assert_true(registration_look(desired, text_of(live), *state, &look, &error));
    assert_true(!look.is_ours && !look.is_marked);
    assert_true(text_starts_with(look.ca_bundle, text_of("-----BEGIN CERTIFICATE-----\n")));
    assert_true(text_ends_with(look.ca_bundle, text_of("-----END CERTIFICATE-----\n")));
    free(live);
    registrations_done(&registrations);
}

static void test_ca_bundles_are_compared(void **state)
{
    struct registrations registrations = read_desired();
    static const struct {
        const char *patch, *ca;
    } cases[] = {
        {"[{\"op\":\"replace\",\"path\":\"/webhooks/3/clientConfig/caBundle\",\"value\":\"QUJD\"}]", NULL},
        {"[{\"op\":\"remove\",\"path\":\"/webhooks/7/clientConfig/caBundle\"}]", NULL},
        {"[{\"op\":\"remove\",\"path\":\"/webhooks/0/clientConfig/caBundle\"}]", ""},
        {"[{\"op\":\"replace\",\"path\":\"/webhooks/0/clientConfig/caBundle\",\"value\":\"QUI=\"}]", "AB"},
        {"[{\"op\":\"replace\",\"path\":\"/webhooks/0/clientConfig/caBundle\",\"value\":\"QQ==\"}]", "A"},
        {"[{\"op\":\"replace\",\"path\":\"/webhooks/0/clientConfig/caBundle\",\"value\":\"Q\"}]", ""},
        {"[{\"op\":\"replace\",\"path\":\"/webhooks/0/clientConfig/caBundle\",\"value\":\"Q*==\"}]", ""},
        {"[{\"op\":\"replace\",\"path\":\"/webhooks/0/clientConfig/caBundle\",\"value\":5}]", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct registration_live look;
        struct error error;
        struct text faults[REGISTRATION_FAULTS_MOST];
        char *live = live_with("validating.json", cases[i].patch);
        assert_true(registration_look(&registrations.items[0], text_of(live), *state, &look, &error));
        assert_false(look.ca_bundles_agree);
        if (cases[i].ca != NULL)
            assert_text(look.ca_bundle, cases[i].ca);
        assert_int_equal(registration_compare(&registrations.items[0], text_of(live), *state, faults), 0);
        free(live);
    }
    registrations_done(&registrations);
}

static void test_a_new_ca_leaves_edits_alone(void **state)
{
    struct registrations registrations = read_desired();
    struct registration_live look;
    struct error error;
    struct text faults[REGISTRATION_FAULTS_MOST];
    char *live =
        live_with("validating.json",
                  "[{\"op\":\"replace\",\"path\":\"/webhooks/0/failurePolicy\",\"value\":\"Ignore\"},"
                  "{\"op\":\"add\",\"path\":\"/webhooks/-\",\"value\":{\"name\":\"x.example.com\","
                  "\"clientConfig\":{\"url\":\"https://x/\"},\"someday\":{\"a\":[1,2]}}},"
                  "{\"op\":\"add\",\"path\":\"/metadata/annotations/changegate.dev~1registered\","
                  "\"value\":\"sha256:0\"}]");
    struct text patch = registration_write_ca(text_of(live), text_of("new"), *state);
    assert_null(strstr(patch.at, "\"annotations\""));
    struct text after = merged(live, patch, *state);
    assert_true(registration_look(&registrations.items[0], after, *state, &look, &error));
    assert_text(look.ca_bundle, "new");
    assert_true(look.ca_bundles_agree && look.is_marked);
    assert_non_null(strstr(after.at, "\"someday\":{\"a\":[1,2]}"));
    assert_int_equal(registration_compare(&registrations.items[0], after, *state, faults), 2);
    assert_text(faults[0], "webhooks[workloads.changegate.dev].failurePolicy is \"Ignore\", not \"Fail\"");
    assert_text(faults[1], "webhooks[x.example.com] is not ours");

    after = merged(live, registration_write_ca(text_of(live), TEXT_EMPTY, *state), *state);
    assert_null(strstr(after.at, "caBundle"));
    free(live);
    registrations_done(&registrations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_the_file_is_read),
        WITH_ARENA(test_the_address),
        WITH_ARENA(test_the_digest_is_of_the_content_alone),
        WITH_ARENA(test_what_cannot_be_read),
        WITH_ARENA(test_what_is_written_is_what_is_desired),
        WITH_ARENA(test_the_mark_says_who_filled_it_in),
        WITH_ARENA(test_ca_bundles_are_compared),
        WITH_ARENA(test_a_new_ca_leaves_edits_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
