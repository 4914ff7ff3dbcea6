/* cli/doctor_labels: labels and annotations of namespaces that do not do what somebody meant by them.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_DOCTOR_LABELS_H
#define CHANGEGATE_CLI_DOCTOR_LABELS_H

#include "cli/doctor_report.h"
#include "core/policy.h"

struct doctor_namespace {
    struct text name;
    struct labels labels, annotations;
    bool terminating;
};

/* What decides about namespaces. */
struct doctor_scope {
    const struct policy_set *policies; /* NULL: not known, and what depends on it is not judged */
    const struct selector *asked;      /* the registration's; NULL: not known */
    const char *own_namespace;
    int64_t now_s;
};

/* Whether it is kube-system or changegate's own, which are never matched. */
bool doctor_is_never_matched(struct text namespace, const struct doctor_scope *scope);

/* Insertions, deletions and replacements of a byte that make one of the other; 4 where there are more than 3.
 */
unsigned doctor_edit_distance(struct text a, struct text b);

void doctor_judge_namespaces(const struct doctor_namespace *namespaces, size_t count,
                             const struct doctor_scope *scope, struct doctor_report *report);

#endif
