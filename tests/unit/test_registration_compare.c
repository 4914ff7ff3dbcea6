/* How a live registration differs: each edit has its clause. */
#include "registration_fixture.h"

#define V(name) "webhooks[" name ".changegate.dev]"
#define W       V("workloads")

/* The webhooks of validating.json, in order: workloads, pods, scale, status, marks, namespaces,
 * freezewindows, approvals. */
static const struct edit {
    const char *name, *patch, *faults[4];
} edits[] = {
    {"validating.json", "[]", {NULL}},
    {"mutating.json", "[]", {NULL}},
    /* wider: what should be asked about is not */
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/failurePolicy','value':'Ignore'}]",
     {W ".failurePolicy is \"Ignore\", not \"Fail\""}},
    {"validating.json", "[{'op':'remove','path':'/webhooks/1'}]", {V("pods") " is missing"}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/rules/0/operations','value':['CREATE']}]",
     {W ".rules[0].operations is [\"CREATE\"], not [\"CREATE\",\"UPDATE\",\"DELETE\"]"}},
    {"validating.json",
     "[{'op':'remove','path':'/webhooks/0/rules/2'}]",
     {W ".rules lacks {\"apiGroups\":[\"\"],\"apiVersions\":[\"v1\"],\"operations\":[\"CREATE\",\"UPDATE\","
        "\"DELETE\"],\"resources\":[\"replicationcontrollers\"],\"scope\":\"Namespaced\"}"}},
    {"validating.json",
     "[{'op':'add','path':'/webhooks/0/namespaceSelector/matchLabels/team','value':'a'}]",
     {W ".namespaceSelector.matchLabels.team is \"a\", and should not be there"}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/namespaceSelector/matchExpressions/0/values',"
     "'value':['kube-system','changegate-system','shop']}]",
     {W ".namespaceSelector.matchExpressions[0].values is [\"kube-system\",\"changegate-system\",\"shop\"], "
        "not "
        "[\"kube-system\",\"changegate-system\"]"}},
    {"validating.json",
     "[{'op':'add','path':'/webhooks/0/objectSelector/matchLabels','value':{'gate':'on'}}]",
     {W ".objectSelector.matchLabels is {\"gate\":\"on\"}, and should not be there"}},
    {"validating.json",
     "[{'op':'add','path':'/webhooks/6/matchConditions','value':[{'name':'never','expression':'false'}]}]",
     {V("freezewindows") ".matchConditions[never] is not ours"}},
    {"validating.json",
     "[{'op':'add','path':'/webhooks/2/matchConditions',"
     "'value':[{'name':'not-the-autoscaler','expression':'request.userInfo.username != "
     "`system:serviceaccount:kube-system:horizontal-pod-autoscaler` && request.userInfo.username != "
     "`bob`'}]}]",
     {V("scale") ".matchConditions[not-the-autoscaler].expression is "
                 "\"...ntal-pod-autoscaler' && request.userInfo.username != 'bob'\", not "
                 "\"...ntal-pod-autoscaler'\""}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/matchPolicy','value':'Exact'}]",
     {W ".matchPolicy is \"Exact\", not \"Equivalent\""}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/rules/0/scope','value':'Cluster'}]",
     {W ".rules[0].scope is \"Cluster\", not \"Namespaced\""}},
    /* narrower: what should not be asked about is */
    {"validating.json",
     "[{'op':'remove','path':'/webhooks/0/matchConditions/1'}]",
     {W ".matchConditions[not-on-its-way-out] is missing"}},
    {"validating.json",
     "[{'op':'remove','path':'/webhooks/2/matchConditions'}]",
     {V("scale") ".matchConditions[not-the-autoscaler] is missing"}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/namespaceSelector','value':{}}]",
     {W ".namespaceSelector.matchExpressions is missing, and should be "
        "[{\"key\":\"kubernetes.io/metadata.name\","
        "\"operator\":\"NotIn\",\"values\":[\"kube-system\",\"changegate-system\"]}]",
      W ".namespaceSelector.matchLabels is missing, and should be {\"changegate.dev/tier\":\"tier-1\"}"}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/namespaceSelector/matchLabels/"
     "changegate.dev~1tier','value':'tier-2'}]",
     {W ".namespaceSelector.matchLabels[changegate.dev/tier] is \"tier-2\", not \"tier-1\""}},
    {"validating.json",
     "[{'op':'add','path':'/webhooks/6/rules/-','value':{'apiGroups':['*'],'apiVersions':['*'],"
     "'operations':['*'],'resources':['*/*'],'scope':'*'}}]",
     {V("freezewindows") ".rules has besides "
                         "{\"apiGroups\":[\"*\"],\"apiVersions\":[\"*\"],\"operations\":[\"*\"],"
                         "\"resources\":[\"*/*\"],\"scope\":\"*\"}"}},
    {"validating.json",
     "[{'op':'add','path':'/webhooks/-','value':{'name':'x.example.com'}}]",
     {"webhooks[x.example.com] is not ours"}},
    {"mutating.json",
     "[{'op':'replace','path':'/webhooks/0/reinvocationPolicy','value':'Never'}]",
     {W ".reinvocationPolicy is \"Never\", not \"IfNeeded\""}},
    /* elsewhere, or longer */
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/timeoutSeconds','value':30}]",
     {W ".timeoutSeconds is 30, not 3"}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/sideEffects','value':'NoneOnDryRun'}]",
     {W ".sideEffects is \"NoneOnDryRun\", not \"None\""}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/clientConfig','value':{'url':'https://evil.example.com/'}}]",
     {W ".clientConfig.service is missing, and should be "
        "{\"name\":\"changegate\",\"namespace\":\"changegate-system\","
        "\"path\":\"/validate\",\"port\":443}",
      W ".clientConfig.url is \"https://evil.example.com/\", and should not be there"}},
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/0/clientConfig/service/port','value':8443}]",
     {W ".clientConfig.service.port is 8443, not 443"}},
    {"validating.json",
     "[{'op':'add','path':'/webhooks/6/rules','value':[]}]",
     {V("freezewindows") ".rules is missing, and should be "
                         "[{\"apiGroups\":[\"changegate.dev\"],\"apiVersions\":"
                         "[\"*\"],\"operations\":[\"CREATE\",\"UPDATE\"],\"resources\":[\"freezewindows\"],"
                         "\"..."}},
    /* two at once */
    {"validating.json",
     "[{'op':'replace','path':'/webhooks/1/failurePolicy','value':'Ignore'},"
     "{'op':'replace','path':'/webhooks/0/timeoutSeconds','value':1}]",
     {W ".timeoutSeconds is 1, not 3", V("pods") ".failurePolicy is \"Ignore\", not \"Fail\""}},
};

/* Patches are written with ' for ", and with ` for '. */
static char *turn_quotes(const char *text)
{
    char *turned = strdup(text);
    for (char *c = turned; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c == '`' ? '\'' : *c;
    return turned;
}

static void expect_faults(const struct registration *registration, const char *live,
                          const char *const *wanted, struct arena *arena)
{
    struct text faults[REGISTRATION_FAULTS_MOST];
    size_t count = registration_compare(registration, text_of(live), arena, faults);
    for (size_t i = 0; i < count; i++)
        assert_text(faults[i], wanted[i] == NULL ? "(nothing)" : wanted[i]);
    if (wanted[count] != NULL)
        fail_msg("nothing was said of: %s", wanted[count]);
}

static void test_each_edit_is_named(void **state)
{
    struct registrations registrations = read_desired();
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        char *patch = turn_quotes(edits[i].patch), *live = live_with(edits[i].name, patch);
        expect_faults(&registrations.items[strcmp(edits[i].name, "mutating.json") == 0], live,
                      edits[i].faults, *state);
        free(patch);
        free(live);
    }
    registrations_done(&registrations);
}

static void test_another_order_is_a_difference(void **state)
{
    static const char desired[] =
        HEAD "webhooks:\n- name: a\n  clientConfig: {url: 'https://a/'}\n"
             "  rules: [{resources: [a]}, {resources: [b]}]\n"
             "  matchConditions: [{name: c, expression: 'true'}, {name: d, expression: 'true'}]\n"
             "- {name: b, clientConfig: {url: 'https://a/'}}\n";
    static const struct {
        const char *live, *faults[2];
    } cases[] = {
        {"{'name':'a','clientConfig':{'url':'https://a/'},'rules':[{'resources':['b']},{'resources':['a']}],"
         "'matchConditions':[{'name':'c','expression':'true'},{'name':'d','expression':'true'}]},"
         "{'name':'b','clientConfig':{'url':'https://a/'}}",
         {"webhooks[a].rules are in another order"}},
        {"{'name':'a','clientConfig':{'url':'https://a/'},'rules':[{'resources':['a']},{'resources':['b']}],"
         "'matchConditions':[{'name':'d','expression':'true'},{'name':'c','expression':'true'}]},"
         "{'name':'b','clientConfig':{'url':'https://a/'}}",
         {"webhooks[a].matchConditions are in another order"}},
        {"{'name':'b','clientConfig':{'url':'https://a/'}},"
         "{'name':'a','clientConfig':{'url':'https://a/'},'rules':[{'resources':['a']},{'resources':['b']}],"
         "'matchConditions':[{'name':'c','expression':'true'},{'name':'d','expression':'true'}]}",
         {"webhooks are in another order"}},
        {"{'name':'a','clientConfig':{'url':'https://a/'},'rules':[{'resources':['a']},{'resources':['b']},"
         "{'resources':['b']}],"
         "'matchConditions':[{'name':'c','expression':'true'},{'name':'d','expression':'true'}]},"
         "{'name':'b','clientConfig':{'url':'https://a/'}}",
         {"webhooks[a].rules has some more than once"}},
        /* what the API server would add to this one, by hand, and the other way round: nothing */
        {"{'name':'a','clientConfig':{'url':'https://a/"
         "'},'rules':[{'resources':['a'],'scope':'*'},{'resources':['b']}],"
         "'matchConditions':[{'name':'c','expression':'true'},{'name':'d','expression':'true'}],"
         "'failurePolicy':'Fail','matchPolicy':'Equivalent','timeoutSeconds':10,'namespaceSelector':{},"
         "'objectSelector':{'matchLabels':{},'matchExpressions':null}},"
         "{'name':'b','clientConfig':{'url':'https://a/','caBundle':'QUJD'},'rules':[]}",
         {NULL}},
    };
    struct registrations registrations = read_registrations(desired);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *webhooks = turn_quotes(cases[i].live);
        struct text live =
            arena_printf(*state,
                         "{\"kind\":\"ValidatingWebhookConfiguration\",\"metadata\":{\"name\":\"x\"},"
                         "\"webhooks\":[%s]}",
                         webhooks);
        expect_faults(&registrations.items[0], live.at, cases[i].faults, *state);
        free(webhooks);
    }
    registrations_done(&registrations);
}

static void test_too_many_are_counted(void **state)
{
    struct text faults[REGISTRATION_FAULTS_MOST], live = text_of("");
    struct registrations registrations = read_desired();
    for (int i = 0; i < 40; i++)
        live = arena_printf(*state, "%.*s%s{\"name\":\"w%d\"}", TEXT_ARGS(live), i == 0 ? "" : ",", i);
    live = arena_printf(*state,
                        "{\"kind\":\"ValidatingWebhookConfiguration\",\"metadata\":{\"name\":\"changegate\"},"
                        "\"webhooks\":[%.*s]}",
                        TEXT_ARGS(live));
    assert_int_equal(registration_compare(&registrations.items[0], live, *state, faults),
                     REGISTRATION_FAULTS_MOST);
    assert_text(faults[0], W " is missing");
    assert_text(faults[30], "webhooks[w22] is not ours");
    assert_text(faults[31], "and 17 more"); /* 8 missing and 40 strange ones */
    registrations_done(&registrations);
}

static void test_an_empty_one_lacks_all(void **state)
{
    struct text faults[REGISTRATION_FAULTS_MOST];
    struct registration_live look;
    struct error error;
    struct registrations registrations = read_desired();
    static const char *const lives[] = {
        "{\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{\"name\":\"changegate\","
        "\"resourceVersion\":\"7\"}}",
        "{\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{\"name\":\"changegate\","
        "\"resourceVersion\":\"7\"},"
        "\"webhooks\":null}",
        "{\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{\"name\":\"changegate\","
        "\"resourceVersion\":\"7\"},"
        "\"webhooks\":[]}",
    };
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
        assert_int_equal(registration_compare(&registrations.items[1], text_of(lives[i]), *state, faults), 3);
        assert_text(faults[2], "webhooks[approvals.changegate.dev] is missing");
        assert_true(registration_look(&registrations.items[1], text_of(lives[i]), *state, &look, &error));
        assert_int_equal(look.webhook_count, 0);
        assert_text(look.resource_version, "7");
        assert_text(look.ca_bundle, "");
        assert_true(look.ca_bundles_agree);
        assert_false(look.is_marked || look.is_ours);
    }
    registrations_done(&registrations);
}

static void test_garbage_is_an_error(void **state)
{
    static const struct {
        const char *live, *text;
    } cases[] = {
        {"", "no JSON"},
        {"{", "no JSON"},
        {"[]", "an object of another kind"},
        {"{}", "an object of another kind"},
        {"{\"kind\":\"Status\",\"metadata\":{},\"status\":\"Failure\"}", "an object of another kind"},
        {"{\"kind\":\"ValidatingWebhookConfiguration\"}", "an object of another name"},
        {"{\"kind\":\"ValidatingWebhookConfiguration\",\"metadata\":{\"name\":\"other\"}}",
         "an object of another name"},
        {"{\"kind\":\"ValidatingWebhookConfiguration\",\"metadata\":{\"name\":\"changegate\"},\"webhooks\":{}"
         "}",
         "an object whose webhooks are no list of objects"},
        {"{\"kind\":\"ValidatingWebhookConfiguration\",\"metadata\":{\"name\":\"changegate\"},\"webhooks\":["
         "1]}",
         "an object whose webhooks are no list of objects"},
    };
    struct registrations registrations = read_desired();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct registration_live live;
        struct error error;
        struct text faults[REGISTRATION_FAULTS_MOST], wanted;
        wanted = arena_printf(*state, "the answer about ValidatingWebhookConfiguration changegate is %s",
                              cases[i].text);
        assert_false(
            registration_look(&registrations.items[0], text_of(cases[i].live), *state, &live, &error));
        assert_string_equal(error.text, wanted.at);
        assert_int_equal(
            registration_compare(&registrations.items[0], text_of(cases[i].live), *state, faults), 1);
        assert_text(faults[0], wanted.at);
        assert_text(registration_write_ca(text_of(cases[i].live), text_of("x"), *state),
                    strstr(cases[i].live, "[1]") != NULL
                        ? "{\"metadata\":{\"resourceVersion\":\"\"},\"webhooks\":[1]}"
                        : "");
    }
    registrations_done(&registrations);
}

/* Members of the wrong sort, wherever one may stand: told, and no crash. */
static void test_wrong_sorts_are_told(void **state)
{
    static const char *const values[] = {"null", "1", "\"x\"", "[]", "[1]", "[null]", "{}", "{\"name\":1}"};
    static const char *const keys[] = {
        "name",           "clientConfig",    "rules",          "namespaceSelector",
        "objectSelector", "matchConditions", "timeoutSeconds", "failurePolicy"};
    struct registrations registrations = read_desired();
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++) {
            struct registration_live look;
            struct error error;
            struct text faults[REGISTRATION_FAULTS_MOST];
            char *live = live_with(
                "validating.json",
                arena_printf(*state, "[{\"op\":\"replace\",\"path\":\"/webhooks/0/%s\",\"value\":%s}]",
                             keys[j], values[i])
                    .at);
            bool is_default = j == 4 && (i == 0 || i == 3 || i == 6);
            bool says_default = (j == 7 && (i == 0 || i == 3 || i == 6)); /* null failurePolicy: Fail */
            size_t count = registration_compare(&registrations.items[0], text_of(live), *state, faults);
            assert_true((count > 0) == !(is_default || says_default));
            assert_true(registration_look(&registrations.items[0], text_of(live), *state, &look, &error));
            assert_true(registration_write_ca(text_of(live), text_of("x"), *state).length > 0);
            free(live);
        }
    registrations_done(&registrations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_each_edit_is_named),   WITH_ARENA(test_another_order_is_a_difference),
        WITH_ARENA(test_too_many_are_counted), WITH_ARENA(test_an_empty_one_lacks_all),
        WITH_ARENA(test_garbage_is_an_error),  WITH_ARENA(test_wrong_sorts_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
