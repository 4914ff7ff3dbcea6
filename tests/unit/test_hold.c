/* When two holds say the same. */
#include "assert_text.h"

#include "core/hold.h"

static const struct hold one = {
    .since_s = 1795172400,
    .until_s = 1796209200,
    .classes = 1,
    .window = TEXT("peak"),
    .policy = TEXT("tier-1"),
    .reason = TEXT("frozen"),
    .by = TEXT("ann"),
    .approvals = TEXT("CHG0000001"),
    .document = TEXT("https://wiki.example.com/changes/1"),
    .digest = TEXT("sha256:1"),
    .running = {true, TEXT("sha256:0"), TEXT("2026-11-20T11:00:00Z")},
    .restore = TEXT("false"),
};

static void test_equal(void **state)
{
    struct hold other = one;
    (void)state;
    assert_true(hold_same(&one, &other, false));
    assert_true(hold_same(&one, &other, true));
    const char letters[] = "ann"; /* the same bytes elsewhere */
    other.by = text_of(letters);
    assert_true(hold_same(&one, &other, false));
}

#define DIFFERS(change)                               \
    do {                                              \
        struct hold other = one;                      \
        other.change;                                 \
        assert_false(hold_same(&one, &other, false)); \
        assert_false(hold_same(&other, &one, false)); \
        assert_false(hold_same(&one, &other, true));  \
    } while (0)

static void test_every_part_counts(void **state)
{
    (void)state;
    DIFFERS(until_s = 0);
    DIFFERS(classes = 3);
    DIFFERS(window = text_of("peal"));
    DIFFERS(policy = TEXT_EMPTY);
    DIFFERS(reason = text_of("frozen until then"));
    DIFFERS(by = text_of("bob"));
    DIFFERS(approvals = text_of("CHG0000002"));
    DIFFERS(document = TEXT_EMPTY);
    DIFFERS(running.known = false);
    DIFFERS(running.digest = text_of("sha256:2"));
    DIFFERS(running.restarted_at = TEXT_EMPTY);
    DIFFERS(restore = text_of("true"));
    DIFFERS(restore = TEXT_EMPTY);
}

/* Between the passes of one request time goes by, and the API server may write into the template. */
static void test_what_may_differ_between_two_passes(void **state)
{
    struct hold later = one, other_template = one;
    (void)state;
    later.since_s++;
    other_template.digest = text_of("sha256:2");
    assert_false(hold_same(&one, &later, false));
    assert_true(hold_same(&one, &later, true));
    assert_false(hold_same(&one, &other_template, false));
    assert_true(hold_same(&one, &other_template, true));
}

/* A field that was absent, and one that was empty. */
static void test_absent_is_not_empty(void **state)
{
    struct hold absent = one, empty = one;
    (void)state;
    absent.restore = TEXT_EMPTY;
    empty.restore = (struct text){"", 0};
    assert_false(hold_same(&absent, &empty, false));
    assert_true(hold_same(&absent, &absent, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_every_part_counts),
        cmocka_unit_test(test_what_may_differ_between_two_passes),
        cmocka_unit_test(test_absent_is_not_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
