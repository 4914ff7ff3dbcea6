/* Wall time to UTC in zones of the tz database: what daylight saving does to a window, and what is no zone.
 */
#include "assert_text.h"

#include "codec/timeline.h"

#include <pthread.h>

static int make_arena(void **state)
{
    static struct arena arena;
    arena_init(&arena);
    *state = &arena;
    return 0;
}

static int free_arena(void **state)
{
    arena_done(*state);
    return 0;
}

struct window {
    const char *zone, *start, *end; /* as written */
    const char *start_utc, *end_utc;
};

static struct text resolve(struct arena *arena, const char *zone, const char *wall, enum edge edge)
{
    struct wall_time time;
    struct error error = {0};
    int64_t instant_s = 0;
    assert_true(wall_time_parse(text_of(wall), &time));
    if (!timeline_instant(text_of(zone), time, edge, &instant_s, &error))
        return text_of("no such zone");
    return instant_format(arena, instant_s);
}

static void assert_windows(struct arena *arena, const struct window *windows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_text(resolve(arena, windows[i].zone, windows[i].start, EDGE_START), windows[i].start_utc);
        assert_text(resolve(arena, windows[i].zone, windows[i].end, EDGE_END), windows[i].end_utc);
    }
}

#define ASSERT_WINDOWS(state, windows) \
    assert_windows(*(state), windows, sizeof(windows) / sizeof((windows)[0]))

/* A window over the night keeps its wall-clock ends: 7 h in spring, 9 h in autumn. */
static void test_nights_of_daylight_saving(void **state)
{
    static const struct window windows[] = {
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
    static const struct window windows[] = {
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
    static const struct window windows[] = {
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
    static const struct window windows[] = {
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
    static const struct window windows[] = {
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
        int64_t instant_s = 42;
        int offset_s = 42;
        if (timeline_zone_exists(text_of(names[i])))
            fail_msg("\"%s\" is taken for a zone", names[i]);
        assert_false(timeline_instant(text_of(names[i]), (struct wall_time){2026, 1, 1, 0, 0, 0}, EDGE_START,
                                      &instant_s, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_false(timeline_offset(text_of(names[i]), 0, &offset_s, &error));
        assert_int_equal(instant_s, 42);
        assert_int_equal(offset_s, 42);
    }
    assert_false(timeline_zone_exists((struct text){"Europe/London\0x", 15}));
}

static void test_message(void **state)
{
    struct error error = {0};
    int offset_s;
    (void)state;
    assert_false(timeline_offset(text_of("America/NewYork"), 0, &offset_s, &error));
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
        int offset_s = 42;
        struct error error = {0};
        assert_true(timeline_offset(text_of(vectors[i].zone), vectors[i].instant_s, &offset_s, &error));
        assert_int_equal(offset_s, vectors[i].offset_s);
    }
}

static void *resolve_many(void *context)
{
    static const char *const zones[] = {"Europe/Paris", "Asia/Tokyo", "America/Lima", "Africa/Cairo"};
    size_t *wrong = context;
    for (int i = 0; i < 2000; i++) {
        struct wall_time time = {2026, 1 + i % 12, 1 + i % 28, i % 24, 0, 0};
        struct error error = {0};
        int64_t start_s, end_s;
        struct text zone = text_of(zones[i % 4]);
        *wrong += !timeline_instant(zone, time, EDGE_START, &start_s, &error) ||
                  !timeline_instant(zone, time, EDGE_END, &end_s, &error) || end_s < start_s;
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
    struct text version = text_of(timeline_tzdata_version());
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
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
