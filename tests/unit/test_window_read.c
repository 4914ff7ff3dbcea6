/* The spec of a FreezeWindow object: JSON in, all of its faults at once. What each fault says in a policy:
 * policies/window-*. */
#include "assert_text.h"

#include "codec/policy_file.h"
#include "codec/window.h"

struct fixture {
    struct arena arena;
    struct window window;
    struct window_faults faults;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.window.once_count = 42};
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    arena_done(&fixture->arena);
    return 0;
}

static bool read_for(struct fixture *fixture, const char *spec, const struct policy_set *policies)
{
    return window_read_object(text_of("peak"), text_of(spec), policies, &fixture->arena, &fixture->window,
                              &fixture->faults);
}

static void assert_faults(struct fixture *fixture, const char *spec, const char *const *faults, size_t count)
{
    assert_false(read_for(fixture, spec, NULL));
    for (size_t i = 0; i < count && i < fixture->faults.count; i++)
        assert_text(fixture->faults.items[i], faults[i]);
    assert_int_equal(fixture->faults.count, count);
    assert_int_equal(fixture->window.once_count, 42); /* left alone */
}

#define ASSERT_FAULTS(state, spec, faults) \
    assert_faults(*(state), spec, faults, sizeof(faults) / sizeof((faults)[0]))

static void test_a_whole_spec(void **state)
{
    struct fixture *fixture = *state;
    if (!read_for(fixture,
                  "{\"type\":\"Maintenance\",\"action\":\"Delay\",\"suspended\":true,\"timeZone\":\"Europe/"
                  "London\","
                  "\"once\":[{\"start\":\"2026-07-01T00:00:00\",\"end\":\"2026-07-02T00:00:00Z\"}],"
                  "\"recurring\":[{\"rrule\":\"FREQ=WEEKLY;BYDAY=FR\",\"start\":\"16:00\",\"end\":\"24:00\","
                  "\"endAfterDays\":3,\"from\":\"2026-03-10\",\"until\":\"2026-06-08\",\"exdates\":[\"2026-"
                  "04-03\"]}],"
                  "\"namespaceSelector\":{\"matchLabels\":{\"team\":\"pay\"}},"
                  "\"objectSelector\":{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Exists\"}]},"
                  "\"kinds\":[\"Deployment\"],\"classes\":[\"Rollout\"],\"minimumRunway\":\"1h30m\","
                  "\"exempt\":{\"users\":[\"ann\"],\"groups\":[\"release\"]},"
                  "\"reason\":\"peak "
                  "\\u003cseason\\u003e\",\"contact\":\"#sre\",\"url\":\"https:\\/\\/wiki.example.com\","
                  "\"ticket\":\"OPS-1\"}",
                  NULL))
        fail_msg("%.*s", TEXT_ARGS(fixture->faults.items[0]));
    const struct freeze_window *said = &fixture->window.said;
    assert_int_equal(fixture->faults.count, 0);
    assert_text(said->name, "peak");
    assert_int_equal(said->type, WINDOW_MAINTENANCE);
    assert_int_equal(said->action, FREEZE_DELAY);
    assert_true(said->suspended);
    assert_text(said->zone->name, "Europe/London");
    assert_text(said->reason, "peak <season>");
    assert_text(said->url, "https://wiki.example.com");
    assert_int_equal(said->runway_s, 5400);
    assert_int_equal(said->namespaces.requirement_count, 1);
    assert_int_equal(said->scope.objects.requirement_count, 1);
    assert_int_equal(said->scope.kind_count, 1);
    assert_int_equal(said->scope.classes, CLASS_BIT(CLASS_ROLLOUT));
    assert_int_equal(said->scope.exempt.user_count, 1);
    assert_int_equal(said->scope.exempt.group_count, 1);
    assert_int_equal(fixture->window.once_count, 1);
    assert_true(fixture->window.once[0].start_s == 1782860400); /* 2026-06-30T23:00:00Z */
    assert_int_equal(fixture->window.recurring_count, 1);
    assert_int_equal(fixture->window.recurring[0].end_after_days, 3);
}

/* What the API server writes for what was left empty. */
static void test_empty_values(void **state)
{
    struct fixture *fixture = *state;
    assert_true(read_for(
        fixture,
        "{\"action\":\"Deny\",\"once\":[{\"start\":\"2026-07-01T00:00:00Z\",\"end\":null}],\"recurring\":[],"
        "\"namespaceSelector\":{},\"objectSelector\":{},\"kinds\":[],\"classes\":[],\"minimumRunway\":\"0s\","
        "\"exempt\":{},\"reason\":\"\"}",
        NULL));
    assert_int_equal(fixture->window.said.type, WINDOW_FREEZE);
    assert_true(fixture->window.once[0].end_s == FREEZE_NO_END);
    assert_null(fixture->window.said.zone);
}

static void test_all_faults_at_once(void **state)
{
    static const char *const faults[] = {
        "spec.suspended: is a string; write true or false",
        "spec.type: \"Maintainance\" is none of Freeze, Maintenance",
        "spec.action: \"Block\" is none of Deny, Delay, Warn",
        "spec.reason: is a number; write a string (put it in quotes)",
        "spec.objectSelector.matchLabels[app]: is a number; write a string (put it in quotes)",
        "spec.classes[1]: Metadata replaces no pod and is never stopped; take it out",
        "spec.minimumRunway: \"soon\" is no duration from 0s to 8784h; write one such as 90s, 30m or 1h30m",
        "spec.once[0]: start is missing; write when it starts",
        "spec.once[1].end: is not after the start; exchange or correct them",
        "spec.recurring[0].start: \"9:00\" is no time of day; write one from '00:00' to '23:59'",
        "spec.recurring[0].rrule: FREQ is missing; write FREQ=WEEKLY;BYDAY=FR, say",
        "spec.recurring[1]: end is missing; write a time of day such as '24:00'",
        "spec.recurring[1].until: \"never\" is no day from 1900 on; write one such as '2026-11-20'",
        "spec.recurring[1]: rrule is missing; write one such as FREQ=WEEKLY;BYDAY=FR",
    };
    ASSERT_FAULTS(
        state,
        "{\"suspended\":\"yes\",\"type\":\"Maintainance\",\"action\":\"Block\",\"reason\":7,\"timeZone\":"
        "\"UTC\","
        "\"objectSelector\":{\"matchLabels\":{\"app\":7}},\"classes\":[\"Rollout\",\"Metadata\"],"
        "\"minimumRunway\":"
        "\"soon\",\"once\":[{\"end\":\"2026-07-01T00:00:00Z\"},{\"start\":\"2026-07-02T00:00:00Z\",\"end\":"
        "\"2026-07-01T00:00:00Z\"}],\"recurring\":[{\"rrule\":\"BYDAY=FR\",\"start\":\"9:00\",\"end\":\"10:"
        "00\"},"
        "{\"start\":\"09:00\",\"until\":\"never\"}]}",
        faults);
}

/* Without its zone every local time would be one fault more, and none of them the reader's. */
static void test_an_unknown_zone_is_one_fault(void **state)
{
    static const char *const faults[] = {
        "spec.timeZone: \"Europe/Londn\" is no zone of the tz database; write an IANA name such as "
        "America/New_York",
        "spec: action is missing; write Deny, Delay or Warn",
    };
    ASSERT_FAULTS(state, "{\"timeZone\":\"Europe/Londn\",\"once\":[{\"start\":\"2026-07-01T00:00:00\"}]}",
                  faults);
}

static void test_an_object_has_its_name_elsewhere(void **state)
{
    static const char *const faults[] = {"spec.name: no such key; the window is called by its metadata.name"};
    ASSERT_FAULTS(state,
                  "{\"name\":\"a\",\"action\":\"Deny\",\"once\":[{\"start\":\"2026-07-01T00:00:00Z\"}]}",
                  faults);
}

static void test_what_is_no_spec(void **state)
{
    static const char *const list[] = {"spec: is a list; write a map of keys and values"};
    static const char *const unknown[] = {
        "spec.actions: no such key; did you mean action?",
        "spec: action is missing; write Deny, Delay or Warn",
        "spec: once and recurring are missing; list at least one {start, end} under one of them",
    };
    ASSERT_FAULTS(state, "[]", list);
    ASSERT_FAULTS(state, "{\"actions\":\"Deny\"}", unknown);
    static const char *const broken[] = {
        "", "{", "null", "{}", "{\"action\":\"Deny\"}", "{\"action\":\"Deny\",\"action\":\"Warn\"}"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assert_false(read_for(fixture, broken[i], NULL));
        assert_true(fixture->faults.count > 0);
        for (size_t n = 0; n < fixture->faults.count; n++)
            if (!text_starts_with(fixture->faults.items[n], text_of("spec")))
                fail_msg("%s: %.*s", broken[i], TEXT_ARGS(fixture->faults.items[n]));
    }
    assert_false(read_for(fixture, "", NULL));
    assert_text(fixture->faults.items[0], "spec: is missing; write one");
}

/* No more than fit, and no write past them. */
static void test_more_faults_than_are_told(void **state)
{
    struct fixture *fixture = *state;
    struct text spec = text_of("{\"action\":\"Deny\",\"once\":[");
    for (int i = 0; i < 3 * WINDOW_FAULTS_MOST; i++)
        spec = arena_printf(&fixture->arena, "%.*s%s{}", TEXT_ARGS(spec), i == 0 ? "" : ",");
    spec = arena_printf(&fixture->arena, "%.*s]}", TEXT_ARGS(spec));
    assert_false(read_for(fixture, spec.at, NULL));
    assert_int_equal(fixture->faults.count, WINDOW_FAULTS_MOST);
}

static void test_kinds_are_asked_of_all_policies(void **state)
{
    struct fixture *fixture = *state;
    static const char rollouts[] =
        "{\"action\":\"Deny\",\"kinds\":[\"Rollout\"],\"once\":[{\"start\":\"2026-07-01T00:00:00Z\"}]}";
    static const struct text policies = TEXT(
        "{apiVersion: changegate.dev/v1alpha1, kind: ChangePolicy, metadata: {name: a}, spec: {approval: "
        "{idPattern: ^A$}}}\n---\n{apiVersion: changegate.dev/v1alpha1, kind: ChangePolicy, metadata: {name: "
        "b}, "
        "spec: {approval: {idPattern: ^A$}, workloads: [{group: argoproj.io, kind: Rollout, template: "
        "spec.template}]}}\n");
    struct policy_file *file;
    struct error error = {0};
    if (!policy_file_read(policies, NULL, &file, &error))
        fail_msg("%s", error.text);
    const struct policy_set *set = policy_file_policies(file);
    const struct policy_set first = {set->items, 1};
    assert_true(read_for(fixture, rollouts, NULL));
    assert_true(read_for(fixture, rollouts, set));
    assert_false(read_for(fixture, rollouts, &first));
    assert_text(fixture->faults.items[0],
                "spec.kinds[0]: \"Rollout\" is no kind that the gate knows; write one such as "
                "Deployment, or add it to the policy's workloads");
    policy_file_unref(file);
}

static struct text key_of(struct fixture *fixture, const char *scope)
{
    struct text spec = arena_printf(
        &fixture->arena, "{\"action\":\"Deny\",\"once\":[{\"start\":\"2026-07-01T00:00:00Z\"}]%s}", scope);
    assert_true(read_for(fixture, spec.at, NULL));
    return fixture->window.said.scope.key;
}

/* Equal keys: about the same. */
static void test_scopes_have_keys(void **state)
{
    struct fixture *fixture = *state;
    static const char *const different[] = {
        "",
        ",\"kinds\":[\"Job\"]",
        ",\"kinds\":[\"Job\",\"Pod\"]",
        ",\"kinds\":[\"Job3:Pod\"]",
        ",\"classes\":[\"Create\"]",
        ",\"classes\":[\"Rollout\"]",
        ",\"exempt\":{\"users\":[\"a\"]}",
        ",\"exempt\":{\"groups\":[\"a\"]}",
        ",\"exempt\":{\"users\":[\"a\"],\"groups\":[\"b\"]}",
        ",\"exempt\":{\"users\":[\"a\",\"b\"]}",
        ",\"objectSelector\":{\"matchLabels\":{\"a\":\"b\"}}",
        ",\"objectSelector\":{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}",
        ",\"objectSelector\":{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}",
    };
    enum { MANY = sizeof(different) / sizeof(different[0]) };
    struct text keys[MANY];
    for (size_t i = 0; i < MANY; i++) {
        keys[i] = key_of(fixture, different[i]);
        assert_true(text_equal(keys[i], key_of(fixture, different[i])));
        for (size_t other = 0; other < i; other++)
            assert_false(text_equal(keys[i], keys[other]));
    }
    assert_true(text_equal(
        keys[0],
        key_of(fixture, ",\"reason\":\"other\",\"namespaceSelector\":{\"matchLabels\":{\"a\":\"b\"}}")));
}

#define WINDOW_READ(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WINDOW_READ(test_a_whole_spec),
        WINDOW_READ(test_empty_values),
        WINDOW_READ(test_all_faults_at_once),
        WINDOW_READ(test_an_unknown_zone_is_one_fault),
        WINDOW_READ(test_an_object_has_its_name_elsewhere),
        WINDOW_READ(test_what_is_no_spec),
        WINDOW_READ(test_more_faults_than_are_told),
        WINDOW_READ(test_kinds_are_asked_of_all_policies),
        WINDOW_READ(test_scopes_have_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
