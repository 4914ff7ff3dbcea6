/* Approval and documentation in the decision. */
#include "decision_fixture.h"

static void test_no_approval(void **state)
{
    struct fixture *fixture = *state;
    static const char *const nothing[] = {NULL, "", " ", ","};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        fixture->change.approval_ids = text_of(nothing[i]);
        const struct verdict *verdict = decide(fixture);
        assert_denied(
            verdict,
            "Rollout of Deployment shop/web is refused by policy tier-1: no approval: set annotation "
            "changegate.dev/approval-ids to 1 approved change id matching ^CHG[0-9]{7}$");
        assert_int_equal(verdict->reason_count, 1);
        assert_reason(
            verdict, 0, REASON_APPROVAL_MISSING, IDS_FIELD,
            "no approval: set annotation changegate.dev/approval-ids to 1 approved change id matching "
            "^CHG[0-9]{7}$");
        assert_int_equal(verdict->approval_count, 0);
    }
    fixture->policy.approval.minimum = 2;
    assert_reason(decide(fixture), 0, REASON_APPROVAL_MISSING, IDS_FIELD,
                  "no approval: set annotation changegate.dev/approval-ids to 2 approved change ids matching "
                  "^CHG[0-9]{7}$");
}

static void test_invalid_ids_are_quoted(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.approval_ids = text_of("chg0000001 CHG1\x1b[31m");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 2);
    assert_reason(verdict, 0, REASON_APPROVAL_INVALID, IDS_FIELD,
                  "\"chg0000001\" is no approval id: ids match ^CHG[0-9]{7}$");
    assert_reason(verdict, 1, REASON_APPROVAL_INVALID, IDS_FIELD,
                  "\"CHG1?[31m\" is no approval id: ids match ^CHG[0-9]{7}$");
    assert_denied(verdict,
                  "Rollout of Deployment shop/web is refused by policy tier-1: (1) \"chg0000001\" is no "
                  "approval id: ids match ^CHG[0-9]{7}$; (2) \"CHG1?[31m\" is no approval id: ids match "
                  "^CHG[0-9]{7}$");
}

static void test_a_very_long_id_is_cut(void **state)
{
    struct fixture *fixture = *state;
    char id[201];
    memset(id, 'x', 200);
    id[200] = '\0';
    fixture->change.approval_ids = text_of(id);
    assert_reason(
        decide(fixture), 0, REASON_APPROVAL_INVALID, IDS_FIELD,
        "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\" is no "
        "approval id: ids match ^CHG[0-9]{7}$");
}

static void test_too_few_ids(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.approval.minimum = 3;
    fixture->change.approval_ids = text_of("CHG0000001,CHG0000001,bad");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 2);
    assert_reason(verdict, 0, REASON_APPROVAL_INVALID, IDS_FIELD,
                  "\"bad\" is no approval id: ids match ^CHG[0-9]{7}$");
    assert_reason(verdict, 1, REASON_APPROVAL_INSUFFICIENT, IDS_FIELD,
                  "1 of 3 approvals: add 2 more distinct to annotation changegate.dev/approval-ids");
    assert_int_equal(verdict->approval_count, 1);
}

static void test_enough_ids(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.approval.minimum = 2;
    fixture->change.approval_ids = text_of("CHG0000001, CHG0000002, bad");
    const struct verdict *verdict = decide(fixture);
    assert_allowed(verdict, REASON_APPROVED);
    assert_int_equal(verdict->approval_count, 2);
}

static void test_keys_can_be_renamed(void **state)
{
    struct fixture *fixture = *state;
    fixture->policy.approval_ids_key = (struct text)TEXT("shop.example/change");
    fixture->change.approval_ids = TEXT_EMPTY;
    assert_reason(
        decide(fixture), 0, REASON_APPROVAL_MISSING, "metadata.annotations[shop.example/change]",
        "no approval: set annotation shop.example/change to 1 approved change id matching ^CHG[0-9]{7}$");
}

/* ---- documents ---- */

static void test_no_document(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.change_document = text_of(" ");
    const struct verdict *verdict = decide(fixture);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(
        verdict, 0, REASON_DOCUMENT_MISSING, DOCUMENT_FIELD,
        "no change document: set annotation changegate.dev/change-doc to https://wiki.example.com/changes/*");
    fixture->policy.document.url_count = 2;
    assert_reason(
        decide(fixture), 0, REASON_DOCUMENT_MISSING, DOCUMENT_FIELD,
        "no change document: set annotation changegate.dev/change-doc to https://wiki.example.com/changes/* "
        "or https://*.docs.example.com/*");
    fixture->policy.document.url_count = 0;
    assert_reason(decide(fixture), 0, REASON_DOCUMENT_MISSING, DOCUMENT_FIELD,
                  "no change document: set annotation changegate.dev/change-doc to any https link");
    fixture->policy.document.required = false;
    assert_allowed(decide(fixture), REASON_APPROVED);
}

struct document_row {
    const char *url;
    enum reason_code code;
    const char *message;
};

static void test_documents_that_do_not_count(void **state)
{
    struct fixture *fixture = *state;
    static const struct document_row rows[] = {
        {"http://wiki.example.com/changes/1", REASON_DOCUMENT_INVALID,
         "change document \"http://wiki.example.com/changes/1\" is not an absolute https link: write "
         "https://wiki.example.com/changes/*"},
        {"https://me@wiki.example.com/changes/1", REASON_DOCUMENT_INVALID,
         "change document \"(withheld: it carries credentials)\" carries credentials: write "
         "https://wiki.example.com/changes/*"},
        {"https://wiki.example.com/changes/../1", REASON_DOCUMENT_INVALID,
         "change document \"https://wiki.example.com/changes/../1\" is not a plain link (blanks, dot "
         "segments, "
         "encoded slashes, bad port or too long): write https://wiki.example.com/changes/*"},
        {"https://wiki.example.com/#1", REASON_DOCUMENT_INVALID,
         "change document \"https://wiki.example.com/#1\" names a site, not a document: write "
         "https://wiki.example.com/changes/*"},
        {"https://evil.example.net/changes/1", REASON_DOCUMENT_ELSEWHERE,
         "change document \"https://evil.example.net/changes/1\" is not where change documents are kept: "
         "write "
         "https://wiki.example.com/changes/*"},
        {"https://wiki.example.com/changes/\n2", REASON_DOCUMENT_INVALID,
         "change document \"https://wiki.example.com/changes/?2\" is not a plain link (blanks, dot segments, "
         "encoded slashes, bad port or too long): write https://wiki.example.com/changes/*"},
    };
    for (int required = 0; required < 2; required++) {
        fixture->policy.document.required = required; /* one that is given must be good */
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            fixture->change.change_document = text_of(rows[i].url);
            const struct verdict *verdict = decide(fixture);
            assert_int_equal(verdict->kind, VERDICT_DENY);
            assert_int_equal(verdict->reason_count, 1);
            assert_reason(verdict, 0, rows[i].code, DOCUMENT_FIELD, rows[i].message);
        }
    }
}

static void test_blanks_around_a_document_do_not_matter(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.change_document = text_of(" " GOOD_DOCUMENT "\n");
    assert_allowed(decide(fixture), REASON_APPROVED);
}

static void test_scale_says_why_it_cannot_carry_evidence(void **state)
{
    struct fixture *fixture = *state;
    fixture->change.subresource = text_of("scale");
    fixture->change.classes = CLASS_BIT(CLASS_SCALE) | CLASS_BIT(CLASS_RESUME);
    fixture->change.has_annotations = false;
    fixture->change.approval_ids = fixture->change.change_document = TEXT_EMPTY;
    const struct verdict *verdict = decide(fixture);
    assert_reason(verdict, 0, REASON_APPROVAL_MISSING, IDS_FIELD,
                  "no approval: set annotation changegate.dev/approval-ids to 1 approved change id matching "
                  "^CHG[0-9]{7}$ (/scale carries no annotations: change spec.replicas of the object itself)");
    assert_reason(
        verdict, 1, REASON_DOCUMENT_MISSING, DOCUMENT_FIELD,
        "no change document: set annotation changegate.dev/change-doc to https://wiki.example.com/changes/* "
        "(/scale carries no annotations: change spec.replicas of the object itself)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECISION(test_no_approval),
        DECISION(test_invalid_ids_are_quoted),
        DECISION(test_a_very_long_id_is_cut),
        DECISION(test_too_few_ids),
        DECISION(test_enough_ids),
        DECISION(test_keys_can_be_renamed),
        DECISION(test_no_document),
        DECISION(test_documents_that_do_not_count),
        DECISION(test_blanks_around_a_document_do_not_matter),
        DECISION(test_scale_says_why_it_cannot_carry_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
