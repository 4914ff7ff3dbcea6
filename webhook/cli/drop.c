#include "cli/drop.h"

#include "cli/held_edit.h"
#include "cli/held_running.h"
#include "cli/held_target.h"
#include "codec/hold.h"
#include "codec/objects.h"

static const char *help(void)
{
    return "usage: changegate drop NAMESPACE KIND/NAME [--kubeconfig FILE]\n"
           "\n"
           "Gives a held change up and puts the pod template that is running back: `changegate drop shop "
           "deployment/web`.\n"
           "Nothing restarts. A held creation, of which nothing runs, is deleted. Whoever applies the change "
           "again\n"
           "(a GitOps tool, say) has it held again: revert it there, too.\n"
           "\n"
           "The template comes from the ReplicaSets or ControllerRevisions of the object, and only one whose "
           "digest\n"
           "proves that it is the one that runs is taken.\n"
           "\n"
           "KIND is deployment, statefulset, daemonset, job, cronjob or pod, written as for kubectl (deploy, "
           "sts,\n"
           "deployments.apps, ...). Works as `kubectl changegate drop`, too.\n"
           "\n"
           "      --kubeconfig FILE     default: $KUBECONFIG, then ~/.kube/config, then a pod's own "
           "credentials\n"
           "\n"
           "Exit status: 0 done; 1 refused, or nothing is held there; 2 unusable input, or no answer from "
           "the "
           "cluster.\n";
}

static enum held_change give_up(struct held_edit *edit, const char *why, enum held_status *status)
{
    held_edit_complain(edit, text_of(why));
    *status = HELD_REFUSED;
    return CHANGE_NONE;
}

static bool find_running(struct held_edit *edit, const struct hold *hold, struct text *ret_template,
                         struct error *error)
{
    if (!held_running_find(edit->cluster, edit->kind, edit->namespace, edit->object, hold, ret_template,
                           error))
        return false;
    return ret_template->length > 0 ||
           error_set(
               error, ERROR_INPUT,
               "the template that runs (%.*s) is not kept anywhere in the cluster; apply the manifest that "
               "runs, which ends the hold, too",
               TEXT_ARGS(hold->running.digest));
}

static enum held_change make_drop(void *context, struct held_edit *edit, enum held_status *status)
{
    bool *leaves_stopped = context;
    struct arena *arena = &edit->cluster->arena;
    const struct workload_type *type = held_kind_type(edit->kind);
    struct text label = held_edit_label(edit), running = TEXT_EMPTY;
    struct text annotation = object_annotation(edit->object, text_of(HOLD_ANNOTATION));
    struct hold hold;
    struct error error = {0};
    if (text_is(label, HOLD_LABEL_RELEASING) || text_is(label, HOLD_LABEL_FAILED))
        return give_up(edit, "is released, so nothing is held that could be dropped; roll it back instead",
                       status);
    if (label.at == NULL && annotation.at == NULL)
        return give_up(edit, "is not held; `changegate held` shows what is", status);
    if (annotation.at == NULL || !hold_read(annotation, type, arena, &hold))
        return give_up(edit, "what is held cannot be read; apply the manifest that runs", status);
    if ((hold.classes & CLASS_BIT(CLASS_CREATE)) != 0)
        return CHANGE_DELETE;
    if (hold.running.known && !find_running(edit, &hold, &running, &error)) {
        held_edit_complain(edit, text_of(error.text));
        *status = error.kind == ERROR_INPUT ? HELD_REFUSED : HELD_UNUSABLE;
        return CHANGE_NONE;
    }
    hold_write_drop(edit->object, type, running, arena, &edit->patch);
    *leaves_stopped = running.length > 0 && held_edit_leaves_stopped(edit);
    return CHANGE_PATCH;
}

static enum held_status drop_object(struct held_cluster *cluster, const struct held_target *target)
{
    struct held_edit edit = {
        .cluster = cluster, .kind = target->kind, .namespace = target->namespace, .name = target->name};
    enum held_change made = CHANGE_NONE;
    bool leaves_stopped = false;
    enum held_status status = held_edit_run(&edit, make_drop, &leaves_stopped, &made);
    if (made == CHANGE_DELETE) {
        status = held_edit_print(&edit, "its creation is dropped: nothing of it ran, and it is deleted");
    } else if (made == CHANGE_PATCH && held_edit_label(&edit).at != NULL) {
        held_edit_complain(&edit, text_of("is still held; `changegate held -o json` says why"));
        status = HELD_REFUSED;
    } else if (made == CHANGE_PATCH) {
        struct text stopped = arena_printf(&cluster->arena,
                                           "the held change is dropped; what runs stays; changegate was not "
                                           "asked, so put %.*s back yourself",
                                           TEXT_ARGS(held_kind_type(target->kind)->hold_path.source));
        status = held_edit_print(&edit,
                                 leaves_stopped ? stopped.at : "the held change is dropped; what runs stays");
    }
    held_edit_done(&edit);
    return status;
}

int cli_drop(int argc, char **argv)
{
    return held_command("drop", false, help, argc, argv, drop_object);
}
