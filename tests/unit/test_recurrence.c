/* Which days a rule yields: known examples, and rules at random against a walk over every day. What is
 * refused: policies/window-rule-*. */
#include "arena_fixture.h"
#include "assert_text.h"

#include "codec/recurrence.h"
#include "core/instant.h"

#include <string.h>

enum { DAY_S = 86400 };

static int64_t day_of(const char *date)
{
    struct wall_time time;
    char as_time[32];
    snprintf(as_time, sizeof(as_time), "%sT00:00", date);
    assert_true(wall_time_parse(text_of(as_time), &time));
    return wall_time_seconds(time) / DAY_S;
}

static struct recurrence read_rule(struct arena *arena, const char *written)
{
    struct recurrence rule = {.interval = 0};
    struct error error = {0};
    if (!recurrence_read(arena, text_of(written), &rule, &error))
        fail_msg("%s: %s", written, error.text);
    return rule;
}

/* "2026-01-02 2026-01-09", and "." where the rule has no day behind them. */
static struct text days_text(struct arena *arena, const struct day_list *days)
{
    struct text text = TEXT_EMPTY;
    for (size_t i = 0; i < days->count; i++) {
        struct wall_time date = wall_time_from_seconds(days->days[i] * DAY_S);
        text = arena_printf(arena, "%.*s%s%04d-%02d-%02d", TEXT_ARGS(text), i == 0 ? "" : " ", date.year,
                            date.month, date.day);
    }
    return days->ends ? arena_printf(arena, "%.*s.", TEXT_ARGS(text)) : text;
}

struct row {
    const char *rule, *from, *first, *last, *days;
};

static void assert_rows(struct arena *arena, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct recurrence rule = read_rule(arena, rows[i].rule);
        struct day_list days;
        recurrence_days(&rule, day_of(rows[i].from), day_of(rows[i].first), day_of(rows[i].last), arena,
                        &days);
        struct text text = days_text(arena, &days);
        if (!text_is(text, rows[i].days))
            print_error("%s from %s\n", rows[i].rule, rows[i].from);
        assert_text(text, rows[i].days);
    }
}

#define ASSERT_ROWS(state, rows) assert_rows(*(state), rows, sizeof(rows) / sizeof((rows)[0]))

static void test_known_examples(void **state)
{
    static const struct row rows[] = {
        {"FREQ=WEEKLY;BYDAY=FR", "2026-01-01", "2026-03-01", "2026-03-20",
         "2026-03-06 2026-03-13 2026-03-20"},
        {"FREQ=WEEKLY;BYDAY=SU,SA", "2026-03-07", "2026-03-01", "2026-03-15",
         "2026-03-07 2026-03-08 2026-03-14 2026-03-15"},
        {"FREQ=WEEKLY", "2026-03-03", "2026-03-01", "2026-03-18", "2026-03-03 2026-03-10 2026-03-17"},
        {"FREQ=MONTHLY;BYDAY=-1FR", "2026-01-01", "2026-01-01", "2026-03-31",
         "2026-01-30 2026-02-27 2026-03-27"},
        {"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-01", "2026-01-01", "2026-12-31",
         "2026-02-13 2026-03-13 2026-11-13"},
        {"FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-01", "2026-01-01", "2026-06-30",
         "2026-01-31 2026-03-31 2026-05-31"}, /* no other day in its place */
        {"FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-01", "2026-01-01", "2026-03-31",
         "2026-01-31 2026-02-28 2026-03-31"},
        {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-01", "2026-01-01", "2026-03-31",
         "2026-01-30 2026-02-27 2026-03-31"}, /* the last working day */
        {"FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-01-01", "2026-01-01", "2028-12-31",
         "2026-11-26 2027-11-25 2028-11-23"},
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-01-01", "2026-01-01", "2033-01-01",
         "2028-02-29 2032-02-29"},
        {"FREQ=YEARLY", "2024-02-29", "2024-01-01", "2033-01-01", "2024-02-29 2028-02-29 2032-02-29"},
        {"FREQ=YEARLY;BYYEARDAY=-1,1", "2026-01-01", "2026-01-01", "2027-12-31",
         "2026-01-01 2026-12-31 2027-01-01 2027-12-31"},
        {"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", "1997-01-01", "1999-12-31",
         "1997-05-12 1998-05-11 1999-05-17"},
        {"FREQ=DAILY;BYMONTH=12;BYMONTHDAY=24,25,26", "2026-01-01", "2026-01-01", "2027-01-31",
         "2026-12-24 2026-12-25 2026-12-26"},
    };
    ASSERT_ROWS(state, rows);
}

static void test_what_counts_from_the_first_day(void **state)
{
    static const struct row rows[] = {
        {"FREQ=DAILY;COUNT=3", "2026-03-10", "2026-01-01", "2026-12-31", "2026-03-10 2026-03-11 2026-03-12."},
        {"FREQ=DAILY;COUNT=3", "2026-03-10", "2026-03-12", "2026-12-31", "2026-03-12."},
        {"FREQ=DAILY;COUNT=3", "2026-03-10", "2026-04-01", "2026-12-31", "."},
        {"FREQ=DAILY;COUNT=3", "2026-03-10", "2026-03-01", "2026-03-11", "2026-03-10 2026-03-11"},
        {"FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-03-10", "2026-01-01", "2026-12-31", "2026-03-16 2026-03-23."},
        {"FREQ=DAILY;INTERVAL=3", "2026-03-01", "2026-03-05", "2026-03-12", "2026-03-07 2026-03-10"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", "1997-08-05", "1997-08-01", "1997-08-31",
         "1997-08-05 1997-08-10 1997-08-19 1997-08-24"}, /* RFC 5545 section 3.8.5.3 */
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "1997-08-05", "1997-08-01", "1997-08-31",
         "1997-08-05 1997-08-17 1997-08-19 1997-08-31"},
        {"FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10", "1970-01-10", "2024-01-01", "2028-12-31",
         "2024-01-10 2025-07-10 2027-01-10 2028-07-10"},
    };
    ASSERT_ROWS(state, rows);
}

/* Nothing before the first day, however early it is asked for. */
static void test_bounds_are_inclusive(void **state)
{
    static const struct row rows[] = {
        {"FREQ=DAILY", "2026-03-10", "2026-03-01", "2026-03-11", "2026-03-10 2026-03-11"},
        {"FREQ=DAILY", "2026-03-10", "2026-03-12", "2026-03-12", "2026-03-12"},
        {"FREQ=DAILY", "2026-03-10", "2026-03-12", "2026-03-11", ""},
        {"FREQ=WEEKLY;BYDAY=MO", "2026-03-10", "2026-03-01", "2026-03-16", "2026-03-16"},
        {"FREQ=DAILY;UNTIL=20260311", "2026-03-10", "2026-03-10", "2026-03-12",
         "2026-03-10 2026-03-11 2026-03-12"}, /* UNTIL is left to whoever knows the zone */
    };
    ASSERT_ROWS(state, rows);
}

static void test_until_has_three_forms(void **state)
{
    struct recurrence rule = read_rule(*state, "FREQ=DAILY");
    assert_int_equal(rule.until_form, UNTIL_NONE);
    rule = read_rule(*state, "UNTIL=20261231;FREQ=DAILY");
    assert_int_equal(rule.until_form, UNTIL_DAY);
    assert_int_equal(rule.until, day_of("2026-12-31"));
    assert_text(rule.written, "UNTIL=20261231;FREQ=DAILY");
    rule = read_rule(*state, "FREQ=DAILY;UNTIL=20261231T160000");
    assert_int_equal(rule.until_form, UNTIL_WALL);
    assert_int_equal(rule.until, day_of("2026-12-31") * DAY_S + 16 * 3600);
    rule = read_rule(*state, "FREQ=DAILY;UNTIL=20261231T160000Z");
    assert_int_equal(rule.until_form, UNTIL_INSTANT);
    assert_int_equal(rule.until, day_of("2026-12-31") * DAY_S + 16 * 3600);
}

static void test_what_says_all_of_its_days(void **state)
{
    static const char *const whole[] = {"FREQ=DAILY",
                                        "FREQ=DAILY;INTERVAL=1",
                                        "FREQ=WEEKLY;BYDAY=FR",
                                        "FREQ=MONTHLY;BYDAY=1MO",
                                        "FREQ=MONTHLY;BYMONTHDAY=1",
                                        "FREQ=YEARLY;BYYEARDAY=1",
                                        "FREQ=YEARLY;BYMONTH=3;BYDAY=1SU"};
    static const char *const counting[] = {"FREQ=DAILY;COUNT=3",    "FREQ=DAILY;INTERVAL=2",
                                           "FREQ=WEEKLY",           "FREQ=MONTHLY;BYMONTH=3",
                                           "FREQ=YEARLY;BYMONTH=3", "FREQ=YEARLY;BYWEEKNO=3"};
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        assert_null(read_rule(*state, whole[i]).counts_from);
    for (size_t i = 0; i < sizeof(counting) / sizeof(counting[0]); i++)
        assert_non_null(read_rule(*state, counting[i]).counts_from);
}

static void test_rules_without_any_day(void **state)
{
    static const char *const never[] = {
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=6", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31"};
    static const char *const rare[] = {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=YEARLY;BYYEARDAY=366",
                                       "FREQ=YEARLY;BYWEEKNO=51;BYDAY=SU;BYMONTH=12",
                                       "FREQ=MONTHLY;BYDAY=5MO;BYMONTH=2"};
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        struct recurrence rule = read_rule(*state, never[i]);
        if (recurrence_matches(&rule, 0))
            fail_msg("%s", never[i]);
    }
    for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++) {
        struct recurrence rule = read_rule(*state, rare[i]);
        if (!recurrence_matches(&rule, 0))
            fail_msg("%s", rare[i]);
    }
}

static void test_a_failure_leaves_the_result_alone(void **state)
{
    struct recurrence rule = {.interval = 42};
    struct error error = {0};
    assert_false(recurrence_read(*state, text_of("FREQ=HOURLY"), &rule, &error));
    assert_int_equal(rule.interval, 42);
    assert_int_equal(error.kind, ERROR_INPUT);
}

/* ---- rules at random, against a walk over every day ---- */

static uint64_t seed = 5545;

static int any(int below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (int)((seed >> 33) % (uint64_t)below);
}

static const char *const weekdays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
static const char *const frequencies[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};

struct any_rule {
    int frequency, interval, count, wkst; /* count 0: none */
    unsigned by_day, by_month;            /* bits; 0: not written */
    int by_month_day[2], by_year_day;     /* 0: not written */
    int ordinal;                          /* of every by_day; 0: none */
};

static struct any_rule make_rule(void)
{
    struct any_rule rule = {.frequency = any(4), .interval = 1 + (any(3) == 0) * any(4)};
    rule.count = any(5) == 0 ? 1 + any(40) : 0;
    rule.wkst = any(2) * 6;
    if (any(2) == 0)
        rule.by_day = 1U << any(7) | 1U << any(7);
    if (any(4) == 0)
        rule.by_month = 1U << any(12) | 1U << any(12);
    if (rule.frequency != 1 && any(3) == 0 && (rule.frequency != 3 || rule.by_month != 0)) {
        rule.by_month_day[0] = rule.frequency == 0 || any(2) == 0 ? 1 + any(28) : -1 - any(28);
        rule.by_month_day[1] = any(3) == 0 ? 31 : 0;
    }
    if (rule.by_day != 0 && rule.frequency >= 2 && rule.by_month_day[0] == 0 && any(2) == 0)
        rule.ordinal = any(2) == 0 ? 1 + any(5) : -1 - any(5);
    if (rule.frequency == 3 && rule.by_month_day[0] == 0 && rule.by_day == 0 && rule.by_month == 0 &&
        any(2) == 0)
        rule.by_year_day = any(2) == 0 ? 1 + any(365) : -1 - any(365);
    return rule;
}

static struct text write_bits(struct arena *arena, struct text text, const char *name, unsigned bits,
                              int ordinal)
{
    bool first = true;
    for (int i = 0; i < 12; i++) {
        if (!(bits & 1U << i))
            continue;
        struct text value =
            name[3] == 'D'
                ? arena_printf(arena, "%.*s%s",
                               TEXT_ARGS(ordinal == 0 ? TEXT_EMPTY : arena_printf(arena, "%d", ordinal)),
                               weekdays[i])
                : arena_printf(arena, "%d", i + 1);
        text = arena_printf(arena, "%.*s%s%s%.*s", TEXT_ARGS(text), first ? name : "", first ? "=" : ",",
                            TEXT_ARGS(value));
        first = false;
    }
    return text;
}

static struct text write_rule(struct arena *arena, const struct any_rule *rule)
{
    struct text text = arena_printf(arena, "FREQ=%s;INTERVAL=%d;WKST=%s", frequencies[rule->frequency],
                                    rule->interval, weekdays[rule->wkst]);
    if (rule->count > 0)
        text = arena_printf(arena, "%.*s;COUNT=%d", TEXT_ARGS(text), rule->count);
    text = write_bits(arena, text, ";BYDAY", rule->by_day, rule->ordinal);
    text = write_bits(arena, text, ";BYMONTH", rule->by_month, 0);
    if (rule->by_month_day[0] != 0)
        text = arena_printf(arena, "%.*s;BYMONTHDAY=%d%s", TEXT_ARGS(text), rule->by_month_day[0],
                            rule->by_month_day[1] != 0 ? ",31" : "");
    if (rule->by_year_day != 0)
        text = arena_printf(arena, "%.*s;BYYEARDAY=%d", TEXT_ARGS(text), rule->by_year_day);
    return text;
}

/* 0 is Monday; 1970-01-01 was a Thursday. */
static int weekday_of(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7);
}

/* The how-manieth of its weekday in a span of days, from the front or from the back. */
static bool is_nth(int64_t day, int64_t first, int64_t last, int ordinal)
{
    return ordinal > 0 ? (day - first) / 7 + 1 == ordinal : (last - day) / 7 + 1 == -ordinal;
}

static bool period_fits(const struct any_rule *rule, int64_t from, int64_t day, struct wall_time start,
                        struct wall_time date)
{
    int64_t periods = 0;
    switch (rule->frequency) {
    case 0: periods = day - from; break;
    case 1:
        periods =
            (day - (weekday_of(day) - rule->wkst + 7) % 7 - from + (weekday_of(from) - rule->wkst + 7) % 7) /
            7;
        break;
    case 2: periods = (date.year - start.year) * 12 + date.month - start.month; break;
    default: periods = date.year - start.year; break;
    }
    return periods % rule->interval == 0;
}

static bool fits(const struct any_rule *rule, int64_t from, int64_t day)
{
    struct wall_time start = wall_time_from_seconds(from * DAY_S), date = wall_time_from_seconds(day * DAY_S);
    int64_t month_first = days_from_date(date.year, date.month, 1),
            year_first = days_from_date(date.year, 1, 1);
    int64_t month_last = (date.month == 12 ? days_from_date(date.year + 1, 1, 1)
                                           : days_from_date(date.year, date.month + 1, 1)) -
                         1;
    int64_t year_last = days_from_date(date.year + 1, 1, 1) - 1;
    bool of_year = rule->frequency == 3 && rule->by_month == 0;
    if (!period_fits(rule, from, day, start, date) ||
        (rule->by_month != 0 && !(rule->by_month & 1U << (date.month - 1))))
        return false;
    if (rule->by_day != 0 && !(rule->by_day & 1U << weekday_of(day)))
        return false;
    if (rule->ordinal != 0 &&
        !is_nth(day, of_year ? year_first : month_first, of_year ? year_last : month_last, rule->ordinal))
        return false;
    int wanted = rule->by_month_day[0];
    bool month_day = wanted > 0 ? date.day == wanted : wanted < 0 && month_last - day + 1 == -wanted;
    if (wanted != 0 && !month_day && !(rule->by_month_day[1] != 0 && date.day == 31))
        return false;
    if (rule->by_year_day != 0)
        return rule->by_year_day > 0 ? day - year_first + 1 == rule->by_year_day
                                     : year_last - day + 1 == -rule->by_year_day;
    if (rule->by_day != 0 || wanted != 0 || rule->frequency == 0)
        return true;
    if (rule->frequency == 1)
        return weekday_of(day) == weekday_of(from);
    return date.day == start.day &&
           (rule->frequency == 2 || rule->by_month != 0 || date.month == start.month);
}

static void check_rule(struct arena *arena, const struct any_rule *made)
{
    struct text written = write_rule(arena, made);
    struct recurrence rule;
    struct error error = {0};
    if (!recurrence_read(arena, written, &rule, &error))
        fail_msg("%.*s: %s", TEXT_ARGS(written), error.text);
    int64_t from = day_of("2000-01-01") + any(3000), first = from + any(5000) - 100, last = first + any(1500);
    struct day_list days;
    recurrence_days(&rule, from, first, last, arena, &days);
    size_t found = 0;
    int counted = 0;
    for (int64_t day = from; day <= last && (made->count == 0 || counted < made->count); day++) {
        if (!fits(made, from, day))
            continue;
        counted++;
        if (day < first)
            continue;
        struct wall_time from_date = wall_time_from_seconds(from * DAY_S),
                         date = wall_time_from_seconds(day * DAY_S);
        if (found == days.count || days.days[found++] != day)
            fail_msg("%.*s from %d-%02d-%02d: %d-%02d-%02d is missing", TEXT_ARGS(written), from_date.year,
                     from_date.month, from_date.day, date.year, date.month, date.day);
    }
    if (found != days.count)
        fail_msg("%.*s from day %lld has too many days", TEXT_ARGS(written), (long long)from);
    if (days.ends)
        assert_true(made->count > 0 || days.count == 0);
}

static void test_any_rule_against_a_walk(void **state)
{
    for (int round = 0; round < 2000; round++) {
        struct any_rule rule = make_rule();
        check_rule(*state, &rule);
        arena_reset(*state);
    }
}

#define RECURRENCE(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECURRENCE(test_known_examples),
        RECURRENCE(test_what_counts_from_the_first_day),
        RECURRENCE(test_bounds_are_inclusive),
        RECURRENCE(test_until_has_three_forms),
        RECURRENCE(test_what_says_all_of_its_days),
        RECURRENCE(test_rules_without_any_day),
        RECURRENCE(test_a_failure_leaves_the_result_alone),
        RECURRENCE(test_any_rule_against_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
