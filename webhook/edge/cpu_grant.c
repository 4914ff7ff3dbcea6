#define _GNU_SOURCE
#include "edge/cpu_grant.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static unsigned by_affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more CPUs than a cpu_set_t holds */
    return online > 0 ? (unsigned)online : 1;
}

/* Both numbers of a line such as "150000 100000"; false for "max 100000", which is no quota. */
static bool read_pair(const char *path, long *ret_first, long *ret_second)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    int read = fscanf(file, "%ld %ld", ret_first, ret_second);
    fclose(file);
    return read == 2;
}

static bool read_number(const char *path, long *ret_number)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    int read = fscanf(file, "%ld", ret_number);
    fclose(file);
    return read == 1;
}

static bool read_quota(long *ret_quota_us, long *ret_period_us)
{
    return read_pair("/sys/fs/cgroup/cpu.max", ret_quota_us, ret_period_us) ||
           (read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", ret_quota_us) &&
            read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us", ret_period_us));
}

static unsigned by_quota(void)
{
    long quota_us, period_us;
    if (!read_quota(&quota_us, &period_us) || quota_us <= 0 || period_us <= 0)
        return UINT_MAX;
    return (unsigned)((quota_us + period_us - 1) / period_us);
}

unsigned cpu_grant(void)
{
    unsigned affinity = by_affinity(), quota = by_quota();
    return affinity < quota ? affinity : quota;
}
