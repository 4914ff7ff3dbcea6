/* codec/recurrence: an RRULE that yields days.
 * Layer: codec (no I/O). Days are days since 1970-01-01 in the window's own zone; no zone is known here.
 * Source: RFC 5545 sections 3.3.10 and 3.8.5.3.
 *
 * Not through libical: its 3.0.16 read one random rule in fifty otherwise than the RFC (BYSETPOS with WEEKLY,
 * negative BYMONTHDAY with DAILY, BYYEARDAY with BYMONTH, BYWEEKNO at year ends, ...), and one crashed it. A
 * rule comes from whoever may write a window, and must not end the gate.
 */
#ifndef CHANGEGATE_CODEC_RECURRENCE_H
#define CHANGEGATE_CODEC_RECURRENCE_H

#include "core/arena.h"
#include "core/error.h"

/* UNTIL is compared with the day, with the wall clock at the start, or with the instant of the start. */
enum until_form { UNTIL_NONE, UNTIL_DAY, UNTIL_WALL, UNTIL_INSTANT };

enum frequency { EVERY_DAY, EVERY_WEEK, EVERY_MONTH, EVERY_YEAR };

enum { RECURRENCE_NUMBER_MOST = 366, NUMBER_WORDS = RECURRENCE_NUMBER_MOST / 64 + 1 };

/* Numbers from 1, and from -1 backwards; as bits. */
struct number_set {
    bool any;
    uint64_t positive[NUMBER_WORDS], negative[NUMBER_WORDS];
};

struct recurrence {
    struct text written; /* for reports */
    enum frequency frequency;
    unsigned interval, count; /* count 0: without end */
    unsigned week_start;      /* 0 is Monday, as below */
    unsigned weekdays;        /* bits; BYDAY without a number */
    struct number_set nth[7]; /* BYDAY with one, for each weekday */
    struct number_set months, month_days, year_days, weeks, positions;
    enum until_form until_form;
    int64_t until;           /* a day, wall-clock seconds, or UTC seconds */
    const char *counts_from; /* NULL, or what of the rule needs a first day: "INTERVAL counts from it" */
};

/* Read and check a rule, which borrows `written`; unknown, repeated and contradictory parts, and parts about
 * hours, are errors. The text of an error says what is wrong and the cure. */
bool recurrence_read(struct arena *arena, struct text written, struct recurrence *ret_rule,
                     struct error *error) MUST_USE;

struct day_list {
    const int64_t *days; /* sorted, distinct */
    size_t count;
    bool ends; /* by COUNT: there is no day behind the last one asked for */
};

/* The days from `first` to `last`, both inclusive, of the rule that starts on `from` (its DTSTART; it yields
 * that day only if it matches). UNTIL is not applied. Owned by `arena`. */
void recurrence_days(const struct recurrence *rule, int64_t from, int64_t first, int64_t last,
                     struct arena *arena, struct day_list *ret_days);

/* Whether the rule that starts on `from` has a day within 100 years, UNTIL left aside. */
bool recurrence_matches(const struct recurrence *rule, int64_t from);

#endif
