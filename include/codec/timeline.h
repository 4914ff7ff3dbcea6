/* codec/timeline: windows as written become sorted UTC intervals, ahead of time.
 * Layer: codec (no I/O). Source: RFC 5545, DESIGN section 4.
 *
 * An ambiguous start takes the first occurrence, an ambiguous end of a Freeze the second and of a Maintenance
 * the first, so that what is closed is never shorter than written. A time in a gap moves forward by the gap;
 * a start so moved onto or past its end takes the end along. minimumRunway is taken off each unbroken
 * interval of its window.
 */
#ifndef CHANGEGATE_CODEC_TIMELINE_H
#define CHANGEGATE_CODEC_TIMELINE_H

#include "codec/window.h"
#include "core/calendar.h"

/* Half-open, UTC seconds. */
struct timeline_range {
    int64_t from_s, to_s;
};

/* The intervals of one window that end after from_s. What recurs is listed up to to_s, what is written once,
 * or runs on beyond to_s, whole. Owned by `arena`; borrows `window`. */
void timeline_expand(const struct window *window, struct timeline_range range, struct arena *arena,
                     struct freeze_spans *ret_spans);

/* What decisions from now_s on need: two years ahead, so far that whatever is written once ends within what
 * is known, and farther where a window would otherwise show no next occurrence or no end. Good for
 * TIMELINE_GOOD_S; then do it again. The parts, for whoever keeps what has not changed: */
enum { TIMELINE_GOOD_S = 24 * 3600 };

int64_t timeline_horizon(const struct window *const *windows, size_t window_count, int64_t now_s);

void timeline_expand_ahead(const struct window *window, int64_t now_s, int64_t horizon_s, struct arena *arena,
                           struct freeze_spans *ret_spans);

/* All of it: the calendar of these windows together. Owned by `arena`; borrows the windows. */
void timeline_calendar(const struct window *const *windows, size_t window_count, int64_t now_s,
                       struct arena *arena, struct calendar *ret_calendar);

#endif
