/* A recurring event: its rule as a window's, and its first instance where the rule does not yield it. */
#include "ics_import_private.h"

enum {
    LOOK_AHEAD_YEARS = 40,       /* within which 29 February has fallen on each weekday */
    YEARS_LOOKED_MOST = 1 << 16, /* in a file, one for most rules; each takes some 10 us */
    END_AFTER_DAYS_MOST = 366,
};

static bool is_over(const struct ics_maker *maker, int64_t day)
{
    struct ics_moment start = {.wall_s = day * ICS_DAY_S + maker->window->start_s,
                               .zone = maker->window->zone};
    return ics_rule_is_over(&maker->rule, start.wall_s, ics_instant(&start, OCCURRENCE_FIRST));
}

/* RFC 5545 wants UNTIL of an all-day event to be a date; a time is what many write. Midnight UTC stands for
 * the date itself. */
static void make_until_a_date(struct ics_maker *maker)
{
    struct recurrence *rule = &maker->rule.recurrence;
    if (rule->until_form != UNTIL_WALL && rule->until_form != UNTIL_INSTANT)
        return;
    struct ics_moment moment = {.wall_s = rule->until, .zone = TEXT("UTC")};
    bool is_moment = rule->until_form == UNTIL_INSTANT && rule->until % ICS_DAY_S != 0;
    rule->until = ics_day(is_moment ? ics_wall_in(&moment, maker->window->zone) : rule->until);
    rule->until_form = UNTIL_DAY;
}

static void write_rule(struct ics_maker *maker)
{
    maker->window->rrule = ics_rule_text(&maker->importer->arena, &maker->rule);
    maker->window->recurring = true;
}

/* RFC 5545 section 3.8.5.3: DTSTART is the first instance and counts as one, also where the rule does not
 * yield it; a window's rule yields only its own days. */
static void split_first_instance(struct ics_maker *maker)
{
    struct ics_window *window = maker->window;
    int64_t first, from = ics_day(window->from_s);
    bool found =
        ics_rule_first_day(&maker->rule, from, LOOK_AHEAD_YEARS, &maker->importer->years_looked, &first);
    if (found && first == from && !is_over(maker, first)) {
        write_rule(maker);
        return;
    }
    window->once[window->once_count++] = (struct ics_once){maker->times.start, maker->times.end};
    if (!found)
        ics_say(&maker->importer->arena, maker->master, ICS_IN_PART,
                "its rule yields no day within %d years, only DTSTART is carried over; correct the rule",
                LOOK_AHEAD_YEARS);
    else if (maker->rule.recurrence.count != 1 && !is_over(maker, first)) {
        maker->rule.recurrence.count -= maker->rule.recurrence.count > 0;
        write_rule(maker);
    }
}

static bool check_recurring(const struct ics_maker *maker, struct error *error)
{
    const struct ics_times *times = &maker->times;
    if (times->start.by_definition) {
        struct text name = ics_parameter(ics_get(maker->master->component, "DTSTART"), "TZID");
        struct text quoted = text_quote(&maker->importer->arena, text_trim(name), ICS_QUOTE_BYTES_MOST);
        return error_set(error, ERROR_INPUT,
                         "it recurs and its zone \"%.*s\" is no IANA name; give --map-zone '%.*s=ZONE'",
                         TEXT_ARGS(quoted), TEXT_ARGS(quoted));
    }
    if (!text_equal(times->start.zone, times->end.zone))
        return error_set(error, ERROR_INPUT,
                         "it recurs and ends in another zone than it starts in; write both in one zone");
    if (maker->window->start_s + times->span_s > (int64_t)(END_AFTER_DAYS_MOST + 1) * ICS_DAY_S)
        return error_set(error, ERROR_INPUT,
                         "it recurs and lasts more than %d days; write events that do not recur",
                         END_AFTER_DAYS_MOST);
    return maker->importer->years_looked < YEARS_LOOKED_MOST ||
           error_set(error, ERROR_INPUT,
                     "too many rules before it yield no day for years, this one was not looked at; correct "
                     "them");
}

bool ics_take_rule(struct ics_maker *maker, struct error *error)
{
    const struct ics_property *rule = ics_get(maker->master->component, "RRULE");
    struct arena *arena = &maker->importer->arena;
    if (ics_get(maker->master->component, "EXRULE") != NULL)
        return error_set(error, ERROR_INPUT, "its EXRULE cannot be expressed; list the days in EXDATE");
    if (rule == NULL) {
        maker->window->once[maker->window->once_count++] =
            (struct ics_once){maker->times.start, maker->times.end};
        return true;
    }
    for (const struct ics_property *it = rule->next; it != NULL; it = it->next)
        if (text_equal_nocase(it->name, text_of("RRULE")))
            return error_set(error, ERROR_INPUT, "it has two rules; write one event for each");
    if (!ics_read_rule(arena, rule->value, &maker->rule, error) || !check_recurring(maker, error))
        return false;
    if (maker->times.start.is_date)
        make_until_a_date(maker);
    split_first_instance(maker);
    return true;
}
