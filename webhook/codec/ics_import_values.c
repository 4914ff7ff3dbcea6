/* Values (RFC 5545 section 3.3). */
#include "ics_import_private.h"

#include "core/instant.h"

bool ics_read_number(struct text text, int64_t least, int64_t most, int64_t *ret_number)
{
    int64_t number = 0;
    if (text.length == 0 || text.length > 10)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        number = number * 10 + (text.at[i] - '0');
    }
    if (number < least || number > most)
        return false;
    *ret_number = number;
    return true;
}

struct text ics_take(struct text *rest, char separator)
{
    struct text taken = text_slice(*rest, 0, text_find(*rest, separator));
    *rest = text_slice(*rest, taken.length + 1, rest->length);
    return taken;
}

int64_t ics_day(int64_t wall_s)
{
    return wall_s / ICS_DAY_S - (wall_s % ICS_DAY_S < 0);
}

/* The fixed-width number at `at`. */
static bool read_field(struct text text, size_t at, size_t width, int *ret_number)
{
    int64_t number;
    struct text field = text_slice(text, at, width);
    if (field.length != width || !ics_read_number(field, 0, 9999, &number))
        return false;
    *ret_number = (int)number;
    return true;
}

static bool read_date(struct text text, struct wall_time *ret)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct wall_time t = {0};
    if (!read_field(text, 0, 4, &t.year) || !read_field(text, 4, 2, &t.month) ||
        !read_field(text, 6, 2, &t.day) || t.year < 1 || t.month < 1 || t.month > 12 || t.day < 1 ||
        t.day > days[t.month - 1])
        return false;
    bool leap = t.year % 4 == 0 && (t.year % 100 != 0 || t.year % 400 == 0);
    *ret = t;
    return leap || t.month != 2 || t.day < 29;
}

/* "235960" is the leap second, which this project does not count. */
static bool read_time_of_day(struct text text, struct wall_time *time)
{
    if (!read_field(text, 9, 2, &time->hour) || !read_field(text, 11, 2, &time->minute) ||
        !read_field(text, 13, 2, &time->second) || time->hour > 23 || time->minute > 59 || time->second > 60)
        return false;
    if (time->second == 60)
        time->second = 59;
    return true;
}

bool ics_read_time(struct text text, struct ics_time *ret_time)
{
    struct wall_time time;
    if (!read_date(text, &time))
        return false;
    enum ics_form form = ICS_DATE;
    if (text.length > 8) {
        bool utc = text.length == 16 && text.at[15] == 'Z';
        if (text.at[8] != 'T' || (text.length != 15 && !utc) || !read_time_of_day(text, &time))
            return false;
        form = utc ? ICS_UTC : ICS_LOCAL;
    }
    *ret_time = (struct ics_time){form, wall_time_seconds(time)};
    return true;
}

static int64_t seconds_in(char unit, bool of_time)
{
    switch (unit) {
    case 'W': return of_time ? 0 : 7 * ICS_DAY_S;
    case 'D': return of_time ? 0 : ICS_DAY_S;
    case 'H': return of_time ? 3600 : 0;
    case 'M': return of_time ? 60 : 0;
    case 'S': return of_time ? 1 : 0;
    default: return 0;
    }
}

bool ics_read_duration(struct text text, int64_t *ret_s)
{
    bool negative = text.length > 0 && text.at[0] == '-', of_time = false;
    if (text.length > 0 && (text.at[0] == '-' || text.at[0] == '+'))
        text = text_slice(text, 1, text.length);
    if (text.length < 3 || text.at[0] != 'P')
        return false;
    int64_t total = 0, number;
    for (size_t at = 1; at < text.length;) {
        if (text.at[at] == 'T' && !of_time) {
            of_time = true;
            at++;
            continue;
        }
        size_t digits = at;
        while (digits < text.length && text.at[digits] >= '0' && text.at[digits] <= '9')
            digits++;
        int64_t unit_s = digits < text.length ? seconds_in(text.at[digits], of_time) : 0;
        if (unit_s == 0 || !ics_read_number(text_slice(text, at, digits - at), 0, 9999999999, &number))
            return false;
        total += number * unit_s;
        at = digits + 1;
        if (total > (int64_t)9999 * 366 * ICS_DAY_S) /* the calendar ends before */
            return false;
    }
    *ret_s = negative ? -total : total;
    return true;
}

bool ics_read_offset(struct text text, int *ret_s)
{
    int hours, minutes, seconds = 0;
    if ((text.length != 5 && text.length != 7) || (text.at[0] != '+' && text.at[0] != '-') ||
        !read_field(text, 1, 2, &hours) || !read_field(text, 3, 2, &minutes) ||
        (text.length == 7 && !read_field(text, 5, 2, &seconds)) || hours > 23 || minutes > 59 || seconds > 59)
        return false;
    *ret_s = (text.at[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

struct text ics_read_text(struct arena *arena, struct text text, size_t most_bytes)
{
    text = text_slice(text, 0, 4 * most_bytes); /* enough, and a line may be megabytes */
    char *plain = arena_alloc(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '\\' && i + 1 < text.length) {
            c = text.at[++i];
            c = c == 'n' || c == 'N' ? ' ' : c;
        }
        plain[length++] = c == '\t' ? ' ' : c;
    }
    return text_quote(arena, text_trim((struct text){plain, length}), most_bytes);
}
