/* The check labels: all namespaces, and which of them the verdict is tried in. */
#include "cli/doctor_cluster.h"
#include "cli/doctor_labels.h"
#include "codec/policy_file.h"

static void read_namespaces(struct doctor_items items, struct doctor_namespace *namespaces,
                            struct arena *arena)
{
    for (size_t i = 0; i < items.count; i++) {
        struct json metadata = doctor_at(items.items[i], "metadata");
        namespaces[i] = (struct doctor_namespace){
            .name = arena_copy(arena, doctor_text_at(metadata, "name")),
            .labels = doctor_labels_read(doctor_at(metadata, "labels"), arena),
            .annotations = doctor_labels_read(doctor_at(metadata, "annotations"), arena),
            .terminating = json_type(doctor_at(metadata, "deletionTimestamp")) != JSON_ABSENT,
        };
    }
}

/* One that an enforcing policy governs goes before others: there a refusal shows. */
static void choose_trial(struct doctor *doctor, const struct doctor_namespace *namespaces, size_t count,
                         const struct doctor_scope *scope)
{
    for (size_t i = 0; i < count; i++) {
        const struct policy *policy = policy_for_namespace(scope->policies, namespaces[i].labels);
        bool is_asked = scope->asked == NULL || selector_matches(scope->asked, namespaces[i].labels);
        bool enforces = policy != NULL && policy->mode == MODE_ENFORCE;
        if (policy == NULL || !is_asked || namespaces[i].terminating ||
            doctor_is_never_matched(namespaces[i].name, scope) ||
            (doctor->trial_namespace.length > 0 && !enforces))
            continue;
        doctor->trial_namespace = namespaces[i].name;
        doctor->trial_policy = doctor->policies == NULL ? NULL : policy;
        if (enforces)
            return;
    }
}

void doctor_check_labels(struct doctor *doctor)
{
    static const struct doctor_question question = {.check = "labels",
                                                    .path = "/api/v1/namespaces",
                                                    .what = "the labels of the namespaces",
                                                    .right = "list namespaces"};
    struct arena *arena = &doctor->cluster.arena;
    struct json webhook = doctor_webhook(doctor->live[REGISTRATION_VALIDATING], "workloads.changegate.dev");
    bool is_asked = json_type(webhook) != JSON_ABSENT;
    struct selector asked = doctor_selector_read(doctor_at(webhook, "namespaceSelector"), arena);
    /* Where no policy is known, what is asked about is taken for governed. */
    const struct policy as_registered = {.name = text_of("unknown"), .namespace_selector = asked};
    const struct policy_set all_asked = {&as_registered, is_asked ? 1 : 0};
    const struct doctor_scope scope = {
        .policies = doctor->policies != NULL ? policy_file_policies(doctor->policies) : &all_asked,
        .asked = is_asked ? &asked : NULL,
        .own_namespace = doctor->options->namespace,
        .now_s = doctor_now_s(doctor)};
    struct doctor_items items;
    if (doctor_list(doctor, &question, "", true, &items) != DOCTOR_FOUND)
        return;
    struct doctor_namespace *namespaces = arena_alloc_array(arena, items.count + 1, sizeof(*namespaces));
    read_namespaces(items, namespaces, arena);
    doctor->namespaces_known = true;
    doctor_judge_namespaces(namespaces, items.count, &scope, &doctor->report);
    choose_trial(doctor, namespaces, items.count, &scope);
}
