/* The next step of certificates, case by case; a long life of them: test_renewal_walk.c. */
#include "core/renewal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { T = 1000000, DAY = 86400 };

static const struct renewal_lives lives = {730 * DAY, 90 * DAY};

/* Both made at T, and in use. */
static const struct renewal_state in_use = {
    .has_ca = true,
    .ca = {T - 300, T + 730 * DAY},
    .has_leaf = true,
    .leaf = {T - 300, T + 90 * DAY},
    .leaf_is_of_ca = true,
    .registered = true,
    .trusted = true,
    .trusted_since_s = T,
};

static void expect(struct renewal_state state, int64_t now_s, enum renewal_step step, int64_t due_s)
{
    int64_t due = -1;
    assert_int_equal(renewal_next(&state, &lives, now_s, &due), step);
    assert_int_equal(due, due_s);
}

static void test_two_thirds(void **state)
{
    (void)state;
    assert_int_equal(renewal_due_s((struct renewal_span){T - 300, T + 90 * DAY}), T + 60 * DAY);
    assert_int_equal(renewal_due_s((struct renewal_span){T - 300, T + 100}), T + 66);
    assert_int_equal(renewal_due_s((struct renewal_span){T - 300, T + 1}), T);
    assert_int_equal(renewal_due_s((struct renewal_span){T, T + 300}), T + 200);
    assert_int_equal(renewal_due_s((struct renewal_span){T, T + 90}), T + 60);
    assert_int_equal(renewal_due_s((struct renewal_span){0, INT64_C(253402300799)}), INT64_C(168934867299));
}

static void test_what_is_made(void **state)
{
    (void)state;
    struct renewal_span ca = renewal_ca_span(&lives, T), leaf = renewal_leaf_span(&lives, ca, T + 9);
    assert_true(ca.not_before_s == T - 300 && ca.not_after_s == T + 730 * DAY);
    assert_true(leaf.not_before_s == T - 291 && leaf.not_after_s == T + 90 * DAY + 9);
    leaf = renewal_leaf_span(&lives, ca, T + 700 * DAY);
    assert_int_equal(leaf.not_after_s, ca.not_after_s);
}

static void test_first_install(void **state)
{
    (void)state;
    struct renewal_state now = {.trusted = true};
    expect(now, T, RENEWAL_MAKE_CA, T);
    now.has_ca = true;
    now.ca = in_use.ca;
    expect(now, T, RENEWAL_ISSUE, T);
    now.has_leaf = now.leaf_is_of_ca = true;
    now.leaf = in_use.leaf;
    expect(now, T, RENEWAL_KEEP, T + 60 * DAY);
}

static void test_the_leaf_at_the_very_second(void **state)
{
    (void)state;
    expect(in_use, T, RENEWAL_KEEP, T + 60 * DAY);
    expect(in_use, T + 60 * DAY - 1, RENEWAL_KEEP, T + 60 * DAY);
    expect(in_use, T + 60 * DAY, RENEWAL_ISSUE, T + 60 * DAY);
    struct renewal_state untrusted = in_use;
    untrusted.trusted = false; /* the same CA: nothing to wait for */
    expect(untrusted, T + 60 * DAY, RENEWAL_ISSUE, T + 60 * DAY);
}

static void test_the_ca_at_the_very_second(void **state)
{
    (void)state;
    struct renewal_state now = in_use;
    int64_t due_s = T + 730 * DAY * INT64_C(2) / 3;
    now.leaf.not_before_s = due_s - 50 * DAY - 300;
    now.leaf.not_after_s = due_s + 40 * DAY;
    expect(now, due_s - 1, RENEWAL_KEEP, due_s);
    expect(now, due_s, RENEWAL_MAKE_CA, due_s);
    /* both at once: one more leaf of the old CA would be for nothing */
    now.leaf.not_before_s = due_s - 60 * DAY - 300;
    now.leaf.not_after_s = due_s + 30 * DAY;
    expect(now, due_s, RENEWAL_MAKE_CA, due_s);
}

/* With less than three lives of a leaf, two thirds of the CA's would be too late for a whole one. */
static void test_the_ca_while_a_whole_leaf_fits(void **state)
{
    (void)state;
    static const struct renewal_lives close = {200 * DAY, 100 * DAY};
    struct renewal_state now = in_use;
    now.ca.not_after_s = T + 200 * DAY;
    now.leaf.not_before_s = T + 60 * DAY - 300;
    now.leaf.not_after_s = T + 160 * DAY;
    int64_t due_s = -1;
    assert_int_equal(renewal_next(&now, &close, T + 100 * DAY - 1, &due_s), RENEWAL_KEEP);
    assert_int_equal(due_s, T + 100 * DAY);
    assert_int_equal(renewal_next(&now, &close, T + 100 * DAY, &due_s), RENEWAL_MAKE_CA);
}

static void test_a_new_ca_settles_first(void **state)
{
    (void)state;
    struct renewal_state now = in_use;
    now.leaf_is_of_ca = false;
    expect(now, T, RENEWAL_KEEP, T + 30);
    expect(now, T + 29, RENEWAL_KEEP, T + 30);
    expect(now, T + 30, RENEWAL_ISSUE, T + 30);
    now.trusted = false;
    expect(now, T + 30, RENEWAL_KEEP, T + 60);
    now.registered = false;
    expect(now, T, RENEWAL_ISSUE, T);
}

/* A Secret that was deleted: what replicas serve from memory is trusted for longer than the CA made for it.
 */
static void test_no_leaf_waits_all_the_same(void **state)
{
    (void)state;
    struct renewal_state now = in_use;
    now.has_leaf = now.leaf_is_of_ca = false;
    expect(now, T + 29, RENEWAL_KEEP, T + 30);
    expect(now, T + 30, RENEWAL_ISSUE, T + 30);
    now.has_ca = false;
    expect(now, T + 30, RENEWAL_MAKE_CA, T + 30);
}

/* It has been in force before. */
static void test_an_expired_leaf_of_the_ca_waits_for_nothing(void **state)
{
    (void)state;
    struct renewal_state now = in_use;
    now.trusted = false;
    expect(now, now.leaf.not_after_s - 1, RENEWAL_ISSUE, now.leaf.not_after_s - 1);
    expect(now, now.leaf.not_after_s, RENEWAL_ISSUE, now.leaf.not_after_s);
    now.leaf.not_before_s = T + 1; /* not valid yet */
    expect(now, T, RENEWAL_ISSUE, T);
    expect(now, T + 1, RENEWAL_KEEP, renewal_due_s(now.leaf));
}

static void test_a_ca_out_of_its_time_is_none(void **state)
{
    (void)state;
    expect(in_use, in_use.ca.not_after_s, RENEWAL_MAKE_CA, in_use.ca.not_after_s);
    expect(in_use, T - 301, RENEWAL_MAKE_CA, T - 301);
    expect(in_use, T - 300, RENEWAL_KEEP, T + 60 * DAY);
    struct renewal_state now = in_use;
    now.has_ca = false;
    expect(now, T, RENEWAL_MAKE_CA, T);
}

/* Or there would never be one that has settled. */
static void test_a_ca_signs_before_there_is_the_next(void **state)
{
    (void)state;
    struct renewal_state now = in_use;
    now.leaf_is_of_ca = false;
    now.trusted_since_s = T + 700 * DAY;
    expect(now, T + 700 * DAY, RENEWAL_KEEP, T + 700 * DAY + 30);
    expect(now, T + 700 * DAY + 30, RENEWAL_ISSUE, T + 700 * DAY + 30);
}

/* A clock that went back: not a year's waiting. */
static void test_trusted_since_later_than_now(void **state)
{
    (void)state;
    struct renewal_state now = in_use;
    now.leaf_is_of_ca = false;
    now.trusted_since_s = T + 365 * DAY;
    expect(now, T, RENEWAL_KEEP, T + 30);
}

/* At the second where the CA is due the leaf has to last until the next one has settled. */
static void test_very_short_lives(void **state)
{
    (void)state;
    static const struct renewal_lives shortest = {300, RENEWAL_LEAF_S_LEAST};
    struct renewal_state now = in_use;
    int64_t due_s = -1;
    now.ca.not_after_s = T + 300; /* due at T + 200 */
    now.leaf = (struct renewal_span){T + 190 - 300, T + 250};
    assert_int_equal(renewal_next(&now, &shortest, T + 199, &due_s), RENEWAL_KEEP);
    assert_int_equal(renewal_next(&now, &shortest, T + 200, &due_s), RENEWAL_ISSUE);
    now.leaf = renewal_leaf_span(&shortest, now.ca, T + 200);
    assert_int_equal(renewal_next(&now, &shortest, T + 200, &due_s), RENEWAL_MAKE_CA);
    assert_int_equal(renewal_next(&now, &shortest, T + 209, &due_s), RENEWAL_MAKE_CA); /* not every second */
    assert_int_equal(renewal_next(&now, &shortest, T + 210, &due_s), RENEWAL_ISSUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_thirds),
        cmocka_unit_test(test_what_is_made),
        cmocka_unit_test(test_first_install),
        cmocka_unit_test(test_the_leaf_at_the_very_second),
        cmocka_unit_test(test_the_ca_at_the_very_second),
        cmocka_unit_test(test_the_ca_while_a_whole_leaf_fits),
        cmocka_unit_test(test_a_new_ca_settles_first),
        cmocka_unit_test(test_no_leaf_waits_all_the_same),
        cmocka_unit_test(test_an_expired_leaf_of_the_ca_waits_for_nothing),
        cmocka_unit_test(test_a_ca_out_of_its_time_is_none),
        cmocka_unit_test(test_a_ca_signs_before_there_is_the_next),
        cmocka_unit_test(test_trusted_since_later_than_now),
        cmocka_unit_test(test_very_short_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
