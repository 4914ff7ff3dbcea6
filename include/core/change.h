/* core/change: one admission request, reduced to what a decision needs, and its class.
 * Layer: core (standard C only).
 *
 * Codec reads bytes into these structs; core never sees JSON. All texts borrow from the request.
 */
#ifndef CHANGEGATE_CORE_CHANGE_H
#define CHANGEGATE_CORE_CHANGE_H

#include "core/hold.h"
#include "core/principals.h"
#include "core/record.h"
#include "core/selector.h"

enum operation { OPERATION_CREATE, OPERATION_UPDATE, OPERATION_DELETE, OPERATION_CONNECT };

/* DESIGN section 1. A change can be several at once (a new image and more replicas): see change_classes. */
enum change_class {
    CLASS_CREATE,
    CLASS_ROLLOUT,
    CLASS_RESUME,
    CLASS_RESTART,
    CLASS_DELETE,
    CLASS_ROLLBACK,
    CLASS_SCALE,
    CLASS_DEBUG,
    CLASS_METADATA,
    CLASS_COUNT
};

/* A set of classes, bit 1 << enum change_class. What each of them needs is needed. */
typedef uint32_t change_classes;
#define CLASS_BIT(class) ((change_classes)1 << (class))

enum workload_kind {
    KIND_NONE, /* not a workload */
    KIND_DEPLOYMENT,
    KIND_STATEFULSET,
    KIND_DAEMONSET,
    KIND_REPLICASET,
    KIND_REPLICATIONCONTROLLER,
    KIND_JOB,
    KIND_CRONJOB,
    KIND_POD,
    KIND_OTHER, /* by the policy's `workloads` */
};

enum template_difference {
    TEMPLATE_SAME,
    TEMPLATE_RESTARTED, /* only kubectl.kubernetes.io/restartedAt differs */
    TEMPLATE_DIFFERENT,
};

enum {
    REPLICAS_NONE = -1,      /* the kind has no such field */
    DIGEST_TEXT_LENGTH = 71, /* "sha256:" and 64 hex digits */
};
#define PARTITION_ALL INT64_MAX /* OnDelete: the controller replaces no pod by itself */

/* What decides the class, of the old or the new object. Defaults of the API are filled in (replicas 1,
 * partition 0). */
struct object_state {
    bool exists;
    int64_t replicas;            /* spec.replicas, a Job's spec.parallelism; REPLICAS_NONE */
    int64_t partition;           /* pods below it keep the old template; PARTITION_ALL for OnDelete */
    int64_t first_ordinal;       /* StatefulSet spec.ordinals.start */
    bool stopped;                /* paused, suspended, scheduling-gated, or at the policy's hold value */
    bool released;               /* its status says that every pod runs this template */
    bool deleting;               /* has a deletionTimestamp: its deletion was decided before */
    bool controlled;             /* has an ownerReference with controller: true */
    struct text controller_kind; /* of that reference; empty otherwise */
};

/* What the objects say of holds. Of a held object the states of the change are those without the hold:
 * `before` is what runs, `after` what the client wants once it is released. */
struct change_hold {
    bool decides; /* a whole object is written, so its marks are the gate's to decide */
    struct hold_marks before, after;
    bool keeps;                  /* the old object is held, and the template is the held one */
    bool released;               /* with `keeps`: this copy is the held change itself, as if released now */
    change_classes held_classes; /* with `keeps`: of the held change, while `classes` are those of the edit */
    bool asks_release;           /* the annotation is gone and the label says HOLD_LABEL_RELEASING */
    bool asks_pause;             /* to hold a rollout that is under way: HOLD_LABEL_PAUSE */
    bool gate_gone;              /* of a held Pod, whose gate nobody can put back */
    enum hold_obstacle obstacle; /* OBSTACLE_NONE: it can be held */
    enum rollout_progress progress; /* of the old object */
    struct hold_running running;    /* of an object that is held already; else see review_complete_hold */
    struct text restore;            /* what the client wants in the held field; NULL `at`: absent */
    struct text on_freeze;          /* the author's annotation; NULL `at`: absent */
};

struct approval;

/* What the objects say of what was admitted, and the annotations that ask for an override. */
struct change_record {
    struct text before, after;        /* RECORD_ANNOTATION as written; NULL `at`: absent */
    const struct record *old, *found; /* what they say; NULL: absent, none the gate wrote, or not looked at */
    struct text digest_before;        /* of the old template, where it has to be recorded as preexisting, or
                                         waited and is out by its status */
    struct text incident, reason;     /* BREAK_GLASS_ANNOTATION and its reason; NULL `at`: absent */
    bool override_set;                /* by this request, or changed */
    struct text reviewer;             /* REVIEWED_BY_ANNOTATION, where this request sets or changes it */
    bool evidence_differs;            /* some annotation that counts as evidence is another than before */
};

struct change {
    struct text uid;
    enum operation operation;
    bool dry_run;
    bool preview; /* a dry run that only wants to see the object as it would be stored (changegate approve) */
    struct user user;

    struct text group, version, kind, resource, subresource; /* of the object as requested by the client */
    struct text namespace, name;                             /* name may end in '*': generateName */
    enum workload_kind workload;
    struct text template_field; /* where the pod template is: "spec.template" */

    struct object_state before, after;
    enum template_difference template_difference;
    bool owner_added; /* an ownerReference more: the garbage collector acts on it */

    struct text digest_after; /* of the template, "sha256:..."; empty where no class needs it. The one before
                                it is the digest_after of the change before. */

    /* Evidence, read from the new object, or from the old one at DELETE; NULL `at`: the annotation is absent.
     */
    bool has_annotations; /* false for /scale, whose object carries none of the workload's */
    bool has_labels; /* the labels below were read: a window asks for them, and the object carries them */
    struct labels labels_before, labels_after; /* of the old and the new object */
    struct text approval_ids;
    struct text change_document;
    const struct approval *tokens; /* read from TOKEN_ANNOTATION where the policy takes them */
    size_t token_count;
    struct labels annotations; /* of the new object; read only where a requirement asks for one */
    const struct text *images; /* of the new template's containers of all sorts; the same */
    size_t image_count;

    struct change_hold hold;
    struct change_record record;

    change_classes classes; /* filled by change_classify */
};

/* The classes of `change` from its operation, subresource, states and difference; never empty. Pure. */
change_classes change_classify(const struct change *change);

/* The one class that names the change for people and metrics: the first in the order of enum change_class. */
enum change_class change_main_class(change_classes classes);

/* "Create", "Rollout", ... as in the policy; and back (CLASS_COUNT when unknown). */
const char *change_class_name(enum change_class class);
enum change_class change_class_parse(struct text name);

/* All classes in the set as "Rollout+Scale", into a static-length buffer of at least 96 bytes; returns it. */
const char *change_classes_name(change_classes classes, char *buffer, size_t buffer_bytes);

/* "CREATE", ... and back; false when unknown. */
const char *operation_name(enum operation operation);
bool operation_parse(struct text name, enum operation *ret_operation);

#endif
