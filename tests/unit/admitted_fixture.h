/* What the tests of the record share, beside decision_fixture.h: an object with a record of two templates,
 * and a debt. */
#ifndef CHANGEGATE_TESTS_ADMITTED_FIXTURE_H
#define CHANGEGATE_TESTS_ADMITTED_FIXTURE_H

#include "decision_fixture.h"

static const struct record two = {
    .templates = {{.digest = TEXT("sha256:b"),
                   .at_s = 2,
                   .by = TEXT("ann"),
                   .ids = {TEXT("CHG0000008")},
                   .id_count = 1},
                  {.digest = TEXT("sha256:a"),
                   .at_s = 1,
                   .by = TEXT("bob"),
                   .ids = {TEXT("CHG0000009")},
                   .id_count = 1}},
    .template_count = 2,
    .overrides = {{.incident = TEXT("INC1"), .reason = TEXT("it burns"), .by = TEXT("erin"), .at_s = 5}},
    .override_count = 1,
};

/* An approved write that brings `digest` onto an object with the record `two`. */
static inline struct fixture *bringing(void **state, enum change_class class, const char *digest)
{
    struct fixture *fixture = *state;
    fixture->policy.approval.reuse_allowed = false;
    fixture->change.classes = CLASS_BIT(class);
    fixture->change.digest_after = text_of(digest);
    fixture->change.hold = (struct change_hold){.decides = true, .obstacle = OBSTACLE_NONE};
    fixture->change.record = (struct change_record){.before = TEXT("two"), .after = TEXT("two"), .old = &two};
    return fixture;
}

#endif
