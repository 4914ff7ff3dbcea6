/* The check reach: what the API server calls is there. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_judge.h"
#include "cli/doctor_targets.h"

#include <inttypes.h>

/* ---- judging ---- */

bool doctor_judge_service(struct json service, struct text name, int64_t port, struct doctor_report *report)
{
    for (struct json_walk w = json_walk_start(doctor_at(service, "spec.ports")); json_walk_next(&w);)
        if (json_as_integer(doctor_at(w.value, "port"), 0) == port)
            return true;
    doctor_say(report, DOCTOR_FAULT, "reach",
               "the registrations call Service %.*s at port %" PRId64 ", and it has no such port",
               TEXT_ARGS(name), port);
    doctor_cure(report, DOCTOR_HELM_PUTS_BACK ", or kubectl apply -f manifests/install.yaml");
    return false;
}

/* https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/: not said counts as ready. */
size_t doctor_ready_endpoints(struct json slice)
{
    size_t ready = 0;
    for (struct json_walk w = json_walk_start(doctor_at(slice, "endpoints")); json_walk_next(&w);)
        if (json_as_bool(doctor_at(w.value, "conditions.ready"), true))
            ready += json_count(doctor_at(w.value, "addresses")) > 0 ? 1 : 0;
    return ready;
}

/* The words are libcurl's. */
static bool has_one(struct text said, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (doctor_text_has(said, parts[i]))
            return true;
    return false;
}

void doctor_judge_url(struct text url, bool answered, struct text said, struct doctor_report *report)
{
    /* Behind a handshake that was good for this side: it wants to know who calls, and the doctor is nobody.
     */
    static const char *const behind[] = {"alert certificate required",
                                         "alert bad certificate",
                                         "Recv failure",
                                         "Send failure",
                                         "SSL_read",
                                         "SSL_write",
                                         "Empty reply"};
    static const char *const untrusted[] = {"SSL", "certificate", "TLS"};
    /* Said first: which step it was at may be in its words, "SSL connection timeout". */
    static const char *const late[] = {"timed out", "timeout", "Timeout"};
    bool is_late = !answered && has_one(said, late, sizeof(late) / sizeof(late[0]));
    bool is_judged = !answered && !is_late;
    bool wants_certificate = is_judged && has_one(said, behind, sizeof(behind) / sizeof(behind[0]));
    bool is_untrusted = is_judged && has_one(said, untrusted, sizeof(untrusted) / sizeof(untrusted[0]));
    if (answered || wants_certificate) {
        doctor_say(report, DOCTOR_OK, "reach", "%.*s answers%s", TEXT_ARGS(url),
                   wants_certificate ? ", and wants a client certificate" : "");
        return;
    }
    doctor_say(report, is_untrusted ? DOCTOR_FAULT : DOCTOR_WARNING, "reach",
               "%.*s does not answer this machine: %.*s", TEXT_ARGS(url),
               TEXT_ARGS(doctor_quote(report, said)));
    if (is_untrusted)
        doctor_cure(report, "caBundle has to hold the CA of the certificate that is served there, and the "
                            "certificate has to be for that name: see the check certificate");
    else
        doctor_cure(report,
                    "does changegate run there? Where only API servers can reach it, the check verdict "
                    "tells");
}

/* ---- asking: a Service ---- */

static void check_endpoints(struct doctor *doctor, struct text namespace, struct text name, struct text both)
{
    struct arena *arena = &doctor->cluster.arena;
    struct doctor_report *report = &doctor->report;
    const struct doctor_question question = {
        .check = "reach",
        .path = arena_printf(arena, "/apis/discovery.k8s.io/v1/namespaces/%.*s/endpointslices",
                             TEXT_ARGS(namespace))
                    .at,
        .what = arena_printf(arena, "the endpoints of Service %.*s", TEXT_ARGS(both)).at,
        .right = arena_printf(arena, "list endpointslices.discovery.k8s.io in namespace %.*s",
                              TEXT_ARGS(namespace))
                     .at};
    const char *selector = arena_printf(arena, "kubernetes.io/service-name=%.*s", TEXT_ARGS(name)).at;
    struct doctor_items slices;
    size_t ready = 0;
    if (doctor_list(doctor, &question, selector, false, &slices) != DOCTOR_FOUND)
        return;
    for (size_t i = 0; i < slices.count; i++)
        ready += doctor_ready_endpoints(slices.items[i]);
    if (ready > 0) {
        doctor_say(report, DOCTOR_OK, "reach", "Service %.*s has %zu ready endpoint%s", TEXT_ARGS(both),
                   ready, ready == 1 ? "" : "s");
        return;
    }
    doctor_say(report, DOCTOR_FAULT, "reach", "Service %.*s has no ready endpoint: the API server cannot ask",
               TEXT_ARGS(both));
    doctor_cure(report,
                "see the check deployment; kubectl -n %.*s get pods, and the log of one that is not ready",
                TEXT_ARGS(namespace));
}

static void check_service(struct doctor *doctor, const struct doctor_target *target)
{
    struct arena *arena = &doctor->cluster.arena;
    struct doctor_report *report = &doctor->report;
    struct text both = doctor_quote(
        report, arena_printf(arena, "%.*s/%.*s", TEXT_ARGS(target->namespace), TEXT_ARGS(target->name)));
    const struct doctor_question question = {
        .check = "reach",
        .path = arena_printf(arena, "/api/v1/namespaces/%.*s/services/%.*s", TEXT_ARGS(target->namespace),
                             TEXT_ARGS(target->name))
                    .at,
        .what = arena_printf(arena, "Service %.*s", TEXT_ARGS(both)).at,
        .right = arena_printf(arena, "get services in namespace %.*s", TEXT_ARGS(target->namespace)).at};
    struct json service;
    enum doctor_found found = doctor_get(doctor, &question, &service, NULL);
    if (found == DOCTOR_ABSENT) {
        doctor_say(report, DOCTOR_FAULT, "reach",
                   "the registrations call Service %.*s, and there is none: the API server cannot ask",
                   TEXT_ARGS(both));
        doctor_cure(report, "helm upgrade, or kubectl apply -f manifests/install.yaml");
    } else if (found == DOCTOR_FOUND && doctor_judge_service(service, both, target->port, report)) {
        check_endpoints(doctor, target->namespace, target->name, both);
    }
}

/* ---- asking: a URL ---- */

/* It is asked by GET, which it does not know: any answer at all shows that it speaks TLS, with a certificate
 * that the caBundle is good for. */
static void check_url(struct doctor *doctor, const struct doctor_target *target)
{
    enum { ANSWER_MS_MOST = 5000 };
    const struct kube_config config = {
        .server = target->url, .is_no_api_server = true, .ca = {.data = target->ca_bundle}};
    const struct kube_call call = {.method = KUBE_GET, .path = "/validate", .accept = "application/json"};
    struct kube_answer answer;
    struct error error = {.text = ""};
    bool answered = kube_ask(&config, &call, ANSWER_MS_MOST, &doctor->cluster.arena, &answer, &error);
    doctor_judge_url(target->url, answered, text_of(error.text), &doctor->report);
}

void doctor_check_reach(struct doctor *doctor)
{
    struct doctor_targets targets = doctor_targets_of(doctor->called, DOCTOR_KINDS, &doctor->cluster.arena);
    for (size_t i = 0; i < targets.count; i++) {
        if (targets.items[i].url.length > 0)
            check_url(doctor, &targets.items[i]);
        else
            check_service(doctor, &targets.items[i]);
    }
}
