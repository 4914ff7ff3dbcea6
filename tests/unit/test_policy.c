/* Which policy governs, who is named by it, which kinds are workloads. */
#include "assert_text.h"

#include "core/policy.h"

#include <string.h>

static void test_the_first_policy_that_matches_governs(void **state)
{
    (void)state;
    static const struct text tier_1[] = {TEXT("tier-1")}, tiers[] = {TEXT("tier-1"), TEXT("tier-2")};
    static const struct selector_requirement only_1 = {TEXT("tier"), SELECTOR_IN, tier_1, 1},
                                             both = {TEXT("tier"), SELECTOR_IN, tiers, 2};
    const struct policy policies[] = {{.name = TEXT("strict"), .namespace_selector = {&only_1, 1}},
                                      {.name = TEXT("lax"), .namespace_selector = {&both, 1}}};
    const struct policy_set set = {policies, 2};
    const struct label one = {TEXT("tier"), TEXT("tier-1")}, two = {TEXT("tier"), TEXT("tier-2")},
                       three = {TEXT("tier"), TEXT("tier-3")};
    assert_ptr_equal(policy_for_namespace(&set, (struct labels){&one, 1}), &policies[0]);
    assert_ptr_equal(policy_for_namespace(&set, (struct labels){&two, 1}), &policies[1]);
    assert_null(policy_for_namespace(&set, (struct labels){&three, 1}));
    assert_null(policy_for_namespace(&set, (struct labels){NULL, 0}));
    assert_null(policy_for_namespace(&(struct policy_set){NULL, 0}, (struct labels){&one, 1}));
}

static void test_principals(void **state)
{
    (void)state;
    static const struct text users[] = {TEXT("ann")}, groups[] = {TEXT("cluster-operators")};
    static const struct text with[] = {TEXT("dev"), TEXT("cluster-operators")},
                             without[] = {TEXT("dev"), TEXT("ann")};
    const struct principals principals = {
        .users = users, .user_count = 1, .groups = groups, .group_count = 1};
    assert_true(principals_include(&principals, &(struct user){.name = TEXT("ann")}));
    assert_true(principals_include(&principals, &(struct user){TEXT("bob"), with, 2}));
    assert_false(principals_include(&principals, &(struct user){TEXT("bob"), without, 2}));
    assert_false(principals_include(&principals, &(struct user){.name = TEXT("Ann")}));
    /* a user who calls himself like a group */
    assert_false(principals_include(&principals, &(struct user){.name = TEXT("cluster-operators")}));
    assert_false(principals_include(&(struct principals){0}, &(struct user){TEXT("ann"), with, 2}));
    assert_false(principals_include(&(struct principals){0}, &(struct user){.name = TEXT_EMPTY}));
}

struct type_row {
    const char *group, *resource, *kind;
    enum workload_kind workload;
    const char *template_field, *replicas_field, *hold_field;
};

static void test_built_in_workloads(void **state)
{
    (void)state;
    static const struct type_row rows[] = {
        {"apps", "deployments", "Deployment", KIND_DEPLOYMENT, "spec.template", "spec.replicas",
         "spec.paused"},
        {"apps", "statefulsets", "StatefulSet", KIND_STATEFULSET, "spec.template", "spec.replicas",
         "spec.updateStrategy.rollingUpdate.partition"},
        {"apps", "daemonsets", "DaemonSet", KIND_DAEMONSET, "spec.template", "", "spec.updateStrategy.type"},
        {"apps", "replicasets", "ReplicaSet", KIND_REPLICASET, "spec.template", "spec.replicas", ""},
        {"", "replicationcontrollers", "ReplicationController", KIND_REPLICATIONCONTROLLER, "spec.template",
         "spec.replicas", ""},
        {"batch", "jobs", "Job", KIND_JOB, "spec.template", "spec.parallelism", "spec.suspend"},
        {"batch", "cronjobs", "CronJob", KIND_CRONJOB, "spec.jobTemplate.spec.template",
         "spec.jobTemplate.spec.parallelism", "spec.suspend"},
        {"", "pods", "Pod", KIND_POD, "spec", "", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct workload_type *type =
            workload_type_find(NULL, text_of(rows[i].group), text_of(rows[i].resource));
        assert_non_null(type);
        assert_text(type->kind, rows[i].kind);
        assert_int_equal(type->workload, rows[i].workload);
        assert_text(type->template_path.source, rows[i].template_field);
        assert_text(type->replicas_path.source, rows[i].replicas_field);
        assert_text(type->hold_path.source, rows[i].hold_field);
    }
}

static void check_path(const struct field_path *path)
{
    char joined[128] = "";
    for (size_t i = 0; i < path->step_count; i++)
        snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%.*s", i == 0 ? "" : ".",
                 TEXT_ARGS(path->steps[i]));
    assert_text(path->source, joined);
}

static void test_paths_are_what_is_written(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"apps", "deployments"},        {"apps", "statefulsets"},
                                           {"apps", "daemonsets"},         {"apps", "replicasets"},
                                           {"", "replicationcontrollers"}, {"batch", "jobs"},
                                           {"batch", "cronjobs"},          {"", "pods"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct workload_type *type =
            workload_type_find(NULL, text_of(names[i][0]), text_of(names[i][1]));
        check_path(&type->template_path);
        check_path(&type->replicas_path);
        check_path(&type->hold_path);
    }
}

static void test_what_is_no_workload(void **state)
{
    (void)state;
    assert_null(workload_type_find(NULL, text_of(""), text_of("services")));
    assert_null(workload_type_find(NULL, text_of(""), text_of("deployments"))); /* the group counts */
    assert_null(workload_type_find(NULL, text_of("example.com"), text_of("deployments")));
    assert_null(
        workload_type_find(NULL, text_of("apps"), text_of("Deployment"))); /* a resource, not a kind */
    assert_null(workload_type_find(NULL, text_of("apps"), text_of("deployments/scale")));
    assert_null(workload_type_find(NULL, TEXT_EMPTY, TEXT_EMPTY));
}

static void test_the_policys_own_kinds(void **state)
{
    (void)state;
    const struct workload_type own[] = {{.group = TEXT("argoproj.io"),
                                         .kind = TEXT("Rollout"),
                                         .resource = TEXT("rollouts"),
                                         .workload = KIND_OTHER},
                                        {.group = TEXT("apps"),
                                         .kind = TEXT("Fake"),
                                         .resource = TEXT("deployments"),
                                         .workload = KIND_OTHER}};
    const struct policy policy = {.workloads = own, .workload_count = 2};
    assert_ptr_equal(workload_type_find(&policy, text_of("argoproj.io"), text_of("rollouts")), &own[0]);
    assert_null(workload_type_find(NULL, text_of("argoproj.io"), text_of("rollouts")));
    /* a built-in kind cannot be redefined */
    assert_text(workload_type_find(&policy, text_of("apps"), text_of("deployments"))->kind, "Deployment");
}

static void test_default_needs_are_those_of_the_design(void **state)
{
    (void)state;
    static const struct {
        enum change_class class;
        bool approval, freeze;
    } rows[] = {
        {CLASS_CREATE, true, true},   {CLASS_ROLLOUT, true, true}, {CLASS_RESUME, true, true},
        {CLASS_RESTART, false, true}, {CLASS_DELETE, false, true}, {CLASS_ROLLBACK, false, false},
        {CLASS_SCALE, false, false},  {CLASS_DEBUG, false, false}, {CLASS_METADATA, false, false},
    };
    assert_int_equal(sizeof(rows) / sizeof(rows[0]), CLASS_COUNT);
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        assert_int_equal(policy_default_needs[rows[i].class].approval, rows[i].approval);
        assert_int_equal(policy_default_needs[rows[i].class].freeze, rows[i].freeze);
    }
}

static bool trusted_by_default(const char *name)
{
    for (size_t i = 0; i < policy_default_trusted_controller_count; i++)
        if (text_is(policy_default_trusted_controllers[i], name))
            return true;
    return false;
}

static void test_default_trusted_controllers(void **state)
{
    (void)state;
    static const char *const accounts[] = {"deployment-controller",  "replicaset-controller",
                                           "replication-controller", "statefulset-controller",
                                           "daemon-set-controller",  "job-controller",
                                           "cronjob-controller",     "generic-garbage-collector"};
    char name[128];
    for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++) {
        snprintf(name, sizeof(name), "system:serviceaccount:kube-system:%s", accounts[i]);
        assert_true(trusted_by_default(name));
        snprintf(name, sizeof(name), "system:serviceaccount:default:%s", accounts[i]);
        assert_false(trusted_by_default(name)); /* anybody can make such an account in his own namespace */
    }
    assert_true(trusted_by_default("system:kube-controller-manager")); /* all controllers under one name */
    assert_false(trusted_by_default("kubernetes-admin"));
    assert_false(trusted_by_default("system:admin"));
    assert_false(trusted_by_default(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_policy_that_matches_governs),
        cmocka_unit_test(test_principals),
        cmocka_unit_test(test_built_in_workloads),
        cmocka_unit_test(test_paths_are_what_is_written),
        cmocka_unit_test(test_what_is_no_workload),
        cmocka_unit_test(test_the_policys_own_kinds),
        cmocka_unit_test(test_default_needs_are_those_of_the_design),
        cmocka_unit_test(test_default_trusted_controllers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
