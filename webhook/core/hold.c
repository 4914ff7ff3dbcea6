#include "core/hold.h"

static bool running_same(const struct hold_running *a, const struct hold_running *b)
{
    return a->known == b->known && text_equal(a->digest, b->digest) &&
           text_equal(a->restarted_at, b->restarted_at);
}

bool hold_same(const struct hold *a, const struct hold *b, bool passes)
{
    if (!passes && (a->since_s != b->since_s || !text_equal(a->digest, b->digest)))
        return false;
    return a->until_s == b->until_s && a->classes == b->classes && text_equal(a->window, b->window) &&
           text_equal(a->policy, b->policy) && text_equal(a->reason, b->reason) && text_equal(a->by, b->by) &&
           text_equal(a->approvals, b->approvals) && text_equal(a->document, b->document) &&
           running_same(&a->running, &b->running) && (a->restore.at == NULL) == (b->restore.at == NULL) &&
           text_equal(a->restore, b->restore);
}
