/* core/record: what enters, what goes, what is a rollback, and what is used up. See test_record_override.c.
 */
#include "assert_text.h"

#include "core/record.h"

static const struct record_template first = {
    .digest = TEXT("d1"), .at_s = 100, .by = TEXT("ann"), .ids = {TEXT("CHG1")}, .id_count = 1};
static const struct record_template second = {
    .digest = TEXT("d2"), .at_s = 200, .by = TEXT("bob"), .ids = {TEXT("CHG2"), TEXT("CHG3")}, .id_count = 2};

static struct record made(void)
{
    struct record record = {.template_count = 0};
    record_admit(&record, &first);
    record_admit(&record, &second);
    return record;
}

static void test_the_newest_is_in_front(void **state)
{
    (void)state;
    struct record record = made();
    assert_int_equal(record.template_count, 2);
    assert_text(record.templates[0].digest, "d2");
    assert_text(record.templates[1].digest, "d1");
    assert_ptr_equal(record_find(&record, text_of("d1")), &record.templates[1]);
    assert_null(record_find(&record, text_of("d3")));
}

static void test_one_that_comes_again_keeps_its_ids(void **state)
{
    (void)state;
    struct record record = made();
    struct record_template again = first;
    again.at_s = 300;
    again.ids[0] = text_of("CHG4");
    record_admit(&record, &again);
    assert_int_equal(record.template_count, 2);
    assert_text(record.templates[0].digest, "d1");
    assert_int_equal(record.templates[0].at_s, 300);
    assert_int_equal(record.templates[0].id_count, 2);
    assert_text(record.templates[0].ids[0], "CHG4");
    assert_text(record.templates[0].ids[1], "CHG1");
    assert_text(record.templates[1].digest, "d2");
}

static void test_of_eleven_the_oldest_goes(void **state)
{
    (void)state;
    struct record record = {.template_count = 0};
    static const char digests[] = "abcdefghijk";
    for (size_t i = 0; i < 11; i++)
        record_admit(&record, &(struct record_template){.digest = {&digests[i], 1}, .at_s = 1});
    assert_int_equal(record.template_count, RECORD_TEMPLATES_MOST);
    assert_text(record.templates[0].digest, "k");
    assert_text(record.templates[9].digest, "b");
    assert_null(record_find(&record, text_of("a")));
}

static void test_no_pod_ran_what_waits(void **state)
{
    (void)state;
    struct record record = made();
    struct record_template waiting = {.digest = TEXT("d3"), .at_s = 300, .waiting = true};
    record_admit(&record, &waiting);
    assert_true(record_ran(&record, text_of("d1")));
    assert_false(record_ran(&record, text_of("d3")));
    assert_false(record_ran(&record, text_of("d4")));
    waiting.waiting = false; /* resumed */
    record_admit(&record, &waiting);
    assert_true(record_ran(&record, text_of("d3")));
    waiting.waiting = true; /* paused later: its pods ran all the same */
    record_admit(&record, &waiting);
    assert_true(record_ran(&record, text_of("d3")));
}

/* As many, from `digests`, the last one newest. */
static struct record filled(const char *digests)
{
    struct record record = {.template_count = 0};
    for (int64_t i = 0; digests[i] != '\0'; i++)
        record_admit(&record, &(struct record_template){.digest = {&digests[i], 1}, .at_s = i + 1});
    return record;
}

static void assert_order(const struct record *record, const char *digests)
{
    char is[RECORD_TEMPLATES_MOST + 1] = "";
    for (size_t i = 0; i < record->template_count; i++)
        is[i] = record->templates[i].digest.at[0];
    assert_string_equal(is, digests);
}

static void test_nothing_is_in_an_empty_one(void **state)
{
    (void)state;
    struct record record = {.template_count = 0};
    struct text other = text_of("untouched");
    assert_null(record_find(&record, text_of("d1")));
    assert_null(record_find(&record, TEXT_EMPTY));
    assert_false(record_ran(&record, text_of("d1")));
    assert_false(record_used(&record, text_of("CHG1"), TEXT_EMPTY, &other));
    assert_text(other, "untouched");
    assert_int_equal(record_first_use_s(&record, text_of("INC1")), 0);
    assert_int_equal(record_review(&record, text_of("bob"), 1), 0);
    assert_true(record_same(&record, &record, false, false));
}

static void test_what_comes_again_leaves_the_others_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *was, *again, *is;
    } rows[] = {
        {"abc", "a", "acb"},
        {"abc", "b", "bca"},
        {"abc", "c", "cba"},
        {"abcdefghij", "a", "ajihgfedcb"}, /* ten, and nothing has to go */
        {"abcdefghij", "e", "ejihgfdcba"},
        {"abcdefghij", "j", "jihgfedcba"},
        {"abcdefghij", "k", "kjihgfedcb"},
        {"abcdefghijklm", "a", "amlkjihgfe"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record record = filled(rows[i].was);
        record_admit(&record, &(struct record_template){.digest = text_of(rows[i].again), .at_s = 99});
        assert_order(&record, rows[i].is);
        assert_int_equal(record.templates[0].at_s, 99);
    }
}

static void test_the_same_id_is_kept_once(void **state)
{
    (void)state;
    struct record record = made();
    struct record_template again = second;
    again.id_count = 1;
    again.ids[0] = text_of("CHG3");
    record_admit(&record, &again);
    assert_int_equal(record.templates[0].id_count, 2);
    assert_text(record.templates[0].ids[0], "CHG3");
    assert_text(record.templates[0].ids[1], "CHG2");
}

static void test_of_too_many_ids_the_new_ones_stay(void **state)
{
    (void)state;
    static const char old_ids[] = "abcdefghijklmnopABCDEFGHIJKLMNOP", new_ids[] = "pqr";
    struct record record = {.template_count = 0};
    struct record_template entry = {.digest = TEXT("d1"), .at_s = 1, .id_count = RECORD_IDS_MOST};
    for (size_t i = 0; i < RECORD_IDS_MOST; i++)
        entry.ids[i] = (struct text){&old_ids[i], 1};
    record_admit(&record, &entry);
    entry.id_count = 3;
    for (size_t i = 0; i < 3; i++)
        entry.ids[i] = (struct text){&new_ids[i], 1};
    record_admit(&record, &entry);
    char is[RECORD_IDS_MOST + 1] = "";
    assert_int_equal(record.templates[0].id_count, RECORD_IDS_MOST);
    for (size_t i = 0; i < RECORD_IDS_MOST; i++)
        is[i] = record.templates[0].ids[i].at[0];
    assert_string_equal(is, "pqrabcdefghijklmnoABCDEFGHIJKLMN");
}

static void test_who_admits_it_again_is_named(void **state)
{
    (void)state;
    struct record record = made();
    struct record_template again = {.digest = TEXT("d1"), .at_s = 300, .by = TEXT("eve")};
    record_admit(&record, &again);
    assert_text(record.templates[0].by, "eve");
    assert_int_equal(record.templates[0].id_count, 1);
    assert_text(record.templates[0].ids[0], "CHG1");
}

static void test_what_was_there_before_the_gate_ran(void **state)
{
    (void)state;
    struct record record = {.template_count = 0};
    record_admit(&record, &(struct record_template){.digest = TEXT("d0")});
    assert_true(record_ran(&record, text_of("d0")));
    assert_int_equal(record_find(&record, text_of("d0"))->at_s, 0);
}

static void test_an_id_is_used_by_another_template(void **state)
{
    (void)state;
    struct record record = made();
    struct text other;
    assert_true(record_used(&record, text_of("CHG1"), text_of("d2"), &other));
    assert_text(other, "d1");
    assert_true(record_used(&record, text_of("CHG3"), TEXT_EMPTY, &other));
    assert_text(other, "d2");
    assert_false(record_used(&record, text_of("CHG1"), text_of("d1"), &other));
    assert_false(record_used(&record, text_of("CHG9"), text_of("d1"), &other));
}

/* ---- the two passes ---- */

static const struct record_override one = {.incident = TEXT("INC1"), .by = TEXT("erin"), .at_s = 100};

static void test_two_passes_differ_by_their_time(void **state)
{
    (void)state;
    struct record a = made(), b = made();
    record_override(&a, &one);
    record_override(&b, &one);
    assert_true(record_same(&a, &b, false, false));
    b.templates[0].at_s += RECORD_PASS_S;
    b.overrides[0].at_s -= RECORD_PASS_S;
    assert_true(record_same(&a, &b, true, false));
    assert_false(record_same(&a, &b, false, false));
    b.templates[0].at_s++;
    assert_false(record_same(&a, &b, true, false));
}

static void test_an_older_entry_has_no_slack(void **state)
{
    (void)state;
    struct record a = made(), b = made();
    b.templates[1].at_s++;
    assert_false(record_same(&a, &b, true, true));
    b = made();
    b.templates[0].at_s = 0; /* preexisting */
    assert_false(record_same(&a, &b, true, true));
}

static void test_each_difference_counts(void **state)
{
    (void)state;
    struct record a = made(), b;
    record_override(&a, &one);
    b = a, b.templates[0].digest = text_of("dx");
    assert_false(record_same(&a, &b, true, false));
    assert_true(record_same(&a, &b, true, true));
    b = a, b.templates[1].digest = text_of("dx");
    assert_false(record_same(&a, &b, true, true));
    b = a, b.templates[0].by = text_of("eve");
    assert_false(record_same(&a, &b, true, true));
    b = a, b.templates[0].waiting = true;
    assert_false(record_same(&a, &b, true, true));
    b = a, b.templates[0].ids[1] = text_of("CHG9");
    assert_false(record_same(&a, &b, true, true));
    b = a, b.templates[0].id_count = 1;
    assert_false(record_same(&a, &b, true, true));
    b = a, b.template_count = 1;
    assert_false(record_same(&a, &b, true, true));
    b = a, b.overrides[0].reviewed_by = text_of("eve");
    assert_false(record_same(&a, &b, true, true));
    b = a, b.overrides[0].reason = text_of("because");
    assert_false(record_same(&a, &b, true, true));
    b = a, b.override_count = 0;
    assert_false(record_same(&a, &b, true, true));
}

static void test_the_slack_ends_on_the_second(void **state)
{
    (void)state;
    static const struct {
        int64_t apart_s;
        bool same;
    } rows[] = {{0, true}, {1, true}, {60, true}, {61, false}, {-60, true}, {-61, false}};
    assert_int_equal(RECORD_PASS_S, 60);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record a = made(), b = made();
        b.templates[0].at_s += rows[i].apart_s;
        assert_int_equal(record_same(&a, &b, true, false), rows[i].same);
        assert_int_equal(record_same(&b, &a, true, false), rows[i].same);
        assert_int_equal(record_same(&a, &b, false, true), rows[i].apart_s == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_is_in_front),
        cmocka_unit_test(test_one_that_comes_again_keeps_its_ids),
        cmocka_unit_test(test_of_eleven_the_oldest_goes),
        cmocka_unit_test(test_no_pod_ran_what_waits),
        cmocka_unit_test(test_nothing_is_in_an_empty_one),
        cmocka_unit_test(test_what_comes_again_leaves_the_others_in_order),
        cmocka_unit_test(test_the_same_id_is_kept_once),
        cmocka_unit_test(test_of_too_many_ids_the_new_ones_stay),
        cmocka_unit_test(test_who_admits_it_again_is_named),
        cmocka_unit_test(test_what_was_there_before_the_gate_ran),
        cmocka_unit_test(test_an_id_is_used_by_another_template),
        cmocka_unit_test(test_two_passes_differ_by_their_time),
        cmocka_unit_test(test_an_older_entry_has_no_slack),
        cmocka_unit_test(test_each_difference_counts),
        cmocka_unit_test(test_the_slack_ends_on_the_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
