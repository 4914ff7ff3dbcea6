/* Which of the templates that controllers keep is the one that runs: proven by the digest, whatever else the
 * ReplicaSets and ControllerRevisions say of themselves. */
#include "json_fixture.h"

#include "cli/drop_template.h"
#include "codec/digest.h"

#define OWNED(uid)     "\"ownerReferences\":[{\"kind\":\"X\",\"uid\":\"" uid "\",\"controller\":true}]"
#define SPEC(image)    "\"spec\":{\"containers\":[{\"image\":\"" image "\",\"name\":\"c\"}]}"
#define LABELLED(more) "\"labels\":{\"app\":\"web\"" more "}"
#define RESTARTED(at)  "\"annotations\":{\"kubectl.kubernetes.io/restartedAt\":\"" at "\"}"
#define HASH           ",\"pod-template-hash\":\"7d4c\""

/* Keys in canonical order: what comes back is compared byte for byte. */
#define TEMPLATE(image)               "{\"metadata\":{" LABELLED("") "}," SPEC(image) "}"
#define RESTARTED_TEMPLATE(image, at) "{\"metadata\":{" RESTARTED(at) "," LABELLED("") "}," SPEC(image) "}"

#define REPLICASET(uid, image)                                                                             \
    TEXT("{\"metadata\":{" OWNED(uid) "},\"spec\":{\"template\":{\"metadata\":{" LABELLED(HASH) "}," SPEC( \
        image) "}}}")
#define RESTARTED_REPLICASET(uid, image, at)                                                                 \
    TEXT("{\"metadata\":{" OWNED(uid) "},\"spec\":{\"template\":{\"metadata\":{" RESTARTED(at) "," LABELLED( \
        HASH) "}," SPEC(image) "}}}")
#define REVISION(uid, image)                                                                           \
    TEXT("{\"metadata\":{" OWNED(uid) "},\"revision\":3,\"data\":{\"spec\":{\"template\":{\"$patch\":" \
                                      "\"replace\",\"metadata\":{" LABELLED("") "}," SPEC(image) "}}}}")

static struct hold_running running_of(struct fixture *fixture, struct arena *arena, const char *pod_template)
{
    struct json json = read(fixture, pod_template);
    return (struct hold_running){
        .known = true,
        .digest = digest_template(json, KIND_DEPLOYMENT, &fixture->out, arena),
        .restarted_at = arena_copy(arena, json_as_text(digest_left_out(json, KIND_DEPLOYMENT))),
    };
}

static void expect(struct fixture *fixture, const struct text *items, size_t count,
                   enum workload_kind workload, const char *running, const char *expected)
{
    struct arena arena = {NULL, 0};
    struct text found = TEXT_EMPTY;
    struct hold_running runs = running_of(fixture, &arena, running);
    bool good = drop_template_find(text_of("u1"), items, count, workload, &runs, &arena, &found);
    assert_int_equal(good, expected != NULL);
    assert_text(found, expected == NULL ? "" : expected);
    arena_done(&arena);
}

static void test_a_replicaset(void **state)
{
    const struct text items[] = {REPLICASET("u1", "web:3"), REPLICASET("u1", "web:1"),
                                 REPLICASET("u1", "web:2")};
    expect(*state, items, 3, KIND_DEPLOYMENT, TEMPLATE("web:2"), TEMPLATE("web:2"));
    expect(*state, items, 3, KIND_DEPLOYMENT, TEMPLATE("web:3"), TEMPLATE("web:3"));
    expect(*state, items, 3, KIND_DEPLOYMENT, TEMPLATE("web:4"), NULL);
    expect(*state, items, 0, KIND_DEPLOYMENT, TEMPLATE("web:1"), NULL);
}

/* Of another Deployment, of nobody, or of one that only mentions this one. */
static void test_the_owner_counts(void **state)
{
    const struct text items[] = {
        REPLICASET("u2", "web:1"),
        TEXT("{\"metadata\":{},\"spec\":{\"template\":" TEMPLATE("web:1") "}}"),
        TEXT("{\"metadata\":{\"ownerReferences\":[{\"uid\":\"u1\"}]},\"spec\":{\"template\":" TEMPLATE(
            "web:1") "}}"),
    };
    expect(*state, items, 3, KIND_DEPLOYMENT, TEMPLATE("web:1"), NULL);
}

/* The digest leaves restartedAt out, so that it alone would not tell these apart. */
static void test_a_restart(void **state)
{
    const struct text items[] = {
        RESTARTED_REPLICASET("u1", "web:1", "2026-11-02T00:00:00Z"),
        REPLICASET("u1", "web:1"),
        RESTARTED_REPLICASET("u1", "web:1", "2026-11-01T00:00:00Z"),
    };
    expect(*state, items, 3, KIND_DEPLOYMENT, TEMPLATE("web:1"), TEMPLATE("web:1"));
    expect(*state, items, 3, KIND_DEPLOYMENT, RESTARTED_TEMPLATE("web:1", "2026-11-01T00:00:00Z"),
           RESTARTED_TEMPLATE("web:1", "2026-11-01T00:00:00Z"));
    expect(*state, items, 3, KIND_DEPLOYMENT, RESTARTED_TEMPLATE("web:1", "2026-11-03T00:00:00Z"), NULL);
}

static void test_a_controller_revision(void **state)
{
    const struct text items[] = {REVISION("u1", "db:2"), REVISION("u1", "db:1")};
    expect(*state, items, 2, KIND_STATEFULSET, TEMPLATE("db:1"), TEMPLATE("db:1"));
    expect(*state, items, 2, KIND_DAEMONSET, TEMPLATE("db:2"), TEMPLATE("db:2"));
    expect(*state, items, 2, KIND_STATEFULSET, TEMPLATE("db:3"), NULL);
}

static void test_what_cannot_be_read_hides_nothing(void **state)
{
    const struct text items[] = {TEXT("{"), TEXT("[]"), TEXT("{\"metadata\":{" OWNED("u1") "},\"spec\":3}"),
                                 REPLICASET("u1", "web:1")};
    expect(*state, items, 4, KIND_DEPLOYMENT, TEMPLATE("web:1"), TEMPLATE("web:1"));
}

static void test_what_keeps_templates(void **state)
{
    (void)state;
    static const char *const expected[HELD_KINDS] = {
        "replicasets", "controllerrevisions", "controllerrevisions", "", "", ""};
    for (size_t i = 0; i < HELD_KINDS; i++)
        assert_text(text_of(drop_template_resource(&held_kinds[i])), expected[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_a_replicaset),
        JSON(test_the_owner_counts),
        JSON(test_a_restart),
        JSON(test_a_controller_revision),
        JSON(test_what_cannot_be_read_hides_nothing),
        JSON(test_what_keeps_templates),
    };
    return cmocka_run_group_tests_name("drop_template", tests, NULL, NULL);
}
