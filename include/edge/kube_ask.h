/* edge/kube_ask: one request to the API server, answered while the caller waits. For the command line:
 * whoever serves uses edge/kube_http.h. Layer: edge.
 */
#ifndef CHANGEGATE_EDGE_KUBE_ASK_H
#define CHANGEGATE_EDGE_KUBE_ASK_H

#include "edge/kube_http.h"

enum { KUBE_ANSWER_BYTES_MOST = 64 << 20 };

struct kube_answer {
    unsigned status;  /* of HTTP, whatever it says */
    struct text body; /* whole; owned by the arena */
    int64_t date_s;   /* what it said it is, unix time; 0: nothing */
};

/* One after another over one connection, which is kept between them. Borrows `config` for its life. */
struct kube_asker;
bool kube_asker_new(const struct kube_config *config, struct kube_asker **ret_asker,
                    struct error *error) MUST_USE;
void kube_asker_free(struct kube_asker *asker); /* accepts NULL */

/* False: no complete answer within `timeout_ms`, or one that is too large; whether the API server did what
 * was asked is not known then. */
bool kube_asker_ask(struct kube_asker *asker, const struct kube_call *call, int64_t timeout_ms,
                    struct arena *arena, struct kube_answer *ret_answer, struct error *error) MUST_USE;

/* The same over a connection of its own. */
bool kube_ask(const struct kube_config *config, const struct kube_call *call, int64_t timeout_ms,
              struct arena *arena, struct kube_answer *ret_answer, struct error *error) MUST_USE;

#endif
