/* The check registration. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_judge.h"
#include "codec/yaml_tree.h"

#include <inttypes.h>

static const char *const kinds_written_small[] = {"validatingwebhookconfiguration",
                                                  "mutatingwebhookconfiguration"};

/* ---- judging ---- */

static void say_empty(const struct registration *desired, struct text holder, struct doctor_report *report)
{
    const char *kind = registration_kind_name(desired->kind);
    doctor_say(report, DOCTOR_FAULT, "registration",
               "%s %.*s is empty: changegate has not filled it in yet, so the API server asks nothing", kind,
               TEXT_ARGS(desired->name));
    if (holder.length == 0)
        doctor_cure(report, "no replica leads (Lease changegate-keeper): see the checks deployment and rbac");
    else
        doctor_cure(report,
                    "%.*s leads, and fills it in once changegate answers at the address that it writes in: "
                    "see its log, and the checks reach and rbac",
                    TEXT_ARGS(doctor_quote(report, holder)));
}

static void say_differing(const struct registration *desired, const struct registration_live *look,
                          struct text fault, struct doctor_report *report)
{
    const char *kind = registration_kind_name(desired->kind);
    doctor_say(report, DOCTOR_FAULT, "registration", "%s %.*s: %.*s", kind, TEXT_ARGS(desired->name),
               TEXT_ARGS(fault));
    if (look->is_ours)
        doctor_cure(
            report,
            "it was edited by hand, and changegate leaves edits alone; to have it written anew: kubectl "
            "annotate %s %.*s changegate.dev/registered-",
            kinds_written_small[desired->kind], TEXT_ARGS(desired->name));
    else if (look->is_marked)
        doctor_cure(report,
                    "it was written from another configuration; the replica that leads writes it anew "
                    "within seconds: see the check leases");
    else
        doctor_cure(report, "it was not written by changegate: put it back with " DOCTOR_HELM_PUTS_BACK
                            ", or kubectl apply -f what it was made from");
}

/* What is wrong with a webhook whatever was desired. */
static void judge_webhook(const struct registration *desired, struct json webhook,
                          struct doctor_report *report)
{
    enum { TIMEOUT_S_MOST = 10 };
    const char *kind = registration_kind_name(desired->kind);
    struct text name = doctor_quote(report, doctor_text_at(webhook, "name"));
    int64_t timeout_s = json_as_integer(doctor_at(webhook, "timeoutSeconds"), TIMEOUT_S_MOST);
    if (desired->tree == NULL && !text_ends_with(name, text_of(".changegate.dev"))) {
        doctor_say(report, DOCTOR_FAULT, "registration", "%s %.*s: webhooks[%.*s] is not ours", kind,
                   TEXT_ARGS(desired->name), TEXT_ARGS(name));
        doctor_cure(report, "move it to a configuration of its own: this one is written by changegate");
        return;
    }
    if (!text_is(doctor_text_at(webhook, "failurePolicy"), "Fail")) {
        doctor_say(report, DOCTOR_WARNING, "registration",
                   "%s %.*s: webhooks[%.*s] lets everything pass while changegate cannot be reached "
                   "(failurePolicy: Ignore)",
                   kind, TEXT_ARGS(desired->name), TEXT_ARGS(name));
        doctor_cure(report, "say Fail, unless this is a trial: webhook.failurePolicy of the chart");
    }
    if (timeout_s > TIMEOUT_S_MOST) {
        doctor_say(report, DOCTOR_WARNING, "registration",
                   "%s %.*s: webhooks[%.*s] has the API server wait for %" PRId64 " s", kind,
                   TEXT_ARGS(desired->name), TEXT_ARGS(name), timeout_s);
        doctor_cure(report, "wait no longer than %d s: whoever asks times out, too", TIMEOUT_S_MOST);
    }
}

static void judge_content(const struct registration *desired, const struct registration_live *look,
                          struct text live_text, struct json live, struct doctor_report *report)
{
    struct text faults[REGISTRATION_FAULTS_MOST];
    size_t before = report->count, count = 0;
    const char *kind = registration_kind_name(desired->kind);
    if (desired->tree != NULL)
        count = registration_compare(desired, live_text, report->arena, faults);
    for (size_t i = 0; i < count; i++)
        say_differing(desired, look, faults[i], report);
    for (struct json_walk w = json_walk_start(doctor_at(live, "webhooks")); count == 0 && json_walk_next(&w);)
        judge_webhook(desired, w.value, report);
    if (desired->tree != NULL && count == 0)
        doctor_say(report, DOCTOR_OK, "registration",
                   look->is_ours ? "%s %.*s is as changegate wrote it" : "%s %.*s is as it should be", kind,
                   TEXT_ARGS(desired->name));
    else if (doctor_is_well(report, before))
        doctor_say(report, DOCTOR_OK, "registration", "%s %.*s has %zu webhook%s", kind,
                   TEXT_ARGS(desired->name), look->webhook_count, look->webhook_count == 1 ? "" : "s");
}

void doctor_judge_registration(const struct registration *desired, struct text live_text, struct json live,
                               struct text keeper_holder, struct doctor_report *report)
{
    struct registration_live look;
    struct error error = {.text = ""};
    if (!registration_look(desired, live_text, report->arena, &look, &error)) {
        doctor_say(report, DOCTOR_FAULT, "registration", "%s", error.text);
        doctor_cure(report, "is it an API server that the kubeconfig names?");
    } else if (look.webhook_count == 0) {
        say_empty(desired, keeper_holder, report);
    } else {
        judge_content(desired, &look, live_text, live, report);
    }
}

/* ---- asking ---- */

static void note_called(struct doctor *doctor, struct text yaml)
{
    struct arena *arena = &doctor->cluster.arena;
    struct yaml_documents documents = {NULL, 0};
    struct error error;
    bool good = yaml_read(arena, yaml, &documents, &error);
    for (size_t i = 0; good && i < documents.count; i++) {
        struct json_text_buffer out = {.length = 0};
        struct json root;
        yaml_to_json(&documents.items[i], &out);
        if (doctor_read_json(doctor, json_text_view(&out), &root))
            for (size_t kind = 0; kind < DOCTOR_KINDS; kind++)
                if (text_is(doctor_text_at(root, "kind"),
                            registration_kind_name((enum registration_kind)kind)))
                    doctor->called[kind] = root;
        json_text_done(&out);
    }
}

/* Where they are desired from: a file, or the ConfigMap that changegate itself reads. */
static void read_desired(struct doctor *doctor)
{
    struct doctor_report *report = &doctor->report;
    struct error error = {.text = ""};
    struct text yaml;
    const char *path = doctor->options->registration, *from = path;
    enum doctor_found found =
        doctor_get_data(doctor, "registration", "changegate-registration", &doctor->recorded);
    if (path != NULL) {
        if (!arguments_read_file(report->arena, path, ARGUMENTS_FILE_BYTES_MOST, &yaml, &error)) {
            doctor_say(report, DOCTOR_FAULT, "registration", "%s", error.text);
            return;
        }
    } else {
        from = arena_printf(report->arena, "ConfigMap %s/changegate-registration, registration.yaml",
                            doctor->options->namespace)
                   .at;
        yaml = json_as_text(json_get(doctor->recorded, text_of("registration.yaml")));
        if (found != DOCTOR_UNKNOWN && yaml.length == 0) {
            doctor_say(report, DOCTOR_WARNING, "registration",
                       "what the registrations should be is not known: there is no %s", from);
            doctor_cure(report, "give --registration FILE, or name the namespace of the installation with "
                                "--namespace");
        }
        if (yaml.length == 0)
            return;
    }
    if (registrations_read(yaml, &doctor->desired, &error)) {
        note_called(doctor, yaml);
    } else {
        doctor_say(report, DOCTOR_FAULT, "registration", "%s:%u:%u: %s", from, error.line, error.column,
                   error.text);
        doctor_cure(report, "changegate cannot fill the registrations in from this: correct it");
    }
}

static bool is_written_by_chart(const struct doctor *doctor)
{
    return text_is(json_as_text(json_get(doctor->recorded, text_of("filledBy"))), "Chart");
}

static struct text find_keeper(struct doctor *doctor)
{
    struct arena *arena = &doctor->cluster.arena;
    const struct doctor_question question = {
        .check = "registration",
        .path = arena_printf(arena, "/apis/coordination.k8s.io/v1/namespaces/%s/leases/changegate-keeper",
                             doctor->options->namespace)
                    .at,
        .what = "Lease changegate-keeper",
        .right = arena_printf(arena, "get leases in namespace %s", doctor->options->namespace).at};
    struct json lease = JSON_NOTHING;
    return doctor_get(doctor, &question, &lease, NULL) == DOCTOR_FOUND
               ? doctor_text_at(lease, "spec.holderIdentity")
               : TEXT_EMPTY;
}

static void check_one(struct doctor *doctor, const struct registration *desired)
{
    struct arena *arena = &doctor->cluster.arena;
    struct doctor_report *report = &doctor->report;
    const char *kind = registration_kind_name(desired->kind);
    const struct doctor_question question = {
        .check = "registration",
        .path = registration_path(desired, arena).at,
        .what = arena_printf(arena, "%s %.*s", kind, TEXT_ARGS(desired->name)).at,
        .right = arena_printf(arena, "get %ss", kinds_written_small[desired->kind]).at};
    struct json live = JSON_NOTHING;
    struct text live_text = TEXT_EMPTY, keeper = TEXT_EMPTY;
    enum doctor_found found = doctor_get(doctor, &question, &live, &live_text);
    if (found == DOCTOR_ABSENT) {
        doctor_say(report, DOCTOR_FAULT, "registration",
                   "%s is missing, so the API server asks nothing of what it is for", question.what);
        doctor_cure(report,
                    "helm upgrade, or kubectl apply -f manifests/install.yaml; unless it was deleted to turn "
                    "the gate off in an emergency that is not over");
    }
    if (found != DOCTOR_FOUND)
        return;
    if (json_count(doctor_at(live, "webhooks")) == 0 && is_written_by_chart(doctor)) {
        doctor_say(report, DOCTOR_FAULT, "registration", "%s is empty, so the API server asks nothing",
                   question.what);
        doctor_cure(report, "the chart writes it out: " DOCTOR_HELM_PUTS_BACK);
        return;
    }
    if (json_count(doctor_at(live, "webhooks")) == 0)
        keeper = find_keeper(doctor);
    doctor->live[desired->kind] = live;
    if (json_count(doctor_at(live, "webhooks")) > 0)
        doctor->called[desired->kind] = live;
    doctor_judge_registration(desired, live_text, live, keeper, report);
}

void doctor_check_registration(struct doctor *doctor)
{
    read_desired(doctor);
    for (size_t kind = 0; kind < DOCTOR_KINDS; kind++) {
        struct registration desired = {.kind = (enum registration_kind)kind, .name = text_of("changegate")};
        bool is_desired = doctor->desired.count == 0; /* where nothing is known, both */
        for (size_t i = 0; i < doctor->desired.count; i++)
            if (doctor->desired.items[i].kind == desired.kind) {
                desired = doctor->desired.items[i];
                is_desired = true;
            }
        if (is_desired)
            check_one(doctor, &desired);
    }
}
