/* What is written on FreezeWindow objects: their status as a merge patch, and Events. */
#include "assert_text.h"

#include "codec/timeline.h"
#include "edge/window_status.h"

#include <jansson.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z, a Friday */

struct fixture {
    struct arena arena;
    struct window window;
    struct window_faults faults;
    struct freeze_spans spans;
    struct calendars_window read;
    struct window_object object;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.object = {.name = TEXT("peak"), .uid = TEXT("u"), .generation = 3}};
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    arena_done(&fixture->arena);
    return 0;
}

static void read_spec(struct fixture *fixture, const char *spec)
{
    bool good = window_read_object(fixture->object.name, text_of(spec), NULL, &fixture->arena,
                                   &fixture->window, &fixture->faults);
    fixture->read =
        (struct calendars_window){.name = fixture->object.name, .faults = &fixture->faults, .matched = 2};
    if (!good)
        return;
    const struct window *window = &fixture->window;
    timeline_expand_ahead(window, NOW_S, timeline_horizon(&window, 1, NOW_S), &fixture->arena,
                          &fixture->spans);
    fixture->read.window = window;
    fixture->read.spans = &fixture->spans;
}

static struct window_status make(struct fixture *fixture, const char *status, int64_t now_s)
{
    struct window_status made;
    fixture->object.status = text_of(status);
    window_status_make(&fixture->read, &fixture->object, now_s, &fixture->arena, &made);
    return made;
}

#define FRIDAYS                                                                                     \
    "{\"action\":\"Deny\",\"timeZone\":\"UTC\",\"recurring\":[{\"rrule\":\"FREQ=WEEKLY;BYDAY=FR\"," \
    "\"start\":\"10:00\",\"end\":\"12:00\"}]}"
#define READY                                                                                                \
    "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"InForce\",\"message\":\"read and " \
    "in "                                                                                                    \
    "force\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\",\"observedGeneration\":3}]"

static void test_a_window_that_is_on(void **state)
{
    struct fixture *fixture = *state;
    read_spec(fixture, FRIDAYS);
    struct window_status made = make(fixture, "", NOW_S);
    assert_int_equal(made.difference, STATUS_DIFFERENT);
    assert_text(made.patch,
                "{\"status\":{\"active\":true,\"since\":\"2026-11-20T10:00:00Z\",\"nextTransitionTime\":"
                "\"2026-11-20T12:00:00Z\",\"nextState\":\"Inactive\",\"matchedNamespaces\":2,"
                "\"observedGeneration\":3,"
                "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"InForce\",\"message\":"
                "\"read and in "
                "force\",\"lastTransitionTime\":\"2026-11-20T11:00:00Z\",\"observedGeneration\":3}]}}");
}

static void test_what_is_there_already_is_not_written_again(void **state)
{
    struct fixture *fixture = *state;
    read_spec(fixture, FRIDAYS);
    static const char on[] = "{\"active\":true,\"since\":\"2026-11-20T10:00:00Z\",\"nextTransitionTime\":"
                             "\"2026-11-20T12:00:00Z\",\"nextState\":\"Inactive\",\"matchedNamespaces\":2,"
                             "\"observedGeneration\":3," READY "}";
    static const char more[] = "{\"active\":true,\"since\":\"2026-11-20T10:00:00Z\",\"nextTransitionTime\":"
                               "\"2026-11-20T12:00:00Z\",\"nextState\":\"Inactive\",\"matchedNamespaces\":7,"
                               "\"observedGeneration\":3," READY "}";
    static const char off[] =
        "{\"active\":false,\"nextTransitionTime\":\"2026-11-27T10:00:00Z\",\"nextState\":"
        "\"Active\",\"matchedNamespaces\":2,\"observedGeneration\":3," READY "}";
    assert_int_equal(make(fixture, on, NOW_S).difference, STATUS_SAME);
    assert_int_equal(make(fixture, on, NOW_S + 3599).difference, STATUS_SAME);
    assert_int_equal(make(fixture, on, NOW_S + 3600).difference, STATUS_DIFFERENT);
    assert_int_equal(make(fixture, off, NOW_S + 3600).difference, STATUS_SAME);
    assert_int_equal(make(fixture, more, NOW_S).difference, STATUS_ONLY_COUNT);
    fixture->object.generation = 4;
    assert_int_equal(make(fixture, on, NOW_S).difference, STATUS_DIFFERENT);
}

/* null takes away what no longer holds (RFC 7386). */
static void test_what_no_longer_holds_is_taken_away(void **state)
{
    struct fixture *fixture = *state;
    read_spec(fixture, "{\"action\":\"Deny\",\"once\":[{\"start\":\"2026-11-01T00:00:00Z\",\"end\":"
                       "\"2026-11-02T00:00:00Z\"}]}");
    assert_text(make(fixture, "{\"active\":true,\"since\":\"2026-11-01T00:00:00Z\"," READY "}", NOW_S).patch,
                "{\"status\":{\"active\":false,\"since\":null,\"nextTransitionTime\":null,\"nextState\":null,"
                "\"matchedNamespaces\":2,\"observedGeneration\":3," READY "}}");
}

static void test_suspended_and_unusable(void **state)
{
    struct fixture *fixture = *state;
    read_spec(fixture,
              "{\"action\":\"Deny\",\"suspended\":true,\"once\":[{\"start\":\"2026-11-01T00:00:00Z\"}]}");
    struct text patch = make(fixture, "", NOW_S).patch;
    assert_non_null(strstr(patch.at, "\"active\":false"));
    assert_non_null(strstr(patch.at, "\"status\":\"True\",\"reason\":\"Suspended\""));
    read_spec(fixture, "{\"action\":\"Deny\",\"timeZone\":\"Europe/Londn\",\"kinds\":[1]}");
    patch = make(fixture, "{\"active\":true," READY "}", NOW_S).patch;
    assert_non_null(strstr(patch.at, "\"active\":false"));
    assert_non_null(
        strstr(patch.at, "\"status\":\"False\",\"reason\":\"Unusable\",\"message\":\"spec.timeZone: "));
    assert_non_null(strstr(patch.at, "; spec.kinds[0]: "));
    assert_non_null(strstr(patch.at, "\"lastTransitionTime\":\"2026-11-20T11:00:00Z\"")); /* it was True */
}

/* Only so much of the past is expanded, so the run seems to start anew each day. */
static void test_an_old_start_stands(void **state)
{
    struct fixture *fixture = *state;
    read_spec(fixture,
              "{\"action\":\"Deny\",\"timeZone\":\"UTC\",\"recurring\":[{\"rrule\":\"FREQ=DAILY\",\"start\":"
              "\"00:00\",\"end\":\"24:00\"}]}");
    struct text patch = make(fixture, "{\"active\":true,\"since\":\"2026-03-01T00:00:00Z\"}", NOW_S).patch;
    assert_non_null(strstr(patch.at, "\"since\":\"2026-03-01T00:00:00Z\""));
    patch = make(fixture, "{\"active\":false,\"since\":\"2026-03-01T00:00:00Z\"}", NOW_S).patch;
    assert_null(strstr(patch.at, "2026-03-01"));
}

/* Anybody who may write the status may write anything into it. */
static void test_a_status_that_is_none(void **state)
{
    static const char *const odd[] = {
        "[]", "null", "{", "{\"active\":\"yes\",\"conditions\":{}}",
        "{\"conditions\":[1,{\"type\":1},{\"type\":\"Ready\",\"status\":\"True\"}]}"};
    struct fixture *fixture = *state;
    read_spec(fixture, FRIDAYS);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_int_equal(make(fixture, odd[i], NOW_S).difference, STATUS_DIFFERENT);
        assert_false(window_status_was_active(&fixture->object));
    }
}

static void test_an_event(void **state)
{
    struct fixture *fixture = *state;
    const struct window_event event = {.window = TEXT("peak"),
                                       .uid = TEXT("u"),
                                       .name = TEXT("peak.1"),
                                       .reason = "FreezeStarted",
                                       .message = TEXT("on \"now\"")};
    json_error_t fault;
    struct text text = window_event_write(&event, NOW_S, &fixture->arena);
    json_t *root = json_loadb(text.at, text.length, 0, &fault);
    const char *name, *namespace, *kind, *reason, *type, *message, *first;
    assert_int_equal(json_unpack(root, "{s:{s:s,s:s}, s:{s:s}, s:s, s:s, s:s, s:s}", "metadata", "name",
                                 &name, "namespace", &namespace, "involvedObject", "kind", &kind, "reason",
                                 &reason, "type", &type, "message", &message, "firstTimestamp", &first),
                     0);
    assert_string_equal(name, "peak.1");
    assert_string_equal(namespace, "default");
    assert_string_equal(kind, "FreezeWindow");
    assert_string_equal(reason, "FreezeStarted");
    assert_string_equal(type, "Normal");
    assert_string_equal(message, "on \"now\"");
    assert_string_equal(first, "2026-11-20T11:00:00Z");
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_window_that_is_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_there_already_is_not_written_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_no_longer_holds_is_taken_away, setup, teardown),
        cmocka_unit_test_setup_teardown(test_suspended_and_unusable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_old_start_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_status_that_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_event, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
