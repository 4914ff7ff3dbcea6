#include "cli/approve_options.h"

#include "core/approval.h"

#include <string.h>

enum {
    OPTION_KUBECONFIG = 256,
    OPTION_CHANGE_ID,
    OPTION_COMMENT,
    OPTION_EXPIRES,
    OPTION_FULL,
    OPTION_STORED,
    CHANGE_ID_BYTES_MOST = 128,
    EXPIRES_S_LEAST = 60,
};

#define SHORT_OPTIONS "f:yh"
static const struct option long_options[] = {
    {"filename", required_argument, NULL, 'f'},
    {"change-id", required_argument, NULL, OPTION_CHANGE_ID},
    {"comment", required_argument, NULL, OPTION_COMMENT},
    {"expires", required_argument, NULL, OPTION_EXPIRES},
    {"full", no_argument, NULL, OPTION_FULL},
    {"stored", no_argument, NULL, OPTION_STORED},
    {"yes", no_argument, NULL, 'y'},
    {"kubeconfig", required_argument, NULL, OPTION_KUBECONFIG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *approve_options_help(void)
{
    return "usage: changegate approve NAMESPACE KIND/NAME [-f FILE] --change-id ID [OPTION]...\n"
           "\n"
           "Shows what a change would do to a pod template, asks, and makes an Approval of that very "
           "template:\n"
           "`changegate approve shop deployment/web -f web.yaml --change-id CHG0001234`. Whoever applies the "
           "change\n"
           "does not count as its approver. `kubectl delete approval NAME` takes an Approval back.\n"
           "\n"
           "  -f, --filename FILE       the change: its manifests, YAML or JSON; - is standard input. "
           "Without "
           "this\n"
           "                            option: the template that the object has and that is held, or "
           "paused\n"
           "      --stored              FILE is the answer to a server-side dry run, and is taken as it is\n"
           "      --change-id ID        of the change system; one word\n"
           "      --comment TEXT        kept with the Approval\n"
           "      --expires TIME        from now, such as 30m, 8h or 7d, at most 14d; default 72h\n"
           "      --full                show all of a difference of more than 400 lines\n"
           "  -y, --yes                 do not ask\n"
           "      --kubeconfig FILE     default: $KUBECONFIG, then ~/.kube/config, then a pod's own "
           "credentials\n"
           "\n"
           "What would be stored is found by a dry run of a server-side apply. It changes nothing, and takes "
           "the right\n"
           "to patch the object (and to create it, where it is new). It keeps what the manifest no longer "
           "has; where\n"
           "something is taken away, ask as the author will:\n"
           "\n"
           "    kubectl apply --dry-run=server --field-manager=changegate-approve -o yaml -f FILE |\n"
           "        changegate approve NAMESPACE KIND/NAME --stored -f - --change-id ID\n"
           "\n"
           "KIND is deployment, statefulset, daemonset, job, cronjob, pod, replicaset or "
           "replicationcontroller,\n"
           "written as for kubectl (deploy, sts, deployments.apps, ...). Works as `kubectl changegate "
           "approve`, too.\n"
           "\n"
           "Exit status: 0 approved; 1 refused, not wanted, or nothing to approve; 2 unusable input, or no "
           "answer\n"
           "from the cluster.\n";
}

/* "1h30m": each number has its unit. -1: it is none. */
static int64_t read_span(struct text text)
{
    int64_t span_s = 0;
    while (text.length > 0) {
        size_t digits = 0;
        int64_t number = 0;
        for (; digits < text.length && text.at[digits] >= '0' && text.at[digits] <= '9' && digits < 9;
             digits++)
            number = 10 * number + (text.at[digits] - '0');
        char unit = digits == 0 || digits == text.length ? '\0' : text.at[digits];
        int64_t unit_s = unit == 'm' ? 60 : unit == 'h' ? 3600 : unit == 'd' ? 86400 : 0;
        if (unit_s == 0)
            return -1;
        span_s += number * unit_s;
        text = text_slice(text, digits + 1, text.length);
    }
    return span_s;
}

static bool read_expires(struct approve_options *options, struct error *error)
{
    options->expires_s = read_span(text_of(optarg));
    return (options->expires_s >= EXPIRES_S_LEAST && options->expires_s <= APPROVAL_AGE_S_MOST) ||
           error_set(error, ERROR_INPUT,
                     "--expires: \"%s\" is no time from 1m to 14d; write one such as 30m, 8h or 7d", optarg);
}

static bool read_change_id(struct approve_options *options, struct error *error)
{
    size_t length = strlen(optarg);
    bool word = length > 0 && length <= CHANGE_ID_BYTES_MOST;
    for (const char *at = optarg; *at != '\0'; at++)
        word = word && (unsigned char)*at > ' ' && *at != 0x7f && *at != ',';
    options->change_id = optarg;
    return word ||
           error_set(error, ERROR_INPUT,
                     "--change-id: \"%s\" is no id; write one word of at most %d bytes, without blanks "
                     "and commas",
                     optarg, CHANGE_ID_BYTES_MOST);
}

static bool read_option(int option, struct approve_options *options, struct error *error)
{
    switch (option) {
    case OPTION_KUBECONFIG: options->target.kubeconfig = optarg; return true;
    case OPTION_CHANGE_ID: return read_change_id(options, error);
    case OPTION_COMMENT: options->comment = optarg; return true;
    case OPTION_EXPIRES: return read_expires(options, error);
    case OPTION_FULL: options->full = true; return true;
    case OPTION_STORED: options->stored = true; return true;
    case 'f':
        options->file = optarg;
        return optarg[0] != '\0' ||
               error_set(error, ERROR_INPUT,
                         "--filename: \"\" is no file; name one, or - for standard input");
    case 'y': options->yes = true; return true;
    default: options->target.help = true; return true;
    }
}

static bool check_whole(const struct approve_options *options, struct error *error)
{
    if (options->change_id == NULL)
        return error_set(error, ERROR_INPUT,
                         "which change? give --change-id ID, as the change system has it");
    if (options->stored && options->file == NULL)
        return error_set(error, ERROR_INPUT, "--stored: what? give the answer to the dry run with -f FILE");
    return true;
}

bool approve_options_read(int argc, char **argv, struct approve_options *ret_options, struct error *error)
{
    struct approve_options options = {.yes = false};
    int option = 0;
    arguments_start();
    while (option != -1) {
        if (!arguments_next("approve", argc, argv, ":" SHORT_OPTIONS, long_options, &option, error) ||
            (option != -1 && !read_option(option, &options, error)))
            return false;
    }
    if (!options.target.help &&
        (!held_target_read_positions("approve", false, WORKLOAD_KINDS, argc, argv, &options.target, error) ||
         !check_whole(&options, error)))
        return false;
    *ret_options = options;
    return true;
}
