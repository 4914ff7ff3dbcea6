/* What the doctor makes of the trial: a Deployment without approval, as a dry run. The messages are those of
 * a real API server. */
#include "doctor_fixture.h"

#include "core/change.h"

static const struct policy enforcing = {.name = TEXT("tier-1"),
                                        .needs = {[CLASS_CREATE] = {.approval = true}}},
                           warning = {.name = TEXT("tier-1"), .mode = MODE_WARN},
                           auditing = {.name = TEXT("tier-1"), .mode = MODE_AUDIT},
                           careless = {.name = TEXT("tier-1")};

static void judge(struct clinic *clinic, unsigned status, const char *answer, const struct policy *policy)
{
    doctor_judge_verdict(status, clinic_json(clinic, answer), text_of("shop"), policy, &clinic->report);
}

static void test_refused(void **state)
{
    struct clinic *clinic = *state;
    static const char *const refusals[] = {"{'message':'admission webhook \\\"workloads.changegate.dev\\\" "
                                           "denied the request: Create of Deployment'}"};
    judge(clinic, 403, refusals[0], &enforcing);
    clinic_says(clinic,
                "ok       verdict       a Deployment without approval is refused in namespace shop\n");
    judge(clinic, 429, refusals[0], NULL);
    clinic_says(clinic,
                "ok       verdict       a Deployment without approval is refused in namespace shop\n");
    judge(clinic, 403, "{'message':'admission webhook \\\"quota.example.com\\\" denied the request: no'}",
          &enforcing);
    clinic_says(
        clinic,
        "warning  verdict       something else refuses the trial in namespace shop before changegate does: "
        "admission webhook \"quota.example.com\" denied the request: no\n" CURE
        "try it by hand, in a namespace where it gets as far: kubectl create deployment "
        "--dry-run=server\n");
}

static void test_the_gate_cannot_be_asked(void **state)
{
    static const struct {
        const char *why, *cure;
    } cases[] = {
        {"dial tcp 10.0.0.7:443: connect: connection refused",
         "nothing listens there: does changegate run? See the checks reach and deployment"},
        {"context deadline exceeded", "packets between the API server and changegate get lost: look at "
                                      "NetworkPolicies and firewalls on the way to its "
                                      "port 8443"},
        {"tls: failed to verify certificate: x509: certificate signed by unknown authority",
         "caBundle does not hold the CA of the certificate that is served: see the check certificate"},
        {"tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time",
         "see the checks certificate and clock"},
        {"tls: failed to verify certificate: x509: certificate is valid for a, not b",
         "the certificate is for other names than the one that is called: see the check certificate"},
        {"the server could not find the requested resource",
         "what answers there is not changegate, or the path in clientConfig is another: see the checks "
         "registration and "
         "reach"},
        {"no endpoints available for service 'changegate'",
         "no pod is ready: see the checks reach and deployment"},
        {"service 'changegate' not found", "the Service is gone: see the check reach"},
        {"remote error: tls: certificate required", "changegate asks for a client certificate (--client-ca), "
                                                    "and this API server shows none: see docs/callers.md"},
        {"something else", "see the log of changegate, and that of the API server"},
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = {NULL, 0};
        struct json_text_buffer out = {.length = 0};
        struct text message =
            arena_printf(&arena,
                         "Internal error occurred: failed calling webhook "
                         "\"workloads.changegate.dev\": failed to call webhook: Post \"https://x\": %s",
                         cases[i].why);
        json_text_raw_str(&out, "{\"message\":");
        json_text_string(&out, message);
        json_text_raw_str(&out, "}");
        doctor_judge_verdict(500, clinic_read(clinic, json_text_view(&out)), text_of("shop"), &enforcing,
                             &clinic->report);
        clinic_says(
            clinic,
            arena_printf(&arena,
                         "fault    verdict       the API server cannot ask, so all that is governed is "
                         "refused: %.*s\n" CURE "%s\n",
                         TEXT_ARGS(message), cases[i].cure)
                .at);
        json_text_done(&out);
        arena_done(&arena);
    }
    judge(clinic, 500,
          "{'message':'Internal error occurred: failed calling webhook \\\"x.example.com\\\": no'}",
          &enforcing);
    clinic_says(
        clinic,
        "warning  verdict       another webhook fails, so nothing is known of ours: Internal error occurred: "
        "failed calling webhook \"x.example.com\": no\n" CURE "cure webhook x.example.com first\n");
}

#define ASKED     "{'metadata':{'annotations':{'changegate.dev/admitted':'[]'}}}"
#define NOT_ASKED "{'metadata':{'annotations':{}}}"

static void test_admitted(void **state)
{
    static const struct {
        const char *answer;
        const struct policy *policy;
        const char *says;
    } cases[] = {
        {NOT_ASKED, &enforcing,
         "fault    verdict       a Deployment without approval passes in namespace shop: the gate is not "
         "asked\n" CURE "see the checks registration, policy and labels\n"},
        {NOT_ASKED, NULL,
         "fault    verdict       a Deployment without approval passes in namespace shop: the gate is not "
         "asked\n" CURE "see the checks registration, policy and labels\n"},
        {ASKED, &warning,
         "warning  verdict       a Deployment without approval passes in namespace shop: policy tier-1 is in "
         "mode Warn, and "
         "changegate is asked\n" CURE "say mode: Enforce when the trial is over\n"},
        {NOT_ASKED, &auditing,
         "warning  verdict       a Deployment without approval passes in namespace shop: policy tier-1 is in "
         "mode "
         "Audit\n" CURE "say mode: Enforce when the trial is over\n"},
        {ASKED, &careless,
         "ok       verdict       changegate is asked in namespace shop, and policy tier-1 wants nothing of a "
         "Create\n"},
        {ASKED, &enforcing,
         "warning  verdict       a Deployment without approval passes in namespace shop, and changegate was "
         "asked\n" CURE
         "see the decision line in its log: is the policy in force the one that you look at?\n"},
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(clinic, 201, cases[i].answer, cases[i].policy);
        clinic_says(clinic, cases[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {DOCTOR(test_refused), DOCTOR(test_the_gate_cannot_be_asked),
                                       DOCTOR(test_admitted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
