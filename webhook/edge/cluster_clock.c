#include "edge/cluster_clock.h"

#include "edge/clock.h"

#include <stdatomic.h>

enum { MS_PER_S = 1000 };

/* As the machine's own clocks, one for the process. UNKNOWN: nothing was heard yet. */
#define UNKNOWN INT64_MIN
static atomic_int_least64_t offset_in_force_ms = UNKNOWN;
static atomic_int_least64_t skew_ms;

int64_t cluster_clock_boot_ms(void)
{
    return clock_read_ms(CLOCK_BOOTTIME);
}

int64_t cluster_clock_ms(void)
{
    int64_t offset_ms = atomic_load_explicit(&offset_in_force_ms, memory_order_relaxed);
    return offset_ms == UNKNOWN ? clock_wall_ms() : cluster_clock_boot_ms() + offset_ms;
}

int64_t cluster_clock_s(void)
{
    return cluster_clock_ms() / MS_PER_S;
}

int64_t cluster_clock_skew_ms(void)
{
    return atomic_load_explicit(&skew_ms, memory_order_relaxed);
}

struct cluster_clock_conclusion cluster_clock_conclude(int64_t offset_ms, int64_t machine_ms, int64_t date_s,
                                                       int64_t asked_ms, int64_t heard_ms)
{
    /* The Date was cut to a second, and written at any moment in between. */
    int64_t least_ms = date_s * MS_PER_S - heard_ms;
    int64_t most_ms = (date_s + 1) * MS_PER_S - asked_ms;
    if (heard_ms - asked_ms <= CLUSTER_CLOCK_SLOW_MS && machine_ms >= least_ms - CLUSTER_CLOCK_TOLERANCE_MS &&
        machine_ms <= most_ms + CLUSTER_CLOCK_TOLERANCE_MS)
        return (struct cluster_clock_conclusion){machine_ms, 0};
    /* What is still possible stays, so that time does not tremble with every answer. */
    if (offset_ms < least_ms || offset_ms > most_ms)
        offset_ms = least_ms + (most_ms - least_ms) / 2;
    return (struct cluster_clock_conclusion){offset_ms, machine_ms - offset_ms};
}

void cluster_clock_heard(int64_t date_s, int64_t asked_ms, int64_t heard_ms, bool leading)
{
    int64_t machine_ms = clock_wall_ms() - cluster_clock_boot_ms();
    int64_t offset_ms = atomic_load_explicit(&offset_in_force_ms, memory_order_relaxed);
    if (offset_ms != UNKNOWN && (!leading || heard_ms - asked_ms > CLUSTER_CLOCK_SLOW_MS))
        return;
    struct cluster_clock_conclusion now = cluster_clock_conclude(
        offset_ms == UNKNOWN ? machine_ms : offset_ms, machine_ms, date_s, asked_ms, heard_ms);
    atomic_store_explicit(&offset_in_force_ms, now.offset_ms, memory_order_relaxed);
    atomic_store_explicit(&skew_ms, now.skew_ms, memory_order_relaxed);
}
