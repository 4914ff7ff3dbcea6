/* /guard: who may change what the gate reads from a namespace. */
#include "assert_text.h"

#include "core/decision.h"

#include <string.h>

#define TIER   "changegate.dev/tier"
#define FREEZE "changegate.dev/freeze"
#define UNTIL  "changegate.dev/freeze-until"
#define WHY    "changegate.dev/freeze-reason"

static const struct text operator_groups[] = {TEXT("cluster-operators")};
static const struct text tier_1[] = {TEXT("tier-1"), TEXT("tier-1b")}, tier_2[] = {TEXT("tier-2")};
static const struct selector_requirement is_tier_1 = {TEXT(TIER), SELECTOR_IN, tier_1, 2},
                                         is_tier_2 = {TEXT(TIER), SELECTOR_IN, tier_2, 1};

struct fixture {
    struct arena arena;
    struct policy policies[2];
    struct policy_set set;
    struct verdict verdict;
};

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct text bobs[] = {TEXT("bob")};
    fixture = (struct fixture){
        .policies =
            {{.name = TEXT("tier-1"),
              .namespace_selector = {&is_tier_1, 1},
              .operators = {.groups = operator_groups, .group_count = 1}},
             {.name = TEXT("tier-2"),
              .namespace_selector = {&is_tier_2, 1},
              .operators = {.groups = operator_groups, .group_count = 1, .users = bobs, .user_count = 1}}},
    };
    fixture.set = (struct policy_set){fixture.policies, 2};
    arena_init(&fixture.arena);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    arena_done(&fixture->arena);
    return 0;
}

#define NO_LABELS \
    {             \
        NULL, 0   \
    }
#define ONE(k, v)                                     \
    {                                                 \
        (const struct label[]){{TEXT(k), TEXT(v)}}, 1 \
    }
#define TWO(k, v, l, w)                                                   \
    {                                                                     \
        (const struct label[]){{TEXT(k), TEXT(v)}, {TEXT(l), TEXT(w)}}, 2 \
    }

static const struct verdict *decide(struct fixture *fixture, struct namespace_change change, const char *user,
                                    bool is_operator)
{
    change.name = text_of("shop");
    change.user = (struct user){text_of(user), operator_groups, is_operator ? 1 : 0};
    memset(&fixture->verdict, 0xa5, sizeof(fixture->verdict));
    decision_make_namespace(&fixture->set, &change, &fixture->arena, &fixture->verdict);
    return &fixture->verdict;
}

struct row {
    const char *what;
    struct namespace_change change;
    const char *refusal;     /* what people who are no operators may not do; NULL: they may */
    enum reason_code reason; /* where they may */
};

#define BRING    "bring a namespace under it"
#define TAKE_OUT "take a namespace out of it"
#define CHANGE   "change the freeze of a governed namespace"
#define DELETION "delete a governed namespace with all that is in it"

static const struct row rows[] = {
    {"a new one outside",
     {.operation = OPERATION_CREATE, .labels_after = NO_LABELS},
     NULL,
     REASON_NOT_GOVERNED},
    {"a new one inside", {.operation = OPERATION_CREATE, .labels_after = ONE(TIER, "tier-1")}, BRING, 0},
    {"labelled into it",
     {.operation = OPERATION_UPDATE, .labels_before = NO_LABELS, .labels_after = ONE(TIER, "tier-1")},
     BRING,
     0},
    {"label taken off",
     {.operation = OPERATION_UPDATE, .labels_before = ONE(TIER, "tier-1"), .labels_after = NO_LABELS},
     TAKE_OUT,
     0},
    {"label of no policy",
     {.operation = OPERATION_UPDATE,
      .labels_before = ONE(TIER, "tier-1"),
      .labels_after = ONE(TIER, "tier-9")},
     TAKE_OUT,
     0},
    {"label emptied",
     {.operation = OPERATION_UPDATE, .labels_before = ONE(TIER, "tier-1"), .labels_after = ONE(TIER, "")},
     TAKE_OUT,
     0},
    {"frozen",
     {.operation = OPERATION_UPDATE,
      .labels_before = ONE(TIER, "tier-1"),
      .labels_after = TWO(TIER, "tier-1", FREEZE, "deny")},
     CHANGE,
     0},
    {"thawed",
     {.operation = OPERATION_UPDATE,
      .labels_before = TWO(FREEZE, "deny", TIER, "tier-1"),
      .labels_after = ONE(TIER, "tier-1")},
     CHANGE,
     0},
    {"deny to warn",
     {.operation = OPERATION_UPDATE,
      .labels_before = TWO(TIER, "tier-1", FREEZE, "deny"),
      .labels_after = TWO(TIER, "tier-1", FREEZE, "warn")},
     CHANGE,
     0},
    {"from deny to nothing said",
     {.operation = OPERATION_UPDATE,
      .labels_before = TWO(TIER, "tier-1", FREEZE, ""),
      .labels_after = ONE(TIER, "tier-1")},
     CHANGE,
     0},
    {"freeze shortened",
     {.operation = OPERATION_UPDATE,
      .labels_before = ONE(TIER, "tier-1"),
      .labels_after = ONE(TIER, "tier-1"),
      .annotations_before = ONE(UNTIL, "2026-12-02T06:00:00Z"),
      .annotations_after = ONE(UNTIL, "2026-11-02T06:00:00Z")},
     CHANGE,
     0},
    {"until taken off",
     {.operation = OPERATION_UPDATE,
      .labels_before = ONE(TIER, "tier-1"),
      .labels_after = ONE(TIER, "tier-1"),
      .annotations_before = ONE(UNTIL, "2026-12-02T06:00:00Z")},
     CHANGE,
     0},
    {"reason changed",
     {.operation = OPERATION_UPDATE,
      .labels_before = ONE(TIER, "tier-1"),
      .labels_after = ONE(TIER, "tier-1"),
      .annotations_before = ONE(WHY, "peak season"),
      .annotations_after = ONE(WHY, "nothing, go on")},
     CHANGE,
     0},
    {"anything else",
     {.operation = OPERATION_UPDATE,
      .labels_before = TWO(TIER, "tier-1", "team", "checkout"),
      .labels_after = TWO("team", "search", TIER, "tier-1"),
      .annotations_after = ONE("note", "x")},
     NULL,
     REASON_NOTHING_REQUIRED},
    {"the freeze of a namespace outside",
     {.operation = OPERATION_UPDATE, .labels_before = NO_LABELS, .labels_after = ONE(FREEZE, "deny")},
     NULL,
     REASON_NOT_GOVERNED},
    {"deleted", {.operation = OPERATION_DELETE, .labels_before = ONE(TIER, "tier-1")}, DELETION, 0},
    {"deleted outside",
     {.operation = OPERATION_DELETE, .labels_before = ONE(TIER, "tier-9")},
     NULL,
     REASON_NOT_GOVERNED},
};

static void test_people_who_are_no_operators(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct verdict *verdict = decide(fixture, rows[i].change, "ann", false);
        char message[256];
        if ((verdict->kind == VERDICT_DENY) != (rows[i].refusal != NULL))
            fail_msg("%s: %s", rows[i].what, verdict_kind_name(verdict->kind));
        assert_int_equal(verdict->reason_count, 1);
        if (rows[i].refusal == NULL) {
            assert_string_equal(reason_code_name(verdict->reasons[0].code), reason_code_name(rows[i].reason));
            assert_int_equal(verdict->http_status, 200);
            continue;
        }
        snprintf(message, sizeof(message),
                 "user ann is no operator of policy tier-1 and may not %s; ask an operator", rows[i].refusal);
        assert_int_equal(verdict->reasons[0].code, REASON_OPERATOR_REQUIRED);
        assert_text(verdict->reasons[0].field, "metadata");
        assert_text(verdict->reasons[0].message, message);
        snprintf(message, sizeof(message),
                 "Namespace shop: user ann is no operator of policy tier-1 and may not %s; ask an operator",
                 rows[i].refusal);
        assert_text(verdict->message, message);
        assert_int_equal(verdict->http_status, 403);
        assert_ptr_equal(verdict->policy, &fixture->policies[0]);
    }
}

static void test_operators(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct verdict *verdict = decide(fixture, rows[i].change, "olga", true);
        if (verdict->kind != VERDICT_ALLOW)
            fail_msg("%s: %s", rows[i].what, verdict_kind_name(verdict->kind));
        assert_int_equal(verdict->reason_count, 1);
        assert_false(verdict->would_deny);
        assert_text(verdict->message, "");
    }
}

static void test_from_one_policy_to_another_both_have_a_say(void **state)
{
    struct fixture *fixture = *state;
    const struct namespace_change change = {.operation = OPERATION_UPDATE,
                                            .labels_before = ONE(TIER, "tier-1"),
                                            .labels_after = ONE(TIER, "tier-2")};
    const struct verdict *verdict = decide(fixture, change, "ann", false);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->reason_count, 2);
    assert_text(
        verdict->message,
        "Namespace shop: (1) user ann is no operator of policy tier-1 and may not take a namespace out of "
        "it; "
        "ask an operator; (2) user ann is no operator of policy tier-2 and may not bring a namespace under "
        "it; ask an operator");
    verdict = decide(fixture, change, "bob", false); /* an operator of the second alone */
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->reason_count, 1);
    assert_int_equal(decide(fixture, change, "olga", true)->kind, VERDICT_ALLOW);
}

static void test_the_stricter_mode_counts(void **state)
{
    struct fixture *fixture = *state;
    static const enum policy_mode modes[][2] = {{MODE_AUDIT, MODE_ENFORCE}, {MODE_ENFORCE, MODE_AUDIT}};
    for (size_t i = 0; i < 2; i++) {
        fixture->policies[0].mode = modes[i][0];
        fixture->policies[1].mode = modes[i][1];
        const struct namespace_change change = {.operation = OPERATION_UPDATE,
                                                .labels_before = ONE(TIER, "tier-1"),
                                                .labels_after = ONE(TIER, "tier-2")};
        assert_int_equal(decide(fixture, change, "ann", false)->kind, VERDICT_DENY);
    }
}

static void test_modes(void **state)
{
    struct fixture *fixture = *state;
    const struct namespace_change change = {.operation = OPERATION_DELETE,
                                            .labels_before = ONE(TIER, "tier-1")};
    fixture->policies[0].mode = MODE_WARN;
    const struct verdict *verdict = decide(fixture, change, "ann", false);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_true(verdict->would_deny);
    assert_int_equal(verdict->warning_count, 1);
    assert_text(
        verdict->warnings[0],
        "Namespace shop would be denied: user ann is no operator of policy tier-1 and may not delete a "
        "governed namespace with all that is in it; ask an operator");
    fixture->policies[0].mode = MODE_AUDIT;
    verdict = decide(fixture, change, "ann", false);
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_true(verdict->would_deny);
    assert_int_equal(verdict->warning_count, 0);
}

/* An empty selector governs all namespaces: then every new one needs an operator, and none can be taken out.
 */
static void test_a_policy_for_all_namespaces(void **state)
{
    struct fixture *fixture = *state;
    const struct policy all = {.name = TEXT("all"),
                               .operators = {.groups = operator_groups, .group_count = 1}};
    fixture->set = (struct policy_set){&all, 1};
    const struct namespace_change made = {.operation = OPERATION_CREATE, .labels_after = NO_LABELS};
    const struct namespace_change changed = {.operation = OPERATION_UPDATE,
                                             .labels_after = ONE("team", "search")};
    assert_int_equal(decide(fixture, made, "ann", false)->kind, VERDICT_DENY);
    assert_int_equal(decide(fixture, made, "olga", true)->kind, VERDICT_ALLOW);
    assert_int_equal(decide(fixture, changed, "ann", false)->kind, VERDICT_ALLOW);
}

static void test_no_policies(void **state)
{
    struct fixture *fixture = *state;
    fixture->set = (struct policy_set){NULL, 0};
    const struct verdict *verdict =
        decide(fixture,
               (struct namespace_change){.operation = OPERATION_DELETE, .labels_before = ONE(TIER, "tier-1")},
               "ann", false);
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_int_equal(verdict->reasons[0].code, REASON_NOT_GOVERNED);
    assert_null(verdict->policy);
}

#define DECISION(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_people_who_are_no_operators),
        DECISION(test_operators),
        DECISION(test_from_one_policy_to_another_both_have_a_say),
        DECISION(test_the_stricter_mode_counts),
        DECISION(test_modes),
        DECISION(test_a_policy_for_all_namespaces),
        DECISION(test_no_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
