/* What a review says of holds: what the client wants beneath one, and what runs. */
#include "review_fixture.h"

/* ---- seen without its hold ---- */

static void test_the_same_template_is_kept(void **state)
{
    struct change change = deployment(state, held_1, held_1);
    assert_true(change.hold.decides && change.hold.keeps);
    assert_int_equal(change.classes, NOTHING);
    assert_int_equal(change.hold.held_classes, ROLLOUT);
    assert_null(change.hold.restore.at); /* nothing was said of the field */
    change = deployment(state, held_1, OBJECT("", TEMPLATE("1") ",\"paused\":false,\"replicas\":3"));
    assert_true(change.hold.keeps);
    assert_int_equal(change.classes, CLASS_BIT(CLASS_SCALE));
    assert_int_equal(change.hold.held_classes, ROLLOUT);
    assert_text(change.hold.restore, "false");
}

static void test_the_template_that_runs(void **state)
{
    struct change change = deployment(state, held_1, OBJECT("", TEMPLATE("0")));
    assert_false(change.hold.keeps);
    assert_int_equal(change.classes, NOTHING);
    change = deployment(state, held_1,
                        OBJECT("", "\"template\":{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/"
                                   "restartedAt\":\"now\"}},\"spec\":{\"image\":\"0\"}}"));
    assert_int_equal(change.classes, CLASS_BIT(CLASS_RESTART));
}

static void test_a_newer_template(void **state)
{
    struct change change = deployment(state, held_1, OBJECT("", TEMPLATE("2")));
    assert_false(change.hold.keeps);
    assert_int_equal(change.classes, ROLLOUT);
    assert_int_equal(change.hold.obstacle, OBSTACLE_NONE);
    assert_text(change.hold.running.digest, DIGEST_0);
}

/* What was stopped before it was held has never been out. */
static void test_back_to_what_was_stopped_is_a_resume(void **state)
{
    static const char paused[] = HELD("Rollout", RUNS_0, PAUSED("true"), TEMPLATE("1") ",\"paused\":true");
    static const char resumed[] =
        HELD("Rollout+Resume", RUNS_0, PAUSED("false"), TEMPLATE("1") ",\"paused\":true");
    assert_int_equal(deployment(state, paused, OBJECT("", TEMPLATE("0") ",\"paused\":false")).classes,
                     RESUME);
    assert_int_equal(deployment(state, paused, OBJECT("", TEMPLATE("0") ",\"paused\":true")).classes,
                     NOTHING);
    assert_int_equal(deployment(state, resumed, OBJECT("", TEMPLATE("0") ",\"paused\":false")).classes,
                     RESUME);
    assert_int_equal(deployment(state, resumed, OBJECT("", TEMPLATE("0"))).classes, RESUME);
}

static void test_a_partition_that_was_lowered(void **state)
{
#define FIELD(v)     "\\\"spec.updateStrategy.rollingUpdate.partition\\\":" v
#define PARTITION(v) ",\"updateStrategy\":{\"rollingUpdate\":{\"partition\":" v "}}"
    static const char raised[] = HELD("Rollout", RUNS_0, FIELD("2"), TEMPLATE("1") PARTITION("2147483647"));
    static const char lowered[] =
        HELD("Rollout+Resume", RUNS_0, FIELD("0"), TEMPLATE("1") PARTITION("2147483647"));
    struct fixture *fixture = *state;
    const char *to_2 = OBJECT("", TEMPLATE("0") PARTITION("2")),
               *to_1 = OBJECT("", TEMPLATE("0") PARTITION("1"));
    assert_int_equal(change_of(fixture, "apps", "statefulsets", raised, to_2, NULL).classes, NOTHING);
    assert_int_equal(change_of(fixture, "apps", "statefulsets", raised, to_1, NULL).classes, RESUME);
    assert_int_equal(change_of(fixture, "apps", "statefulsets", lowered, to_1, NULL).classes, RESUME);
}

/* The status speaks of the held template: that all pods run it makes no other one released. */
static void test_the_status_of_the_held_template(void **state)
{
    static const char out[] = "{\"metadata\":{\"generation\":2," MARKS(HOLD(
        "Rollout", RUNS_0,
        PAUSED("true"))) "},\"spec\":{" TEMPLATE("1") ",\"paused\":true},\"status\":{\"observedGeneration\":"
                                                      "2,\"replicas\":1,\"updatedReplicas\":1}}";
    assert_int_equal(deployment(state, out, OBJECT("", TEMPLATE("0") ",\"paused\":false")).classes, RESUME);
    struct change change = deployment(state, out, OBJECT("", TEMPLATE("1") ",\"paused\":false"));
    assert_true(change.before.released); /* of itself it does speak */
    assert_int_equal(change.hold.held_classes, ROLLOUT);
}

/* A held Resume, of which nobody knows what runs, and what took its place. */
static void test_a_resume(void **state)
{
    static const char resume[] = HELD("Resume", "", PAUSED("false"), TEMPLATE("1") ",\"paused\":true");
    static const char after_it[] =
        HELD("Rollout+Resume", "", PAUSED("true"), TEMPLATE("2") ",\"paused\":true");
    static const char restart[] = HELD("Restart", "", PAUSED("true"), TEMPLATE("2") ",\"paused\":true");
    struct change change = deployment(state, resume, resume);
    assert_true(change.hold.keeps);
    assert_int_equal(change.hold.held_classes, RESUME);
    assert_int_equal(deployment(state, resume, OBJECT("", TEMPLATE("2"))).classes, ROLLOUT | RESUME);
    assert_int_equal(deployment(state, after_it, after_it).hold.held_classes, ROLLOUT);
    assert_int_equal(deployment(state, restart, restart).hold.held_classes, CLASS_BIT(CLASS_RESTART));
    assert_int_equal(deployment(state, after_it, OBJECT("", TEMPLATE("1"))).classes, ROLLOUT | RESUME);
}

static void test_a_resume_is_given_up(void **state)
{
    static const char resume[] = HELD("Resume", "", PAUSED("false"), TEMPLATE("1") ",\"paused\":true");
    static const char both[] =
        HELD("Rollout+Resume", RUNS_0, PAUSED("false"), TEMPLATE("1") ",\"paused\":true");
    struct change change = deployment(state, resume, OBJECT("", TEMPLATE("1") ",\"paused\":true"));
    assert_text(change.hold.restore, "true");
    assert_int_equal(change.hold.held_classes, NOTHING);
    change = deployment(state, both, OBJECT("", TEMPLATE("0") ",\"paused\":true"));
    assert_text(change.hold.restore, "true");
    assert_int_equal(change.classes, NOTHING);
    change = deployment(state, both,
                        OBJECT("", TEMPLATE("1") ",\"paused\":true")); /* only the marks were taken off */
    assert_text(change.hold.restore, "false");
    change = deployment(
        state, resume,
        OBJECT(",\"labels\":{\"changegate.dev/held\":\"true\"}", TEMPLATE("1") ",\"paused\":true"));
    assert_text(change.hold.restore, "false");
}

/* ---- what the client wants ---- */

static void test_a_hold_that_is_not_the_old_ones(void **state)
{
    static const char forged[] = HELD("Rollout", RUNS_0, PAUSED("false"), TEMPLATE("1") ",\"paused\":true");
    const char *plain = OBJECT("", TEMPLATE("1"));
    assert_text(deployment(state, plain, forged).hold.restore, "false");
    assert_text(deployment(state, held_1, forged).hold.restore, "false");
    assert_text(deployment(state, plain,
                           OBJECT(",\"annotations\":{\"changegate.dev/hold\":\"{}\"}",
                                  TEMPLATE("1") ",\"paused\":true"))
                    .hold.restore,
                "true"); /* nothing that the gate wrote: he paused it */
    assert_int_equal(deployment(state, held_1,
                                HELD("Rollout", "\\\"running\\\":{\\\"digest\\\":\\\"sha256:1\\\"},",
                                     PAUSED("null"), TEMPLATE("1") ",\"paused\":true"))
                         .hold.held_classes,
                     ROLLOUT); /* what runs is what the old object says */
}

static void test_a_release_is_asked_for_in_so_many_words(void **state)
{
    const char *label = ",\"labels\":{\"changegate.dev/held\":\"releasing\"}";
    char asks[256], keeps[1024];
    snprintf(asks, sizeof(asks),
             "{\"metadata\":{\"name\":\"x\"%s},\"spec\":{" TEMPLATE("1") ",\"paused\":true}}", label);
    assert_true(deployment(state, held_1, asks).hold.asks_release);
    assert_false(deployment(state, OBJECT("", TEMPLATE("1")), asks).hold.asks_release);
    snprintf(
        keeps, sizeof(keeps),
        "{\"metadata\":{\"labels\":{\"changegate.dev/held\":\"releasing\"},\"annotations\":{\"changegate.dev/"
        "hold\":" HOLD("Rollout", RUNS_0, PAUSED("null")) "}},\"spec\":{" TEMPLATE("1") ",\"paused\":true}}");
    assert_false(deployment(state, held_1, keeps).hold.asks_release);
    assert_false(deployment(state, held_1, OBJECT("", TEMPLATE("1") ",\"paused\":true")).hold.asks_release);
}

static void test_a_gate_that_is_gone(void **state)
{
#define GATES(list) "\"image\":\"1\",\"schedulingGates\":[" list "]"
#define OURS        "{\"name\":\"changegate.dev/hold\"}"
    static const char held[] = HELD("Create", "", "", GATES("{\"name\":\"a\"}," OURS));
    struct fixture *fixture = *state;
    struct change change = change_of(fixture, "", "pods", held, OBJECT("", GATES("{\"name\":\"a\"}")), NULL);
    assert_true(change.hold.gate_gone && change.hold.keeps);
    assert_int_equal(change.hold.held_classes, CLASS_BIT(CLASS_CREATE));
    assert_int_equal(change.classes, NOTHING);
    assert_false(change_of(fixture, "", "pods", held, OBJECT("", GATES(OURS)), NULL).hold.gate_gone);
    assert_false(
        change_of(fixture, "", "pods", OBJECT("", GATES(OURS)), OBJECT("", GATES("")), NULL).hold.gate_gone);
}

/* A request, and what the mutating pass made of it. */
static void test_a_pause_is_asked_for(void **state)
{
    const char *plain = OBJECT("", TEMPLATE("1"));
    const char *asks = OBJECT(",\"labels\":{\"changegate.dev/held\":\"pause\"}", TEMPLATE("1"));
    assert_true(deployment(state, plain, asks).hold.asks_pause);
    assert_true(deployment(state, plain, HELD("Resume", "", PAUSED("null"), TEMPLATE("1") ",\"paused\":true"))
                    .hold.asks_pause);
    assert_false(
        deployment(state, plain, OBJECT(",\"labels\":{\"changegate.dev/held\":\"pause\"}", TEMPLATE("2")))
            .hold.asks_pause);
    assert_false(deployment(state, OBJECT("", TEMPLATE("1") ",\"paused\":true"), asks).hold.asks_pause);
    assert_false(change_of(*state, "apps", "statefulsets", plain, asks, NULL).hold.asks_pause);
}

/* ---- the rest ---- */

static void test_what_runs_is_added_to_a_new_hold(void **state)
{
    struct fixture *fixture = *state;
    struct change change = deployment(state, OBJECT("", TEMPLATE("0")), OBJECT("", TEMPLATE("1")));
    struct verdict verdict = {.target = {.decides = true, .held = true, .hold = {.classes = ROLLOUT}}};
    review_complete_hold(&review, NULL, &change, &arena, &fixture->out, &verdict);
    assert_true(verdict.target.hold.running.known);
    assert_text(verdict.target.hold.running.digest, DIGEST_0);
    verdict = (struct verdict){.target = {.decides = true, .held = true, .hold = {.classes = RESUME}}};
    review_complete_hold(&review, NULL, &change, &arena, &fixture->out, &verdict);
    assert_false(verdict.target.hold.running.known);
    change = deployment(state, held_1, OBJECT("", TEMPLATE("2"))); /* the old template is not what runs */
    verdict = (struct verdict){.target = {.decides = true, .held = true, .hold = {.classes = ROLLOUT}}};
    review_complete_hold(&review, NULL, &change, &arena, &fixture->out, &verdict);
    assert_false(verdict.target.hold.running.known);
}

static void test_a_held_object_as_if_it_was_released(void **state)
{
    struct fixture *fixture = *state;
    struct change change;
    const struct workload_type *type = workload_type_find(NULL, text_of("apps"), text_of("deployments"));
    struct json object = read(fixture, held_1);
    assert_true(review_read_held(object, NULL, type, true, &arena, &fixture->out, &change));
    assert_true(change.hold.keeps && change.has_labels);
    assert_int_equal(change.hold.held_classes, ROLLOUT);
    assert_int_equal(change.classes, NOTHING);
    object = read(fixture, OBJECT("", TEMPLATE("1") ",\"paused\":true"));
    assert_false(review_read_held(object, NULL, type, false, &arena, &fixture->out, &change));
}

/* Nothing but whole objects is the gate's to mark. */
static void test_a_deletion_decides_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct change change;
    struct error error;
    deployment(state, held_1, held_1);
    review.operation = OPERATION_DELETE;
    assert_true(review_read_change(&review, NULL, false, &arena, &fixture->out, &change, &error));
    assert_false(change.hold.decides || change.hold.keeps);
    review.operation = OPERATION_UPDATE;
    review.subresource = text_of("status");
    assert_true(review_read_change(&review, NULL, false, &arena, &fixture->out, &change, &error));
    assert_false(change.hold.decides || change.hold.keeps);
    assert_true(change.hold.before.held);
}

/* The API server sends no old object with a creation; one that is there says nothing. */
static void test_a_creation_has_no_old_object(void **state)
{
    struct fixture *fixture = *state;
    struct change change;
    struct error error;
    deployment(state, held_1, held_1);
    review.operation = OPERATION_CREATE;
    assert_true(review_read_change(&review, NULL, false, &arena, &fixture->out, &change, &error));
    assert_false(change.before.exists || change.hold.before.held || change.hold.keeps);
    assert_int_equal(change.classes, CLASS_BIT(CLASS_CREATE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REVIEW(test_the_same_template_is_kept),
        REVIEW(test_the_template_that_runs),
        REVIEW(test_a_newer_template),
        REVIEW(test_back_to_what_was_stopped_is_a_resume),
        REVIEW(test_a_partition_that_was_lowered),
        REVIEW(test_the_status_of_the_held_template),
        REVIEW(test_a_resume),
        REVIEW(test_a_resume_is_given_up),
        REVIEW(test_a_hold_that_is_not_the_old_ones),
        REVIEW(test_a_release_is_asked_for_in_so_many_words),
        REVIEW(test_a_gate_that_is_gone),
        REVIEW(test_a_pause_is_asked_for),
        REVIEW(test_what_runs_is_added_to_a_new_hold),
        REVIEW(test_a_held_object_as_if_it_was_released),
        REVIEW(test_a_deletion_decides_nothing),
        REVIEW(test_a_creation_has_no_old_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
