#include "core/policy.h"

const struct class_needs policy_default_needs[CLASS_COUNT] = {
    [CLASS_CREATE] = {.approval = true, .freeze = true},
    [CLASS_ROLLOUT] = {.approval = true, .freeze = true},
    [CLASS_RESUME] = {.approval = true, .freeze = true},
    [CLASS_RESTART] = {.approval = false, .freeze = true},
    [CLASS_DELETE] = {.approval = false, .freeze = true},
    [CLASS_ROLLBACK] = {.approval = false, .freeze = false},
    [CLASS_SCALE] = {.approval = false, .freeze = false},
    [CLASS_DEBUG] = {.approval = false, .freeze = false},
    [CLASS_METADATA] = {.approval = false, .freeze = false},
};

const struct delay_rule policy_default_delay = {.retry_below_s = 60};
const struct release_rule policy_default_release = {.concurrent_most = 10, .jitter_s = 120};

const struct text policy_default_trusted_controllers[] = {
    TEXT("system:serviceaccount:kube-system:deployment-controller"),
    TEXT("system:serviceaccount:kube-system:replicaset-controller"),
    TEXT("system:serviceaccount:kube-system:replication-controller"),
    TEXT("system:serviceaccount:kube-system:statefulset-controller"),
    TEXT("system:serviceaccount:kube-system:daemon-set-controller"),
    TEXT("system:serviceaccount:kube-system:job-controller"),
    TEXT("system:serviceaccount:kube-system:cronjob-controller"),
    TEXT("system:serviceaccount:kube-system:horizontal-pod-autoscaler"),
    TEXT("system:serviceaccount:kube-system:generic-garbage-collector"),
    TEXT("system:serviceaccount:kube-system:pod-garbage-collector"),
    TEXT("system:serviceaccount:kube-system:ttl-after-finished-controller"),
    TEXT("system:serviceaccount:kube-system:node-controller"),
    TEXT("system:serviceaccount:kube-system:taint-eviction-controller"),
    TEXT("system:kube-controller-manager"),
    TEXT("system:kube-scheduler"),
};
const size_t policy_default_trusted_controller_count =
    sizeof(policy_default_trusted_controllers) / sizeof(policy_default_trusted_controllers[0]);

#define FIELD_SPEC                                           \
    {                                                        \
        (const struct text[]){TEXT("spec")}, 1, TEXT("spec") \
    }
#define FIELD_TEMPLATE                                                                  \
    {                                                                                   \
        (const struct text[]){TEXT("spec"), TEXT("template")}, 2, TEXT("spec.template") \
    }
#define FIELD_REPLICAS                                                                  \
    {                                                                                   \
        (const struct text[]){TEXT("spec"), TEXT("replicas")}, 2, TEXT("spec.replicas") \
    }
#define FIELD_PAUSED                                                                \
    {                                                                               \
        (const struct text[]){TEXT("spec"), TEXT("paused")}, 2, TEXT("spec.paused") \
    }
#define FIELD_PARTITION                                                                    \
    {                                                                                      \
        (const struct text[]){TEXT("spec"), TEXT("updateStrategy"), TEXT("rollingUpdate"), \
                              TEXT("partition")},                                          \
            4, TEXT("spec.updateStrategy.rollingUpdate.partition")                         \
    }
#define FIELD_STRATEGY                                                                \
    {                                                                                 \
        (const struct text[]){TEXT("spec"), TEXT("updateStrategy"), TEXT("type")}, 3, \
            TEXT("spec.updateStrategy.type")                                          \
    }
#define FIELD_PARALLELISM                                                                     \
    {                                                                                         \
        (const struct text[]){TEXT("spec"), TEXT("parallelism")}, 2, TEXT("spec.parallelism") \
    }
#define FIELD_SUSPEND                                                                 \
    {                                                                                 \
        (const struct text[]){TEXT("spec"), TEXT("suspend")}, 2, TEXT("spec.suspend") \
    }
#define FIELD_JOB_TEMPLATE                                                                           \
    {                                                                                                \
        (const struct text[]){TEXT("spec"), TEXT("jobTemplate"), TEXT("spec"), TEXT("template")}, 4, \
            TEXT("spec.jobTemplate.spec.template")                                                   \
    }
#define FIELD_JOB_PARALLELISM                                                                           \
    {                                                                                                   \
        (const struct text[]){TEXT("spec"), TEXT("jobTemplate"), TEXT("spec"), TEXT("parallelism")}, 4, \
            TEXT("spec.jobTemplate.spec.parallelism")                                                   \
    }
#define FIELD_NONE  \
    {               \
        NULL, 0,    \
        {           \
            NULL, 0 \
        }           \
    }

/* clang-format off */
static const struct workload_type built_in[] = {
    {TEXT("apps"), TEXT("Deployment"), TEXT("deployments"), KIND_DEPLOYMENT,
     FIELD_TEMPLATE, FIELD_REPLICAS, FIELD_PAUSED, TEXT("true")},
    {TEXT("apps"), TEXT("StatefulSet"), TEXT("statefulsets"), KIND_STATEFULSET,
     FIELD_TEMPLATE, FIELD_REPLICAS, FIELD_PARTITION, TEXT("2147483647")},
    {TEXT("apps"), TEXT("DaemonSet"), TEXT("daemonsets"), KIND_DAEMONSET,
     FIELD_TEMPLATE, FIELD_NONE, FIELD_STRATEGY, TEXT("\"OnDelete\"")},
    {TEXT("apps"), TEXT("ReplicaSet"), TEXT("replicasets"), KIND_REPLICASET,
     FIELD_TEMPLATE, FIELD_REPLICAS, FIELD_NONE, {NULL, 0}},
    {TEXT(""), TEXT("ReplicationController"), TEXT("replicationcontrollers"), KIND_REPLICATIONCONTROLLER,
     FIELD_TEMPLATE, FIELD_REPLICAS, FIELD_NONE, {NULL, 0}},
    {TEXT("batch"), TEXT("Job"), TEXT("jobs"), KIND_JOB,
     FIELD_TEMPLATE, FIELD_PARALLELISM, FIELD_SUSPEND, TEXT("true")},
    {TEXT("batch"), TEXT("CronJob"), TEXT("cronjobs"), KIND_CRONJOB,
     FIELD_JOB_TEMPLATE, FIELD_JOB_PARALLELISM, FIELD_SUSPEND, TEXT("true")},
    {TEXT(""), TEXT("Pod"), TEXT("pods"), KIND_POD,
     FIELD_SPEC, FIELD_NONE, FIELD_NONE, {NULL, 0}},
};
/* clang-format on */

const struct policy *policy_for_namespace(const struct policy_set *set, struct labels labels)
{
    for (size_t i = 0; i < set->count; i++)
        if (selector_matches(&set->items[i].namespace_selector, labels))
            return &set->items[i];
    return NULL;
}

change_classes policy_freeze_classes(const struct policy *policy)
{
    change_classes classes = 0;
    for (unsigned class = 0; class < CLASS_COUNT; class ++)
        if (policy->needs[class].freeze)
            classes |= CLASS_BIT(class);
    return classes;
}

enum { BUILT_IN_COUNT = sizeof(built_in) / sizeof(built_in[0]) };

/* By resource, or by kind where `resource` is empty. */
static const struct workload_type *find_type(const struct workload_type *types, size_t count,
                                             struct text group, struct text resource, struct text kind)
{
    for (size_t i = 0; i < count; i++) {
        bool named =
            resource.length > 0 ? text_equal(types[i].resource, resource) : text_equal(types[i].kind, kind);
        if (named && text_equal(types[i].group, group))
            return &types[i];
    }
    return NULL;
}

static const struct workload_type *find_everywhere(const struct policy *policy, struct text group,
                                                   struct text resource, struct text kind)
{
    const struct workload_type *type = find_type(built_in, BUILT_IN_COUNT, group, resource, kind);
    if (type == NULL && policy != NULL)
        type = find_type(policy->workloads, policy->workload_count, group, resource, kind);
    return type;
}

const struct workload_type *workload_type_find(const struct policy *policy, struct text group,
                                               struct text resource)
{
    return find_everywhere(policy, group, resource, TEXT_EMPTY);
}

const struct workload_type *workload_type_of_kind(const struct policy *policy, struct text group,
                                                  struct text kind)
{
    return find_everywhere(policy, group, TEXT_EMPTY, kind);
}

bool workload_kind_known(const struct policy *policy, struct text kind)
{
    for (size_t i = 0; i < BUILT_IN_COUNT; i++)
        if (text_equal(built_in[i].kind, kind))
            return true;
    for (size_t i = 0; i < policy->workload_count; i++)
        if (text_equal(policy->workloads[i].kind, kind))
            return true;
    return false;
}
