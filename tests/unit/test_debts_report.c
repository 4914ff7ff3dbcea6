/* What `changegate debts` makes of objects: the table and the JSON, byte for byte. */
#include "json_fixture.h"

#include "cli/debts_report.h"

#define NOW_S 1796209200 /* 2026-12-02T11:00:00Z */

#define OBJECT(namespace, name, record)                                                                  \
    "{\"metadata\":{\"namespace\":\"" namespace "\",\"name\":\"" name "\",\"annotations\":{\"a\":\"b\"," \
                                                "\"changegate.dev/admitted\":\"" record "\"}}}"
#define USE(incident, at, more)                                                                              \
    "{\\\"incident\\\":\\\"" incident "\\\",\\\"reason\\\":\\\"checkout is down\\\",\\\"by\\\":\\\"ann\\\"," \
    "\\\"at\\\":\\\"" at "\\\"" more "}"
#define USES(uses)  "{\\\"templates\\\":[],\\\"breakGlass\\\":[" uses "]}"
#define REVIEWED    ",\\\"reviewedBy\\\":\\\"bob\\\",\\\"reviewedAt\\\":\\\"2026-12-02T10:30:00Z\\\""
#define WITH_DIGEST ",\\\"digest\\\":\\\"sha256:aa\\\""

struct row {
    size_t kind;
    const char *object;
};

static struct debts read_rows(struct arena *arena, const struct row *rows, size_t count)
{
    struct debts debts = {NULL, 0, 0};
    struct error error = {0};
    for (size_t i = 0; i < count; i++)
        if (!debts_add(&debts, &held_kinds[rows[i].kind], text_of(rows[i].object), arena, &error))
            fail_msg("%s", error.text);
    debts_sort(&debts);
    return debts;
}

static void expect(struct fixture *fixture, const struct row *rows, size_t count, const char *table,
                   const char *json)
{
    struct arena arena = {NULL, 0};
    struct debts debts = read_rows(&arena, rows, count);
    json_text_clear(&fixture->out);
    debts_write_table(&debts, NOW_S, &arena, &fixture->out);
    assert_text(json_text_view(&fixture->out), table);
    json_text_clear(&fixture->out);
    debts_write_json(&debts, &arena, &fixture->out);
    assert_text(json_text_view(&fixture->out), json);
    arena_done(&arena);
}

static void test_none(void **state)
{
    const struct row rows[] = {
        {0, "{\"metadata\":{\"name\":\"web\"}}"},
        {0, OBJECT("shop", "a", "{\\\"templates\\\":[]}")},
        {0, OBJECT("shop", "b", USES(USE("INC1", "2026-12-02T10:00:00Z", REVIEWED)))},
    };
    expect(*state, NULL, 0, "No open debts.\n", "{\"items\":[]}\n");
    expect(*state, rows, 3, "No open debts.\n", "{\"items\":[]}\n");
}

static void test_some(void **state)
{
    const struct row rows[] = {
        {0,
         OBJECT("shop", "web",
                USES(USE("INC3", "2026-12-02T10:59:01Z", WITH_DIGEST) "," USE(
                    "INC2", "2026-12-02T10:00:00Z", REVIEWED) "," USE("INC1", "2026-11-30T10:00:00Z", "")))},
        {7, OBJECT("shop", "old", USES(USE("INC4", "2026-12-02T09:00:00Z", "")))},
        {6, OBJECT("bank", "api", USES(USE("INC\\\\u001b[2J5", "2026-12-02T10:58:00Z", "")))},
    };
    expect(
        *state, rows, 3,
        "NAMESPACE  KIND                   NAME  INCIDENT  BY   AGE  REASON\n"
        "bank       ReplicaSet             api   INC?[2J5  ann  2m   checkout is down\n"
        "shop       Deployment             web   INC1      ann  2d   checkout is down\n"
        "shop       Deployment             web   INC3      ann  59s  checkout is down\n"
        "shop       ReplicationController  old   INC4      ann  2h   checkout is down\n",
        "{\"items\":[{\"namespace\":\"bank\",\"kind\":\"ReplicaSet\",\"name\":\"api\",\"incident\":"
        "\"INC\\u001b[2J5\",\"by\":\"ann\",\"at\":\"2026-12-02T10:58:00Z\",\"reason\":\"checkout is down\","
        "\"digest\":null},"
        "{\"namespace\":\"shop\",\"kind\":\"Deployment\",\"name\":\"web\",\"incident\":\"INC1\",\"by\":"
        "\"ann\","
        "\"at\":\"2026-11-30T10:00:00Z\",\"reason\":\"checkout is down\",\"digest\":null},"
        "{\"namespace\":\"shop\",\"kind\":\"Deployment\",\"name\":\"web\",\"incident\":\"INC3\",\"by\":"
        "\"ann\","
        "\"at\":\"2026-12-02T10:59:01Z\",\"reason\":\"checkout is down\",\"digest\":\"sha256:aa\"},"
        "{\"namespace\":\"shop\",\"kind\":\"ReplicationController\",\"name\":\"old\",\"incident\":\"INC4\","
        "\"by\":\"ann\",\"at\":\"2026-12-02T09:00:00Z\",\"reason\":\"checkout is "
        "down\",\"digest\":null}]}\n");
}

static void test_a_record_that_cannot_be_read(void **state)
{
    (void)state;
    struct arena arena = {NULL, 0};
    struct debts debts = {NULL, 0, 0};
    struct error error = {0};
    const char *const objects[] = {OBJECT("shop", "web", ""), OBJECT("shop", "web", "yes"),
                                   OBJECT("shop", "web", "[]"),
                                   OBJECT("shop", "web", USES(USE("INC1", "noon", "")))};
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        assert_false(debts_add(&debts, &held_kinds[0], text_of(objects[i]), &arena, &error));
        assert_string_equal(error.text,
                            "deployment shop/web: its annotation changegate.dev/admitted cannot be read, so "
                            "its debts are not known; look at it");
    }
    assert_int_equal(debts.count, 0);
    arena_done(&arena);
}

/* Sorted by the age of the debt, too, however many there are. */
static void test_many(void **state)
{
    (void)state;
    struct arena arena = {NULL, 0};
    struct debts debts = {NULL, 0, 0};
    struct error error = {0};
    for (unsigned i = 0; i < 100; i++) {
        struct text object = arena_printf(
            &arena, OBJECT("n%02u", "w", USES(USE("I", "2026-12-02T10:00:00Z", ""))), (i * 37) % 100);
        assert_true(debts_add(&debts, &held_kinds[0], object, &arena, &error));
    }
    debts_sort(&debts);
    assert_int_equal(debts.count, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_text(debts.items[i].namespace, arena_printf(&arena, "n%02u", i).at);
    arena_done(&arena);
}

/* What a Deployment's controller copied onto its ReplicaSets is the Deployment's debt; what a ReplicaSet of
 * its own has is its own. */
static void test_copies(void **state)
{
    (void)state;
    struct arena arena = {NULL, 0};
    struct debts debts = {NULL, 0, 0};
    struct error error = {0};
    static const char *const owners[] = {"{\"uid\":\"u\",\"controller\":true}", "{\"uid\":\"u\"}",
                                         "{\"uid\":\"u\",\"controller\":false}"};
    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
        struct text object = arena_printf(
            &arena,
            "{\"metadata\":{\"ownerReferences\":[%s],\"annotations\":{\"changegate.dev/admitted\":\"%s\"}}}",
            owners[i], USES(USE("I", "2026-12-02T10:00:00Z", "")));
        for (size_t kind = 0; kind < WORKLOAD_KINDS; kind += 6) {
            size_t before = debts.count;
            assert_true(debts_add(&debts, &held_kinds[kind], object, &arena, &error));
            assert_int_equal(debts.count - before, i > 0 || kind != 6);
        }
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {JSON(test_none), JSON(test_some),
                                       JSON(test_a_record_that_cannot_be_read), JSON(test_many),
                                       JSON(test_copies)};
    return cmocka_run_group_tests_name("debts_report", tests, NULL, NULL);
}
