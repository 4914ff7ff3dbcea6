/* Wall time to UTC in zones of the tz database: what daylight saving does to a window, and what is no zone.
 */
#include "arena_fixture.h"
#include "assert_text.h"

#include "codec/zones.h"
#include "core/instant.h"

#include <pthread.h>

struct row {
    const char *zone, *start, *end; /* as written */
    const char *start_utc, *end_utc;
};

static struct text resolve(struct arena *arena, const char *zone, const char *wall,
                           enum occurrence occurrence)
{
    struct wall_time time;
    const struct zone *found = zones_find(text_of(zone));
    assert_true(wall_time_parse(text_of(wall), &time));
    if (found == NULL)
        return text_of("no such zone");
    return instant_format(arena, zone_instant(found, wall_time_seconds(time), occurrence));
}

static void assert_windows(struct arena *arena, const struct row *windows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_text(resolve(arena, windows[i].zone, windows[i].start, OCCURRENCE_FIRST),
                    windows[i].start_utc);
        assert_text(resolve(arena, windows[i].zone, windows[i].end, OCCURRENCE_SECOND), windows[i].end_utc);
    }
}

#define ASSERT_WINDOWS(state, windows) \
    assert_windows(*(state), windows, sizeof(windows) / sizeof((windows)[0]))

/* A window over the night keeps its wall-clock ends: 7 h in spring, 9 h in autumn. */
static void test_nights_of_daylight_saving(void **state)
{
    static const struct row windows[] = {
        {"Europe/London", "2026-03-28T22:00", "2026-03-29T06:00", "2026-03-28T22:00:00Z",
         "2026-03-29T05:00:00Z"},
        {"Europe/London", "2026-10-24T22:00", "2026-10-25T06:00", "2026-10-24T21:00:00Z",
         "2026-10-25T06:00:00Z"},
        {"America/New_York", "2026-11-20T00:00", "2026-12-02T06:00", "2026-11-20T05:00:00Z",
         "2026-12-02T11:00:00Z"},
        {"America/New_York", "2026-03-08T00:00", "2026-03-09T00:00", "2026-03-08T05:00:00Z",
         "2026-03-09T04:00:00Z"}, /* a day of 23 h */
        {"America/New_York", "2026-11-01T00:00", "2026-11-02T00:00", "2026-11-01T04:00:00Z",
         "2026-11-02T05:00:00Z"}, /* a day of 25 h */
        {"Australia/Lord_Howe", "2026-04-04T22:00", "2026-04-05T06:00", "2026-04-04T11:00:00Z",
         "2026-04-04T19:30:00Z"}, /* half an hour of daylight saving */
        {"Europe/London", "2026-06-01T00:00", "2026-07-16T00:00", "2026-05-31T23:00:00Z",
         "2026-07-15T23:00:00Z"}, /* 45 days */
    };
    ASSERT_WINDOWS(state, windows);
}

/* A time that no clock shows moves forward by the gap. */
static void test_gaps(void **state)
{
    static const struct row windows[] = {
        {"Europe/London", "2026-03-29T01:30", "2026-03-29T01:59:59", "2026-03-29T01:30:00Z",
         "2026-03-29T01:59:59Z"},
        {"Europe/London", "2026-03-29T00:59:59", "2026-03-29T02:00", "2026-03-29T00:59:59Z",
         "2026-03-29T01:00:00Z"}, /* around it */
        {"America/New_York", "2026-03-08T02:00", "2026-03-08T02:30", "2026-03-08T07:00:00Z",
         "2026-03-08T07:30:00Z"},
        {"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-04T02:30", "2026-10-03T15:45:00Z",
         "2026-10-03T15:30:00Z"}, /* 02:15 does not exist, 02:30 does */
        {"Pacific/Apia", "2011-12-30T12:00", "2011-12-31T00:00", "2011-12-30T22:00:00Z",
         "2011-12-30T10:00:00Z"}, /* a whole day left out */
        {"Africa/Casablanca", "2026-03-22T02:30", "2026-03-22T03:30", "2026-03-22T02:30:00Z",
         "2026-03-22T02:30:00Z"},
    };
    ASSERT_WINDOWS(state, windows);
}

/* Of a time that a clock shows twice a start takes the first, an end the second. */
static void test_ambiguous_times(void **state)
{
    static const struct row windows[] = {
        {"Europe/London", "2026-10-25T01:30", "2026-10-25T01:50", "2026-10-25T00:30:00Z",
         "2026-10-25T01:50:00Z"},
        {"Europe/London", "2026-10-25T01:00", "2026-10-25T02:00", "2026-10-25T00:00:00Z",
         "2026-10-25T02:00:00Z"}, /* 02:00 is shown once */
        {"America/New_York", "2026-11-01T01:30", "2026-11-01T01:30", "2026-11-01T05:30:00Z",
         "2026-11-01T06:30:00Z"},
        {"Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-05T01:45", "2026-04-04T14:45:00Z",
         "2026-04-04T15:15:00Z"},
        {"Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T02:30", "2026-02-15T01:30:00Z",
         "2026-02-15T02:30:00Z"},
    };
    ASSERT_WINDOWS(state, windows);
}

static void test_zones_without_change(void **state)
{
    static const struct row windows[] = {
        {"Asia/Kathmandu", "2026-05-01T00:00", "2026-05-02T00:00", "2026-04-30T18:15:00Z",
         "2026-05-01T18:15:00Z"},
        {"Asia/Katmandu", "2026-05-01T00:00", "2026-05-02T00:00", "2026-04-30T18:15:00Z",
         "2026-05-01T18:15:00Z"}, /* an older name of the same */
        {"America/Sao_Paulo", "2026-11-01T00:30", "2027-02-20T23:30", "2026-11-01T03:30:00Z",
         "2027-02-21T02:30:00Z"}, /* no longer has daylight saving */
        {"UTC", "2026-01-01T00:00", "9999-12-31T23:59:59", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z"},
        {"Etc/UTC", "0001-01-01T00:00", "2026-01-01T00:00", "0001-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
        {"Etc/GMT+5", "2026-01-01T00:00", "2026-01-02T00:00", "2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"},
        {"EST5EDT", "2026-07-01T00:00", "2026-07-02T00:00", "2026-07-01T04:00:00Z", "2026-07-02T04:00:00Z"},
    };
    ASSERT_WINDOWS(state, windows);
}

/* The table of a zone ends with 2037; its last rule goes on. */
static void test_far_years(void **state)
{
    static const struct row windows[] = {
        {"Europe/London", "2037-03-28T22:00", "2037-03-29T06:00", "2037-03-28T22:00:00Z",
         "2037-03-29T05:00:00Z"},
        {"Europe/London", "2045-06-01T00:00", "2045-12-01T00:00", "2045-05-31T23:00:00Z",
         "2045-12-01T00:00:00Z"},
        {"America/New_York", "2060-07-04T00:00", "2060-12-25T00:00", "2060-07-04T04:00:00Z",
         "2060-12-25T05:00:00Z"},
    };
    ASSERT_WINDOWS(state, windows);
}

static void test_what_is_no_zone(void **state)
{
    static const char *const names[] = {
        "",
        "America/NewYork",
        "america/new_york",
        "AMERICA/NEW_YORK",
        "America/New_York ",
        " America/New_York",
        "America/New York",
        "America//New_York",
        "/America/New_York",
        "America/New_York/",
        "America",
        "/",
        "../etc/passwd",
        "../../etc/localtime",
        "Europe/../Europe/London",
        "/usr/share/zoneinfo/Europe/London",
        "/etc/localtime",
        "localtime",
        "posixrules",
        "posix/Europe/London",
        "right/Europe/London",
        "Factory",
        "leapseconds",
        "zone.tab",
        "tzdata.zi",
        "+VERSION",
        "+01:00",
        "GMT+25",
        "PST",
        "America/New_York\n",
        "/freeassociation.sourceforge.net/Europe/London",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct error error = {0};
        const struct zone *zone = NULL;
        if (zones_find(text_of(names[i])) != NULL)
            fail_msg("\"%s\" is taken for a zone", names[i]);
        assert_false(zones_get(text_of(names[i]), &zone, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_null(zone);
    }
    assert_null(zones_find((struct text){"Europe/London\0x", 15}));
    assert_null(zones_find(TEXT_EMPTY));
}

static void test_message(void **state)
{
    struct error error = {0};
    const struct zone *zone;
    (void)state;
    assert_false(zones_get(text_of("America/NewYork"), &zone, &error));
    assert_text(text_of(error.text),
                "\"America/NewYork\" is no zone of the tz database; write an IANA name such as "
                "America/New_York");
}

static void test_offsets(void **state)
{
    static const struct {
        const char *zone;
        int64_t instant_s;
        int offset_s;
    } vectors[] = {
        {"Europe/London", 1774745999, 0},    /* 2026-03-29T00:59:59Z */
        {"Europe/London", 1774746000, 3600}, /* the change */
        {"Asia/Kathmandu", 1774746000, 20700}, {"America/St_Johns", 1774746000, -9000},
        {"UTC", INT64_C(253402300799), 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct zone *zone = zones_find(text_of(vectors[i].zone));
        assert_non_null(zone);
        assert_int_equal(zone_offset_at(zone, vectors[i].instant_s), vectors[i].offset_s);
    }
}

/* What was found once is kept: windows of many policies share it. */
static void test_a_zone_is_read_once(void **state)
{
    (void)state;
    const struct zone *zone = zones_find(text_of("Asia/Gaza"));
    assert_ptr_equal(zones_find(text_of("Asia/Gaza")), zone);
    assert_text(zone->name, "Asia/Gaza");
    for (size_t i = 1; i < zone->change_count; i++) /* what core/zone.h asks for */
        assert_true(zone->changes[i].at_s - zone->changes[i - 1].at_s > 2 * 86400);
}

static void *resolve_many(void *context)
{
    static const char *const zones[] = {"Europe/Paris", "Asia/Tokyo", "America/Lima", "Africa/Cairo"};
    size_t *wrong = context;
    for (int i = 0; i < 2000; i++) {
        struct wall_time time = {2026, 1 + i % 12, 1 + i % 28, i % 24, 0, 0};
        const struct zone *zone = zones_find(text_of(zones[i % 4]));
        int64_t start_s = zone_instant(zone, wall_time_seconds(time), OCCURRENCE_FIRST);
        *wrong += zone_instant(zone, wall_time_seconds(time), OCCURRENCE_SECOND) < start_s;
    }
    return NULL;
}

static void test_threads(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t wrong[THREADS] = {0};
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, resolve_many, &wrong[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

/* "2026b": a year and a letter. */
static void test_version(void **state)
{
    (void)state;
    struct text version = text_of(zones_tzdata_version());
    assert_true(version.length >= 5 && version.at[0] == '2' && version.at[4] >= 'a' && version.at[4] <= 'z');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nights_of_daylight_saving, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_gaps, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_ambiguous_times, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_zones_without_change, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_far_years, make_arena, free_arena),
        cmocka_unit_test(test_what_is_no_zone),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_a_zone_is_read_once),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
