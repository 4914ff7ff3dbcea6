/* cli/doctor_cluster: the cluster as `changegate doctor` asks it, and what one check finds for the next.
 * Layer: cli.
 *
 * What the one who asks has no right to look at is a warning that names the right, said here, once.
 */
#ifndef CHANGEGATE_CLI_DOCTOR_CLUSTER_H
#define CHANGEGATE_CLI_DOCTOR_CLUSTER_H

#include "cli/doctor_json.h"
#include "cli/doctor_options.h"
#include "cli/doctor_report.h"
#include "cli/held_cluster.h"
#include "codec/registration.h"

enum { DOCTOR_KINDS = 2 /* of registrations, by enum registration_kind */ };

struct doctor_items {
    struct json *items;
    size_t count;
};

struct doctor {
    const struct doctor_options *options;
    struct held_cluster cluster; /* its arena owns all that was read */
    struct doctor_report report;
    struct json_reader *
        *readers; /* one for each answer, since views end with their reader's next read; owned */
    size_t reader_count, reader_capacity;
    int64_t date_s; /* of the last answer, by the API server's clock; 0: it did not say */

    /* Found by one check, used by later ones. */
    struct registrations desired;
    struct json recorded; /* what the chart wrote down about the installation, as data of the ConfigMap
                             changegate-registration; JSON_NOTHING: nothing, or not known */
    struct json live[DOCTOR_KINDS];   /* JSON_NOTHING: absent, or not known */
    struct json called[DOCTOR_KINDS]; /* whom the API server is to call: the live ones, or, while these are
                                         empty, what they should be */
    struct policy_file *policies;     /* NULL: not known. One reference */
    struct json deployment;           /* JSON_NOTHING: absent, or not known */
    bool has_no_deployment;           /* it is known to be absent */
    bool namespaces_known;
    struct text trial_namespace;       /* governed: where the verdict is tried; empty: none */
    const struct policy *trial_policy; /* NULL: not known */
};

void doctor_done(struct doctor *doctor);

/* A view for the rest of the run. False: it is no JSON. */
bool doctor_read_json(struct doctor *doctor, struct text bytes, struct json *ret_root);

struct doctor_question {
    const char *check, *path;
    const char *what;  /* "Secret changegate-system/changegate-tls" */
    const char *right; /* what the one who asks needs: "get secrets in namespace changegate-system" */
};

enum doctor_found {
    DOCTOR_FOUND,
    DOCTOR_ABSENT,
    DOCTOR_UNKNOWN, /* and that was said */
};

/* Whether changegate fills the registrations in, and makes its certificate: by the Deployment's arguments;
 * where it runs elsewhere, by what the chart wrote down. */
bool doctor_fills_registrations(const struct doctor *doctor);
bool doctor_makes_certificate(const struct doctor *doctor);
struct text doctor_secret_name(const struct doctor *doctor);

/* By the API server's clock, as of its last answer. */
int64_t doctor_now_s(const struct doctor *doctor);

/* One object. Of ret_object and ret_text, its bytes, one may be NULL. */
enum doctor_found doctor_get(struct doctor *doctor, const struct doctor_question *question,
                             struct json *ret_object, struct text *ret_text);

/* All objects below `path`, metadata alone where asked for. */
enum doctor_found doctor_list(struct doctor *doctor, const struct doctor_question *question,
                              const char *selector, bool metadata_alone, struct doctor_items *ret_items);

/* Asks by POST. False: there was no answer, and that was said. */
bool doctor_post(struct doctor *doctor, const struct doctor_question *question, struct text body,
                 struct kube_answer *ret_answer);

/* A 403 or another answer that is no success, as a warning. */
void doctor_say_refused(struct doctor *doctor, const struct doctor_question *question,
                        const struct kube_answer *answer);

/* The data of a ConfigMap of the installation, and one key of them. */
enum doctor_found doctor_get_data(struct doctor *doctor, const char *check, const char *name,
                                  struct json *ret_data);
enum doctor_found doctor_get_config(struct doctor *doctor, const char *check, const char *name,
                                    const char *key, struct text *ret_text);

/* ---- the checks, in their order ---- */

bool doctor_check_api(struct doctor *doctor); /* false: nothing more can be asked */
void doctor_check_crds(struct doctor *doctor);
void doctor_check_policy(struct doctor *doctor);       /* reads the policies */
void doctor_check_registration(struct doctor *doctor); /* reads the registrations */
void doctor_check_agreement(struct doctor *doctor);    /* of policies and registrations */
void doctor_check_reach(struct doctor *doctor);
void doctor_check_certificate(struct doctor *doctor);
void doctor_check_deployment(struct doctor *doctor);
void doctor_check_leases(struct doctor *doctor);
void doctor_check_rbac(struct doctor *doctor);
void doctor_check_labels(struct doctor *doctor); /* finds where the verdict can be tried */
void doctor_check_verdict(struct doctor *doctor);

#endif
