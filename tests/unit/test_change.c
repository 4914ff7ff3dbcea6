/* Which classes a change is: a table to read, and laws that hold for every operation, subresource and state.
 */
#include "assert_text.h"

#include "core/change.h"

#include <string.h>

#define CREATE   CLASS_BIT(CLASS_CREATE)
#define ROLLOUT  CLASS_BIT(CLASS_ROLLOUT)
#define RESUME   CLASS_BIT(CLASS_RESUME)
#define RESTART  CLASS_BIT(CLASS_RESTART)
#define DELETION CLASS_BIT(CLASS_DELETE)
#define SCALE    CLASS_BIT(CLASS_SCALE)
#define DEBUG    CLASS_BIT(CLASS_DEBUG)
#define METADATA CLASS_BIT(CLASS_METADATA)

struct row {
    const char *what;
    struct change change;
    change_classes classes;
};

/* A workload of two replicas whose template is not known to be out. */
#define RUNNING  .exists = true, .replicas = 2
#define NO_COUNT .exists = true, .replicas = REPLICAS_NONE

static const struct row rows[] = {
    {"made", {.operation = OPERATION_CREATE, .after = {RUNNING}}, CREATE},
    {"made paused and empty",
     {.operation = OPERATION_CREATE, .after = {.exists = true, .stopped = true}},
     CREATE},
    {"nothing that matters",
     {.operation = OPERATION_UPDATE, .before = {RUNNING}, .after = {RUNNING}},
     METADATA},
    {"new template",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING},
      .after = {RUNNING},
      .template_difference = TEMPLATE_DIFFERENT},
     ROLLOUT},
    {"restartedAt alone",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING},
      .after = {RUNNING},
      .template_difference = TEMPLATE_RESTARTED},
     RESTART},
    {"replicas up",
     {.operation = OPERATION_UPDATE, .before = {RUNNING}, .after = {.exists = true, .replicas = 5}},
     SCALE},
    {"replicas down",
     {.operation = OPERATION_UPDATE, .before = {RUNNING}, .after = {.exists = true, .replicas = 1}},
     SCALE},
    {"replicas to zero",
     {.operation = OPERATION_UPDATE, .before = {RUNNING}, .after = {.exists = true, .replicas = 0}},
     SCALE},
    {"replicas from zero",
     {.operation = OPERATION_UPDATE, .before = {.exists = true, .replicas = 0}, .after = {RUNNING}},
     SCALE | RESUME},
    {"replicas from zero to one",
     {.operation = OPERATION_UPDATE,
      .before = {.exists = true, .replicas = 0},
      .after = {.exists = true, .replicas = 1}},
     SCALE | RESUME},
    {"from zero: what ran before cannot be seen, whatever the status says",
     {.operation = OPERATION_UPDATE,
      .before = {.exists = true, .replicas = 0, .released = true},
      .after = {RUNNING}},
     SCALE | RESUME},
    {"new template and more replicas",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING},
      .after = {.exists = true, .replicas = 5},
      .template_difference = TEMPLATE_DIFFERENT},
     ROLLOUT | SCALE},

    {"paused",
     {.operation = OPERATION_UPDATE, .before = {RUNNING}, .after = {RUNNING, .stopped = true}},
     METADATA},
    {"un-paused, template not out",
     {.operation = OPERATION_UPDATE, .before = {RUNNING, .stopped = true}, .after = {RUNNING}},
     RESUME},
    {"un-paused, template out",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING, .stopped = true, .released = true},
      .after = {RUNNING}},
     METADATA},
    {"un-paused with another template",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING, .stopped = true, .released = true},
      .after = {RUNNING},
      .template_difference = TEMPLATE_DIFFERENT},
     ROLLOUT},
    {"un-paused with another template, the last one not out",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING, .stopped = true},
      .after = {RUNNING},
      .template_difference = TEMPLATE_DIFFERENT},
     ROLLOUT | RESUME},
    {"new template while paused",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING, .stopped = true},
      .after = {RUNNING, .stopped = true},
      .template_difference = TEMPLATE_DIFFERENT},
     ROLLOUT},

    {"partition lowered",
     {.operation = OPERATION_UPDATE, .before = {RUNNING, .partition = 2}, .after = {RUNNING, .partition = 1}},
     RESUME},
    {"partition lowered, template out",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING, .partition = 2, .released = true},
      .after = {RUNNING, .partition = 0}},
     METADATA},
    {"partition raised",
     {.operation = OPERATION_UPDATE, .before = {RUNNING, .partition = 1}, .after = {RUNNING, .partition = 2}},
     METADATA},
    {"OnDelete to RollingUpdate",
     {.operation = OPERATION_UPDATE, .before = {RUNNING, .partition = PARTITION_ALL}, .after = {RUNNING}},
     RESUME},
    {"OnDelete to RollingUpdate with a partition",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING, .partition = PARTITION_ALL},
      .after = {RUNNING, .partition = INT32_MAX}},
     RESUME},
    {"RollingUpdate to OnDelete",
     {.operation = OPERATION_UPDATE, .before = {RUNNING}, .after = {RUNNING, .partition = PARTITION_ALL}},
     METADATA},
    {"other ordinals",
     {.operation = OPERATION_UPDATE, .before = {RUNNING}, .after = {RUNNING, .first_ordinal = 3}},
     SCALE},

    {"Job suspended: its pods end",
     {.operation = OPERATION_UPDATE,
      .workload = KIND_JOB,
      .before = {RUNNING},
      .after = {RUNNING, .stopped = true}},
     SCALE},
    {"Job let go",
     {.operation = OPERATION_UPDATE,
      .workload = KIND_JOB,
      .before = {RUNNING, .stopped = true},
      .after = {RUNNING}},
     RESUME},
    {"CronJob suspended: its running pods stay",
     {.operation = OPERATION_UPDATE,
      .workload = KIND_CRONJOB,
      .before = {RUNNING},
      .after = {RUNNING, .stopped = true}},
     METADATA},
    {"pod gates removed",
     {.operation = OPERATION_UPDATE,
      .workload = KIND_POD,
      .before = {NO_COUNT, .stopped = true},
      .after = {NO_COUNT}},
     RESUME},
    {"pod of another image",
     {.operation = OPERATION_UPDATE,
      .workload = KIND_POD,
      .before = {NO_COUNT},
      .after = {NO_COUNT},
      .template_difference = TEMPLATE_DIFFERENT},
     ROLLOUT},

    {"given an owner: the garbage collector may delete it",
     {.operation = OPERATION_UPDATE,
      .before = {RUNNING},
      .after = {RUNNING, .controlled = true},
      .owner_added = true},
     DELETION},
    {"deleted", {.operation = OPERATION_DELETE, .before = {RUNNING}}, DELETION},
    {"deleted again while it goes",
     {.operation = OPERATION_DELETE, .before = {RUNNING, .deleting = true}},
     METADATA},
    {"a controller's pod deleted: it is replaced as it was",
     {.operation = OPERATION_DELETE, .workload = KIND_POD, .before = {NO_COUNT, .controlled = true}},
     METADATA},
    {"a bare pod deleted",
     {.operation = OPERATION_DELETE, .workload = KIND_POD, .before = {NO_COUNT}},
     DELETION},
    {"a controller's ReplicaSet deleted",
     {.operation = OPERATION_DELETE, .workload = KIND_REPLICASET, .before = {RUNNING, .controlled = true}},
     DELETION},

    {"/scale up",
     {.operation = OPERATION_UPDATE,
      .subresource = TEXT("scale"),
      .before = {RUNNING},
      .after = {.exists = true, .replicas = 9}},
     SCALE},
    {"/scale from zero",
     {.operation = OPERATION_UPDATE,
      .subresource = TEXT("scale"),
      .before = {.exists = true, .replicas = 0},
      .after = {RUNNING}},
     SCALE | RESUME},
    {"/scale to what it is",
     {.operation = OPERATION_UPDATE, .subresource = TEXT("scale"), .before = {RUNNING}, .after = {RUNNING}},
     METADATA},
    {"ephemeral container",
     {.operation = OPERATION_UPDATE,
      .workload = KIND_POD,
      .subresource = TEXT("ephemeralcontainers"),
      .before = {NO_COUNT},
      .after = {NO_COUNT}},
     DEBUG},
    {"resize",
     {.operation = OPERATION_UPDATE,
      .workload = KIND_POD,
      .subresource = TEXT("resize"),
      .before = {NO_COUNT},
      .after = {NO_COUNT}},
     DEBUG},
    {"status",
     {.operation = OPERATION_UPDATE, .subresource = TEXT("status"), .before = {RUNNING}, .after = {RUNNING}},
     METADATA},
    {"status of what resumes by it",
     {.operation = OPERATION_UPDATE,
      .workload = KIND_DEPLOYMENT,
      .subresource = TEXT("status"),
      .before = {RUNNING},
      .after = {RUNNING}},
     RESUME},
    {"bound to a node",
     {.operation = OPERATION_CREATE,
      .workload = KIND_POD,
      .subresource = TEXT("binding"),
      .after = {NO_COUNT}},
     METADATA},
    {"evicted",
     {.operation = OPERATION_CREATE,
      .workload = KIND_POD,
      .subresource = TEXT("eviction"),
      .after = {NO_COUNT}},
     METADATA},
    {"exec", {.operation = OPERATION_CONNECT, .workload = KIND_POD, .subresource = TEXT("exec")}, METADATA},
    {"connected to", {.operation = OPERATION_CONNECT, .workload = KIND_POD}, METADATA},
};

static void test_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char is[96], wanted[96];
        change_classes classes = change_classify(&rows[i].change);
        if (classes != rows[i].classes)
            fail_msg("%s: %s, wanted %s", rows[i].what, change_classes_name(classes, is, sizeof(is)),
                     change_classes_name(rows[i].classes, wanted, sizeof(wanted)));
    }
}

/* ---- laws over all operations, subresources and states ---- */

static const char *const subresources[] = {
    "",     "scale", "ephemeralcontainers", "resize", "status", "binding", "eviction",
    "exec", "log",   "somethingnew"};

static void each_change(void (*check)(const struct change *change, change_classes classes))
{
    static const int64_t replica_counts[] = {REPLICAS_NONE, 0, 1, 3}, partitions[] = {0, 2, PARTITION_ALL};
    static const enum workload_kind kinds[] = {KIND_DEPLOYMENT, KIND_JOB, KIND_POD, KIND_OTHER};
    for (int operation = 0; operation < 4; operation++)
        for (size_t s = 0; s < sizeof(subresources) / sizeof(subresources[0]); s++)
            for (unsigned bits = 0; bits < 128; bits++)
                for (size_t r = 0; r < 16; r++)
                    for (size_t p = 0; p < 9; p++)
                        for (size_t k = 0; k < 4; k++)
                            for (int difference = 0; difference < 3; difference++) {
                                struct change change = {
                                    .operation = (enum operation)operation,
                                    .subresource = text_of(subresources[s]),
                                    .workload = kinds[k],
                                    .template_difference = (enum template_difference)difference,
                                    .owner_added = bits & 1,
                                    .before = {.exists = true,
                                               .replicas = replica_counts[r / 4],
                                               .partition = partitions[p / 3],
                                               .stopped = bits & 2,
                                               .released = bits & 4,
                                               .deleting = bits & 8,
                                               .controlled = bits & 16},
                                    .after = {.exists = true,
                                              .replicas = replica_counts[r % 4],
                                              .partition = partitions[p % 3],
                                              .stopped = bits & 32,
                                              .controlled = bits & 64},
                                };
                                check(&change, change_classify(&change));
                            }
}

/* docs/reasons.md, "Classes", row by row. */
static void check_laws(const struct change *change, change_classes classes)
{
    const struct object_state *before = &change->before, *after = &change->after;
    bool whole = change->subresource.length == 0, scale = text_is(change->subresource, "scale");
    bool update = whole && change->operation == OPERATION_UPDATE;
    bool counted = update || scale;

    bool created = whole && change->operation == OPERATION_CREATE;
    bool rolled = update && change->template_difference == TEMPLATE_DIFFERENT;
    bool restarted = update && change->template_difference == TEMPLATE_RESTARTED;
    bool replaced_as_it_was = change->workload == KIND_POD && before->controlled;
    bool deleted = (update && change->owner_added) || (whole && change->operation == OPERATION_DELETE &&
                                                       !before->deleting && !replaced_as_it_was);
    bool let_go = (before->stopped && !after->stopped) || after->partition < before->partition;
    bool vouched = text_is(change->subresource, "status") && change->operation == OPERATION_UPDATE &&
                   change->workload == KIND_DEPLOYMENT; /* the only kind here that has such a status */
    bool resumed = (update && !before->released && let_go) || vouched ||
                   (counted && before->replicas == 0 && after->replicas > 0);
    bool scaled = (counted && before->replicas != after->replicas) ||
                  (update && change->workload == KIND_JOB && !before->stopped && after->stopped);
    bool debugged =
        text_is(change->subresource, "ephemeralcontainers") || text_is(change->subresource, "resize");

    change_classes wanted = (created ? CREATE : 0) | (rolled ? ROLLOUT : 0) | (restarted ? RESTART : 0) |
                            (deleted ? DELETION : 0) | (resumed ? RESUME : 0) | (scaled ? SCALE : 0) |
                            (debugged ? DEBUG : 0);
    assert_true(classes == (wanted == 0 ? METADATA : wanted));
}

static void test_laws(void **state)
{
    (void)state;
    each_change(check_laws);
}

/* ---- names ---- */

static void test_class_names_go_both_ways(void **state)
{
    (void)state;
    static const char *const names[CLASS_COUNT] = {"Create",   "Rollout", "Resume", "Restart", "Delete",
                                                   "Rollback", "Scale",   "Debug",  "Metadata"};
    for (int class = 0; class < CLASS_COUNT; class ++) {
        assert_string_equal(change_class_name((enum change_class) class), names[class]);
        assert_int_equal(change_class_parse(text_of(names[class])), class);
    }
    assert_int_equal(change_class_parse(text_of("create")), CLASS_COUNT);
    assert_int_equal(change_class_parse(text_of("Creates")), CLASS_COUNT);
    assert_int_equal(change_class_parse(TEXT_EMPTY), CLASS_COUNT);
}

static void test_several_classes_are_joined(void **state)
{
    (void)state;
    char buffer[96];
    assert_string_equal(change_classes_name(ROLLOUT | SCALE, buffer, sizeof(buffer)), "Rollout+Scale");
    assert_string_equal(change_classes_name(METADATA, buffer, sizeof(buffer)), "Metadata");
    assert_ptr_equal(change_classes_name((1U << CLASS_COUNT) - 1, buffer, sizeof(buffer)), buffer);
    assert_string_equal(buffer, "Create+Rollout+Resume+Restart+Delete+Rollback+Scale+Debug+Metadata");
}

static void test_the_first_class_is_the_main_one(void **state)
{
    (void)state;
    assert_int_equal(change_main_class(ROLLOUT | SCALE), CLASS_ROLLOUT);
    assert_int_equal(change_main_class(SCALE | RESUME), CLASS_RESUME);
    assert_int_equal(change_main_class(METADATA), CLASS_METADATA);
}

static void test_operations(void **state)
{
    (void)state;
    static const char *const names[] = {"CREATE", "UPDATE", "DELETE", "CONNECT"};
    for (int i = 0; i < 4; i++) {
        enum operation operation;
        assert_string_equal(operation_name((enum operation)i), names[i]);
        assert_true(operation_parse(text_of(names[i]), &operation));
        assert_int_equal(operation, i);
    }
    enum operation operation = OPERATION_DELETE;
    assert_false(operation_parse(text_of("create"), &operation));
    assert_false(operation_parse(TEXT_EMPTY, &operation));
    assert_int_equal(operation, OPERATION_DELETE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_laws),
        cmocka_unit_test(test_class_names_go_both_ways),
        cmocka_unit_test(test_several_classes_are_joined),
        cmocka_unit_test(test_the_first_class_is_the_main_one),
        cmocka_unit_test(test_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
