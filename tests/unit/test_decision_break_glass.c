/* Break-glass: who may, for what, how often; and what goes on record. */
#include "break_glass_fixture.h"

static void assert_refused(struct fixture *fixture, enum reason_code code, const char *message)
{
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_false(verdict->overrides);
    assert_false(verdict->record.decides);
    const struct reason *last = &verdict->reasons[verdict->reason_count - 1];
    assert_string_equal(reason_code_name(last->code), reason_code_name(code));
    assert_text(last->message, message);
}

static void test_a_commander_passes(void **state)
{
    const struct verdict *verdict = decide(broken(state));
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_true(verdict->overrides);
    assert_false(verdict->would_deny);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(verdict, 0, REASON_BREAK_GLASS, "metadata.annotations[changegate.dev/break-glass]",
                  ON_RECORD NO_APPROVAL);
    assert_text(verdict->warnings[0], "Deployment shop/web: " ON_RECORD NO_APPROVAL);
}

static void test_what_goes_on_record(void **state)
{
    const struct record *record = decide(broken(state))->record.record;
    assert_non_null(record);
    assert_int_equal(record->override_count, 1);
    assert_text(record->overrides[0].incident, "INC4711");
    assert_text(record->overrides[0].reason, WHY);
    assert_text(record->overrides[0].by, "erin");
    assert_text(record->overrides[0].digest, "sha256:new");
    assert_text(record->overrides[0].reviewed_by, "");
    assert_int_equal(record->overrides[0].at_s, NOW_S);
    assert_text(record->templates[0].digest, "sha256:new");
    assert_int_equal(record->templates[0].id_count, 0);
}

static void test_a_freeze_is_overridden_as_well(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->facts.freeze_label.action = FREEZE_DENY;
    const struct verdict *verdict = decide(fixture);
    assert_true(verdict->overrides);
    assert_int_equal(verdict->opens_s, 0);
    fixture->facts.freeze_label.action = FREEZE_DELAY;
    assert_true(decide(fixture)->overrides);
    assert_false(fixture->verdict.target.held);
}

static void test_what_needs_nothing_is_no_override(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.approval_ids = text_of("CHG0000001");
    assert_allowed(decide(fixture), REASON_APPROVED);
    assert_false(fixture->verdict.overrides);
    assert_int_equal(fixture->verdict.record.record->override_count, 0);
}

static void test_nobody_else_may(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.user = (struct user){.name = TEXT("ann")};
    assert_refused(fixture, REASON_BREAK_GLASS_REFUSED,
                   "user ann may not break the glass of policy tier-1: ask a member of breakGlass.groups");
    fixture->change.approval_ids = text_of("CHG0000001"); /* although it needs none */
    assert_refused(fixture, REASON_BREAK_GLASS_REFUSED,
                   "user ann may not break the glass of policy tier-1: ask a member of breakGlass.groups");
    fixture->policy.break_glass.group_count = 0;
    assert_refused(fixture, REASON_BREAK_GLASS_REFUSED,
                   "user ann may not break the glass of policy tier-1, which has no breakGlass");
}

static void test_with_an_incident_and_a_reason(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.record.incident = text_of("my fix");
    assert_refused(fixture, REASON_BREAK_GLASS_INVALID,
                   "\"my fix\" is no incident id: ids match ^INC[0-9]+$");
    fixture->change.record.incident = text_of("INC1");
    fixture->change.record.reason = text_of(" too short   ");
    assert_refused(fixture, REASON_BREAK_GLASS_INVALID,
                   "break-glass needs a reason of at least 10 characters: set annotation "
                   "changegate.dev/break-glass-reason");
    fixture->change.record.reason = TEXT_EMPTY;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

static void test_it_counts_for_the_request_that_sets_it(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.record.override_set = false;
    assert_refused(fixture, REASON_APPROVAL_MISSING,
                   NO_APPROVAL
                   "; break-glass INC4711 was set by an earlier request and counted for that alone: "
                   "change it in the request that needs it");
    fixture->change.approval_ids = text_of("CHG0000001"); /* left on, and not needed */
    assert_allowed(decide(fixture), REASON_APPROVED);
}

static void test_it_expires(void **state)
{
    struct fixture *fixture = broken(state);
    struct record old = {
        .overrides = {{.incident = TEXT("INC4711"), .by = TEXT("erin"), .at_s = NOW_S - 3599}},
        .override_count = 1};
    fixture->change.record.old = &old;
    assert_true(decide(fixture)->overrides);
    assert_int_equal(fixture->verdict.record.record->override_count, 2);
    old.overrides[0].at_s--;
    assert_refused(fixture, REASON_BREAK_GLASS_USED,
                   "break-glass INC4711 was first used here more than 60 minutes ago and has expired: name "
                   "another incident");
    fixture->change.record.incident = text_of("INC4712");
    assert_true(decide(fixture)->overrides);
}

/* Ten that nobody looked at. */
static struct record owing(struct arena *arena)
{
    struct record record = {.override_count = RECORD_OVERRIDES_MOST};
    for (size_t i = 0; i < RECORD_OVERRIDES_MOST; i++)
        record.overrides[i] = (struct record_override){
            .incident = arena_printf(arena, "INC%zu", i), .by = TEXT("erin"), .at_s = NOW_S - 60};
    return record;
}

static void test_an_eleventh_waits_for_a_review(void **state)
{
    struct fixture *fixture = broken(state);
    struct record old = owing(&fixture->arena);
    fixture->change.record.old = &old;
    assert_refused(fixture, REASON_BREAK_GLASS_REFUSED,
                   "10 uses of break-glass on this object wait for a review, and its record holds no more: "
                   "somebody else has to look at them first, and then: kubectl -n shop annotate "
                   "Deployment/web --overwrite changegate.dev/reviewed-by=NAME");
    record_review(&old, text_of("bob"), NOW_S - 10);
    assert_true(decide(fixture)->overrides);
    assert_int_equal(fixture->verdict.record.record->override_count, RECORD_OVERRIDES_MOST);
    assert_text(fixture->verdict.record.record->overrides[0].incident, "INC4711");
}

static void test_an_undo_is_no_attempt(void **state)
{
    struct fixture *fixture = broken(state);
    const struct record old = {
        .overrides = {{.incident = TEXT("INC4711"), .by = TEXT("erin"), .at_s = NOW_S - 60}},
        .override_count = 1};
    fixture->change.record.old = &old;
    fixture->change.user = (struct user){.name = TEXT("ann")};
    fixture->change.classes = CLASS_BIT(CLASS_ROLLBACK);
    assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
    fixture->change.classes = CLASS_BIT(CLASS_ROLLOUT);
    assert_int_equal(decide(fixture)->reason_count, 1);
    assert_int_equal(fixture->verdict.reasons[0].code, REASON_APPROVAL_MISSING);
}

static void test_an_edit_that_needs_nothing(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.classes = CLASS_BIT(CLASS_METADATA);
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_false(verdict->overrides);
    assert_text(
        verdict->warnings[0],
        "Deployment shop/web: break-glass counts for the request that sets it, and this one needs none: "
        "set it together with the change");
    fixture->change.user = (struct user){.name = TEXT("ann")};
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

static void test_not_against_the_marks_of_the_gate(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.hold.decides = false; /* through a subresource */
    fixture->change.record.after = text_of("forged");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->reasons[verdict->reason_count - 1].code, REASON_RECORD_PROTECTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_a_commander_passes),
        DECISION(test_what_goes_on_record),
        DECISION(test_a_freeze_is_overridden_as_well),
        DECISION(test_what_needs_nothing_is_no_override),
        DECISION(test_nobody_else_may),
        DECISION(test_with_an_incident_and_a_reason),
        DECISION(test_it_counts_for_the_request_that_sets_it),
        DECISION(test_it_expires),
        DECISION(test_an_eleventh_waits_for_a_review),
        DECISION(test_an_undo_is_no_attempt),
        DECISION(test_an_edit_that_needs_nothing),
        DECISION(test_not_against_the_marks_of_the_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
