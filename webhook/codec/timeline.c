#include "codec/timeline.h"

#include <libical/ical.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libical loads zones into tables of its own on first use; policies are read on one thread at a time, tests
 * on many. */
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;

enum { DAY_S = 86400, ZONE_BYTES_MOST = 64 };

/* Zone names are paths below the tz database; only what a zone can be called gets that far. Each begins with
 * a capital, which what else lies there does not: the machine's own zone ("localtime"), tables, "posix/" and
 * "right/", which counts leap seconds. "Factory" says that none was chosen. */
static bool is_zone_name(struct text zone)
{
    if (zone.length == 0 || zone.length > ZONE_BYTES_MOST || text_is(zone, "Factory") || zone.at[0] < 'A' ||
        zone.at[0] > 'Z' || zone.at[zone.length - 1] == '/')
        return false;
    for (size_t i = 0; i < zone.length; i++) {
        char c = zone.at[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool slash = c == '/' && zone.at[i - 1] != '/';
        if (!letter && !slash && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+')
            return false;
    }
    return true;
}

static icaltimezone *find_zone(struct text zone)
{
    char name[ZONE_BYTES_MOST + 1];
    if (!is_zone_name(zone))
        return NULL;
    memcpy(name, zone.at, zone.length);
    name[zone.length] = '\0';
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0)
        return icaltimezone_get_utc_timezone();
    icaltimezone_set_builtin_tzdata(0);
    return icaltimezone_get_builtin_timezone(name);
}

static bool fail_zone(struct text zone, struct error *error)
{
    return error_set(error, ERROR_INPUT,
                     "\"%.*s\" is no zone of the tz database; write an IANA name such as America/New_York",
                     (int)(zone.length < 80 ? zone.length : 80), zone.at == NULL ? "" : zone.at);
}

static int offset_at(icaltimezone *zone, int64_t instant_s)
{
    struct wall_time t = wall_time_from_seconds(instant_s);
    struct icaltimetype utc = icaltime_null_time();
    utc.year = t.year;
    utc.month = t.month;
    utc.day = t.day;
    utc.hour = t.hour;
    utc.minute = t.minute;
    utc.second = t.second;
    utc.zone = icaltimezone_get_utc_timezone();
    int is_daylight = 0;
    return icaltimezone_get_utc_offset_of_utc_time(zone, &utc, &is_daylight);
}

bool timeline_zone_exists(struct text zone)
{
    pthread_mutex_lock(&zones_lock);
    bool exists = find_zone(zone) != NULL;
    pthread_mutex_unlock(&zones_lock);
    return exists;
}

/* A wall clock shows `local_s` at the instants u with u + offset(u) == local_s. The offsets in force a day
 * before and a day after are the only candidates, since no zone changes twice within two days. None of them
 * fitting is a gap. */
static int64_t resolve(icaltimezone *zone, int64_t local_s, enum edge edge)
{
    int before_s = offset_at(zone, local_s - DAY_S), after_s = offset_at(zone, local_s + DAY_S);
    int64_t with_before = local_s - before_s, with_after = local_s - after_s;
    bool before_fits = offset_at(zone, with_before) == before_s;
    bool after_fits = offset_at(zone, with_after) == after_s;
    if (before_fits && after_fits) {
        bool earlier_is_before = with_before < with_after;
        int64_t first = earlier_is_before ? with_before : with_after;
        int64_t second = earlier_is_before ? with_after : with_before;
        return edge == EDGE_START ? first : second;
    }
    if (after_fits)
        return with_after;
    /* In a gap the offset from before it carries the time forward by the length of the gap. */
    return with_before;
}

bool timeline_instant(struct text zone, struct wall_time time, enum edge edge, int64_t *ret_s,
                      struct error *error)
{
    pthread_mutex_lock(&zones_lock);
    icaltimezone *found = find_zone(zone);
    if (found != NULL)
        *ret_s = resolve(found, wall_time_seconds(time), edge);
    pthread_mutex_unlock(&zones_lock);
    return found != NULL || fail_zone(zone, error);
}

bool timeline_offset(struct text zone, int64_t instant_s, int *ret_offset_s, struct error *error)
{
    pthread_mutex_lock(&zones_lock);
    icaltimezone *found = find_zone(zone);
    if (found != NULL)
        *ret_offset_s = offset_at(found, instant_s);
    pthread_mutex_unlock(&zones_lock);
    return found != NULL || fail_zone(zone, error);
}

/* The first line of tzdata.zi is "# version 2026b". */
const char *timeline_tzdata_version(void)
{
    static char version[32];
    static const char *const places[] = {"/usr/share/zoneinfo/tzdata.zi", "/usr/share/zoneinfo/+VERSION"};
    pthread_mutex_lock(&zones_lock);
    for (size_t i = 0; version[0] == '\0' && i < sizeof(places) / sizeof(places[0]); i++) {
        FILE *file = fopen(places[i], "re");
        if (file == NULL)
            continue;
        if (fscanf(file, i == 0 ? "# version %31s" : "%31s", version) != 1)
            version[0] = '\0';
        fclose(file);
    }
    pthread_mutex_unlock(&zones_lock);
    return version[0] == '\0' ? "unknown" : version;
}
