/* How far a controller has come, by the status of every kind that has one. */
#include "json_fixture.h"

#include "codec/hold.h"

#define META "\"metadata\":{\"generation\":4}"

struct row {
    const char *group, *resource, *object;
    enum rollout_progress progress;
};

static void check(struct fixture *fixture, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct workload_type *type =
            workload_type_find(NULL, text_of(rows[i].group), text_of(rows[i].resource));
        enum rollout_progress progress = rollout_progress_read(read(fixture, rows[i].object), type);
        if (progress != rows[i].progress)
            fail_msg("%s: %s: is %d, wanted %d", rows[i].resource, rows[i].object, (int)progress,
                     (int)rows[i].progress);
    }
}

#define ROWS(rows) check(*state, rows, sizeof(rows) / sizeof((rows)[0]))

#define DEPLOYMENT(spec, status) \
    "apps", "deployments", "{" META ",\"spec\":{" spec "},\"status\":{\"observedGeneration\":4," status "}}"
#define ALL "\"replicas\":3,\"updatedReplicas\":3,\"availableReplicas\":3"
#define DEADLINE(value, why)                                                                                \
    "\"conditions\":[{\"type\":\"Available\",\"status\":\"True\",\"reason\":\"MinimumReplicasAvailable\"}," \
    "{\"type\":\"Progressing\",\"status\":\"" value "\",\"reason\":\"" why "\"}]"

static void test_deployment(void **state)
{
    static const struct row rows[] = {
        {DEPLOYMENT("\"replicas\":3", ALL), ROLLOUT_FINISHED},
        {DEPLOYMENT("\"replicas\":3", "\"replicas\":3,\"updatedReplicas\":3,\"availableReplicas\":2"),
         ROLLOUT_SETTLING},
        {DEPLOYMENT("\"replicas\":3", "\"replicas\":3,\"updatedReplicas\":2,\"availableReplicas\":3"),
         ROLLOUT_UNDER_WAY},
        /* old pods are left beside the new ones */
        {DEPLOYMENT("\"replicas\":3", "\"replicas\":4,\"updatedReplicas\":3,\"availableReplicas\":4"),
         ROLLOUT_UNDER_WAY},
        {DEPLOYMENT("", "\"replicas\":1,\"updatedReplicas\":1,\"availableReplicas\":1"), ROLLOUT_FINISHED},
        {DEPLOYMENT("", "\"replicas\":0"), ROLLOUT_UNDER_WAY},
        {DEPLOYMENT("\"replicas\":0", "\"replicas\":0"), ROLLOUT_FINISHED},
        {DEPLOYMENT("\"replicas\":0", "\"replicas\":2"), ROLLOUT_UNDER_WAY},
        {DEPLOYMENT("\"replicas\":3,\"paused\":true", "\"replicas\":3"), ROLLOUT_FINISHED},
        {DEPLOYMENT("\"replicas\":3",
                    "\"replicas\":3,\"updatedReplicas\":1,\"availableReplicas\":3," DEADLINE(
                        "False", "ProgressDeadlineExceeded")),
         ROLLOUT_FAILED},
        {DEPLOYMENT("\"replicas\":3",
                    "\"replicas\":3,\"updatedReplicas\":3,\"availableReplicas\":2," DEADLINE(
                        "False", "ProgressDeadlineExceeded")),
         ROLLOUT_FAILED},
        {DEPLOYMENT("\"replicas\":3",
                    "\"replicas\":3,\"updatedReplicas\":1,\"availableReplicas\":3," DEADLINE("False",
                                                                                             "FailedCreate")),
         ROLLOUT_UNDER_WAY},
        {DEPLOYMENT("\"replicas\":3",
                    "\"replicas\":3,\"updatedReplicas\":1,\"availableReplicas\":3," DEADLINE(
                        "Unknown", "ProgressDeadlineExceeded")),
         ROLLOUT_UNDER_WAY},
        /* it got there after all */
        {DEPLOYMENT("\"replicas\":3", ALL "," DEADLINE("False", "ProgressDeadlineExceeded")),
         ROLLOUT_FINISHED},
    };
    ROWS(rows);
}

static void test_unobserved(void **state)
{
    static const struct row rows[] = {
        {"apps", "deployments", "{" META ",\"status\":{\"observedGeneration\":3," ALL "}}",
         ROLLOUT_UNOBSERVED},
        {"apps", "deployments", "{" META ",\"spec\":{\"replicas\":3},\"status\":{" ALL "}}",
         ROLLOUT_UNOBSERVED},
        {"apps", "deployments", "{" META "}", ROLLOUT_UNOBSERVED},
        /* paused says nothing of the change before, if that was not seen */
        {"apps", "deployments", "{" META ",\"spec\":{\"paused\":true},\"status\":{\"observedGeneration\":3}}",
         ROLLOUT_UNOBSERVED},
        {"apps", "statefulsets", "{" META "}", ROLLOUT_UNOBSERVED},
        {"apps", "daemonsets", "{" META ",\"status\":{\"observedGeneration\":3}}", ROLLOUT_UNOBSERVED},
        {"apps", "deployments",
         "{" META ",\"spec\":{\"replicas\":3},\"status\":{\"observedGeneration\":5," ALL "}}",
         ROLLOUT_FINISHED},
    };
    ROWS(rows);
}

#define STATEFULSET(strategy, status)                                      \
    "apps", "statefulsets",                                                \
        "{" META ",\"spec\":{\"replicas\":3,\"updateStrategy\":{" strategy \
        "}},\"status\":{\"observedGeneration\":4," status "}}"
#define SAME_REVISION   "\"currentRevision\":\"a\",\"updateRevision\":\"a\""
#define OTHER_REVISION  "\"currentRevision\":\"a\",\"updateRevision\":\"b\""
#define PARTITION(from) "\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":" from "}"

static void test_statefulset(void **state)
{
    static const struct row rows[] = {
        {STATEFULSET("", SAME_REVISION ",\"readyReplicas\":3"), ROLLOUT_FINISHED},
        {STATEFULSET("", SAME_REVISION ",\"readyReplicas\":2"), ROLLOUT_SETTLING},
        {STATEFULSET("", OTHER_REVISION ",\"updatedReplicas\":3,\"readyReplicas\":3"), ROLLOUT_UNDER_WAY},
        {STATEFULSET(PARTITION("0"), OTHER_REVISION ",\"updatedReplicas\":2,\"readyReplicas\":3"),
         ROLLOUT_UNDER_WAY},
        {STATEFULSET(PARTITION("2"), OTHER_REVISION ",\"updatedReplicas\":1,\"readyReplicas\":3"),
         ROLLOUT_FINISHED},
        {STATEFULSET(PARTITION("2"), OTHER_REVISION ",\"updatedReplicas\":1,\"readyReplicas\":2"),
         ROLLOUT_SETTLING},
        {STATEFULSET(PARTITION("1"), OTHER_REVISION ",\"updatedReplicas\":1,\"readyReplicas\":3"),
         ROLLOUT_UNDER_WAY},
        {STATEFULSET(PARTITION("2147483647"), OTHER_REVISION ",\"readyReplicas\":3"), ROLLOUT_FINISHED},
        {STATEFULSET("\"type\":\"OnDelete\"", OTHER_REVISION), ROLLOUT_FINISHED},
    };
    ROWS(rows);
}

#define DAEMONSET(type, numbers)                                   \
    "apps", "daemonsets",                                          \
        "{" META ",\"spec\":{\"updateStrategy\":{\"type\":\"" type \
        "\"}},\"status\":{\"observedGeneration\":4," numbers "}}"

static void test_daemonset(void **state)
{
    static const struct row rows[] = {
        {DAEMONSET("RollingUpdate",
                   "\"desiredNumberScheduled\":2,\"updatedNumberScheduled\":2,\"numberAvailable\":2"),
         ROLLOUT_FINISHED},
        {DAEMONSET("RollingUpdate",
                   "\"desiredNumberScheduled\":2,\"updatedNumberScheduled\":2,\"numberAvailable\":1"),
         ROLLOUT_SETTLING},
        {DAEMONSET("RollingUpdate",
                   "\"desiredNumberScheduled\":2,\"updatedNumberScheduled\":1,\"numberAvailable\":2"),
         ROLLOUT_UNDER_WAY},
        {DAEMONSET("RollingUpdate", "\"desiredNumberScheduled\":0"), ROLLOUT_FINISHED},
        {DAEMONSET("OnDelete", "\"desiredNumberScheduled\":2,\"updatedNumberScheduled\":1"),
         ROLLOUT_FINISHED},
    };
    ROWS(rows);
}

static void test_what_runs_once(void **state)
{
    static const struct row rows[] = {
        {"", "pods",
         "{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}",
         ROLLOUT_FINISHED},
        {"", "pods",
         "{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"}]}}",
         ROLLOUT_SETTLING},
        {"", "pods", "{\"status\":{\"phase\":\"Running\"}}", ROLLOUT_SETTLING},
        {"", "pods", "{\"status\":{\"phase\":\"Pending\"}}", ROLLOUT_UNDER_WAY},
        {"", "pods", "{}", ROLLOUT_UNDER_WAY},
        {"", "pods", "{\"status\":{\"phase\":\"Succeeded\"}}", ROLLOUT_FINISHED},
        {"", "pods", "{\"status\":{\"phase\":\"Failed\"}}", ROLLOUT_FINISHED},
        {"batch", "jobs", "{" META "}", ROLLOUT_FINISHED},
        {"batch", "cronjobs", "{" META "}", ROLLOUT_FINISHED},
    };
    ROWS(rows);
}

/* A kind by the policy that tells a generation is waited for; one that tells none is taken at its word. */
static void test_a_kind_by_the_policy(void **state)
{
    static const struct workload_type type = {.kind = TEXT("Rollout"), .workload = KIND_OTHER};
    assert_int_equal(rollout_progress_read(read(*state, "{" META "}"), &type), ROLLOUT_FINISHED);
    assert_int_equal(rollout_progress_read(read(*state, "{" META ",\"status\":{\"phase\":\"x\"}}"), &type),
                     ROLLOUT_FINISHED);
    assert_int_equal(
        rollout_progress_read(read(*state, "{" META ",\"status\":{\"observedGeneration\":3}}"), &type),
        ROLLOUT_UNOBSERVED);
    assert_int_equal(
        rollout_progress_read(read(*state, "{" META ",\"status\":{\"observedGeneration\":4}}"), &type),
        ROLLOUT_FINISHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_deployment), JSON(test_unobserved),     JSON(test_statefulset),
        JSON(test_daemonset),  JSON(test_what_runs_once), JSON(test_a_kind_by_the_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
