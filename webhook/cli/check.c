#include "cli/check.h"

#include "cli/arguments.h"
#include "cli/check_manifest.h"
#include "cli/check_options.h"
#include "cli/check_report.h"
#include "codec/policy_file.h"
#include "codec/review.h"
#include "codec/timeline.h"
#include "core/requirement.h"

#include <stdio.h>
#include <time.h>

enum { STATUS_PASS = 0, STATUS_REFUSED = 1, STATUS_UNUSABLE = 2 };

/* Everything that one run of the command holds. */
struct check {
    const struct check_options *options;
    struct policy_file *policies;
    struct json_reader *reader;
    struct json_text_buffer body, scratch;
    struct arena arena; /* manifests and all that is said about them */
    struct yaml_documents old;
    struct user user;
    const struct policy *policy; /* governs the namespaces, or NULL */
    struct facts facts;
    struct calendar calendar; /* of facts */
    struct check_report report;
};

/* ---- reading ---- */

static bool read_documents(struct arena *arena, const char *path, struct yaml_documents *ret,
                           struct error *error)
{
    struct text bytes;
    if (!arguments_read_file(arena, path, ARGUMENTS_FILE_BYTES_MOST, &bytes, error))
        return false;
    return yaml_read(arena, bytes, ret, error) || arguments_fail_in(path, error);
}

/* The policy's windows that select a namespace with these labels; FreezeWindow objects are not known here. */
static void read_calendar(struct check *check, struct labels labels)
{
    const struct policy *policy = check->policy;
    const struct window **windows =
        arena_alloc_array(&check->arena, policy->window_count, sizeof(struct window *));
    size_t count = 0;
    for (size_t i = 0; i < policy->window_count; i++)
        if (!check->options->labels_given || selector_matches(&policy->windows[i].said.namespaces, labels))
            windows[count++] = &policy->windows[i];
    timeline_calendar(windows, count, check->report.at_s, &check->arena, &check->calendar);
}

/* The namespace as --namespace-labels describes it. */
static void read_namespace(struct check *check)
{
    const struct policy_set *set = policy_file_policies(check->policies);
    struct labels labels = {check->options->labels, check->options->label_count};
    check->policy = check->options->labels_given ? policy_for_namespace(set, labels) : &set->items[0];
    check->report.policy = check->policy == NULL ? TEXT_EMPTY : check->policy->name;
    check->report.policy_assumed = !check->options->labels_given;
    const struct text *freeze = labels_get(labels, text_of(NAMESPACE_FREEZE));
    check->facts.namespace_known = true;
    freeze_label_read(&check->arena, freeze == NULL ? TEXT_EMPTY : *freeze, TEXT_EMPTY, TEXT_EMPTY,
                      &check->facts.freeze_label);
    check->facts.calendar = &check->calendar;
    if (check->policy != NULL)
        read_calendar(check, labels);
}

/* ---- deciding ---- */

/* A manifest is not yet what the API server makes of it: that fills in what surrounds the field of a hold in
 * its own kinds. And a manifest as the old object tells nothing of a controller: it is taken to be at rest.
 */
static void forgive(struct change *change)
{
    enum hold_obstacle *obstacle = &change->hold.obstacle;
    if (*obstacle == OBSTACLE_UNOBSERVED)
        *obstacle = OBSTACLE_NONE;
    if (*obstacle == OBSTACLE_FIELD && change->workload != KIND_OTHER)
        *obstacle =
            change->before.replicas == 0 && change->after.replicas > 0 ? OBSTACLE_FROM_ZERO : OBSTACLE_NONE;
}

/* Whether nothing but Approval objects could approve; an id in an annotation has no age. */
static bool asks_objects_alone(const struct approval_need *need)
{
    approval_sources sources = need->sources;
    if (need->minimum_age_s > 0)
        sources &= ~SOURCE_BIT(SOURCE_ANNOTATION);
    return need->approval && sources == SOURCE_BIT(SOURCE_APPROVAL);
}

/* Of every group that an approver could have to be in. */
static void entitle(const struct policy *policy, const struct approval_need *need, struct approval *approval,
                    struct arena *arena)
{
    struct text *groups = arena_alloc_array(arena, need->by_count + 1, sizeof(*groups));
    if (policy->approval.approver_group_count > 0)
        groups[approval->group_count++] = policy->approval.approver_groups[0];
    for (size_t i = 0; i < need->by_count; i++)
        if (need->by[i]->approver_group_count > 0)
            groups[approval->group_count++] = need->by[i]->approver_groups[0];
    approval->groups = groups;
}

/* Approval objects are in the cluster. As with all that only a cluster knows, a change is not refused for
 * what was not looked at; the report says so. Returns how many are taken to be there. */
static size_t assume_approvals(const struct policy *policy, const struct change *change, struct arena *arena,
                               struct facts *facts)
{
    struct approval_need need;
    facts->approvals = NULL;
    facts->approval_count = 0;
    if (policy == NULL)
        return 0;
    approval_need_of(policy, change, &need);
    if (!asks_objects_alone(&need))
        return 0;
    struct approval *approvals = arena_alloc_array(arena, need.minimum, sizeof(*approvals));
    for (unsigned i = 0; i < need.minimum; i++) {
        approvals[i] = (struct approval){.source = SOURCE_APPROVAL,
                                         .kind = change->kind,
                                         .workload = change->name,
                                         .digest = change->digest_after,
                                         .approver = arena_printf(arena, "(approver %u)", i + 1),
                                         .created_s = INT64_MIN / 2,
                                         .expires_s = INT64_MAX};
        entitle(policy, &need, &approvals[i], arena);
    }
    facts->approvals = approvals;
    facts->approval_count = need.minimum;
    return need.minimum;
}

static bool decide(struct check *check, const struct manifest *manifest, struct text resource,
                   struct error *error)
{
    struct review review;
    struct change change;
    struct verdict verdict;
    struct text uid;
    manifest_write_review(manifest, manifest_find(&check->old, manifest), resource, &check->user,
                          &check->body);
    if (!review_open(check->reader, json_text_view(&check->body), &review, &uid, error) ||
        !review_read_change(&review, check->policy, check->calendar.reads_labels, &check->arena,
                            &check->scratch, &change, error)) {
        error->line = manifest->object->line; /* the review was our own; its places mean nothing to anybody */
        error->column = manifest->object->column;
        return false;
    }
    forgive(&change);
    size_t assumed = assume_approvals(check->policy, &change, &check->arena, &check->facts);
    decision_make(check->policy, &check->facts, &change, check->report.at_s, &check->arena, &verdict);
    check_report_object(&check->report, &change, &verdict, assumed);
    return true;
}

static bool check_object(struct check *check, const struct yaml_node *object, struct error *error)
{
    struct manifest manifest;
    if (manifest_is_list(object)) {
        const struct yaml_node *items = yaml_get(object, "items");
        for (size_t i = 0; i < items->child_count; i++)
            if (!check_object(check, &items->children[i], error))
                return false;
        return true;
    }
    if (!manifest_read(object, &manifest, error))
        return false;
    const struct workload_type *type = workload_type_of_kind(check->policy, manifest.group, manifest.kind);
    if (type != NULL)
        return decide(check, &manifest, type->resource, error);
    check_report_skipped(&check->report, manifest.kind, manifest.name);
    return true;
}

static bool check_file(struct check *check, const char *path, struct error *error)
{
    struct yaml_documents documents;
    if (!read_documents(&check->arena, path, &documents, error))
        return false;
    for (size_t i = 0; i < documents.count; i++)
        if (!check_object(check, &documents.items[i], error))
            return arguments_fail_in(path, error);
    return true;
}

/* ---- the command ---- */

static bool run(struct check *check, struct error *error)
{
    if (!arguments_read_policies(&check->arena, check->options->policy_file, &check->policies, error))
        return false;
    if (check->options->old_file != NULL &&
        !read_documents(&check->arena, check->options->old_file, &check->old, error))
        return false;
    read_namespace(check);
    for (size_t i = 0; i < check->options->file_count; i++)
        if (!check_file(check, check->options->files[i], error))
            return false;
    return check->report.passed + check->report.held + check->report.refused + check->report.skipped > 0 ||
           error_set(error, ERROR_INPUT, "%s: no object in it; give manifests", check->options->files[0]);
}

static int finish(struct check *check)
{
    struct json_text_buffer out = {NULL, 0, 0};
    check_report_write(&check->report, &out);
    bool written = arguments_print(json_text_view(&out));
    json_text_done(&out);
    if (!written)
        return STATUS_UNUSABLE;
    return check->report.refused > 0 ? STATUS_REFUSED : STATUS_PASS;
}

static int run_with(const struct check_options *options)
{
    struct check check = {
        .options = options,
        .reader = json_reader_new(),
        .user = {options->user, options->groups, options->group_count},
        .report = {.json = options->json, .at_s = options->at_given ? options->at_s : (int64_t)time(NULL)},
    };
    struct error error = {0};
    int status = STATUS_UNUSABLE;
    if (run(&check, &error))
        status = finish(&check);
    else
        arguments_complain("", text_of(error.text));
    policy_file_unref(check.policies);
    json_reader_free(check.reader);
    json_text_done(&check.body);
    json_text_done(&check.scratch);
    check_report_done(&check.report);
    arena_done(&check.arena);
    return status;
}

int cli_check(int argc, char **argv)
{
    struct check_options options;
    struct error error = {0};
    if (!check_options_read(argc, argv, &options, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    if (options.help) {
        fputs(check_options_help(), stdout);
        return STATUS_PASS;
    }
    return run_with(&options);
}
