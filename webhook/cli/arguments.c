#include "cli/arguments.h"

#include "edge/file_read.h"
#include "edge/policy_load.h"

#include <stdio.h>
#include <string.h>

void arguments_start(void)
{
    optind = 1;
    opterr = 0; /* one line, and ours */
}

/* The letter where letters are run together, else the whole argument. */
static bool fail_unknown(const char *command, char **argv, const char *letters, struct error *error)
{
    bool letter = optopt > ' ' && optopt < 127 && strchr(letters, optopt) == NULL;
    const char what[] = {'-', (char)optopt, '\0'};
    return error_set(error, ERROR_INPUT, "no such option: %s; try changegate %s --help",
                     letter ? what : argv[optind - 1], command);
}

bool arguments_next(const char *command, int argc, char **argv, const char *letters,
                    const struct option *options, int *ret_option, struct error *error)
{
    int option = getopt_long(argc, argv, letters, options, NULL);
    if (option == '?')
        return fail_unknown(command, argv, letters, error);
    bool swallowed =
        option != -1 && optarg != NULL && strncmp(optarg, "--", 2) == 0; /* another option is no value */
    if (option == ':' || swallowed)
        return error_set(error, ERROR_INPUT, "%s needs a value; try changegate %s --help",
                         argv[optind - (optarg == argv[optind - 1] ? 2 : 1)], command);
    *ret_option = option;
    return true;
}

bool arguments_read_file(struct arena *arena, const char *path, size_t most_bytes, struct text *ret_bytes,
                         struct error *error)
{
    if (strcmp(path, "-") == 0)
        path = "/dev/stdin";
    return file_read(arena, path, most_bytes, ret_bytes, error);
}

bool arguments_fail_in(const char *path, struct error *error)
{
    return error_prefix(error, "%s:%u:%u: ", path, error->line, error->column);
}

bool arguments_read_policies(struct arena *arena, const char *path, struct policy_file **ret_policies,
                             struct error *error)
{
    struct text bytes;
    if (!arguments_read_file(arena, path, ARGUMENTS_FILE_BYTES_MOST, &bytes, error))
        return false;
    return policy_load(bytes, path, NULL, 0, ret_policies, error) || arguments_fail_in(path, error);
}

static bool read_label(const char *option, struct text pair, struct label *labels, size_t *count,
                       struct error *error)
{
    size_t equals = text_find(pair, '=');
    if (equals == 0 || equals == pair.length)
        return error_set(error, ERROR_INPUT, "%s: \"%.*s\" is no label; write key=value", option,
                         TEXT_ARGS(pair));
    if (*count == ARGUMENTS_LABELS_MOST)
        return error_set(error, ERROR_INPUT, "%s: more than %d labels; give those that select", option,
                         ARGUMENTS_LABELS_MOST);
    labels[(*count)++] =
        (struct label){text_slice(pair, 0, equals), text_slice(pair, equals + 1, pair.length)};
    return true;
}

bool arguments_read_labels(const char *option, const char *list, struct label *labels, size_t *count,
                           struct error *error)
{
    struct text rest = text_of(list);
    while (rest.length > 0) {
        struct text pair = text_slice(rest, 0, text_find(rest, ','));
        rest = text_slice(rest, pair.length + 1, rest.length);
        if (!read_label(option, pair, labels, count, error))
            return false;
    }
    return true;
}

void arguments_complain(const char *before, struct text text)
{
    enum { LINE_BYTES_MOST = 4096 };
    struct arena arena = {NULL, 0};
    fprintf(stderr, "changegate: %.*s%.*s\n", TEXT_ARGS(text_quote(&arena, text_of(before), LINE_BYTES_MOST)),
            TEXT_ARGS(text_quote(&arena, text, LINE_BYTES_MOST)));
    arena_done(&arena);
}

bool arguments_print(struct text text)
{
    if ((text.length == 0 || fwrite(text.at, 1, text.length, stdout) == text.length) && fflush(stdout) == 0)
        return true;
    arguments_complain("", text_of("standard output cannot be written"));
    return false;
}
