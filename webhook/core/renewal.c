#include "core/renewal.h"

enum { GAIN_S_LEAST = 10 /* for less a leaf is not made anew, or it would be so every second */ };

static int64_t earlier(int64_t a_s, int64_t b_s)
{
    return a_s < b_s ? a_s : b_s;
}

struct renewal_span renewal_ca_span(const struct renewal_lives *lives, int64_t now_s)
{
    return (struct renewal_span){now_s - RENEWAL_BACKDATE_S, now_s + lives->ca_s};
}

struct renewal_span renewal_leaf_span(const struct renewal_lives *lives, struct renewal_span ca,
                                      int64_t now_s)
{
    return (struct renewal_span){now_s - RENEWAL_BACKDATE_S, earlier(now_s + lives->leaf_s, ca.not_after_s)};
}

int64_t renewal_due_s(struct renewal_span span)
{
    int64_t made_s = span.not_before_s + RENEWAL_BACKDATE_S;
    if (made_s >= span.not_after_s)
        made_s = span.not_before_s; /* not one of ours */
    return made_s + (span.not_after_s - made_s) * 2 / 3;
}

static bool is_valid(struct renewal_span span, int64_t now_s)
{
    return span.not_before_s <= now_s && now_s < span.not_after_s;
}

/* While a new CA settles nobody can sign: its predecessor's key is gone. What is served has to last. */
static bool needs_room(const struct renewal_state *state, const struct renewal_lives *lives, int64_t now_s)
{
    int64_t end_s = state->leaf.not_after_s;
    return end_s - now_s < RENEWAL_LEAF_S_LEAST &&
           renewal_leaf_span(lives, state->ca, now_s).not_after_s - end_s >= GAIN_S_LEAST;
}

/* The newest CA signed what is served. */
static enum renewal_step next_in_use(const struct renewal_state *state, const struct renewal_lives *lives,
                                     int64_t now_s, int64_t *ret_due_s)
{
    /* At the latest while a whole leaf still ends before it. */
    int64_t ca_due_s = earlier(renewal_due_s(state->ca), state->ca.not_after_s - lives->leaf_s);
    int64_t leaf_due_s = renewal_due_s(state->leaf);
    if (now_s >= ca_due_s)
        return needs_room(state, lives, now_s) ? RENEWAL_ISSUE : RENEWAL_MAKE_CA;
    if (now_s >= leaf_due_s)
        return RENEWAL_ISSUE;
    *ret_due_s = earlier(ca_due_s, leaf_due_s);
    return RENEWAL_KEEP;
}

/* The newest CA signs a first leaf, once whoever calls trusts it; of one that signed before they have to. */
static enum renewal_step next_to_use(const struct renewal_state *state, int64_t now_s, int64_t *ret_due_s)
{
    if (!state->registered || (state->has_leaf && state->leaf_is_of_ca))
        return RENEWAL_ISSUE;
    int64_t since_s = state->trusted ? earlier(state->trusted_since_s, now_s) : now_s;
    if (now_s - since_s >= RENEWAL_SETTLE_S)
        return RENEWAL_ISSUE;
    *ret_due_s = since_s + RENEWAL_SETTLE_S;
    return RENEWAL_KEEP;
}

enum renewal_step renewal_next(const struct renewal_state *state, const struct renewal_lives *lives,
                               int64_t now_s, int64_t *ret_due_s)
{
    *ret_due_s = now_s;
    if (!state->has_ca || !is_valid(state->ca, now_s))
        return RENEWAL_MAKE_CA;
    if (state->has_leaf && is_valid(state->leaf, now_s) && state->leaf_is_of_ca)
        return next_in_use(state, lives, now_s, ret_due_s);
    return next_to_use(state, now_s, ret_due_s);
}
