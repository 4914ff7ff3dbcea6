/* The check rbac: what changegate may do, by asking the API server about each right. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_judge.h"
#include "codec/json_text.h"
#include "codec/policy_file.h"

#include <string.h>

enum need { SERVE, RELEASE, LEAD_RELEASES, KEEP, KEEP_REGISTRATIONS, NEEDS };

static const struct {
    const char *purpose, *role;
} needs[NEEDS] = {
    {"decide", "ClusterRole changegate-serve"},
    {"release what is held", "ClusterRole changegate-release"},
    {"release what is held", "Role changegate-keep"},
    {"keep certificates right, and say what is wrong", "Role changegate-keep"},
    {"keep the registrations right", "ClusterRole changegate-keep"},
};

struct right {
    const char *group, *resource, *subresource, *name; /* "" where there is none */
    const char *verbs;                                 /* "list watch" */
    bool (*is_needed)(const struct doctor *doctor);    /* NULL: always */
    enum need need;
    bool in_namespace; /* of the installation; else everywhere */
};

#define REGISTRATIONS "admissionregistration.k8s.io"
#define LEASES        "coordination.k8s.io"
static const struct right rights[] = {
    {"", "namespaces", "", "", "list watch", NULL, SERVE, false},
    {"changegate.dev", "freezewindows", "", "", "list watch", NULL, SERVE, false},
    {"changegate.dev", "freezewindows", "status", "", "patch", NULL, SERVE, false},
    {"changegate.dev", "approvals", "", "", "list watch", NULL, SERVE, false},
    {"", "events", "", "", "create", NULL, SERVE, false},
    {"apps", "deployments", "", "", "list watch patch", NULL, RELEASE, false},
    {"apps", "statefulsets", "", "", "list watch patch", NULL, RELEASE, false},
    {"apps", "daemonsets", "", "", "list watch patch", NULL, RELEASE, false},
    {"batch", "jobs", "", "", "list watch patch", NULL, RELEASE, false},
    {"batch", "cronjobs", "", "", "list watch patch", NULL, RELEASE, false},
    {"", "pods", "", "", "list watch patch", NULL, RELEASE, false},
    {LEASES, "leases", "", "changegate-releaser", "get patch", NULL, LEAD_RELEASES, true},
    {LEASES, "leases", "", "changegate-keeper", "get patch", NULL, KEEP, true},
    {LEASES, "leases", "", "", "create", NULL, KEEP, true},
    {"", "events", "", "", "create", NULL, KEEP, true},
    {"", "secrets", "", "changegate-tls", "get patch", doctor_makes_certificate, KEEP, true},
    {"", "secrets", "", "", "create", doctor_makes_certificate, KEEP, true},
    {REGISTRATIONS, "validatingwebhookconfigurations", "", "changegate", "get patch",
     doctor_fills_registrations, KEEP_REGISTRATIONS, false},
    {REGISTRATIONS, "mutatingwebhookconfigurations", "", "changegate", "get patch",
     doctor_fills_registrations, KEEP_REGISTRATIONS, false},
};

struct subject {
    struct text user;
    bool is_account;
};

/* ---- one right ---- */

/* The Secret may be called otherwise. */
static struct text name_of(const struct doctor *doctor, const struct right *right)
{
    bool is_secret = right->name[0] != '\0' && strcmp(right->resource, "secrets") == 0;
    return is_secret ? doctor_secret_name(doctor) : text_of(right->name);
}

static void write_attributes(const struct doctor *doctor, const struct right *right, struct text verb,
                             struct json_text_buffer *out)
{
    json_text_raw_str(out, "\"resourceAttributes\":{");
    json_text_member(out, "verb", verb);
    json_text_member(out, "group", text_of(right->group));
    json_text_member(out, "resource", text_of(right->resource));
    json_text_member(out, "subresource", text_of(right->subresource));
    json_text_member(out, "name", name_of(doctor, right));
    json_text_member(out, "namespace", text_of(right->in_namespace ? doctor->options->namespace : ""));
    json_text_raw_str(out, "}");
}

/* https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/ */
static struct text write_review(struct doctor *doctor, const struct subject *subject,
                                const struct right *right, struct text verb)
{
    struct arena *arena = &doctor->cluster.arena;
    const char *namespace = doctor->options->namespace;
    struct json_text_buffer out = {.length = 0};
    json_text_raw_str(
        &out, "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{");
    json_text_member(&out, "user", subject->user);
    json_text_key(&out, "groups");
    json_text_raw_str(&out, "[\"system:authenticated\"");
    if (subject->is_account) {
        json_text_raw_str(&out, ",\"system:serviceaccounts\",");
        json_text_string(&out, arena_printf(arena, "system:serviceaccounts:%s", namespace));
    }
    json_text_raw_str(&out, "],");
    write_attributes(doctor, right, verb, &out);
    json_text_raw_str(&out, "}}");
    struct text body = arena_copy(arena, json_text_view(&out));
    json_text_done(&out);
    return body;
}

static void say_missing(struct doctor *doctor, const struct subject *subject, const struct right *right,
                        struct text verbs)
{
    struct doctor_report *report = &doctor->report;
    const char *slash = right->subresource[0] == '\0' ? "" : "/", *dot = right->group[0] == '\0' ? "" : ".";
    struct text name = right->name[0] == '\0'
                           ? TEXT_EMPTY
                           : arena_printf(report->arena, " %.*s", TEXT_ARGS(name_of(doctor, right)));
    struct text where = right->in_namespace
                            ? arena_printf(report->arena, " in namespace %s", doctor->options->namespace)
                            : TEXT_EMPTY;
    doctor_say(report, DOCTOR_FAULT, "rbac", "%.*s may not %.*s %s%s%s%s%s%.*s%.*s, so it cannot %s",
               TEXT_ARGS(doctor_quote(report, subject->user)), TEXT_ARGS(verbs), right->resource, dot,
               right->group, slash, right->subresource, TEXT_ARGS(name), TEXT_ARGS(where),
               needs[right->need].purpose);
    doctor_cure(report, "%s grants it: " DOCTOR_HELM_PUTS_BACK ", or kubectl apply -f manifests/install.yaml",
                needs[right->need].role);
}

/* False: nothing more can be asked, and that was said. */
static bool ask_right(struct doctor *doctor, const struct subject *subject, const struct right *right,
                      struct text verb, bool *ret_allowed)
{
    static const struct doctor_question question = {
        .check = "rbac",
        .path = "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        .what = "what changegate may do",
        .right = "create subjectaccessreviews.authorization.k8s.io"};
    struct kube_answer answer;
    struct json review;
    if (!doctor_post(doctor, &question, write_review(doctor, subject, right, verb), &answer))
        return false;
    if (answer.status != 201 || !doctor_read_json(doctor, answer.body, &review)) {
        doctor_say_refused(doctor, &question, &answer);
        return false;
    }
    *ret_allowed = json_as_bool(doctor_at(review, "status.allowed"), false);
    return true;
}

/* All verbs of one resource; those that are missing in one line. */
static bool check_right(struct doctor *doctor, const struct subject *subject, const struct right *right)
{
    struct text verbs = text_of(right->verbs), missing = TEXT_EMPTY;
    while (verbs.length > 0) {
        struct text verb = text_slice(verbs, 0, text_find(verbs, ' '));
        bool allowed = false;
        verbs = text_slice(verbs, verb.length + 1, verbs.length);
        if (!ask_right(doctor, subject, right, verb, &allowed))
            return false;
        if (!allowed)
            missing = arena_printf(&doctor->cluster.arena, "%.*s%s%.*s", TEXT_ARGS(missing),
                                   missing.length > 0 ? ", " : "", TEXT_ARGS(verb));
    }
    if (missing.length > 0)
        say_missing(doctor, subject, right, missing);
    return true;
}

/* ---- which rights, and whose ---- */

static bool is_needed(const struct doctor *doctor, const struct right *right)
{
    if ((right->need == RELEASE || right->need == LEAD_RELEASES) &&
        doctor_has_argument(doctor->deployment, "--no-releaser"))
        return false;
    return right->is_needed == NULL || right->is_needed(doctor);
}

/* The kinds of the policy that can be held are released, too. */
static bool check_kinds_of_policies(struct doctor *doctor, const struct subject *subject)
{
    if (doctor->policies == NULL || doctor_has_argument(doctor->deployment, "--no-releaser"))
        return true;
    const struct policy_set *policies = policy_file_policies(doctor->policies);
    struct arena *arena = &doctor->cluster.arena;
    for (size_t i = 0; i < policies->count; i++)
        for (size_t j = 0; j < policies->items[i].workload_count; j++) {
            const struct workload_type *type = &policies->items[i].workloads[j];
            const struct right right = {.group = arena_copy(arena, type->group).at,
                                        .resource = arena_copy(arena, type->resource).at,
                                        .subresource = "",
                                        .name = "",
                                        .verbs = "list watch patch",
                                        .need = RELEASE};
            if (type->hold_path.step_count > 0 && !check_right(doctor, subject, &right))
                return false;
        }
    return true;
}

static struct subject find_subject(const struct doctor *doctor, struct arena *arena)
{
    struct text account = doctor_text_at(doctor->deployment, "spec.template.spec.serviceAccountName");
    if (doctor->options->user != NULL)
        return (struct subject){text_of(doctor->options->user), false};
    if (account.length == 0)
        account = text_of("changegate");
    return (struct subject){
        arena_printf(arena, "system:serviceaccount:%s:%.*s", doctor->options->namespace, TEXT_ARGS(account)),
        true};
}

void doctor_check_rbac(struct doctor *doctor)
{
    struct doctor_report *report = &doctor->report;
    struct subject subject = find_subject(doctor, report->arena);
    size_t before = report->count;
    if (doctor->options->user == NULL && doctor->has_no_deployment) {
        doctor_say(report, DOCTOR_WARNING, "rbac",
                   "changegate does not run in this cluster, so it is not known as whom "
                   "it asks, and what it may do");
        doctor_cure(report, "give --user NAME, the user of the kubeconfig that it has");
        return;
    }
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
        if (is_needed(doctor, &rights[i]) && !check_right(doctor, &subject, &rights[i]))
            return;
    if (check_kinds_of_policies(doctor, &subject) && doctor_is_well(report, before))
        doctor_say(report, DOCTOR_OK, "rbac", "%.*s may do all that it has to", TEXT_ARGS(subject.user));
}
