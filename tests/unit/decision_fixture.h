/* What the tests of the decision share: a governed namespace, its policy, and an approved, documented rollout
 * of its Deployment. Each test changes what it is about. */
#ifndef CHANGEGATE_TESTS_DECISION_FIXTURE_H
#define CHANGEGATE_TESTS_DECISION_FIXTURE_H

#include "assert_text.h"
#include "dated_windows.h"

#include "core/decision.h"

#include <string.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

#define IDS_FIELD      "metadata.annotations[changegate.dev/approval-ids]"
#define DOCUMENT_FIELD "metadata.annotations[changegate.dev/change-doc]"
#define GOOD_DOCUMENT  "https://wiki.example.com/changes/1"

static const struct interval peak_time[] = {{NOW_S - 60, NOW_S + 3600}};

struct fixture {
    struct arena arena;
    struct policy policy;
    struct facts facts;
    struct calendar calendar; /* of facts, where a test froze something */
    struct change change;
    struct verdict verdict;
};

/* CHG and seven digits. */
static inline bool is_change_id(const void *program, struct text subject)
{
    (void)program;
    if (subject.length != 10 || !text_starts_with(subject, text_of("CHG")))
        return false;
    for (size_t i = 3; i < subject.length; i++)
        if (subject.at[i] < '0' || subject.at[i] > '9')
            return false;
    return true;
}

static const struct url_pattern document_urls[] = {{.source = TEXT("https://wiki.example.com/changes/*"),
                                                    .host = TEXT("wiki.example.com"),
                                                    .port = 443,
                                                    .path_prefix = TEXT("/changes/")},
                                                   {.source = TEXT("https://*.docs.example.com/*"),
                                                    .host = TEXT("docs.example.com"),
                                                    .any_subdomain = true,
                                                    .port = 443,
                                                    .path_prefix = TEXT("/")}};

static inline int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){
        .policy = {.name = TEXT("tier-1"),
                   .approval = {.id_pattern = {TEXT("^CHG[0-9]{7}$"), NULL, is_change_id},
                                .minimum = 1,
                                .sources = SOURCE_BIT(SOURCE_ANNOTATION),
                                .reuse_allowed = true},
                   .document = {.required = true, .urls = document_urls, .url_count = 1},
                   .approval_ids_key = TEXT("changegate.dev/approval-ids"),
                   .change_document_key = TEXT("changegate.dev/change-doc"),
                   .trusted_controllers = policy_default_trusted_controllers,
                   .trusted_controller_count = policy_default_trusted_controller_count},
        .facts = {.namespace_known = true, .freeze_label = {.until_s = FREEZE_NO_END}},
        .change = {.operation = OPERATION_UPDATE,
                   .user = {.name = TEXT("ann")},
                   .kind = TEXT("Deployment"),
                   .namespace = TEXT("shop"),
                   .name = TEXT("web"),
                   .workload = KIND_DEPLOYMENT,
                   .before = {.replicas = 1},
                   .after = {.replicas = 1},
                   .has_annotations = true,
                   .approval_ids = TEXT("CHG0000001"),
                   .change_document = TEXT(GOOD_DOCUMENT),
                   .classes = CLASS_BIT(CLASS_ROLLOUT)},
    };
    memcpy(fixture.policy.needs, policy_default_needs, sizeof(fixture.policy.needs));
    arena_init(&fixture.arena);
    *state = &fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    arena_done(&fixture->arena);
    return 0;
}

static inline const struct verdict *decide(struct fixture *fixture)
{
    memset(&fixture->verdict, 0xa5, sizeof(fixture->verdict));
    decision_make(&fixture->policy, &fixture->facts, &fixture->change, NOW_S, &fixture->arena,
                  &fixture->verdict);
    return &fixture->verdict;
}

/* The calendar of these windows is the namespace's. */
static inline void freeze_by(struct fixture *fixture, const struct dated_window *windows, size_t count)
{
    const struct freeze_spans *const *spans = dated_spans(&fixture->arena, windows, count);
    calendar_build(&fixture->arena, spans, count, &fixture->calendar);
    fixture->facts.calendar = &fixture->calendar;
}

static inline void assert_reason(const struct verdict *verdict, size_t index, enum reason_code code,
                                 const char *field, const char *message)
{
    assert_true(index < verdict->reason_count);
    assert_string_equal(reason_code_name(verdict->reasons[index].code), reason_code_name(code));
    assert_text(verdict->reasons[index].field, field);
    assert_text(verdict->reasons[index].message, message);
}

/* Let through for one reason, without a word to the client. */
static inline void assert_allowed(const struct verdict *verdict, enum reason_code code)
{
    assert_int_equal(verdict->kind, VERDICT_ALLOW);
    assert_false(verdict->would_deny);
    assert_int_equal(verdict->http_status, 200);
    assert_int_equal(verdict->retry_after_s, 0);
    assert_int_equal(verdict->reason_count, 1);
    assert_reason(verdict, 0, code, "", "");
    assert_int_equal(verdict->warning_count, 0);
    assert_text(verdict->message, "");
    assert_int_equal(verdict->opens_s, 0);
}

static inline void assert_denied(const struct verdict *verdict, const char *message)
{
    assert_int_equal(verdict->kind, VERDICT_DENY);
    assert_true(verdict->would_deny);
    assert_int_equal(verdict->http_status, 403);
    assert_int_equal(verdict->retry_after_s, 0);
    assert_text(verdict->message, message);
}

#define DECISION(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
