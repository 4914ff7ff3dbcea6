#include "cli/approve.h"

#include "cli/approve_manifest.h"
#include "cli/approve_object.h"
#include "cli/approve_view.h"
#include "core/approval.h"
#include "core/instant.h"
#include "edge/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { STATUS_CREATED = 201, STATUS_NOT_FOUND = 404, DIFFERENCE_LINES_MOST = 400, ANSWER_BYTES = 16 };

/* Everything that one run of the command holds. */
struct approve {
    const struct approve_options *options;
    struct held_cluster cluster;
    struct held_edit edit;
    struct json_text_buffer manifest, out; /* manifest: empty where none was given */
    struct approve_view view;
    int64_t expires_s;
    size_t left_out; /* lines of the difference */
};

/* ---- the question ---- */

static bool reads_stdin(const struct approve_options *options)
{
    return options->file != NULL && text_is(text_of(options->file), "-");
}

/* Whoever is asked sees the question on standard error, and answers on standard input, or, where that is the
 * manifest, on the terminal itself. */
static bool can_ask(const struct approve_options *options)
{
    return isatty(STDERR_FILENO) != 0 && (reads_stdin(options) || isatty(STDIN_FILENO) != 0);
}

static bool is_yes(struct text answer)
{
    answer = text_trim(answer);
    return text_equal_nocase(answer, text_of("y")) || text_equal_nocase(answer, text_of("yes"));
}

static bool read_answer(const struct approve_options *options)
{
    char answer[ANSWER_BYTES] = "";
    FILE *from = reads_stdin(options) ? fopen("/dev/tty", "re") : stdin;
    bool answered = from != NULL && fgets(answer, sizeof(answer), from) != NULL;
    if (from != NULL && from != stdin)
        fclose(from);
    return answered && is_yes(text_of(answer));
}

static enum held_status ask(struct approve *approve)
{
    const struct approve_options *options = approve->options;
    struct arena *arena = &approve->cluster.arena;
    if (options->yes)
        return HELD_DONE;
    if (approve->left_out > 0)
        fprintf(stderr, "%zu lines of the difference were not shown.\n", approve->left_out);
    fprintf(stderr, "Approve %.*s of %s %s/%s for change %s until %.*s? [y/N] ",
            TEXT_ARGS(approve->view.digest), options->target.kind->kind, options->target.namespace,
            options->target.name, options->change_id, TEXT_ARGS(instant_format(arena, approve->expires_s)));
    if (read_answer(options))
        return HELD_DONE;
    held_edit_complain(&approve->edit, text_of("not approved"));
    return HELD_REFUSED;
}

/* ---- the Approval ---- */

static enum held_status print_stored(struct approve *approve, const struct kube_answer *answer)
{
    const struct approve_options *options = approve->options;
    struct arena *arena = &approve->cluster.arena;
    struct approve_stored stored = approve_object_read(answer->body, arena);
    struct text text = arena_printf(arena, "approved by %.*s for change %s until %.*s: approval %.*s",
                                    TEXT_ARGS(stored.approver), options->change_id, TEXT_ARGS(stored.expires),
                                    TEXT_ARGS(stored.name));
    return held_edit_print(&approve->edit, text.at);
}

static enum held_status refuse(struct approve *approve, const struct kube_answer *answer)
{
    static const struct text unknown = TEXT("the server could not find the requested resource");
    struct arena *arena = &approve->cluster.arena;
    struct text said = held_refusal(answer, arena);
    const char *cure = answer->status == STATUS_NOT_FOUND && text_equal(said, unknown)
                           ? "; the cluster has no Approvals; charts/changegate brings them"
                           : "";
    held_edit_complain(&approve->edit,
                       arena_printf(arena, "the Approval was refused: %.*s%s", TEXT_ARGS(said), cure));
    return HELD_REFUSED;
}

static enum held_status make_approval(struct approve *approve)
{
    const struct approve_options *options = approve->options;
    struct arena *arena = &approve->cluster.arena;
    struct kube_answer answer;
    struct error error = {0};
    json_text_clear(&approve->out);
    approve_object_write(options, approve->view.digest, options->expires_s == 0 ? 0 : approve->expires_s,
                         arena, &approve->out);
    const struct kube_call call = {.method = KUBE_POST,
                                   .path = approve_object_path(options->target.namespace, arena),
                                   .accept = "application/json",
                                   .content_type = "application/json",
                                   .body = json_text_view(&approve->out)};
    if (!held_cluster_ask(&approve->cluster, &call, &answer, &error)) {
        held_edit_complain(&approve->edit, text_of(error.text));
        return HELD_UNUSABLE;
    }
    return answer.status == STATUS_CREATED ? print_stored(approve, &answer) : refuse(approve, &answer);
}

/* ---- the command ---- */

/* What needs no cluster. */
static bool prepare(struct approve *approve, struct error *error)
{
    const struct approve_options *options = approve->options;
    if (!options->yes && !can_ask(options))
        return error_set(
            error, ERROR_INPUT,
            "nobody can be asked here: this is no terminal; look at the difference on one, or give "
            "--yes");
    struct arena arena = {NULL, 0};
    bool good = options->file == NULL ||
                approve_manifest_read(options->file, &options->target, &arena, &approve->manifest, error);
    arena_done(&arena);
    return good;
}

static enum held_status run(struct approve *approve)
{
    const struct approve_options *options = approve->options;
    enum approve_source source = options->file == NULL ? FROM_OBJECT
                                 : options->stored     ? FROM_STORED
                                                       : FROM_APPLY;
    enum held_status status =
        approve_view_read(&approve->edit, source, json_text_view(&approve->manifest), &approve->view);
    if (status != HELD_DONE)
        return status;
    json_text_clear(&approve->out);
    approve->left_out = approve_view_write(&approve->view, &approve->edit,
                                           options->full ? 0 : DIFFERENCE_LINES_MOST, &approve->out);
    if (!arguments_print(json_text_view(&approve->out)))
        return HELD_UNUSABLE;
    approve->expires_s =
        clock_wall_ms() / 1000 + (options->expires_s == 0 ? APPROVAL_AGE_S_USUAL : options->expires_s);
    status = ask(approve);
    return status == HELD_DONE ? make_approval(approve) : status;
}

static int run_with(const struct approve_options *options)
{
    const struct held_target *target = &options->target;
    struct approve approve = {.options = options};
    struct error error = {0};
    enum held_status status = HELD_UNUSABLE;
    approve.edit = (struct held_edit){.cluster = &approve.cluster,
                                      .kind = target->kind,
                                      .namespace = target->namespace,
                                      .name = target->name};
    if (prepare(&approve, &error) && held_cluster_open(target->kubeconfig, &approve.cluster, &error))
        status = run(&approve);
    else
        arguments_complain("", text_of(error.text));
    held_edit_done(&approve.edit);
    json_text_done(&approve.manifest);
    json_text_done(&approve.out);
    held_cluster_done(&approve.cluster);
    return (int)status;
}

int cli_approve(int argc, char **argv)
{
    struct approve_options options;
    struct error error = {0};
    if (!approve_options_read(argc, argv, &options, &error)) {
        arguments_complain("", text_of(error.text));
        return HELD_UNUSABLE;
    }
    if (options.target.help)
        return arguments_print(text_of(approve_options_help())) ? HELD_DONE : HELD_UNUSABLE;
    return run_with(&options);
}
