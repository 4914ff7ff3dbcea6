#include "core/instant.h"

enum { DAY_S = 86400, DAYS_OF_400_YEARS = 146097 };

/* Civil-from-days arithmetic on years that start in March, so that a leap day is the last day of its year. */
int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_OF_400_YEARS + day_of_era - 719468;
}

/* 1970-01-01 was a Thursday. */
unsigned weekday_of_day(int64_t day)
{
    enum { DAYS_OF_WEEK = 7 };
    return (unsigned)(((day + 3) % DAYS_OF_WEEK + DAYS_OF_WEEK) % DAYS_OF_WEEK);
}

int64_t wall_time_seconds(struct wall_time time)
{
    return days_from_date(time.year, time.month, time.day) * DAY_S + time.hour * 3600 + time.minute * 60 +
           time.second;
}

struct wall_time wall_time_from_seconds(int64_t seconds)
{
    int64_t days = seconds / DAY_S - (seconds % DAY_S < 0);
    int rest = (int)(seconds - days * DAY_S);

    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - (DAYS_OF_400_YEARS - 1)) / DAYS_OF_400_YEARS;
    int64_t day_of_era = z - era * DAYS_OF_400_YEARS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return (struct wall_time){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
    };
}

/* `count` digits at *at, which moves behind them. */
static bool read_digits(struct text text, size_t *at, size_t count, int *ret_number)
{
    int number = 0;
    if (text.length < *at + count)
        return false;
    for (size_t i = 0; i < count; i++) {
        char c = text.at[*at + i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *at += count;
    *ret_number = number;
    return true;
}

static bool read_char(struct text text, size_t *at, char c)
{
    if (*at >= text.length || text.at[*at] != c)
        return false;
    *at += 1;
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Date and time of day at the start of `text`; seconds may be missing when `seconds_optional`. */
static bool read_wall_time(struct text text, size_t *at, bool seconds_optional, struct wall_time *ret_time)
{
    struct wall_time t = {0};
    if (!read_digits(text, at, 4, &t.year) || !read_char(text, at, '-') ||
        !read_digits(text, at, 2, &t.month) || !read_char(text, at, '-') || !read_digits(text, at, 2, &t.day))
        return false;
    if (!read_char(text, at, 'T') && !read_char(text, at, 't') && !read_char(text, at, ' '))
        return false;
    if (!read_digits(text, at, 2, &t.hour) || !read_char(text, at, ':') ||
        !read_digits(text, at, 2, &t.minute))
        return false;
    if (read_char(text, at, ':')) {
        if (!read_digits(text, at, 2, &t.second))
            return false;
    } else if (!seconds_optional) {
        return false;
    }
    if (t.year < 1 || t.month < 1 || t.month > 12 || t.day < 1 || t.day > days_of_month(t.year, t.month))
        return false;
    if (t.hour > 23 || t.minute > 59 || t.second > 59)
        return false;
    *ret_time = t;
    return true;
}

bool wall_time_parse(struct text text, struct wall_time *ret_time)
{
    size_t at = 0;
    struct wall_time time;
    if (!read_wall_time(text, &at, true, &time) || at != text.length)
        return false;
    *ret_time = time;
    return true;
}

/* "Z" or "+hh:mm" (RFC 3339 time-offset), in seconds east of UTC. */
static bool read_offset(struct text text, size_t *at, int *ret_offset_s)
{
    if (read_char(text, at, 'Z') || read_char(text, at, 'z')) {
        *ret_offset_s = 0;
        return true;
    }
    bool west = read_char(text, at, '-');
    int hours, minutes;
    if (!west && !read_char(text, at, '+'))
        return false;
    if (!read_digits(text, at, 2, &hours) || !read_char(text, at, ':') || !read_digits(text, at, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *ret_offset_s = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

bool instant_parse(struct text text, int64_t *ret_s)
{
    size_t at = 0;
    struct wall_time time;
    int offset_s;
    if (!read_wall_time(text, &at, false, &time))
        return false;
    if (read_char(text, &at, '.')) {
        int digit;
        if (!read_digits(text, &at, 1, &digit))
            return false;
        while (read_digits(text, &at, 1, &digit)) {
        }
    }
    if (!read_offset(text, &at, &offset_s) || at != text.length)
        return false;
    *ret_s = wall_time_seconds(time) - offset_s;
    return true;
}

struct text instant_format(struct arena *arena, int64_t instant_s)
{
    struct wall_time t = wall_time_from_seconds(instant_s);
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.year, t.month, t.day, t.hour, t.minute,
                        t.second);
}
