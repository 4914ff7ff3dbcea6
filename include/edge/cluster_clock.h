/* edge/cluster_clock: the time of day by which everything is decided: the API server's.
 * Layer: edge. Any thread; reading it takes no lock.
 * Source: the Date header of its answers (RFC 9110 section 6.6.1), whole seconds.
 *
 * Several replicas decide about one cluster, and a freeze ends for all of them at once. So the clock of the
 * machine counts only while the API server agrees with it. Where it was set wrong, or jumps, time goes on
 * from what it was (CLOCK_BOOTTIME, which nobody sets), and is put right by the next answer of the API
 * server, seconds later. Without a cluster, and until the first answer, it is the machine's.
 */
#ifndef CHANGEGATE_EDGE_CLUSTER_CLOCK_H
#define CHANGEGATE_EDGE_CLUSTER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CLUSTER_CLOCK_TOLERANCE_MS = 2000, /* between the machine's clock and the API server's */
    CLUSTER_CLOCK_SLOW_MS = 2000,      /* an answer that took longer says too little to move the time */
};

/* Since 1970-01-01T00:00:00Z. */
int64_t cluster_clock_ms(void);
int64_t cluster_clock_s(void);

/* How far the machine's clock is ahead of the API server's: 0 within what a Date can tell, or where there was
 * no answer yet. */
int64_t cluster_clock_skew_ms(void);

/* An answer said that it was `date_s` at the API server, at some moment from asked_ms to heard_ms, both by
 * cluster_clock_boot_ms. Of several connections, which may be to several API servers, one is `leading`; the
 * others count only while nothing was heard, lest time go back and forth between two servers that differ. */
void cluster_clock_heard(int64_t date_s, int64_t asked_ms, int64_t heard_ms, bool leading);
int64_t cluster_clock_boot_ms(void);

/* What cluster_clock_heard concludes; pure, for tests. An offset is what the time of day is ahead of
 * cluster_clock_boot_ms. `offset_ms` is the one in force, `machine_ms` that of the machine's clock. */
struct cluster_clock_conclusion {
    int64_t offset_ms; /* from now on */
    int64_t skew_ms;   /* of the machine's clock; 0: it agrees */
};
struct cluster_clock_conclusion cluster_clock_conclude(int64_t offset_ms, int64_t machine_ms, int64_t date_s,
                                                       int64_t asked_ms, int64_t heard_ms);

#endif
