/* What `changegate held` makes of objects: the table and the JSON, byte for byte; and the names of kinds. */
#include "json_fixture.h"

#include "cli/held_report.h"

#define MARKS(label, annotation)                   \
    "\"labels\":{\"changegate.dev/held\":\"" label \
    "\"},\"annotations\":{\"changegate.dev/hold\":\"" annotation "\"}"
#define HOLD_REST                                                                                           \
    "\\\"policy\\\":\\\"tier-1\\\",\\\"reason\\\":\\\"frozen by peak\\\",\\\"by\\\":\\\"ann\\\","           \
    "\\\"approvals\\\":\\\"CHG0000001, CHG0000002\\\",\\\"document\\\":\\\"https://wiki.example.com/1\\\"," \
    "\\\"digest\\\":\\\"sha256:aa\\\",\\\"restore\\\":{\\\"spec.paused\\\":null}}"
#define HOLD_OF(until, window)                           \
    "{\\\"since\\\":\\\"2026-11-20T11:00:05Z\\\"," until \
    "\\\"class\\\":\\\"Rollout+Scale\\\",\\\"window\\\":\\\"" window "\\\"," HOLD_REST
#define UNTIL "\\\"until\\\":\\\"2026-12-02T11:00:00Z\\\","

#define HEAD                                                                                                 \
    "NAMESPACE  OBJECT          CLASS          STATE  SINCE (UTC)          UNTIL (UTC)       WINDOW        " \
    " "

struct row {
    size_t kind;
    const char *object;
};

static struct held_item *read_rows(struct fixture *fixture, struct arena *arena, const struct row *rows,
                                   size_t count)
{
    struct held_item *items = arena_alloc_array(arena, count, sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = held_item_read(read(fixture, rows[i].object), &held_kinds[rows[i].kind], arena);
    held_items_sort(items, count);
    json_text_clear(&fixture->out);
    return items;
}

static void expect_text(struct fixture *fixture, const struct row *rows, size_t count, const char *expected)
{
    struct arena arena = {NULL, 0};
    held_write_text(read_rows(fixture, &arena, rows, count), count, &arena, &fixture->out);
    assert_text(json_text_view(&fixture->out), expected);
    arena_done(&arena);
}

static void expect_json(struct fixture *fixture, const struct row *rows, size_t count, const char *expected)
{
    struct arena arena = {NULL, 0};
    held_write_json(read_rows(fixture, &arena, rows, count), count, &arena, &fixture->out);
    assert_text(json_text_view(&fixture->out), expected);
    arena_done(&arena);
}

#define OBJECT(namespace, name, marks) \
    "{\"metadata\":{\"namespace\":\"" namespace "\",\"name\":\"" name "\"," marks "}}"
#define LABEL(value) "\"labels\":{\"changegate.dev/held\":\"" value "\"}"

static void test_nothing(void **state)
{
    expect_text(*state, NULL, 0, "nothing is held\n");
    expect_json(*state, NULL, 0, "{\"items\":[]}\n");
}

static void test_one(void **state)
{
    const struct row rows[] = {{0, OBJECT("shop", "web", MARKS("true", HOLD_OF(UNTIL, "peak, (label)")))}};
    expect_text(*state, rows, 1,
                HEAD
                "APPROVAL                BY\n"
                "shop       deployment/web  Rollout+Scale  held   2026-11-20 11:00:05  2026-12-02 11:00  "
                "peak, (label)  CHG0000001, CHG0000002  ann\n");
    expect_json(
        *state, rows, 1,
        "{\"items\":[{\"namespace\":\"shop\",\"kind\":\"Deployment\",\"name\":\"web\",\"state\":\"held\","
        "\"class\":\"Rollout+Scale\",\"since\":\"2026-11-20T11:00:05Z\","
        "\"until\":\"2026-12-02T11:00:00Z\",\"window\":\"peak, (label)\","
        "\"approvals\":\"CHG0000001, CHG0000002\",\"changeDocument\":\"https://wiki.example.com/1\","
        "\"by\":\"ann\",\"policy\":\"tier-1\",\"reason\":\"frozen by peak\"}]}\n");
}

/* Where no end is known, and where it is open and something else keeps it held. */
static void test_ends(void **state)
{
    const struct row rows[] = {
        {0, OBJECT("shop", "a", MARKS("true", HOLD_OF("\\\"until\\\":null,", "peak")))},
        {0, OBJECT("shop", "b", MARKS("true", HOLD_OF("", "peak")))},
    };
    expect_text(*state, rows, 2,
                "NAMESPACE  OBJECT        CLASS          STATE  SINCE (UTC)          UNTIL (UTC)   WINDOW  "
                "APPROVAL                BY\n"
                "shop       deployment/a  Rollout+Scale  held   2026-11-20 11:00:05  no known end  peak    "
                "CHG0000001, CHG0000002  ann\n"
                "shop       deployment/b  Rollout+Scale  held   2026-11-20 11:00:05  open          peak    "
                "CHG0000001, CHG0000002  ann\n");
}

/* What was released carries no annotation any more; and an annotation that nobody could have written as it is
 * does not hide the object. */
static void test_what_is_not_known(void **state)
{
    const struct row rows[] = {
        {2, OBJECT("shop", "agent", LABEL("failed"))},  {5, OBJECT("shop", "p", MARKS("true", "{}"))},
        {0, OBJECT("shop", "web", LABEL("releasing"))}, {1, OBJECT("bank", "db", LABEL("releasing"))},
        {0, OBJECT("shop", "api", LABEL("what\\nis"))},
    };
    expect_text(
        *state, rows, 5,
        "NAMESPACE  OBJECT           CLASS  STATE      SINCE (UTC)  UNTIL (UTC)  WINDOW  APPROVAL  BY\n"
        "bank       statefulset/db   -      releasing  -            -            -       -         -\n"
        "shop       deployment/api   -      what?is    -            -            -       -         -\n"
        "shop       deployment/web   -      releasing  -            -            -       -         -\n"
        "shop       daemonset/agent  -      failed     -            -            -       -         -\n"
        "shop       pod/p            -      held       -            -            -       -         -\n");
    expect_json(
        *state, rows, 1,
        "{\"items\":[{\"namespace\":\"shop\",\"kind\":\"DaemonSet\",\"name\":\"agent\","
        "\"state\":\"failed\",\"class\":null,\"since\":null,\"until\":null,\"window\":null,"
        "\"approvals\":null,\"changeDocument\":null,\"by\":null,\"policy\":null,\"reason\":null}]}\n");
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *kind; /* NULL: none */
    } names[] = {
        {"deployment", "Deployment"},
        {"deployments", "Deployment"},
        {"deploy", "Deployment"},
        {"Deployment", "Deployment"},
        {"DEPLOY", "Deployment"},
        {"deployment.apps", "Deployment"},
        {"deployments.v1.apps", "Deployment"},
        {"deploy.apps", "Deployment"},
        {"sts", "StatefulSet"},
        {"StatefulSet", "StatefulSet"},
        {"statefulsets.apps", "StatefulSet"},
        {"ds", "DaemonSet"},
        {"daemonset", "DaemonSet"},
        {"job", "Job"},
        {"jobs.batch", "Job"},
        {"cj", "CronJob"},
        {"cronjob.v1.batch", "CronJob"},
        {"po", "Pod"},
        {"pods", "Pod"},
        {"pod.v1.", "Pod"},
        {"deployment.batch", NULL},
        {"deployment.v2.apps", NULL},
        {"deployment.v1", NULL},
        {"job.apps", NULL},
        {"rs", NULL},
        {"replicaset", NULL},
        {"", NULL},
        {"deploymentx", NULL},
        {".apps", NULL},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct held_kind *kind = held_kind_find(HELD_KINDS, text_of(names[i].name));
        if (kind == NULL && names[i].kind != NULL)
            fail_msg("%s is not known", names[i].name);
        assert_text(text_of(kind == NULL ? NULL : kind->kind), names[i].kind == NULL ? "" : names[i].kind);
    }
    for (size_t i = 0; i < HELD_KINDS; i++) {
        assert_non_null(held_kind_type(&held_kinds[i]));
        assert_text(held_kind_type(&held_kinds[i])->kind, held_kinds[i].kind);
    }
}

static void test_paths(void **state)
{
    (void)state;
    struct arena arena = {NULL, 0};
    const struct held_kind *job = held_kind_find(HELD_KINDS, text_of("job")),
                           *pod = held_kind_find(HELD_KINDS, text_of("pod"));
    assert_text(text_of(held_kind_path(job, NULL, NULL, &arena)), "/apis/batch/v1/jobs");
    assert_text(text_of(held_kind_path(job, "shop", NULL, &arena)), "/apis/batch/v1/namespaces/shop/jobs");
    assert_text(text_of(held_kind_path(pod, "a/b", "c?d", &arena)), "/api/v1/namespaces/a%2Fb/pods/c%3Fd");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_nothing),
        JSON(test_one),
        JSON(test_ends),
        JSON(test_what_is_not_known),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests_name("held_report", tests, NULL, NULL);
}
