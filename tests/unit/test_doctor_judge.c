/* What the doctor makes of answers about the cluster and what runs in it. */
#include "doctor_fixture.h"

static const struct text server = TEXT("https://10.0.0.1:6443");

static void judge_version(struct clinic *clinic, const char *version)
{
    doctor_judge_version(clinic_json(clinic, version), server, &clinic->report);
}

static void test_the_version(void **state)
{
    struct clinic *clinic = *state;
    judge_version(clinic, "{'gitVersion':'v1.36.3'}");
    clinic_says(clinic, "ok       api           https://10.0.0.1:6443 answers, Kubernetes v1.36.3\n");
    judge_version(clinic, "{'gitVersion':'v1.30.0-eks-1'}");
    clinic_says(clinic, "ok       api           https://10.0.0.1:6443 answers, Kubernetes v1.30.0-eks-1\n");
    judge_version(clinic, "{'gitVersion':'v1.29.9'}");
    clinic_says(
        clinic,
        "fault    api           https://10.0.0.1:6443 is Kubernetes v1.29.9, which does not know all that "
        "the registrations say\n" CURE "use Kubernetes 1.30 or later\n");
    static const char *const odd[] = {"{'gitVersion':'v2.1.0'}", "{'gitVersion':'v1.'}", "{'gitVersion':''}",
                                      "{'gitVersion':7}", "[]"};
    static const char *const quoted[] = {"v2.1.0", "v1.", "", "", ""};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        judge_version(clinic, odd[i]);
        clinic_says(
            clinic,
            arena_printf(&clinic->arena,
                         "warning  api           https://10.0.0.1:6443 answers, and says \"%s\" when asked "
                         "for its version\n" CURE "is it an API server that the kubeconfig names?\n",
                         quoted[i])
                .at);
    }
}

#define NTP                                                                                                \
    CURE "set both by NTP; changegate itself decides by the API server's clock, and that one says when a " \
         "freeze "                                                                                         \
         "begins\n"

static void test_the_clock(void **state)
{
    static const struct {
        int64_t asked_ms, heard_ms;
        const char *says;
    } cases[] = {
        /* The header says 1000: any time from 1000.000 to 1000.999 is that. */
        {1000999, 1001100, "ok       clock         this machine and the API server agree on the time\n"},
        {1005999, 1006100, "ok       clock         this machine and the API server agree on the time\n"},
        {1006000, 1006100,
         "warning  clock         this machine's clock is 5 s ahead of the API server's\n" NTP},
        {1030999, 1031000,
         "warning  clock         this machine's clock is 29 s ahead of the API server's\n" NTP},
        {1031000, 1031000,
         "fault    clock         this machine's clock is 30 s ahead of the API server's\n" NTP},
        {995000, 995001, "ok       clock         this machine and the API server agree on the time\n"},
        {994000, 995000, "warning  clock         this machine's clock is 5 s behind the API server's\n" NTP},
        {969000, 970000, "fault    clock         this machine's clock is 30 s behind the API server's\n" NTP},
        {990000, 1010000,
         "ok       clock         this machine and the API server agree on the time\n"}, /* a slow answer */
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        doctor_judge_clock(cases[i].asked_ms, cases[i].heard_ms, 1000, &clinic->report);
        clinic_says(clinic, cases[i].says);
    }
    doctor_judge_clock(1000, 1000, 0, &clinic->report);
    clinic_says(clinic,
                "warning  clock         the API server does not say what time it is\n" CURE
                "is there a proxy that takes the header Date off its answers? changegate decides by its own "
                "machine's clock then\n");
}

static void test_definitions(void **state)
{
    static const struct {
        const char *definition, *says;
    } cases[] = {
        {"{'spec':{'versions':[{'name':'v1','served':true},{'name':'v1alpha1','served':true}]},"
         "'status':{'conditions':[{'type':'NamesAccepted','status':'True'},{'type':'Established','status':'"
         "True'}]}}",
         "ok       crds          Approval is established and serves v1alpha1\n"},
        {"{'spec':{'versions':[{'name':'v1alpha1','served':false}]},"
         "'status':{'conditions':[{'type':'Established','status':'True'}]}}",
         "fault    crds          the definition of Approval does not serve v1alpha1\n" CURE
         "install it again: helm upgrade (Helm 4: with --force-conflicts), or kubectl apply -f "
         "manifests/install.yaml\n"},
        {"{'spec':{'versions':[{'name':'v1alpha1','served':true}]},"
         "'status':{'conditions':[{'type':'Established','status':'False'}]}}",
         "fault    crds          the definition of Approval is not established\n" CURE
         "see its conditions: kubectl describe crd\n"},
        {"{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'}}",
         "fault    crds          the definition of Approval is being deleted, and all objects with it\n" CURE
         "install it again: helm upgrade, or kubectl apply -f manifests/install.yaml\n"},
        {"[]", "fault    crds          the definition of Approval is not established\n" CURE
               "see its conditions: kubectl describe crd\n"},
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        doctor_judge_crd(clinic_json(clinic, cases[i].definition), "Approval", &clinic->report);
        clinic_says(clinic, cases[i].says);
    }
}

static void test_leases(void **state)
{
    static const struct {
        const char *lease, *says;
    } cases[] = {
        {"{'spec':{'holderIdentity':'pod-a','renewTime':'2026-11-28T12:00:00.5Z'}}",
         "ok       leases        pod-a holds Lease changegate-keeper\n"},
        {"{'spec':{'holderIdentity':'pod-a','renewTime':'2026-11-28T11:59:48Z'}}",
         "ok       leases        pod-a holds Lease changegate-keeper\n"},
        {"{'spec':{'holderIdentity':'pod-a','renewTime':'2026-11-28T11:59:47Z'}}",
         "fault    leases        pod-a holds Lease changegate-keeper and has not renewed it for 13 s: no "
         "renewal\n" CURE "does changegate run? See the checks deployment and rbac, and its log\n"},
        {"{'spec':{'holderIdentity':'','renewTime':'2026-11-28T12:00:00Z'}}",
         "fault    leases        nobody holds Lease changegate-keeper: no renewal\n" CURE
         "does changegate run? See the checks deployment and rbac, and its log\n"},
        {"{'spec':{'holderIdentity':'pod-a'}}",
         "fault    leases        Lease changegate-keeper was renewed at \"\", which is no time\n" CURE
         "delete it: it is made anew within seconds\n"},
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        doctor_judge_lease(clinic_json(clinic, cases[i].lease), "changegate-keeper", "no renewal", 1795867200,
                           &clinic->report);
        clinic_says(clinic, cases[i].says);
    }
}

static void test_deployments(void **state)
{
    static const struct {
        const char *deployment, *says;
    } cases[] = {
        {"{'spec':{'replicas':2},'status':{'readyReplicas':2}}",
         "ok       deployment    2 of 2 replicas are ready\n"},
        {"{'spec':{'replicas':2},'status':{'readyReplicas':1}}",
         "warning  deployment    1 of 2 replicas are ready\n" CURE
         "see the Events and the log of the pod that is not: kubectl describe pods, kubectl logs\n"},
        {"{'spec':{'replicas':2},'status':{}}",
         "fault    deployment    none of 2 replicas is ready: the API server cannot ask\n" CURE
         "see the pods' Events and logs: kubectl describe pods, kubectl logs\n"},
        {"{'spec':{},'status':{'readyReplicas':1}}",
         "warning  deployment    one replica: while its pod is replaced by force, all that is governed is "
         "refused\n" CURE "run two: `replicas` of the chart\n"},
        {"{'spec':{'replicas':0}}",
         "fault    deployment    Deployment changegate is scaled to 0 replicas: the API server cannot "
         "ask\n" CURE "scale it up again; to turn the gate off, delete the registrations instead\n"},
    };
    struct clinic *clinic = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        doctor_judge_deployment(clinic_json(clinic, cases[i].deployment), &clinic->report);
        clinic_says(clinic, cases[i].says);
    }
    struct json told =
        clinic_json(clinic, "{'spec':{'template':{'spec':{'containers':[{'name':'sidecar','args':['--x']},"
                            "{'name':'changegate','args':['serve','--no-releaser',"
                            "'--certificate-secret=a/b',7]}]}}}}");
    assert_true(doctor_has_argument(told, "--no-releaser") &&
                doctor_has_argument(told, "--certificate-secret"));
    assert_false(doctor_has_argument(told, "--x") || doctor_has_argument(told, "--certificate"));
    assert_false(doctor_has_argument(JSON_NOTHING, "--no-releaser"));
}

#define POD(node, image) \
    "{'spec':{'nodeName':'" node "','containers':[{'name':'changegate','image':'" image "'}]}}"

static void test_pods(void **state)
{
    struct clinic *clinic = *state;
    struct json pods[] = {clinic_json(clinic, POD("node-1", "changegate:1")),
                          clinic_json(clinic, POD("node-2", "changegate:1")),
                          clinic_json(clinic, POD("node-1", "changegate:2"))};
    doctor_judge_pods(pods, 0, &clinic->report);
    doctor_judge_pods(pods, 1, &clinic->report);
    doctor_judge_pods(pods, 2, &clinic->report);
    assert_int_equal(clinic->report.count, 0);
    pods[1] = pods[2];
    doctor_judge_pods(pods, 2, &clinic->report);
    clinic_says(
        clinic,
        "warning  deployment    all 2 pods are on one node, node-1: when it goes, all that is governed is "
        "refused\n" CURE
        "is there another node that may take them? Then delete one pod; see topologySpreadConstraints of the "
        "chart\n"
        "warning  deployment    the pods are of two versions: changegate:1 and changegate:2\n" CURE
        "is a rollout under way, or stuck? kubectl rollout status deployment/changegate\n");
    struct json waiting = clinic_json(clinic, "{'spec':{}}");
    const struct json both[] = {waiting, waiting};
    doctor_judge_pods(both, 2, &clinic->report); /* on no node yet */
    assert_int_equal(clinic->report.count, 0);
}

static void test_services_and_endpoints(void **state)
{
    struct clinic *clinic = *state;
    struct json service = clinic_json(clinic, "{'spec':{'ports':[{'port':80},{'port':443}]}}");
    assert_true(doctor_judge_service(service, text_of("ops/gate"), 443, &clinic->report));
    assert_false(doctor_judge_service(service, text_of("ops/gate"), 8443, &clinic->report));
    clinic_says(
        clinic,
        "fault    reach         the registrations call Service ops/gate at port 8443, and it has no "
        "such port\n" CURE
        "helm upgrade (Helm 4: with --force-conflicts), or kubectl apply -f manifests/install.yaml\n");
    struct json slice = clinic_json(
        clinic,
        "{'endpoints':[{'addresses':['10.0.0.1'],'conditions':{'ready':true}},{'addresses':['10.0.0.2'],"
        "'conditions':{'ready':false}},{'addresses':['10.0.0.3'],'conditions':{}},{'addresses':[]}]}");
    assert_int_equal(doctor_ready_endpoints(slice), 2);
    assert_int_equal(doctor_ready_endpoints(clinic_json(clinic, "{'endpoints':null}")), 0);
}

static void test_urls(void **state)
{
    struct clinic *clinic = *state;
    const struct text url = text_of("https://gate:9443");
    doctor_judge_url(url, true, TEXT_EMPTY, &clinic->report);
    clinic_says(clinic, "ok       reach         https://gate:9443 answers\n");
    doctor_judge_url(url, false, text_of("Recv failure: Connection reset by peer"), &clinic->report);
    clinic_says(clinic, "ok       reach         https://gate:9443 answers, and wants a client certificate\n");
    doctor_judge_url(url, false, text_of("SSL certificate problem: unable to get local issuer certificate"),
                     &clinic->report);
    clinic_says(
        clinic,
        "fault    reach         https://gate:9443 does not answer this machine: SSL certificate problem: "
        "unable to get local issuer certificate\n" CURE
        "caBundle has to hold the CA of the certificate that is served there, and the certificate has "
        "to be for that name: see the check certificate\n");
    doctor_judge_url(url, false, text_of("Failed to connect to gate port 9443: Connection refused"),
                     &clinic->report);
    clinic_says(clinic, "warning  reach         https://gate:9443 does not answer this machine: Failed to "
                        "connect to gate port "
                        "9443: Connection refused\n" CURE
                        "does changegate run there? Where only API servers can reach it, the "
                        "check verdict tells\n");
    static const char *const late[] = {
        "SSL connection timeout", "Operation timed out after 5001 milliseconds",
        "Recv failure: Connection timed out", "Failed to connect to gate port 9443: Timeout was reached"};
    for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
        char wanted[400];
        doctor_judge_url(url, false, text_of(late[i]), &clinic->report);
        (void)snprintf(
            wanted, sizeof(wanted),
            "warning  reach         https://gate:9443 does not answer this machine: %s\n" CURE
            "does changegate run there? Where only API servers can reach it, the check verdict tells\n",
            late[i]);
        clinic_says(clinic, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOCTOR(test_the_version),
        DOCTOR(test_the_clock),
        DOCTOR(test_definitions),
        DOCTOR(test_leases),
        DOCTOR(test_deployments),
        DOCTOR(test_pods),
        DOCTOR(test_services_and_endpoints),
        DOCTOR(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
