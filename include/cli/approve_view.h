/* cli/approve_view: what an approver looks at: the pod template that a change brings, and what it would
 * replace.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_APPROVE_VIEW_H
#define CHANGEGATE_CLI_APPROVE_VIEW_H

#include "cli/approve_options.h"
#include "cli/held_edit.h"

/* What the template is compared with. */
enum approve_ground {
    GROUND_NOTHING, /* nothing of the object runs: it is new, or its creation is held */
    GROUND_RUNNING, /* the template that runs */
    GROUND_STOPPED, /* the one that the object has and stands still with: it need not be the one that runs */
    GROUND_UNKNOWN, /* no template: what runs is not known */
};

struct approve_view {
    enum approve_ground ground;
    struct text before, after; /* canonical JSON; before: empty where there is none */
    struct text digest;        /* of the template in `after` */
};

/* Where the template comes from. */
enum approve_source {
    FROM_OBJECT, /* the object has it now */
    FROM_APPLY,  /* of what would be stored if the manifest were applied */
    FROM_STORED, /* the manifest is that already */
};

/* Read the object, and what would run. `edit` names cluster and object; `manifest` is JSON, empty with
 * FROM_OBJECT; the view is owned by the cluster's arena. What is not HELD_DONE was said: refused by the API
 * server, or nothing is there that could be approved. */
enum held_status approve_view_read(struct held_edit *edit, enum approve_source source, struct text manifest,
                                   struct approve_view *ret_view) MUST_USE;

/* Append the view as people read it: what is compared, and the difference. At most `most` lines of it, 0: all
 * of them. Returns how many were left out. `edit` names the object. */
size_t approve_view_write(const struct approve_view *view, const struct held_edit *edit, size_t most,
                          struct json_text_buffer *out);

#endif
