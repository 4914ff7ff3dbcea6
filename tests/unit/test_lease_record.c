/* Who may take a Lease, and when; what is written on it. */
#include "edge/lease_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena arena;
static struct lease_seen seen;

static int clean_up(void **state)
{
    (void)state;
    lease_seen_done(&seen);
    arena_done(&arena);
    return 0;
}

static struct lease_record record_of(const char *spec)
{
    struct lease_record record = {0};
    struct error error = {0};
    struct text object =
        arena_printf(&arena, "{\"metadata\":{\"resourceVersion\":\"42\"},\"spec\":%s}", spec);
    if (!lease_record_decode(object, &arena, &record, &error))
        fail_msg("%s", error.text);
    return record;
}

static void look(const char *holder, const char *renewed, int64_t now_ms)
{
    struct lease_record record = {
        .holder = text_of(holder), .renewed = text_of(renewed), .duration_s = LEASE_S};
    lease_seen_note(&seen, &record, now_ms);
}

static void test_reading(void **state)
{
    (void)state;
    struct lease_record record =
        record_of("{\"holderIdentity\":\"a_1\",\"renewTime\":\"2026-11-20T11:00:00.000000Z\","
                  "\"leaseDurationSeconds\":15,\"leaseTransitions\":3}");
    assert_true(text_is(record.holder, "a_1"));
    assert_true(text_is(record.renewed, "2026-11-20T11:00:00.000000Z"));
    assert_true(text_is(record.resource_version, "42"));
    assert_true(record.duration_s == 15 && record.transitions == 3);
    record = record_of("{}");
    assert_int_equal(record.holder.length, 0);
    assert_true(record.duration_s == LEASE_S && record.transitions == 0);
    assert_true(record_of("{\"leaseDurationSeconds\":-1,\"holderIdentity\":null}").duration_s == LEASE_S);
    assert_true(record_of("{\"leaseDurationSeconds\":1000000}").duration_s == LEASE_S);

    struct error error = {0};
    assert_false(lease_record_decode(text_of("<html>"), &arena, &record, &error));
    assert_string_equal(error.text, "the API server sent what is no Lease");
}

static void test_free_when_it_stayed_as_it_is_for_its_whole_duration(void **state)
{
    (void)state;
    assert_true(lease_seen_free_ms(&seen) == INT64_MAX); /* nobody looked */
    look("a", "t1", 5000);
    assert_true(lease_seen_free_ms(&seen) == 5000 + LEASE_S * 1000);
    look("a", "t1", 7000);
    assert_true(lease_seen_free_ms(&seen) == 5000 + LEASE_S * 1000);
    look("a", "t2", 9000); /* renewed, whatever its clock says */
    assert_true(lease_seen_free_ms(&seen) == 9000 + LEASE_S * 1000);
    look("b", "t2", 11000);
    assert_true(lease_seen_free_ms(&seen) == 11000 + LEASE_S * 1000);
    look("b", "t1", 13000);
    assert_true(lease_seen_free_ms(&seen) == 13000 + LEASE_S * 1000);
}

static void test_free_at_once_when_it_was_given_back(void **state)
{
    (void)state;
    look("a", "t1", 5000);
    look("", "t2", 6000);
    assert_true(lease_seen_free_ms(&seen) < 0);
    look("b", "t2", 7000);
    assert_true(lease_seen_free_ms(&seen) == 7000 + LEASE_S * 1000);
}

/* The holder stops before anybody else begins, whenever in between the others looked: what counts for it is
 * when its renewal began, for them when they saw it. */
static void test_never_two(void **state)
{
    (void)state;
    for (int64_t began_ms = 0; began_ms < 2000; began_ms += 100)
        for (int64_t seen_ms = began_ms; seen_ms < began_ms + 4000; seen_ms += 100) {
            lease_seen_done(&seen);
            look("a", "renewed", seen_ms);
            assert_true(lease_seen_free_ms(&seen) >= began_ms + LEASE_HELD_MS + 3000);
        }
    assert_true(LEASE_LOOK_MS * 2 + LEASE_S * 1000 < 20000); /* a follower within 20 s */
}

enum { HALF_PAST = 1795777200 };

static void test_writing(void **state)
{
    (void)state;
    int64_t now_us = INT64_C(1000000) * HALF_PAST + 42;
    struct lease_record record = {.resource_version = text_of("7"), .transitions = 3};
    assert_string_equal(
        lease_write_new("changegate-releaser", "a_1", now_us, &arena).at,
        "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":"
        "\"changegate-releaser\"},\"spec\":{\"holderIdentity\":\"a_1\",\"leaseDurationSeconds\":12,"
        "\"acquireTime\":\"2026-11-27T11:00:00.000042Z\",\"renewTime\":\"2026-11-27T11:00:00.000042Z\","
        "\"leaseTransitions\":0}}");
    assert_string_equal(lease_write_taken(&record, "a_1", now_us, &arena).at,
                        "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"holderIdentity\":\"a_1\","
                        "\"leaseDurationSeconds\":12,\"acquireTime\":\"2026-11-27T11:00:00.000042Z\","
                        "\"renewTime\":\"2026-11-27T11:00:00.000042Z\",\"leaseTransitions\":4}}");
    assert_string_equal(lease_write_renewed(text_of("7"), "a_1", now_us, &arena).at,
                        "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"holderIdentity\":\"a_1\","
                        "\"leaseDurationSeconds\":12,\"renewTime\":\"2026-11-27T11:00:00.000042Z\"}}");
    assert_string_equal(lease_write_empty(text_of("7"), now_us, &arena).at,
                        "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"holderIdentity\":\"\","
                        "\"renewTime\":\"2026-11-27T11:00:00.000042Z\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_reading, clean_up),
        cmocka_unit_test_teardown(test_free_when_it_stayed_as_it_is_for_its_whole_duration, clean_up),
        cmocka_unit_test_teardown(test_free_at_once_when_it_was_given_back, clean_up),
        cmocka_unit_test_teardown(test_never_two, clean_up),
        cmocka_unit_test_teardown(test_writing, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
