/* edge/keeper: keeps the certificate of the webhook and its registrations at the API server in order.
 * Layer: edge.
 * Source: core/renewal.h (when what is made anew), codec/registration.h (what should be registered).
 *
 * A thread of its own with its own client of the API server, in every process. Each reads the Secret and
 * serves what is new and good in it; what is missing or spoilt there leaves the certificate in force. The one
 * that holds the Lease changegate-keeper makes and renews, fills registrations in once the webhook answers
 * where they say, and keeps their caBundle right. It never makes a registration that is not there: to delete
 * them is how people switch the gate off. It never undoes what somebody edited: it says so, by metric, Event
 * and log.
 */
#ifndef CHANGEGATE_EDGE_KEEPER_H
#define CHANGEGATE_EDGE_KEEPER_H

#include "codec/certificate.h"
#include "core/error.h"
#include "core/renewal.h"
#include "edge/metrics.h"
#include "edge/tls.h"

struct keeper_options {
    const char *kubeconfig;                    /* NULL: in-cluster credentials */
    const char *lease_namespace;               /* where the Lease is */
    struct text secret_namespace, secret_name; /* empty: certificates are somebody else's concern */
    struct text names[CERTIFICATE_NAMES_MOST]; /* what the certificate is for */
    size_t name_count;
    struct renewal_lives lives;
    const char *registration_file; /* NULL: registrations are somebody else's concern */
    const char *ca_bundle_file;    /* PEM, for caBundle where there is no Secret; NULL: it is left alone */
};

struct keeper;

/* Reads credentials and files at once, so that a bad one is an error at start. Borrows the arguments for its
 * life. */
bool keeper_new(const struct keeper_options *options, struct tls *tls, struct metrics *metrics,
                struct keeper **ret_keeper, struct error *error) MUST_USE;

void keeper_start(struct keeper *keeper);

/* Begin to end: nothing more is written, and the Lease is handed over. Does not wait. Any thread. */
void keeper_stop(struct keeper *keeper);

/* Stop, wait for the end (some seconds at most), free everything. Accepts NULL, and one that was never
 * started.
 */
void keeper_free(struct keeper *keeper);

#endif
