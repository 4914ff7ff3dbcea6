/* edge/kube_outage: when an API server that failed is asked again, and what is said of it meanwhile.
 * Layer: edge (no I/O but messages).
 *
 * Pauses grow from 0.1 s to 10 s, half of each by chance: replicas that lost the same server must not come
 * back in step. A message is said once, and again after a minute or when the reason changes: an outage must
 * not fill the log. A cut that the first retry heals is not mentioned at all.
 */
#ifndef CHANGEGATE_EDGE_KUBE_OUTAGE_H
#define CHANGEGATE_EDGE_KUBE_OUTAGE_H

#include "core/error.h"

#include <stdint.h>

enum { KUBE_PAUSE_MS_FIRST = 100, KUBE_PAUSE_MS_MOST = 10000 };

struct kube_outage {
    const char *noun;      /* what is out of touch: "namespaces" */
    const char *meanwhile; /* what that means; NULL: what was known of it stays in force */
    unsigned failures;     /* in a row */
    bool said;             /* out of touch, and said so */
    unsigned said_status;  /* with which HTTP status */
    int64_t since_s, said_ms;
};

/* One more failure; the pause before the next try, in milliseconds. `known`: whether what was known of it
 * stays in force; otherwise nothing is decided. */
int64_t kube_outage_fail(struct kube_outage *outage, const struct error *error, unsigned status, bool known,
                         int64_t now_ms, int64_t now_s);

/* Word came. The failures are counted from nothing only when `settled`. True: an outage that was spoken of is
 * over. */
bool kube_outage_heard(struct kube_outage *outage, bool settled, int64_t now_s);

#endif
