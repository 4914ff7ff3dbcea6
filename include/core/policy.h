/* core/policy: a ChangePolicy as the decision reads it. Built by codec/policy_file, immutable afterwards.
 * Layer: core (standard C only). Everything borrows from the policy set's arena.
 */
#ifndef CHANGEGATE_CORE_POLICY_H
#define CHANGEGATE_CORE_POLICY_H

#include "core/change.h"
#include "core/selector.h"

struct window;

enum policy_mode { MODE_ENFORCE, MODE_WARN, MODE_AUDIT };

/* A pattern for ids. The program is the regex library's; core only asks. A match that runs into the library's
 * limits is no match. */
struct pattern {
    struct text source; /* as written, for messages */
    const void *program;
    bool (*matches)(const void *program, struct text subject);
};

/* Who vouches for a change: DESIGN section 5, from easy to strong. */
enum approval_source { SOURCE_ANNOTATION, SOURCE_APPROVAL, SOURCE_TOKEN };
typedef unsigned approval_sources; /* bits SOURCE_BIT */
#define SOURCE_BIT(source) (1u << (source))

struct approval_rule {
    struct pattern id_pattern;
    unsigned minimum;         /* distinct ids (Annotation), or distinct people (Approval and Token) */
    approval_sources sources; /* never none */
    bool reuse_allowed;       /* an id that was admitted with another template counts again */
    const struct text *approver_groups; /* in one of which an approver is; none: whoever could approve */
    size_t approver_group_count;
};

/* More than the policy asks of every change, for some (rule `requirements`). A condition that was not written
 * is met; all that were written have to be. */
struct requirement {
    struct text name; /* for messages: "requirements[0]" where the policy gives none */

    struct text annotation, annotation_equals; /* of the new object; key empty: no condition; value NULL `at`:
                                                  it is there, whatever it says */
    struct text label, label_equals;           /* the same, of the old or the new object */
    const struct text *kinds, *image_prefixes, *user_groups;
    size_t kind_count, image_prefix_count, user_group_count;
    change_classes classes; /* 0: those that need an approval anyway; else these, whatever they need */

    unsigned minimum;                   /* 0: says nothing, as the zeroes below */
    approval_sources sources;           /* of the policy's, those that count */
    bool document;                      /* a change document has to be there */
    const struct text *approver_groups; /* as well as the policy's */
    size_t approver_group_count;
    int64_t minimum_age_s; /* of each approval: a cooling-off time. An id in an annotation has no age and does
                              not count */
};

struct break_glass_rule {
    const struct text *groups; /* none: nobody may */
    size_t group_count;
    struct pattern incident;
    int64_t reason_bytes_least;
    int64_t age_s_most; /* so long after its first use on an object an incident counts on it */
};

struct token_keys; /* codec/token_keys.h */

struct token_rule {
    const struct token_keys *keys; /* NULL: the policy has none */
    struct text audience;          /* of this cluster: in every token's `aud` */
    const struct text *issuers;    /* one of which every token's `iss` is */
    size_t issuer_count;
};

/* 'https://wiki.example.com/changes/...*': scheme, host, optional port, path prefix. */
struct url_pattern {
    struct text source; /* as written */
    struct text host;   /* without the leading "*." */
    bool any_subdomain;
    unsigned port;           /* 443 when not written */
    struct text path_prefix; /* starts with '/'; without the trailing '*' */
    bool exact;              /* no trailing '*': the path must equal the prefix */
};

struct document_rule {
    bool required;
    const struct url_pattern *urls; /* none: any https URL */
    size_t url_count;
};

struct class_needs {
    bool approval, freeze;
};

/* A kind beside the built-in ones, or one of those. Paths are split at dots: {"spec", "template"}. */
struct field_path {
    const struct text *steps;
    size_t step_count;
    struct text source; /* as written: "spec.template" */
};

struct workload_type {
    struct text group, kind, resource; /* "apps", "Deployment", "deployments" */
    enum workload_kind workload;
    struct field_path template_path;
    struct field_path replicas_path; /* no steps: the kind has no such field */
    struct field_path hold_path;     /* no steps: no field stops it (a Pod has gates) */
    struct text hold_value;          /* canonical JSON of the value that stops it: "true" */
};

enum in_flight { IN_FLIGHT_FINISH, IN_FLIGHT_PAUSE };

struct delay_rule {
    int64_t retry_below_s;      /* an opening this near is waited for by the client */
    bool daemon_sets_on_delete; /* hold a DaemonSet by OnDelete; else a freeze denies */
    enum in_flight in_flight;   /* a Deployment's rollout that is under way when a Delay begins */
};

enum release_order { RELEASE_OLDEST_FIRST, RELEASE_PRIORITY_THEN_OLDEST };

struct release_rule {
    int64_t concurrent_most; /* releases whose rollouts are not finished */
    int64_t jitter_s;        /* each is released up to so much after the opening */
    enum release_order order;
};

struct policy {
    struct text name;
    enum policy_mode mode;
    struct selector namespace_selector;
    struct approval_rule approval;
    struct document_rule document;
    const struct requirement *requirements;
    size_t requirement_count;
    bool reads_labels, reads_annotations, reads_images; /* of a change: some requirement looks at them */
    struct break_glass_rule break_glass;
    struct token_rule tokens;
    struct class_needs needs[CLASS_COUNT]; /* Metadata needs nothing, ever */
    struct text approval_ids_key, change_document_key;
    const struct window *windows; /* as written: codec/window.h */
    size_t window_count;
    int64_t warn_ahead_s; /* a change this close to a closing is told of it; 0: never */
    struct delay_rule delay;
    struct release_rule release;
    struct principals operators;
    const struct text *trusted_controllers; /* user names */
    size_t trusted_controller_count;
    const struct workload_type *workloads; /* by the policy, beside the built-in ones */
    size_t workload_count;
};

struct policy_set {
    const struct policy *items; /* in the order of the file; the first that matches governs */
    size_t count;
};

/* The policy that governs a namespace with these labels, or NULL. */
const struct policy *policy_for_namespace(const struct policy_set *set, struct labels labels);

/* The classes whose `freeze` is true. */
change_classes policy_freeze_classes(const struct policy *policy);

/* The workload type of a group and resource: a built-in one, else the policy's, else NULL. `policy` may be
 * NULL. By resource, since a request on a subresource such as /scale carries another kind. */
const struct workload_type *workload_type_find(const struct policy *policy, struct text group,
                                               struct text resource);

/* The same by kind, for an object that did not come through the API server. */
const struct workload_type *workload_type_of_kind(const struct policy *policy, struct text group,
                                                  struct text kind);

/* Whether some workload type, built in or the policy's, has this kind, in whatever group. */
bool workload_kind_known(const struct policy *policy, struct text kind);

/* What a policy says of delay and release unless it says otherwise (DESIGN section 3). */
extern const struct delay_rule policy_default_delay;
extern const struct release_rule policy_default_release;

/* The needs each class has unless the policy says otherwise (DESIGN section 3). */
extern const struct class_needs policy_default_needs[CLASS_COUNT];

/* The user names trusted unless the policy says otherwise: kube-controller-manager's own workload
 * controllers, both with and without --use-service-account-credentials. */
extern const struct text policy_default_trusted_controllers[];
extern const size_t policy_default_trusted_controller_count;

#endif
