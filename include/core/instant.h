/* core/instant: RFC 3339 instants and UTC seconds.
 * Layer: core (standard C only). Proleptic Gregorian, POSIX seconds (no leap seconds; a written :60 is
 * refused).
 */
#ifndef CHANGEGATE_CORE_INSTANT_H
#define CHANGEGATE_CORE_INSTANT_H

#include "core/arena.h"

/* A date and time of day with no zone: what a wall clock shows. */
struct wall_time {
    int year, month, day; /* 1..9999, 1..12, 1..31 */
    int hour, minute, second;
};

/* Days since 1970-01-01 of a Gregorian date. */
int64_t days_from_date(int year, int month, int day);

/* 0 is Monday, 6 Sunday, of a day since 1970-01-01. */
unsigned weekday_of_day(int64_t day);

/* Seconds since 1970-01-01T00:00:00 as if the wall clock showed UTC. */
int64_t wall_time_seconds(struct wall_time time);
struct wall_time wall_time_from_seconds(int64_t seconds);

/* Reads "2026-11-20T00:00:00" (also with a blank for T and without seconds), to the end of `text`. False: not
 * one. */
bool wall_time_parse(struct text text, struct wall_time *ret_time);

/* RFC 3339 date-time, offset required: "2026-12-02T06:00:00-05:00". Fractions of a second are cut. False: not
 * one. */
bool instant_parse(struct text text, int64_t *ret_s);

/* "2026-12-02T11:00:00Z" */
struct text instant_format(struct arena *arena, int64_t instant_s);

#endif
