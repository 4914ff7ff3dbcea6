/* What the tests of break-glass share, beside decision_fixture.h: a commander who breaks the glass. */
#ifndef CHANGEGATE_TESTS_BREAK_GLASS_FIXTURE_H
#define CHANGEGATE_TESTS_BREAK_GLASS_FIXTURE_H

#include "decision_fixture.h"

#define WHY       "checkout fails, fix verified"
#define ON_RECORD "break-glass INC4711 is on record until somebody else reviews it; it overrides: "
#define NO_APPROVAL                                                                             \
    "no approval: set annotation changegate.dev/approval-ids to 1 approved change id matching " \
    "^CHG[0-9]{7}$"

static const struct text commanders[] = {TEXT("incident-commanders")};

static inline bool is_incident(const void *program, struct text subject)
{
    (void)program;
    return text_starts_with(subject, text_of("INC")) && subject.length > 3;
}

/* An unapproved change of a commander who breaks the glass. */
static inline struct fixture *broken(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.break_glass = (struct break_glass_rule){
        .groups = commanders,
        .group_count = 1,
        .incident = {TEXT("^INC[0-9]+$"), NULL, is_incident},
        .reason_bytes_least = 10,
        .age_s_most = 3600,
    };
    fixture->change.user = (struct user){.name = TEXT("erin"), .groups = commanders, .group_count = 1};
    fixture->change.approval_ids = TEXT_EMPTY;
    fixture->change.digest_after = text_of("sha256:new");
    fixture->change.hold.decides = true;
    fixture->change.record.incident = text_of("INC4711");
    fixture->change.record.reason = text_of(WHY);
    fixture->change.record.override_set = true;
    return fixture;
}

#endif
