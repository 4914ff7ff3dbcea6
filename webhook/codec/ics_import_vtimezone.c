/* VTIMEZONE (RFC 5545 section 3.6.5): for zones that have no IANA name. */
#include "ics_import_private.h"

#include "core/instant.h"

#include <stdlib.h>
#include <string.h>

enum {
    OBSERVANCES_MOST = 64,
    ONSETS_MOST = 4096,            /* of a zone; two a year from 1601 on are 1200 */
    YEARS_FOLLOWED_MOST = 1 << 16, /* in a file; each takes some 10 us */
    HORIZON_YEAR = 2200,
};

struct onsets {
    struct ics_importer *importer;
    struct ics_zone_table *table;
    size_t capacity;
    int before_s, after_s;
};

/* False: there are too many. */
static bool add(struct onsets *onsets, int64_t wall_s)
{
    struct ics_zone_table *table = onsets->table;
    if (table->count == ONSETS_MOST)
        return false;
    if (table->count == onsets->capacity) {
        onsets->capacity = onsets->capacity == 0 ? 64 : onsets->capacity * 2;
        struct ics_onset *more = arena_alloc_array(&onsets->importer->arena, onsets->capacity, sizeof(*more));
        if (table->count > 0)
            memcpy(more, table->onsets, table->count * sizeof(*more));
        table->onsets = more;
    }
    table->onsets[table->count++] =
        (struct ics_onset){wall_s - onsets->before_s, onsets->before_s, onsets->after_s};
    return true;
}

/* A zone changes on a day of the year; any other rule is not one of a zone. */
static bool add_rule(struct onsets *onsets, struct text text, int64_t start_s)
{
    struct ics_rule rule;
    struct error error = {0};
    if (!ics_read_rule(&onsets->importer->arena, text, &rule, &error) ||
        rule.recurrence.frequency != EVERY_YEAR)
        return false;
    int years = HORIZON_YEAR - wall_time_from_seconds(start_s).year;
    if (years <= 0)
        return true;
    onsets->importer->years_followed += (size_t)years;
    if (onsets->importer->years_followed > YEARS_FOLLOWED_MOST)
        return false;
    struct arena arena = {NULL, 0};
    struct day_list list;
    int64_t from = ics_day(start_s), time_of_day_s = start_s - from * ICS_DAY_S;
    recurrence_days(&rule.recurrence, from, from, days_from_date(HORIZON_YEAR, 1, 1), &arena, &list);
    bool good = true;
    for (size_t i = 0; good && i < list.count; i++) {
        int64_t wall_s = list.days[i] * ICS_DAY_S + time_of_day_s;
        if (ics_rule_is_over(&rule, wall_s, wall_s - onsets->before_s))
            break;
        good = add(onsets, wall_s);
    }
    arena_done(&arena);
    return good;
}

static bool add_dates(struct onsets *onsets, struct text list)
{
    struct ics_time time;
    while (list.length > 0) {
        if (!ics_read_time(text_trim(ics_take(&list, ',')), &time) ||
            !add(onsets, time.form == ICS_UTC ? time.wall_s + onsets->before_s : time.wall_s))
            return false;
    }
    return true;
}

static bool add_observance(struct onsets *onsets, const struct ics_component *observance)
{
    struct ics_time start;
    if (!ics_read_time(text_trim(ics_value(observance, "DTSTART")), &start) || start.form != ICS_LOCAL ||
        !ics_read_offset(text_trim(ics_value(observance, "TZOFFSETFROM")), &onsets->before_s) ||
        !ics_read_offset(text_trim(ics_value(observance, "TZOFFSETTO")), &onsets->after_s) ||
        !add(onsets, start.wall_s))
        return false;
    for (const struct ics_property *it = observance->first; it != NULL; it = it->next) {
        if (text_equal_nocase(it->name, text_of("RRULE")) && !add_rule(onsets, it->value, start.wall_s))
            return false;
        if (text_equal_nocase(it->name, text_of("RDATE")) && !add_dates(onsets, it->value))
            return false;
    }
    return true;
}

static int compare_onsets(const void *left, const void *right)
{
    const struct ics_onset *a = left, *b = right;
    return (a->at_s > b->at_s) - (a->at_s < b->at_s);
}

static void build(struct ics_importer *importer, struct ics_zone_table *table)
{
    struct onsets onsets = {.importer = importer, .table = table};
    size_t observances = 0;
    for (const struct ics_component *it = table->component->first_child; it != NULL; it = it->next)
        if (++observances > OBSERVANCES_MOST || it->unreadable_line != 0 || !add_observance(&onsets, it))
            return;
    if (table->count == 0)
        return;
    qsort(table->onsets, table->count, sizeof(*table->onsets), compare_onsets);
    table->usable = true;
}

const struct ics_zone_table *ics_zone_table(struct ics_importer *importer,
                                            const struct ics_component *vtimezone)
{
    for (const struct ics_zone_table *it = importer->tables; it != NULL; it = it->next)
        if (it->component == vtimezone)
            return it;
    struct ics_zone_table *table = arena_alloc(&importer->arena, sizeof(*table));
    table->component = vtimezone;
    table->next = importer->tables;
    importer->tables = table;
    build(importer, table);
    return table;
}

/* Before the first onset the offset that it ended. */
static int offset_at(const struct ics_zone_table *table, int64_t instant_s)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->onsets[middle].at_s <= instant_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? table->onsets[0].before_s : table->onsets[low - 1].after_s;
}

/* As codec/timeline resolves: no zone changes twice within two days. */
int64_t ics_zone_table_instant(const struct ics_zone_table *table, int64_t wall_s, enum occurrence occurrence)
{
    int before_s = offset_at(table, wall_s - ICS_DAY_S), after_s = offset_at(table, wall_s + ICS_DAY_S);
    int64_t with_before = wall_s - before_s, with_after = wall_s - after_s;
    bool before_fits = offset_at(table, with_before) == before_s;
    bool after_fits = offset_at(table, with_after) == after_s;
    if (before_fits && after_fits) {
        bool before_first = with_before < with_after;
        return (occurrence == OCCURRENCE_FIRST) == before_first ? with_before : with_after;
    }
    return after_fits ? with_after : with_before;
}
