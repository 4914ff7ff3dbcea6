/* edge/keeper_private: the keeper's parts.
 * Layer: edge.
 *
 *   keeper.c                the thread: the Lease, whose turn it is, waiting
 *   keeper_ask.c            one request and its answer, while the Lease is kept
 *   keeper_certificates.c   the Secret: read, served, renewed
 *   keeper_registrations.c  the registrations: looked at, filled in, caBundle
 *   keeper_probe.c          whether the webhook answers where the API server would ask it
 *   keeper_tell.c           what is said of it: log and Events
 */
#ifndef CHANGEGATE_EDGE_KEEPER_PRIVATE_H
#define CHANGEGATE_EDGE_KEEPER_PRIVATE_H

#include "codec/registration.h"
#include "codec/tls_secret.h"
#include "edge/keeper.h"
#include "edge/kube_buffer.h"
#include "edge/kube_lease.h"

#include <pthread.h>
#include <stdatomic.h>

/* What somebody should know; each is said once, again when it changes, and every KEEPER_REPEAT_MS. */
enum keeper_matter {
    MATTER_SECRET,     /* the Secret is missing or spoilt */
    MATTER_VALIDATING, /* its registration is missing or edited */
    MATTER_MUTATING,
    MATTER_BUNDLE, /* somebody else writes caBundle */
    MATTER_CLOCK,
    MATTER_UNREACHABLE, /* the API server, or the webhook itself */
    MATTER_COUNT
};

struct keeper_matter_said {
    uint64_t hash; /* of what was said; 0: nothing */
    int64_t said_ms;
};

struct keeper_seen { /* of one registration, as last looked at; owned by `turn` */
    bool known;      /* whether it was found out at all */
    bool present;
    struct text json;
    struct registration_live live;
};

struct keeper {
    const struct keeper_options *options; /* borrowed */
    struct tls *tls;
    struct metrics *metrics;
    struct kube_config config;
    struct kube_http *http;
    struct kube_request *request;
    struct kube_buffer answer; /* of the last request */
    struct kube_lease *lease;  /* NULL: there is nothing to keep, but the time to hear */
    bool leading;
    int64_t now_ms, now_s; /* monotonic; of the cluster */
    int64_t due_ms;        /* when the next turn is, at the latest */
    bool hurry;            /* something is not as it should be: look again soon */
    int64_t hurry_ms;      /* how soon, the last time; 0: there was no hurry */
    struct arena turn;     /* what lives until the next turn */
    struct keeper_matter_said said[MATTER_COUNT];

    /* certificates */
    struct arena life; /* owns the paths */
    const char *secret_path, *secrets_path;
    struct text kept_certificate, kept_key, kept_ca; /* the last good ones; owned by `kept` */
    struct text
        previous_ca; /* of a Secret that was replaced as a whole: trusted a while longer; owned by `kept` */
    int64_t previous_until_ms;
    struct arena kept;
    struct text bundle; /* what caBundle should be by the Secret, empty where not known; owned by `turn` */
    int64_t secret_gone_ms; /* since when it is missing, having been there; 0: it is there, or never was */
    bool secret_was_there;
    int64_t faulty_since_ms; /* since when the Secret holds no certificate to serve; 0: it does */

    /* registrations */
    struct registrations desired; /* as read last */
    char *desired_text;           /* owned: what they were read from */
    struct keeper_seen seen[REGISTRATIONS_MOST];
    uint64_t bundle_hash; /* of the CA bundle's file, as last read; 0: never */
    int64_t bundle_changed_ms;
    int64_t repaired_ms; /* when caBundle was put right the last time, and how often in a row lately */
    unsigned repairs;
    char trusted_ca[65];      /* fingerprint of the CA that every registration trusts; "": none */
    int64_t trusted_since_ms; /* and since when, monotonic */

    int wake_fd;
    atomic_bool stopping;
    bool started;
    pthread_t thread;
};

enum {
    KEEPER_LOOK_MS = 5000,         /* between two turns */
    KEEPER_HURRY_MS = 500,         /* while something is not as it should be yet */
    KEEPER_ANSWER_MS = 3000,       /* the patience with one request */
    KEEPER_BUNDLE_MS = 3600000,    /* so long a CA that the file no longer has stays in caBundle */
    KEEPER_REPAIRS_MS = 120000,    /* caBundle put right again within that is counted */
    KEEPER_SKEW_MS_MOST = 3600000, /* with a clock so far off nothing is made anew for reasons of time */
    KEEPER_PREVIOUS_MS = 60000, /* so long other replicas may serve what was in a Secret that was replaced */
    KEEPER_FOLLOWER_MS =
        20000,              /* the leader may not remember the certificate: then another one puts it back */
    KEEPER_GONE_MS = 15000, /* a Secret that vanished is made anew after that: an uninstallation takes less */
    KEEPER_REPEAT_MS = 600000,
    KEEPER_BYTES_MOST = 4 << 20,
};

/* ---- keeper_ask.c ---- */

struct keeper_answer {
    unsigned status;
    struct text body; /* borrows the keeper until the next request */
};

/* Go round until `request` of the client `http` has ended, its time is over or the keeper stops, both
 * KUBE_UNDER_WAY. The Lease is renewed meanwhile: a slow answer must not cost it. */
enum kube_progress keeper_await(struct keeper *keeper, struct kube_http *http, struct kube_request *request,
                                int64_t patience_ms, struct error *error);

/* The answer of the API server, whatever it is. False: there was none, or the keeper stops. */
bool keeper_ask(struct keeper *keeper, const struct kube_call *call, struct keeper_answer *ret_answer,
                struct error *error) MUST_USE;

/* The same with a JSON body; `patch` is a merge patch (RFC 7396), else the object is made. */
bool keeper_write(struct keeper *keeper, bool patch, const char *path, struct text body,
                  struct keeper_answer *ret_answer, struct error *error) MUST_USE;

/* What went wrong with `what` ("reading Secret a/b") is said and counted. `answer` NULL: `error` says it. */
void keeper_failed(struct keeper *keeper, const char *what, const struct keeper_answer *answer,
                   const struct error *error);

/* ---- keeper.c ---- */

/* Read the clocks, and move the Lease. */
void keeper_step(struct keeper *keeper);

/* Whether this process leads, as of the last step. */
bool keeper_leads(const struct keeper *keeper);

/* When to step at the latest, or at_most_ms. Monotonic. */
int64_t keeper_due_ms(const struct keeper *keeper, int64_t at_most_ms);

/* ---- keeper_certificates.c ---- */

/* Read the Secret, serve what is new; make and renew where this process leads. After the registrations were
 * looked at. */
void keeper_certificates_turn(struct keeper *keeper);

/* A private key, or what one was in. */
void keeper_wipe(struct text key);

/* ---- keeper_registrations.c ---- */

bool keeper_registrations_load(struct keeper *keeper, struct error *error) MUST_USE;

/* Read them, from the file and from the API server. */
void keeper_registrations_look(struct keeper *keeper);

/* Say what is missing or edited. Leader only, as are those that write. */
void keeper_registrations_judge(struct keeper *keeper);

/* Whether all of them were found out. */
bool keeper_registrations_known(const struct keeper *keeper);

/* Whether all that are filled in trust the signer of `certificate`, so that it can be served. */
bool keeper_registrations_would_trust(struct keeper *keeper, struct text certificate);

/* Whether an API server may call us, and whether all that do trust `ca` (PEM), and since when. */
void keeper_registrations_trust(struct keeper *keeper, struct text ca, struct renewal_state *state);

/* The CAs that they name now, all of them. Owned by `turn`. */
struct text keeper_registrations_bundle(struct keeper *keeper);

/* Fill in, and put caBundle right. */
void keeper_registrations_write(struct keeper *keeper);

/* ---- keeper_probe.c ---- */

/* NULL: the webhook at `url` answers to who trusts `ca_bundle`. Otherwise why not, owned by `turn`. */
const char *keeper_probe(struct keeper *keeper, struct text url, struct text ca_bundle);

/* ---- keeper_tell.c ---- */

/* An Event `reason` on the Lease and a line of the log, unless the same was said lately. */
void keeper_warn(struct keeper *keeper, enum keeper_matter matter, const char *reason, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
/* It is as it should be again: what comes next is news. */
void keeper_settled(struct keeper *keeper, enum keeper_matter matter);
/* Good news: an Event and a line, each time. */
void keeper_note(struct keeper *keeper, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
