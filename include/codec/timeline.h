/* codec/timeline: windows as written become sorted UTC intervals. libical over the system tz database.
 * Layer: codec (no I/O of its own; the zone tables are read by libical at the first use of a zone).
 * Source: RFC 5545, DESIGN section 4.
 *
 * How exact: for 2024 to 2037 every zone of tzdata 2026f gave the instants that Python's zoneinfo gives,
 * around each change of its offset. The tables end there; afterwards libical 3.0.16 reads the zone's last
 * rule, and a few zones whose rule changes on an unusual day or hour are up to 2 h off near that change:
 * America/St_Johns, America/Nuuk, America/Scoresbysund, America/Miquelon, America/Santiago, Pacific/Easter,
 * Pacific/Chatham, Pacific/Norfolk, Atlantic/Azores, Antarctica/Troll, Australia/Lord_Howe, Africa/Cairo. A
 * new tzdata package takes effect at a restart.
 */
#ifndef CHANGEGATE_CODEC_TIMELINE_H
#define CHANGEGATE_CODEC_TIMELINE_H

#include "core/error.h"
#include "core/freeze.h"
#include "core/instant.h"

/* Which end of a window a wall-clock time is: an ambiguous start takes the first occurrence, an ambiguous end
 * the second, so that a freeze is never shorter than written. A time in a gap moves forward by the gap. */
enum edge { EDGE_START, EDGE_END };

/* Whether the tz database has the zone. Thread: any, calls are serialised inside. */
bool timeline_zone_exists(struct text zone);

/* UTC seconds of a wall-clock time in an IANA zone. False: no such zone, and the error says so. */
bool timeline_instant(struct text zone, struct wall_time time, enum edge edge, int64_t *ret_s,
                      struct error *error) MUST_USE;

/* The offset of local time from UTC in seconds at an instant; for messages. False: no such zone. */
bool timeline_offset(struct text zone, int64_t instant_s, int *ret_offset_s, struct error *error) MUST_USE;

/* Version of the tz database ("2026b"), or "unknown". Static. */
const char *timeline_tzdata_version(void);

#endif
