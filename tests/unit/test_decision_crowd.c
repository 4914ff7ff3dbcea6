/* Many Approvals of no use beside a good one: whom they hide, from the store to the decision. */
#include "people_fixture.h"

#include "codec/approval_object.h"
#include "edge/approval_index.h"

static void put(struct approval_store *store, const char *name, struct approval approval)
{
    struct approval_listed listed = {.namespace = TEXT("shop"), .approval = approval};
    listed.approval.name = text_of(name);
    approval_store_put(store, &listed);
}

/* `count` for the template, by ann, who applies it; all older than any other. */
static void put_useless(struct approval_store *store, int count)
{
    struct approval own = by("ann");
    char name[32];
    own.created_s -= 3600;
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "a-%d", i);
        put(store, name, own);
    }
}

static const struct verdict *decide_by(struct fixture *fixture, const struct approval_index *index)
{
    size_t count;
    const struct approval *found =
        approval_index_find(index, text_of("shop"), text_of("Deployment"), text_of("web"), &count);
    approve(fixture, found, count);
    return decide(fixture);
}

static void test_one_person_hides_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct approval_store *store = approval_store_new();
    put_useless(store, 5000);
    put(store, "z-good", by("bob"));
    struct approval_index *index = approval_index_build(store, NOW_S);
    assert_allowed(decide_by(fixture, index), REASON_APPROVED);
    assert_text(fixture->verdict.approvers[0], "bob");
    approval_index_unref(index);
    approval_store_free(store);
}

static void test_the_second_of_a_person_is_seen(void **state)
{
    struct fixture *fixture = *state;
    struct approval_store *store = approval_store_new();
    struct approval early = by("bob");
    fixture->policy.requirements = &(struct requirement){.name = TEXT("slow"), .minimum_age_s = 600};
    fixture->policy.requirement_count = 1;
    put_useless(store, 5000);
    put(store, "young", by("bob"));
    early.created_s -= 600;
    put(store, "old", early);
    struct approval_index *index = approval_index_build(store, NOW_S);
    assert_allowed(decide_by(fixture, index), REASON_APPROVED);
    approval_index_unref(index);
    approval_store_free(store);
}

static struct approval people[APPROVALS_SEEN_MOST + 1];

/* As many people of no use as are named, and then a good one. */
static void crowd(struct fixture *fixture, size_t useless)
{
    for (size_t i = 0; i < useless; i++) {
        people[i] = by("");
        people[i].approver = arena_printf(&fixture->arena, "eve-%zu", i);
        people[i].expires_s = NOW_S;
    }
    people[useless] = by("bob");
    approve(fixture, people, useless + 1);
}

static void test_the_bound_is_by_people(void **state)
{
    struct fixture *fixture = *state;
    crowd(fixture, APPROVALS_SEEN_MOST - 1);
    assert_allowed(decide(fixture), REASON_APPROVED);
    crowd(fixture, APPROVALS_SEEN_MOST);
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    assert_int_equal(fixture->verdict.reason_count, VERDICT_REASONS_MOST);
    assert_int_equal(fixture->verdict.reasons[0].code, REASON_APPROVAL_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_one_person_hides_nobody),
        DECISION(test_the_second_of_a_person_is_seen),
        DECISION(test_the_bound_is_by_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
