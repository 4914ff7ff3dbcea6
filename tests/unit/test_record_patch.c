/* The record written onto objects by the patch of /mutate, and found there by /validate. */
#include "arena_fixture.h"
#include "assert_text.h"
#include "json_patch.h"
#include "record_passes.h"

#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

#define RECORD_KEY "changegate.dev/admitted"

/* printf '{"spec":{"image":"0"}}' | sha256sum, and so on */
#define DIGEST_0 "sha256:d790d5bd47179cd328d66adcbb524415de6d57401d3eb5866f3925caf79b5223"
#define DIGEST_1 "sha256:ebaa136b02afe8bdf669884cae27d6cbdc2f88145b299009035af1417e9f9b30"

#define WEB(metadata, version)                                                                            \
    "{\"metadata\":{\"name\":\"web\"" metadata "},\"spec\":{\"template\":{\"spec\":{\"image\":\"" version \
    "\"}}}}"
#define IDS(more)    ",\"annotations\":{\"changegate.dev/approval-ids\":\"CHG1\"" more "}"
#define NOTE(record) ",\"changegate.dev/admitted\":\"" record "\""

#define FIRST                                                                                               \
    "{\"templates\":[{\"digest\":\"" DIGEST_1 "\",\"at\":\"2026-11-20T11:00:00Z\",\"by\":\"ann\",\"ids\":[" \
    "\"CHG1\"]},{\"digest\":\"" DIGEST_0 "\",\"preexisting\":true}]}"

static bool is_change(const void *program, struct text subject)
{
    (void)program;
    return text_starts_with(subject, text_of("CHG"));
}

static const struct policy *policy(void)
{
    static struct policy made;
    made = (struct policy){.name = TEXT("tier-1"),
                           .approval = {.id_pattern = {TEXT("^CHG"), NULL, is_change},
                                        .minimum = 1,
                                        .sources = SOURCE_BIT(SOURCE_ANNOTATION)},
                           .approval_ids_key = TEXT("changegate.dev/approval-ids"),
                           .change_document_key = TEXT("changegate.dev/change-doc")};
    memcpy(made.needs, policy_default_needs, sizeof(made.needs));
    return &made;
}

/* A review of the Deployment; `before` NULL: its creation. The caller releases. */
static json_t *review_of(const char *before, const char *after)
{
    json_t *review = json_pack(
        "{s:s, s:s, s:{s:s, s:{s:s}, s:{s:s, s:s, s:s}, s:s, s:s, s:s, s:{s:s}}}", "kind", "AdmissionReview",
        "apiVersion", "admission.k8s.io/v1", "request", "uid", "1", "kind", "kind", "Deployment", "resource",
        "group", "apps", "version", "v1", "resource", "deployments", "namespace", "shop", "name", "web",
        "operation", before == NULL ? "CREATE" : "UPDATE", "userInfo", "username", "ann");
    json_t *request = json_object_get(review, "request");
    json_object_set_new(request, "object", json_loads(after, 0, NULL));
    if (before != NULL)
        json_object_set_new(request, "oldObject", json_loads(before, 0, NULL));
    return review;
}

/* What /mutate makes of it in place; false: it has nothing to say. */
static bool mutate(struct arena *arena, json_t *review, int64_t now_s)
{
    char *text = json_dumps(review, JSON_COMPACT);
    struct text answer = record_mutation_of(policy(), text_of(text), now_s, arena);
    json_t *root = json_loadb(answer.at, answer.length, 0, NULL);
    const char *digits = json_string_value(json_object_get(json_object_get(root, "response"), "patch"));
    json_t *patch = digits == NULL ? NULL : json_patch_read(digits);
    if (patch != NULL)
        assert_true(json_patch_apply(json_object_get(json_object_get(review, "request"), "object"), patch));
    bool patched = patch != NULL;
    json_decref(patch);
    json_decref(root);
    free(text);
    return patched;
}

static struct text validate(struct arena *arena, json_t *review, int64_t now_s)
{
    char *text = json_dumps(review, JSON_COMPACT);
    struct text said = record_validation_of(policy(), text_of(text), now_s, arena);
    free(text);
    return said;
}

static json_t *annotations_of(json_t *review)
{
    json_t *object = json_object_get(json_object_get(review, "request"), "object");
    return json_object_get(json_object_get(object, "metadata"), "annotations");
}

static const char *record_of(json_t *review)
{
    return json_string_value(json_object_get(annotations_of(review), RECORD_KEY));
}

/* ---- onto what there is ---- */

static void test_beside_other_annotations(void **state)
{
    json_t *review = review_of(WEB("", "0"), WEB(IDS(",\"a\":\"b\""), "1"));
    assert_true(mutate(*state, review, NOW_S));
    assert_string_equal(record_of(review), FIRST);
    assert_int_equal(json_object_size(annotations_of(review)), 3);
    assert_text(validate(*state, review, NOW_S), "Allow Approved");
    json_decref(review);
}

static void test_in_place_of_a_forged_one(void **state)
{
    json_t *review = review_of(WEB("", "0"), WEB(IDS(NOTE("{\\\"templates\\\":[]}")), "1"));
    assert_text(validate(*state, review, NOW_S), "Deny RecordMismatch");
    assert_true(mutate(*state, review, NOW_S));
    assert_string_equal(record_of(review), FIRST);
    assert_text(validate(*state, review, NOW_S), "Allow Approved");
    json_decref(review);
}

/* No annotations at all, or null: as clients that build objects by hand send them. */
static void test_where_there_are_no_annotations(void **state)
{
    static const char *const objects[] = {WEB("", "0"), WEB(",\"annotations\":null", "0"),
                                          WEB(",\"annotations\":{}", "0")};
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        json_t *review = review_of(WEB(IDS(NOTE("as it was")), "0"), objects[i]);
        assert_true(mutate(*state, review, NOW_S)); /* an edit that took it off: it is put back */
        assert_string_equal(record_of(review), "as it was");
        assert_text(validate(*state, review, NOW_S), "Allow NotAChange");
        json_decref(review);
    }
}

static void test_what_was_never_there_is_taken_off(void **state)
{
    json_t *review = review_of(WEB("", "0"), WEB(IDS(NOTE("forged")), "0"));
    assert_text(validate(*state, review, NOW_S), "Deny RecordMismatch");
    assert_true(mutate(*state, review, NOW_S));
    assert_null(record_of(review));
    assert_text(validate(*state, review, NOW_S), "Allow NotAChange");
    json_decref(review);
}

static void test_garbage_that_was_there_stays_with_an_edit(void **state)
{
    json_t *review = review_of(WEB(IDS(NOTE("{")), "0"), WEB(IDS(NOTE("{") ",\"a\":\"b\""), "0"));
    assert_false(mutate(*state, review, NOW_S));
    assert_text(validate(*state, review, NOW_S), "Allow NotAChange");
    json_decref(review);
}

static void test_a_creation(void **state)
{
    json_t *review = review_of(NULL, WEB(IDS(NOTE("{\\\"templates\\\":[]}")), "1"));
    assert_true(mutate(*state, review, NOW_S));
    assert_string_equal(record_of(review), "{\"templates\":[{\"digest\":\"" DIGEST_1
                                           "\",\"at\":\"2026-11-20T11:00:00Z\",\"by\":\"ann\",\"ids\":["
                                           "\"CHG1\"]}]}");
    assert_text(validate(*state, review, NOW_S), "Allow Approved");
    json_decref(review);
}

static void test_what_is_refused_is_not_touched(void **state)
{
    json_t *review = review_of(WEB("", "0"), WEB("", "1"));
    assert_false(mutate(*state, review, NOW_S));
    assert_text(validate(*state, review, NOW_S), "Deny ApprovalMissing");
    json_decref(review);
}

/* ---- two passes, and more ---- */

static void test_what_is_so_already_is_left(void **state)
{
    json_t *review = review_of(WEB("", "0"), WEB(IDS(""), "1"));
    assert_true(mutate(*state, review, NOW_S));
    assert_false(mutate(*state, review, NOW_S));
    json_decref(review);
}

static void test_another_pass_a_little_later(void **state)
{
    json_t *review = review_of(WEB("", "0"), WEB(IDS(""), "1"));
    assert_true(mutate(*state, review, NOW_S));
    assert_text(validate(*state, review, NOW_S + 60), "Allow Approved");
    assert_text(validate(*state, review, NOW_S - 60), "Allow Approved"); /* another replica's clock */
    assert_text(validate(*state, review, NOW_S + 61), "Deny RecordMismatch");
    assert_true(mutate(*state, review, NOW_S + 61)); /* reinvoked */
    assert_text(validate(*state, review, NOW_S + 61), "Allow Approved");
    json_decref(review);
}

/* One request after the other: what the first left is where the next begins. */
static void test_the_life_of_an_object(void **state)
{
    json_t *review = review_of(WEB("", "0"), WEB(IDS(""), "1"));
    assert_true(mutate(*state, review, NOW_S));
    json_t *request = json_object_get(review, "request");
    json_object_set(request, "oldObject", json_object_get(request, "object"));
    json_object_set_new(request, "object", json_loads(WEB(IDS(""), "2"), 0, NULL));
    assert_text(validate(*state, review, NOW_S), "Deny ApprovalReused");
    json_object_set_new(request, "object", json_loads(WEB("", "0"), 0, NULL)); /* back, with nothing */
    assert_true(mutate(*state, review, NOW_S + 3600));
    assert_text(validate(*state, review, NOW_S + 3600), "Allow NothingRequired");
    assert_string_equal(record_of(review),
                        "{\"templates\":[{\"digest\":\"" DIGEST_0
                        "\",\"at\":\"2026-11-20T12:00:00Z\",\"by\":\"ann\"},{\"digest\":\"" DIGEST_1
                        "\",\"at\":\"2026-11-20T11:00:00Z\",\"by\":\"ann\",\"ids\":[\"CHG1\"]}]}");
    json_decref(review);
}

/* ---- what no pod ran is no rollback ---- */

/* An approved write of `version` at `replicas`, onto `stored` (NULL: a creation), which is released. */
static json_t *written(struct arena *arena, json_t *stored, const char *version, int replicas, const char *id,
                       const char *verdict)
{
    char wanted[512];
    snprintf(wanted, sizeof(wanted),
             "{\"metadata\":{\"name\":\"web\",\"annotations\":{\"changegate.dev/approval-ids\":\"%s\"}},"
             "\"spec\":{\"replicas\":%d,\"template\":{\"spec\":{\"image\":\"%s\"}}}}",
             id, replicas, version);
    char *before = stored == NULL ? NULL : json_dumps(stored, JSON_COMPACT);
    json_t *review = review_of(before, wanted);
    (void)mutate(arena, review, NOW_S);
    assert_text(validate(arena, review, NOW_S), verdict);
    json_t *object = json_deep_copy(json_object_get(json_object_get(review, "request"), "object"));
    free(before);
    json_decref(review);
    json_decref(stored);
    return object;
}

/* `count` pods run the template of `object`, as its controller reports it after `kubectl scale`. */
static void bring_out(json_t *object, int count)
{
    json_t *status =
        json_pack("{s:i, s:i, s:i}", "observedGeneration", 7, "replicas", count, "updatedReplicas", count);
    json_object_set_new(json_object_get(object, "spec"), "replicas", json_integer(count));
    json_object_set_new(json_object_get(object, "metadata"), "generation", json_integer(7));
    json_object_set_new(object, "status", status);
}

static void test_at_zero_replicas_it_waits(void **state)
{
    json_t *web = written(*state, NULL, "0", 3, "CHG0", "Allow Approved");
    web = written(*state, web, "0", 0, "CHG0", "Allow NothingRequired");
    web = written(*state, web, "1", 0, "CHG1", "Allow Approved");
    web = written(*state, web, "0", 0, "CHG1", "Allow NothingRequired"); /* which did run */
    web = written(*state, web, "1", 0, "CHG0", "Deny ApprovalReused");
    json_decref(web);
}

static void test_what_was_scaled_up_since_did_run(void **state)
{
    json_t *web = written(*state, NULL, "1", 0, "CHG1", "Allow Approved");
    bring_out(web, 3);
    web = written(*state, web, "2", 3, "CHG2", "Allow Approved");
    web = written(*state, web, "1", 3, "CHG2", "Allow NothingRequired");
    json_decref(web);
}

static void test_what_is_not_out_yet_did_not_run(void **state)
{
    json_t *web = written(*state, NULL, "1", 0, "CHG1", "Allow Approved");
    bring_out(web, 3);
    json_object_set_new(json_object_get(web, "metadata"), "generation", json_integer(8));
    web = written(*state, web, "2", 3, "CHG2", "Allow Approved");
    web = written(*state, web, "1", 3, "CHG2", "Deny ApprovalReused");
    json_decref(web);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_beside_other_annotations),
        TEST(test_in_place_of_a_forged_one),
        TEST(test_where_there_are_no_annotations),
        TEST(test_what_was_never_there_is_taken_off),
        TEST(test_garbage_that_was_there_stays_with_an_edit),
        TEST(test_a_creation),
        TEST(test_what_is_refused_is_not_touched),
        TEST(test_what_is_so_already_is_left),
        TEST(test_another_pass_a_little_later),
        TEST(test_the_life_of_an_object),
        TEST(test_at_zero_replicas_it_waits),
        TEST(test_what_was_scaled_up_since_did_run),
        TEST(test_what_is_not_out_yet_did_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
