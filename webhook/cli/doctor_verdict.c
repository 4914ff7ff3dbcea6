/* The check verdict: a change that has to be refused is tried, as a dry run. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_judge.h"
#include "cli/doctor_targets.h"
#include "codec/record.h"
#include "core/record.h"
#include "edge/clock.h"

#include <inttypes.h>

/* ---- judging ---- */

/* What the API server says of a webhook that it could not ask, and what cures it. The first that fits. */
static const struct {
    const char *said, *cure;
} failures[] = {
    {"certificate required",
     "changegate asks for a client certificate (--client-ca), and this API server shows none: "
     "see docs/callers.md"},
    {"signed by unknown authority",
     "caBundle does not hold the CA of the certificate that is served: see the check "
     "certificate"},
    {"expired or is not yet valid", "see the checks certificate and clock"},
    {"certificate is valid for",
     "the certificate is for other names than the one that is called: see the check "
     "certificate"},
    {"doesn't contain any IP SANs",
     "the certificate is for other names than the one that is called: see the check "
     "certificate"},
    {"is not valid for any names",
     "the certificate is for other names than the one that is called: see the check "
     "certificate"},
    {"x509:", "see the check certificate"},
    {"could not find the requested resource",
     "what answers there is not changegate, or the path in clientConfig is "
     "another: see the checks registration and reach"},
    {"no endpoints available", "no pod is ready: see the checks reach and deployment"},
    {"not found", "the Service is gone: see the check reach"},
    {"connection refused", "nothing listens there: does changegate run? See the checks reach and deployment"},
    {"no such host", "the API server cannot resolve that name: see clientConfig in the check registration"},
    {"deadline exceeded",
     "packets between the API server and changegate get lost: look at NetworkPolicies and "
     "firewalls on the way to its port 8443"},
    {"i/o timeout",
     "packets between the API server and changegate get lost: look at NetworkPolicies and firewalls on "
     "the way to its port 8443"},
    {"no route to host", "the API server has no way to changegate: see networking of the control plane"},
    {"", "see the log of changegate, and that of the API server"},
};

static struct text quoted_behind(struct text message, const char *prefix)
{
    struct text start = text_of(prefix), rest;
    for (size_t i = 0; i < message.length; i++) {
        rest = text_slice(message, i, message.length);
        if (!text_starts_with(rest, start))
            continue;
        rest = text_slice(rest, start.length, rest.length);
        return text_slice(rest, 0, text_find(rest, '"'));
    }
    return TEXT_EMPTY;
}

static bool is_ours(struct text webhook)
{
    return text_ends_with(webhook, text_of(".changegate.dev"));
}

static void judge_failure(struct text webhook, struct text message, struct doctor_report *report)
{
    if (!is_ours(webhook)) {
        doctor_say(report, DOCTOR_WARNING, "verdict",
                   "another webhook fails, so nothing is known of ours: %.*s", TEXT_ARGS(message));
        doctor_cure(report, "cure webhook %.*s first", TEXT_ARGS(webhook));
        return;
    }
    size_t i = 0;
    while (!doctor_text_has(message, failures[i].said) && failures[i].said[0] != '\0')
        i++;
    doctor_say(report, DOCTOR_FAULT, "verdict",
               "the API server cannot ask, so all that is governed is refused: %.*s", TEXT_ARGS(message));
    doctor_cure(report, "%s", failures[i].cure);
}

static void judge_admitted(struct json answer, struct text namespace, const struct policy *policy,
                           struct doctor_report *report)
{
    struct json annotations = doctor_at(answer, "metadata.annotations");
    bool was_asked = json_type(json_get(annotations, text_of(RECORD_ANNOTATION))) != JSON_ABSENT;
    bool lets_pass = policy != NULL && policy->mode != MODE_ENFORCE;
    const struct class_needs *needs = policy == NULL ? NULL : &policy->needs[CLASS_CREATE];
    if (lets_pass) {
        doctor_say(report, DOCTOR_WARNING, "verdict",
                   "a Deployment without approval passes in namespace %.*s: policy %.*s is in mode %s%s",
                   TEXT_ARGS(namespace), TEXT_ARGS(policy->name),
                   policy->mode == MODE_WARN ? "Warn" : "Audit",
                   was_asked ? ", and changegate is asked" : "");
        doctor_cure(report, "say mode: Enforce when the trial is over");
    } else if (was_asked && needs != NULL && !needs->approval) {
        doctor_say(report, DOCTOR_OK, "verdict",
                   "changegate is asked in namespace %.*s, and policy %.*s wants nothing of a Create",
                   TEXT_ARGS(namespace), TEXT_ARGS(policy->name));
    } else if (was_asked) {
        doctor_say(report, DOCTOR_WARNING, "verdict",
                   "a Deployment without approval passes in namespace %.*s, and changegate was asked",
                   TEXT_ARGS(namespace));
        doctor_cure(report,
                    "see the decision line in its log: is the policy in force the one that you look at?");
    } else {
        doctor_say(report, DOCTOR_FAULT, "verdict",
                   "a Deployment without approval passes in namespace %.*s: the gate is not asked",
                   TEXT_ARGS(namespace));
        doctor_cure(report, "see the checks registration, policy and labels");
    }
}

void doctor_judge_verdict(unsigned status, struct json answer, struct text namespace,
                          const struct policy *policy, struct doctor_report *report)
{
    struct text message = doctor_quote(report, doctor_text_at(answer, "message"));
    struct text denied = quoted_behind(message, "admission webhook \"");
    struct text failed = quoted_behind(message, "failed calling webhook \"");
    if (status == 201) {
        judge_admitted(answer, namespace, policy, report);
    } else if (failed.length > 0) {
        judge_failure(failed, message, report);
    } else if (is_ours(denied)) {
        doctor_say(report, DOCTOR_OK, "verdict", "a Deployment without approval is refused in namespace %.*s",
                   TEXT_ARGS(namespace));
    } else {
        doctor_say(report, DOCTOR_WARNING, "verdict",
                   "something else refuses the trial in namespace %.*s before changegate does: %.*s",
                   TEXT_ARGS(namespace), TEXT_ARGS(message));
        doctor_cure(report, "try it by hand, in a namespace where it gets as far: kubectl create deployment "
                            "--dry-run=server");
    }
}

/* ---- asking ---- */

static struct text write_trial(struct arena *arena, const char *name)
{
    return arena_printf(
        arena,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"%s\"},\"spec\":{"
        "\"replicas\":0,\"selector\":{\"matchLabels\":{\"app\":\"%s\"}},\"template\":{\"metadata\":{"
        "\"labels\":{\"app\":\"%s\"}},\"spec\":{\"securityContext\":{\"runAsNonRoot\":true,"
        "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},\"containers\":[{\"name\":\"nothing\","
        "\"image\":\"changegate-doctor\",\"securityContext\":{\"allowPrivilegeEscalation\":false,"
        "\"capabilities\":{\"drop\":[\"ALL\"]}}}]}}}}",
        name, name, name);
}

void doctor_check_verdict(struct doctor *doctor)
{
    struct arena *arena = &doctor->cluster.arena;
    struct doctor_report *report = &doctor->report;
    struct text namespace = doctor->trial_namespace;
    if (namespace.length == 0) {
        if (!doctor->namespaces_known)
            return; /* and why was said by the check labels */
        doctor_say(report, DOCTOR_WARNING, "verdict",
                   "no namespace is governed, so there is nothing to try it on");
        doctor_cure(report, "label one: kubectl label namespace NAME changegate.dev/tier=tier-1");
        return;
    }
    const char *name = arena_printf(arena, "changegate-doctor-%" PRIx64, (uint64_t)clock_wall_ms()).at;
    const struct doctor_question question = {
        .check = "verdict",
        .path =
            arena_printf(arena, "/apis/apps/v1/namespaces/%.*s/deployments?dryRun=All", TEXT_ARGS(namespace))
                .at,
        .what = "whether a change is refused",
        .right = arena_printf(arena, "create deployments.apps in namespace %.*s", TEXT_ARGS(namespace)).at};
    struct kube_answer answer;
    struct json body = JSON_NOTHING;
    if (!doctor_post(doctor, &question, write_trial(arena, name), &answer))
        return;
    bool is_json = doctor_read_json(doctor, answer.body, &body);
    /* The API server's own no to the user, not a webhook's. */
    bool may_not =
        answer.status == 403 && doctor_text_has(doctor_text_at(body, "message"), "is forbidden: User");
    if (!is_json || may_not)
        doctor_say_refused(doctor, &question, &answer);
    else
        doctor_judge_verdict(answer.status, body, namespace, doctor->trial_policy, report);
}
