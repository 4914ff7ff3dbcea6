/* codec/ics_write: intervals as an iCalendar file that calendar programs subscribe to.
 * Layer: codec (no I/O).
 * Source: RFC 5545; RFC 7986 (REFRESH-INTERVAL); X-WR-CALNAME and X-PUBLISHED-TTL as Apple and Microsoft read
 * them.
 *
 * Invariant: whatever the texts hold, what comes out are content lines of at most 75 octets in valid UTF-8,
 * and none of them can be told apart from text by what a text holds: no line is ever added by one.
 */
#ifndef CHANGEGATE_CODEC_ICS_WRITE_H
#define CHANGEGATE_CODEC_ICS_WRITE_H

#include "codec/json_text.h"

#define ICS_NO_END INT64_MAX

struct ics_event {
    int64_t start_s, end_s; /* UTC; end_s is ICS_NO_END where no end is known */
    struct text uid;        /* the same each time the same interval is written; else programs show it twice */
    struct text summary, description, url; /* may be empty */
};

/* Appends one VCALENDAR with `count` VEVENTs. An event without a known end lasts until `horizon_s` (or a day,
 * where that is later) and its description says so. `now_s` is when it was made (DTSTAMP). */
void ics_write(const struct ics_event *events, size_t count, struct text calendar_name, int64_t now_s,
               int64_t horizon_s, struct json_text_buffer *out);

#endif
