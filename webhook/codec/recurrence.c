#include "codec/recurrence.h"

#include "core/instant.h"

enum { DAYS_OF_WEEK = 7, DAY_S = 86400, PERIOD_DAYS_MOST = 366, MATCH_YEARS_MOST = 100 };

/* ---- a day and what rules ask about it ---- */

struct date {
    int64_t day;
    int year, month, month_day; /* 1-based */
};

static struct date date_of(int64_t day)
{
    struct wall_time time = wall_time_from_seconds(day * DAY_S);
    return (struct date){day, time.year, time.month, time.day};
}

static int64_t first_of_year(int year)
{
    return days_from_date(year, 1, 1);
}

static int64_t first_of_month(int year, int month)
{
    return month > 12 ? days_from_date(year + 1, month - 12, 1) : days_from_date(year, month, 1);
}

static bool has_bit(const uint64_t *words, int64_t number)
{
    return number >= 1 && number <= RECURRENCE_NUMBER_MOST && (words[number / 64] >> (number % 64) & 1) != 0;
}

/* The `index`th, 1-based, of `count`, from either end. */
static bool includes(const struct number_set *set, int64_t index, int64_t count)
{
    return has_bit(set->positive, index) || has_bit(set->negative, count - index + 1);
}

static int64_t start_of_week(int64_t day, unsigned week_start)
{
    return day - (weekday_of_day(day) + DAYS_OF_WEEK - week_start) % DAYS_OF_WEEK;
}

/* A week belongs to the year in which it has most of its days (ISO 8601, with any first day of the week). */
static bool in_weeks(const struct recurrence *rule, int64_t day)
{
    int64_t week = start_of_week(day, rule->week_start);
    int year = date_of(week + 3).year;
    int64_t first = start_of_week(first_of_year(year) + 3, rule->week_start);
    int64_t next = start_of_week(first_of_year(year + 1) + 3, rule->week_start);
    return includes(&rule->weeks, (week - first) / DAYS_OF_WEEK + 1, (next - first) / DAYS_OF_WEEK);
}

/* BYDAY: any such weekday, or the nth of its month or year. */
static bool is_nth(const struct number_set *nth, int64_t day, int64_t first, int64_t end)
{
    int64_t index = (day - first) / DAYS_OF_WEEK + 1, later = (end - 1 - day) / DAYS_OF_WEEK;
    return includes(nth, index, index + later);
}

static bool on_weekday(const struct recurrence *rule, struct date date)
{
    unsigned weekday = weekday_of_day(date.day);
    if (rule->weekdays >> weekday & 1)
        return true;
    if (!rule->nth[weekday].any)
        return false;
    bool of_month = rule->frequency == EVERY_MONTH || rule->months.any;
    int64_t first = of_month ? first_of_month(date.year, date.month) : first_of_year(date.year);
    int64_t end = of_month ? first_of_month(date.year, date.month + 1) : first_of_year(date.year + 1);
    return is_nth(&rule->nth[weekday], date.day, first, end);
}

static bool by_day(const struct recurrence *rule)
{
    bool any = rule->weekdays != 0;
    for (unsigned i = 0; i < DAYS_OF_WEEK; i++)
        any |= rule->nth[i].any;
    return any;
}

static bool matches(const struct recurrence *rule, bool rule_by_day, int64_t day)
{
    struct date date = date_of(day);
    if (rule->months.any && !includes(&rule->months, date.month, 12))
        return false;
    if (rule_by_day && !on_weekday(rule, date))
        return false;
    if (rule->month_days.any) {
        int64_t length = first_of_month(date.year, date.month + 1) - first_of_month(date.year, date.month);
        if (!includes(&rule->month_days, date.month_day, length))
            return false;
    }
    if (rule->year_days.any) {
        int64_t first = first_of_year(date.year);
        if (!includes(&rule->year_days, day - first + 1, first_of_year(date.year + 1) - first))
            return false;
    }
    return !rule->weeks.any || in_weeks(rule, day);
}

/* ---- what a rule takes from its first day, not saying it itself ---- */

static void add_number(struct number_set *set, int64_t number)
{
    set->any = true;
    set->positive[number / 64] |= UINT64_C(1) << (number % 64);
}

static void take_from(struct recurrence *rule, int64_t from)
{
    struct date date = date_of(from);
    bool weekday = by_day(rule), month_day = rule->month_days.any, year_day = rule->year_days.any;
    if (rule->frequency == EVERY_WEEK && !weekday)
        rule->weekdays = 1U << weekday_of_day(from);
    if (rule->frequency == EVERY_MONTH && !weekday && !month_day)
        add_number(&rule->month_days, date.month_day);
    if (rule->frequency != EVERY_YEAR || weekday || month_day || year_day)
        return;
    if (rule->weeks.any) {
        rule->weekdays = 1U << weekday_of_day(from);
        return;
    }
    add_number(&rule->month_days, date.month_day);
    if (!rule->months.any)
        add_number(&rule->months, date.month);
}

/* ---- period by period ---- */

/* The days of one period of the rule's frequency: [first, end). */
struct period {
    int64_t first, end;
};

/* The `steps`th period behind the one of `from`. */
static struct period period_at(const struct recurrence *rule, int64_t from, int64_t steps)
{
    struct date date = date_of(from);
    int64_t far = steps * rule->interval;
    switch (rule->frequency) {
    case EVERY_DAY: return (struct period){from + far, from + far + 1};
    case EVERY_WEEK: {
        int64_t week = start_of_week(from, rule->week_start) + far * DAYS_OF_WEEK;
        return (struct period){week, week + DAYS_OF_WEEK};
    }
    case EVERY_MONTH: {
        int64_t month = date.year * INT64_C(12) + date.month - 1 + far;
        int year = (int)(month / 12), of_year = (int)(month % 12) + 1;
        return (struct period){first_of_month(year, of_year), first_of_month(year, of_year + 1)};
    }
    case EVERY_YEAR:
        return (struct period){first_of_year(date.year + (int)far), first_of_year(date.year + (int)far + 1)};
    }
    return (struct period){0, 0};
}

/* How many periods may be left out before `first`: none where days are counted. */
static int64_t steps_before(const struct recurrence *rule, int64_t from, int64_t first)
{
    static const int days_most[] = {
        [EVERY_DAY] = 1, [EVERY_WEEK] = DAYS_OF_WEEK, [EVERY_MONTH] = 31, [EVERY_YEAR] = 366};
    int64_t period = (int64_t)rule->interval * days_most[rule->frequency];
    int64_t steps = rule->count > 0 || first <= from ? 0 : (first - from) / period - 1;
    return steps > 0 ? steps : 0;
}

/* The days of a period that match, BYSETPOS applied; at most PERIOD_DAYS_MOST. */
static size_t days_of_period(const struct recurrence *rule, bool rule_by_day, struct period period,
                             int64_t *days)
{
    size_t count = 0, kept = 0;
    for (int64_t day = period.first; day < period.end; day++)
        if (matches(rule, rule_by_day, day))
            days[count++] = day;
    if (!rule->positions.any)
        return count;
    for (size_t i = 0; i < count; i++)
        if (includes(&rule->positions, (int64_t)i + 1, (int64_t)count))
            days[kept++] = days[i];
    return kept;
}

void recurrence_days(const struct recurrence *written, int64_t from, int64_t first, int64_t last,
                     struct arena *arena, struct day_list *ret_days)
{
    struct recurrence rule = *written;
    take_from(&rule, from);
    bool rule_by_day = by_day(&rule);
    int64_t found[PERIOD_DAYS_MOST],
        *days = arena_alloc_array(arena, last < first ? 0 : (size_t)(last - first + 1), sizeof(*days));
    size_t count = 0;
    unsigned counted = 0;
    for (int64_t step = steps_before(&rule, from, first);; step++) {
        struct period period = period_at(&rule, from, step);
        if (period.first > last)
            break;
        size_t found_count = days_of_period(&rule, rule_by_day, period, found);
        for (size_t i = 0; i < found_count; i++) {
            if (found[i] < from || (rule.count > 0 && counted++ >= rule.count))
                continue;
            if (found[i] >= first && found[i] <= last)
                days[count++] = found[i];
        }
        if (rule.count > 0 && counted >= rule.count)
            break;
    }
    *ret_days = (struct day_list){days, count, rule.count > 0 && counted >= rule.count};
}

bool recurrence_matches(const struct recurrence *written, int64_t from)
{
    struct recurrence rule = *written;
    int64_t found[PERIOD_DAYS_MOST], last = from + MATCH_YEARS_MOST * INT64_C(366);
    take_from(&rule, from);
    bool rule_by_day = by_day(&rule);
    for (int64_t step = 0;; step++) {
        struct period period = period_at(&rule, from, step);
        size_t count = days_of_period(&rule, rule_by_day, period, found);
        if (count > 0 && found[count - 1] >= from)
            return true;
        if (period.first > last)
            return false;
    }
}
