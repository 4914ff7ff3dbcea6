#include "cli/import_ics.h"

#include "cli/arguments.h"
#include "cli/import_ics_options.h"

#include <stdio.h>

enum { STATUS_ALL = 0, STATUS_SOME = 1, STATUS_UNUSABLE = 2 };

/* Each line begins with its number in the file. */
static void print_said(const char *file, struct text said)
{
    while (said.length > 0) {
        struct text line = text_slice(said, 0, text_find(said, '\n'));
        said = text_slice(said, line.length + 1, said.length);
        arguments_complain(file, line);
    }
}

static bool import(const struct import_ics_options *options, struct arena *arena,
                   struct json_text_buffer *out, struct json_text_buffer *said,
                   struct ics_import_counts *ret_counts, struct error *error)
{
    const struct ics_import_options import_options = {
        .action = options->action,
        .name_prefix = options->name_prefix,
        .time_zone = options->time_zone,
        .zones = options->zones,
        .zone_count = options->zone_count,
    };
    struct text bytes;
    if (!arguments_read_file(arena, options->file, ICS_BYTES_MOST, &bytes, error))
        return false;
    return ics_import(bytes, &import_options, out, said, ret_counts, error) ||
           error_prefix(error, "%s:%u: ", options->file, error->line);
}

static int run(const struct import_ics_options *options)
{
    struct arena arena = {NULL, 0};
    struct json_text_buffer out = {NULL, 0, 0}, said = {NULL, 0, 0};
    struct ics_import_counts counts;
    struct error error = {0};
    int status = STATUS_UNUSABLE;
    if (!import(options, &arena, &out, &said, &counts, &error)) {
        arguments_complain("", text_of(error.text));
    } else if (arguments_print(json_text_view(&out))) {
        struct text place = arena_printf(&arena, "%s:", options->file);
        print_said(place.at, json_text_view(&said));
        status = counts.incomplete > 0 ? STATUS_SOME : STATUS_ALL;
    }
    json_text_done(&out);
    json_text_done(&said);
    arena_done(&arena);
    return status;
}

int cli_import_ics(int argc, char **argv)
{
    struct import_ics_options options;
    struct error error = {0};
    if (!import_ics_options_read(argc, argv, &options, &error)) {
        arguments_complain("", text_of(error.text));
        return STATUS_UNUSABLE;
    }
    if (options.help) {
        fputs(import_ics_options_help(), stdout);
        return STATUS_ALL;
    }
    return run(&options);
}
