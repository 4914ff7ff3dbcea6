/* Ids of an annotation. */
#include "assert_text.h"

#include "core/approval.h"

#include <string.h>

/* CHG and digits, at least one. */
static bool is_change_id(const void *program, struct text subject)
{
    (void)program;
    if (!text_starts_with(subject, text_of("CHG")) || subject.length == 3)
        return false;
    for (size_t i = 3; i < subject.length; i++)
        if (subject.at[i] < '0' || subject.at[i] > '9')
            return false;
    return true;
}

static const struct approval_rule rule = {.id_pattern = {TEXT("^CHG[0-9]+$"), NULL, is_change_id},
                                          .minimum = 1};

static struct approval_evidence read(const char *annotation)
{
    struct approval_evidence evidence;
    memset(&evidence, 0xa5, sizeof(evidence));
    approval_read_ids(&rule, text_of(annotation), &evidence);
    return evidence;
}

static void test_absent_and_empty(void **state)
{
    (void)state;
    static const char *const nothing[] = {NULL, "", " ", ",", " , ,\t\n,"};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        struct approval_evidence evidence = read(nothing[i]);
        assert_int_equal(evidence.valid_count, 0);
        assert_int_equal(evidence.invalid_count, 0);
        assert_false(evidence.too_many);
    }
}

static void test_split_at_commas_and_blanks(void **state)
{
    (void)state;
    static const char *const spellings[] = {"CHG1,CHG2",   "CHG1 CHG2",    " CHG1 , CHG2 ",
                                            "CHG1,,CHG2,", "CHG1\nCHG2\n", "CHG1\tCHG2\r\n"};
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        struct approval_evidence evidence = read(spellings[i]);
        assert_int_equal(evidence.valid_count, 2);
        assert_int_equal(evidence.invalid_count, 0);
        assert_text(evidence.valid[0], "CHG1");
        assert_text(evidence.valid[1], "CHG2");
    }
}

static void test_the_same_id_twice_is_one_approval(void **state)
{
    (void)state;
    struct approval_evidence evidence = read("CHG1,CHG1 CHG1,bad,bad");
    assert_int_equal(evidence.valid_count, 1);
    assert_int_equal(evidence.invalid_count, 1);
}

static void test_invalid_ids_are_kept_apart(void **state)
{
    (void)state;
    struct approval_evidence evidence = read("CHG1,chg2,CHG,CHG3;CHG4,CHG5");
    assert_int_equal(evidence.valid_count, 2);
    assert_text(evidence.valid[0], "CHG1");
    assert_text(evidence.valid[1], "CHG5");
    assert_int_equal(evidence.invalid_count, 3);
    assert_text(evidence.invalid[0], "chg2");
    assert_text(evidence.invalid[1], "CHG");
    assert_text(evidence.invalid[2], "CHG3;CHG4");
}

static void test_without_a_pattern_nothing_is_valid(void **state)
{
    (void)state;
    struct approval_rule no_pattern = {.minimum = 1};
    struct approval_evidence evidence;
    approval_read_ids(&no_pattern, text_of("CHG1"), &evidence);
    assert_int_equal(evidence.valid_count, 0);
    assert_int_equal(evidence.invalid_count, 1);
}

static void test_there_is_a_most(void **state)
{
    (void)state;
    char ids[4096] = "";
    size_t length = 0;
    for (int i = 0; i < APPROVAL_IDS_MOST; i++)
        length += (size_t)snprintf(ids + length, sizeof(ids) - length, "CHG%d,", i);
    struct approval_evidence evidence = read(ids);
    assert_int_equal(evidence.valid_count, APPROVAL_IDS_MOST);
    assert_false(evidence.too_many);
    snprintf(ids + length, sizeof(ids) - length, "CHG0,CHG3"); /* known ones take no room */
    assert_false(read(ids).too_many);
    snprintf(ids + length, sizeof(ids) - length, "CHG99,bad");
    evidence = read(ids);
    assert_true(evidence.too_many);
    assert_int_equal(evidence.valid_count, APPROVAL_IDS_MOST);
    assert_int_equal(evidence.invalid_count, 0);
}

static void test_a_very_long_annotation(void **state)
{
    (void)state;
    static char ids[256 << 10]; /* what the API server lets an object's annotations be */
    for (size_t i = 0; i + 8 < sizeof(ids); i += 8)
        snprintf(ids + i, sizeof(ids) - i, "x%06zu ", i / 8);
    struct approval_evidence evidence = read(ids);
    assert_true(evidence.too_many);
    assert_int_equal(evidence.invalid_count, APPROVAL_IDS_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absent_and_empty),
        cmocka_unit_test(test_split_at_commas_and_blanks),
        cmocka_unit_test(test_the_same_id_twice_is_one_approval),
        cmocka_unit_test(test_invalid_ids_are_kept_apart),
        cmocka_unit_test(test_without_a_pattern_nothing_is_valid),
        cmocka_unit_test(test_there_is_a_most),
        cmocka_unit_test(test_a_very_long_annotation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
