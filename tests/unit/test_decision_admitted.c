/* The record, further: what is not recorded, what was unreadable, and what is kept through everything. */
#include "admitted_fixture.h"
#include "break_glass_fixture.h"
#include "hold_fixture.h"

/* "b a", newest first. */
static void assert_digests(const struct record *record, const char *wanted)
{
    char all[256] = "";
    assert_non_null(record);
    for (size_t i = 0; i < record->template_count; i++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%.*s", i == 0 ? "" : " ",
                 TEXT_ARGS(text_slice(record->templates[i].digest, 7, 99)));
    assert_string_equal(all, wanted);
}

/* ---- what goes in ---- */

static void test_all_of_an_entry(void **state)
{
    const struct record *record = decide(bringing(state, CLASS_ROLLOUT, "sha256:c"))->record.record;
    assert_digests(record, "c b a");
    assert_int_equal(record->templates[0].at_s, NOW_S);
    assert_text(record->templates[0].by, "ann");
    assert_false(record->templates[0].waiting);
    assert_int_equal(record->templates[0].id_count, 1);
    assert_text(record->templates[0].ids[0], "CHG0000001");
    assert_int_equal(record->templates[1].at_s, 2); /* the others stay as they were */
    assert_text(record->templates[2].ids[0], "CHG0000009");
}

static void test_debts_stay_through_every_change(void **state)
{
    static const enum change_class classes[] = {CLASS_ROLLOUT, CLASS_RESUME, CLASS_ROLLBACK};
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        const struct record *record = decide(bringing(state, classes[i], "sha256:a"))->record.record;
        assert_digests(record, "a b");
        assert_int_equal(record->override_count, 1);
        assert_text(record->overrides[0].incident, "INC1");
        assert_text(record->overrides[0].reviewed_by, "");
    }
}

static void test_a_rollback_uses_nothing_up_that_it_does_not_need(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLBACK, "sha256:a");
    const struct record *record = decide(fixture)->record.record;
    assert_text(record->templates[0].by, "ann");
    assert_int_equal(record->templates[0].id_count, 1); /* of the first time */
    assert_text(record->templates[0].ids[0], "CHG0000009");
}

static void test_of_eleven_the_oldest_is_forgotten(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLOUT, "");
    struct record record = two;
    static const char digests[] = "cdefghijk";
    for (size_t i = 0; i < 9; i++) {
        fixture->change.digest_after = arena_printf(&fixture->arena, "sha256:%c", digests[i]);
        fixture->change.approval_ids = arena_printf(&fixture->arena, "CHG%07zu", i + 100);
        fixture->change.record.old = &record;
        record = *decide(fixture)->record.record;
    }
    assert_digests(&record, "k j i h g f e d c b");
    assert_int_equal(record.override_count, 1);
}

static void test_a_restart_brings_no_template(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_RESTART, "sha256:b");
    assert_null(decide(fixture)->record.record);
    assert_text(fixture->verdict.record.verbatim, "two");
    fixture->change.record = (struct change_record){.digest_before = TEXT("sha256:z")};
    assert_digests(decide(fixture)->record.record, "z"); /* as found */
    assert_int_equal(fixture->verdict.record.record->templates[0].at_s, 0);
    fixture->policy.needs[CLASS_RESTART].approval = true;
    assert_text(decide(fixture)->record.record->templates[0].ids[0], "CHG0000001");
}

static void test_a_scale_uses_its_id_up_by_what_it_finds(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_SCALE, "");
    fixture->policy.needs[CLASS_SCALE].approval = true;
    fixture->change.record = (struct change_record){.digest_before = TEXT("sha256:z")};
    const struct record *record = decide(fixture)->record.record;
    assert_digests(record, "z");
    assert_int_equal(record->templates[0].id_count, 1);
    assert_text(record->templates[0].ids[0], "CHG0000001");
}

static void test_one_that_cannot_be_read_begins_anew(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLOUT, "sha256:c");
    fixture->change.record =
        (struct change_record){.before = TEXT("{garbage"), .digest_before = TEXT("sha256:b")};
    assert_digests(decide(fixture)->record.record, "c b");
    fixture->change.classes = CLASS_BIT(CLASS_METADATA); /* an edit leaves even that alone */
    assert_null(decide(fixture)->record.record);
    assert_text(fixture->verdict.record.verbatim, "{garbage");
}

/* A Pod is one, whatever gates keep it from being scheduled. */
static void test_a_pod_with_gates_waits_for_nothing(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_CREATE, "sha256:c");
    fixture->change.operation = OPERATION_CREATE;
    fixture->change.record = (struct change_record){.before = {NULL, 0}};
    fixture->change.after.stopped = true;
    assert_true(decide(fixture)->record.record->templates[0].waiting);
    fixture->change.workload = KIND_POD;
    assert_false(decide(fixture)->record.record->templates[0].waiting);
}

static void test_at_zero_replicas_a_template_waits(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLOUT, "sha256:c");
    fixture->change.after.replicas = 0;
    assert_true(decide(fixture)->record.record->templates[0].waiting);
    fixture->change.after.replicas = REPLICAS_NONE; /* a kind without them */
    assert_false(decide(fixture)->record.record->templates[0].waiting);
    fixture->change.record = (struct change_record){.digest_before = TEXT("sha256:b")};
    assert_false(decide(fixture)->record.record->templates[1].waiting);
    fixture->change.before.replicas = 0; /* when the gate came */
    fixture->change.before.released = true;
    assert_true(decide(fixture)->record.record->templates[1].waiting);
}

/* ---- where nothing is said of it ---- */

static void test_who_is_not_asked_is_not_recorded(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLOUT, "sha256:c");
    fixture->facts.namespace_terminating = true;
    assert_false(decide(fixture)->record.decides);
    fixture->facts.namespace_terminating = false;
    fixture->change.hold.decides = false;
    assert_false(decide(fixture)->record.decides);
    fixture = bringing(state, CLASS_ROLLOUT, "sha256:c");
    fixture->change.workload = KIND_POD;
    fixture->change.after.controlled = true;
    fixture->change.user.name = text_of("system:serviceaccount:kube-system:replicaset-controller");
    assert_allowed(decide(fixture), REASON_TRUSTED_CONTROLLER);
    assert_false(fixture->verdict.record.decides);
    decision_make(NULL, &fixture->facts, &fixture->change, NOW_S, &fixture->arena, &fixture->verdict);
    assert_false(fixture->verdict.record.decides);
}

static void test_a_mode_that_refuses_nothing_records_all_the_same(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLOUT, "sha256:c");
    fixture->change.approval_ids = text_of("CHG0000008"); /* used up */
    for (unsigned mode = MODE_WARN; mode <= MODE_AUDIT; mode++) {
        fixture->policy.mode = (enum policy_mode)mode;
        const struct verdict *verdict = decide(fixture);
        assert_true(verdict->would_deny);
        assert_digests(verdict->record.record, "c b a");
        assert_int_equal(verdict->record.record->templates[0].id_count, 0);
    }
}

/* ---- held ---- */

static void test_an_edit_of_what_is_held_uses_nothing_up(void **state)
{
    held(state);
    struct fixture *fixture = *state;
    fixture->change.record = (struct change_record){.before = TEXT("two"), .after = TEXT("two"), .old = &two};
    assert_int_equal(decide(fixture)->kind, VERDICT_DELAY);
    assert_null(fixture->verdict.record.record);
    assert_text(fixture->verdict.record.verbatim, "two");
}

static void test_by_hand_it_enters_as_well(void **state)
{
    struct fixture *fixture = asked(state, "boss");
    fixture->change.digest_after = text_of("sha256:c");
    fixture->change.record = (struct change_record){.before = TEXT("two"), .after = TEXT("two"), .old = &two};
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reasons[1].code, REASON_RELEASED_BY_HAND);
    assert_digests(verdict->record.record, "c b a");
    assert_text(verdict->record.record->templates[0].by, "bob");
    assert_text(verdict->record.record->templates[0].ids[0], "CHG0000001");
}

static void test_a_hold_that_ends_brings_nothing(void **state)
{
    struct fixture *fixture = held(state);
    fixture->change.hold.held_classes = CLASS_BIT(CLASS_METADATA);
    fixture->change.record = (struct change_record){.before = TEXT("two"), .after = TEXT("two"), .old = &two};
    assert_null(decide(fixture)->record.record);
    assert_false(fixture->verdict.releases);
}

static void test_a_release_that_is_refused_is_not_recorded(void **state)
{
    struct fixture *fixture = asked(state, "ann");
    fixture->change.record = (struct change_record){.before = TEXT("two"), .after = TEXT("two"), .old = &two};
    assert_int_equal(decide(fixture)->kind, VERDICT_DENY);
    assert_false(fixture->verdict.record.decides);
}

/* ---- reviews ---- */

static void test_a_review_beside_a_change(void **state)
{
    struct fixture *fixture = bringing(state, CLASS_ROLLOUT, "sha256:c");
    fixture->change.record.reviewer = text_of("ann");
    const struct verdict *verdict = decide(fixture);
    assert_digests(verdict->record.record, "c b a");
    assert_text(verdict->record.record->overrides[0].reviewed_by, "ann");
    assert_int_equal(verdict->reason_count, 2);
    assert_reason(verdict, 1, REASON_REVIEWED, "", "");
}

static void test_who_breaks_the_glass_reviews_what_was_before_at_most(void **state)
{
    struct record old = two;
    old.overrides[0].by = text_of("carol");
    struct fixture *fixture = broken(state);
    fixture->change.record.old = &old;
    fixture->change.record.reviewer = text_of("erin");
    const struct record *record = decide(fixture)->record.record;
    assert_int_equal(record->override_count, 2);
    assert_text(record->overrides[0].by, "erin");
    assert_text(record->overrides[0].reviewed_by, "");
    assert_text(record->overrides[1].reviewed_by, "erin");
}

static void test_names_that_only_look_like_who_reviews(void **state)
{
    static const char *const names[] = {"Ann", " ann", "ann ", "ann,bob", "an"};
    struct fixture *fixture = bringing(state, CLASS_METADATA, "");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        fixture->change.record.reviewer = text_of(names[i]);
        assert_null(decide(fixture)->record.record);
        assert_int_equal(fixture->verdict.warning_count, 1);
    }
}

static void test_where_nothing_is_owed_a_review_says_nothing(void **state)
{
    struct record paid = two;
    struct fixture *fixture = bringing(state, CLASS_METADATA, "");
    paid.overrides[0].reviewed_by = text_of("bob");
    fixture->change.record.old = &paid;
    fixture->change.record.reviewer = text_of("ann");
    assert_allowed(decide(fixture), REASON_NOT_A_CHANGE);
    assert_null(fixture->verdict.record.record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_all_of_an_entry),
        DECISION(test_debts_stay_through_every_change),
        DECISION(test_a_rollback_uses_nothing_up_that_it_does_not_need),
        DECISION(test_of_eleven_the_oldest_is_forgotten),
        DECISION(test_a_restart_brings_no_template),
        DECISION(test_a_scale_uses_its_id_up_by_what_it_finds),
        DECISION(test_one_that_cannot_be_read_begins_anew),
        DECISION(test_a_pod_with_gates_waits_for_nothing),
        DECISION(test_at_zero_replicas_a_template_waits),
        DECISION(test_who_is_not_asked_is_not_recorded),
        DECISION(test_a_mode_that_refuses_nothing_records_all_the_same),
        DECISION(test_an_edit_of_what_is_held_uses_nothing_up),
        DECISION(test_by_hand_it_enters_as_well),
        DECISION(test_a_hold_that_ends_brings_nothing),
        DECISION(test_a_release_that_is_refused_is_not_recorded),
        DECISION(test_a_review_beside_a_change),
        DECISION(test_who_breaks_the_glass_reviews_what_was_before_at_most),
        DECISION(test_names_that_only_look_like_who_reviews),
        DECISION(test_where_nothing_is_owed_a_review_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
