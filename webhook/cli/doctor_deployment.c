/* The checks deployment and leases. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_judge.h"
#include "cli/doctor_targets.h"
#include "core/instant.h"
#include "edge/lease_record.h"

#include <inttypes.h>

/* ---- judging: the Deployment and its pods ---- */

static struct json container_of(struct json pod_spec)
{
    struct json first = JSON_NOTHING;
    for (struct json_walk w = json_walk_start(doctor_at(pod_spec, "containers")); json_walk_next(&w);) {
        if (text_is(doctor_text_at(w.value, "name"), "changegate"))
            return w.value;
        first = json_type(first) == JSON_ABSENT ? w.value : first;
    }
    return first;
}

/* NULL `at`: it has none; without "=..." an empty one. */
static struct text argument_of(struct json deployment, const char *argument)
{
    struct json container = container_of(doctor_at(deployment, "spec.template.spec"));
    for (struct json_walk w = json_walk_start(doctor_at(container, "args")); json_walk_next(&w);) {
        struct text given = json_as_text(w.value);
        size_t equals = text_find(given, '=');
        if (given.at != NULL && text_equal(text_slice(given, 0, equals), text_of(argument)))
            return text_slice(given, equals + 1, given.length);
    }
    return TEXT_EMPTY;
}

bool doctor_has_argument(struct json deployment, const char *argument)
{
    return argument_of(deployment, argument).at != NULL;
}

struct text doctor_certificate_secret(struct json deployment)
{
    struct text given = argument_of(deployment, "--certificate-secret");
    if (given.length > 0)
        return text_slice(given, text_find(given, '/') + 1, given.length);
    for (struct json_walk w = json_walk_start(doctor_at(deployment, "spec.template.spec.volumes"));
         json_walk_next(&w);)
        if (json_type(doctor_at(w.value, "secret")) != JSON_ABSENT)
            return doctor_text_at(w.value, "secret.secretName");
    return text_of("changegate-tls");
}

static bool is_recorded(const struct doctor *doctor, const char *key)
{
    /* An installation that does not say so has the chart's defaults. */
    struct text said = json_as_text(json_get(doctor->recorded, text_of(key)));
    return json_type(doctor->recorded) != JSON_ABSENT && (said.length == 0 || text_is(said, "Changegate"));
}

bool doctor_fills_registrations(const struct doctor *doctor)
{
    return doctor->has_no_deployment ? is_recorded(doctor, "filledBy")
                                     : doctor_has_argument(doctor->deployment, "--registration");
}

bool doctor_makes_certificate(const struct doctor *doctor)
{
    return doctor->has_no_deployment ? is_recorded(doctor, "certificates")
                                     : doctor_has_argument(doctor->deployment, "--certificate-secret");
}

struct text doctor_secret_name(const struct doctor *doctor)
{
    struct text said = json_as_text(json_get(doctor->recorded, text_of("secretName")));
    return doctor->has_no_deployment && said.length > 0 ? said
                                                        : doctor_certificate_secret(doctor->deployment);
}

void doctor_judge_deployment(struct json deployment, struct doctor_report *report)
{
    int64_t wanted = json_as_integer(doctor_at(deployment, "spec.replicas"), 1);
    int64_t ready = json_as_integer(doctor_at(deployment, "status.readyReplicas"), 0);
    if (wanted == 0) {
        doctor_say(report, DOCTOR_FAULT, "deployment",
                   "Deployment changegate is scaled to 0 replicas: the API server cannot ask");
        doctor_cure(report, "scale it up again; to turn the gate off, delete the registrations instead");
    } else if (ready == 0) {
        doctor_say(report, DOCTOR_FAULT, "deployment",
                   "none of %" PRId64 " replicas is ready: the API server cannot ask", wanted);
        doctor_cure(report, "see the pods' Events and logs: kubectl describe pods, kubectl logs");
    } else if (ready < wanted) {
        doctor_say(report, DOCTOR_WARNING, "deployment", "%" PRId64 " of %" PRId64 " replicas are ready",
                   ready, wanted);
        doctor_cure(report,
                    "see the Events and the log of the pod that is not: kubectl describe pods, kubectl logs");
    } else if (wanted == 1) {
        doctor_say(report, DOCTOR_WARNING, "deployment",
                   "one replica: while its pod is replaced by force, all that is governed is refused");
        doctor_cure(report, "run two: `replicas` of the chart");
    } else {
        doctor_say(report, DOCTOR_OK, "deployment", "%" PRId64 " of %" PRId64 " replicas are ready", ready,
                   wanted);
    }
}

static void judge_images(const struct json *pods, size_t count, struct doctor_report *report)
{
    struct text first = doctor_text_at(container_of(doctor_at(pods[0], "spec")), "image");
    for (size_t i = 1; i < count; i++) {
        struct text image = doctor_text_at(container_of(doctor_at(pods[i], "spec")), "image");
        if (text_equal(image, first))
            continue;
        doctor_say(report, DOCTOR_WARNING, "deployment", "the pods are of two versions: %.*s and %.*s",
                   TEXT_ARGS(doctor_quote(report, first)), TEXT_ARGS(doctor_quote(report, image)));
        doctor_cure(report, "is a rollout under way, or stuck? kubectl rollout status deployment/changegate");
        return;
    }
}

void doctor_judge_pods(const struct json *pods, size_t count, struct doctor_report *report)
{
    struct text node = count > 0 ? doctor_text_at(pods[0], "spec.nodeName") : TEXT_EMPTY;
    bool one_node = count > 1 && node.length > 0;
    for (size_t i = 0; i < count; i++)
        one_node = one_node && text_equal(doctor_text_at(pods[i], "spec.nodeName"), node);
    if (one_node) {
        doctor_say(report, DOCTOR_WARNING, "deployment",
                   "all %zu pods are on one node, %.*s: when it goes, all that is governed is refused", count,
                   TEXT_ARGS(doctor_quote(report, node)));
        doctor_cure(report, "is there another node that may take them? Then delete one pod; see "
                            "topologySpreadConstraints of the chart");
    }
    if (count > 1)
        judge_images(pods, count, report);
}

/* ---- asking: the Deployment ---- */

/* Where the URL of the registrations says that changegate runs elsewhere, there is none. */
static bool runs_elsewhere(const struct doctor *doctor, struct arena *arena)
{
    struct doctor_targets targets = doctor_targets_of(doctor->called, DOCTOR_KINDS, arena);
    return targets.count > 0 && targets.items[0].url.length > 0;
}

static void say_no_deployment(struct doctor *doctor)
{
    struct doctor_report *report = &doctor->report;
    doctor->has_no_deployment = true;
    if (runs_elsewhere(doctor, report->arena)) {
        doctor_say(report, DOCTOR_OK, "deployment",
                   "changegate runs elsewhere: there is no Deployment %s/changegate",
                   doctor->options->namespace);
        return;
    }
    doctor_say(report, DOCTOR_FAULT, "deployment", "there is no Deployment %s/changegate",
               doctor->options->namespace);
    doctor_cure(report, "name the namespace of the installation with --namespace; or install: helm upgrade "
                        "--install, or kubectl apply -f manifests/install.yaml");
}

static void check_budget(struct doctor *doctor)
{
    struct arena *arena = &doctor->cluster.arena;
    const char *namespace = doctor->options->namespace;
    const struct doctor_question question = {
        .check = "deployment",
        .path =
            arena_printf(arena, "/apis/policy/v1/namespaces/%s/poddisruptionbudgets/changegate", namespace)
                .at,
        .what = arena_printf(arena, "PodDisruptionBudget %s/changegate", namespace).at,
        .right = arena_printf(arena, "get poddisruptionbudgets.policy in namespace %s", namespace).at};
    struct json budget;
    if (doctor_get(doctor, &question, &budget, NULL) != DOCTOR_ABSENT)
        return;
    doctor_say(&doctor->report, DOCTOR_WARNING, "deployment",
               "there is no %s: drains may take all pods at once", question.what);
    doctor_cure(&doctor->report, "podDisruptionBudget.enabled of the chart");
}

static void check_pods(struct doctor *doctor)
{
    struct arena *arena = &doctor->cluster.arena;
    const char *namespace = doctor->options->namespace;
    const struct doctor_question question = {
        .check = "deployment",
        .path = arena_printf(arena, "/api/v1/namespaces/%s/pods", namespace).at,
        .what = arena_printf(arena, "the pods in namespace %s", namespace).at,
        .right = arena_printf(arena, "list pods in namespace %s", namespace).at};
    struct text selector = TEXT_EMPTY;
    struct doctor_items pods;
    for (struct json_walk w = json_walk_start(doctor_at(doctor->deployment, "spec.selector.matchLabels"));
         json_walk_next(&w);)
        selector = arena_printf(arena, "%.*s%s%.*s=%.*s", TEXT_ARGS(selector), selector.length > 0 ? "," : "",
                                TEXT_ARGS(w.key), TEXT_ARGS(json_as_text(w.value)));
    if (doctor_list(doctor, &question, arena_copy(arena, selector).at, false, &pods) == DOCTOR_FOUND)
        doctor_judge_pods(pods.items, pods.count, &doctor->report);
}

void doctor_check_deployment(struct doctor *doctor)
{
    struct arena *arena = &doctor->cluster.arena;
    const char *namespace = doctor->options->namespace;
    const struct doctor_question question = {
        .check = "deployment",
        .path = arena_printf(arena, "/apis/apps/v1/namespaces/%s/deployments/changegate", namespace).at,
        .what = arena_printf(arena, "Deployment %s/changegate", namespace).at,
        .right = arena_printf(arena, "get deployments.apps in namespace %s", namespace).at};
    enum doctor_found found = doctor_get(doctor, &question, &doctor->deployment, NULL);
    if (found == DOCTOR_ABSENT)
        say_no_deployment(doctor);
    if (found != DOCTOR_FOUND)
        return;
    doctor_judge_deployment(doctor->deployment, &doctor->report);
    check_budget(doctor);
    check_pods(doctor);
}

/* ---- leases ---- */

void doctor_judge_lease(struct json lease, const char *name, const char *absence, int64_t now_s,
                        struct doctor_report *report)
{
    struct text holder = doctor_quote(report, doctor_text_at(lease, "spec.holderIdentity"));
    struct text renewed = doctor_quote(report, doctor_text_at(lease, "spec.renewTime"));
    int64_t renewed_s = 0;
    if (holder.length == 0) {
        doctor_say(report, DOCTOR_FAULT, "leases", "nobody holds Lease %s: %s", name, absence);
        doctor_cure(report, "does changegate run? See the checks deployment and rbac, and its log");
    } else if (!instant_parse(renewed, &renewed_s)) {
        doctor_say(report, DOCTOR_FAULT, "leases", "Lease %s was renewed at \"%.*s\", which is no time", name,
                   TEXT_ARGS(renewed));
        doctor_cure(report, "delete it: it is made anew within seconds");
    } else if (now_s - renewed_s > LEASE_S) {
        doctor_say(report, DOCTOR_FAULT, "leases",
                   "%.*s holds Lease %s and has not renewed it for %" PRId64 " s: %s", TEXT_ARGS(holder),
                   name, now_s - renewed_s, absence);
        doctor_cure(report, "does changegate run? See the checks deployment and rbac, and its log");
    } else {
        doctor_say(report, DOCTOR_OK, "leases", "%.*s holds Lease %s", TEXT_ARGS(holder), name);
    }
}

static void check_lease(struct doctor *doctor, const char *name, const char *absence)
{
    struct arena *arena = &doctor->cluster.arena;
    const char *namespace = doctor->options->namespace;
    const struct doctor_question question = {
        .check = "leases",
        .path =
            arena_printf(arena, "/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s", namespace, name).at,
        .what = arena_printf(arena, "Lease %s/%s", namespace, name).at,
        .right = arena_printf(arena, "get leases.coordination.k8s.io in namespace %s", namespace).at};
    struct json lease = JSON_NOTHING;
    if (doctor_get(doctor, &question, &lease, NULL) != DOCTOR_UNKNOWN)
        doctor_judge_lease(lease, name, absence, doctor_now_s(doctor), &doctor->report);
}

/* With a certificate from files and registrations by somebody else there is nothing to agree on. */
static bool keeps_nothing(const struct doctor *doctor)
{
    struct json known = doctor->has_no_deployment ? doctor->recorded : doctor->deployment;
    return json_type(known) != JSON_ABSENT && !doctor_fills_registrations(doctor) &&
           !doctor_makes_certificate(doctor);
}

void doctor_check_leases(struct doctor *doctor)
{
    if (keeps_nothing(doctor))
        doctor_say(&doctor->report, DOCTOR_OK, "leases",
                   "certificates and registrations are kept by somebody else");
    else
        check_lease(doctor, "changegate-keeper",
                    "nobody renews certificates, fills the registrations in, or says when they are edited");
    if (doctor_has_argument(doctor->deployment, "--no-releaser"))
        doctor_say(&doctor->report, DOCTOR_OK, "leases", "nothing is released here: --no-releaser");
    else
        check_lease(doctor, "changegate-releaser", "nothing that is held is released");
}
