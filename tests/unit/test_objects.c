/* What a workload object says. */
#include "json_fixture.h"

#include "codec/objects.h"

static struct object_state state_of(struct fixture *fixture, const char *group, const char *resource,
                                    const char *bytes)
{
    const struct workload_type *type = workload_type_find(NULL, text_of(group), text_of(resource));
    return object_state_read(read_with(fixture->reader, text_of(bytes)), type, false);
}

static void test_absent_object(void **state)
{
    struct object_state absent = object_state_read(
        JSON_NOTHING, workload_type_find(NULL, text_of("apps"), text_of("deployments")), false);
    assert_false(absent.exists);
    assert_int_equal(absent.replicas, REPLICAS_NONE);
    assert_false(state_of(*state, "apps", "deployments", "null").exists);
}

static void test_replicas(void **state)
{
    assert_int_equal(state_of(*state, "apps", "deployments", "{\"spec\":{\"replicas\":7}}").replicas, 7);
    assert_int_equal(state_of(*state, "apps", "deployments", "{\"spec\":{\"replicas\":0}}").replicas, 0);
    assert_int_equal(state_of(*state, "apps", "deployments", "{\"spec\":{}}").replicas, 1);
    assert_int_equal(state_of(*state, "batch", "jobs", "{\"spec\":{\"parallelism\":3}}").replicas, 3);
    assert_int_equal(
        state_of(*state, "batch", "cronjobs", "{\"spec\":{\"jobTemplate\":{\"spec\":{\"parallelism\":3}}}}")
            .replicas,
        3);
    assert_int_equal(state_of(*state, "apps", "daemonsets", "{\"spec\":{\"replicas\":7}}").replicas,
                     REPLICAS_NONE);
    assert_int_equal(state_of(*state, "", "pods", "{\"spec\":{}}").replicas, REPLICAS_NONE);
}

static void test_an_absent_count_of_a_scale_is_zero(void **state)
{
    struct fixture *fixture = *state;
    const struct workload_type *type = workload_type_find(NULL, text_of("apps"), text_of("deployments"));
    assert_int_equal(
        object_state_read(read_with(fixture->reader, text_of("{\"spec\":{}}")), type, true).replicas, 0);
    assert_int_equal(
        object_state_read(read_with(fixture->reader, text_of("{\"spec\":{\"replicas\":2}}")), type, true)
            .replicas,
        2);
}

static void test_stopped(void **state)
{
    assert_true(state_of(*state, "apps", "deployments", "{\"spec\":{\"paused\":true}}").stopped);
    assert_false(state_of(*state, "apps", "deployments", "{\"spec\":{\"paused\":false}}").stopped);
    assert_false(state_of(*state, "apps", "deployments", "{\"spec\":{}}").stopped);
    assert_true(state_of(*state, "batch", "jobs", "{\"spec\":{\"suspend\":true}}").stopped);
    assert_true(state_of(*state, "batch", "cronjobs", "{\"spec\":{\"suspend\":true}}").stopped);
    assert_true(state_of(*state, "", "pods", "{\"spec\":{\"schedulingGates\":[{\"name\":\"x\"}]}}").stopped);
    assert_false(state_of(*state, "", "pods", "{\"spec\":{\"schedulingGates\":[]}}").stopped);
}

static void test_partition(void **state)
{
    static const char *const on_delete = "{\"spec\":{\"updateStrategy\":{\"type\":\"OnDelete\"}}}";
    static const char *const partitioned =
        "{\"spec\":{\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":2}}}}";
    assert_true(state_of(*state, "apps", "statefulsets", on_delete).partition == PARTITION_ALL);
    assert_true(state_of(*state, "apps", "daemonsets", on_delete).partition == PARTITION_ALL);
    assert_int_equal(state_of(*state, "apps", "statefulsets", partitioned).partition, 2);
    assert_int_equal(state_of(*state, "apps", "statefulsets", "{\"spec\":{}}").partition, 0);
    assert_int_equal(
        state_of(*state, "apps", "statefulsets", "{\"spec\":{\"ordinals\":{\"start\":4}}}").first_ordinal, 4);
}

struct released_row {
    const char *resource, *object;
    bool released;
};

static void test_released(void **state)
{
    static const struct released_row rows[] = {
        {"deployments",
         "{\"metadata\":{\"generation\":3},\"spec\":{\"replicas\":2},"
         "\"status\":{\"observedGeneration\":3,\"replicas\":2,\"updatedReplicas\":2}}",
         true},
        {"deployments", /* the status speaks of an older template */
         "{\"metadata\":{\"generation\":4},\"spec\":{\"replicas\":2},"
         "\"status\":{\"observedGeneration\":3,\"replicas\":2,\"updatedReplicas\":2}}",
         false},
        {"deployments", /* old pods are still there */
         "{\"metadata\":{\"generation\":3},\"spec\":{\"replicas\":2},"
         "\"status\":{\"observedGeneration\":3,\"replicas\":3,\"updatedReplicas\":2}}",
         false},
        {"deployments", /* none is updated: written without the field */
         "{\"metadata\":{\"generation\":3},\"spec\":{\"replicas\":2},\"status\":{\"observedGeneration\":3,"
         "\"replicas\":2}}",
         false},
        {"deployments", /* no pods: nothing was brought out */
         "{\"metadata\":{\"generation\":3},\"spec\":{\"replicas\":0},\"status\":{\"observedGeneration\":3}}",
         false},
        {"deployments", "{\"metadata\":{},\"spec\":{\"replicas\":2},\"status\":{}}", false},
        {"statefulsets",
         "{\"metadata\":{\"generation\":3},"
         "\"status\":{\"observedGeneration\":3,\"currentRevision\":\"a\",\"updateRevision\":\"a\"}}",
         true},
        {"statefulsets",
         "{\"metadata\":{\"generation\":3},"
         "\"status\":{\"observedGeneration\":3,\"currentRevision\":\"a\",\"updateRevision\":\"b\"}}",
         false},
        {"statefulsets", "{\"metadata\":{\"generation\":3},\"status\":{\"observedGeneration\":3}}", false},
        {"daemonsets",
         "{\"metadata\":{\"generation\":3},"
         "\"status\":{\"observedGeneration\":3,\"desiredNumberScheduled\":5,\"updatedNumberScheduled\":5}}",
         true},
        {"daemonsets",
         "{\"metadata\":{\"generation\":3},"
         "\"status\":{\"observedGeneration\":3,\"desiredNumberScheduled\":5,\"updatedNumberScheduled\":4}}",
         false},
        {"daemonsets",
         "{\"metadata\":{\"generation\":3},\"status\":{\"observedGeneration\":3,\"desiredNumberScheduled\":0}"
         "}",
         false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (state_of(*state, "apps", rows[i].resource, rows[i].object).released != rows[i].released)
            fail_msg("%s", rows[i].object);
}

static void test_controllers_and_deletion(void **state)
{
    struct object_state owned =
        state_of(*state, "", "pods",
                 "{\"metadata\":{\"deletionTimestamp\":\"2026-11-20T11:00:00Z\",\"ownerReferences\":[{"
                 "\"kind\":\"ConfigMap\","
                 "\"uid\":\"1\"},{\"kind\":\"ReplicaSet\",\"uid\":\"2\",\"controller\":true}]}}");
    assert_true(owned.deleting);
    assert_true(owned.controlled);
    assert_text(owned.controller_kind, "ReplicaSet");
    struct object_state bare = state_of(
        *state, "", "pods", "{\"metadata\":{\"ownerReferences\":[{\"kind\":\"ConfigMap\",\"uid\":\"1\"}]}}");
    assert_false(bare.controlled);
    assert_false(bare.deleting);
}

static void test_annotations(void **state)
{
    struct fixture *fixture = *state;
    struct json object = read_with(
        fixture->reader, text_of("{\"metadata\":{\"annotations\":{\"a/b\":\"x\",\"n\":7,\"e\":\"\"}}}"));
    assert_text(object_annotation(object, text_of("a/b")), "x");
    assert_non_null(object_annotation(object, text_of("e")).at);
    assert_null(object_annotation(object, text_of("n")).at);
    assert_null(object_annotation(object, text_of("a")).at);
    assert_null(object_annotation(JSON_NOTHING, text_of("a")).at);
}

#define OWNERS(list) "{\"metadata\":{\"ownerReferences\":[" list "]}}"
#define OWNER(kind, name, uid) \
    "{\"apiVersion\":\"v1\",\"kind\":\"" kind "\",\"name\":\"" name "\",\"uid\":\"" uid "\"}"

struct owner_row {
    const char *what, *before, *after;
    bool added;
};

/* An owner that is not there is the garbage collector's reason to delete, and it looks an owner up by group,
 * kind and name before it compares the uid; a reference that turns into a controller's makes a pod look
 * replaceable. */
static void test_owner_added(void **state)
{
    static const struct owner_row rows[] = {
        {"none", "{\"metadata\":{}}", "{\"metadata\":{}}", false},
        {"the same", OWNERS(OWNER("ConfigMap", "a", "1")), OWNERS(OWNER("ConfigMap", "a", "1")), false},
        {"the first", "{\"metadata\":{}}", OWNERS(OWNER("ConfigMap", "a", "1")), true},
        {"one more", OWNERS(OWNER("ConfigMap", "a", "1")),
         OWNERS(OWNER("ConfigMap", "a", "1") "," OWNER("ConfigMap", "b", "2")), true},
        {"another order", OWNERS(OWNER("ConfigMap", "a", "1") "," OWNER("ConfigMap", "b", "2")),
         OWNERS(OWNER("ConfigMap", "b", "2") "," OWNER("ConfigMap", "a", "1")), false},
        {"taken off", OWNERS(OWNER("ConfigMap", "a", "1")), "{\"metadata\":{}}", false},
        {"exchanged", OWNERS(OWNER("ConfigMap", "a", "1")), OWNERS(OWNER("ConfigMap", "a", "2")), true},
        {"another name under the same uid", OWNERS(OWNER("ConfigMap", "a", "1")),
         OWNERS(OWNER("ConfigMap", "gone", "1")), true},
        {"another kind under the same uid", OWNERS(OWNER("ConfigMap", "a", "1")),
         OWNERS(OWNER("Secret", "a", "1")), true},
        {"made the controller", OWNERS("{\"kind\":\"ConfigMap\",\"name\":\"a\",\"uid\":\"1\"}"),
         OWNERS("{\"kind\":\"ConfigMap\",\"name\":\"a\",\"uid\":\"1\",\"controller\":true}"), true},
        {"no uid at all", "{\"metadata\":{}}", OWNERS("{\"kind\":\"ConfigMap\",\"name\":\"a\"}"), true},
    };
    struct fixture *fixture = *state;
    bool failed = false;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct json before = read_with(fixture->reader, text_of(rows[i].before)),
                    after = read_with(fixture->other, text_of(rows[i].after));
        if (object_owner_added(before, after) == rows[i].added)
            continue;
        print_error("%s\n", rows[i].what);
        failed = true;
    }
    assert_false(failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_absent_object),
        JSON(test_replicas),
        JSON(test_an_absent_count_of_a_scale_is_zero),
        JSON(test_stopped),
        JSON(test_partition),
        JSON(test_released),
        JSON(test_controllers_and_deletion),
        JSON(test_annotations),
        JSON(test_owner_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
