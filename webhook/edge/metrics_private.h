/* edge/metrics_private: names and help of the metrics; between metrics.c and metrics_texts.c.
 * Layer: edge.
 */
#ifndef CHANGEGATE_EDGE_METRICS_PRIVATE_H
#define CHANGEGATE_EDGE_METRICS_PRIVATE_H

#include "edge/metrics.h"

/* Without the prefix changegate_. Counters that share a name stand one behind the other and differ by label.
 */
extern const struct metrics_counter_text {
    const char *name, *help;
    const char *labels; /* NULL: none */
} metrics_counter_texts[METRICS_COUNTER_COUNT];

extern const struct metrics_gauge_text {
    const char *name, *help;
    enum {
        SHOWN_AS_IS,
        SHOWN_AS_AGE, /* a unix time as the seconds since, or until then */
        SHOWN_AS_AGE_OR_0,
        SHOWN_AS_WAIT,
        SHOWN_AS_SECONDS, /* milliseconds */
    } shown;
} metrics_gauge_texts[METRICS_GAUGE_COUNT];

#endif
