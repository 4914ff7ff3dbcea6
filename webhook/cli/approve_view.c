#include "cli/approve_view.h"

#include "cli/held_running.h"
#include "codec/digest.h"
#include "codec/hold.h"
#include "codec/objects.h"
#include "codec/review.h"

enum { STATUS_OK = 200, STATUS_CREATED = 201, STATUS_NOT_FOUND = 404 };

#define DRY_RUN "?dryRun=All&force=true&fieldValidation=Strict&fieldManager=" REVIEW_PREVIEW_MANAGER

/* Two objects, and the view that comes of them. */
struct look {
    struct held_edit *edit; /* its object is the one that is there */
    const struct workload_type *type;
    bool exists;
    struct approve_view view;
};

static enum held_status refuse(const struct look *look, const char *before, struct text said,
                               const char *cure)
{
    struct text text = arena_printf(&look->edit->cluster->arena, "%s%.*s%s", before, TEXT_ARGS(said), cure);
    held_edit_complain(look->edit, text);
    return HELD_REFUSED;
}

static enum held_status fail(const struct look *look, const struct error *error)
{
    held_edit_complain(look->edit, text_of(error->text));
    return HELD_UNUSABLE;
}

/* What is compared of a template: all of it, but for what no digest of a Pod has, so that a hold is no
 * difference. */
static struct text canonical(const struct look *look, struct json pod_template)
{
    static const struct text gates[] = {TEXT("schedulingGates")};
    struct json_text_buffer out = {NULL, 0, 0};
    json_canonical(pod_template, gates, look->type->workload == KIND_POD, &out);
    struct text text = arena_copy(&look->edit->cluster->arena, json_text_view(&out));
    json_text_done(&out);
    return text;
}

/* ---- what would run ---- */

static enum held_status take_template(struct look *look, struct json object)
{
    struct json pod_template = object_at(object, &look->type->template_path);
    struct arena *arena = &look->edit->cluster->arena;
    if (json_type(pod_template) != JSON_OBJECT)
        return refuse(look, "", look->type->template_path.source,
                      " is missing, so there is no template to approve");
    struct json_text_buffer scratch = {NULL, 0, 0};
    look->view.digest = digest_template(pod_template, look->type->workload, &scratch, arena);
    look->view.after = canonical(look, pod_template);
    json_text_done(&scratch);
    return HELD_DONE;
}

static enum held_status take_stored(struct look *look, struct text body)
{
    struct held_edit *edit = look->edit;
    struct json object;
    struct error error = {0};
    edit->other = edit->other == NULL ? json_reader_new() : edit->other;
    if (!json_read(edit->other, body.at, body.length, &object, &error))
        return fail(look, &error);
    return take_template(look, object);
}

static enum held_status dry_run(struct look *look, const char *path, struct text manifest)
{
    struct held_edit *edit = look->edit;
    struct arena *arena = &edit->cluster->arena;
    const struct kube_call call = {.method = KUBE_PATCH,
                                   .path = arena_printf(arena, "%s" DRY_RUN, path).at,
                                   .accept = "application/json",
                                   .content_type = "application/apply-patch+yaml",
                                   .body = manifest};
    struct kube_answer answer;
    struct error error = {0};
    if (!held_cluster_ask(edit->cluster, &call, &answer, &error))
        return fail(look, &error);
    if (answer.status != STATUS_OK && answer.status != STATUS_CREATED)
        return refuse(look, "the dry run was refused: ", held_refusal(&answer, arena), "");
    return take_stored(look, answer.body);
}

/* ---- what runs ---- */

static bool stands_still(const struct look *look)
{
    struct object_state state = object_state_read(look->edit->object, look->type, false);
    return state.stopped || state.partition > 0 || state.replicas == 0;
}

static enum held_status take_held(struct look *look, const struct hold *hold)
{
    struct held_edit *edit = look->edit;
    struct error error = {0};
    look->view.ground = (hold->classes & CLASS_BIT(CLASS_CREATE)) != 0 ? GROUND_NOTHING : GROUND_UNKNOWN;
    if (look->view.ground == GROUND_NOTHING || !hold->running.known)
        return HELD_DONE;
    if (!held_running_find(edit->cluster, edit->kind, edit->namespace, edit->object, hold, &look->view.before,
                           &error))
        return fail(look, &error);
    if (look->view.before.length > 0)
        look->view.ground = GROUND_RUNNING;
    return HELD_DONE;
}

/* `offered`: a manifest says what would run; else it is what the object has. */
static enum held_status take_ground(struct look *look, bool offered)
{
    struct json object = look->edit->object;
    struct hold_marks marks = hold_marks_read(object, look->type, &look->edit->cluster->arena);
    if (marks.readable)
        return take_held(look, &marks.hold);
    bool still = marks.annotation.at != NULL || stands_still(look);
    look->view.ground = !still ? GROUND_RUNNING : offered ? GROUND_STOPPED : GROUND_UNKNOWN;
    if (look->view.ground != GROUND_UNKNOWN)
        look->view.before = canonical(look, object_at(object, &look->type->template_path));
    return HELD_DONE;
}

static enum held_status read_object(struct look *look, const char *path, bool offered)
{
    struct held_edit *edit = look->edit;
    const struct kube_call call = {.method = KUBE_GET, .path = path, .accept = "application/json"};
    struct kube_answer answer;
    struct error error = {0};
    if (!held_cluster_ask(edit->cluster, &call, &answer, &error))
        return fail(look, &error);
    if (answer.status == STATUS_NOT_FOUND && offered)
        return HELD_DONE;
    if (answer.status != STATUS_OK)
        return refuse(look, "", held_refusal(&answer, &edit->cluster->arena),
                      answer.status == STATUS_NOT_FOUND ? "; give the manifest of what is new with -f FILE"
                                                        : "");
    edit->reader = edit->reader == NULL ? json_reader_new() : edit->reader;
    if (!json_read(edit->reader, answer.body.at, answer.body.length, &edit->object, &error))
        return fail(look, &error);
    look->exists = true;
    return HELD_DONE;
}

/* ---- both ---- */

static enum held_status take_offered(struct look *look, enum approve_source source, const char *path,
                                     struct text manifest)
{
    switch (source) {
    case FROM_APPLY: return dry_run(look, path, manifest);
    case FROM_STORED: return take_stored(look, manifest);
    default: return take_template(look, look->edit->object);
    }
}

enum held_status approve_view_read(struct held_edit *edit, enum approve_source source, struct text manifest,
                                   struct approve_view *ret_view)
{
    struct look look = {.edit = edit, .type = held_kind_type(edit->kind)};
    bool offered = source != FROM_OBJECT;
    const char *path = held_kind_path(edit->kind, edit->namespace, edit->name, &edit->cluster->arena);
    enum held_status status = read_object(&look, path, offered);
    if (status == HELD_DONE && look.exists)
        status = take_ground(&look, offered);
    if (status == HELD_DONE)
        status = take_offered(&look, source, path, manifest);
    if (status != HELD_DONE)
        return status;
    if (look.view.ground == GROUND_RUNNING && text_equal(look.view.before, look.view.after))
        return refuse(&look, "nothing to approve: the template ", look.view.digest,
                      offered ? " runs already"
                              : " runs already; give the manifest of the change with -f FILE");
    *ret_view = look.view;
    return HELD_DONE;
}
