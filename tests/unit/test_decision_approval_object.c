/* /guard: what an Approval object has to be when it is made, and that it never changes. */
#include "assert_text.h"

#include "core/decision.h"

#include <string.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

#define STAMP                                                                                           \
    "changegate writes it when the object is made, so its mutating registration is missing or another " \
    "webhook came after it: tell an operator"
#define TIMES "write a time at most 14 days ahead, or leave it out for 72 hours"

static const struct text managers[] = {TEXT("change-managers"), TEXT("system:authenticated")};
static const struct user bob = {TEXT("bob"), managers, 2};
static struct arena arena;

static struct approval_object good(void)
{
    return (struct approval_object){
        .name = TEXT("web-1"),
        .approval = {.approver = TEXT("bob"), .groups = managers, .group_count = 2},
        .expires_s = NOW_S + APPROVAL_AGE_S_USUAL,
    };
}

static struct verdict decide_with(enum operation operation, struct approval_object object,
                                  const struct text *faults, size_t fault_count)
{
    struct verdict verdict;
    memset(&verdict, 0xa5, sizeof(verdict));
    decision_make_approval(operation, &object, &bob, faults, fault_count, NOW_S, &arena, &verdict);
    return verdict;
}

static struct verdict decide(enum operation operation, struct approval_object object)
{
    return decide_with(operation, object, NULL, 0);
}

static void assert_let_in(struct verdict verdict)
{
    assert_int_equal(verdict.kind, VERDICT_ALLOW);
    assert_false(verdict.would_deny);
    assert_int_equal(verdict.http_status, 200);
    assert_int_equal(verdict.reason_count, 1);
    assert_int_equal(verdict.reasons[0].code, REASON_NOTHING_REQUIRED);
    assert_null(verdict.policy);
}

/* With just this fault. */
static void assert_refused(struct verdict verdict, const char *field, const char *message)
{
    assert_int_equal(verdict.kind, VERDICT_DENY);
    assert_true(verdict.would_deny);
    assert_int_equal(verdict.http_status, 403);
    assert_int_equal(verdict.reason_count, 1);
    assert_int_equal(verdict.reasons[0].code, REASON_APPROVAL_UNUSABLE);
    assert_text(verdict.reasons[0].field, field);
    assert_text(verdict.reasons[0].message, message);
}

static void test_as_it_is_stamped(void **state)
{
    (void)state;
    struct approval_object object = good();
    assert_let_in(decide(OPERATION_CREATE, object));
    object.expires_s = NOW_S + APPROVAL_AGE_S_MOST;
    assert_let_in(decide(OPERATION_CREATE, object));
    object.expires_s = NOW_S + 1;
    assert_let_in(decide(OPERATION_CREATE, object));
}

static void test_the_approver_is_who_asks(void **state)
{
    (void)state;
    struct approval_object object = good();
    object.approval.approver = (struct text)TEXT("carol\x1b[2J");
    assert_refused(decide(OPERATION_CREATE, object), "spec.approver",
                   "spec.approver: \"carol?[2J\" is not who asks, \"bob\"; " STAMP);
    object.approval.approver = TEXT_EMPTY;
    assert_refused(decide(OPERATION_CREATE, object), "spec.approver", "spec.approver: is missing; " STAMP);
}

static void test_the_groups_are_theirs(void **state)
{
    (void)state;
    static const struct text others[] = {TEXT("change-managers"), TEXT("release-board")},
                             more[] = {TEXT("change-managers"), TEXT("system:authenticated"),
                                       TEXT("release-board")};
    static const struct {
        const struct text *groups;
        size_t count;
    } rows[] = {{others, 2}, {more, 3}, {managers, 1}, {NULL, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct approval_object object = good();
        object.approval.groups = rows[i].groups;
        object.approval.group_count = rows[i].count;
        assert_refused(decide(OPERATION_CREATE, object), "spec.approverGroups",
                       "spec.approverGroups: are not those of \"bob\"; " STAMP);
    }
}

static void test_it_ends_within_two_weeks(void **state)
{
    (void)state;
    struct approval_object object = good();
    object.expires_s = 0;
    assert_refused(decide(OPERATION_CREATE, object), "spec.expiresAt", "spec.expiresAt: is missing; " STAMP);
    object.expires_s = NOW_S;
    assert_refused(decide(OPERATION_CREATE, object), "spec.expiresAt",
                   "spec.expiresAt: 2026-11-20T11:00:00Z is past; " TIMES);
    object.expires_s = NOW_S + APPROVAL_AGE_S_MOST + 1;
    assert_refused(decide(OPERATION_CREATE, object), "spec.expiresAt",
                   "spec.expiresAt: 2026-12-04T11:00:01Z is more than 14 days ahead; " TIMES);
}

static void test_all_faults_in_one_answer(void **state)
{
    (void)state;
    static const struct text faults[] = {TEXT("spec.changeId: is missing; write one"),
                                         TEXT("spec.expiresAt: \"soon\" is no time; write one")};
    struct approval_object object = good();
    object.expires_s = 0; /* which the reader has said more of */
    object.approval.approver = TEXT_EMPTY;
    struct verdict verdict = decide_with(OPERATION_CREATE, object, faults, 2);
    assert_int_equal(verdict.kind, VERDICT_DENY);
    assert_int_equal(verdict.reason_count, 3);
    assert_text(verdict.reasons[1].field, "spec.expiresAt");
    assert_text(
        verdict.message,
        "Approval web-1 cannot be used: (1) spec.changeId: is missing; write one; (2) spec.expiresAt: "
        "\"soon\" is no time; write one; (3) spec.approver: is missing; " STAMP);
}

/* Where nothing can be read, nothing more is said of it. */
static void test_without_a_spec(void **state)
{
    (void)state;
    static const struct text fault = TEXT("spec: is missing; write one");
    struct approval_object object = {.name = TEXT("web-1")};
    assert_refused(decide_with(OPERATION_CREATE, object, &fault, 1), "spec", "spec: is missing; write one");
}

static void test_it_does_not_change(void **state)
{
    (void)state;
    struct approval_object object = good();
    object.spec_changed = true;
    assert_refused(decide(OPERATION_UPDATE, object), "spec",
                   "spec: an Approval does not change; delete it and make another one");
}

/* A label, or the finalizer of one that got past the gate and has to go. */
static void test_what_is_not_looked_at_again(void **state)
{
    (void)state;
    static const struct text fault = TEXT("spec: is missing; write one");
    struct approval_object object = {.name = TEXT("web-1"), .expires_s = 1};
    assert_let_in(decide_with(OPERATION_UPDATE, object, &fault, 1));
    assert_let_in(decide_with(OPERATION_DELETE, object, &fault, 1));
    object.spec_changed = true;
    assert_let_in(decide(OPERATION_DELETE, object));
}

static int free_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_it_is_stamped),         cmocka_unit_test(test_the_approver_is_who_asks),
        cmocka_unit_test(test_the_groups_are_theirs),    cmocka_unit_test(test_it_ends_within_two_weeks),
        cmocka_unit_test(test_all_faults_in_one_answer), cmocka_unit_test(test_without_a_spec),
        cmocka_unit_test(test_it_does_not_change),       cmocka_unit_test(test_what_is_not_looked_at_again),
    };
    return cmocka_run_group_tests(tests, NULL, free_arena);
}
