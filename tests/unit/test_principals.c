/* Who is on a list: by user name or by one of the groups, and nothing else. */
#include "assert_text.h"

#include "core/principals.h"

static const struct text users[] = {TEXT("ann"), TEXT("system:admin")};
static const struct text groups[] = {TEXT("release"), TEXT("system:masters")};
static const struct principals both = {users, groups, 2, 2};

static bool includes(const struct principals *principals, const char *name, const struct text *of_user,
                     size_t count)
{
    const struct user user = {text_of(name), of_user, count};
    return principals_include(principals, &user);
}

static void test_by_name_or_group(void **state)
{
    (void)state;
    static const struct text others[] = {TEXT("dev"), TEXT("system:masters"), TEXT("Release")};
    assert_true(includes(&both, "ann", NULL, 0));
    assert_true(includes(&both, "system:admin", others, 1));
    assert_true(includes(&both, "bob", others, 2)); /* the second group */
    assert_false(includes(&both, "bob", others, 1));
    assert_false(includes(&both, "bob", others + 2, 1)); /* case counts */
    assert_false(includes(&both, "Ann", NULL, 0));
    assert_false(includes(&both, "an", NULL, 0));
    assert_false(includes(&both, "anna", NULL, 0));
}

/* A user may call himself what a group is called. */
static void test_a_name_is_no_group(void **state)
{
    (void)state;
    static const struct text named_ann[] = {TEXT("ann")};
    assert_false(includes(&both, "release", NULL, 0));
    assert_false(includes(&both, "bob", named_ann, 1));
}

static void test_an_empty_list_has_nobody(void **state)
{
    (void)state;
    static const struct principals nobody = {NULL, NULL, 0, 0};
    assert_false(includes(&nobody, "ann", groups, 2));
    assert_false(includes(&nobody, "", NULL, 0));
    assert_false(includes(&both, "", NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_name_or_group),
        cmocka_unit_test(test_a_name_is_no_group),
        cmocka_unit_test(test_an_empty_list_has_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
