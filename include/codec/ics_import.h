/* codec/ics_import: an iCalendar file becomes FreezeWindow manifests.
 * Layer: codec (no I/O; zones come from codec/timeline).
 * Source: RFC 5545; RFC 7986 for the properties of a calendar.
 *
 * Each VEVENT, together with the instances that RECURRENCE-ID moved, is one window. A window never covers
 * less than the event in silence: what cannot be carried over is said, one line per event. The work is
 * bounded by the limits below, whatever the bytes are. No calendar library: the content lines are read here,
 * since a reader has to tell the lines that it passes over, and rules are codec/recurrence's.
 */
#ifndef CHANGEGATE_CODEC_ICS_IMPORT_H
#define CHANGEGATE_CODEC_ICS_IMPORT_H

#include "codec/json_text.h"
#include "core/error.h"

enum {
    ICS_BYTES_MOST = 8 << 20,
    ICS_DEPTH_MOST = 16,     /* components within one another */
    ICS_EVENTS_MOST = 10000, /* a file; cancelled and moved ones count */
    ICS_ZONES_MOST = 500,    /* VTIMEZONEs a file */
    ICS_DATES_MOST = 512,    /* single times a window, and days taken out of it: what the CRD allows */
    ICS_LINES_MOST = 1000,   /* that are said; the rest is counted */
};

/* A zone that the calendar calls by a name of its own, and its IANA name. */
struct ics_zone_name {
    struct text name, zone;
};

struct ics_import_options {
    struct text action;      /* Deny, Delay or Warn */
    struct text name_prefix; /* of metadata.name; see ics_name_prefix_fits */
    struct text time_zone; /* IANA; of all-day and floating events, where the calendar names none; or empty */
    const struct ics_zone_name *zones;
    size_t zone_count;
};

struct ics_import_counts {
    size_t windows;    /* written */
    size_t incomplete; /* events that were not carried over, or only in part */
};

/* Whether metadata.name can begin with it (DNS-1123 subdomain, at most 63 bytes). */
bool ics_name_prefix_fits(struct text prefix);

/* Appends to `out` the manifests, YAML documents separated by "---", and to `said` the lines for a person:
 * "LINE: event ...", each with a newline. False: not iCalendar, cut short, or past a limit; error->line says
 * where, `out` and `said` are as they were. */
bool ics_import(struct text bytes, const struct ics_import_options *options, struct json_text_buffer *out,
                struct json_text_buffer *said, struct ics_import_counts *ret_counts,
                struct error *error) MUST_USE;

#endif
