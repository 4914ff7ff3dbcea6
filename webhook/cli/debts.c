#include "cli/debts.h"

#include "cli/debts_report.h"
#include "cli/held_cluster.h"
#include "cli/held_options.h"
#include "edge/clock.h"
#include "edge/kube_fetch.h"

enum { STATUS_GOOD = 0, STATUS_UNUSABLE = 2, LIST_MS_MOST = 120000, PAGE_SIZE = 500 };

/* Everything that one run of the command holds. */
struct run {
    const struct held_options *options;
    struct held_cluster cluster;
    const struct held_kind *kind; /* the one that is listed */
    struct debts debts;           /* of the kinds before it, and of it: those from `first` on */
    size_t first;
    bool unreadable; /* some record was, and that was said */
    struct json_text_buffer out;
};

static const char *help(void)
{
    return "usage: changegate debts [-n NAMESPACE] [-o table|json] [--kubeconfig FILE]\n"
           "\n"
           "Each use of break-glass that nobody has reviewed yet, as the workloads themselves say it. Works "
           "as\n"
           "`kubectl changegate debts`, too.\n"
           "\n"
           "  -n, --namespace NS        in this namespace alone\n"
           "  -A, --all-namespaces      the default\n"
           "  -o, --output table|json   default table\n"
           "      --kubeconfig FILE     default: $KUBECONFIG, then ~/.kube/config, then a pod's own "
           "credentials\n"
           "\n"
           "A debt is settled by somebody other than BY, who has looked at the change:\n"
           "\n"
           "    kubectl annotate -n NAMESPACE KIND NAME --overwrite changegate.dev/reviewed-by=YOU\n"
           "\n"
           "YOU is the user name that the API server knows you by: kubectl auth whoami.\n"
           "\n"
           "Exit status: 0; 2 unusable input, no answer from the cluster, or a record that cannot be read.\n"
           "\n"
           "JSON: {items: [{namespace, kind, name, incident, by, at, reason, digest}]}, times in UTC; digest "
           "is of\n"
           "the template that was let through, null where none was.\n";
}

/* ---- one list, which may begin again ---- */

static void list_begin(void *context)
{
    struct run *run = context;
    run->debts.count = run->first;
}

static void list_end(void *context)
{
    struct run *run = context;
    run->first = run->debts.count;
}

static bool put(void *context, struct text object, struct error *error)
{
    struct run *run = context;
    struct error said = {0};
    (void)error;
    if (debts_add(&run->debts, run->kind, object, &run->cluster.arena, &said))
        return true;
    run->unreadable = true;
    arguments_complain("", text_of(said.text));
    return true;
}

static void take_out(void *context, struct text namespace, struct text name)
{
    (void)context;
    (void)namespace;
    (void)name;
}

static size_t count(void *context)
{
    const struct run *run = context;
    return run->debts.count;
}

/* Metadata alone is asked for: pods are many. */
static bool read_kind(struct run *run, const struct held_kind *kind, struct error *error)
{
    const struct kube_resource resource = {
        .noun = kind->resource,
        .path = held_kind_path(kind, run->options->namespace, NULL, &run->cluster.arena),
        .accept_list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        .page_size = PAGE_SIZE,
        .cure_forbidden = "name a namespace in which you may list all kinds of workloads",
        .sink = {run, list_begin, list_end, put, take_out, count},
    };
    run->kind = kind;
    return kube_fetch_list(&run->cluster.config, &resource, LIST_MS_MOST, error);
}

/* ---- the command ---- */

static bool read_cluster(struct run *run, struct error *error)
{
    if (!held_cluster_open(run->options->kubeconfig, &run->cluster, error))
        return false;
    for (size_t i = 0; i < WORKLOAD_KINDS; i++)
        if (!read_kind(run, &held_kinds[i], error))
            return false;
    debts_sort(&run->debts);
    return true;
}

static int run_with(struct run *run)
{
    struct error error = {0};
    if (!read_cluster(run, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    struct arena *arena = &run->cluster.arena;
    if (run->options->json)
        debts_write_json(&run->debts, arena, &run->out);
    else if (run->debts.count > 0 || !run->unreadable) /* else it is not known that there are none */
        debts_write_table(&run->debts, clock_wall_ms() / 1000, arena, &run->out);
    bool printed = arguments_print(json_text_view(&run->out));
    return printed && !run->unreadable ? STATUS_GOOD : STATUS_UNUSABLE;
}

int cli_debts(int argc, char **argv)
{
    struct held_options options;
    struct error error = {0};
    if (!held_options_read("debts", "table", argc, argv, &options, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    if (options.help)
        return arguments_print(text_of(help())) ? STATUS_GOOD : STATUS_UNUSABLE;
    struct run run = {.options = &options};
    int status = run_with(&run);
    json_text_done(&run.out);
    held_cluster_done(&run.cluster);
    return status;
}
