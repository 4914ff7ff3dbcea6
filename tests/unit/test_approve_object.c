/* The Approval that `changegate approve` sends, and what it reads of the answer. */
#include "json_fixture.h"

#include "cli/approve_object.h"

static struct approve_options options_of(void)
{
    return (struct approve_options){.target = {.namespace = "shop", .kind = &held_kinds[4], .name = "night"},
                                    .change_id = "CHG0000001"};
}

static void expect(struct fixture *fixture, const struct approve_options *options, int64_t expires_s,
                   const char *expected)
{
    struct arena arena = {NULL, 0};
    json_text_clear(&fixture->out);
    approve_object_write(options, text_of("sha256:ab"), expires_s, &arena, &fixture->out);
    assert_text(json_text_view(&fixture->out), expected);
    arena_done(&arena);
}

#define HEAD                                                                                            \
    "{\"apiVersion\":\"changegate.dev/v1alpha1\",\"kind\":\"Approval\",\"metadata\":{\"generateName\":" \
    "\"night-\"},\"spec\":{\"changeId\":\"CHG0000001\",\"workload\":{\"kind\":\"CronJob\","             \
    "\"name\":\"night\"},\"templateDigest\":\"sha256:ab\""

static void test_what_is_sent(void **state)
{
    struct approve_options options = options_of();
    expect(*state, &options, 0, HEAD "}}");
    options.comment = "looked \"at\"";
    expect(*state, &options, 1796209200,
           HEAD ",\"expiresAt\":\"2026-12-02T11:00:00Z\",\"comment\":\"looked \\\"at\\\"\"}}");
}

static void test_where(void **state)
{
    (void)state;
    struct arena arena = {NULL, 0};
    assert_string_equal(approve_object_path("shop", &arena),
                        "/apis/changegate.dev/v1alpha1/namespaces/shop/approvals");
    assert_string_equal(approve_object_path("a/../b?", &arena),
                        "/apis/changegate.dev/v1alpha1/namespaces/a%2F..%2Fb%3F/approvals");
    arena_done(&arena);
}

static void expect_stored(const char *body, const char *name, const char *approver, const char *expires)
{
    struct arena arena = {NULL, 0};
    struct approve_stored stored = approve_object_read(text_of(body), &arena);
    assert_text(stored.name, name);
    assert_text(stored.approver, approver);
    assert_text(stored.expires, expires);
    arena_done(&arena);
}

static void test_what_was_stored(void **state)
{
    (void)state;
    expect_stored("{\"metadata\":{\"name\":\"night-x2\"},\"spec\":{\"approver\":\"ann\","
                  "\"expiresAt\":\"2026-12-02T11:00:00Z\"}}",
                  "night-x2", "ann", "2026-12-02T11:00:00Z");
    expect_stored("{\"metadata\":{\"name\":\"n\"},\"spec\":{\"approver\":\"a\\u001b[2Jb\"}}", "n", "a?[2Jb",
                  "");
    expect_stored("[]", "", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {JSON(test_what_is_sent), JSON(test_where), JSON(test_what_was_stored)};
    return cmocka_run_group_tests_name("approve_object", tests, NULL, NULL);
}
