/* What a review says of what was admitted, of break-glass and reviews, and of the evidence that is asked for.
 */
#include "review_fixture.h"

#include "core/record.h"

/* printf '{"spec":{"image":"1"}}' | sha256sum, and 2 */
#define DIGEST_1 "sha256:ebaa136b02afe8bdf669884cae27d6cbdc2f88145b299009035af1417e9f9b30"
#define DIGEST_2 "sha256:7dc2b4d1f08fe7d83452a1510c64f69cceb67bbc1e5e423bbe5734a1813fe3f6"

#define ADMITTED(digest) \
    "\"{\\\"templates\\\":[{\\\"digest\\\":\\\"" digest "\\\",\\\"at\\\":\\\"2026-11-20T11:00:00Z\\\"}]}\""
#define NOTES(members) "\"annotations\":{" members "}"
#define RECORD(text)   "\"changegate.dev/admitted\":" text
#define GLASS(incident, why) \
    "\"changegate.dev/break-glass\":\"" incident "\",\"changegate.dev/break-glass-reason\":\"" why "\""
#define REVIEWED(by)          "\"changegate.dev/reviewed-by\":\"" by "\""
#define WEB(members, version) OBJECT("," NOTES(members), TEMPLATE(version))

static struct policy policy_of(approval_sources sources)
{
    struct policy policy = {.name = TEXT("tier-1"),
                            .approval = {.minimum = 1, .sources = sources},
                            .approval_ids_key = TEXT("changegate.dev/approval-ids"),
                            .change_document_key = TEXT("changegate.dev/change-doc")};
    for (unsigned i = 0; i < CLASS_COUNT; i++)
        policy.needs[i] = policy_default_needs[i];
    return policy;
}

/* A request with `more` members, on a subresource (empty: the object itself). */
static struct change requested(void **state, const char *subresource, const char *operation, const char *more,
                               const char *before, const char *after, const struct policy *policy)
{
    static char body[16384];
    struct fixture *fixture = *state;
    struct change change = {0};
    struct text uid;
    struct error error;
    arena_reset(&arena);
    snprintf(
        body, sizeof(body),
        "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"1\","
        "\"kind\":{\"kind\":\"Deployment\"},\"resource\":{\"group\":\"apps\",\"version\":\"v1\","
        "\"resource\":\"deployments\"},\"subResource\":\"%s\",\"namespace\":\"shop\",\"name\":\"web\","
        "\"operation\":\"%s\",\"userInfo\":{\"username\":\"ann\"},%s\"object\":%s,\"oldObject\":%s}}",
        subresource, operation, more, after, before);
    if (!review_open(fixture->reader, text_of(body), &review, &uid, &error) ||
        !review_read_change(&review, policy, false, &arena, &fixture->out, &change, &error))
        fail_msg("%s: %s", error.text, body);
    return change;
}

static struct change updated(void **state, const char *before, const char *after)
{
    static struct policy policy;
    policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    return requested(state, "", "UPDATE", "", before, after, &policy);
}

/* ---- the record ---- */

static void test_the_old_object_says_what_was_admitted(void **state)
{
    struct change change =
        updated(state, WEB(RECORD(ADMITTED(DIGEST_0)), "0"), WEB(RECORD(ADMITTED(DIGEST_2)), "2"));
    assert_non_null(change.record.old);
    assert_text(change.record.old->templates[0].digest, DIGEST_0);
    assert_non_null(change.record.found);
    assert_text(change.record.found->templates[0].digest, DIGEST_2);
    assert_text(change.digest_after, DIGEST_2);
    assert_int_equal(change.classes, ROLLOUT); /* whatever the new object claims */
    assert_null(change.record.digest_before.at);
}

static void test_back_to_what_was_admitted_is_a_rollback(void **state)
{
    struct change change =
        updated(state, WEB(RECORD(ADMITTED(DIGEST_1)), "0"), WEB(RECORD(ADMITTED(DIGEST_1)), "1"));
    assert_int_equal(change.classes, CLASS_BIT(CLASS_ROLLBACK));
    assert_null(change.record.found); /* the same as before */
}

static void test_what_waits_was_not_out(void **state)
{
    static const char waiting[] =
        WEB(RECORD("\"{\\\"templates\\\":[{\\\"digest\\\":\\\"" DIGEST_1
                   "\\\",\\\"at\\\":\\\"2026-11-20T11:00:00Z\\\",\\\"waiting\\\":true}]}\""),
            "0");
    assert_int_equal(updated(state, waiting, WEB("", "1")).classes, ROLLOUT);
}

static void test_a_created_object_has_none(void **state)
{
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    struct change change = requested(state, "", "CREATE", "", WEB(RECORD(ADMITTED(DIGEST_1)), "1"),
                                     WEB(RECORD(ADMITTED(DIGEST_1)), "1"), &policy);
    assert_int_equal(change.classes, CLASS_BIT(CLASS_CREATE));
    assert_null(change.record.before.at);
    assert_null(change.record.old);
    assert_non_null(change.record.after.at);
}

static void test_one_that_the_gate_did_not_write_is_none(void **state)
{
    static const char *const texts[] = {WEB(RECORD("\"\""), "0"), WEB(RECORD("\"{garbage\""), "0"),
                                        WEB(RECORD("\"[]\""), "0"), WEB(RECORD("5"), "0"),
                                        WEB(RECORD("{\"templates\":[]}"), "0")};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct change change = updated(state, texts[i], WEB("", "1"));
        assert_null(change.record.old);
        assert_int_equal(change.classes, ROLLOUT);
        assert_text(change.record.digest_before, DIGEST_0);
    }
}

static void test_the_template_found_at_the_first_change(void **state)
{
    assert_text(updated(state, WEB("", "0"), WEB("", "1")).record.digest_before, DIGEST_0);
    struct change restart =
        updated(state, WEB("", "0"),
                OBJECT("", "\"template\":{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/"
                           "restartedAt\":\"now\"}},\"spec\":{\"image\":\"0\"}}"));
    assert_int_equal(restart.classes, CLASS_BIT(CLASS_RESTART));
    assert_text(restart.record.digest_before, DIGEST_0);
    struct change resume = updated(state, OBJECT("", TEMPLATE("0") ",\"paused\":true"),
                                   OBJECT("", TEMPLATE("0") ",\"paused\":false"));
    assert_int_equal(resume.classes, RESUME);
    assert_null(resume.record.digest_before.at); /* of what runs nothing is known */
    assert_text(resume.digest_after, DIGEST_0);
}

/* What it uses up has to be written somewhere. */
static void test_the_template_that_a_scale_finds(void **state)
{
    static const char from[] = OBJECT("", TEMPLATE("0") ",\"replicas\":2"),
                      to[] = OBJECT("", TEMPLATE("0") ",\"replicas\":3");
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    struct change change = requested(state, "", "UPDATE", "", from, to, &policy);
    assert_int_equal(change.classes, CLASS_BIT(CLASS_SCALE));
    assert_null(change.record.digest_before.at); /* it uses nothing up */
    policy.needs[CLASS_SCALE].approval = true;
    assert_text(requested(state, "", "UPDATE", "", from, to, &policy).record.digest_before, DIGEST_0);
    policy.needs[CLASS_SCALE].approval = false;
    policy.requirements = &(struct requirement){
        .name = TEXT("two"), .annotation = TEXT("two"), .classes = CLASS_BIT(CLASS_SCALE), .minimum = 2};
    policy.requirement_count = 1;
    policy.reads_annotations = true;
    assert_null(requested(state, "", "UPDATE", "", from, to, &policy).record.digest_before.at);
    change = requested(state, "", "UPDATE", "", from,
                       OBJECT("," NOTES("\"two\":\"\""), TEMPLATE("0") ",\"replicas\":3"), &policy);
    assert_text(change.record.digest_before, DIGEST_0);
}

static void test_below_a_hold_runs_what_it_says(void **state)
{
    struct change change = updated(state, held_1, OBJECT("", TEMPLATE("2")));
    assert_text(change.record.digest_before, DIGEST_0);
    change = updated(state, held_1, held_1);
    assert_true(change.hold.keeps);
    assert_text(change.record.digest_before, DIGEST_0);
    assert_text(change.digest_after, DIGEST_1);
    change = updated(state, HELD("Resume", "", PAUSED("false"), TEMPLATE("1") ",\"paused\":true"),
                     OBJECT("", TEMPLATE("2")));
    assert_null(change.record.digest_before.at);
}

static void test_an_edit_alone_reads_no_record(void **state)
{
    struct change change = updated(state, WEB(RECORD(ADMITTED(DIGEST_0)), "0"), WEB("", "0"));
    assert_int_equal(change.classes, NOTHING);
    assert_null(change.record.old);
    assert_non_null(change.record.before.at);
    assert_null(change.record.after.at);
    change = updated(state, WEB(RECORD(ADMITTED(DIGEST_0)), "0"), WEB(REVIEWED("ann"), "0"));
    assert_non_null(change.record.old);
}

/* ---- break-glass and reviews ---- */

struct glass_row {
    const char *before, *after;
    bool set;
};

static void test_what_sets_the_glass(void **state)
{
    static const struct glass_row rows[] = {
        {WEB("", "0"), WEB(GLASS("INC1", "a"), "1"), true},
        {WEB(GLASS("INC1", "a"), "0"), WEB(GLASS("INC1", "a"), "1"), false},
        {WEB(GLASS("INC1", "a"), "0"), WEB(GLASS("INC2", "a"), "1"), true},
        {WEB(GLASS("INC1", "a"), "0"), WEB(GLASS("INC1", "b"), "1"), true},
        {WEB(GLASS("INC1", "a"), "0"), WEB("\"changegate.dev/break-glass\":\"INC1\"", "1"), true},
        {WEB(GLASS("INC1", "a"), "0"), WEB("", "1"), false},
        {WEB("", "0"), WEB("\"changegate.dev/break-glass-reason\":\"a\"", "1"), false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (updated(state, rows[i].before, rows[i].after).record.override_set != rows[i].set)
            fail_msg("row %zu", i);
}

static void test_incident_and_reason_are_of_the_new_object(void **state)
{
    struct change change = updated(state, WEB(GLASS("INC1", "a"), "0"), WEB(GLASS("INC2", "b"), "1"));
    assert_text(change.record.incident, "INC2");
    assert_text(change.record.reason, "b");
    change = updated(state, WEB(GLASS("INC1", "a"), "0"), WEB("", "1"));
    assert_null(change.record.incident.at);
    assert_null(change.record.reason.at);
}

static void test_a_reviewer_is_one_who_is_set(void **state)
{
    assert_text(updated(state, WEB("", "0"), WEB(REVIEWED("ann"), "0")).record.reviewer, "ann");
    assert_text(updated(state, WEB(REVIEWED("bob"), "0"), WEB(REVIEWED("ann"), "0")).record.reviewer, "ann");
    assert_null(updated(state, WEB(REVIEWED("ann"), "0"), WEB(REVIEWED("ann"), "0")).record.reviewer.at);
    assert_null(updated(state, WEB(REVIEWED("ann"), "0"), WEB("", "0")).record.reviewer.at);
}

/* ---- evidence through a subresource ---- */

static bool differs_by(void **state, const char *before, const char *after)
{
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    struct change change = requested(state, "status", "UPDATE", "", before, after, &policy);
    assert_false(change.hold.decides);
    assert_null(change.record.incident.at);
    assert_null(change.record.reviewer.at);
    assert_false(change.record.override_set);
    return change.record.evidence_differs;
}

static void test_evidence_that_differs(void **state)
{
    static const char *const evidence[] = {
        WEB("\"changegate.dev/approval-ids\":\"CHG1\"", "0"),
        WEB("\"changegate.dev/change-doc\":\"x\"", "0"),
        WEB("\"changegate.dev/approval-token\":\"x\"", "0"),
        WEB(GLASS("INC1", "a"), "0"),
        WEB("\"changegate.dev/break-glass-reason\":\"a\"", "0"),
        WEB(REVIEWED("ann"), "0"),
        WEB("\"changegate.dev/on-freeze\":\"delay\"", "0"),
        WEB("\"changegate.dev/on-freeze\":\"\"", "0"),
    };
    for (size_t i = 0; i < sizeof(evidence) / sizeof(evidence[0]); i++) {
        assert_true(differs_by(state, WEB("", "0"), evidence[i]));
        assert_true(differs_by(state, evidence[i], WEB("", "0")));
        assert_false(differs_by(state, evidence[i], evidence[i]));
    }
    assert_false(differs_by(state, WEB("", "0"), WEB("\"a\":\"b\"", "0")));
}

static void test_the_record_through_a_subresource(void **state)
{
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    struct change change =
        requested(state, "status", "UPDATE", "", WEB("", "0"), WEB(RECORD(ADMITTED(DIGEST_1)), "0"), &policy);
    assert_null(change.record.before.at);
    assert_non_null(change.record.after.at);
    assert_null(change.record.old);
}

static void test_scale_says_nothing_of_it(void **state)
{
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    struct change change =
        requested(state, "scale", "UPDATE", "", WEB(GLASS("INC1", "a"), "0"), WEB("", "0"), &policy);
    assert_false(change.has_annotations);
    assert_null(change.record.before.at);
    assert_false(change.record.evidence_differs);
}

/* ---- what requirements and people ask for ---- */

#define IMAGES                                                                        \
    "\"template\":{\"spec\":{\"initContainers\":[{\"image\":\"i\"}],\"containers\":[" \
    "{\"image\":\"a\"},{\"image\":5},{}],\"ephemeralContainers\":[{\"image\":\"e\"}]}}"

static void test_images_of_all_containers(void **state)
{
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    struct change change =
        requested(state, "", "UPDATE", "", OBJECT("", TEMPLATE("0")), OBJECT("", IMAGES), &policy);
    assert_int_equal(change.image_count, 0); /* nobody asked */
    policy.reads_images = true;
    change = requested(state, "", "UPDATE", "", OBJECT("", TEMPLATE("0")), OBJECT("", IMAGES), &policy);
    assert_int_equal(change.image_count, 5);
    assert_text(change.images[0], "a");
    assert_text(change.images[1], "");
    assert_text(change.images[3], "i");
    assert_text(change.images[4], "e");
    change = requested(state, "", "DELETE", "", OBJECT("", IMAGES), "null", &policy);
    assert_int_equal(change.image_count, 5); /* of the old object */
}

static void test_annotations_where_a_requirement_asks(void **state)
{
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    struct change change = requested(state, "", "UPDATE", "", WEB("", "0"), WEB("\"a\":\"b\"", "1"), &policy);
    assert_int_equal(change.annotations.count, 0);
    policy.reads_annotations = true;
    change = requested(state, "", "UPDATE", "", WEB("", "0"), WEB("\"a\":\"b\"", "1"), &policy);
    assert_int_equal(change.annotations.count, 1);
    assert_text(*labels_get(change.annotations, text_of("a")), "b");
    change = requested(state, "", "UPDATE", "", WEB("", "0"), WEB("\"a\":\"b\"", "0"), &policy);
    assert_int_equal(change.annotations.count, 0); /* an edit alone needs nothing */
}

static void test_people_approve_a_template_whatever_the_class(void **state)
{
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_APPROVAL));
    const char *zero = OBJECT("", TEMPLATE("0")), *three = OBJECT("", TEMPLATE("0") ",\"replicas\":3");
    assert_null(requested(state, "", "UPDATE", "", zero, three, &policy).digest_after.at);
    policy.needs[CLASS_SCALE].approval = policy.needs[CLASS_DELETE].approval = true;
    assert_text(requested(state, "", "UPDATE", "", zero, three, &policy).digest_after, DIGEST_0);
    assert_text(requested(state, "", "DELETE", "", zero, "null", &policy).digest_after, DIGEST_0);
    assert_null(requested(state, "scale", "UPDATE", "", zero, three, &policy).digest_after.at);
}

static void test_tokens_only_where_they_count(void **state)
{
    static const char signed_1[] = WEB("\"changegate.dev/approval-token\":\"a.b.c\"", "1");
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_APPROVAL));
    assert_int_equal(requested(state, "", "UPDATE", "", WEB("", "0"), signed_1, &policy).token_count, 0);
    policy.approval.sources = SOURCE_BIT(SOURCE_TOKEN);
    struct change change = requested(state, "", "UPDATE", "", WEB("", "0"), signed_1, &policy);
    assert_int_equal(change.token_count, 1);
    assert_true(change.tokens[0].fault.length > 0); /* the policy has no keys */
    assert_int_equal(requested(state, "", "UPDATE", "", signed_1, WEB("", "2"), &policy).token_count, 0);
}

/* ---- a preview ---- */

static void test_a_preview_is_by_its_field_manager(void **state)
{
    struct policy policy = policy_of(SOURCE_BIT(SOURCE_ANNOTATION));
    const char *from = OBJECT("", TEMPLATE("0")), *to = OBJECT("", TEMPLATE("1"));
    struct change change = requested(state, "", "UPDATE",
                                     "\"dryRun\":true,\"options\":{\"fieldManager\":\"changegate-approve\"},",
                                     from, to, &policy);
    assert_true(change.preview && change.dry_run);
    change = requested(state, "", "UPDATE", "\"options\":{\"fieldManager\":\"changegate-approve\"},", from,
                       to, &policy);
    assert_true(change.preview);
    assert_false(change.dry_run); /* which is asked for as well */
    change = requested(state, "", "UPDATE", "\"options\":{\"fieldManager\":\"kubectl\"},", from, to, &policy);
    assert_false(change.preview);
    assert_false(requested(state, "", "UPDATE", "\"options\":5,", from, to, &policy).preview);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REVIEW(test_the_old_object_says_what_was_admitted),
        REVIEW(test_back_to_what_was_admitted_is_a_rollback),
        REVIEW(test_what_waits_was_not_out),
        REVIEW(test_a_created_object_has_none),
        REVIEW(test_one_that_the_gate_did_not_write_is_none),
        REVIEW(test_the_template_found_at_the_first_change),
        REVIEW(test_the_template_that_a_scale_finds),
        REVIEW(test_below_a_hold_runs_what_it_says),
        REVIEW(test_an_edit_alone_reads_no_record),
        REVIEW(test_what_sets_the_glass),
        REVIEW(test_incident_and_reason_are_of_the_new_object),
        REVIEW(test_a_reviewer_is_one_who_is_set),
        REVIEW(test_evidence_that_differs),
        REVIEW(test_the_record_through_a_subresource),
        REVIEW(test_scale_says_nothing_of_it),
        REVIEW(test_images_of_all_containers),
        REVIEW(test_annotations_where_a_requirement_asks),
        REVIEW(test_people_approve_a_template_whatever_the_class),
        REVIEW(test_tokens_only_where_they_count),
        REVIEW(test_a_preview_is_by_its_field_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
