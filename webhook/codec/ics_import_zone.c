/* Which zone a time is in: an IANA name where there is one, else what the VTIMEZONE says. */
#include "ics_import_private.h"

#include "core/instant.h"

#include <string.h>

bool ics_is_utc(struct text zone)
{
    return text_is(zone, "UTC") || text_is(zone, "Etc/UTC");
}

/* A zone that a moment has was looked up before: it exists. */
int64_t ics_instant(const struct ics_moment *moment, enum occurrence occurrence)
{
    const struct zone *zone = zones_find(moment->zone);
    return zone == NULL ? moment->wall_s : zone_instant(zone, moment->wall_s, occurrence);
}

int64_t ics_wall_in(const struct ics_moment *moment, struct text zone)
{
    const struct zone *found = zones_find(zone);
    if (text_equal(moment->zone, zone))
        return moment->wall_s;
    int64_t instant_s = ics_instant(moment, OCCURRENCE_FIRST);
    return found == NULL ? instant_s : instant_s + zone_offset_at(found, instant_s);
}

/* --map-zone comes first: who gives it knows better. */
static struct text mapped(const struct ics_importer *importer, struct text name)
{
    const struct ics_import_options *options = importer->options;
    for (size_t i = 0; i < options->zone_count; i++)
        if (text_equal(options->zones[i].name, name))
            return options->zones[i].zone;
    return TEXT_EMPTY;
}

/* The IANA name in "America/New_York" and behind a globally unique prefix, as in
 * "/freeassociation.sourceforge.net/America/New_York" (RFC 5545 section 3.8.3.1). */
static struct text iana_name(struct text name)
{
    if (zones_find(name) != NULL)
        return name;
    while (name.length > 0 && name.at[0] == '/') {
        name = text_slice(name, 1, name.length);
        name = text_slice(name, text_find(name, '/'), name.length);
        struct text behind = text_slice(name, 1, name.length);
        if (text_find(behind, '/') < behind.length && zones_find(behind) != NULL)
            return behind;
    }
    return TEXT_EMPTY;
}

static const struct ics_component *find_vtimezone(const struct ics_component *calendar, struct text name)
{
    for (const struct ics_component *it = calendar->first_child; it != NULL; it = it->next)
        if (text_equal_nocase(it->kind, text_of("VTIMEZONE")) &&
            text_equal(text_trim(ics_value(it, "TZID")), name))
            return it;
    return NULL;
}

static struct text known_zone(const struct ics_importer *importer, const struct ics_component *vtimezone,
                              struct text name)
{
    struct text zone = mapped(importer, name);
    if (zone.length == 0)
        zone = iana_name(name);
    if (zone.length == 0 && vtimezone != NULL)
        zone = iana_name(text_trim(ics_value(vtimezone, "X-LIC-LOCATION")));
    return zone;
}

/* The calendar's own zone, else the one given: of all-day and floating times. */
static bool resolve_floating(struct ics_importer *importer, const struct ics_component *calendar,
                             struct ics_moment *moment, struct error *error)
{
    struct text name = text_trim(ics_value(calendar, "X-WR-TIMEZONE"));
    if (name.length > 0)
        moment->zone = known_zone(importer, find_vtimezone(calendar, name), name);
    if (moment->zone.length == 0)
        moment->zone = importer->options->time_zone;
    if (moment->zone.length > 0)
        return true;
    const char *what = moment->is_date ? "all-day" : "in local time";
    if (name.length == 0)
        return error_set(error, ERROR_INPUT, "it is %s and the calendar names no zone; give --time-zone ZONE",
                         what);
    return error_set(error, ERROR_INPUT,
                     "it is %s and the calendar's zone \"%.*s\" is no IANA name; give --time-zone ZONE", what,
                     TEXT_ARGS(text_quote(&importer->arena, name, ICS_QUOTE_BYTES_MOST)));
}

static bool resolve_named(struct ics_importer *importer, const struct ics_component *calendar,
                          struct text name, enum occurrence occurrence, struct ics_moment *moment,
                          struct error *error)
{
    enum { HORIZON_YEAR = 2200 };
    struct arena *arena = &importer->arena;
    const struct ics_component *vtimezone = find_vtimezone(calendar, name);
    moment->zone = known_zone(importer, vtimezone, name);
    if (moment->zone.length > 0)
        return true;
    struct text quoted = text_quote(arena, name, ICS_QUOTE_BYTES_MOST);
    const struct ics_zone_table *table = vtimezone == NULL ? NULL : ics_zone_table(importer, vtimezone);
    if (table == NULL || !table->usable || wall_time_from_seconds(moment->wall_s).year >= HORIZON_YEAR)
        return error_set(
            error, ERROR_INPUT, "its zone \"%.*s\" is no IANA name%s; give --map-zone '%.*s=ZONE'",
            TEXT_ARGS(quoted), table == NULL ? " and has no VTIMEZONE" : ", and its VTIMEZONE cannot be read",
            TEXT_ARGS(quoted));
    moment->wall_s = ics_zone_table_instant(table, moment->wall_s, occurrence);
    moment->zone = text_of("UTC");
    moment->by_definition = true;
    return true;
}

bool ics_resolve(struct ics_importer *importer, const struct ics_component *calendar,
                 const struct ics_property *property, struct ics_time time, enum occurrence occurrence,
                 struct ics_moment *ret_moment, struct error *error)
{
    struct ics_moment moment = {.is_date = time.form == ICS_DATE, .wall_s = time.wall_s};
    struct text name = text_trim(ics_parameter(property, "TZID"));
    bool named = time.form == ICS_LOCAL && name.length > 0; /* a date has no TZID, whatever is written */
    bool good = true;
    if (time.form == ICS_UTC)
        moment.zone = text_of("UTC");
    else
        good = named ? resolve_named(importer, calendar, name, occurrence, &moment, error)
                     : resolve_floating(importer, calendar, &moment, error);
    if (good)
        *ret_moment = moment;
    return good;
}
