/* core/renewal: when the CA and the serving certificate are made anew, and in which order.
 * Layer: core (standard C only, pure: the clock and all that is known are arguments).
 * Source: DESIGN section 2 (certificates); the order follows from how the API server trusts a webhook: it
 *         looks at caBundle in the registration, which reaches every API server a moment after it is written.
 *
 * No admission may fail while certificates change, whoever is restarted in between:
 *   1. a new CA is put into the bundle first, and signs nothing yet;
 *   2. when every registration has had it for RENEWAL_SETTLE_S, the new CA signs a serving certificate;
 *   3. an old CA stays in the bundle until it expires: a replica that has not seen the new certificate yet
 *      goes on serving the one it signed. Its key is gone from the moment there is a newer one.
 * Everything is read from the Secret and the registrations, so a new leader goes on where the last one ended.
 */
#ifndef CHANGEGATE_CORE_RENEWAL_H
#define CHANGEGATE_CORE_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RENEWAL_SETTLE_S = 30, /* from a registration's new caBundle to its being in force at every API server */
    RENEWAL_BACKDATE_S = 300,  /* a certificate is valid since then: the clocks of others may be behind */
    RENEWAL_LEAF_S_LEAST = 60, /* the shortest life of a leaf without gaps */
};

struct renewal_span {
    int64_t not_before_s, not_after_s;
};

/* What the Secret holds and what the registrations trust, as of now. */
struct renewal_state {
    bool has_ca; /* a newest CA, its key beside it, and both belong together */
    struct renewal_span ca;
    bool has_leaf; /* a certificate with its key, for all the names wanted, signed by a CA of the bundle */
    struct renewal_span leaf;
    bool leaf_is_of_ca; /* signed by the newest CA */
    bool registered;    /* at least one registration is filled in: the API server may be calling */
    bool trusted;       /* each that is filled in has the newest CA in its caBundle (vacuously, if none is) */
    int64_t trusted_since_s; /* when that was first seen: now_s less what has passed since on a clock that
                              * nobody sets; read where `trusted` */
};

struct renewal_lives {
    /* How long each is valid from when it is made; ca_s at least 2 * leaf_s. With a leaf_s below
     * RENEWAL_LEAF_S_LEAST leaves expire while a CA settles; a ca_s of RENEWAL_SETTLE_S or less never
     * settles. */
    int64_t ca_s, leaf_s;
};

enum renewal_step {
    RENEWAL_KEEP,    /* nothing is due before *ret_due_s */
    RENEWAL_MAKE_CA, /* a new CA, in front of the bundle; the leaf stays as it is */
    RENEWAL_ISSUE,   /* a serving certificate, signed by the newest CA */
};

/* What is made at now_s. A leaf ends with its CA at the latest. */
struct renewal_span renewal_ca_span(const struct renewal_lives *lives, int64_t now_s);
struct renewal_span renewal_leaf_span(const struct renewal_lives *lives, struct renewal_span ca,
                                      int64_t now_s);

/* The next step. ret_due_s: when to ask again at the latest, in unix seconds; after a step at once. A
 * certificate is renewed at two thirds of its life; earlier where the CA would end before it, or the CA is
 * new. One that is not valid at now_s, or not yet (a clock went wrong), counts as absent.
 *
 * Where an API server may be calling, a CA signs its first leaf only when it has settled, even with no leaf
 * in the Secret: replicas go on serving the last one they had. One that has signed before had settled. A CA
 * whose time has come waits until it has signed: there is never more than one that settles. And it waits for
 * a last leaf of its own where what is served would hardly outlast the settling (lives that are very short).
 */
enum renewal_step renewal_next(const struct renewal_state *state, const struct renewal_lives *lives,
                               int64_t now_s, int64_t *ret_due_s);

/* At two thirds of its life, which begins when it is made: RENEWAL_BACKDATE_S after not_before_s (a span
 * shorter than that is not one of ours, and counts whole). */
int64_t renewal_due_s(struct renewal_span span);

#endif
