/* Ways around the gate, each with the rule that it would break. */
#include "break_glass_fixture.h"
#include "hold_fixture.h"
#include "people_fixture.h"

#include "codec/pattern.h"
#include "codec/record.h"

#include <stdlib.h>

/* A user name of so many bytes. */
static struct text long_name(struct fixture *fixture, size_t length)
{
    char *name = arena_alloc_array(&fixture->arena, length + 1, 1);
    memset(name, 'x', length);
    name[length] = '\0';
    return (struct text){name, length};
}

/* As user names may be: the API server sets them no limit, and OIDC puts an issuer's address in front. */
static const size_t name_lengths[] = {3, 253, 254, 300};

/* "a debt until somebody else has looked at it" */
static void test_nobody_reviews_what_is_owed_by_the_same_name(void **state)
{
    for (size_t i = 0; i < sizeof(name_lengths) / sizeof(name_lengths[0]); i++) {
        setup(state);
        struct fixture *fixture = broken(state);
        fixture->change.user.name = long_name(fixture, name_lengths[i]);
        struct record owed = *decide(fixture)->record.record;
        fixture->change.record = (struct change_record){.before = TEXT("{}"), .old = &owed};
        fixture->change.record.reviewer = fixture->change.user.name;
        fixture->change.classes = CLASS_BIT(CLASS_METADATA);
        bool reviewed = decide(fixture)->record.record != NULL;
        arena_done(&fixture->arena);
        if (reviewed)
            fail_msg("a name of %zu bytes reviews itself", name_lengths[i]);
    }
}

/* "never the one who applies" */
static void test_nobody_approves_what_is_held_by_the_same_name(void **state)
{
    for (size_t i = 0; i < sizeof(name_lengths) / sizeof(name_lengths[0]); i++) {
        setup(state);
        struct fixture *fixture = frozen(state);
        fixture->change.user.name = long_name(fixture, name_lengths[i]);
        struct hold hold = decide(fixture)->target.hold;
        held(state);
        struct approval own = by("");
        own.approver = fixture->change.user.name;
        approve(fixture, &own, 1);
        fixture->facts.calendar = NULL;
        fixture->change.hold.before.hold.by = hold.by;
        fixture->change.user.name = text_of("releaser");
        bool released = decide(fixture)->releases;
        arena_done(&fixture->arena);
        if (released)
            fail_msg("a name of %zu bytes approves itself", name_lengths[i]);
    }
}

/* maxAge: so long after its first use an incident counts, however its id is written. */
static void test_a_long_incident_is_none(void **state)
{
    struct fixture *fixture = broken(state);
    fixture->change.record.incident =
        text_of("INC0000000000000000000000000000000000000000000000000000000000000000000000000000004711");
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

/* The same, however often it was used. */
static void test_an_incident_that_is_used_often_expires(void **state)
{
    struct fixture *fixture = broken(state);
    struct record used = {.template_count = 0};
    struct record_override use = {.incident = TEXT("INC4711"), .by = TEXT("erin"), .digest = TEXT("d")};
    for (int minute = 61; minute > 0; minute -= 5) {
        use.at_s = NOW_S - minute * 60;
        record_override(&used, &use);
    }
    fixture->change.record.old = &used;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

/* "The record is refused in every mode": however much else is wrong with the request. A verdict has room for
 * 32 reasons, and the marks are looked at last. */
static void test_many_faults_hide_no_forged_record(void **state)
{
    struct fixture *fixture = *state;
    struct approval own[APPROVAL_IDS_MOST];
    struct text ids = TEXT_EMPTY;
    for (unsigned i = 0; i < APPROVAL_IDS_MOST; i++) {
        own[i] = by("ann");
        ids = arena_printf(&fixture->arena, "%.*s bad-%u", TEXT_ARGS(ids), i);
    }
    approve(fixture, own, APPROVAL_IDS_MOST);
    fixture->policy.mode = MODE_WARN;
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_ANNOTATION);
    fixture->change.subresource = text_of("status");
    fixture->change.classes = CLASS_BIT(CLASS_RESUME);
    fixture->change.record.after = text_of("forged");
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY); /* nothing hides it */
    fixture->change.approval_ids = ids;
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
}

/* A token is used up whatever else counted beside it: sixteen ids fill a list of their own. */
static void test_many_ids_hide_no_token(void **state)
{
    struct fixture *fixture = *state;
    struct approval token = by("bob");
    struct text ids = TEXT_EMPTY;
    for (unsigned i = 0; i < APPROVAL_IDS_MOST; i++)
        ids = arena_printf(&fixture->arena, "%.*s CHG%07u", TEXT_ARGS(ids), i);
    sign(fixture, &token, 1);
    token.name = text_of("jti-1");
    fixture->policy.approval.sources |= SOURCE_BIT(SOURCE_ANNOTATION);
    fixture->change.approval_ids = ids;
    fixture->change.hold.decides = true;
    const struct record *record = decide(fixture)->record.record;
    struct text other;
    assert_non_null(record);
    assert_true(record_used(record, text_of("jti-1"), TEXT_EMPTY, &other));
    assert_true(record_used(record, text_of("CHG0000015"), TEXT_EMPTY, &other));
}

/* "an id is used up by the template digest it was admitted with", also where that one comes again with
 * others. */
static void test_a_template_that_comes_again_keeps_what_it_used_up(void **state)
{
    (void)state;
    struct record record = {.template_count = 0};
    struct record_template first = {.digest = TEXT("d1"), .at_s = 1, .ids = {TEXT("CHG1")}, .id_count = 1};
    struct record_template again = {.digest = TEXT("d1"), .at_s = 2, .id_count = VERDICT_EVIDENCE_MOST};
    static const char letters[] = "abcdefghijklmnop";
    struct text other;
    for (size_t i = 0; i < VERDICT_EVIDENCE_MOST; i++)
        again.ids[i] = (struct text){&letters[i], 1};
    record_admit(&record, &first);
    record_admit(&record, &again);
    assert_true(record_used(&record, text_of("CHG1"), text_of("d2"), &other));
}

/* ---- what is held ---- */

/* An edit and what it releases: either may have used something up, or have been overridden. */
static void test_a_release_keeps_what_the_edit_used_up(void **state)
{
    struct fixture *fixture = held(state);
    fixture->facts.calendar = NULL;
    fixture->policy.needs[CLASS_ROLLOUT].approval = false;
    fixture->policy.needs[CLASS_SCALE].approval = true;
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    const struct verdict *verdict = decide(fixture);
    assert_true(verdict->releases);
    assert_int_equal(verdict->used_count, 1);
    assert_text(verdict->record.record->templates[0].ids[0], "CHG0000001");
}

static void test_a_release_keeps_the_debt_of_the_edit(void **state)
{
    held(state);
    struct fixture *fixture = broken(state);
    fixture->facts.calendar = NULL;
    fixture->policy.needs[CLASS_ROLLOUT].approval = false;
    fixture->policy.needs[CLASS_SCALE].approval = true;
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    const struct verdict *verdict = decide(fixture);
    assert_true(verdict->releases);
    assert_true(verdict->overrides);
    assert_int_equal(verdict->record.record->override_count, 1);
}

/* "by a member of breakGlass.groups: allowed [...] anyone else: denied" */
static void test_nobody_else_breaks_the_glass_of_a_held_change(void **state)
{
    held(state);
    struct fixture *fixture = broken(state);
    fixture->change.user = (struct user){.name = TEXT("ann")};
    fixture->change.approval_ids = text_of("CHG0000001");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_string_equal(reason_code_name(verdict->reasons[verdict->reason_count - 1].code),
                        "BreakGlassRefused");
}

/* What somebody left on earlier takes nothing from an operator, who needs no break-glass. */
static void test_an_operator_releases_what_carries_an_old_incident(void **state)
{
    struct fixture *fixture = asked(state, "boss");
    fixture->change.record.incident = text_of("INC4711");
    assert_true(decide(fixture)->releases);
}

/* ---- what needs nothing ---- */

/* docs/break-glass.md: "no new attempt, whoever runs it" */
static void test_an_undo_of_a_commander_is_no_attempt(void **state)
{
    struct fixture *fixture = broken(state);
    const struct record old = {
        .overrides = {{.incident = TEXT("INC4711"), .by = TEXT("erin"), .at_s = NOW_S - 3600}},
        .override_count = 1};
    fixture->change.record.old = &old;
    fixture->change.classes = CLASS_BIT(CLASS_ROLLBACK);
    assert_allowed(decide(fixture), REASON_NOTHING_REQUIRED);
}

/* Re-applying the same template is not a new use, of whatever class. */
static void test_the_id_of_the_running_template_counts_for_it(void **state)
{
    struct fixture *fixture = *state;
    const struct record old = {
        .templates = {{.digest = TEXT(DIGEST), .at_s = 1, .ids = {TEXT("CHG0000001")}, .id_count = 1}},
        .template_count = 1};
    fixture->policy.approval.reuse_allowed = false;
    fixture->policy.needs[CLASS_SCALE].approval = true;
    fixture->change.classes = CLASS_BIT(CLASS_SCALE);
    fixture->change.record.old = &old;
    fixture->change.digest_after = text_of(DIGEST); /* as it is read where people may approve as well */
    assert_allowed(decide(fixture), REASON_APPROVED);
    fixture->change.digest_after = TEXT_EMPTY; /* as it is read where only ids count */
    assert_allowed(decide(fixture), REASON_APPROVED);
}

/* ---- the annotation ---- */

/* So many ids of so many digits, none of them of another round. */
static struct text many_ids(struct fixture *fixture, unsigned round, unsigned digits)
{
    struct text ids = TEXT_EMPTY;
    for (unsigned i = 0; i < APPROVAL_IDS_MOST; i++)
        ids = arena_printf(&fixture->arena, "%.*s CHG%0*u", TEXT_ARGS(ids), (int)digits,
                           round * APPROVAL_IDS_MOST + i);
    return ids;
}

/* An id is used up, of any length that the pattern takes. A record that is longer than its reader reads is
 * forgotten: every id, every rollback, and every debt. */
static void test_long_ids_do_not_spoil_the_record(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct record record = {.template_count = 0}, back;
    struct json_text_buffer out = {NULL, 0, 0};
    struct pattern *pattern = &fixture->policy.approval.id_pattern;
    assert_true(pattern_compile(&fixture->arena, text_of("^CHG[0-9]+$"), pattern, &error));
    fixture->policy.approval.reuse_allowed = false;
    fixture->change.hold.decides = true;
    bool readable = true;
    for (unsigned round = 0; round < RECORD_TEMPLATES_MOST && readable; round++) {
        fixture->change.digest_after = arena_printf(&fixture->arena, "sha256:%u", round);
        fixture->change.approval_ids = many_ids(fixture, round, 1000);
        fixture->change.record.old = &record;
        if (decide(fixture)->kind == VERDICT_DENY)
            break;
        record = *fixture->verdict.record.record;
        json_text_clear(&out);
        record_write(&record, &out);
        readable = record_read(json_text_view(&out), &fixture->arena, &back);
    }
    pattern_done(pattern);
    json_text_done(&out);
    assert_true(readable);
}

/* record_read: "False: it is none that the gate wrote"; "What record_read reads is written again byte for
 * byte". */
static void test_what_is_read_is_what_the_gate_writes(void **state)
{
#define ENTRY "\"digest\":\"sha256:a\",\"at\":\"2026-11-20T11:00:00Z\""
    static const char *const texts[] = {
        "{\"templates\":[{" ENTRY ",\"by\":\"ann\",\"ids\":[\"CHG1\"]}]}", /* as it is written */
        "{\"templates\":[{" ENTRY ",\"ids\":[1]}]}",
        "{\"templates\":[{" ENTRY ",\"ids\":\"CHG1\"}]}",
        "{\"templates\":[{" ENTRY ",\"ids\":{\"a\":\"CHG1\"}}]}",
        "{\"templates\":[{" ENTRY ",\"waiting\":\"true\"}]}",
        "{\"templates\":[{" ENTRY ",\"by\":5}]}",
        "{\"templates\":[{" ENTRY ",\"preexisting\":true}]}",
        "{\"templates\":[{" ENTRY ",\"more\":1}]}",
        "{\"templates\":[{\"digest\":\"sha256:a\",\"at\":\"2026-11-20T12:00:00+01:00\"}]}",
        "{\"templates\":{\"a\":{" ENTRY "}}}",
        "{\"templates\":\"none\"}",
        "{\"templates\":[{" ENTRY "},{" ENTRY "}]}",
        "{}",
    };
    struct fixture *fixture = *state;
    struct json_text_buffer out = {NULL, 0, 0};
    size_t taken = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct record record;
        json_text_clear(&out);
        if (!record_read(text_of(texts[i]), &fixture->arena, &record))
            continue;
        record_write(&record, &out);
        if (!text_is(json_text_view(&out), texts[i])) {
            print_error("read:    %s\nwritten: %.*s\n", texts[i], TEXT_ARGS(json_text_view(&out)));
            taken++;
        }
    }
    json_text_done(&out);
    assert_int_equal(taken, 0);
}

/* ---- what is said ---- */

/* The command of the message can be run. */
static void test_a_long_workload_name_is_whole_in_the_command(void **state)
{
    struct fixture *fixture = *state;
    approve(fixture, NULL, 0);
    fixture->change.name = long_name(fixture, 253);
    struct text wanted = arena_printf(&fixture->arena,
                                      "no approval: 1 person has to approve sha256:new with: changegate "
                                      "approve shop Deployment/%.*s --change-id ID",
                                      TEXT_ARGS(fixture->change.name));
    assert_text(decide(fixture)->reasons[0].message, wanted.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_nobody_reviews_what_is_owed_by_the_same_name),
        DECISION(test_nobody_approves_what_is_held_by_the_same_name),
        DECISION(test_a_long_incident_is_none),
        DECISION(test_an_incident_that_is_used_often_expires),
        DECISION(test_many_faults_hide_no_forged_record),
        DECISION(test_many_ids_hide_no_token),
        DECISION(test_a_template_that_comes_again_keeps_what_it_used_up),
        DECISION(test_a_release_keeps_what_the_edit_used_up),
        DECISION(test_a_release_keeps_the_debt_of_the_edit),
        DECISION(test_nobody_else_breaks_the_glass_of_a_held_change),
        DECISION(test_an_operator_releases_what_carries_an_old_incident),
        DECISION(test_an_undo_of_a_commander_is_no_attempt),
        DECISION(test_the_id_of_the_running_template_counts_for_it),
        DECISION(test_long_ids_do_not_spoil_the_record),
        DECISION(test_what_is_read_is_what_the_gate_writes),
        DECISION(test_a_long_workload_name_is_whole_in_the_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
