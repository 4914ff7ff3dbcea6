/* Break-glass, further: of held changes, in the modes that refuse nothing, mistyped, and what it leaves. */
#include "break_glass_fixture.h"
#include "hold_fixture.h"

#define INCIDENT_FIELD "metadata.annotations[changegate.dev/break-glass]"
#define REASON_FIELD   "metadata.annotations[changegate.dev/break-glass-reason]"
#define OVERRIDDEN     "Rollout of Deployment shop/web is refused by policy tier-1: "

/* ---- a held change ---- */

/* The glass is broken for a held Deployment that bob had applied. */
static struct fixture *broken_for_held(void **state)
{
    held(state);
    struct fixture *fixture = broken(state);
    fixture->change.approval_ids = text_of("CHG0000001");
    return fixture;
}

static void test_a_held_change_is_released(void **state)
{
    const struct verdict *verdict = decide(broken_for_held(state));
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_true(verdict->releases && verdict->overrides);
    assert_false(verdict->target.held);
    assert_int_equal(verdict->reason_count, 3);
    assert_reason(verdict, 0, REASON_NOT_A_CHANGE, "", "");
    assert_reason(verdict, 1, REASON_BREAK_GLASS, INCIDENT_FIELD, ON_RECORD FROZEN);
    assert_reason(verdict, 2, REASON_RELEASED, "", "");
    assert_int_equal(verdict->warning_count, 1);
    assert_text(verdict->warnings[0], "Deployment shop/web: " ON_RECORD FROZEN);
}

static void test_who_applied_it_and_who_broke_the_glass_are_both_on_record(void **state)
{
    const struct record *record = decide(broken_for_held(state))->record.record;
    assert_non_null(record);
    assert_text(record->templates[0].digest, "sha256:new");
    assert_text(record->templates[0].by, "bob");
    assert_text(record->templates[0].ids[0], "CHG0000001");
    assert_text(record->overrides[0].by, "erin");
    assert_text(record->overrides[0].digest, "sha256:new");
}

static void test_a_bad_incident_releases_nothing(void **state)
{
    struct fixture *fixture = broken_for_held(state);
    fixture->change.record.incident = text_of("4711");
    decide(fixture);
    assert_false(fixture->verdict.releases || fixture->verdict.overrides);
    assert_null(fixture->verdict.record.record);
}

static void test_a_commander_who_asks_for_the_release_gets_it(void **state)
{
    struct fixture *fixture = broken_for_held(state);
    fixture->change.hold.asks_release = true;
    fixture->change.hold.after.annotation = TEXT_EMPTY;
    fixture->change.hold.after.label = text_of("releasing");
    assert_true(decide(fixture)->releases);
    assert_text(fixture->verdict.target.label, "releasing");
    assert_int_equal(fixture->verdict.record.record->override_count, 1);
}

static void test_once_it_is_open_a_release_is_no_override(void **state)
{
    struct fixture *fixture = broken_for_held(state);
    fixture->facts.calendar = NULL;
    assert_true(decide(fixture)->releases);
    assert_false(fixture->verdict.overrides);
    assert_int_equal(fixture->verdict.record.record->override_count, 0);
}

/* ---- modes ---- */

static void test_in_mode_warn_it_is_on_record_as_well(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->policy.mode = MODE_WARN;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_true(verdict->overrides);
    assert_false(verdict->would_deny);
    assert_int_equal(verdict->warning_count, 1);
    assert_text(verdict->warnings[0], "Deployment shop/web: " ON_RECORD NO_APPROVAL);
    assert_int_equal(verdict->record.record->override_count, 1);
}

static void test_in_mode_audit_nothing_is_said(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->policy.mode = MODE_AUDIT;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_int_equal(verdict->warning_count, 0);
    assert_true(verdict->overrides);
    assert_int_equal(verdict->record.record->override_count, 1);
}

static void test_in_mode_warn_an_attempt_is_told(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->policy.mode = MODE_WARN;
    fixture->change.user = (struct user){.name = TEXT("ann")};
    fixture->change.approval_ids = text_of("CHG0000001");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_WARN);
    assert_true(verdict->would_deny);
    assert_false(verdict->overrides);
    assert_reason(verdict, 0, REASON_BREAK_GLASS_REFUSED, INCIDENT_FIELD,
                  "user ann may not break the glass of policy tier-1: ask a member of breakGlass.groups");
    assert_int_equal(verdict->record.record->override_count, 0);
}

/* ---- what is typed ---- */

static void assert_invalid(struct fixture *fixture, const char *field, const char *message)
{
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_reason(verdict, verdict->reason_count - 1, REASON_BREAK_GLASS_INVALID, field, message);
}

static void test_incidents_that_are_none(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.record.incident = text_of("");
    assert_invalid(fixture, INCIDENT_FIELD, "\"\" is no incident id: ids match ^INC[0-9]+$");
    fixture->change.record.incident = text_of("inc4711");
    assert_invalid(fixture, INCIDENT_FIELD, "\"inc4711\" is no incident id: ids match ^INC[0-9]+$");
    fixture->change.record.incident = text_of(" INC4711");
    assert_invalid(fixture, INCIDENT_FIELD, "\" INC4711\" is no incident id: ids match ^INC[0-9]+$");
    fixture->change.record.incident = text_of("x\x1b[31m\n");
    assert_invalid(fixture, INCIDENT_FIELD, "\"x?[31m?\" is no incident id: ids match ^INC[0-9]+$");
}

static void test_a_reason_is_as_long_as_what_is_written(void **state)
{
#define TOO_SHORT                                                \
    "break-glass needs a reason of at least 10 characters: set " \
    "annotation changegate.dev/break-glass-reason"
    struct fixture *fixture = broken(state);
    fixture->change.record.reason = text_of("123456789");
    assert_invalid(fixture, REASON_FIELD, TOO_SHORT);
    fixture->change.record.reason = text_of(" \t123456789\n          ");
    assert_invalid(fixture, REASON_FIELD, TOO_SHORT);
    fixture->change.record.reason = text_of("            ");
    assert_invalid(fixture, REASON_FIELD, TOO_SHORT);
    fixture->change.record.reason = text_of(" 1234567890 ");
    assert_true(decide(fixture)->overrides);
    assert_text(fixture->verdict.record.record->overrides[0].reason, "1234567890");
}

static void test_a_reason_is_kept_to_a_length(void **state)
{
    struct fixture *fixture = broken(state);
    char reason[1001];
    memset(reason, 'x', 1000);
    reason[1000] = '\0';
    fixture->change.record.reason = text_of(reason);
    const struct record *record = decide(fixture)->record.record;
    assert_int_equal(record->overrides[0].reason.length, 512);
}

static void test_who_is_in_another_group(void **state)
{
    struct fixture *fixture = broken(state);
    static const struct text others[] = {TEXT("developers"), TEXT("incident-commanders-eu")};
    fixture->change.user = (struct user){.name = TEXT("incident-commanders"), others, 2};
    assert_denied(decide(fixture), OVERRIDDEN
                  "(1) " NO_APPROVAL "; (2) user incident-commanders may not break the glass of policy "
                  "tier-1: ask a member of breakGlass.groups");
}

/* ---- all that it overrides, and what it does not ---- */

static void test_everything_that_was_wrong_is_named(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.change_document = TEXT_EMPTY;
    fixture->facts.freeze_label.action = FREEZE_DENY;
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(verdict, 0, REASON_BREAK_GLASS, INCIDENT_FIELD,
                  ON_RECORD NO_APPROVAL
                  "; no change document: set annotation changegate.dev/change-doc to "
                  "https://wiki.example.com/changes/*; frozen with no known end by the freeze label of "
                  "namespace shop");
    assert_true(verdict->warnings[0].length <= 256);
}

static void test_what_it_overrides_may_have_been_partly_approved(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->policy.approval.minimum = 2;
    fixture->change.approval_ids = text_of("CHG0000001");
    const struct verdict *verdict = decide(fixture);
    assert_true(verdict->overrides);
    assert_text(verdict->record.record->templates[0].ids[0], "CHG0000001");
}

static void test_a_class_that_brings_no_template(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->policy.needs[CLASS_SCALE].approval = true;
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    const struct record *record = decide(fixture)->record.record;
    assert_int_equal(record->override_count, 1);
    assert_text(record->overrides[0].digest, "");
    assert_int_equal(record->template_count, 0);
}

static void test_marks_of_a_hold_are_not_overridden(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.hold.decides = false; /* through a subresource */
    fixture->change.hold.after.annotation = text_of("forged");
    fixture->change.hold.after.label = text_of("true");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_int_equal(verdict->reasons[verdict->reason_count - 2].code, REASON_HOLD_PROTECTED);
    assert_int_equal(verdict->reasons[verdict->reason_count - 1].code, REASON_HOLD_PROTECTED);
}

static void test_the_record_that_is_missing_is_not_overridden(void **state)
{
    struct fixture *fixture = broken(state);
    decide(fixture);
    decision_verify_record(&fixture->change, &fixture->arena, &fixture->verdict);
    assert_int_equal(fixture->verdict.kind, VERDICT_DENY); /* although ids may be used again */
    assert_int_equal(fixture->verdict.http_status, 429);
    assert_false(fixture->verdict.overrides);
    assert_string_equal(reason_code_name(fixture->verdict.reasons[0].code), "RecordMismatch");
}

static void test_an_unknown_namespace_is_not_overridden(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->facts.namespace_known = false;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    assert_false(fixture->verdict.record.decides);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_a_held_change_is_released),
        DECISION(test_who_applied_it_and_who_broke_the_glass_are_both_on_record),
        DECISION(test_a_bad_incident_releases_nothing),
        DECISION(test_a_commander_who_asks_for_the_release_gets_it),
        DECISION(test_once_it_is_open_a_release_is_no_override),
        DECISION(test_in_mode_warn_it_is_on_record_as_well),
        DECISION(test_in_mode_audit_nothing_is_said),
        DECISION(test_in_mode_warn_an_attempt_is_told),
        DECISION(test_incidents_that_are_none),
        DECISION(test_a_reason_is_as_long_as_what_is_written),
        DECISION(test_a_reason_is_kept_to_a_length),
        DECISION(test_who_is_in_another_group),
        DECISION(test_everything_that_was_wrong_is_named),
        DECISION(test_what_it_overrides_may_have_been_partly_approved),
        DECISION(test_a_class_that_brings_no_template),
        DECISION(test_marks_of_a_hold_are_not_overridden),
        DECISION(test_the_record_that_is_missing_is_not_overridden),
        DECISION(test_an_unknown_namespace_is_not_overridden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
