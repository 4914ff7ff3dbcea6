/* core/hold: the state of a delayed change, as its object carries it (DESIGN section 6).
 * Layer: core (standard C only). Everything borrows.
 *
 * A held object carries the annotation HOLD_ANNOTATION, the label HOLD_LABEL, and a value that keeps its
 * controller from acting on the new template (a Deployment: spec.paused is true; a Pod: a scheduling gate).
 * Only the gate writes these three, and each of them always from the OLD object, never from what a client
 * sent.
 */
#ifndef CHANGEGATE_CORE_HOLD_H
#define CHANGEGATE_CORE_HOLD_H

#include "core/text.h"

#define HOLD_ANNOTATION      "changegate.dev/hold"
#define HOLD_LABEL           "changegate.dev/held"
#define HOLD_GATE            "changegate.dev/hold" /* in spec.schedulingGates of a held Pod */
#define ON_FREEZE_ANNOTATION "changegate.dev/on-freeze"
#define PRIORITY_ANNOTATION  "changegate.dev/priority"

/* The values of the label. */
#define HOLD_LABEL_HELD      "true"
#define HOLD_LABEL_RELEASING "releasing" /* released by the releaser; its rollout is not finished yet */
#define HOLD_LABEL_FAILED    "failed" /* released, and its rollout failed: the thaw of its namespace stops */
#define HOLD_LABEL_PAUSE     "pause"  /* in a request alone: hold the rollout that is under way */

/* What runs beside the held template. */
struct hold_running {
    bool known;               /* false: nothing runs (a creation), or the object never said (a Resume) */
    struct text digest;       /* of the template that runs */
    struct text restarted_at; /* its restartedAt annotation, which the digest leaves out; empty: none */
};

/* What the annotation says. */
struct hold {
    int64_t since_s;
    int64_t until_s;    /* the opening as it was known; FREEZE_NO_END: none is known; 0: it is open, and
                           something    else keeps it held */
    uint32_t classes;   /* of the held change: enum change_class bits */
    struct text window; /* names of the causes, "a, b"; "(label)" for the namespace's label */
    struct text policy;
    struct text reason;              /* why it is held, one line */
    struct text by;                  /* who applied the template */
    struct text approvals, document; /* as they were on the object */
    struct text digest;              /* of the held template */
    struct hold_running running;
    struct text restore; /* canonical JSON of what the held field was meant to be; NULL `at`: absent. Nothing
                            for a Pod, whose gate is taken away */
};

/* The marks of one object. */
struct hold_marks {
    struct text annotation; /* as written; NULL `at`: absent */
    struct text label;      /* its value; NULL `at`: absent */
    bool readable;          /* the annotation is one that the gate could have written */
    struct hold hold;       /* where it is readable */
    bool stopped;           /* the field is at the value that stops it, whoever put it there */
    bool held;              /* readable and stopped */
};

/* Why an object cannot be held. The first is what a zeroed struct says. */
enum hold_obstacle {
    OBSTACLE_KIND, /* nothing holds this kind, or this change to it */
    OBSTACLE_NONE,
    OBSTACLE_CREATION,   /* nothing holds the creation of this kind */
    OBSTACLE_DAEMONSET,  /* the policy does not opt in to OnDelete */
    OBSTACLE_ON_DELETE,  /* updateStrategy OnDelete: whatever replaces a pod gets the new template */
    OBSTACLE_RUNNING,    /* a CronJob: suspending would also stop the runs of the template in force */
    OBSTACLE_UNDER_WAY,  /* a rollout is under way, which a hold would stop halfway */
    OBSTACLE_UNOBSERVED, /* its controller has not said anything of the last change yet */
    OBSTACLE_FROM_ZERO,  /* the first pods come with it, and a hold stops no scaling */
    OBSTACLE_FIELD,      /* the parent of the field that stops it is missing */
};

/* How far the controller of an object has come with its template. */
enum rollout_progress {
    ROLLOUT_UNOBSERVED, /* no word yet about this generation */
    ROLLOUT_UNDER_WAY,
    ROLLOUT_FAILED,   /* ProgressDeadlineExceeded */
    ROLLOUT_SETTLING, /* every pod runs the template, and not all are available */
    ROLLOUT_FINISHED, /* or the kind has no rollouts */
};

/* What the object has to look like, by the verdict. */
struct hold_target {
    bool decides; /* false: nothing is said of the marks, they stay as they are */
    bool held;    /* carries `hold`; else it carries no annotation, and its field is `field` */
    struct hold hold;
    struct text label; /* NULL `at`: none */
    bool sets_field;   /* where not held: whether the field matters */
    struct text field; /* canonical JSON; NULL `at`: absent */
};

/* Whether two holds say the same. `passes`: of a hold that the two passes of one request wrote and found; the
 * second comes later, and the API server may have normalised the template between them, so that since_s and
 * digest do not count. */
bool hold_same(const struct hold *a, const struct hold *b, bool passes);

#endif
