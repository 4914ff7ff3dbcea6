#include "codec/zones.h"

#include "core/instant.h"

#include <libical/ical.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAY_S = 86400,
    ZONE_BYTES_MOST = 64,
    /* No zone changed twice within so many days since 1990 (Ramadan takes about 35). */
    PROBE_DAYS = 14,
    YEAR_FIRST = 1990,
    YEAR_LAST = 2070,
    CHANGES_MOST = (YEAR_LAST - YEAR_FIRST) * 366 / PROBE_DAYS,
};

/* Read once, then kept: libical's own tables are not safe to use from several threads, and slow. */
struct known_zone {
    struct zone zone;
    struct known_zone *next;
    char name[ZONE_BYTES_MOST + 1];
};

static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static struct known_zone *known_zones;

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

static icaltimezone *find_ical_zone(const char *name)
{
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0)
        return icaltimezone_get_utc_timezone();
    icaltimezone_set_builtin_tzdata(0);
    return icaltimezone_get_builtin_timezone(name);
}

static int32_t offset_at(icaltimezone *zone, int64_t instant_s)
{
    struct wall_time t = wall_time_from_seconds(instant_s);
    struct icaltimetype utc = icaltime_null_time();
    int is_daylight = 0;
    utc.year = t.year;
    utc.month = t.month;
    utc.day = t.day;
    utc.hour = t.hour;
    utc.minute = t.minute;
    utc.second = t.second;
    utc.zone = icaltimezone_get_utc_timezone();
    return icaltimezone_get_utc_offset_of_utc_time(zone, &utc, &is_daylight);
}

/* The second in (low_s, high_s] from which on the offset is the one of high_s. */
static int64_t find_change(icaltimezone *zone, int64_t low_s, int64_t high_s, int32_t offset_s)
{
    while (high_s - low_s > 1) {
        int64_t middle_s = low_s + (high_s - low_s) / 2;
        if (offset_at(zone, middle_s) == offset_s)
            high_s = middle_s;
        else
            low_s = middle_s;
    }
    return high_s;
}

static void read_changes(icaltimezone *ical, struct zone *zone)
{
    struct zone_change *changes = calloc(CHANGES_MOST, sizeof(*changes));
    if (changes == NULL)
        abort();
    int64_t at_s = days_from_date(YEAR_FIRST, 1, 1) * DAY_S, end_s = days_from_date(YEAR_LAST, 1, 1) * DAY_S;
    int32_t offset_s = zone->first_offset_s = offset_at(ical, at_s);
    for (; at_s < end_s && zone->change_count < CHANGES_MOST; at_s += PROBE_DAYS * DAY_S) {
        int32_t next_s = offset_at(ical, at_s + PROBE_DAYS * DAY_S);
        if (next_s == offset_s)
            continue;
        int64_t change_s = find_change(ical, at_s, at_s + PROBE_DAYS * DAY_S, next_s);
        changes[zone->change_count++] = (struct zone_change){change_s, next_s};
        offset_s = next_s;
    }
    zone->changes = realloc(changes, (zone->change_count + 1) * sizeof(*changes));
    if (zone->changes == NULL)
        abort();
}

static const struct zone *add_zone(struct text name)
{
    struct known_zone *known = calloc(1, sizeof(*known));
    if (known == NULL)
        abort();
    memcpy(known->name, name.at, name.length);
    icaltimezone *ical = find_ical_zone(known->name);
    if (ical == NULL) {
        free(known);
        return NULL;
    }
    known->zone.name = (struct text){known->name, name.length};
    if (ical != icaltimezone_get_utc_timezone())
        read_changes(ical, &known->zone);
    known->next = known_zones;
    known_zones = known;
    return &known->zone;
}

const struct zone *zones_find(struct text name)
{
    if (!is_zone_name(name))
        return NULL;
    pthread_mutex_lock(&zones_lock);
    const struct known_zone *known = known_zones;
    while (known != NULL && !text_equal(known->zone.name, name))
        known = known->next;
    const struct zone *zone = known != NULL ? &known->zone : add_zone(name);
    pthread_mutex_unlock(&zones_lock);
    return zone;
}

bool zones_get(struct text name, const struct zone **ret_zone, struct error *error)
{
    const struct zone *zone = zones_find(name);
    if (zone == NULL)
        return error_set(
            error, ERROR_INPUT,
            "\"%.*s\" is no zone of the tz database; write an IANA name such as America/New_York",
            (int)(name.length < 80 ? name.length : 80), name.at == NULL ? "" : name.at);
    *ret_zone = zone;
    return true;
}

/* The first line of tzdata.zi is "# version 2026b". */
const char *zones_tzdata_version(void)
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
