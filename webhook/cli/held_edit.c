#include "cli/held_edit.h"

#include "cli/arguments.h"
#include "codec/hold.h"

#include <stdio.h>

enum { ATTEMPTS_MOST = 5, STATUS_OK = 200, STATUS_CONFLICT = 409, STATUS_UNPROCESSABLE = 422 };

static struct text name_of(const struct held_edit *edit)
{
    return arena_printf(&edit->cluster->arena, "%s %s/%s", edit->kind->noun, edit->namespace, edit->name);
}

void held_edit_complain(const struct held_edit *edit, struct text text)
{
    struct text before = arena_printf(&edit->cluster->arena, "%.*s: ", TEXT_ARGS(name_of(edit)));
    arguments_complain(before.at, text);
}

enum held_status held_edit_print(const struct held_edit *edit, const char *text)
{
    struct text line = arena_printf(&edit->cluster->arena, "%.*s: %s\n", TEXT_ARGS(name_of(edit)), text);
    return arguments_print(line) ? HELD_DONE : HELD_UNUSABLE;
}

static enum held_status fail(const struct held_edit *edit, const struct error *error)
{
    held_edit_complain(edit, text_of(error->text));
    return HELD_UNUSABLE;
}

static enum held_status refuse(const struct held_edit *edit, const struct kube_answer *answer)
{
    held_edit_complain(edit, held_refusal(answer, &edit->cluster->arena));
    return HELD_REFUSED;
}

/* The object in the body of a good answer. */
static bool take_object(struct held_edit *edit, const struct kube_answer *answer, struct error *error)
{
    if (edit->reader == NULL)
        edit->reader = json_reader_new();
    return json_read(edit->reader, answer->body.at, answer->body.length, &edit->object, error);
}

static enum held_status get(struct held_edit *edit, const char *path)
{
    const struct kube_call call = {.method = KUBE_GET, .path = path, .accept = "application/json"};
    struct kube_answer answer;
    struct error error = {0};
    if (!held_cluster_ask(edit->cluster, &call, &answer, &error))
        return fail(edit, &error);
    if (answer.status != STATUS_OK)
        return refuse(edit, &answer);
    return take_object(edit, &answer, &error) ? HELD_DONE : fail(edit, &error);
}

/* What is deleted is the object that was looked at, and no newer edit of it. */
static void write_delete_options(struct held_edit *edit)
{
    struct json metadata = json_get(edit->object, text_of("metadata"));
    json_text_clear(&edit->patch);
    json_text_raw_str(&edit->patch, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\","
                                    "\"propagationPolicy\":\"Background\",\"preconditions\":{");
    json_text_member(&edit->patch, "uid", json_as_text(json_get(metadata, text_of("uid"))));
    json_text_member(&edit->patch, "resourceVersion",
                     json_as_text(json_get(metadata, text_of("resourceVersion"))));
    json_text_raw_str(&edit->patch, "}}");
}

static struct kube_call patch_call(const struct held_edit *edit, const char *path)
{
    return (struct kube_call){.method = KUBE_PATCH,
                              .path = path,
                              .accept = "application/json",
                              .content_type = "application/json-patch+json",
                              .body = arena_copy(&edit->cluster->arena, json_text_view(&edit->patch))};
}

/* *ret_again: somebody else changed the object since it was read, so the `test` of the patch fails (422), or
 * the precondition (409). */
static enum held_status send(struct held_edit *edit, const char *path, enum held_change change,
                             bool *ret_again)
{
    if (change == CHANGE_DELETE)
        write_delete_options(edit);
    struct kube_call call = patch_call(edit, path);
    if (change == CHANGE_DELETE) {
        call.method = KUBE_DELETE;
        call.content_type = "application/json";
    }
    struct kube_answer answer;
    struct error error = {0};
    if (!held_cluster_ask(edit->cluster, &call, &answer, &error))
        return fail(edit, &error);
    *ret_again &= answer.status == STATUS_CONFLICT || answer.status == STATUS_UNPROCESSABLE;
    if (*ret_again)
        return HELD_REFUSED;
    if (answer.status != STATUS_OK && !(change == CHANGE_DELETE && answer.status == 202))
        return refuse(edit, &answer);
    return change == CHANGE_DELETE || take_object(edit, &answer, &error) ? HELD_DONE : fail(edit, &error);
}

enum held_status held_edit_run(struct held_edit *edit, held_edit_make *make, void *context,
                               enum held_change *ret_made)
{
    const char *path = held_kind_path(edit->kind, edit->namespace, edit->name, &edit->cluster->arena);
    for (int attempt = 1;; attempt++) {
        bool again = attempt < ATTEMPTS_MOST;
        enum held_status status = get(edit, path);
        if (status != HELD_DONE)
            return status;
        json_text_clear(&edit->patch);
        enum held_change change = make(context, edit, &status);
        if (change == CHANGE_NONE) {
            *ret_made = change;
            return status;
        }
        status = send(edit, path, change, &again);
        if (again && status == HELD_REFUSED)
            continue;
        *ret_made = status == HELD_DONE ? change : CHANGE_NONE;
        return status;
    }
}

static bool is_meant_to_be_stopped(const struct hold *hold, const struct workload_type *type)
{
    return type->hold_path.step_count > 0 && text_equal(hold->restore, type->hold_value);
}

bool held_edit_leaves_stopped(struct held_edit *edit)
{
    struct arena *arena = &edit->cluster->arena;
    const struct workload_type *type = held_kind_type(edit->kind);
    struct hold_marks before = hold_marks_read(edit->object, type, arena);
    const char *path = held_kind_path(edit->kind, edit->namespace, edit->name, arena);
    const struct kube_call call = patch_call(edit, arena_printf(arena, "%s?dryRun=All", path).at);
    struct kube_answer answer;
    struct error error = {0};
    struct json after;
    if (!before.held || is_meant_to_be_stopped(&before.hold, type) ||
        !held_cluster_ask(edit->cluster, &call, &answer, &error) || answer.status != STATUS_OK)
        return false;
    if (edit->other == NULL)
        edit->other = json_reader_new();
    return json_read(edit->other, answer.body.at, answer.body.length, &after, &error) &&
           hold_marks_read(after, type, arena).stopped;
}

struct text held_edit_label(const struct held_edit *edit)
{
    struct json labels = json_get(json_get(edit->object, text_of("metadata")), text_of("labels"));
    return json_as_text(json_get(labels, text_of(HOLD_LABEL)));
}

void held_edit_done(struct held_edit *edit)
{
    json_reader_free(edit->reader);
    json_reader_free(edit->other);
    json_text_done(&edit->patch);
}

int held_command(const char *name, bool namespace_alone, const char *(*help)(void), int argc, char **argv,
                 held_run *run)
{
    struct held_target target;
    struct held_cluster cluster;
    struct error error = {0};
    if (!held_target_read(name, namespace_alone, argc, argv, &target, &error)) {
        arguments_complain("", text_of(error.text));
        return HELD_UNUSABLE;
    }
    if (target.help)
        return arguments_print(text_of(help())) ? HELD_DONE : HELD_UNUSABLE;
    enum held_status status = HELD_UNUSABLE;
    if (held_cluster_open(target.kubeconfig, &cluster, &error))
        status = run(&cluster, &target);
    else
        arguments_complain("", text_of(error.text));
    held_cluster_done(&cluster);
    return (int)status;
}
