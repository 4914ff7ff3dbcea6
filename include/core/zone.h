/* core/zone: what wall clocks show: the offsets of one time zone from UTC, as a table.
 * Layer: core (standard C only). codec/zones fills the table from the system tz database.
 *
 * Invariants: `changes` are sorted by time and no two of them are within two days of each other, which holds
 * for every zone of the tz database from 1990 on. Before the first change first_offset_s holds, after the
 * last one its offset, for ever.
 */
#ifndef CHANGEGATE_CORE_ZONE_H
#define CHANGEGATE_CORE_ZONE_H

#include "core/arena.h"

struct zone_change {
    int64_t at_s;     /* UTC: from this instant on */
    int32_t offset_s; /* east of UTC */
};

struct zone {
    struct text name; /* IANA */
    int32_t first_offset_s;
    const struct zone_change *changes;
    size_t change_count;
};

/* Which of the two instants a wall clock that is set back shows twice. */
enum occurrence { OCCURRENCE_FIRST, OCCURRENCE_SECOND };

/* Seconds east of UTC at an instant. O(log n). */
int32_t zone_offset_at(const struct zone *zone, int64_t instant_s);

/* UTC seconds of a wall-clock time, given as core/instant's wall_time_seconds. A time that no clock shows
 * moves forward by the gap (as RFC 5545 section 3.3.5 has it: it is read with the offset from before). */
int64_t zone_instant(const struct zone *zone, int64_t wall_s, enum occurrence occurrence);

/* "2026-12-02 06:00 America/New_York (2026-12-02T11:00:00Z)"; UTC alone where `zone` is NULL or is UTC. */
struct text zone_format(const struct zone *zone, int64_t instant_s, struct arena *arena);

#endif
