/* Which changes can be held, by kind, field and the progress of their controllers. */
#include "review_fixture.h"

struct obstacle_row {
    const char *group, *resource, *before, *after;
    enum hold_obstacle obstacle;
};

#define SEEN(spec)   "{\"metadata\":{},\"spec\":{" spec "},\"status\":{\"observedGeneration\":0}}"
#define STRATEGY(of) ",\"updateStrategy\":" of
#define ROLLING      STRATEGY("{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":0}}")
#define ON_DELETE    STRATEGY("{\"type\":\"OnDelete\"}")
#define JOBS(v)      "\"jobTemplate\":{\"spec\":{" TEMPLATE(v) "}}"

static const struct obstacle_row obstacle_rows[] = {
    {"apps", "deployments", NULL, SEEN(TEMPLATE("1")), OBSTACLE_NONE},
    {"apps", "deployments", SEEN(TEMPLATE("0") ",\"replicas\":0"), SEEN(TEMPLATE("1") ",\"replicas\":0"),
     OBSTACLE_NONE},
    {"apps", "deployments", SEEN(TEMPLATE("0") ",\"replicas\":0"), SEEN(TEMPLATE("1") ",\"replicas\":1"),
     OBSTACLE_FROM_ZERO},
    {"apps", "deployments", SEEN(TEMPLATE("0")), SEEN(TEMPLATE("1")), OBSTACLE_UNDER_WAY},
    {"apps", "deployments", OBJECT("", TEMPLATE("0")), SEEN(TEMPLATE("1")), OBSTACLE_UNOBSERVED},
    {"apps", "deployments", OBJECT("", TEMPLATE("0") ",\"paused\":true"), SEEN(TEMPLATE("1")), OBSTACLE_NONE},
    {"apps", "deployments", held_1, OBJECT("", TEMPLATE("2")), OBSTACLE_NONE},
    {"apps", "statefulsets", NULL, SEEN(TEMPLATE("1") ROLLING), OBSTACLE_CREATION},
    {"apps", "statefulsets", SEEN(TEMPLATE("0") ROLLING), SEEN(TEMPLATE("1") ON_DELETE), OBSTACLE_ON_DELETE},
    {"apps", "statefulsets", SEEN(TEMPLATE("0") ROLLING), SEEN(TEMPLATE("1")), OBSTACLE_FIELD},
    {"apps", "statefulsets",
     "{\"spec\":{" TEMPLATE("0") ROLLING "},\"status\":{\"observedGeneration\":0,\"readyReplicas\":1}}",
     SEEN(TEMPLATE("1") ROLLING), OBSTACLE_NONE},
    {"apps", "statefulsets", SEEN(TEMPLATE("0") ROLLING),
     SEEN(TEMPLATE("1") STRATEGY("{\"type\":\"RollingUpdate\"}")), OBSTACLE_FIELD},
    {"apps", "daemonsets", NULL, SEEN(TEMPLATE("1") ROLLING), OBSTACLE_CREATION},
    {"apps", "daemonsets", SEEN(TEMPLATE("0") ROLLING), SEEN(TEMPLATE("1") ROLLING), OBSTACLE_DAEMONSET},
    {"apps", "replicasets", NULL, SEEN(TEMPLATE("1")), OBSTACLE_KIND},
    {"", "replicationcontrollers", SEEN(TEMPLATE("0")), SEEN(TEMPLATE("1")), OBSTACLE_KIND},
    {"batch", "jobs", NULL, SEEN(TEMPLATE("1")), OBSTACLE_NONE},
    {"batch", "jobs", SEEN(TEMPLATE("0")), SEEN(TEMPLATE("1")), OBSTACLE_KIND},
    {"batch", "jobs", SEEN(TEMPLATE("0") ",\"suspend\":true"), SEEN(TEMPLATE("0")), OBSTACLE_NONE},
    {"batch", "cronjobs", NULL, SEEN(JOBS("1")), OBSTACLE_NONE},
    {"batch", "cronjobs", SEEN(JOBS("0")), SEEN(JOBS("1")), OBSTACLE_RUNNING},
    {"batch", "cronjobs", SEEN(JOBS("0") ",\"suspend\":true"), SEEN(JOBS("1")), OBSTACLE_NONE},
    {"", "pods", NULL, SEEN("\"image\":\"1\""), OBSTACLE_NONE},
    {"", "pods", SEEN("\"image\":\"0\""), SEEN("\"image\":\"1\""), OBSTACLE_KIND},
};

static void test_obstacles(void **state)
{
    for (size_t i = 0; i < sizeof(obstacle_rows) / sizeof(obstacle_rows[0]); i++) {
        const struct obstacle_row *row = &obstacle_rows[i];
        struct change change = change_of(*state, row->group, row->resource, row->before, row->after, NULL);
        if (change.hold.obstacle != row->obstacle)
            fail_msg("row %zu, %s: is %d, wanted %d", i, row->resource, (int)change.hold.obstacle,
                     (int)row->obstacle);
    }
}

static void test_a_daemonset_by_the_policy(void **state)
{
    static const struct policy policy = {.name = TEXT("p"), .delay = {.daemon_sets_on_delete = true}};
    const char *before = SEEN(TEMPLATE("0") ROLLING), *after = SEEN(TEMPLATE("1") ROLLING);
    assert_int_equal(change_of(*state, "apps", "daemonsets", before, after, &policy).hold.obstacle,
                     OBSTACLE_NONE);
    assert_int_equal(
        change_of(*state, "apps", "daemonsets", before, SEEN(TEMPLATE("1") ON_DELETE), &policy).hold.obstacle,
        OBSTACLE_ON_DELETE);
    assert_int_equal(change_of(*state, "apps", "daemonsets", NULL, after, &policy).hold.obstacle,
                     OBSTACLE_CREATION);
}

/* What could not be read back is not held to begin with. */
static void test_a_value_too_large_to_be_kept(void **state)
{
    static const struct text template_steps[] = {TEXT("spec"), TEXT("template")};
    static const struct text hold_steps[] = {TEXT("spec"), TEXT("halt")};
    static const struct workload_type type = {.group = TEXT("example.com"),
                                              .kind = TEXT("Rollout"),
                                              .resource = TEXT("rollouts"),
                                              .workload = KIND_OTHER,
                                              .template_path = {template_steps, 2, TEXT("spec.template")},
                                              .hold_path = {hold_steps, 2, TEXT("spec.halt")},
                                              .hold_value = TEXT("\"x\"")};
    static const struct policy policy = {.name = TEXT("p"), .workloads = &type, .workload_count = 1};
    char after[2048];
    for (int length = HOLD_RESTORE_BYTES_MOST - 2; length <= HOLD_RESTORE_BYTES_MOST - 1; length++) {
        snprintf(after, sizeof(after), "{\"spec\":{" TEMPLATE("1") ",\"halt\":\"%0*d\"}}", length, 0);
        struct change change =
            change_of(*state, "example.com", "rollouts", SEEN(TEMPLATE("0")), after, &policy);
        assert_int_equal(change.hold.obstacle,
                         length + 2 <= HOLD_RESTORE_BYTES_MOST ? OBSTACLE_NONE : OBSTACLE_FIELD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REVIEW(test_obstacles),
        REVIEW(test_a_daemonset_by_the_policy),
        REVIEW(test_a_value_too_large_to_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
