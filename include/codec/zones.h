/* codec/zones: the time zones of the system tz database, through libical, as tables.
 * Layer: codec (no I/O of its own; libical reads a zone's file at its first use).
 *
 * How exact: for 2024 to 2037 every zone of tzdata 2026f gave the instants that Python's zoneinfo gives,
 * around each change of its offset. The tables end there; afterwards libical 3.0.16 reads the zone's last
 * rule, and a few zones whose rule changes on an unusual day or hour are up to 2 h off near that change:
 * America/St_Johns, America/Nuuk, America/Scoresbysund, America/Miquelon, America/Santiago, Pacific/Easter,
 * Pacific/Chatham, Pacific/Norfolk, Atlantic/Azores, Antarctica/Troll, Australia/Lord_Howe, Africa/Cairo.
 * Before 1990 and after 2069 the nearest known offset holds. A new tzdata package takes effect at a restart.
 */
#ifndef CHANGEGATE_CODEC_ZONES_H
#define CHANGEGATE_CODEC_ZONES_H

#include "core/error.h"
#include "core/zone.h"

/* The zone of an IANA name, or NULL where the tz database has none. Kept for the life of the process. Thread:
 * any. */
const struct zone *zones_find(struct text name);

/* The same, and an error that quotes the name and says what to write. */
bool zones_get(struct text name, const struct zone **ret_zone, struct error *error) MUST_USE;

/* Version of the tz database ("2026b"), or "unknown". Static. */
const char *zones_tzdata_version(void);

#endif
