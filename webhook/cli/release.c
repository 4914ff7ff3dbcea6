#include "cli/release.h"

#include "cli/held_edit.h"
#include "cli/held_target.h"
#include "codec/hold.h"

#include <stdlib.h>

static const char *help(void)
{
    return "usage: changegate release NAMESPACE KIND/NAME [--kubeconfig FILE]\n"
           "       changegate release NAMESPACE [--kubeconfig FILE]\n"
           "\n"
           "Lets a held change go out now, before the freeze ends: `changegate release shop deployment/web`. "
           "The\n"
           "gate lets the policy's operators do this, and records it; once it is open, anybody may.\n"
           "\n"
           "A rollout that failed after its release stops the thaw of its namespace. Without KIND/NAME the "
           "marks\n"
           "of all failed rollouts in the namespace are taken away, and the thaw goes on; with KIND/NAME "
           "that "
           "one.\n"
           "\n"
           "KIND is deployment, statefulset, daemonset, job, cronjob or pod, written as for kubectl (deploy, "
           "sts,\n"
           "deployments.apps, ...). Works as `kubectl changegate release`, too.\n"
           "\n"
           "      --kubeconfig FILE     default: $KUBECONFIG, then ~/.kube/config, then a pod's own "
           "credentials\n"
           "\n"
           "Exit status: 0 done; 1 refused, or nothing is held there; 2 unusable input, or no answer from "
           "the "
           "cluster.\n";
}

/* ---- one object ---- */

/* What is said of it when it is done. */
static const char said_released[] = "released; `changegate held` shows it until it is rolled out";
static const char said_whole[] = "released; changegate is not asked about it";
static const char said_resumed[] = "no longer counts as failed; the thaw of the namespace goes on";

static enum held_change write_release(struct held_edit *edit, const char **said, enum held_status *status)
{
    const struct workload_type *type = held_kind_type(edit->kind);
    struct arena *arena = &edit->cluster->arena;
    *said = said_released;
    hold_write_release(edit->object, type, false, arena, &edit->patch);
    if (edit->patch.length == 0) {
        held_edit_complain(edit, text_of("what is held cannot be read; apply its manifest again"));
        *status = HELD_REFUSED;
        return CHANGE_NONE;
    }
    if (held_edit_leaves_stopped(edit)) {
        *said = said_whole;
        json_text_clear(&edit->patch);
        hold_write_release(edit->object, type, true, arena, &edit->patch);
    }
    return CHANGE_PATCH;
}

static enum held_change make_release(void *context, struct held_edit *edit, enum held_status *status)
{
    const char **said = context;
    struct text label = held_edit_label(edit);
    if (text_is(label, HOLD_LABEL_FAILED)) {
        *said = said_resumed;
        hold_write_label(edit->object, HOLD_LABEL_FAILED, NULL, &edit->patch);
        return CHANGE_PATCH;
    }
    if (text_is(label, HOLD_LABEL_HELD))
        return write_release(edit, said, status);
    if (text_is(label, HOLD_LABEL_RELEASING)) {
        *status = held_edit_print(edit, "was released before; its rollout is under way");
        return CHANGE_NONE;
    }
    held_edit_complain(edit, text_of("is not held; `changegate held` shows what is"));
    *status = HELD_REFUSED;
    return CHANGE_NONE;
}

static enum held_status release_object(struct held_cluster *cluster, const struct held_kind *kind,
                                       const char *namespace, const char *name)
{
    struct held_edit edit = {.cluster = cluster, .kind = kind, .namespace = namespace, .name = name};
    enum held_change made = CHANGE_NONE;
    const char *said = said_released;
    enum held_status status = held_edit_run(&edit, make_release, &said, &made);
    if (made != CHANGE_NONE && text_is(held_edit_label(&edit), HOLD_LABEL_HELD)) {
        held_edit_complain(&edit, text_of("is still held; `changegate held -o json` says why"));
        status = HELD_REFUSED;
    } else if (made != CHANGE_NONE) {
        status = held_edit_print(&edit, said);
    }
    held_edit_done(&edit);
    return status;
}

/* ---- all that failed in a namespace ---- */

static struct text name_in(struct json_reader *reader, struct text item, struct arena *arena)
{
    struct json object;
    struct error error = {0};
    if (!json_read(reader, item.at, item.length, &object, &error))
        return TEXT_EMPTY;
    return arena_copy(arena, json_as_text(json_get(json_get(object, text_of("metadata")), text_of("name"))));
}

static enum held_status resume_kind(struct held_cluster *cluster, const char *namespace,
                                    const struct held_kind *kind, size_t *count)
{
    struct held_list list;
    struct error error = {0};
    enum held_status worst = HELD_DONE;
    const char *path = held_kind_path(kind, namespace, NULL, &cluster->arena);
    if (!held_cluster_list(cluster, path, HOLD_LABEL "=" HOLD_LABEL_FAILED, kind->resource, &list, &error)) {
        arguments_complain("", text_of(error.text));
        return HELD_UNUSABLE;
    }
    struct json_reader *reader = json_reader_new();
    for (size_t i = 0; i < list.count; i++) {
        struct text name = name_in(reader, list.items[i], &cluster->arena);
        if (name.length == 0)
            continue;
        enum held_status status = release_object(cluster, kind, namespace, name.at);
        worst = status > worst ? status : worst;
        (*count)++;
    }
    json_reader_free(reader);
    return worst;
}

static enum held_status resume_namespace(struct held_cluster *cluster, const char *namespace)
{
    size_t count = 0;
    enum held_status worst = HELD_DONE;
    for (size_t i = 0; i < HELD_KINDS && worst != HELD_UNUSABLE; i++) {
        enum held_status status = resume_kind(cluster, namespace, &held_kinds[i], &count);
        worst = status > worst ? status : worst;
    }
    if (count == 0 && worst == HELD_DONE) {
        struct text line =
            arena_printf(&cluster->arena,
                         "%s: no rollout failed after its release, so nothing stops its thaw\n", namespace);
        return arguments_print(line) ? HELD_DONE : HELD_UNUSABLE;
    }
    return worst;
}

/* ---- the command ---- */

static enum held_status release(struct held_cluster *cluster, const struct held_target *target)
{
    return target->kind == NULL ? resume_namespace(cluster, target->namespace)
                                : release_object(cluster, target->kind, target->namespace, target->name);
}

int cli_release(int argc, char **argv)
{
    return held_command("release", true, help, argc, argv, release);
}
