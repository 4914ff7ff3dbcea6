#include "cli/check_options.h"

#include "cli/arguments.h"
#include "core/instant.h"

#include <string.h>

enum { OPTION_POLICY = 256, OPTION_OLD, OPTION_LABELS, OPTION_AT, OPTION_AS, OPTION_AS_GROUP };

#define SHORT_OPTIONS "f:o:h"
static const struct option long_options[] = {
    {"filename", required_argument, NULL, 'f'},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"old", required_argument, NULL, OPTION_OLD},
    {"namespace-labels", required_argument, NULL, OPTION_LABELS},
    {"at", required_argument, NULL, OPTION_AT},
    {"as", required_argument, NULL, OPTION_AS},
    {"as-group", required_argument, NULL, OPTION_AS_GROUP},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *check_options_help(void)
{
    return "usage: changegate check -f FILE... --policy FILE [OPTION]...\n"
           "\n"
           "The gate's own decision, offline, over manifests: for a pipeline before it deploys.\n"
           "\n"
           "  -f, --filename FILE...    manifests, YAML or JSON, many documents a file; - is standard input\n"
           "      --policy FILE         the policy file of `changegate serve`\n"
           "      --old FILE            the objects as they run now (kubectl get -o yaml): an object that "
           "is\n"
           "                            in it is an update, any other one is new\n"
           "      --namespace-labels K=V,...\n"
           "                            labels of the namespaces, changegate.dev/freeze among them; without\n"
           "                            this option the first policy of the file is taken to govern\n"
           "      --at TIME             RFC 3339; decide as of then (default: now)\n"
           "      --as USER, --as-group GROUP\n"
           "                            decide as for this user (default: changegate-check, in no group)\n"
           "  -o, --output text|json    default text\n"
           "\n"
           "Compare like with like: --old from the cluster has defaults filled in, so give -f the output of\n"
           "`kubectl apply --dry-run=server -o yaml` beside it, or a field left out looks like a change.\n"
           "Objects that only --old has are not checked. Without metadata.namespace it is \"default\".\n"
           "\n"
           "FreezeWindow and Approval objects are in the cluster and not looked at. Where nothing else "
           "could\n"
           "approve, an approval is taken to be there, and the output says of how many people.\n"
           "\n"
           "Exit status: 0 all pass or would be held until a freeze ends, 1 at least one is refused,\n"
           "2 unusable input.\n"
           "\n"
           "JSON:\n"
           "  objects         [{kind, namespace, name, class, verdict: Allow|Warn|Deny, wouldDeny, digest,\n"
           "                  reasons: [{code, field, message}], warnings: [...]}]; wouldDeny: refused but "
           "for\n"
           "                  the policy's mode; digest of the pod template, where one is needed;\n"
           "                  approvalsNotLookedAt: of so many people, where only Approval objects count\n"
           "  skippedObjects  [{kind, name}]: no workload, so nothing to decide\n"
           "  passed, refused, skipped\n"
           "                  how many\n"
           "  at              as of when, UTC\n"
           "  policy          that governs, or null; policyAssumed: no --namespace-labels were given\n";
}

static bool add_file(const char *path, struct check_options *options, struct error *error)
{
    if (options->file_count == CHECK_FILES_MOST)
        return error_set(error, ERROR_INPUT, "-f: more than %d files; check them in several runs",
                         CHECK_FILES_MOST);
    options->files[options->file_count++] = path;
    return true;
}

/* The option of one file: a second one would go unread. */
static bool set_file(const char *option, const char **file, struct error *error)
{
    if (*file != NULL)
        return error_set(error, ERROR_INPUT, "%s was given before; give it once", option);
    *file = optarg;
    return true;
}

static bool read_option(int option, struct check_options *options, struct error *error)
{
    switch (option) {
    case 'f': return add_file(optarg, options, error);
    case 'o':
        options->json = strcmp(optarg, "json") == 0;
        return options->json || strcmp(optarg, "text") == 0 ||
               error_set(error, ERROR_INPUT, "-o: \"%s\" is none of text, json", optarg);
    case 'h': options->help = true; return true;
    case OPTION_POLICY: return set_file("--policy", &options->policy_file, error);
    case OPTION_OLD: return set_file("--old", &options->old_file, error);
    case OPTION_LABELS:
        options->labels_given = true;
        return arguments_read_labels("--namespace-labels", optarg, options->labels, &options->label_count,
                                     error);
    case OPTION_AT:
        options->at_given = true;
        return instant_parse(text_of(optarg), &options->at_s) ||
               error_set(error, ERROR_INPUT, "--at: \"%s\" is no RFC 3339 time; write 2026-11-20T00:00:00Z",
                         optarg);
    case OPTION_AS: options->user = text_of(optarg); return true;
    case OPTION_AS_GROUP:
        if (options->group_count == CHECK_GROUPS_MOST)
            return error_set(error, ERROR_INPUT, "--as-group: more than %d groups; give those that matter",
                             CHECK_GROUPS_MOST);
        options->groups[options->group_count++] = text_of(optarg);
        return true;
    default: return false;
    }
}

/* What must be there, and what can be there once. */
static bool check_whole(const struct check_options *options, struct error *error)
{
    size_t standard_inputs = options->policy_file != NULL && strcmp(options->policy_file, "-") == 0;
    if (options->file_count == 0)
        return error_set(error, ERROR_INPUT,
                         "no manifests given; name them with -f FILE (- is standard input)");
    if (options->policy_file == NULL)
        return error_set(error, ERROR_INPUT, "no policy given; name it with --policy FILE");
    standard_inputs += options->old_file != NULL && strcmp(options->old_file, "-") == 0;
    for (size_t i = 0; i < options->file_count; i++)
        standard_inputs += strcmp(options->files[i], "-") == 0;
    return standard_inputs <= 1 ||
           error_set(error, ERROR_INPUT, "standard input (-) can be read once; write the other to a file");
}

bool check_options_read(int argc, char **argv, struct check_options *ret_options, struct error *error)
{
    struct check_options options = {.user = TEXT("changegate-check")};
    int option = 0;
    arguments_start();
    while (option != -1) {
        if (!arguments_next("check", argc, argv, ":" SHORT_OPTIONS, long_options, &option, error) ||
            (option != -1 && !read_option(option, &options, error)))
            return false;
    }
    for (; optind < argc; optind++) /* the shell makes several of -f *.yaml */
        if (!add_file(argv[optind], &options, error))
            return false;
    if (!options.help && !check_whole(&options, error))
        return false;
    *ret_options = options;
    return true;
}
