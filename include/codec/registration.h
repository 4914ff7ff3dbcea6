/* codec/registration: what the API server should be told to ask us, and whether that is what it was told.
 * Layer: codec (jansson, libyaml; no I/O).
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 *
 * A registration is a ValidatingWebhookConfiguration or a MutatingWebhookConfiguration. Desired ones come
 * from a file; live ones from the API server, which adds defaults: a live registration is what was desired
 * when it has every field that is desired, with that value, has no webhook more or fewer, and what it has
 * besides are the API server's defaults. caBundle is apart: it changes with the certificates.
 */
#ifndef CHANGEGATE_CODEC_REGISTRATION_H
#define CHANGEGATE_CODEC_REGISTRATION_H

#include "core/arena.h"
#include "core/error.h"

#define REGISTRATION_DIGEST_KEY "changegate.dev/registered"

enum { REGISTRATIONS_MOST = 2, REGISTRATION_FAULTS_MOST = 32 };

enum registration_kind { REGISTRATION_VALIDATING, REGISTRATION_MUTATING };

struct registration {
    enum registration_kind kind;
    struct text name;
    char digest[72]; /* "sha256:" and 64 hex digits over the canonical JSON of `webhooks` without caBundle */
    /* private */
    const struct registration_tree *tree; /* owned by the set */
};

struct registrations {
    struct registration items[REGISTRATIONS_MOST];
    size_t count;
    /* private */
    struct arena arena;
};

/* Read the desired registrations: YAML documents of the two kinds, at most one of each; others are errors
 * with line and column. `webhooks` must not be empty, all of them have to name one server, and no rule may
 * have a wildcard for group or resource, or name what a cluster itself lives on (leases, nodes, events,
 * secrets, ...): whoever may write the file must not be able to lock the cluster with it. */
bool registrations_read(struct text yaml, struct registrations *ret_registrations,
                        struct error *error) MUST_USE;
void registrations_done(struct registrations *registrations); /* accepts a zeroed one */

/* The path of its object: "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/NAME". */
struct text registration_path(const struct registration *registration, struct arena *arena);
const char *registration_kind_name(enum registration_kind kind); /* "ValidatingWebhookConfiguration" */

/* Where the API server will call: the first clientConfig, as an https URL without query; of a service,
 * "https://NAME.NAMESPACE.svc:PORT/PATH", which is also the name that its certificate is checked against. */
struct text registration_url(const struct registration *registration, struct arena *arena);

/* What a live object says. */
struct registration_live {
    struct text resource_version;
    size_t webhook_count;
    bool is_ours;          /* its annotation names the desired digest */
    bool is_marked;        /* it has that annotation, whatever it names: somebody filled it in once */
    struct text ca_bundle; /* PEM, of the first webhook; empty: none */
    bool ca_bundles_agree; /* all webhooks have the same one */
};
bool registration_look(const struct registration *registration, struct text live_json, struct arena *arena,
                       struct registration_live *ret_live, struct error *error) MUST_USE;

/* How a live object differs from what is desired, caBundle apart; each fault one clause that says where, what
 * is there and what should be: `webhooks[workloads.changegate.dev].failurePolicy is "Ignore", not "Fail"`,
 * `webhooks[x.example.com] is not ours`, `webhooks[pods.changegate.dev] is missing`. Null, an empty list and
 * an empty map are the same as an absent member. Their number; 0: none. A text that is no such object is one
 * fault; where there are more than REGISTRATION_FAULTS_MOST, the last one says how many are left out. */
size_t registration_compare(const struct registration *registration, struct text live_json,
                            struct arena *arena, struct text ret_faults[static REGISTRATION_FAULTS_MOST]);

/* The merge patch (RFC 7396) that fills it in: `webhooks`, each with `ca_bundle` (PEM; empty: with none) in
 * its clientConfig, the annotation, and metadata.resourceVersion of `live`. */
struct text registration_write(const struct registration *registration, const struct registration_live *live,
                               struct text ca_bundle, struct arena *arena);

/* The merge patch that sets caBundle in every webhook of the live object and leaves all else as it is there,
 * edits included; with its resourceVersion. An empty `ca_bundle` takes it out. Empty where the live object
 * has no webhooks, or is none. */
struct text registration_write_ca(struct text live_json, struct text ca_bundle, struct arena *arena);

#endif
