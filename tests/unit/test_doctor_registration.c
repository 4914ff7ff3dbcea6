/* What the doctor makes of registrations: as they are written, and whether they fit the policies. */
#include "doctor_fixture.h"

#include "codec/policy_file.h"

#define HEAD "{'kind':'ValidatingWebhookConfiguration','metadata':{'name':'changegate'%s},'webhooks':[%s]}"
#define HOOK                                                                                                 \
    "{'name':'workloads.changegate.dev','failurePolicy':'%s','timeoutSeconds':%d,'clientConfig':{'service':" \
    "{'name':'a',"                                                                                           \
    "'namespace':'b'}}}"

static const char desired_yaml[] = "apiVersion: admissionregistration.k8s.io/v1\nkind: "
                                   "ValidatingWebhookConfiguration\nmetadata: {name: changegate}\n"
                                   "webhooks: [{name: workloads.changegate.dev, timeoutSeconds: 3, "
                                   "clientConfig: {service: {name: a, namespace: b}}}]\n";
static const struct registration unknown = {.kind = REGISTRATION_VALIDATING, .name = TEXT("changegate")};

/* `mark` NULL: it has none. */
static struct text live_of(struct clinic *clinic, const char *mark, const char *hooks)
{
    const char *annotations = "";
    if (mark != NULL)
        annotations =
            arena_printf(&clinic->arena, ",'annotations':{'changegate.dev/registered':'%s'}", mark).at;
    struct text live = arena_printf(&clinic->arena, HEAD, annotations, hooks);
    for (size_t i = 0; i < live.length; i++)
        if (live.at[i] == '\'')
            ((char *)live.at)[i] = '"';
    return live;
}

static void judge(struct clinic *clinic, const struct registration *desired, struct text live,
                  const char *holder)
{
    doctor_judge_registration(desired, live, clinic_read(clinic, live), text_of(holder), &clinic->report);
}

#define V "ValidatingWebhookConfiguration changegate"
#define WIDER                   \
    "fault    registration  " V \
    ": webhooks[workloads.changegate.dev].failurePolicy is \"Ignore\", not \"Fail\"\n" CURE

static void test_against_what_is_desired(void **state)
{
    struct clinic *clinic = *state;
    struct registrations registrations;
    struct error error = {.text = ""};
    assert_true(registrations_read(text_of(desired_yaml), &registrations, &error));
    const struct registration *desired = &registrations.items[0];
    const char *good = arena_printf(&clinic->arena, HOOK, "Fail", 3).at;
    const char *wide = arena_printf(&clinic->arena, HOOK, "Ignore", 3).at;
    judge(clinic, desired, live_of(clinic, desired->digest, good), "");
    clinic_says(clinic, "ok       registration  " V " is as changegate wrote it\n");
    judge(clinic, desired, live_of(clinic, NULL, good), "");
    clinic_says(clinic, "ok       registration  " V " is as it should be\n");
    judge(clinic, desired, live_of(clinic, desired->digest, wide), "");
    clinic_says(clinic, WIDER
                "it was edited by hand, and changegate leaves edits alone; to have it written anew: kubectl "
                "annotate validatingwebhookconfiguration changegate changegate.dev/registered-\n");
    judge(clinic, desired, live_of(clinic, "sha256:0", wide), "");
    clinic_says(clinic, WIDER
                "it was written from another configuration; the replica that leads writes it anew within "
                "seconds: see the check leases\n");
    judge(clinic, desired, live_of(clinic, NULL, wide), "");
    clinic_says(clinic, WIDER "it was not written by changegate: put it back with helm upgrade (Helm 4: with "
                              "--force-conflicts), or kubectl apply -f what it "
                              "was made from\n");
    judge(clinic, desired, live_of(clinic, NULL, ""), "");
    clinic_says(clinic, "fault    registration  " V
                        " is empty: changegate has not filled it in yet, so the API server asks "
                        "nothing\n" CURE
                        "no replica leads (Lease changegate-keeper): see the checks deployment and rbac\n");
    judge(clinic, desired, live_of(clinic, NULL, ""), "pod-a");
    clinic_says(clinic, "fault    registration  " V
                        " is empty: changegate has not filled it in yet, so the API server asks "
                        "nothing\n" CURE
                        "pod-a leads, and fills it in once changegate answers at the address that it writes "
                        "in: see its log, and the checks reach and rbac\n");
    judge(clinic, desired, text_of("{\"kind\":\"Status\"}"), "");
    clinic_says(clinic, "fault    registration  the answer about " V " is an object of another kind\n" CURE
                        "is it an API server that the kubeconfig names?\n");
    registrations_done(&registrations);
}

static void test_without_what_is_desired(void **state)
{
    struct clinic *clinic = *state;
    judge(clinic, &unknown, live_of(clinic, NULL, arena_printf(&clinic->arena, HOOK, "Fail", 10).at), "");
    clinic_says(clinic, "ok       registration  " V " has 1 webhook\n");
    judge(clinic, &unknown, live_of(clinic, NULL, arena_printf(&clinic->arena, HOOK, "Ignore", 11).at), "");
    clinic_says(clinic,
                "warning  registration  " V ": webhooks[workloads.changegate.dev] lets everything pass while "
                "changegate cannot be reached (failurePolicy: Ignore)\n" CURE
                "say Fail, unless this is a trial: webhook.failurePolicy of the chart\n"
                "warning  registration  " V
                ": webhooks[workloads.changegate.dev] has the API server wait for 11 "
                "s\n" CURE "wait no longer than 10 s: whoever asks times out, too\n");
    judge(clinic, &unknown, live_of(clinic, NULL, "{'name':'x.example.com'}"), "");
    clinic_says(clinic, "fault    registration  " V ": webhooks[x.example.com] is not ours\n" CURE
                        "move it to a configuration of its own: this one is written by changegate\n");
}

/* ---- against the policies ---- */

static void agree(struct clinic *clinic, const char *policies, const char *validating, const char *mutating)
{
    struct policy_file *file = NULL;
    struct error error = {.text = ""};
    if (!policy_file_read(text_of(policies), NULL, &file, &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.text);
    doctor_judge_agreement(policy_file_policies(file), clinic_json(clinic, validating),
                           clinic_json(clinic, mutating), &clinic->report);
    policy_file_unref(file);
}

#define POLICY(spec)                                                                                  \
    "apiVersion: changegate.dev/v1alpha1\nkind: ChangePolicy\nmetadata: {name: p}\nspec: {approval: " \
    "{idPattern: ^x$}, " spec "}\n"
#define BY_TIER POLICY("namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1}}")
/* In clinic_json ' stands for ", so what CEL quotes has to be written otherwise. */
#define GUARDED                                                                                              \
    "{'webhooks':[{'name':'workloads.changegate.dev','namespaceSelector':{'matchExpressions':[{'key':'"      \
    "changegate.dev/tier',"                                                                                  \
    "'operator':'In','values':['tier-1']}]},'rules':[{'apiGroups':['argoproj.io'],'resources':['rollouts']}" \
    "]},"                                                                                                    \
    "{'name':'namespaces.changegate.dev','matchConditions':[{'expression':'[\\u0027changegate.dev/"          \
    "tier\\u0027]'}]}]}"
#define QUOTED_OTHERWISE                                                                                  \
    "{'webhooks':[{'name':'namespaces.changegate.dev','matchConditions':[{'expression':'[\\\"changegate." \
    "dev/tier\\\"]'}]},{'name':'workloads.changegate.dev'}]}"
#define LONGER                                                                                            \
    "{'webhooks':[{'name':'namespaces.changegate.dev','matchConditions':[{'expression':'[\\\"changegate." \
    "dev/tier-x\\\"]'}]},{'name':'workloads.changegate.dev'}]}"
#define NOTHING "{}"

static void test_policies_and_registrations_agree(void **state)
{
    struct clinic *clinic = *state;
    agree(clinic, BY_TIER, GUARDED, GUARDED);
    agree(clinic, BY_TIER, QUOTED_OTHERWISE, GUARDED);
    agree(clinic, BY_TIER, LONGER, GUARDED);
    assert_int_equal(clinic->report.count, 1);
    clinic->report.count = 0;
    agree(clinic, BY_TIER, NOTHING, NOTHING); /* what is missing, the check registration says */
    assert_int_equal(clinic->report.count, 0);
    agree(clinic,
          POLICY("namespaceSelector: {matchExpressions: [{key: changegate.dev/tier, operator: In, values: "
                 "[tier-1, tier-2]}]}"),
          GUARDED, NOTHING);
    clinic_says(clinic,
                "fault    policy        policy p governs namespaces with changegate.dev/tier=tier-2, and "
                "ValidatingWebhookConfiguration changegate does not ask about them\n" CURE
                "name the label and all its values in governed.label and governed.values of the chart\n");
    agree(clinic, POLICY("namespaceSelector: {matchLabels: {example.com/stage: prod}}"), NOTHING, GUARDED);
    clinic_says(clinic,
                "fault    policy        policy p governs namespaces with example.com/stage=prod, and "
                "MutatingWebhookConfiguration changegate does not ask about them\n" CURE
                "name the label and all its values in governed.label and governed.values of the chart\n");
    agree(clinic, POLICY("namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1, team: a}}"), GUARDED,
          NOTHING);
    clinic_says(
        clinic,
        "fault    policy        policy p governs by the label team, and webhooks[namespaces.changegate.dev] "
        "does not guard it: whoever may edit a namespace may take it off\n" CURE
        "name the label in governed.label of the chart\n");
    agree(clinic, POLICY("namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1}}, mode: Audit"),
          GUARDED, NOTHING);
    clinic_says(clinic, "warning  policy        policy p is in mode Audit: it refuses nothing\n" CURE
                        "say mode: Enforce when the trial is over\n");
}

#define KIND(group, kind, resource)                                                                      \
    POLICY("namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1}}, workloads: [{group: " group \
           ", kind: " kind ", resource: " resource ", template: spec.template}]")

static void test_kinds_of_policies_have_rules(void **state)
{
    struct clinic *clinic = *state;
    agree(clinic, KIND("argoproj.io", "Rollout", "rollouts"), GUARDED, GUARDED);
    assert_int_equal(clinic->report.count, 0);
    agree(clinic, KIND("apps.kruise.io", "CloneSet", "clonesets"), GUARDED, NOTHING);
    clinic_says(
        clinic,
        "fault    policy        policy p gates clonesets.apps.kruise.io, and ValidatingWebhookConfiguration "
        "changegate has no rule for it\n" CURE "add the kind to `workloads` of the chart\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOCTOR(test_against_what_is_desired),
        DOCTOR(test_without_what_is_desired),
        DOCTOR(test_policies_and_registrations_agree),
        DOCTOR(test_kinds_of_policies_have_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
