/* edge/metrics: counters of the process, in the Prometheus text format 0.0.4.
 * Layer: edge.
 *
 * Each serving loop adds to counters of its own (relaxed atomics, no shared cache line); a scrape sums them.
 * Gauges are set by the thread that knows.
 */
#ifndef CHANGEGATE_EDGE_METRICS_H
#define CHANGEGATE_EDGE_METRICS_H

#include "codec/json_text.h"
#include "core/decision.h"

struct metrics; /* one per process */

enum metrics_gauge {
    METRICS_NAMESPACES, /* known */
    METRICS_NAMESPACES_GOVERNED,
    METRICS_NAMESPACES_FROZEN, /* active freezes: namespaces closed now by label or window */
    METRICS_SYNCED,            /* 1 once namespaces, freeze windows and approvals were listed */
    METRICS_IN_TOUCH_S, /* unix time of the last word about namespaces, windows or approvals, the oldest;
                           scraped as an age */
    METRICS_CERTIFICATE_EXPIRY_S, /* unix time, notAfter of the serving certificate */
    METRICS_POLICY_LOADED_S,      /* unix time of the policy in force */
    METRICS_CONNECTIONS,          /* open TLS connections */
    METRICS_WINDOWS,              /* freeze windows, of policies and of the cluster */
    METRICS_WINDOWS_ACTIVE,
    METRICS_WINDOWS_UNUSABLE,
    METRICS_NEXT_TRANSITION_S, /* unix time of the next start or end of a window; INT64_MAX: none is known;
                                  scraped as the seconds until then */
    METRICS_HELD_OBJECTS,      /* the leader of the releases knows these four; elsewhere they are 0 */
    METRICS_RELEASING_OBJECTS,
    METRICS_THAW_FAILED_OBJECTS,
    METRICS_OLDEST_HOLD_S,   /* unix time since when the oldest one is held; 0: none; scraped as an age */
    METRICS_RELEASER_LEADER, /* 1 in the process that leads */
    METRICS_APPROVALS,       /* Approval objects that have not expired */
    METRICS_CLOCK_SKEW_MS,   /* the machine's clock before the API server's; scraped in seconds */
    METRICS_KEEPER_LEADER,   /* 1 in the process that leads the keepers, which alone knows the next three */
    METRICS_AUTHORITY_EXPIRY_S, /* unix time, notAfter of the newest CA; 0: not known */
    METRICS_REGISTRATIONS_MISSING,
    METRICS_REGISTRATIONS_EDITED, /* by hand */
    METRICS_GAUGE_COUNT
};

enum metrics_counter {
    METRICS_POLICY_RELOADS,
    METRICS_POLICY_RELOAD_FAILURES,
    METRICS_CERTIFICATE_RELOADS,
    METRICS_CERTIFICATE_RELOAD_FAILURES,
    METRICS_WATCH_ERRORS, /* failed lists or watches, including cut connections */
    METRICS_BAD_REQUESTS, /* answered 4xx before a decision was made */
    METRICS_HANDSHAKE_FAILURES,
    METRICS_SLOW_CLIENTS,        /* connections ended because a request or its answer took too long */
    METRICS_CONNECTIONS_REFUSED, /* over the cap: accepting paused */
    METRICS_EXPIRED_REQUESTS,    /* decided after the caller's ?timeout= had passed */
    METRICS_LOG_LINES_DROPPED,
    METRICS_RELEASES,         /* held objects that this process released */
    METRICS_RELEASE_FAILURES, /* that the API server or the gate did not take */
    METRICS_BREAK_GLASS_ALLOWED,
    METRICS_BREAK_GLASS_REFUSED,
    METRICS_OVERRIDE_EVENTS_DROPPED, /* not written, since too many waited */
    METRICS_CERTIFICATES_ISSUED,     /* CAs and serving certificates that this process made */
    METRICS_KEEPER_FAILURES,         /* what the keeper could not read or write */
    METRICS_COUNTER_COUNT
};

struct metrics *metrics_new(unsigned loop_count);
void metrics_free(struct metrics *metrics); /* accepts NULL */

/* One decision by loop `loop` (0-based, the caller's own). */
void metrics_decision(struct metrics *metrics, unsigned loop, enum verdict_kind verdict,
                      enum change_class class, enum workload_kind workload, bool dry_run, int64_t latency_ns);
/* A decision of /guard: changegate_requests_total{class="Namespace",kind="Namespace"}, "FreezeWindow" or
 * "Approval". */
enum metrics_guarded {
    METRICS_GUARDED_NAMESPACE,
    METRICS_GUARDED_WINDOW,
    METRICS_GUARDED_APPROVAL,
    METRICS_GUARDED_COUNT
};
void metrics_guard_decision(struct metrics *metrics, unsigned loop, enum metrics_guarded guarded,
                            enum verdict_kind verdict, bool dry_run, int64_t latency_ns);

void metrics_count(struct metrics *metrics, enum metrics_counter counter);          /* any thread */
void metrics_set(struct metrics *metrics, enum metrics_gauge gauge, int64_t value); /* any thread */
void metrics_add(struct metrics *metrics, enum metrics_gauge gauge, int64_t by);    /* any thread */
int64_t metrics_get(const struct metrics *metrics, enum metrics_gauge gauge);

/* The whole exposition, names prefixed changegate_, appended to `out`; now_s for ages. */
void metrics_write(const struct metrics *metrics, int64_t now_s, struct json_text_buffer *out);

#endif
