/* core/record: uses of break-glass, and what is owed for them. */
#include "assert_text.h"

#include "core/record.h"

#include <string.h>

static const struct record_override one = {.incident = TEXT("INC1"), .by = TEXT("erin"), .at_s = 100};

static void test_a_debt_is_settled_by_somebody_else(void **state)
{
    (void)state;
    struct record record = {.template_count = 0};
    struct record_override by_bob = one;
    by_bob.by = text_of("bob");
    record_override(&record, &one);
    record_override(&record, &by_bob);
    assert_int_equal(record_review(&record, text_of("bob"), 500), 1);
    assert_text(record.overrides[0].reviewed_by, "");
    assert_text(record.overrides[1].reviewed_by, "bob");
    assert_int_equal(record.overrides[1].reviewed_s, 500);
    assert_int_equal(record_review(&record, text_of("bob"), 600), 0);
    assert_int_equal(record_review(&record, text_of("ann"), 600), 1);
}

static void test_an_open_debt_stays_longest(void **state)
{
    (void)state;
    struct record record = {.template_count = 0};
    struct record_override override = one;
    for (int i = 0; i < RECORD_OVERRIDES_MOST; i++) {
        override.at_s = 100 + i;
        override.reviewed_by = i == 4 ? text_of("bob") : TEXT_EMPTY;
        record_override(&record, &override);
    }
    override.at_s = 200;
    override.reviewed_by = TEXT_EMPTY;
    record_override(&record, &override); /* the one that was reviewed goes */
    assert_int_equal(record.override_count, RECORD_OVERRIDES_MOST);
    assert_int_equal(record.overrides[0].at_s, 200);
    assert_int_equal(record.overrides[9].at_s, 100);
    for (int i = 0; i < RECORD_OVERRIDES_MOST; i++)
        assert_text(record.overrides[i].reviewed_by, "");
    override.at_s = 300;
    record_override(&record, &override); /* now the oldest but the first, which says since when it is used */
    assert_int_equal(record.overrides[9].at_s, 100);
    assert_int_equal(record.overrides[8].at_s, 102);
}

static void test_the_first_use_counts(void **state)
{
    (void)state;
    struct record record = {.template_count = 0};
    struct record_override later = one;
    later.at_s = 900;
    record_override(&record, &one);
    record_override(&record, &later);
    assert_int_equal(record_first_use_s(&record, text_of("INC1")), 100);
    assert_int_equal(record_first_use_s(&record, text_of("INC2")), 0);
}

/* Ten of the incidents 0 to 9, oldest first; those in `reviewed` were looked at. */
static struct record owing(const char *reviewed)
{
    static const char names[] = "0123456789";
    struct record record = {.template_count = 0};
    for (int64_t i = 0; i < RECORD_OVERRIDES_MOST; i++)
        record_override(&record, &(struct record_override){
                                     .incident = {&names[i], 1},
                                     .by = TEXT("erin"),
                                     .at_s = 100 + i,
                                     .reviewed_by = strchr(reviewed, names[i]) ? text_of("bob") : TEXT_EMPTY,
                                 });
    return record;
}

static const struct record_override new = {.incident = TEXT("n"), .by = TEXT("erin"), .at_s = 200};

static void test_which_use_goes(void **state)
{
    (void)state;
    static const struct {
        const char *reviewed, *left;
    } rows[] = {
        {"0", "n987654321"},   {"9", "n876543210"},
        {"5", "n987643210"},   {"37", "n987654210"}, /* the older of the two */
        {"789", "n986543210"}, {"0123456789", "n987654321"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record record = owing(rows[i].reviewed);
        char is[RECORD_OVERRIDES_MOST + 1] = "";
        assert_true(record_has_room(&record, &new));
        record_override(&record, &new);
        for (size_t j = 0; j < record.override_count; j++)
            is[j] = record.overrides[j].incident.at[0];
        assert_string_equal(is, rows[i].left);
    }
}

static void test_no_debt_is_forgotten(void **state)
{
    (void)state;
    struct record record = owing(""), before = record;
    assert_int_equal(record_debts(&record), 10);
    assert_false(record_has_room(&record, &new));
    record_override(&record, &new);
    assert_true(record_same(&record, &before, false, false));
    record_review(&record, text_of("bob"), 900);
    assert_int_equal(record_debts(&record), 0);
    assert_true(record_has_room(&record, &new));
    record = (struct record){.template_count = 0};
    assert_true(record_has_room(&record, &new));
}

/* Of ten debts two are for incident 5, and it is used again, by `who`: whether that has room. */
static bool fits_again(const char *who, const char *second)
{
    struct record record = owing("");
    struct record_override again = {.incident = TEXT("5"), .by = text_of(who), .at_s = 200};
    record.overrides[1].incident = text_of("5"); /* after the one at 105 */
    record.overrides[1].by = text_of(second);
    bool fits = record_has_room(&record, &again);
    record_override(&record, &again);
    assert_int_equal(record_first_use_s(&record, text_of("5")), 105);
    assert_int_equal(record.overrides[0].at_s, fits ? 200 : 109);
    return fits;
}

static void test_a_later_use_stands_for_one_of_the_same_person(void **state)
{
    (void)state;
    assert_true(fits_again("erin", "erin"));
    assert_false(fits_again("carol", "erin"));
    assert_false(fits_again("erin", "carol"));
    assert_true(fits_again("carol", "carol"));
}

static void test_the_first_use_of_an_incident_stays_although_it_was_reviewed(void **state)
{
    (void)state;
    struct record record = owing("5");
    const struct record_override again = {.incident = TEXT("5"), .by = TEXT("erin"), .at_s = 200};
    assert_false(record_has_room(&record, &again)); /* or it would never expire */
    record_override(&record, &again);
    assert_int_equal(record_first_use_s(&record, text_of("5")), 105);
}

static void test_a_review_is_about_all_debts_of_others(void **state)
{
    (void)state;
    struct record record = owing("3");
    record.overrides[0].by = text_of("carol");
    assert_int_equal(record_review(&record, text_of("carol"), 900), 8);
    assert_text(record.overrides[0].reviewed_by, "");
    assert_int_equal(record.overrides[0].reviewed_s, 0);
    assert_text(record.overrides[6].reviewed_by, "bob"); /* incident 3: who was first stays */
    assert_int_equal(record.overrides[6].reviewed_s, 0);
    assert_text(record.overrides[9].reviewed_by, "carol");
    assert_int_equal(record.overrides[9].reviewed_s, 900);
    assert_int_equal(record_review(&record, text_of("dave"), 950), 1);
    assert_text(record.overrides[0].reviewed_by, "dave");
}

static void test_the_first_use_among_others(void **state)
{
    (void)state;
    struct record record = owing("");
    assert_int_equal(record_first_use_s(&record, text_of("0")), 100);
    assert_int_equal(record_first_use_s(&record, text_of("9")), 109);
    record.overrides[2].incident = text_of("4"); /* at 107, and first at 104 */
    assert_int_equal(record_first_use_s(&record, text_of("4")), 104);
    record_review(&record, text_of("bob"), 900); /* a review does not make it new */
    assert_int_equal(record_first_use_s(&record, text_of("4")), 104);
    assert_int_equal(record_first_use_s(&record, text_of("")), 0);
}

/* ---- the two passes ---- */

static void test_a_review_of_all_has_slack(void **state)
{
    (void)state;
    struct record a = owing(""), b = owing("");
    record_review(&a, text_of("bob"), 900);
    record_review(&b, text_of("bob"), 960);
    assert_true(record_same(&a, &b, true, false));
    assert_false(record_same(&a, &b, false, false));
    b.overrides[9].reviewed_s = 961;
    assert_false(record_same(&a, &b, true, false));
    b.overrides[9].reviewed_s = 0;
    assert_false(record_same(&a, &b, true, false));
}

static void test_each_difference_of_an_override_counts(void **state)
{
    (void)state;
    struct record a = owing("5"), b;
    b = a, b.overrides[0].digest = text_of("dx");
    assert_false(record_same(&a, &b, true, false));
    assert_true(record_same(&a, &b, true, true));
    b = a, b.overrides[1].digest = text_of("dx");
    assert_false(record_same(&a, &b, true, true));
    b = a, b.overrides[0].incident = text_of("x");
    assert_false(record_same(&a, &b, true, true));
    b = a, b.overrides[0].by = text_of("eve");
    assert_false(record_same(&a, &b, true, true));
    b = a, b.overrides[4].reviewed_by = TEXT_EMPTY;
    assert_false(record_same(&a, &b, true, true));
    b = a, b.overrides[0].at_s += RECORD_PASS_S + 1;
    assert_false(record_same(&a, &b, true, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_debt_is_settled_by_somebody_else),
        cmocka_unit_test(test_an_open_debt_stays_longest),
        cmocka_unit_test(test_the_first_use_counts),
        cmocka_unit_test(test_which_use_goes),
        cmocka_unit_test(test_no_debt_is_forgotten),
        cmocka_unit_test(test_a_later_use_stands_for_one_of_the_same_person),
        cmocka_unit_test(test_the_first_use_of_an_incident_stays_although_it_was_reviewed),
        cmocka_unit_test(test_a_review_is_about_all_debts_of_others),
        cmocka_unit_test(test_the_first_use_among_others),
        cmocka_unit_test(test_a_review_of_all_has_slack),
        cmocka_unit_test(test_each_difference_of_an_override_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
