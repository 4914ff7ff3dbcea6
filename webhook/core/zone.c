#include "core/zone.h"

#include "core/instant.h"

enum { DAY_S = 86400 };

int32_t zone_offset_at(const struct zone *zone, int64_t instant_s)
{
    size_t low = 0, high = zone->change_count; /* the first change after instant_s is in [low, high] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at_s <= instant_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? zone->first_offset_s : zone->changes[low - 1].offset_s;
}

/* A wall clock shows `wall_s` at the instants u with u + offset(u) == wall_s. The offsets in force a day
 * before and a day after are the only candidates. None of them fitting is a gap. */
int64_t zone_instant(const struct zone *zone, int64_t wall_s, enum occurrence occurrence)
{
    int32_t before_s = zone_offset_at(zone, wall_s - DAY_S), after_s = zone_offset_at(zone, wall_s + DAY_S);
    int64_t with_before = wall_s - before_s, with_after = wall_s - after_s;
    if (before_s == after_s)
        return with_before;
    bool before_fits = zone_offset_at(zone, with_before) == before_s;
    bool after_fits = zone_offset_at(zone, with_after) == after_s;
    if (before_fits && after_fits) {
        int64_t first = with_before < with_after ? with_before : with_after;
        int64_t second = with_before < with_after ? with_after : with_before;
        return occurrence == OCCURRENCE_FIRST ? first : second;
    }
    /* In a gap the offset from before it carries the time forward by the length of the gap. */
    return after_fits ? with_after : with_before;
}

static bool shows_utc(const struct zone *zone)
{
    return zone == NULL || (zone->change_count == 0 && zone->first_offset_s == 0);
}

struct text zone_format(const struct zone *zone, int64_t instant_s, struct arena *arena)
{
    struct text utc = instant_format(arena, instant_s);
    if (shows_utc(zone))
        return utc;
    struct wall_time t = wall_time_from_seconds(instant_s + zone_offset_at(zone, instant_s));
    struct text seconds = t.second == 0 ? TEXT_EMPTY : arena_printf(arena, ":%02d", t.second);
    return arena_printf(arena, "%04d-%02d-%02d %02d:%02d%.*s %.*s (%.*s)", t.year, t.month, t.day, t.hour,
                        t.minute, TEXT_ARGS(seconds), TEXT_ARGS(zone->name), TEXT_ARGS(utc));
}
