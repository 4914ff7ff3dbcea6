/* edge/clock: the two clocks, in milliseconds. Layer: edge. */
#ifndef CHANGEGATE_EDGE_CLOCK_H
#define CHANGEGATE_EDGE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For deadlines: it only goes on, whatever happens to the time of day. */
static inline int64_t clock_monotonic_ms(void)
{
    return clock_read_ms(CLOCK_MONOTONIC);
}

/* Of the day, since 1970-01-01T00:00:00Z. */
static inline int64_t clock_wall_ms(void)
{
    return clock_read_ms(CLOCK_REALTIME);
}

#endif
