/* edge/lease_record: what a Lease says, what is written on it, and when somebody else may take it (jansson).
 * Layer: edge (no I/O).
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/;
 *         the rules are those of client-go's tools/leaderelection.
 *
 * Two machines' clocks are never compared: a lease is free when it stayed as it is for its whole duration by
 * the clock of the one who looks.
 */
#ifndef CHANGEGATE_EDGE_LEASE_RECORD_H
#define CHANGEGATE_EDGE_LEASE_RECORD_H

#include "core/arena.h"
#include "core/error.h"

enum {
    LEASE_S = 12,          /* how long it counts after a renewal was seen */
    LEASE_RENEW_MS = 4000, /* how often its holder renews it */
    LEASE_HELD_MS = 9000,  /* its holder stops so long after its last renewal began: before it is taken */
    LEASE_LOOK_MS = 2000,  /* how often the others look */
};

struct lease_record {
    struct text holder, renewed; /* empty: nobody; never */
    struct text resource_version;
    int64_t duration_s; /* LEASE_S where it says none that makes sense */
    int64_t transitions;
};

/* Texts are owned by `arena`. */
bool lease_record_decode(struct text object, struct arena *arena, struct lease_record *ret_record,
                         struct error *error) MUST_USE;

/* What the one who looks remembers; zeroed at first. */
struct lease_seen {
    char *holder, *renewed; /* owned */
    int64_t since_ms;       /* unchanged since, on the monotonic clock */
    int64_t duration_ms;
};

void lease_seen_done(struct lease_seen *seen);
void lease_seen_note(struct lease_seen *seen, const struct lease_record *record, int64_t now_ms);

/* When it may be taken: from the beginning of time where nobody holds it. */
int64_t lease_seen_free_ms(const struct lease_seen *seen);

/* A whole new Lease. Owned by `arena`, as the next three; `now_us` is the wall clock in microseconds. */
struct text lease_write_new(const char *name, const char *holder, int64_t now_us, struct arena *arena);

/* Merge patches (RFC 7386), which the API server refuses with 409 when the object is not `record`'s any more:
 * take it, renew it, give it back. */
struct text lease_write_taken(const struct lease_record *record, const char *holder, int64_t now_us,
                              struct arena *arena);
struct text lease_write_renewed(struct text resource_version, const char *holder, int64_t now_us,
                                struct arena *arena);
struct text lease_write_empty(struct text resource_version, int64_t now_us, struct arena *arena);

#endif
