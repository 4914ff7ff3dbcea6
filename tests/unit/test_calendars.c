/* Windows of policies and of the cluster, grouped by namespace: who gets which, what is kept when one
 * changes. */
#include "assert_text.h"

#include "edge/calendars.h"

enum { NOW_S = 1795172400, DAY_S = 86400, HOUR_S = 3600 }; /* 2026-11-20T11:00:00Z, a Friday */

static const char policies_text[] =
    "apiVersion: changegate.dev/v1alpha1\n"
    "kind: ChangePolicy\n"
    "metadata: {name: tier-1}\n"
    "spec:\n"
    "  namespaceSelector: {matchLabels: {tier: '1'}}\n"
    "  approval: {idPattern: '^CHG[0-9]{7}$'}\n"
    "  freezeWindows:\n"
    "    - {name: own, action: Deny, once: [{start: '2026-11-21T00:00:00Z', end: '2026-11-22T00:00:00Z'}]}\n"
    "    - {name: own-pay, action: Deny, namespaceSelector: {matchLabels: {team: pay}}, once: [{start: "
    "'2026-11-25T00:00:00Z', end: '2026-11-26T00:00:00Z'}]}\n"
    "    - {name: suspended, action: Deny, suspended: true, once: [{start: '2026-11-20T00:00:00Z'}]}\n"
    "---\n"
    "apiVersion: changegate.dev/v1alpha1\n"
    "kind: ChangePolicy\n"
    "metadata: {name: tier-2}\n"
    "spec:\n"
    "  namespaceSelector: {matchLabels: {tier: '2'}}\n"
    "  approval: {idPattern: '^CHG[0-9]{7}$'}\n";

struct fixture {
    struct policy_file *policies;
    struct window_store *store;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct error error = {0};
    if (!policy_file_read(text_of(policies_text), NULL, &fixture.policies, &error)) {
        print_error("%u:%u: %s\n", error.line, error.column, error.text);
        return -1;
    }
    fixture.store = window_store_new();
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    window_store_free(fixture->store);
    policy_file_unref(fixture->policies);
    return 0;
}

static void put(struct fixture *fixture, const char *name, const char *spec)
{
    struct window_object object = {.name = text_of(name), .uid = TEXT("u"), .spec = text_of(spec)};
    window_store_put(fixture->store, &object);
}

static const char peak[] =
    "{\"action\":\"Deny\",\"once\":[{\"start\":\"2026-11-20T00:00:00Z\",\"end\":\"2026-11-20T12:00:00Z\"}]}";
static const char pay[] = "{\"action\":\"Delay\",\"namespaceSelector\":{\"matchLabels\":{\"team\":\"pay\"}},"
                          "\"once\":[{\"start\":\"2026-11-20T12:00:00Z\",\"end\":\"2026-11-20T14:00:00Z\"}]}";
static const char nightly[] =
    "{\"action\":\"Deny\",\"timeZone\":\"UTC\",\"namespaceSelector\":{\"matchLabels\":{\"team\":"
    "\"night\"}},\"recurring\":[{\"rrule\":\"FREQ=DAILY\",\"start\":\"22:00\",\"end\":\"06:00\"}]}";
static const char unusable[] = "{\"action\":\"Block\",\"once\":[{\"start\":\"2026-11-20T00:00:00Z\"}]}";

static const struct label of_pay[] = {{TEXT("team"), TEXT("pay")}},
                          of_cart[] = {{TEXT("team"), TEXT("cart")}},
                          of_night[] = {{TEXT("team"), TEXT("night")}};

static const struct calendar *ask(struct fixture *fixture, struct calendars *calendars, size_t policy,
                                  const struct label *label)
{
    const struct policy_set *set = policy_file_policies(fixture->policies);
    return calendars_for(calendars, &set->items[policy], (struct labels){label, label == NULL ? 0 : 1});
}

static int64_t opening(const struct calendar *calendar, int64_t now_s)
{
    const struct freeze_label no_label = {.until_s = FREEZE_NO_END};
    struct calendar_view view = calendar_view_whole(calendar, &no_label);
    return calendar_next_opening(&view, now_s);
}

static void test_policies_alone(void **state)
{
    struct fixture *fixture = *state;
    struct calendars *calendars = calendars_build(fixture->policies, NULL, NULL, NOW_S);
    int64_t inside_s = NOW_S + DAY_S;
    assert_true(opening(ask(fixture, calendars, 0, NULL), NOW_S) == NOW_S);
    assert_true(opening(ask(fixture, calendars, 0, NULL), inside_s) == inside_s + 13 * HOUR_S);
    assert_true(opening(ask(fixture, calendars, 1, NULL), inside_s) == inside_s); /* another policy's */
    assert_true(opening(ask(fixture, calendars, 0, of_cart), NOW_S + 5 * DAY_S) == NOW_S + 5 * DAY_S);
    assert_true(opening(ask(fixture, calendars, 0, of_pay), NOW_S + 5 * DAY_S) ==
                NOW_S + 5 * DAY_S + 13 * HOUR_S);
    assert_int_equal(calendars_window_count(calendars), 0);
    assert_int_equal(calendars_good_until_s(calendars), NOW_S + DAY_S);
    struct calendars_counts counts = calendars_count(calendars, inside_s);
    assert_int_equal(counts.windows, 3);
    assert_int_equal(counts.active, 1); /* a suspended one is never active */
    assert_int_equal(counts.unusable, 0);
    assert_int_equal(counts.next_transition_s, inside_s + 13 * HOUR_S);
    calendars_unref(calendars);
    calendars_unref(NULL);
}

static void test_windows_of_the_cluster(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "peak", peak);
    put(fixture, "pay", pay);
    struct calendars *calendars = calendars_build(fixture->policies, fixture->store, NULL, NOW_S);
    for (size_t policy = 0; policy < 2; policy++) { /* under every policy */
        assert_true(opening(ask(fixture, calendars, policy, of_cart), NOW_S) == NOW_S + HOUR_S);
        assert_true(opening(ask(fixture, calendars, policy, of_pay), NOW_S) == NOW_S + 3 * HOUR_S);
    }
    assert_int_equal(calendars_window_count(calendars), 2);
    assert_text(calendars_window(calendars, 0).name, "pay"); /* in the order of names */
    assert_text(calendars_window(calendars, 1).name, "peak");
    assert_true(freeze_spans_at(calendars_window(calendars, 1).spans, NOW_S).on);
    struct calendars_counts counts = calendars_count(calendars, NOW_S);
    assert_int_equal(counts.windows, 5);
    assert_int_equal(counts.active, 1);
    assert_int_equal(counts.next_transition_s, NOW_S + HOUR_S);
    calendars_unref(calendars);
}

static void test_namespaces_that_are_alike_share_a_calendar(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "pay", pay);
    put(fixture, "nightly", nightly);
    struct calendars *calendars = calendars_build(fixture->policies, fixture->store, NULL, NOW_S);
    const struct calendar *cart = ask(fixture, calendars, 0, of_cart);
    assert_ptr_equal(ask(fixture, calendars, 0, of_cart), cart);
    assert_ptr_equal(ask(fixture, calendars, 0, NULL), cart); /* other labels, the same windows */
    assert_ptr_not_equal(ask(fixture, calendars, 0, of_pay), cart);
    assert_ptr_not_equal(ask(fixture, calendars, 0, of_night), cart);
    assert_ptr_not_equal(ask(fixture, calendars, 1, of_cart), cart);
    calendars_unref(calendars);
}

static void test_matched_namespaces_are_counted(void **state)
{
    struct fixture *fixture = *state;
    static const char off[] =
        "{\"action\":\"Deny\",\"suspended\":true,\"namespaceSelector\":{\"matchLabels\":{\"team\":"
        "\"pay\"}},\"once\":[{\"start\":\"2026-11-20T00:00:00Z\"}]}";
    put(fixture, "a-peak", peak);
    put(fixture, "b-pay", pay);
    put(fixture, "c-bad", unusable);
    put(fixture, "d-off", off);
    struct calendars *calendars = calendars_build(fixture->policies, fixture->store, NULL, NOW_S);
    for (int round = 0; round < 2; round++) { /* anew each time */
        calendars_count_anew(calendars);
        ask(fixture, calendars, 0, of_pay);
        ask(fixture, calendars, 1, of_pay);
        ask(fixture, calendars, 0, of_cart);
        ask(fixture, calendars, 0, of_cart);
        calendars_tally(calendars);
        assert_int_equal(calendars_window(calendars, 0).matched, 4);
        assert_int_equal(calendars_window(calendars, 1).matched, 2);
        assert_int_equal(calendars_window(calendars, 2).matched, 0);
        assert_int_equal(calendars_window(calendars, 3).matched, 0);
    }
    calendars_count_anew(calendars);
    calendars_tally(calendars);
    assert_int_equal(calendars_window(calendars, 0).matched, 0);
    calendars_unref(calendars);
}

/* One that nobody can use takes no other along. */
static void test_an_unusable_window_among_good_ones(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "a-peak", peak);
    put(fixture, "b-bad", unusable);
    put(fixture, "c-none", "");
    put(fixture, "d-pay", pay);
    struct calendars *calendars = calendars_build(fixture->policies, fixture->store, NULL, NOW_S);
    assert_true(opening(ask(fixture, calendars, 1, of_pay), NOW_S) == NOW_S + 3 * HOUR_S);
    struct calendars_window bad = calendars_window(calendars, 1);
    assert_text(bad.name, "b-bad");
    assert_null(bad.window);
    assert_null(bad.spans);
    assert_int_equal(bad.faults->count, 1);
    assert_text(bad.faults->items[0], "spec.action: \"Block\" is none of Deny, Delay, Warn");
    assert_text(calendars_window(calendars, 2).faults->items[0], "spec: is missing; write one");
    assert_int_equal(calendars_count(calendars, NOW_S).unusable, 2);
    assert_int_equal(calendars_count(calendars, NOW_S).windows, 7);
    calendars_unref(calendars);
}

/* ---- building anew ---- */

static void test_what_did_not_change_is_kept(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "a-nightly", nightly);
    put(fixture, "b-peak", peak);
    put(fixture, "c-pay", pay);
    struct calendars *before = calendars_build(fixture->policies, fixture->store, NULL, NOW_S);
    put(fixture, "b-peak", pay);
    put(fixture, "a", peak);
    window_store_remove(fixture->store, text_of("c-pay"));
    struct calendars *after = calendars_build(fixture->policies, fixture->store, before, NOW_S + HOUR_S);
    assert_int_equal(calendars_window_count(after), 3);
    assert_text(calendars_window(after, 1).name, "a-nightly");
    assert_ptr_equal(calendars_window(after, 1).window, calendars_window(before, 0).window);
    assert_ptr_equal(calendars_window(after, 1).spans, calendars_window(before, 0).spans);
    assert_ptr_not_equal(calendars_window(after, 2).spans, calendars_window(before, 1).spans);
    assert_int_equal(calendars_good_until_s(after), NOW_S + DAY_S); /* the kept ones are not fresher */
    calendars_unref(before);                                        /* what was kept outlives it */
    assert_true(opening(ask(fixture, after, 1, of_cart), NOW_S) == NOW_S + HOUR_S);
    assert_true(opening(ask(fixture, after, 1, of_night), NOW_S + 12 * HOUR_S) == NOW_S + 19 * HOUR_S);
    calendars_unref(after);
}

static void test_renewal_after_a_day(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "nightly", nightly);
    struct calendars *before = calendars_build(fixture->policies, fixture->store, NULL, NOW_S);
    struct calendars *same_day =
        calendars_build(fixture->policies, fixture->store, before, NOW_S + DAY_S - 1);
    struct calendars *next_day = calendars_build(fixture->policies, fixture->store, same_day, NOW_S + DAY_S);
    struct calendars *clock_back = calendars_build(fixture->policies, fixture->store, next_day, NOW_S);
    assert_ptr_equal(calendars_window(same_day, 0).spans, calendars_window(before, 0).spans);
    assert_ptr_not_equal(calendars_window(next_day, 0).spans, calendars_window(before, 0).spans);
    assert_int_equal(calendars_good_until_s(next_day), NOW_S + 2 * DAY_S);
    assert_true(calendars_window(next_day, 0).spans->known_until_s ==
                calendars_window(before, 0).spans->known_until_s + DAY_S);
    assert_int_equal(calendars_good_until_s(clock_back), NOW_S + DAY_S);
    calendars_unref(before);
    calendars_unref(same_day);
    calendars_unref(next_day);
    calendars_unref(clock_back);
}

/* A window that ends in five years: what recurs beside it has to be known as far. */
static void test_a_farther_horizon_renews_all(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "nightly", nightly);
    struct calendars *before = calendars_build(fixture->policies, fixture->store, NULL, NOW_S);
    put(fixture, "long",
        "{\"action\":\"Deny\",\"once\":[{\"start\":\"2026-11-20T00:00:00Z\",\"end\":\"2031-11-20T23:00:00Z\"}"
        "]}");
    struct calendars *after = calendars_build(fixture->policies, fixture->store, before, NOW_S + HOUR_S);
    assert_ptr_not_equal(calendars_window(after, 1).spans, calendars_window(before, 0).spans);
    int64_t long_ends_s = 1952982000; /* 2031-11-20T23:00:00Z: at night */
    assert_true(opening(ask(fixture, after, 1, of_cart), NOW_S + HOUR_S) == long_ends_s);
    assert_true(opening(ask(fixture, after, 1, of_night), NOW_S + HOUR_S) == long_ends_s + 7 * HOUR_S);
    calendars_unref(before);
    calendars_unref(after);
}

static void test_other_policies_are_read_anew(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "peak", peak);
    struct calendars *before = calendars_build(fixture->policies, fixture->store, NULL, NOW_S);
    policy_file_unref(fixture->policies);
    struct error error = {0};
    assert_true(policy_file_read(text_of(policies_text), NULL, &fixture->policies, &error));
    struct calendars *after = calendars_build(fixture->policies, fixture->store, before, NOW_S);
    calendars_unref(before);
    assert_true(opening(ask(fixture, after, 0, NULL), NOW_S + DAY_S) == NOW_S + DAY_S + 13 * HOUR_S);
    calendars_unref(after);
}

#define CALENDARS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALENDARS(test_policies_alone),
        CALENDARS(test_windows_of_the_cluster),
        CALENDARS(test_namespaces_that_are_alike_share_a_calendar),
        CALENDARS(test_matched_namespaces_are_counted),
        CALENDARS(test_an_unusable_window_among_good_ones),
        CALENDARS(test_what_did_not_change_is_kept),
        CALENDARS(test_renewal_after_a_day),
        CALENDARS(test_a_farther_horizon_renews_all),
        CALENDARS(test_other_policies_are_read_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
