/* The checks api, clock and crds. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_judge.h"
#include "edge/clock.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- judging ---- */

enum { OLDEST_MINOR = 30 /* matchConditions are there for good from 1.30 on */ };

/* "v1.36.3" is 36; -1: it is none of version 1. */
static int minor_of(struct text version)
{
    static const struct text prefix = TEXT("v1.");
    int minor = 0;
    size_t i = prefix.length;
    if (!text_starts_with(version, prefix))
        return -1;
    for (; i < version.length && i < prefix.length + 4 && version.at[i] >= '0' && version.at[i] <= '9'; i++)
        minor = 10 * minor + version.at[i] - '0';
    return i == prefix.length ? -1 : minor;
}

void doctor_judge_version(struct json version, struct text server, struct doctor_report *report)
{
    struct text said = doctor_quote(report, json_as_text(json_get(version, text_of("gitVersion"))));
    int minor = minor_of(said);
    if (minor >= OLDEST_MINOR) {
        doctor_say(report, DOCTOR_OK, "api", "%.*s answers, Kubernetes %.*s", TEXT_ARGS(server),
                   TEXT_ARGS(said));
        return;
    }
    if (minor < 0) {
        doctor_say(report, DOCTOR_WARNING, "api",
                   "%.*s answers, and says \"%.*s\" when asked for its version", TEXT_ARGS(server),
                   TEXT_ARGS(said));
        doctor_cure(report, "is it an API server that the kubeconfig names?");
        return;
    }
    doctor_say(report, DOCTOR_FAULT, "api",
               "%.*s is Kubernetes %.*s, which does not know all that the registrations say",
               TEXT_ARGS(server), TEXT_ARGS(said));
    doctor_cure(report, "use Kubernetes 1.%d or later", OLDEST_MINOR);
}

void doctor_judge_clock(int64_t asked_ms, int64_t heard_ms, int64_t date_s, struct doctor_report *report)
{
    enum { WARNING_S = 5, FAULT_S = 30, MS = 1000 };
    if (date_s == 0) {
        doctor_say(report, DOCTOR_WARNING, "clock", "the API server does not say what time it is");
        doctor_cure(report,
                    "is there a proxy that takes the header Date off its answers? changegate decides by "
                    "its own machine's clock then");
        return;
    }
    /* It was date_s and a part of a second, at some moment between the two. */
    int64_t ahead_ms = asked_ms - (date_s * MS + MS), behind_ms = date_s * MS - heard_ms;
    int64_t off_s = (ahead_ms > behind_ms ? ahead_ms : behind_ms) / MS;
    const char *direction = ahead_ms > behind_ms ? "ahead of" : "behind";
    if (off_s < WARNING_S) {
        doctor_say(report, DOCTOR_OK, "clock", "this machine and the API server agree on the time");
        return;
    }
    doctor_say(report, off_s < FAULT_S ? DOCTOR_WARNING : DOCTOR_FAULT, "clock",
               "this machine's clock is %" PRId64 " s %s the API server's", off_s, direction);
    doctor_cure(report, "set both by NTP; changegate itself decides by the API server's clock, and that one "
                        "says when a freeze begins");
}

void doctor_judge_crd(struct json definition, const char *kind, struct doctor_report *report)
{
    bool established = false, served = false;
    for (struct json_walk w = json_walk_start(doctor_at(definition, "status.conditions"));
         json_walk_next(&w);)
        established = established || (text_is(doctor_text_at(w.value, "type"), "Established") &&
                                      text_is(doctor_text_at(w.value, "status"), "True"));
    for (struct json_walk w = json_walk_start(doctor_at(definition, "spec.versions")); json_walk_next(&w);)
        served = served || (text_is(doctor_text_at(w.value, "name"), "v1alpha1") &&
                            json_as_bool(doctor_at(w.value, "served"), false));
    if (json_type(doctor_at(definition, "metadata.deletionTimestamp")) != JSON_ABSENT) {
        doctor_say(report, DOCTOR_FAULT, "crds",
                   "the definition of %s is being deleted, and all objects with it", kind);
        doctor_cure(report, "install it again: helm upgrade, or kubectl apply -f manifests/install.yaml");
    } else if (!established) {
        doctor_say(report, DOCTOR_FAULT, "crds", "the definition of %s is not established", kind);
        doctor_cure(report, "see its conditions: kubectl describe crd");
    } else if (!served) {
        doctor_say(report, DOCTOR_FAULT, "crds", "the definition of %s does not serve v1alpha1", kind);
        doctor_cure(report, "install it again: " DOCTOR_HELM_PUTS_BACK
                            ", or kubectl apply -f manifests/install.yaml");
    } else {
        doctor_say(report, DOCTOR_OK, "crds", "%s is established and serves v1alpha1", kind);
    }
}

/* ---- asking ---- */

bool doctor_check_api(struct doctor *doctor)
{
    static const struct doctor_question question = {
        .check = "api", .path = "/version", .what = "the version", .right = "get the path /version"};
    struct doctor_report *report = &doctor->report;
    const struct kube_call call = {.method = KUBE_GET, .path = question.path, .accept = "application/json"};
    struct text server = doctor_quote(report, doctor->cluster.config.server);
    struct kube_answer answer;
    struct json version;
    struct error error = {.text = ""};
    int64_t asked_ms = clock_wall_ms();
    if (!held_cluster_ask(&doctor->cluster, &call, &answer, &error)) {
        doctor_say(report, DOCTOR_FAULT, "api", "%.*s does not answer: %s", TEXT_ARGS(server), error.text);
        doctor_cure(report, "is it the right kubeconfig, and does kubectl reach the cluster with it?");
        return false;
    }
    int64_t heard_ms = clock_wall_ms();
    if (answer.status == 401) {
        doctor_say(report, DOCTOR_FAULT, "api", "%.*s does not accept the credentials", TEXT_ARGS(server));
        doctor_cure(report, "check the kubeconfig's user");
        return false;
    }
    if (answer.status != 200)
        doctor_say_refused(doctor, &question, &answer);
    else if (doctor_read_json(doctor, answer.body, &version))
        doctor_judge_version(version, server, report);
    else
        doctor_judge_version(JSON_NOTHING, server, report);
    doctor_judge_clock(asked_ms, heard_ms, answer.date_s, report);
    return true;
}

static void check_crd(struct doctor *doctor, const char *kind, const char *resource)
{
    struct arena *arena = &doctor->cluster.arena;
    const struct doctor_question question = {
        .check = "crds",
        .path =
            arena_printf(arena, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/%s.changegate.dev",
                         resource)
                .at,
        .what = arena_printf(arena, "the definition of %s", kind).at,
        .right = "get customresourcedefinitions.apiextensions.k8s.io"};
    struct json definition;
    enum doctor_found found = doctor_get(doctor, &question, &definition, NULL);
    if (found == DOCTOR_FOUND)
        doctor_judge_crd(definition, kind, &doctor->report);
    if (found != DOCTOR_ABSENT)
        return;
    doctor_say(&doctor->report, DOCTOR_FAULT, "crds", "the cluster does not know %s: there is no definition",
               kind);
    doctor_cure(&doctor->report, "install it: helm upgrade with crds.enabled, or kubectl apply -f "
                                 "manifests/install.yaml");
}

void doctor_check_crds(struct doctor *doctor)
{
    check_crd(doctor, "FreezeWindow", "freezewindows");
    check_crd(doctor, "Approval", "approvals");
}
