/* The grammar of an RRULE, as strict as RFC 5545 section 3.3.10 is: a freeze must not get shorter by a
 * misspelt part. */
#include "codec/recurrence.h"

#include "core/instant.h"

#include <stdlib.h>

enum part {
    PART_FREQ,
    PART_UNTIL,
    PART_COUNT,
    PART_INTERVAL,
    PART_BYDAY,
    PART_BYMONTHDAY,
    PART_BYYEARDAY,
    PART_BYWEEKNO,
    PART_BYMONTH,
    PART_BYSETPOS,
    PART_WKST,
    PART_KINDS
};

enum { DAY_S = 86400, INTERVAL_MOST = 999, COUNT_MOST = 100000 };

static const char *const part_names[PART_KINDS] = {
    [PART_FREQ] = "FREQ",           [PART_UNTIL] = "UNTIL",       [PART_COUNT] = "COUNT",
    [PART_INTERVAL] = "INTERVAL",   [PART_BYDAY] = "BYDAY",       [PART_BYMONTHDAY] = "BYMONTHDAY",
    [PART_BYYEARDAY] = "BYYEARDAY", [PART_BYWEEKNO] = "BYWEEKNO", [PART_BYMONTH] = "BYMONTH",
    [PART_BYSETPOS] = "BYSETPOS",   [PART_WKST] = "WKST",
};

struct rule_reader {
    struct arena *arena;
    struct error *error;
    struct text values[PART_KINDS]; /* NULL `at`: not written */
    struct recurrence rule;
    bool ordinals; /* a BYDAY such as 2FR */
};

static bool has(const struct rule_reader *reader, enum part part)
{
    return reader->values[part].at != NULL;
}

static struct text quote(struct rule_reader *reader, struct text text)
{
    return text_quote(reader->arena, text, 60);
}

/* ---- values ---- */

static bool read_whole(struct text digits, int64_t most, int64_t *ret_number)
{
    int64_t number = 0;
    if (digits.length == 0 || digits.length > 6)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        number = number * 10 + (digits.at[i] - '0');
    }
    *ret_number = number;
    return number >= 1 && number <= most;
}

/* "n", "+n" or "-n" */
static bool add_number(struct number_set *set, struct text text, int64_t most, bool may_be_negative)
{
    int64_t number;
    bool negative = text.length > 1 && text.at[0] == '-';
    if (text.length > 1 && (text.at[0] == '+' || negative))
        text = text_slice(text, 1, text.length);
    if (!read_whole(text, most, &number) || (negative && !may_be_negative))
        return false;
    uint64_t *words = negative ? set->negative : set->positive;
    words[number / 64] |= UINT64_C(1) << (number % 64);
    set->any = true;
    return true;
}

static bool read_weekday(struct text text, unsigned *ret_weekday)
{
    static const char *const days[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    for (unsigned i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        if (!text_is(text, days[i]))
            continue;
        *ret_weekday = i;
        return true;
    }
    return false;
}

static bool add_by_day(struct rule_reader *reader, struct text text)
{
    enum { NTH_MOST = 53 };
    unsigned weekday;
    if (text.length < 2 || !read_weekday(text_slice(text, text.length - 2, 2), &weekday))
        return false;
    struct text ordinal = text_slice(text, 0, text.length - 2);
    if (ordinal.length == 0) {
        reader->rule.weekdays |= 1U << weekday;
        return true;
    }
    reader->ordinals = true;
    return add_number(&reader->rule.nth[weekday], ordinal, NTH_MOST, true);
}

static bool add_value(struct rule_reader *reader, enum part part, struct text value)
{
    struct recurrence *rule = &reader->rule;
    switch (part) {
    case PART_BYDAY: return add_by_day(reader, value);
    case PART_BYMONTHDAY: return add_number(&rule->month_days, value, 31, true);
    case PART_BYYEARDAY: return add_number(&rule->year_days, value, RECURRENCE_NUMBER_MOST, true);
    case PART_BYSETPOS: return add_number(&rule->positions, value, RECURRENCE_NUMBER_MOST, true);
    case PART_BYWEEKNO: return add_number(&rule->weeks, value, 53, true);
    case PART_BYMONTH: return add_number(&rule->months, value, 12, false);
    default: return true;
    }
}

static bool read_list(struct rule_reader *reader, enum part part)
{
    static const char *const examples[PART_KINDS] = {
        [PART_BYDAY] = "MO,FR or -1FR", [PART_BYMONTHDAY] = "1,15 or -1", [PART_BYYEARDAY] = "1 or -1",
        [PART_BYWEEKNO] = "1 or -1",    [PART_BYMONTH] = "11,12",         [PART_BYSETPOS] = "1 or -1",
    };
    struct text rest = reader->values[part];
    for (bool more = true; more;) {
        struct text value = text_slice(rest, 0, text_find(rest, ','));
        more = value.length < rest.length;
        rest = text_slice(rest, value.length + 1, rest.length);
        if (!add_value(reader, part, value))
            return error_set(reader->error, ERROR_INPUT,
                             "%s: \"%.*s\" is no such value; write one such as %s", part_names[part],
                             TEXT_ARGS(quote(reader, value)), examples[part]);
    }
    return true;
}

static bool read_week_start(struct rule_reader *reader)
{
    return !has(reader, PART_WKST) || read_weekday(reader->values[PART_WKST], &reader->rule.week_start) ||
           error_set(reader->error, ERROR_INPUT,
                     "WKST is \"%.*s\", which is no weekday; write MO, TU, WE, TH, FR, SA or SU",
                     TEXT_ARGS(quote(reader, reader->values[PART_WKST])));
}

static bool read_number(struct rule_reader *reader, enum part part, int64_t most, unsigned *ret_number)
{
    int64_t number;
    if (!has(reader, part))
        return true;
    if (!read_whole(reader->values[part], most, &number))
        return error_set(reader->error, ERROR_INPUT, "%s is \"%.*s\"; write a whole number from 1 to %lld",
                         part_names[part], TEXT_ARGS(quote(reader, reader->values[part])), (long long)most);
    *ret_number = (unsigned)number;
    return true;
}

static bool read_frequency(struct rule_reader *reader)
{
    static const char *const names[] = {
        [EVERY_DAY] = "DAILY", [EVERY_WEEK] = "WEEKLY", [EVERY_MONTH] = "MONTHLY", [EVERY_YEAR] = "YEARLY"};
    if (!has(reader, PART_FREQ))
        return error_set(reader->error, ERROR_INPUT, "FREQ is missing; write FREQ=WEEKLY;BYDAY=FR, say");
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!text_is(reader->values[PART_FREQ], names[i]))
            continue;
        reader->rule.frequency = i;
        return true;
    }
    return error_set(
        reader->error, ERROR_INPUT,
        "FREQ is \"%.*s\", and a rule yields days; write DAILY, WEEKLY, MONTHLY or YEARLY, and the "
        "time of day under start and end",
        TEXT_ARGS(quote(reader, reader->values[PART_FREQ])));
}

/* "20261231", "20261231T160000" or "20261231T210000Z" as RFC 3339 writes it. */
static struct text spell_out(struct rule_reader *reader, struct text until)
{
    if (until.length == 8)
        return arena_printf(reader->arena, "%.4s-%.2s-%.2sT00:00:00", until.at, until.at + 4, until.at + 6);
    if (until.length == 15 || (until.length == 16 && until.at[15] == 'Z'))
        return arena_printf(reader->arena, "%.4s-%.2s-%.2s%.1s%.2s:%.2s:%.2s", until.at, until.at + 4,
                            until.at + 6, until.at + 8, until.at + 9, until.at + 11, until.at + 13);
    return TEXT_EMPTY;
}

static bool read_until(struct rule_reader *reader)
{
    struct recurrence *rule = &reader->rule;
    struct text until = reader->values[PART_UNTIL];
    struct wall_time time;
    if (!has(reader, PART_UNTIL))
        return true;
    struct text spelt = spell_out(reader, until);
    if (spelt.length == 0 || !wall_time_parse(spelt, &time) || (until.length > 8 && until.at[8] != 'T'))
        return error_set(reader->error, ERROR_INPUT,
                         "UNTIL is \"%.*s\"; write a day such as 20261231, or 20261231T160000Z",
                         TEXT_ARGS(quote(reader, until)));
    rule->until = wall_time_seconds(time);
    rule->until_form = until.length == 8 ? UNTIL_DAY : until.length == 15 ? UNTIL_WALL : UNTIL_INSTANT;
    if (rule->until_form == UNTIL_DAY)
        rule->until /= DAY_S;
    return true;
}

/* ---- the parts together ---- */

static bool fail_part(struct rule_reader *reader, struct text name)
{
    static const char *const of_hours[] = {"BYHOUR", "BYMINUTE", "BYSECOND"};
    for (size_t i = 0; i < sizeof(of_hours) / sizeof(of_hours[0]); i++)
        if (text_is(name, of_hours[i]))
            return error_set(
                reader->error, ERROR_INPUT,
                "%s is refused, since a rule yields days; write the time of day under start and end",
                of_hours[i]);
    return error_set(reader->error, ERROR_INPUT,
                     "\"%.*s\" is no part of a rule; write NAME=VALUE;... of FREQ, INTERVAL, COUNT, UNTIL, "
                     "BYMONTH, BYMONTHDAY, BYDAY, BYYEARDAY, BYWEEKNO, BYSETPOS, WKST",
                     TEXT_ARGS(quote(reader, name)));
}

static bool split(struct rule_reader *reader, struct text written)
{
    for (bool more = true; more;) {
        struct text part = text_slice(written, 0, text_find(written, ';'));
        more = part.length < written.length;
        written = text_slice(written, part.length + 1, written.length);
        struct text name = text_slice(part, 0, text_find(part, '='));
        unsigned kind = 0;
        while (kind < PART_KINDS && !text_is(name, part_names[kind]))
            kind++;
        if (kind == PART_KINDS || name.length == part.length)
            return fail_part(reader, name);
        if (has(reader, (enum part)kind))
            return error_set(reader->error, ERROR_INPUT, "%s stands twice; keep one", part_names[kind]);
        reader->values[kind] = text_slice(part, name.length + 1, part.length);
        if (reader->values[kind].length == 0)
            return error_set(reader->error, ERROR_INPUT, "%s has no value; write one or take it out",
                             part_names[kind]);
    }
    return true;
}

/* What RFC 5545 forbids together. */
static bool check_parts(struct rule_reader *reader)
{
    unsigned every = reader->rule.frequency;
    const struct {
        bool wrong;
        const char *what;
    } rules[] = {
        {has(reader, PART_COUNT) && has(reader, PART_UNTIL), "COUNT and UNTIL exclude each other; keep one"},
        {has(reader, PART_BYWEEKNO) && every != EVERY_YEAR, "BYWEEKNO needs FREQ=YEARLY"},
        {has(reader, PART_BYMONTHDAY) && every == EVERY_WEEK, "BYMONTHDAY cannot stand with FREQ=WEEKLY; "
                                                              "write FREQ=MONTHLY or FREQ=DAILY"},
        {has(reader, PART_BYYEARDAY) && every != EVERY_YEAR, "BYYEARDAY needs FREQ=YEARLY"},
        {reader->ordinals && every != EVERY_MONTH && every != EVERY_YEAR,
         "BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY"},
        {reader->ordinals && has(reader, PART_BYWEEKNO), "BYDAY with a number cannot stand with BYWEEKNO"},
        {has(reader, PART_BYSETPOS) && !has(reader, PART_BYDAY) && !has(reader, PART_BYMONTHDAY) &&
             !has(reader, PART_BYYEARDAY) && !has(reader, PART_BYWEEKNO) && !has(reader, PART_BYMONTH),
         "BYSETPOS picks from what another BY part yields; add one"},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].wrong)
            return error_set(reader->error, ERROR_INPUT, "%s", rules[i].what);
    return true;
}

/* A rule that says all of its days needs no first one. */
static const char *why_it_counts(const struct rule_reader *reader)
{
    bool by_day = has(reader, PART_BYDAY), by_month_day = has(reader, PART_BYMONTHDAY);
    if (has(reader, PART_COUNT))
        return "COUNT counts from it";
    if (reader->rule.interval > 1)
        return "INTERVAL counts from it";
    switch (reader->rule.frequency) {
    case EVERY_DAY: return NULL;
    case EVERY_WEEK: return by_day ? NULL : "the rule takes its weekday from it";
    case EVERY_MONTH: return by_day || by_month_day ? NULL : "the rule takes its day of the month from it";
    case EVERY_YEAR:
        return by_day || by_month_day || has(reader, PART_BYYEARDAY) ? NULL
                                                                     : "the rule takes its day from it";
    }
    return NULL;
}

bool recurrence_read(struct arena *arena, struct text written, struct recurrence *ret_rule,
                     struct error *error)
{
    struct rule_reader reader = {.arena = arena, .error = error, .rule = {.interval = 1}};
    if (!split(&reader, written) || !read_frequency(&reader) || !read_until(&reader) ||
        !read_number(&reader, PART_INTERVAL, INTERVAL_MOST, &reader.rule.interval) ||
        !read_number(&reader, PART_COUNT, COUNT_MOST, &reader.rule.count))
        return false;
    for (unsigned i = PART_BYDAY; i <= PART_BYSETPOS; i++)
        if (has(&reader, (enum part)i) && !read_list(&reader, (enum part)i))
            return false;
    if (!read_week_start(&reader) || !check_parts(&reader))
        return false;
    reader.rule.written = written;
    reader.rule.counts_from = why_it_counts(&reader);
    *ret_rule = reader.rule;
    return true;
}
