#include "cli/freezes_options.h"

#include "core/instant.h"

#include <string.h>

enum {
    OPTION_POLICY = 256,
    OPTION_KUBECONFIG,
    OPTION_NAMESPACE,
    OPTION_LABELS,
    OPTION_FROM,
    OPTION_TO,
    OPTION_AT
};

#define SHORT_OPTIONS "n:o:h"
static const struct option long_options[] = {
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"kubeconfig", required_argument, NULL, OPTION_KUBECONFIG},
    {"namespace", required_argument, NULL, 'n'},
    {"namespace-labels", required_argument, NULL, OPTION_LABELS},
    {"from", required_argument, NULL, OPTION_FROM},
    {"to", required_argument, NULL, OPTION_TO},
    {"at", required_argument, NULL, OPTION_AT},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *freezes_options_help(void)
{
    return "usage: changegate freezes [--policy FILE] [--kubeconfig FILE] [OPTION]...\n"
           "\n"
           "What is closed now and next: the windows of the policy file, the cluster's FreezeWindow objects, "
           "or both.\n"
           "\n"
           "      --policy FILE         the policy file of `changegate serve`\n"
           "      --kubeconfig FILE     read FreezeWindow objects and namespaces from this cluster\n"
           "  -n, --namespace NS        what closes this namespace, its freeze label included; without this "
           "option\n"
           "                            all windows count, whatever namespaces they select\n"
           "      --namespace-labels K=V,...\n"
           "                            labels of the namespace; without this option the cluster's, or, "
           "without a\n"
           "                            cluster, the first policy of the file is taken to govern\n"
           "      --from T, --to T      RFC 3339, a day such as 2026-11-20 (midnight UTC), or now; default: "
           "this\n"
           "                            month and the next; 31 days where one of the two is given\n"
           "      --at T                open or closed then, why, and the next transition\n"
           "  -o, --output text|json|ics\n"
           "                            default text\n"
           "\n"
           "Exit status: 0; with --at 0 open (or only warned about), 1 closed; 2 unusable input.\n"
           "\n"
           "JSON: [{start, end, action, windows}], UTC, sorted. end is null where none is known; entries do "
           "not\n"
           "overlap, and two that touch differ in their action. A start is never before --from. With --at:\n"
           "{at, state: Open|Closed, action, windows, nextTransition, nextState}.\n";
}

static bool read_time(const char *option, int64_t now_s, int64_t *ret_s, struct error *error)
{
    char day[32];
    struct text written = text_of(optarg);
    if (text_is(written, "now")) {
        *ret_s = now_s;
        return true;
    }
    if (instant_parse(written, ret_s))
        return true;
    if (written.length == 10) {
        memcpy(day, written.at, written.length);
        memcpy(day + written.length, "T00:00:00Z", sizeof("T00:00:00Z"));
        if (instant_parse(text_of(day), ret_s))
            return true;
    }
    return error_set(error, ERROR_INPUT,
                     "%s: \"%s\" is no time; write RFC 3339 such as 2026-11-20T00:00:00Z, a day, or now",
                     option, optarg);
}

static bool read_format(struct freezes_options *options, struct error *error)
{
    static const char *const names[] = {"text", "json", "ics"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(optarg, names[i]) != 0)
            continue;
        options->format = (enum freezes_format)i;
        return true;
    }
    return error_set(error, ERROR_INPUT, "-o: \"%s\" is no format; write text, json or ics", optarg);
}

static bool read_option(int option, int64_t now_s, struct freezes_options *options, struct error *error)
{
    switch (option) {
    case OPTION_POLICY: options->policy_file = optarg; return true;
    case OPTION_KUBECONFIG: options->kubeconfig = optarg; return true;
    case 'n': options->namespace = optarg; return true;
    case OPTION_LABELS:
        options->labels_given = true;
        return arguments_read_labels("--namespace-labels", optarg, options->labels, &options->label_count,
                                     error);
    case OPTION_FROM: options->from_given = true; return read_time("--from", now_s, &options->from_s, error);
    case OPTION_TO: options->to_given = true; return read_time("--to", now_s, &options->to_s, error);
    case OPTION_AT: options->at_given = true; return read_time("--at", now_s, &options->at_s, error);
    case 'o': return read_format(options, error);
    default: options->help = true; return true;
    }
}

static bool check_whole(const struct freezes_options *options, struct error *error)
{
    if (options->policy_file == NULL && options->kubeconfig == NULL)
        return error_set(error, ERROR_INPUT,
                         "nothing to read; give --policy FILE, --kubeconfig FILE, or both");
    if (options->namespace != NULL && options->namespace[0] == '\0')
        return error_set(error, ERROR_INPUT,
                         "--namespace: \"\" is no name; name one, or leave it out for all");
    if (options->labels_given && options->namespace == NULL)
        return error_set(error, ERROR_INPUT, "--namespace-labels: of which namespace? give --namespace NS");
    if (options->at_given && (options->from_given || options->to_given || options->format == FREEZES_ICS))
        return error_set(error, ERROR_INPUT, "--at is one instant; leave --from, --to and -o ics out");
    if (options->from_given && options->to_given && options->to_s <= options->from_s)
        return error_set(error, ERROR_INPUT, "--to is not after --from; exchange or correct them");
    return true;
}

bool freezes_options_read(int argc, char **argv, int64_t now_s, struct freezes_options *ret_options,
                          struct error *error)
{
    struct freezes_options options = {.help = false};
    int option = 0;
    arguments_start();
    while (option != -1) {
        if (!arguments_next("freezes", argc, argv, ":" SHORT_OPTIONS, long_options, &option, error) ||
            (option != -1 && !read_option(option, now_s, &options, error)))
            return false;
    }
    if (optind < argc)
        return error_set(error, ERROR_INPUT, "%s: is no option; try changegate freezes --help", argv[optind]);
    if (!options.help && !check_whole(&options, error))
        return false;
    *ret_options = options;
    return true;
}
