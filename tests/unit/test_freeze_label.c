/* What a namespace's freeze label and annotations say. Whatever cannot be read is taken the strict way. */
#include "arena_fixture.h"
#include "assert_text.h"

#include "core/freeze.h"

#include <string.h>

static struct freeze_label read_label(void **state, const char *action, const char *until, const char *reason)
{
    struct freeze_label label;
    freeze_label_read(*state, text_of(action), text_of(until), text_of(reason), &label);
    return label;
}

static void test_label_read(void **state)
{
    struct freeze_label label = read_label(state, "deny", "2026-12-02T06:00:00Z", "peak season");
    assert_int_equal(label.action, FREEZE_DENY);
    assert_int_equal(label.until_s, 1796191200);
    assert_text(label.reason, "peak season");
    assert_text(label.trouble, "");
    label = read_label(state, "warn", NULL, NULL);
    assert_int_equal(label.action, FREEZE_WARN);
    assert_true(label.until_s == FREEZE_NO_END);
    assert_text(label.reason, "");
    assert_text(label.trouble, "");
}

static void test_annotations_without_the_label_do_nothing(void **state)
{
    struct freeze_label label = read_label(state, NULL, "soon", "peak season");
    assert_int_equal(label.action, FREEZE_OPEN);
    assert_text(label.trouble, "");
}

static void test_what_cannot_be_read_closes(void **state)
{
    struct freeze_label label = read_label(state, "true", NULL, NULL);
    assert_int_equal(label.action, FREEZE_DENY);
    assert_text(label.trouble, "changegate.dev/freeze: \"true\" is none of deny, delay, warn and denies");
    label = read_label(state, "", NULL, NULL);
    assert_int_equal(label.action, FREEZE_DENY);
    label = read_label(state, "Warn", NULL, NULL);
    assert_int_equal(label.action, FREEZE_DENY);
    label = read_label(state, "delay", NULL, NULL);
    assert_int_equal(label.action, FREEZE_DELAY);
    assert_text(label.trouble, "");
    label = read_label(state, "deny", "tomorrow\n", NULL);
    assert_true(label.until_s == FREEZE_NO_END);
    assert_text(label.trouble,
                "changegate.dev/freeze-until: \"tomorrow?\" is not an RFC 3339 time and is taken as no end");
    label = read_label(state, "deny", "2026-12-02T06:00:00", NULL); /* in which zone? */
    assert_true(label.until_s == FREEZE_NO_END);
    label = read_label(state, "deny", "", NULL);
    assert_true(label.until_s == FREEZE_NO_END);
    label = read_label(state, "warn", "tomorrow", NULL);
    assert_int_equal(label.action, FREEZE_WARN); /* that was readable */
    assert_true(label.until_s == FREEZE_NO_END);
}

/* Whoever cures one and is told of the other only afterwards has been told half. */
static void test_two_troubles_are_both_named(void **state)
{
    struct freeze_label label = read_label(state, "deyn", "tomorrow", NULL);
    assert_int_equal(label.action, FREEZE_DENY);
    assert_non_null(strstr(arena_copy(*state, label.trouble).at, "\"deyn\""));
    assert_non_null(strstr(arena_copy(*state, label.trouble).at, "\"tomorrow\""));
}

static void test_label_reason_is_fit_to_print(void **state)
{
    char reason[400];
    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    reason[1] = '\n';
    struct freeze_label label = read_label(state, "deny", NULL, reason);
    assert_true(label.reason.length <= 200);
    assert_int_equal(label.reason.at[1], '?');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_label_read, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_annotations_without_the_label_do_nothing, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read_closes, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_two_troubles_are_both_named, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_label_reason_is_fit_to_print, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
