#include "edge/kube_outage.h"

#include "edge/message_log.h"

#include <stdlib.h>

enum { REPEAT_MESSAGE_MS = 60000 };

static void say(struct kube_outage *outage, const struct error *error, unsigned status, bool known,
                int64_t now_ms, int64_t now_s)
{
    if (outage->failures == 0)
        return;
    if (outage->said && status == outage->said_status && now_ms - outage->said_ms < REPEAT_MESSAGE_MS)
        return;
    if (!outage->said)
        outage->since_s = now_s;
    outage->said = true;
    outage->said_status = status;
    outage->said_ms = now_ms;
    if (outage->meanwhile != NULL) {
        message_warning("not in touch with the API server: %s; it is tried again, and %s", error->text,
                        outage->meanwhile);
        return;
    }
    message_warning("not in touch with the API server: %s; it is tried again, and %s the %s %s", error->text,
                    known ? "what was known of" : "nothing is decided before", outage->noun,
                    known ? "stays in force" : "are known");
}

int64_t kube_outage_fail(struct kube_outage *outage, const struct error *error, unsigned status, bool known,
                         int64_t now_ms, int64_t now_s)
{
    say(outage, error, status, known, now_ms, now_s);
    int64_t pause_ms = KUBE_PAUSE_MS_FIRST;
    for (unsigned i = 0; i < outage->failures && pause_ms < KUBE_PAUSE_MS_MOST; i++)
        pause_ms *= 2;
    if (pause_ms > KUBE_PAUSE_MS_MOST)
        pause_ms = KUBE_PAUSE_MS_MOST;
    outage->failures++;
    return pause_ms / 2 + arc4random_uniform((unsigned)(pause_ms / 2) + 1);
}

bool kube_outage_heard(struct kube_outage *outage, bool settled, int64_t now_s)
{
    if (settled)
        outage->failures = 0;
    if (!outage->said)
        return false;
    outage->said = false;
    message_info("in touch with the API server again after %lld s: %s", (long long)(now_s - outage->since_s),
                 outage->noun);
    return true;
}
