/* cli/freezes_report: what `changegate freezes` prints.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_FREEZES_REPORT_H
#define CHANGEGATE_CLI_FREEZES_REPORT_H

#include "cli/freezes_runs.h"
#include "codec/json_text.h"

/* One report; all borrowed. */
struct freezes_report {
    const struct freezes_scope *scope;
    const struct freezes_calendar *calendar;
    struct freezes_runs runs; /* not for an instant */
    const struct zone *zone;  /* whose days and clocks the text shows; NULL: UTC */
    int64_t now_s, from_s, to_s;
};

/* [{start, end, action, windows}] */
void freezes_write_json(const struct freezes_report *report, struct arena *arena,
                        struct json_text_buffer *out);

/* An iCalendar file: an event for each run. */
void freezes_write_ics(const struct freezes_report *report, struct arena *arena,
                       struct json_text_buffer *out);

/* What is closed now and next, the months with their closed days marked, and every transition. */
void freezes_write_text(const struct freezes_report *report, struct arena *arena,
                        struct json_text_buffer *out);

/* One line about one namespace now: its name, open or closed, until when. */
void freezes_write_namespace(const struct freezes_report *report, struct arena *arena,
                             struct json_text_buffer *out);

/* Open or closed at an instant, why, and the next transition; as text or as JSON. */
void freezes_write_at(const struct freezes_report *report, int64_t at_s, bool json, struct arena *arena,
                      struct json_text_buffer *out);

#endif
