/* The annotation of a hold, read and written; the marks of an object. */
#include "json_fixture.h"

#include "codec/hold.h"
#include "core/freeze.h"

static const struct workload_type *type_of(const char *group, const char *resource)
{
    return workload_type_find(NULL, text_of(group), text_of(resource));
}

static const struct workload_type *deployments(void)
{
    return type_of("apps", "deployments");
}

#define START   "{\"since\":\"2026-11-20T11:00:00Z\""
#define UNTIL   ",\"until\":\"2026-12-02T11:00:00Z\""
#define ROLLOUT ",\"class\":\"Rollout\""
#define RESTORE ",\"restore\":{\"spec.paused\":null}}"
#define SMALL   START UNTIL ROLLOUT RESTORE
#define WHOLE                                                                                              \
    START UNTIL                                                                                            \
        ",\"class\":\"Rollout+Resume\",\"window\":\"peak, "                                                \
        "(label)\",\"policy\":\"tier-1\",\"reason\":\"frozen\","                                           \
        "\"by\":\"ann\",\"approvals\":\"CHG0000001\",\"document\":\"https://wiki.example.com/changes/1\"," \
        "\"digest\":\"sha256:1\",\"running\":{\"digest\":\"sha256:0\",\"restartedAt\":\"noon\"},"          \
        "\"restore\":{\"spec.paused\":false}}"

/* ---- reading and writing ---- */

static void assert_round_trip(const char *annotation, const struct workload_type *type)
{
    struct arena arena;
    struct hold hold;
    struct json_text_buffer out = {NULL, 0, 0};
    arena_init(&arena);
    if (!hold_read(text_of(annotation), type, &arena, &hold))
        fail_msg("not read: %s", annotation);
    hold_write(&hold, type, &out);
    assert_text(json_text_view(&out), annotation);
    json_text_done(&out);
    arena_done(&arena);
}

static void test_what_is_read_is_written_byte_for_byte(void **state)
{
    (void)state;
    assert_round_trip(WHOLE, deployments());
    assert_round_trip(SMALL, deployments());
    assert_round_trip(START ",\"until\":null" ROLLOUT RESTORE, deployments()); /* no end is known */
    assert_round_trip(START ROLLOUT RESTORE, deployments());                   /* it is open */
    assert_round_trip(START ROLLOUT ",\"running\":{\"digest\":\"sha256:0\"}" RESTORE, deployments());
    assert_round_trip(START ",\"class\":\"Create\",\"restore\":{}}", type_of("", "pods"));
    assert_round_trip(START ROLLOUT ",\"restore\":{\"spec.updateStrategy.rollingUpdate.partition\":2}}",
                      type_of("apps", "statefulsets"));
    assert_round_trip(START ROLLOUT ",\"restore\":{\"spec.updateStrategy.type\":\"RollingUpdate\"}}",
                      type_of("apps", "daemonsets"));
}

static void test_odd_texts(void **state)
{
    (void)state;
    assert_round_trip(START ROLLOUT
                      ",\"window\":\"\\\"a\\\\b\\\"\",\"reason\":\"\\u0001 \\n~1/~0\",\"by\":\"\xc3\xa4nn "
                      "\xf0\x9f\x9a\xa6\"" RESTORE,
                      deployments());
}

static void test_a_value_like_the_one_that_stops_is_restored(void **state)
{
    static const struct text steps[] = {TEXT("spec"), TEXT("halt")};
    static const struct {
        const char *stops, *restore;
        bool fits;
    } rows[] = {
        {"{\"on\":1}", "{\"a\":[1,\"x\",null],\"b\":1.5}", true},
        {"\"100%\"", "\"\"", true},
        {"\"100%\"", "0", true}, /* int-or-string */
        {"[1]", "[]", true},
        {"true", "false", true},
        {"true", "\"false\"", false},
        {"true", "{}", false},
        {"\"100%\"", "{}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct workload_type type = {.workload = KIND_OTHER,
                                           .hold_path = {steps, 2, TEXT("spec.halt")},
                                           .hold_value = text_of(rows[i].stops)};
        char annotation[256];
        snprintf(annotation, sizeof(annotation), START ROLLOUT ",\"restore\":{\"spec.halt\":%s}}",
                 rows[i].restore);
        assert_int_equal(hold_restore_fits(text_of(rows[i].restore), &type), rows[i].fits);
        if (rows[i].fits)
            assert_round_trip(annotation, &type);
    }
}

static void test_what_the_api_server_would_not_take_back(void **state)
{
    static const struct {
        const char *group, *resource, *restore;
        bool fits;
    } rows[] = {
        {"apps", "statefulsets", "0", true},
        {"apps", "statefulsets", "2147483647", true},
        {"apps", "statefulsets", "2147483648", false},
        {"apps", "statefulsets", "-1", false},
        {"apps", "statefulsets", "1.5", false},
        {"apps", "statefulsets", "\"0\"", false},
        {"apps", "deployments", "false", true},
        {"apps", "deployments", "{\"x\":1}", false},
        {"batch", "jobs", "null", false},
        {"apps", "daemonsets", "\"OnDelete\"", true},
        {"apps", "daemonsets", "\"Never\"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(
            hold_restore_fits(text_of(rows[i].restore),
                              workload_type_find(NULL, text_of(rows[i].group), text_of(rows[i].resource))),
            rows[i].fits);
}

static void test_what_each_part_is(void **state)
{
    struct arena arena;
    struct hold hold;
    (void)state;
    arena_init(&arena);
    assert_true(hold_read(text_of(WHOLE), deployments(), &arena, &hold));
    assert_int_equal(hold.since_s, 1795172400);
    assert_int_equal(hold.until_s, 1796209200);
    assert_int_equal(hold.classes, CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_RESUME));
    assert_text(hold.window, "peak, (label)");
    assert_text(hold.policy, "tier-1");
    assert_text(hold.reason, "frozen");
    assert_text(hold.by, "ann");
    assert_text(hold.approvals, "CHG0000001");
    assert_text(hold.document, "https://wiki.example.com/changes/1");
    assert_text(hold.digest, "sha256:1");
    assert_true(hold.running.known);
    assert_text(hold.running.digest, "sha256:0");
    assert_text(hold.running.restarted_at, "noon");
    assert_text(hold.restore, "false");
    assert_true(hold_read(text_of(START ",\"until\":null" ROLLOUT RESTORE), deployments(), &arena, &hold));
    assert_true(hold.until_s == FREEZE_NO_END);
    assert_false(hold.running.known);
    assert_null(hold.restore.at);
    assert_true(hold_read(text_of(START ROLLOUT RESTORE), deployments(), &arena, &hold));
    assert_int_equal(hold.until_s, 0);
    arena_done(&arena);
}

static void test_what_the_gate_never_wrote_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "nonsense",
        "{}",
        "[]",
        "null",
        "\"x\"",
        SMALL "x",
        "{\"since\":\"2026-11-20T11:00:00Z\"",
        "{\"since\":\"yesterday\"" ROLLOUT RESTORE,
        "{\"since\":1795172400" ROLLOUT RESTORE,
        "{\"class\":\"Rollout\",\"restore\":{\"spec.paused\":null}}",
        START ",\"until\":\"soon\"" ROLLOUT RESTORE,
        START RESTORE,
        START ",\"class\":\"\"" RESTORE,
        START ",\"class\":\"Rollin\"" RESTORE,
        START ",\"class\":\"Rollout+\xc3\xa4\"" RESTORE,
        START ",\"class\":[\"Rollout\"]" RESTORE,
        START ROLLOUT "}",
        START ROLLOUT ",\"restore\":null}",
        START ROLLOUT ",\"restore\":{}}",                      /* of a Deployment there is a field */
        START ROLLOUT ",\"restore\":{\"spec.suspend\":true}}", /* another one */
    };
    struct arena arena;
    struct hold hold = {.since_s = 7};
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (hold_read(text_of(texts[i]), deployments(), &arena, &hold))
            fail_msg("read: %s", texts[i]);
    assert_int_equal(hold.since_s, 7); /* untouched */
    arena_done(&arena);
}

/* What stands in an annotation is as long as a client likes. */
static void test_an_annotation_that_is_too_long(void **state)
{
    static char text[HOLD_BYTES_MOST + 2];
    struct arena arena;
    struct hold hold;
    (void)state;
    arena_init(&arena);
    size_t length = (size_t)snprintf(text, sizeof(text), "%s", SMALL);
    memset(text + length, ' ', sizeof(text) - length);
    assert_true(hold_read((struct text){text, HOLD_BYTES_MOST}, deployments(), &arena, &hold));
    assert_false(hold_read((struct text){text, HOLD_BYTES_MOST + 1}, deployments(), &arena, &hold));
    arena_done(&arena);
}

/* ---- marks ---- */

#define QUOTED_SMALL                                                                            \
    "\"{\\\"since\\\":\\\"2026-11-20T11:00:00Z\\\",\\\"until\\\":\\\"2026-12-02T11:00:00Z\\\"," \
    "\\\"class\\\":"                                                                            \
    "\\\"Rollout\\\",\\\"restore\\\":{\\\"spec.paused\\\":null}}\""
#define HELD                                                                                          \
    "{\"metadata\":{\"labels\":{\"changegate.dev/held\":\"true\"},\"annotations\":{\"changegate.dev/" \
    "hold\":" QUOTED_SMALL "}},\"spec\":{\"paused\":true}}"

static void test_marks(void **state)
{
    struct arena arena;
    arena_init(&arena);
    struct hold_marks held = hold_marks_read(read(*state, HELD), deployments(), &arena);
    assert_text(held.annotation, SMALL);
    assert_text(held.label, "true");
    assert_true(held.readable && held.stopped && held.held);
    struct hold_marks none =
        hold_marks_read(read(*state, "{\"spec\":{\"paused\":true}}"), deployments(), &arena);
    assert_null(none.annotation.at);
    assert_null(none.label.at);
    assert_true(none.stopped && !none.readable && !none.held);
    struct hold_marks forged = hold_marks_read(
        read(*state,
             "{\"metadata\":{\"annotations\":{\"changegate.dev/hold\":\"x\"}},\"spec\":{\"paused\":true}}"),
        deployments(), &arena);
    assert_text(forged.annotation, "x");
    assert_false(forged.readable || forged.held);
    struct hold_marks gate = hold_marks_read(
        read(*state,
             "{\"spec\":{\"schedulingGates\":[{\"name\":\"a\"},{\"name\":\"changegate.dev/hold\"}]}}"),
        type_of("", "pods"), &arena);
    assert_true(gate.stopped);
    struct hold_marks other = hold_marks_read(
        read(*state, "{\"spec\":{\"schedulingGates\":[{\"name\":\"a\"}]}}"), type_of("", "pods"), &arena);
    assert_false(other.stopped);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_what_is_read_is_written_byte_for_byte),
        JSON(test_odd_texts),
        JSON(test_a_value_like_the_one_that_stops_is_restored),
        JSON(test_what_the_api_server_would_not_take_back),
        JSON(test_what_each_part_is),
        JSON(test_what_the_gate_never_wrote_is_refused),
        JSON(test_an_annotation_that_is_too_long),
        JSON(test_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
