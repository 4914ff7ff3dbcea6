/* edge/admit: the service behind the HTTP handler: a body and a snapshot in, an answer out. Knows no HTTP
 * library. Layer: edge. One admit per serving loop; nothing in it is shared, nothing in it waits.
 */
#ifndef CHANGEGATE_EDGE_ADMIT_H
#define CHANGEGATE_EDGE_ADMIT_H

#include "core/text.h"
#include "edge/decision_log.h"
#include "edge/metrics.h"
#include "edge/override_events.h"
#include "edge/snapshot.h"

enum { ADMIT_BODY_BYTES_MOST = 8 << 20 };

struct admit;

struct admit_request {
    struct text method, path, query; /* path without the query, exactly as sent; query without '?' */
    struct text content_type;        /* empty: none sent */
    struct text body;
    bool body_too_large; /* the transport stopped reading it at its own cap */
    int64_t waited_ns;   /* from the first byte of the request until now */
};

struct admit_answer {
    unsigned http_status;
    const char *reason;       /* "OK", "Method Not Allowed", ... static */
    const char *content_type; /* static */
    const char *allow;        /* value of an Allow header, or NULL */
    struct text body;         /* borrows the admit until its next call */
};

/* Borrows all arguments, which must outlive it. `log` and `overrides` may be NULL. */
struct admit *admit_new(unsigned loop, struct metrics *metrics, struct decision_log *log,
                        struct override_events *overrides);
void admit_free(struct admit *admit); /* accepts NULL */

/* Decide one request under `snapshot` (NULL: not synced yet, answered 503). `now_s` is the wall clock. Never
 * fails: every input has an answer. */
void admit_handle(struct admit *admit, const struct snapshot *snapshot, const struct admit_request *request,
                  int64_t now_s, struct admit_answer *ret_answer);

#endif
