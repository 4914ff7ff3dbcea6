#include "cli/held_target.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_KUBECONFIG = 256, SHOWN_BYTES_MOST = 100, NOUNS_BYTES = 128 };

#define SHORT_OPTIONS "h"
static const struct option long_options[] = {
    {"kubeconfig", required_argument, NULL, OPTION_KUBECONFIG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* "deployment, statefulset or pod" */
static void write_nouns(size_t kinds, char *nouns, size_t bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < kinds && length < bytes; i++) {
        const char *before = i == 0 ? "" : i + 1 < kinds ? ", " : " or ";
        length += (size_t)snprintf(nouns + length, bytes - length, "%s%s", before, held_kinds[i].noun);
    }
}

static bool read_object(const char *written, size_t kinds, struct held_target *target, struct error *error)
{
    struct text object = text_of(written);
    size_t slash = text_find(object, '/');
    struct text kind = text_slice(object, 0, slash), name = text_slice(object, slash + 1, object.length);
    if (kind.length == 0 || name.length == 0 || text_find(name, '/') < name.length)
        return error_set(error, ERROR_INPUT, "\"%.*s\" is no object; write KIND/NAME, as in deployment/web",
                         TEXT_ARGS(text_slice(object, 0, SHOWN_BYTES_MOST)));
    target->kind = held_kind_find(kinds, kind);
    target->name = name.at;
    if (target->kind != NULL)
        return true;
    char nouns[NOUNS_BYTES];
    write_nouns(kinds, nouns, sizeof(nouns));
    return error_set(error, ERROR_INPUT, "\"%.*s\" is no kind that this command knows; write %s",
                     TEXT_ARGS(text_slice(kind, 0, SHOWN_BYTES_MOST)), nouns);
}

bool held_target_read_positions(const char *command, bool whole, size_t kinds, int argc, char **argv,
                                struct held_target *target, struct error *error)
{
    int count = argc - optind;
    if (count > 2)
        return error_set(error, ERROR_INPUT, "%s: one object at a time; try changegate %s --help",
                         argv[optind + 2], command);
    if (count == 0 || (count == 1 && !whole))
        return error_set(error, ERROR_INPUT, "what to %s? write changegate %s NAMESPACE %s", command, command,
                         whole ? "[KIND/NAME]" : "KIND/NAME");
    target->namespace = argv[optind];
    if (target->namespace[0] == '\0' || strchr(target->namespace, '/') != NULL)
        return error_set(error, ERROR_INPUT, "\"%.*s\" is no namespace; write changegate %s NAMESPACE %s",
                         SHOWN_BYTES_MOST, target->namespace, command, whole ? "[KIND/NAME]" : "KIND/NAME");
    return count == 1 || read_object(argv[optind + 1], kinds, target, error);
}

bool held_target_read(const char *command, bool whole, int argc, char **argv, struct held_target *ret_target,
                      struct error *error)
{
    struct held_target target = {.help = false};
    int option = 0;
    arguments_start();
    while (option != -1) {
        if (!arguments_next(command, argc, argv, ":" SHORT_OPTIONS, long_options, &option, error))
            return false;
        if (option == OPTION_KUBECONFIG)
            target.kubeconfig = optarg;
        else if (option == 'h')
            target.help = true;
    }
    if (!target.help && !held_target_read_positions(command, whole, HELD_KINDS, argc, argv, &target, error))
        return false;
    *ret_target = target;
    return true;
}
