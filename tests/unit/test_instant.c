/* RFC 3339 and UTC seconds, held against a calendar that is counted day by day. */
#include "arena_fixture.h"
#include "assert_text.h"

#include "core/instant.h"

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Every day of the years 1 to 9999, counted one after another from 0001-01-01, which is 719162 days before
 * 1970-01-01. */
static void test_every_day_that_can_be_written(void **state)
{
    (void)state;
    int64_t day_number = -719162;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= days_in_month(year, month); day++, day_number++) {
                if (days_from_date(year, month, day) != day_number)
                    fail_msg("%04d-%02d-%02d", year, month, day);
                struct wall_time t = wall_time_from_seconds(day_number * 86400 + 86399);
                if (t.year != year || t.month != month || t.day != day || t.hour != 23 || t.minute != 59 ||
                    t.second != 59)
                    fail_msg("%04d-%02d-%02d from seconds", year, month, day);
            }
    assert_int_equal(day_number, 2932897); /* 10000-01-01 */
}

struct vector {
    const char *text;
    int64_t seconds;
};

static void test_known_instants(void **state)
{
    static const struct vector vectors[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", -1},
        {"2000-02-29T00:00:00Z", 951782400},
        {"2001-09-09T01:46:40Z", 1000000000},
        {"2038-01-19T03:14:08Z", 2147483648},
        {"2026-12-02T06:00:00Z", 1796191200},
        {"0001-01-01T00:00:00Z", -62135596800},
        {"9999-12-31T23:59:59Z", 253402300799},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        int64_t seconds = 42;
        assert_true(instant_parse(text_of(vectors[i].text), &seconds));
        assert_int_equal(seconds, vectors[i].seconds);
        assert_text(instant_format(*state, seconds), vectors[i].text);
    }
}

static void test_offsets_and_spellings(void **state)
{
    static const struct vector vectors[] = {
        {"2026-12-02T06:00:00-05:00", 1796191200 + 5 * 3600},
        {"2026-12-02T06:00:00+05:30", 1796191200 - 5 * 3600 - 1800},
        {"2026-12-02T06:00:00+00:00", 1796191200},
        {"2026-12-02T06:00:00-00:00", 1796191200}, /* RFC 3339 section 4.3 */
        {"2026-12-02t06:00:00z", 1796191200},      /* section 5.6: T and Z may be lower case */
        {"2026-12-02 06:00:00Z", 1796191200},
        {"2026-12-02T06:00:00.999999999Z", 1796191200}, /* cut, not rounded */
        {"2026-12-02T06:00:00.5+01:00", 1796191200 - 3600},
        {"1969-12-31T23:59:59.9Z", -1},
        {"2027-01-01T00:30:00+01:00", 1798759800}, /* the day and the year change */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        int64_t seconds = 42;
        if (!instant_parse(text_of(vectors[i].text), &seconds) || seconds != vectors[i].seconds)
            fail_msg("%s: %lld", vectors[i].text, (long long)seconds);
    }
}

static void test_what_is_no_instant(void **state)
{
    static const char *const refused[] = {
        "",
        "now",
        "2026-12-02",
        "2026-12-02T06:00:00", /* an offset is required */
        "2026-12-02T06:00Z",   /* and so are seconds */
        "2026-12-02T06:00:60Z",
        "2026-12-02T24:00:00Z",
        "2026-12-02T06:60:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "-2026-01-01T00:00:00Z",
        "+2026-01-01T00:00:00Z",
        "26-12-02T06:00:00Z",
        "2026-1-02T06:00:00Z",
        "2026-12-2T06:00:00Z",
        "2026/12/02T06:00:00Z",
        "20261202T060000Z",
        "2026-12-02_06:00:00Z",
        "2026-12-02T6:00:00Z",
        "2026-12-02T06:00:00.Z",
        "2026-12-02T06:00:00,5Z",
        "2026-12-02T06:00:00+5:00",
        "2026-12-02T06:00:00+0500",
        "2026-12-02T06:00:00+05",
        "2026-12-02T06:00:00+24:00",
        "2026-12-02T06:00:00+05:60",
        "2026-12-02T06:00:00 Z",
        "2026-12-02T06:00:00Z ",
        " 2026-12-02T06:00:00Z",
        "2026-12-02T06:00:00ZZ",
        "2026-12-02T06:00:00EST",
        "2O26-12-02T06:00:00Z",
        "2026-12-02T06:00:0\xd9\xa5Z", /* an Arabic digit */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        int64_t seconds = 42;
        if (instant_parse(text_of(refused[i]), &seconds))
            fail_msg("taken: \"%s\"", refused[i]);
        assert_int_equal(seconds, 42); /* untouched */
    }
    int64_t seconds = 42;
    assert_false(instant_parse(TEXT_EMPTY, &seconds));
    assert_false(instant_parse((struct text)TEXT("2026-12-02T06:00:00Z\0"), &seconds));
    /* every beginning of a good one */
    struct text good = TEXT("2026-12-02T06:00:00.5-05:00");
    for (size_t length = 0; length < good.length; length++)
        assert_false(instant_parse(text_slice(good, 0, length), &seconds));
}

static void test_wall_time(void **state)
{
    (void)state;
    struct wall_time time = {0};
    assert_true(wall_time_parse(text_of("2026-11-20T16:05:09"), &time));
    assert_int_equal(time.year, 2026);
    assert_int_equal(time.month, 11);
    assert_int_equal(time.day, 20);
    assert_int_equal(time.hour, 16);
    assert_int_equal(time.minute, 5);
    assert_int_equal(time.second, 9);
    assert_int_equal(wall_time_seconds(time), 1795190709);
    assert_true(wall_time_parse(text_of("2026-11-20 16:05"), &time));
    assert_int_equal(time.second, 0);
    assert_true(wall_time_parse(text_of("2024-02-29T00:00:00"), &time));
    assert_true(wall_time_parse(text_of("2000-02-29T00:00:00"), &time));

    static const char *const refused[] = {
        "",
        "2026-11-20",
        "2026-11-20T16",
        "2026-11-20T16:05:",
        "2026-11-20T16:05:09Z", /* that is an instant */
        "2026-11-20T16:05:09-05:00",
        "2026-11-20T16:05:09.5",
        "2026-11-20T24:00:00",
        "2100-02-29T00:00:00",
        "2026-11-20T16:05:09 ",
    };
    struct wall_time before = time;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (wall_time_parse(text_of(refused[i]), &time))
            fail_msg("taken: \"%s\"", refused[i]);
        assert_memory_equal(&time, &before, sizeof(time));
    }
}

static void test_seconds_and_back(void **state)
{
    (void)state;
    for (int64_t seconds = -62135596800; seconds <= 253402300799; seconds += 86399 * 97 + 13)
        assert_int_equal(wall_time_seconds(wall_time_from_seconds(seconds)), seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_that_can_be_written),
        cmocka_unit_test_setup_teardown(test_known_instants, make_arena, free_arena),
        cmocka_unit_test(test_offsets_and_spellings),
        cmocka_unit_test(test_what_is_no_instant),
        cmocka_unit_test(test_wall_time),
        cmocka_unit_test(test_seconds_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
