/* edge/cpu_grant: how many CPUs this process may use.
 * Layer: edge (files below /sys/fs/cgroup).
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max), cgroup-v1 (cpu.cfs_quota_us)
 */
#ifndef CHANGEGATE_EDGE_CPU_GRANT_H
#define CHANGEGATE_EDGE_CPU_GRANT_H

/* The fewer of what the affinity allows and what the cgroup's quota pays for, rounded up; at least 1. */
unsigned cpu_grant(void);

#endif
