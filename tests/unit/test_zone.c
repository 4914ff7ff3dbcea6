/* Wall clocks by a table: gaps, times shown twice, and how an instant is written for people. */
#include "assert_text.h"

#include "core/instant.h"
#include "core/zone.h"

enum { HOUR_S = 3600, SPRING_S = 1774746000, AUTUMN_S = 1792890000 };

/* London in 2026: an hour forward at 2026-03-29T01:00:00Z, back at 2026-10-25T01:00:00Z. */
static const struct zone_change london_changes[] = {{SPRING_S, HOUR_S}, {AUTUMN_S, 0}};
static const struct zone london = {TEXT("Europe/London"), 0, london_changes, 2};
static const struct zone kathmandu = {TEXT("Asia/Kathmandu"), 20700, NULL, 0};
static const struct zone utc = {TEXT("UTC"), 0, NULL, 0};

/* Samoa left a whole day out: 2011-12-30 did not exist. */
static const struct zone_change apia_changes[] = {{1325239200, 14 * HOUR_S}};
static const struct zone apia = {TEXT("Pacific/Apia"), -10 * HOUR_S, apia_changes, 1};

static int64_t wall(const char *text)
{
    struct wall_time time;
    assert_true(wall_time_parse(text_of(text), &time));
    return wall_time_seconds(time);
}

static void assert_instant(const struct zone *zone, const char *written, enum occurrence occurrence,
                           const char *expected)
{
    struct arena arena = {NULL, 0};
    assert_text(instant_format(&arena, zone_instant(zone, wall(written), occurrence)), expected);
    arena_done(&arena);
}

static void test_offsets(void **state)
{
    (void)state;
    assert_int_equal(zone_offset_at(&london, INT64_MIN), 0);
    assert_int_equal(zone_offset_at(&london, SPRING_S - 1), 0);
    assert_int_equal(zone_offset_at(&london, SPRING_S), HOUR_S);
    assert_int_equal(zone_offset_at(&london, AUTUMN_S - 1), HOUR_S);
    assert_int_equal(zone_offset_at(&london, AUTUMN_S), 0);
    assert_int_equal(zone_offset_at(&london, INT64_MAX), 0);
    assert_int_equal(zone_offset_at(&kathmandu, 0), 20700);
}

static void test_ordinary_times(void **state)
{
    (void)state;
    for (int occurrence = OCCURRENCE_FIRST; occurrence <= OCCURRENCE_SECOND; occurrence++) {
        enum occurrence which = (enum occurrence)occurrence;
        assert_instant(&london, "2026-01-15T12:00", which, "2026-01-15T12:00:00Z");
        assert_instant(&london, "2026-07-15T12:00", which, "2026-07-15T11:00:00Z");
        assert_instant(&london, "2026-03-29T00:59:59", which, "2026-03-29T00:59:59Z");
        assert_instant(&london, "2026-03-29T02:00", which, "2026-03-29T01:00:00Z");
        assert_instant(&london, "2026-10-25T00:59:59", which, "2026-10-24T23:59:59Z");
        assert_instant(&london, "2026-10-25T02:00", which, "2026-10-25T02:00:00Z");
        assert_instant(&kathmandu, "2026-05-01T00:00", which, "2026-04-30T18:15:00Z");
    }
}

/* It moves forward by the gap, whichever occurrence is asked for. */
static void test_a_time_that_no_clock_shows(void **state)
{
    (void)state;
    for (int occurrence = OCCURRENCE_FIRST; occurrence <= OCCURRENCE_SECOND; occurrence++) {
        enum occurrence which = (enum occurrence)occurrence;
        assert_instant(&london, "2026-03-29T01:00", which, "2026-03-29T01:00:00Z");
        assert_instant(&london, "2026-03-29T01:30", which, "2026-03-29T01:30:00Z");
        assert_instant(&apia, "2011-12-29T23:59:59", which, "2011-12-30T09:59:59Z");
        assert_instant(&apia, "2011-12-30T12:00", which, "2011-12-30T22:00:00Z");
        assert_instant(&apia, "2011-12-31T00:00", which, "2011-12-30T10:00:00Z");
    }
}

static void test_a_time_shown_twice(void **state)
{
    (void)state;
    assert_instant(&london, "2026-10-25T01:00", OCCURRENCE_FIRST, "2026-10-25T00:00:00Z");
    assert_instant(&london, "2026-10-25T01:00", OCCURRENCE_SECOND, "2026-10-25T01:00:00Z");
    assert_instant(&london, "2026-10-25T01:59:59", OCCURRENCE_FIRST, "2026-10-25T00:59:59Z");
    assert_instant(&london, "2026-10-25T01:59:59", OCCURRENCE_SECOND, "2026-10-25T01:59:59Z");
}

/* Every instant's own wall clock leads back to it, by one of the two occurrences. */
static void test_there_and_back(void **state)
{
    (void)state;
    static const struct zone *const zones[] = {&london, &kathmandu, &utc, &apia};
    for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
        int64_t middle_s = zones[z] == &apia ? apia_changes[0].at_s : AUTUMN_S;
        for (int64_t at_s = middle_s - 90000; at_s < middle_s + 90000; at_s += 299) {
            int64_t wall_s = at_s + zone_offset_at(zones[z], at_s);
            assert_true(zone_instant(zones[z], wall_s, OCCURRENCE_FIRST) == at_s ||
                        zone_instant(zones[z], wall_s, OCCURRENCE_SECOND) == at_s);
        }
    }
}

static void test_format(void **state)
{
    (void)state;
    struct arena arena = {NULL, 0};
    assert_text(zone_format(&london, SPRING_S, &arena),
                "2026-03-29 02:00 Europe/London (2026-03-29T01:00:00Z)");
    assert_text(zone_format(&london, SPRING_S - 1, &arena),
                "2026-03-29 00:59:59 Europe/London (2026-03-29T00:59:59Z)");
    assert_text(zone_format(&kathmandu, SPRING_S, &arena),
                "2026-03-29 06:45 Asia/Kathmandu (2026-03-29T01:00:00Z)");
    assert_text(zone_format(&utc, SPRING_S, &arena), "2026-03-29T01:00:00Z");
    assert_text(zone_format(NULL, SPRING_S, &arena), "2026-03-29T01:00:00Z");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_ordinary_times),
        cmocka_unit_test(test_a_time_that_no_clock_shows),
        cmocka_unit_test(test_a_time_shown_twice),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
