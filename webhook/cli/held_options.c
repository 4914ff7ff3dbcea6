#include "cli/held_options.h"

#include <string.h>

enum { OPTION_KUBECONFIG = 256 };

#define SHORT_OPTIONS "n:Ao:h"
static const struct option long_options[] = {
    {"kubeconfig", required_argument, NULL, OPTION_KUBECONFIG},
    {"namespace", required_argument, NULL, 'n'},
    {"all-namespaces", no_argument, NULL, 'A'},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *held_options_help(void)
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

static bool read_format(struct held_options *options, struct error *error)
{
    options->json = strcmp(optarg, "json") == 0;
    return options->json || strcmp(optarg, "text") == 0 ||
           error_set(error, ERROR_INPUT, "-o: \"%s\" is no format; write text or json", optarg);
}

static bool read_option(int option, struct held_options *options, struct error *error)
{
    switch (option) {
    case OPTION_KUBECONFIG: options->kubeconfig = optarg; return true;
    case 'n':
        options->namespace = optarg;
        return optarg[0] != '\0' ||
               error_set(error, ERROR_INPUT,
                         "--namespace: \"\" is no name; name one, or leave it out for all");
    case 'A': options->namespace = NULL; return true;
    case 'o': return read_format(options, error);
    default: options->help = true; return true;
    }
}

bool held_options_read(int argc, char **argv, struct held_options *ret_options, struct error *error)
{
    struct held_options options = {.help = false};
    int option = 0;
    arguments_start();
    while (option != -1) {
        if (!arguments_next("held", argc, argv, ":" SHORT_OPTIONS, long_options, &option, error) ||
            (option != -1 && !read_option(option, &options, error)))
            return false;
    }
    if (optind < argc)
        return error_set(error, ERROR_INPUT, "%s: is no option; try changegate held --help", argv[optind]);
    *ret_options = options;
    return true;
}
