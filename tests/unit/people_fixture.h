/* What the tests of approvals share, beside decision_fixture.h: what people agree to. */
#ifndef CHANGEGATE_TESTS_PEOPLE_FIXTURE_H
#define CHANGEGATE_TESTS_PEOPLE_FIXTURE_H

#include "decision_fixture.h"

#define DIGEST      "sha256:new"
#define APPROVE_HOW "approve sha256:new with: changegate approve shop Deployment/web --change-id ID"

static inline struct approval by(const char *approver)
{
    return (struct approval){
        .source = SOURCE_APPROVAL,
        .name = TEXT("web-1"),
        .change_id = TEXT("CHG0000042"),
        .kind = TEXT("Deployment"),
        .workload = TEXT("web"),
        .digest = TEXT(DIGEST),
        .approver = text_of(approver),
        .created_s = NOW_S - 60,
        .expires_s = NOW_S + 60,
    };
}

static inline void approve(struct fixture *fixture, const struct approval *approvals, size_t count)
{
    fixture->policy.approval.sources = SOURCE_BIT(SOURCE_APPROVAL);
    fixture->change.digest_after = text_of(DIGEST);
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->facts.approvals = approvals;
    fixture->facts.approval_count = count;
}

static inline void sign(struct fixture *fixture, struct approval *tokens, size_t count)
{
    approve(fixture, NULL, 0);
    fixture->policy.approval.sources = SOURCE_BIT(SOURCE_TOKEN);
    for (size_t i = 0; i < count; i++)
        tokens[i].source = SOURCE_TOKEN;
    fixture->change.tokens = tokens;
    fixture->change.token_count = count;
}

/* Refused for one reason. */
static inline void assert_fault(struct fixture *fixture, enum reason_code code, const char *message)
{
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->reason_count, 1);
    assert_string_equal(reason_code_name(verdict->reasons[0].code), reason_code_name(code));
    assert_text(verdict->reasons[0].message, message);
}

#endif
