/* RRULE as calendars write it; codec/recurrence judges it and says which days it yields. */
#include "ics_import_private.h"

#include "core/instant.h"

enum { RULE_BYTES_MOST = 512 }; /* what the CRD allows; a rule gets no longer here */

/* Some write small letters, and blanks behind ';' and ','; none of it means anything. */
static struct text tidy(struct arena *arena, struct text text)
{
    char *at = arena_alloc(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c != ' ' && c != '\t')
            at[length++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return (struct text){at, length};
}

static void add_part(struct arena *arena, struct text *parts, struct text part)
{
    const struct text joined[] = {*parts, text_of(parts->length == 0 ? "" : ";"), part};
    *parts = arena_concat(arena, joined, sizeof(joined) / sizeof(joined[0]));
}

bool ics_read_rule(struct arena *arena, struct text text, struct ics_rule *ret_rule, struct error *error)
{
    static const struct text until = TEXT("UNTIL="), count = TEXT("COUNT=");
    struct ics_rule rule = {.parts = TEXT_EMPTY};
    struct text rest = tidy(arena, text), all = TEXT_EMPTY;
    if (rest.length > RULE_BYTES_MOST)
        return error_set(error, ERROR_INPUT, "its rule is longer than %d bytes; shorten it", RULE_BYTES_MOST);
    while (rest.length > 0) {
        struct text part = ics_take(&rest, ';');
        if (part.length == 0) /* a ';' too many is seen often */
            continue;
        add_part(arena, &all, part);
        if (!text_starts_with(part, until) && !text_starts_with(part, count))
            add_part(arena, &rule.parts, part);
    }
    if (!recurrence_read(arena, all, &rule.recurrence, error))
        return error_prefix(error, "its rule: ");
    *ret_rule = rule;
    return true;
}

static struct text until_text(struct arena *arena, const struct recurrence *rule)
{
    bool is_day = rule->until_form == UNTIL_DAY;
    struct wall_time t = wall_time_from_seconds(is_day ? rule->until * ICS_DAY_S : rule->until);
    struct text date = arena_printf(arena, ";UNTIL=%04d%02d%02d", t.year, t.month, t.day);
    return is_day ? date
                  : arena_printf(arena, "%.*sT%02d%02d%02d%s", TEXT_ARGS(date), t.hour, t.minute, t.second,
                                 rule->until_form == UNTIL_INSTANT ? "Z" : "");
}

struct text ics_rule_text(struct arena *arena, const struct ics_rule *rule)
{
    struct text text = rule->parts;
    if (rule->recurrence.until_form != UNTIL_NONE)
        text =
            arena_printf(arena, "%.*s%.*s", TEXT_ARGS(text), TEXT_ARGS(until_text(arena, &rule->recurrence)));
    if (rule->recurrence.count > 0)
        text = arena_printf(arena, "%.*s;COUNT=%u", TEXT_ARGS(text), rule->recurrence.count);
    return text;
}

bool ics_rule_is_over(const struct ics_rule *rule, int64_t wall_s, int64_t instant_s)
{
    switch (rule->recurrence.until_form) {
    case UNTIL_NONE: return false;
    case UNTIL_DAY: return ics_day(wall_s) > rule->recurrence.until;
    case UNTIL_WALL: return wall_s > rule->recurrence.until;
    case UNTIL_INSTANT: return instant_s > rule->recurrence.until;
    }
    return false;
}

/* A year at a time: most rules have a day in the first. */
bool ics_rule_first_day(const struct ics_rule *rule, int64_t from, int years, size_t *looked,
                        int64_t *ret_day)
{
    enum { YEAR_DAYS = 366 };
    struct recurrence endless = rule->recurrence;
    struct arena arena = {NULL, 0};
    bool found = false;
    endless.count = 0; /* else each year would be counted from the first */
    for (int year = 0; year < years && !found; year++) {
        struct day_list list;
        int64_t first = from + (int64_t)year * YEAR_DAYS;
        (*looked)++;
        arena_reset(&arena);
        recurrence_days(&endless, from, first, first + YEAR_DAYS - 1, &arena, &list);
        found = list.count > 0;
        if (found)
            *ret_day = list.days[0];
    }
    arena_done(&arena);
    return found;
}
