/* The check policy: that the policies can be read, and that the API server asks about what they govern. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_judge.h"
#include "codec/policy_file.h"
#include "edge/policy_load.h"

/* ---- judging ---- */

enum { LABELS_MOST = 32 };

/* What one policy governs, against one registration. */
struct agreement {
    const struct policy *policy;
    struct json registration;
    const char *kind;
    struct selector asked; /* of its webhook workloads.changegate.dev */
    struct doctor_report *report;
};

/* A namespace that has just what the policy asks for: the requirement `which` met by its value `value`, the
 * others by their first. */
static struct labels sample_of(const struct selector *selector, size_t which, size_t value,
                               struct label *items)
{
    static const struct text name_key = TEXT("kubernetes.io/metadata.name"), name = TEXT("some-namespace"),
                             anything = TEXT("x");
    size_t count = 0;
    items[count++] = (struct label){name_key, name};
    for (size_t i = 0; i < selector->requirement_count && count < LABELS_MOST; i++) {
        const struct selector_requirement *requirement = &selector->requirements[i];
        if (requirement->op == SELECTOR_IN && requirement->value_count > 0)
            items[count++] = (struct label){requirement->key, requirement->values[i == which ? value : 0]};
        else if (requirement->op == SELECTOR_EXISTS)
            items[count++] = (struct label){requirement->key, anything};
    }
    return (struct labels){items, count};
}

static void judge_value(const struct agreement *agreement, size_t which, size_t value)
{
    struct doctor_report *report = agreement->report;
    struct label items[LABELS_MOST];
    const struct selector *governed = &agreement->policy->namespace_selector;
    const struct selector_requirement *requirement = &governed->requirements[which];
    if (selector_matches(&agreement->asked, sample_of(governed, which, value, items)))
        return;
    doctor_say(report, DOCTOR_FAULT, "policy",
               "policy %.*s governs namespaces with %.*s=%.*s, and %s changegate does not ask about them",
               TEXT_ARGS(agreement->policy->name), TEXT_ARGS(requirement->key),
               TEXT_ARGS(requirement->values[value]), agreement->kind);
    doctor_cure(report,
                "name the label and all its values in governed.label and governed.values of the chart");
}

static bool asks_about_kind(const struct agreement *agreement, const struct workload_type *type)
{
    struct json webhook = doctor_webhook(agreement->registration, "workloads.changegate.dev");
    for (struct json_walk rule = json_walk_start(doctor_at(webhook, "rules")); json_walk_next(&rule);) {
        bool group = false, resource = false;
        for (struct json_walk w = json_walk_start(doctor_at(rule.value, "apiGroups")); json_walk_next(&w);)
            group = group || text_equal(json_as_text(w.value), type->group) ||
                    text_is(json_as_text(w.value), "*");
        for (struct json_walk w = json_walk_start(doctor_at(rule.value, "resources")); json_walk_next(&w);)
            resource = resource || text_equal(json_as_text(w.value), type->resource) ||
                       text_is(json_as_text(w.value), "*") || text_is(json_as_text(w.value), "*/*");
        if (group && resource)
            return true;
    }
    return false;
}

static void judge_kinds(const struct agreement *agreement)
{
    for (size_t i = 0; i < agreement->policy->workload_count; i++) {
        const struct workload_type *type = &agreement->policy->workloads[i];
        if (asks_about_kind(agreement, type))
            continue;
        doctor_say(agreement->report, DOCTOR_FAULT, "policy",
                   "policy %.*s gates %.*s.%.*s, and %s changegate has no rule for it",
                   TEXT_ARGS(agreement->policy->name), TEXT_ARGS(type->resource), TEXT_ARGS(type->group),
                   agreement->kind);
        doctor_cure(agreement->report, "add the kind to `workloads` of the chart");
    }
}

/* Whether the CEL expression has it as a string of its own. */
static bool names_key(struct text expression, struct text key)
{
    for (size_t at = 1; at + key.length < expression.length; at++) {
        char before = expression.at[at - 1], behind = expression.at[at + key.length];
        if ((before == '\'' || before == '"') && behind == before &&
            text_equal(text_slice(expression, at, key.length), key))
            return true;
    }
    return false;
}

/* Who may take the label off is decided on only where the API server asks about that. */
static void judge_guard(const struct agreement *agreement)
{
    struct json webhook = doctor_webhook(agreement->registration, "namespaces.changegate.dev");
    const struct selector *governed = &agreement->policy->namespace_selector;
    for (size_t i = 0; json_type(webhook) != JSON_ABSENT && i < governed->requirement_count; i++) {
        struct doctor_report *report = agreement->report;
        struct text key = governed->requirements[i].key;
        bool named = false;
        for (struct json_walk w = json_walk_start(doctor_at(webhook, "matchConditions")); json_walk_next(&w);)
            named = named || names_key(doctor_text_at(w.value, "expression"), key);
        if (named || text_is(key, "kubernetes.io/metadata.name"))
            continue;
        doctor_say(
            report, DOCTOR_FAULT, "policy",
            "policy %.*s governs by the label %.*s, and webhooks[namespaces.changegate.dev] does not guard "
            "it: whoever may edit a namespace may take it off",
            TEXT_ARGS(agreement->policy->name), TEXT_ARGS(key));
        doctor_cure(report, "name the label in governed.label of the chart");
    }
}

static void judge_one(const struct policy_set *policies, struct json registration, const char *kind,
                      bool is_validating, struct doctor_report *report)
{
    struct json webhook = doctor_webhook(registration, "workloads.changegate.dev");
    if (json_type(webhook) == JSON_ABSENT) /* which the check registration has said */
        return;
    for (size_t i = 0; i < policies->count; i++) {
        const struct agreement agreement = {
            .policy = &policies->items[i],
            .registration = registration,
            .kind = kind,
            .asked = doctor_selector_read(doctor_at(webhook, "namespaceSelector"), report->arena),
            .report = report,
        };
        const struct selector *governed = &agreement.policy->namespace_selector;
        for (size_t which = 0; which < governed->requirement_count; which++)
            for (size_t value = 0; governed->requirements[which].op == SELECTOR_IN &&
                                   value < governed->requirements[which].value_count;
                 value++)
                judge_value(&agreement, which, value);
        judge_kinds(&agreement);
        if (is_validating)
            judge_guard(&agreement);
    }
}

void doctor_judge_agreement(const struct policy_set *policies, struct json validating, struct json mutating,
                            struct doctor_report *report)
{
    judge_one(policies, validating, registration_kind_name(REGISTRATION_VALIDATING), true, report);
    judge_one(policies, mutating, registration_kind_name(REGISTRATION_MUTATING), false, report);
    for (size_t i = 0; i < policies->count; i++) {
        if (policies->items[i].mode == MODE_ENFORCE)
            continue;
        doctor_say(report, DOCTOR_WARNING, "policy", "policy %.*s is in mode %s: it refuses nothing",
                   TEXT_ARGS(policies->items[i].name),
                   policies->items[i].mode == MODE_WARN ? "Warn" : "Audit");
        doctor_cure(report, "say mode: Enforce when the trial is over");
    }
}

/* ---- asking ---- */

/* What a policy names as a file, where the policy is in a ConfigMap: another key of it, by its last step. */
struct named_files {
    struct doctor *doctor;
    bool absent;
};

static bool read_named(void *context, struct text path, struct arena *arena, struct text *ret_bytes,
                       struct error *error)
{
    struct named_files *files = context;
    while (text_find(path, '/') < path.length)
        path = text_slice(path, text_find(path, '/') + 1, path.length);
    const char *key = arena_copy(arena, path).at;
    if (doctor_get_config(files->doctor, "policy", "changegate-policy", key, ret_bytes) == DOCTOR_FOUND)
        return true;
    files->absent = true;
    return error_set(error, ERROR_SYSTEM, "%s is not in the ConfigMap", key);
}

static void read_from_cluster(struct doctor *doctor)
{
    struct doctor_report *report = &doctor->report;
    struct named_files files = {.doctor = doctor};
    const struct policy_reading reading = {read_named, &files};
    struct error error = {.text = ""};
    struct text yaml;
    enum doctor_found found = doctor_get_config(doctor, "policy", "changegate-policy", "policy.yaml", &yaml);
    if (found == DOCTOR_ABSENT) {
        doctor_say(report, DOCTOR_WARNING, "policy",
                   "the policies are not known: there is no ConfigMap %s/changegate-policy, policy.yaml",
                   doctor->options->namespace);
        doctor_cure(report, "give --policy FILE, or name the namespace of the installation with --namespace");
    }
    if (found != DOCTOR_FOUND || policy_file_read(yaml, &reading, &doctor->policies, &error))
        return;
    doctor_say(report, files.absent ? DOCTOR_WARNING : DOCTOR_FAULT, "policy",
               "ConfigMap %s/changegate-policy, policy.yaml:%u:%u: %s", doctor->options->namespace,
               error.line, error.column, error.text);
    if (files.absent)
        doctor_cure(report, "give --policy FILE, with the files that it names beside it");
    else
        doctor_cure(report,
                    "correct it: replicas that run keep the last good one, and one that starts anew ends "
                    "at once");
}

void doctor_check_policy(struct doctor *doctor)
{
    struct doctor_report *report = &doctor->report;
    struct error error = {.text = ""};
    if (doctor->options->policy == NULL) {
        read_from_cluster(doctor);
    } else if (!arguments_read_policies(report->arena, doctor->options->policy, &doctor->policies, &error)) {
        doctor_say(report, DOCTOR_FAULT, "policy", "%s", error.text);
        doctor_cure(report,
                    "correct it: replicas that run keep the last good one, and one that starts anew ends "
                    "at once");
    }
}

void doctor_check_agreement(struct doctor *doctor)
{
    struct doctor_report *report = &doctor->report;
    size_t before = report->count;
    if (doctor->policies == NULL)
        return;
    const struct policy_set *policies = policy_file_policies(doctor->policies);
    doctor_judge_agreement(policies, doctor->live[REGISTRATION_VALIDATING],
                           doctor->live[REGISTRATION_MUTATING], report);
    if (!doctor_is_well(report, before))
        return;
    bool asked = json_type(doctor_webhook(doctor->live[REGISTRATION_VALIDATING],
                                          "workloads.changegate.dev")) != JSON_ABSENT;
    doctor_say(report, DOCTOR_OK, "policy", "%zu polic%s can be read%s", policies->count,
               policies->count == 1 ? "y" : "ies",
               asked ? ", and the API server asks about all that is governed" : "");
}
