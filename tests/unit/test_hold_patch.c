/* The patches that put holds on objects and take them off, and the requests of releaser and command line. */
#include "json_fixture.h"

#include "codec/hold.h"

static const struct workload_type *type_of(const char *group, const char *resource)
{
    return workload_type_find(NULL, text_of(group), text_of(resource));
}

static const struct workload_type *deployments(void)
{
    return type_of("apps", "deployments");
}

#define QUOTED_SMALL                                                                            \
    "\"{\\\"since\\\":\\\"2026-11-20T11:00:00Z\\\",\\\"until\\\":\\\"2026-12-02T11:00:00Z\\\"," \
    "\\\"class\\\":"                                                                            \
    "\\\"Rollout\\\",\\\"restore\\\":{\\\"spec.paused\\\":null}}\""
#define HELD                                                                                          \
    "{\"metadata\":{\"labels\":{\"changegate.dev/held\":\"true\"},\"annotations\":{\"changegate.dev/" \
    "hold\":" QUOTED_SMALL "}},\"spec\":{\"paused\":true}}"

static const struct hold small = {
    .since_s = 1795172400, .until_s = 1796209200, .classes = CLASS_BIT(CLASS_ROLLOUT)};

static void assert_patch(struct fixture *fixture, const char *object, const struct workload_type *type,
                         const struct hold_target *target, const char *wanted)
{
    struct arena arena;
    arena_init(&arena);
    json_text_clear(&fixture->out);
    hold_write_patch(read(fixture, object), type, target, &(struct record_target){.decides = false}, &arena,
                     &fixture->out);
    assert_text(json_text_view(&fixture->out), wanted);
    arena_done(&arena);
}

static const struct hold_target held_target = {
    .decides = true,
    .held = true,
    .hold = {.since_s = 1795172400, .until_s = 1796209200, .classes = CLASS_BIT(CLASS_ROLLOUT)},
    .label = TEXT("true")};

static void test_a_hold_is_put_on(void **state)
{
    assert_patch(
        *state, "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"paused\":false}}", deployments(), &held_target,
        "[{\"op\":\"add\",\"path\":\"/metadata/annotations\",\"value\":{}},"
        "{\"op\":\"add\",\"path\":\"/metadata/annotations/changegate.dev~1hold\",\"value\":" QUOTED_SMALL
        "},{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"changegate.dev/held\":\"true\"}},"
        "{\"op\":\"add\",\"path\":\"/spec/paused\",\"value\":true}]");
    assert_patch(
        *state,
        "{\"metadata\":{\"labels\":{\"a\":\"b\"},\"annotations\":{\"a\":\"b\",\"changegate.dev/"
        "hold\":\"x\"}},"
        "\"spec\":{}}",
        deployments(), &held_target,
        "[{\"op\":\"add\",\"path\":\"/metadata/annotations/changegate.dev~1hold\",\"value\":" QUOTED_SMALL
        "},{\"op\":\"add\",\"path\":\"/metadata/labels/changegate.dev~1held\",\"value\":\"true\"},"
        "{\"op\":\"add\",\"path\":\"/spec/paused\",\"value\":true}]");
    assert_patch(
        *state, "{\"metadata\":{\"annotations\":null,\"labels\":null},\"spec\":{\"paused\":true}}",
        deployments(), &held_target,
        "[{\"op\":\"add\",\"path\":\"/metadata/annotations\",\"value\":{}},"
        "{\"op\":\"add\",\"path\":\"/metadata/annotations/changegate.dev~1hold\",\"value\":" QUOTED_SMALL
        "},{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"changegate.dev/held\":\"true\"}}]");
}

static void test_what_is_so_already_needs_no_patch(void **state)
{
    const struct hold_target none = {.decides = false}, free = {.decides = true},
                             wants = {.decides = true, .sets_field = true},
                             true_field = {.decides = true, .sets_field = true, .field = TEXT("true")};
    assert_patch(*state, HELD, deployments(), &held_target, "");
    assert_patch(*state, HELD, deployments(), &none, "");
    assert_patch(*state, "{\"spec\":{\"paused\":true}}", deployments(), &free, "");
    assert_patch(*state, "{\"metadata\":{\"labels\":{}},\"spec\":{}}", deployments(), &wants, "");
    assert_patch(*state, "{\"spec\":{\"paused\":true}}", deployments(), &true_field, "");
}

static void test_a_hold_is_taken_off(void **state)
{
    const struct hold_target gone = {.decides = true, .sets_field = true}, kept = {.decides = true,
                                                                                   .label = TEXT("releasing"),
                                                                                   .sets_field = true,
                                                                                   .field = TEXT("false")};
    assert_patch(*state, HELD, deployments(), &gone,
                 "[{\"op\":\"remove\",\"path\":\"/metadata/annotations/changegate.dev~1hold\"},"
                 "{\"op\":\"remove\",\"path\":\"/metadata/labels/changegate.dev~1held\"},"
                 "{\"op\":\"remove\",\"path\":\"/spec/paused\"}]");
    assert_patch(
        *state, HELD, deployments(), &kept,
        "[{\"op\":\"remove\",\"path\":\"/metadata/annotations/changegate.dev~1hold\"},"
        "{\"op\":\"add\",\"path\":\"/metadata/labels/changegate.dev~1held\",\"value\":\"releasing\"},"
        "{\"op\":\"add\",\"path\":\"/spec/paused\",\"value\":false}]");
}

static void test_a_pod_by_its_gate(void **state)
{
    struct hold_target held = held_target;
    const struct hold_target gone = {.decides = true, .sets_field = true};
    const struct workload_type *pods = type_of("", "pods");
    held.hold = small;
    assert_patch(
        *state,
        "{\"metadata\":{\"labels\":{\"changegate.dev/held\":\"true\"},\"annotations\":{}},\"spec\":{}}", pods,
        &held,
        "[{\"op\":\"add\",\"path\":\"/metadata/annotations/changegate.dev~1hold\",\"value\":\"{\\\"since\\\":"
        "\\\"2026-11-20T11:00:00Z\\\",\\\"until\\\":\\\"2026-12-02T11:00:00Z\\\",\\\"class\\\":"
        "\\\"Rollout\\\","
        "\\\"restore\\\":{}}\"},{\"op\":\"add\",\"path\":\"/spec/schedulingGates\",\"value\":[{\"name\":"
        "\"changegate.dev/hold\"}]}]");
    held.hold.since_s = 0; /* whatever; the gate is what this is about */
    assert_patch(*state,
                 "{\"metadata\":{\"labels\":{\"changegate.dev/"
                 "held\":\"true\"},\"annotations\":{\"changegate.dev/hold\":"
                 "\"{\\\"since\\\":\\\"1970-01-01T00:00:00Z\\\",\\\"until\\\":\\\"2026-12-02T11:00:00Z\\\","
                 "\\\"class\\\":"
                 "\\\"Rollout\\\",\\\"restore\\\":{}}\"}},\"spec\":{\"schedulingGates\":[{\"name\":\"a\"}]}}",
                 pods, &held,
                 "[{\"op\":\"add\",\"path\":\"/spec/schedulingGates/-\",\"value\":{\"name\":\"changegate.dev/"
                 "hold\"}}]");
    assert_patch(
        *state, "{\"spec\":{\"schedulingGates\":[{\"name\":\"a\"},{\"name\":\"changegate.dev/hold\"}]}}",
        pods, &gone,
        "[{\"op\":\"test\",\"path\":\"/spec/schedulingGates/1/name\",\"value\":\"changegate.dev/hold\"},"
        "{\"op\":\"remove\",\"path\":\"/spec/schedulingGates/1\"}]");
    assert_patch(*state, "{\"spec\":{\"schedulingGates\":[{\"name\":\"a\"}]}}", pods, &gone, "");
}

/* RFC 6901 section 3, in keys that a policy could name. */
static void test_keys_are_escaped(void **state)
{
    static const struct text steps[] = {TEXT("spec"), TEXT("a/b~c"), TEXT("~1")};
    static const struct workload_type type = {
        .workload = KIND_OTHER, .hold_path = {steps, 3, TEXT("spec.x")}, .hold_value = TEXT("{\"on\":1}")};
    const struct hold_target target = {.decides = true, .sets_field = true, .field = TEXT("[2]")};
    assert_patch(*state, "{\"spec\":{\"a/b~c\":{}}}", &type, &target,
                 "[{\"op\":\"add\",\"path\":\"/spec/a~1b~0c/~01\",\"value\":[2]}]");
    assert_patch(*state, "{\"spec\":{\"a/b~c\":{\"~1\":[ 2 ]}}}", &type, &target, "");
}

/* ---- requests ---- */

static void test_a_release_is_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct arena arena;
    arena_init(&arena);
    hold_write_release(read(fixture, HELD), deployments(), false, &arena, &fixture->out);
    assert_text(
        json_text_view(&fixture->out),
        "[{\"op\":\"test\",\"path\":\"/metadata/annotations/changegate.dev~1hold\",\"value\":" QUOTED_SMALL
        "},{\"op\":\"remove\",\"path\":\"/metadata/annotations/changegate.dev~1hold\"},"
        "{\"op\":\"add\",\"path\":\"/metadata/labels/changegate.dev~1held\",\"value\":\"releasing\"}]");
    json_text_clear(&fixture->out);
    hold_write_release(read(fixture, HELD), deployments(), true, &arena, &fixture->out);
    assert_text(
        json_text_view(&fixture->out),
        "[{\"op\":\"test\",\"path\":\"/metadata/annotations/changegate.dev~1hold\",\"value\":" QUOTED_SMALL
        "},{\"op\":\"remove\",\"path\":\"/metadata/annotations/changegate.dev~1hold\"},"
        "{\"op\":\"remove\",\"path\":\"/metadata/labels/changegate.dev~1held\"},"
        "{\"op\":\"remove\",\"path\":\"/spec/paused\"}]");
    json_text_clear(&fixture->out);
    hold_write_release(read(fixture, "{\"spec\":{\"paused\":true}}"), deployments(), false, &arena,
                       &fixture->out);
    assert_text(json_text_view(&fixture->out), "");
    arena_done(&arena);
}

static void test_a_change_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct arena arena;
    arena_init(&arena);
    hold_write_drop(read(fixture, HELD), deployments(), text_of("{\"spec\":{}}"), &arena, &fixture->out);
    assert_text(
        json_text_view(&fixture->out),
        "[{\"op\":\"test\",\"path\":\"/metadata/annotations/changegate.dev~1hold\",\"value\":" QUOTED_SMALL
        "},{\"op\":\"remove\",\"path\":\"/metadata/annotations/changegate.dev~1hold\"},"
        "{\"op\":\"remove\",\"path\":\"/metadata/labels/changegate.dev~1held\"},"
        "{\"op\":\"replace\",\"path\":\"/spec/template\",\"value\":{\"spec\":{}}}]");
    json_text_clear(&fixture->out);
    hold_write_drop(read(fixture, HELD), deployments(), TEXT_EMPTY, &arena, &fixture->out);
    assert_text(
        json_text_view(&fixture->out),
        "[{\"op\":\"test\",\"path\":\"/metadata/annotations/changegate.dev~1hold\",\"value\":" QUOTED_SMALL
        "},{\"op\":\"remove\",\"path\":\"/metadata/annotations/changegate.dev~1hold\"},"
        "{\"op\":\"remove\",\"path\":\"/metadata/labels/changegate.dev~1held\"}]");
    arena_done(&arena);
}

static void test_the_label_alone(void **state)
{
    struct fixture *fixture = *state;
    hold_write_label(read(fixture, HELD), "true", NULL, &fixture->out);
    assert_text(json_text_view(&fixture->out),
                "[{\"op\":\"test\",\"path\":\"/metadata/labels/changegate.dev~1held\",\"value\":\"true\"},"
                "{\"op\":\"remove\",\"path\":\"/metadata/labels/changegate.dev~1held\"}]");
    json_text_clear(&fixture->out);
    hold_write_label(read(fixture, HELD), "true", "failed", &fixture->out);
    assert_text(json_text_view(&fixture->out),
                "[{\"op\":\"test\",\"path\":\"/metadata/labels/changegate.dev~1held\",\"value\":\"true\"},"
                "{\"op\":\"add\",\"path\":\"/metadata/labels/changegate.dev~1held\",\"value\":\"failed\"}]");
    json_text_clear(&fixture->out);
    hold_write_label(read(fixture, "{\"metadata\":{}}"), NULL, "pause", &fixture->out);
    assert_text(
        json_text_view(&fixture->out),
        "[{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"changegate.dev/held\":\"pause\"}}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON(test_a_hold_is_put_on),    JSON(test_what_is_so_already_needs_no_patch),
        JSON(test_a_hold_is_taken_off), JSON(test_a_pod_by_its_gate),
        JSON(test_keys_are_escaped),    JSON(test_a_release_is_asked_for),
        JSON(test_a_change_is_dropped), JSON(test_the_label_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
