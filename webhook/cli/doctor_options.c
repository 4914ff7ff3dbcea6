#include "cli/doctor_options.h"

#include <string.h>

enum { OPTION_KUBECONFIG = 256, OPTION_REGISTRATION, OPTION_POLICY, OPTION_USER };

#define SHORT_OPTIONS "n:o:h"
static const struct option long_options[] = {
    {"kubeconfig", required_argument, NULL, OPTION_KUBECONFIG},
    {"namespace", required_argument, NULL, 'n'},
    {"registration", required_argument, NULL, OPTION_REGISTRATION},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"user", required_argument, NULL, OPTION_USER},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool read_name(const char *option, const char **ret_name, struct error *error)
{
    *ret_name = optarg;
    return optarg[0] != '\0' || error_set(error, ERROR_INPUT, "%s: \"\" is no name; name one", option);
}

/* It becomes part of paths (RFC 1123 labels, as the API server has it). */
static bool read_namespace(struct doctor_options *options, struct error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    options->namespace = optarg;
    return (optarg[0] != '\0' && strspn(optarg, allowed) == strlen(optarg)) ||
           error_set(error, ERROR_INPUT,
                     "--namespace: \"%s\" is no name of a namespace; write a-z, 0-9 and -", optarg);
}

static bool read_format(struct doctor_options *options, struct error *error)
{
    options->json = strcmp(optarg, "json") == 0;
    return options->json || strcmp(optarg, "text") == 0 ||
           error_set(error, ERROR_INPUT, "-o: \"%s\" is no format; write text or json", optarg);
}

static bool read_option(int option, struct doctor_options *options, struct error *error)
{
    switch (option) {
    case OPTION_KUBECONFIG: options->kubeconfig = optarg; return true;
    case OPTION_REGISTRATION: options->registration = optarg; return true;
    case OPTION_POLICY: options->policy = optarg; return true;
    case OPTION_USER: return read_name("--user", &options->user, error);
    case 'n': return read_namespace(options, error);
    case 'o': return read_format(options, error);
    default: options->help = true; return true;
    }
}

bool doctor_options_read(int argc, char **argv, struct doctor_options *ret_options, struct error *error)
{
    struct doctor_options options = {.namespace = "changegate-system"};
    int option = 0;
    arguments_start();
    while (option != -1) {
        if (!arguments_next("doctor", argc, argv, ":" SHORT_OPTIONS, long_options, &option, error) ||
            (option != -1 && !read_option(option, &options, error)))
            return false;
    }
    if (optind < argc)
        return error_set(error, ERROR_INPUT, "%s: is no option; try changegate doctor --help", argv[optind]);
    *ret_options = options;
    return true;
}
