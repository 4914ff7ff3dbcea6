/* cli/held_edit: one object is read, and changed by what it says: what `changegate release` and `changegate
 * drop` do.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_HELD_EDIT_H
#define CHANGEGATE_CLI_HELD_EDIT_H

#include "cli/held_cluster.h"
#include "cli/held_kinds.h"
#include "cli/held_target.h"
#include "codec/json.h"
#include "codec/json_text.h"

enum held_status { HELD_DONE = 0, HELD_REFUSED = 1, HELD_UNUSABLE = 2 }; /* exit statuses */

/* Embedded; the first three are given, the rest is zeroed. Ends with held_edit_done. */
struct held_edit {
    struct held_cluster *cluster;
    const struct held_kind *kind;
    const char *namespace, *name;
    struct json_reader *reader, *other;
    struct json object; /* as it was read last, and, once the change is made, as it was stored */
    struct json_text_buffer patch;
};

/* Say `text` of the object, on standard error and on standard output. */
void held_edit_complain(const struct held_edit *edit, struct text text);
enum held_status held_edit_print(const struct held_edit *edit, const char *text) MUST_USE;

/* What is to be done to the object as it is: a JSON patch, appended to edit->patch, or its deletion.
 * CHANGE_NONE: nothing; it was said why, and *status is what the command ends with. */
enum held_change { CHANGE_NONE, CHANGE_PATCH, CHANGE_DELETE };
typedef enum held_change held_edit_make(void *context, struct held_edit *edit, enum held_status *status);

/* Read the object, make the change, send it, and all of it again where somebody else changed the object
 * meanwhile. *ret_made is what was done; a failure was said. */
enum held_status held_edit_run(struct held_edit *edit, held_edit_make *make, void *context,
                               enum held_change *ret_made) MUST_USE;

/* Whether the object, changed by edit->patch, would still be stopped by its field although its hold says that
 * the field was meant to be something else: then nobody asks the gate, which alone restores it. Asks with
 * dryRun; an answer that is no success says nothing of that, and is false. */
bool held_edit_leaves_stopped(struct held_edit *edit);

/* The label of the object; NULL `at`: none. Borrows the object. */
struct text held_edit_label(const struct held_edit *edit);

void held_edit_done(struct held_edit *edit);

/* A command on one object: read its line, and `run` it on the cluster. `namespace_alone`: KIND/NAME may be
 * left out. The exit status. */
typedef enum held_status held_run(struct held_cluster *cluster, const struct held_target *target);
int held_command(const char *name, bool namespace_alone, const char *(*help)(void), int argc, char **argv,
                 held_run *run);

#endif
