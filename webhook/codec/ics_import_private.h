/* What the files that read iCalendar share.
 * Layer: codec. All lives in the importer's arena. */
#ifndef CHANGEGATE_CODEC_ICS_IMPORT_PRIVATE_H
#define CHANGEGATE_CODEC_ICS_IMPORT_PRIVATE_H

#include "codec/ics_import.h"
#include "codec/recurrence.h"
#include "codec/zones.h"
#include "core/arena.h"

enum { ICS_DAY_S = 86400, ICS_QUOTE_BYTES_MOST = 60 };

/* ---- ics_import_lines.c, ics_import_tree.c: components and their properties ---- */

struct ics_property {
    struct ics_property *next;
    struct text name, parameters, value; /* as written; parameters with the leading ';' */
    unsigned line;
};

struct ics_component {
    struct text kind;         /* VEVENT, ... */
    unsigned line;            /* of its BEGIN */
    unsigned unreadable_line; /* the first line within that is no content line; 0: none */
    struct ics_component *parent, *next, *first_child, *last_child;
    struct ics_property *first, *last; /* only those that mean something here */
};

struct ics_lines {
    char *bytes; /* unfolded in place */
    size_t length, at;
    unsigned line;
};

/* The next content line, unfolded (RFC 5545 section 3.1), without the empty ones. False: none is left. */
bool ics_next_line(struct ics_lines *lines, struct text *ret_line, unsigned *ret_number);

/* NAME;PARAMETERS:VALUE. False: it is not. */
bool ics_split_line(struct text line, struct ics_property *ret_property);

/* The file's VCALENDARs are the children of *ret_root. */
bool ics_parse(struct arena *arena, struct text bytes, struct ics_component *ret_root,
               struct error *error) MUST_USE;

/* The first property of that name, or NULL. */
const struct ics_property *ics_get(const struct ics_component *component, const char *name);

/* Its value, or empty. */
struct text ics_value(const struct ics_component *component, const char *name);

/* A parameter's value without quotes, or empty. */
struct text ics_parameter(const struct ics_property *property, const char *name);

/* ---- ics_import_values.c: values (RFC 5545 section 3.3) ---- */

enum ics_form { ICS_DATE, ICS_LOCAL, ICS_UTC };

struct ics_time {
    enum ics_form form;
    int64_t wall_s; /* what the wall clock shows; midnight of a date */
};

bool ics_read_time(struct text text, struct ics_time *ret_time);
/* Seconds, negative ones too. Weeks and days count 24 h: the wall clock's. */
bool ics_read_duration(struct text text, int64_t *ret_s);
/* "-0530" in seconds */
bool ics_read_offset(struct text text, int *ret_s);
/* Digits alone, and a number from `least` to `most`. */
bool ics_read_number(struct text text, int64_t least, int64_t most, int64_t *ret_number);
/* TEXT without its escapes, on one line, at most `most_bytes`. */
struct text ics_read_text(struct arena *arena, struct text text, size_t most_bytes);
/* What stands before the next `separator`, which *rest moves behind. */
struct text ics_take(struct text *rest, char separator);
/* The day, since 1970-01-01, on which a wall clock shows it. */
int64_t ics_day(int64_t wall_s);

/* ---- ics_import_rule.c: recurrence ---- */

struct ics_rule {
    struct text parts; /* tidied up; without UNTIL and COUNT, which may change */
    struct recurrence recurrence;
};

/* What an RRULE says, or why a window cannot. */
bool ics_read_rule(struct arena *arena, struct text text, struct ics_rule *ret_rule,
                   struct error *error) MUST_USE;

/* The parts with UNTIL and COUNT as they are now. */
struct text ics_rule_text(struct arena *arena, const struct ics_rule *rule);

/* Whether UNTIL is before what starts then, by the wall clock and as an instant. */
bool ics_rule_is_over(const struct ics_rule *rule, int64_t wall_s, int64_t instant_s);

/* The first day that the rule yields from DTSTART's day on, COUNT and UNTIL left aside. False: none within
 * `years`. Adds the years it took to *looked. */
bool ics_rule_first_day(const struct ics_rule *rule, int64_t from, int years, size_t *looked,
                        int64_t *ret_day);

/* ---- ics_import_zone.c: which zone a time is in ---- */

/* A VTIMEZONE as the offsets that follow one another. */
struct ics_zone_table {
    const struct ics_component *component;
    struct ics_onset {
        int64_t at_s; /* UTC */
        int before_s, after_s;
    } * onsets;
    size_t count;
    bool usable;
    struct ics_zone_table *next;
};

/* A time in its zone. */
struct ics_moment {
    bool is_date;
    bool by_definition; /* in no zone that has an IANA name: made UTC by its VTIMEZONE */
    int64_t wall_s;
    struct text zone; /* IANA */
};

struct ics_once {
    struct ics_moment start, end;
};

struct ics_importer {
    struct arena arena;
    const struct ics_import_options *options;
    struct ics_zone_table *tables;
    size_t years_followed; /* by the rules of all tables */
    size_t years_looked;   /* for the first day of all rules of events */
    /* Room that one window after another uses. */
    struct ics_once *once, *excluded;
    int64_t *exdates;
};

/* `occurrence` decides where a VTIMEZONE makes a local time ambiguous. */
bool ics_resolve(struct ics_importer *importer, const struct ics_component *calendar,
                 const struct ics_property *property, struct ics_time time, enum occurrence occurrence,
                 struct ics_moment *ret_moment, struct error *error) MUST_USE;

bool ics_is_utc(struct text zone);
int64_t ics_instant(const struct ics_moment *moment, enum occurrence occurrence);
/* What the wall clock of `zone` shows at the moment. */
int64_t ics_wall_in(const struct ics_moment *moment, struct text zone);

/* The offset changes of a VTIMEZONE, made once; see ics_import_vtimezone.c. */
const struct ics_zone_table *ics_zone_table(struct ics_importer *importer,
                                            const struct ics_component *vtimezone);
int64_t ics_zone_table_instant(const struct ics_zone_table *table, int64_t wall_s,
                               enum occurrence occurrence);

/* ---- ics_import_event.c, ics_import_window.c: from events to windows ---- */

enum ics_fate {
    ICS_CARRIED,
    ICS_LEFT_OUT, /* as it should be: cancelled, an older version */
    ICS_IN_PART,
    ICS_NOT_CARRIED,
};

/* A VEVENT, or another component that is said to be none. */
struct ics_item {
    const struct ics_component *component, *calendar;
    size_t order; /* in the file */
    struct text uid;
    bool moved;           /* RECURRENCE-ID: takes the place of one instance */
    struct text instance; /* which, as written */
    bool cancelled;
    int64_t sequence;
    enum ics_fate fate;
    struct text said; /* why, and the cure */
};

/* The worst fate stays; what is said comes behind what was said before. */
void ics_say(struct arena *arena, struct ics_item *item, enum ics_fate fate, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* When it starts and ends: both of the first instance. */
struct ics_times {
    struct ics_moment start, end;
    int64_t span_s; /* by the wall clock */
};

bool ics_read_times(struct ics_importer *importer, const struct ics_item *item, struct ics_times *ret_times,
                    struct error *error) MUST_USE;

struct ics_window {
    struct text name, zone, reason, contact, url;
    struct ics_once *once; /* an instance that was taken out again has no zone in its start */
    size_t once_count;
    bool recurring;
    struct text rrule;
    int64_t from_s;          /* midnight of DTSTART's day */
    int64_t start_s, span_s; /* time of day; how long */
    int64_t *exdates;        /* midnights */
    size_t exdate_count;
};

/* A window in the making. */
struct ics_maker {
    struct ics_importer *importer;
    struct ics_item **items;
    size_t count;
    struct ics_item *master; /* NULL: only moved instances are in the file */
    struct ics_times times;  /* of master */
    struct ics_rule rule;
    struct ics_window *window;
    size_t written_count; /* instances in window->once that are not moved ones */
};

/* What DTSTART and RRULE of the master say goes into the window. */
bool ics_take_rule(struct ics_maker *maker, struct error *error) MUST_USE;

/* `items[0]` to `items[count - 1]` have one UID, in file order. False: there is no window in them; each says
 * why. */
bool ics_make_window(struct ics_importer *importer, struct ics_item **items, size_t count,
                     struct ics_window *ret_window);

/* Appends the dates that the properties of that name list (RDATE, EXDATE), ICS_DATES_MOST at most. What
 * cannot be read is said of the item. */
void ics_read_dates(struct ics_importer *importer, struct ics_item *item, const char *name,
                    const struct ics_times *times, struct ics_once *dates, size_t *count);

/* Which instance a moved one takes the place of. */
bool ics_read_recurrence_id(struct ics_importer *importer, const struct ics_item *item,
                            struct ics_moment *ret_moment, struct error *error) MUST_USE;

/* ---- ics_import_write.c ---- */

/* "PREFIX" + what SUMMARY leaves of itself + a hash of the UID. */
struct text ics_window_name(struct arena *arena, struct text prefix, struct text summary, struct text uid);
void ics_write_window(const struct ics_window *window, struct text action, struct json_text_buffer *out);

#endif
