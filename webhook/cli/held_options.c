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

static bool read_format(const char *table, struct held_options *options, struct error *error)
{
    options->json = strcmp(optarg, "json") == 0;
    return options->json || strcmp(optarg, table) == 0 ||
           error_set(error, ERROR_INPUT, "-o: \"%s\" is no format; write %s or json", optarg, table);
}

static bool read_option(int option, const char *table, struct held_options *options, struct error *error)
{
    switch (option) {
    case OPTION_KUBECONFIG: options->kubeconfig = optarg; return true;
    case 'n':
        options->namespace = optarg;
        return optarg[0] != '\0' ||
               error_set(error, ERROR_INPUT,
                         "--namespace: \"\" is no name; name one, or leave it out for all");
    case 'A': options->namespace = NULL; return true;
    case 'o': return read_format(table, options, error);
    default: options->help = true; return true;
    }
}

bool held_options_read(const char *command, const char *table, int argc, char **argv,
                       struct held_options *ret_options, struct error *error)
{
    struct held_options options = {.help = false};
    int option = 0;
    arguments_start();
    while (option != -1) {
        if (!arguments_next(command, argc, argv, ":" SHORT_OPTIONS, long_options, &option, error) ||
            (option != -1 && !read_option(option, table, &options, error)))
            return false;
    }
    if (optind < argc)
        return error_set(error, ERROR_INPUT, "%s: is no option; try changegate %s --help", argv[optind],
                         command);
    *ret_options = options;
    return true;
}
