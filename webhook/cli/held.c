#include "cli/held.h"

#include "cli/held_cluster.h"
#include "cli/held_options.h"
#include "cli/held_report.h"

enum { STATUS_GOOD = 0, STATUS_UNUSABLE = 2 };

static const char *help(void)
{
    return "usage: changegate held [-n NAMESPACE] [-o text|json] [--kubeconfig FILE]\n"
           "\n"
           "What is held in the cluster until a freeze ends: Deployments, StatefulSets, DaemonSets, Jobs, "
           "CronJobs\n"
           "and Pods that carry the label changegate.dev/held. Works as `kubectl changegate held`, too.\n"
           "\n"
           "  -n, --namespace NS        in this namespace alone\n"
           "  -A, --all-namespaces      the default\n"
           "  -o, --output text|json    default text\n"
           "      --kubeconfig FILE     default: $KUBECONFIG, then ~/.kube/config, then a pod's own "
           "credentials\n"
           "\n"
           "STATE is held; releasing: released, and its rollout is not finished yet; or failed: its rollout "
           "failed\n"
           "after the release, which stops the thaw of its namespace until `changegate release NAMESPACE`.\n"
           "UNTIL is the next opening as it was known when the object was last written; \"open\": it is "
           "open, and\n"
           "something else keeps it held, which -o json says as the reason.\n"
           "\n"
           "Exit status: 0; 2 unusable input, or no answer from the cluster.\n"
           "\n"
           "JSON: {items: [{namespace, kind, name, state, class, since, until, window, approvals, "
           "changeDocument,\n"
           "by, policy, reason}]}, times in UTC; null for what is not known, or has no known end.\n";
}

/* Everything that one run of the command holds. */
struct held {
    struct held_cluster cluster;
    struct json_reader *reader;
    struct held_list lists[HELD_KINDS];
    struct held_item *items; /* owned by the cluster's arena */
    size_t count;
    struct json_text_buffer out;
};

/* One object that cannot be read hides no other. */
static void read_items(struct held *held, const struct held_kind *kind, const struct held_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct json object;
        struct error error = {0};
        if (json_read(held->reader, list->items[i].at, list->items[i].length, &object, &error)) {
            held->items[held->count++] = held_item_read(object, kind, &held->cluster.arena);
            continue;
        }
        error_prefix(&error, "one of the %s cannot be read and is left out: ", kind->resource);
        arguments_complain("", text_of(error.text));
    }
}

static bool read_cluster(struct held *held, const struct held_options *options, struct error *error)
{
    size_t most = 0;
    if (!held_cluster_open(options->kubeconfig, &held->cluster, error))
        return false;
    for (size_t i = 0; i < HELD_KINDS; i++) {
        const char *path = held_kind_path(&held_kinds[i], options->namespace, NULL, &held->cluster.arena);
        if (!held_cluster_list(&held->cluster, path, HOLD_LABEL, held_kinds[i].resource, &held->lists[i],
                               error))
            return false;
        most += held->lists[i].count;
    }
    held->items = arena_alloc_array(&held->cluster.arena, most, sizeof(*held->items));
    for (size_t i = 0; i < HELD_KINDS; i++)
        read_items(held, &held_kinds[i], &held->lists[i]);
    held_items_sort(held->items, held->count);
    return true;
}

static int run(struct held *held, const struct held_options *options)
{
    struct error error = {0};
    if (!read_cluster(held, options, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    if (options->json)
        held_write_json(held->items, held->count, &held->cluster.arena, &held->out);
    else
        held_write_text(held->items, held->count, &held->cluster.arena, &held->out);
    return arguments_print(json_text_view(&held->out)) ? STATUS_GOOD : STATUS_UNUSABLE;
}

int cli_held(int argc, char **argv)
{
    struct held_options options;
    struct error error = {0};
    if (!held_options_read("held", "text", argc, argv, &options, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    if (options.help)
        return arguments_print(text_of(help())) ? STATUS_GOOD : STATUS_UNUSABLE;
    struct held held = {.reader = json_reader_new()};
    int status = run(&held, &options);
    json_reader_free(held.reader);
    json_text_done(&held.out);
    held_cluster_done(&held.cluster);
    return status;
}
