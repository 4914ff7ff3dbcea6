/* What one change needs of approvals: each condition of a requirement, and what several add up to. */
#include "assert_text.h"

#include "core/requirement.h"

#include <string.h>

static const struct label labels[] = {{TEXT("team"), TEXT("pay")}, {TEXT("plain"), TEXT("")}};
static const struct label annotations[] = {{TEXT("changegate.dev/ai-assisted"), TEXT("true")}};
static const struct text images[] = {TEXT("registry.example.com/shop/web:1"), TEXT("envoy:v1")};
static const struct text dev[] = {TEXT("dev"), TEXT("night-shift")};
static const struct text approvers[] = {TEXT("approvers")};
static const struct text security[] = {TEXT("security"), TEXT("risk")};

/* A rollout of a labelled, annotated Deployment. */
static struct change rollout(void)
{
    return (struct change){
        .operation = OPERATION_UPDATE,
        .user = {TEXT("ann"), dev, 2},
        .kind = TEXT("Deployment"),
        .has_annotations = true,
        .has_labels = true,
        .labels_before = {labels, 2},
        .labels_after = {labels, 2},
        .annotations = {annotations, 1},
        .images = images,
        .image_count = 2,
        .classes = CLASS_BIT(CLASS_ROLLOUT),
    };
}

static struct policy policy_with(const struct requirement *requirements, size_t count)
{
    struct policy policy = {
        .name = TEXT("tier-1"),
        .approval = {.minimum = 1,
                     .sources = SOURCE_BIT(SOURCE_ANNOTATION) | SOURCE_BIT(SOURCE_APPROVAL) |
                                SOURCE_BIT(SOURCE_TOKEN)},
        .document = {.required = true},
        .requirements = requirements,
        .requirement_count = count,
    };
    memcpy(policy.needs, policy_default_needs, sizeof(policy.needs));
    return policy;
}

static bool meets(const struct requirement *requirement, const struct change *change)
{
    const struct policy policy = policy_with(NULL, 0);
    return requirement_matches(requirement, &policy, change);
}

static struct approval_need need_of(const struct policy *policy, const struct change *change)
{
    struct approval_need need;
    memset(&need, 0xa5, sizeof(need));
    approval_need_of(policy, change, &need);
    return need;
}

/* ---- conditions ---- */

static void test_without_conditions_it_is_about_what_needs_an_approval(void **state)
{
    (void)state;
    const struct requirement any = {.minimum = 2};
    struct change change = rollout();
    assert_true(meets(&any, &change));
    change.classes = CLASS_BIT(CLASS_SCALE) | CLASS_BIT(CLASS_CREATE);
    assert_true(meets(&any, &change));
    change.classes = CLASS_BIT(CLASS_SCALE);
    assert_false(meets(&any, &change));
}

static void test_classes(void **state)
{
    (void)state;
    const struct requirement scales = {.classes = CLASS_BIT(CLASS_SCALE) | CLASS_BIT(CLASS_DELETE)};
    struct change change = rollout();
    assert_false(meets(&scales, &change));
    change.classes |= CLASS_BIT(CLASS_SCALE);
    assert_true(meets(&scales, &change));
    change.classes = CLASS_BIT(CLASS_DELETE); /* although the policy asks no approval of it */
    assert_true(meets(&scales, &change));
}

static void test_an_edit_that_replaces_no_pod_needs_nothing(void **state)
{
    (void)state;
    const struct requirement all = {.classes = ~(change_classes)0, .minimum = 1, .document = true};
    struct policy policy = policy_with(&all, 1);
    struct change change = rollout();
    policy.needs[CLASS_METADATA].approval = true;
    change.classes = CLASS_BIT(CLASS_METADATA);
    assert_false(requirement_matches(&all, &policy, &change));
    struct approval_need need = need_of(&policy, &change);
    assert_false(need.approval || need.document || need.document_required);
    assert_int_equal(need.by_count, 0);
    assert_int_equal(need.minimum, 0);
}

static void test_annotation(void **state)
{
    (void)state;
    const struct text key = TEXT("changegate.dev/ai-assisted");
    const struct requirement there = {.annotation = key};
    const struct requirement equal = {.annotation = key, .annotation_equals = TEXT("true")};
    const struct requirement other = {.annotation = key, .annotation_equals = TEXT("tru")};
    const struct requirement empty = {.annotation = key, .annotation_equals = TEXT("")};
    struct change change = rollout();
    assert_true(meets(&there, &change));
    assert_true(meets(&equal, &change));
    assert_false(meets(&other, &change));
    assert_false(meets(&empty, &change)); /* written, and the value is another */
    change.annotations.count = 0;
    assert_false(meets(&there, &change));
    assert_false(meets(&equal, &change));
}

static void test_label_of_the_old_or_the_new_object(void **state)
{
    (void)state;
    const struct requirement there = {.label = TEXT("team")};
    const struct requirement equal = {.label = TEXT("team"), .label_equals = TEXT("pay")};
    const struct requirement other = {.label = TEXT("team"), .label_equals = TEXT("ship")};
    const struct requirement empty = {.label = TEXT("plain"), .label_equals = TEXT("")};
    struct change change = rollout();
    assert_true(meets(&there, &change) && meets(&equal, &change) && meets(&empty, &change));
    assert_false(meets(&other, &change));
    change.labels_after.count = 0; /* taken off by this change */
    assert_true(meets(&equal, &change));
    change.labels_before.count = 0;
    assert_false(meets(&there, &change));
    change.labels_after.count = 2; /* put on by this change */
    assert_true(meets(&equal, &change));
}

static void test_kind_and_group(void **state)
{
    (void)state;
    static const struct text kinds[] = {TEXT("StatefulSet"), TEXT("Deployment")};
    const struct requirement both = {.kinds = kinds, .kind_count = 2};
    const struct requirement first = {.kinds = kinds, .kind_count = 1};
    const struct requirement night = {.user_groups = dev + 1, .user_group_count = 1};
    struct change change = rollout();
    assert_true(meets(&both, &change));
    assert_false(meets(&first, &change));
    assert_true(meets(&night, &change));
    change.user.group_count = 1;
    assert_false(meets(&night, &change));
    change.user.group_count = 0;
    assert_false(meets(&night, &change));
}

static void test_image_prefix_as_written(void **state)
{
    (void)state;
    static const struct text prefixes[] = {TEXT("mirror.example.com/"), TEXT("registry.example.com/shop")};
    static const struct text whole[] = {TEXT("envoy:v1")}, longer[] = {TEXT("envoy:v1.2")};
    const struct requirement both = {.image_prefixes = prefixes, .image_prefix_count = 2};
    const struct requirement first = {.image_prefixes = prefixes, .image_prefix_count = 1};
    const struct requirement second_image = {.image_prefixes = whole, .image_prefix_count = 1};
    const struct requirement none = {.image_prefixes = longer, .image_prefix_count = 1};
    const struct change change = rollout();
    assert_true(meets(&both, &change));
    assert_false(meets(&first, &change));
    assert_true(meets(&second_image, &change));
    assert_false(meets(&none, &change));
}

static void test_all_conditions_have_to_be_met(void **state)
{
    (void)state;
    static const struct text kinds[] = {TEXT("Deployment")};
    const struct requirement all = {.annotation = TEXT("changegate.dev/ai-assisted"),
                                    .label = TEXT("team"),
                                    .kinds = kinds,
                                    .kind_count = 1,
                                    .image_prefixes = images,
                                    .image_prefix_count = 1,
                                    .user_groups = dev,
                                    .user_group_count = 1,
                                    .classes = CLASS_BIT(CLASS_ROLLOUT)};
    const struct change whole = rollout();
    assert_true(meets(&all, &whole));
    enum { CONDITIONS = 6 };
    for (int broken = 0; broken < CONDITIONS; broken++) {
        struct change change = rollout();
        switch (broken) {
        case 0: change.annotations.count = 0; break;
        case 1: change.labels_before.count = change.labels_after.count = 0; break;
        case 2: change.kind = (struct text)TEXT("Job"); break;
        case 3: change.images = images + 1, change.image_count = 1; break;
        case 4: change.user.group_count = 0; break;
        default: change.classes = CLASS_BIT(CLASS_CREATE);
        }
        assert_false(meets(&all, &change));
    }
}

/* /scale carries nothing of the workload. */
static void test_what_cannot_be_seen_is_taken_to_match(void **state)
{
    (void)state;
    const struct requirement seen = {.classes = CLASS_BIT(CLASS_SCALE),
                                     .annotation = TEXT("nowhere"),
                                     .label = TEXT("nowhere"),
                                     .image_prefixes = dev,
                                     .image_prefix_count = 1};
    struct change change = rollout();
    change.classes = CLASS_BIT(CLASS_SCALE);
    assert_false(meets(&seen, &change));
    change.has_annotations = change.has_labels = false;
    change.image_count = 0;
    assert_true(meets(&seen, &change));
}

/* ---- the need ---- */

static void test_by_the_policy_alone(void **state)
{
    (void)state;
    struct policy policy = policy_with(NULL, 0);
    struct change change = rollout();
    policy.approval.minimum = 2;
    struct approval_need need = need_of(&policy, &change);
    assert_true(need.approval && need.document && need.document_required);
    assert_int_equal(need.minimum, 2);
    assert_int_equal(need.sources, policy.approval.sources);
    assert_int_equal(need.minimum_age_s, 0);
    assert_int_equal(need.by_count, 0);

    policy.document.required = false; /* looked at all the same */
    need = need_of(&policy, &change);
    assert_true(need.document);
    assert_false(need.document_required);

    policy.document.required = true;
    change.classes = CLASS_BIT(CLASS_SCALE);
    need = need_of(&policy, &change);
    assert_false(need.approval || need.document || need.document_required);
    assert_int_equal(need.minimum, 0);
}

static void test_the_strictest_of_all(void **state)
{
    (void)state;
    const approval_sources people = SOURCE_BIT(SOURCE_APPROVAL) | SOURCE_BIT(SOURCE_TOKEN);
    const struct requirement three[] = {{.minimum = 3, .sources = people, .minimum_age_s = 60},
                                        {.minimum = 5, .kinds = dev, .kind_count = 1}, /* not met */
                                        {.minimum = 2, .minimum_age_s = 600}};
    const struct policy policy = policy_with(three, 3);
    const struct change change = rollout();
    struct approval_need need = need_of(&policy, &change);
    assert_int_equal(need.minimum, 3);
    assert_int_equal(need.sources, people);
    assert_int_equal(need.minimum_age_s, 600);
    assert_int_equal(need.by_count, 2);
    assert_ptr_equal(need.by[0], &three[0]);
    assert_ptr_equal(need.by[1], &three[2]);
}

static void test_a_requirement_only_adds(void **state)
{
    (void)state;
    const struct requirement weak = {.minimum = 1, .sources = ~0U};
    struct policy policy = policy_with(&weak, 1);
    const struct change change = rollout();
    policy.approval.minimum = 4;
    policy.approval.sources = SOURCE_BIT(SOURCE_APPROVAL);
    struct approval_need need = need_of(&policy, &change);
    assert_int_equal(need.minimum, 4);
    assert_int_equal(need.sources, SOURCE_BIT(SOURCE_APPROVAL));
    assert_true(need.document_required);
}

static void test_sources_that_exclude_each_other(void **state)
{
    (void)state;
    const struct requirement two[] = {{.sources = SOURCE_BIT(SOURCE_APPROVAL)},
                                      {.sources = SOURCE_BIT(SOURCE_TOKEN)}};
    const struct policy policy = policy_with(two, 2);
    const struct change change = rollout();
    struct approval_need need = need_of(&policy, &change);
    assert_true(need.approval);
    assert_int_equal(need.sources, 0);
}

/* Of a class that the policy asks no approval of, the requirement's own minimum counts, not the policy's. */
static void test_an_approval_that_only_a_requirement_asks_for(void **state)
{
    (void)state;
    const struct requirement scales = {.classes = CLASS_BIT(CLASS_SCALE), .minimum = 1};
    struct policy policy = policy_with(&scales, 1);
    struct change change = rollout();
    policy.approval.minimum = 2;
    change.classes = CLASS_BIT(CLASS_SCALE);
    struct approval_need need = need_of(&policy, &change);
    assert_true(need.approval && need.document && need.document_required);
    assert_int_equal(need.minimum, 1);
    change.classes |= CLASS_BIT(CLASS_ROLLOUT);
    need = need_of(&policy, &change);
    assert_int_equal(need.minimum, 2);
}

static void test_a_requirement_without_minimum_asks_for_no_approval(void **state)
{
    (void)state;
    const struct requirement scales = {
        .classes = CLASS_BIT(CLASS_SCALE), .sources = SOURCE_BIT(SOURCE_APPROVAL), .minimum_age_s = 60};
    const struct policy policy = policy_with(&scales, 1);
    struct change change = rollout();
    change.classes = CLASS_BIT(CLASS_SCALE);
    struct approval_need need = need_of(&policy, &change);
    assert_false(need.approval || need.document || need.document_required);
    assert_int_equal(need.by_count, 1);
}

static void test_a_document_that_only_a_requirement_asks_for(void **state)
{
    (void)state;
    const struct requirement deletes = {.classes = CLASS_BIT(CLASS_DELETE), .document = true};
    struct policy policy = policy_with(&deletes, 1);
    struct change change = rollout();
    policy.document.required = false;
    struct approval_need need = need_of(&policy, &change);
    assert_false(need.document_required);
    change.classes = CLASS_BIT(CLASS_DELETE);
    need = need_of(&policy, &change);
    assert_true(need.document && need.document_required);
    assert_false(need.approval);
}

static void test_no_more_than_fit(void **state)
{
    (void)state;
    static struct requirement many[NEED_REQUIREMENTS_MOST + 1];
    const struct policy policy = policy_with(many, NEED_REQUIREMENTS_MOST + 1);
    const struct change change = rollout();
    assert_int_equal(need_of(&policy, &change).by_count, NEED_REQUIREMENTS_MOST);
}

/* ---- who may approve ---- */

static void test_who_is_admitted(void **state)
{
    (void)state;
    static const struct text both[] = {TEXT("approvers"), TEXT("risk")}, one[] = {TEXT("risk")};
    const struct requirement two[] = {{.approver_groups = security, .approver_group_count = 2},
                                      {.minimum = 1}};
    struct policy policy = policy_with(two, 2);
    const struct change change = rollout();
    struct approval_need need = need_of(&policy, &change);
    assert_false(approval_need_admits(&need, &policy, NULL, 0));
    assert_false(approval_need_admits(&need, &policy, approvers, 1));
    assert_true(approval_need_admits(&need, &policy, one, 1)); /* the policy names no group */

    policy.approval.approver_groups = approvers;
    policy.approval.approver_group_count = 1;
    assert_false(approval_need_admits(&need, &policy, one, 1));
    assert_false(approval_need_admits(&need, &policy, approvers, 1));
    assert_true(approval_need_admits(&need, &policy, both, 2));

    policy.requirement_count = 0;
    need = need_of(&policy, &change);
    assert_true(approval_need_admits(&need, &policy, approvers, 1));
    policy.approval.approver_group_count = 0;
    assert_true(approval_need_admits(&need, &policy, NULL, 0)); /* whoever could approve */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_conditions_it_is_about_what_needs_an_approval),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_an_edit_that_replaces_no_pod_needs_nothing),
        cmocka_unit_test(test_annotation),
        cmocka_unit_test(test_label_of_the_old_or_the_new_object),
        cmocka_unit_test(test_kind_and_group),
        cmocka_unit_test(test_image_prefix_as_written),
        cmocka_unit_test(test_all_conditions_have_to_be_met),
        cmocka_unit_test(test_what_cannot_be_seen_is_taken_to_match),
        cmocka_unit_test(test_by_the_policy_alone),
        cmocka_unit_test(test_the_strictest_of_all),
        cmocka_unit_test(test_a_requirement_only_adds),
        cmocka_unit_test(test_sources_that_exclude_each_other),
        cmocka_unit_test(test_an_approval_that_only_a_requirement_asks_for),
        cmocka_unit_test(test_a_requirement_without_minimum_asks_for_no_approval),
        cmocka_unit_test(test_a_document_that_only_a_requirement_asks_for),
        cmocka_unit_test(test_no_more_than_fit),
        cmocka_unit_test(test_who_is_admitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
