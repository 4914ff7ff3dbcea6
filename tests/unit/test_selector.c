/* Kubernetes label selectors, as the API server reads them. */
#include "assert_text.h"

#include "core/selector.h"

static const struct label shop_labels[] = {
    {TEXT("changegate.dev/tier"), TEXT("tier-1")},
    {TEXT("team"), TEXT("checkout")},
    {TEXT("empty"), TEXT("")},
};
static const struct labels shop = {shop_labels, 3};
static const struct labels bare = {NULL, 0};

static void test_labels_get(void **state)
{
    (void)state;
    assert_text(*labels_get(shop, text_of("team")), "checkout");
    assert_text(*labels_get(shop, text_of("empty")), "");
    assert_null(labels_get(shop, text_of("Team")));
    assert_null(labels_get(shop, text_of("tea")));
    assert_null(labels_get(bare, text_of("team")));
}

static bool holds(const char *key, enum selector_operator operator, const struct text * values, size_t count,
                  struct labels labels)
{
    struct selector_requirement requirement = {text_of(key), operator, values, count};
    struct selector selector = {&requirement, 1};
    return selector_matches(&selector, labels);
}

static void test_in(void **state)
{
    (void)state;
    static const struct text tiers[] = {TEXT("tier-0"), TEXT("tier-1")}, other[] = {TEXT("tier-2")},
                             nothing[] = {TEXT("")};
    assert_true(holds("changegate.dev/tier", SELECTOR_IN, tiers, 2, shop));
    assert_false(holds("changegate.dev/tier", SELECTOR_IN, other, 1, shop));
    assert_false(holds("changegate.dev/tier", SELECTOR_IN, tiers, 2, bare));
    assert_true(holds("empty", SELECTOR_IN, nothing, 1, shop));
    assert_false(holds("absent", SELECTOR_IN, nothing, 1, shop)); /* absent is not empty */
}

static void test_not_in_holds_for_the_absent(void **state)
{
    (void)state;
    static const struct text tiers[] = {TEXT("tier-0"), TEXT("tier-1")}, other[] = {TEXT("tier-2")};
    assert_false(holds("changegate.dev/tier", SELECTOR_NOT_IN, tiers, 2, shop));
    assert_true(holds("changegate.dev/tier", SELECTOR_NOT_IN, other, 1, shop));
    assert_true(holds("changegate.dev/tier", SELECTOR_NOT_IN, tiers, 2, bare));
}

static void test_exists(void **state)
{
    (void)state;
    assert_true(holds("empty", SELECTOR_EXISTS, NULL, 0, shop));
    assert_false(holds("absent", SELECTOR_EXISTS, NULL, 0, shop));
    assert_false(holds("empty", SELECTOR_DOES_NOT_EXIST, NULL, 0, shop));
    assert_true(holds("absent", SELECTOR_DOES_NOT_EXIST, NULL, 0, shop));
}

static void test_all_requirements_must_hold(void **state)
{
    (void)state;
    static const struct text tier[] = {TEXT("tier-1")}, teams[] = {TEXT("search")};
    const struct selector_requirement requirements[] = {
        {TEXT("changegate.dev/tier"), SELECTOR_IN, tier, 1},
        {TEXT("team"), SELECTOR_EXISTS, NULL, 0},
        {TEXT("team"), SELECTOR_IN, teams, 1},
    };
    assert_true(selector_matches(&(struct selector){requirements, 2}, shop));
    assert_false(selector_matches(&(struct selector){requirements, 3}, shop));
}

static void test_empty_selector_matches_everything(void **state)
{
    (void)state;
    assert_true(selector_matches(&(struct selector){NULL, 0}, shop));
    assert_true(selector_matches(&(struct selector){NULL, 0}, bare));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_get),
        cmocka_unit_test(test_in),
        cmocka_unit_test(test_not_in_holds_for_the_absent),
        cmocka_unit_test(test_exists),
        cmocka_unit_test(test_all_requirements_must_hold),
        cmocka_unit_test(test_empty_selector_matches_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
