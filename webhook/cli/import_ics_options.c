#include "cli/import_ics_options.h"

#include "cli/arguments.h"
#include "codec/zones.h"

#include <string.h>

enum { OPTION_TIME_ZONE = 256, OPTION_MAP_ZONE, OPTION_ACTION, OPTION_NAME_PREFIX };

#define SHORT_OPTIONS "h"
static const struct option long_options[] = {
    {"time-zone", required_argument, NULL, OPTION_TIME_ZONE},
    {"map-zone", required_argument, NULL, OPTION_MAP_ZONE},
    {"action", required_argument, NULL, OPTION_ACTION},
    {"name-prefix", required_argument, NULL, OPTION_NAME_PREFIX},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *import_ics_options_help(void)
{
    return "usage: changegate import-ics FILE [OPTION]...\n"
           "\n"
           "A calendar (iCalendar, .ics) as FreezeWindow manifests on standard output, one for each event. "
           "FILE\n"
           "may be -, standard input.\n"
           "\n"
           "      --time-zone ZONE      of all-day and floating events, where the calendar names no zone of\n"
           "                            its own (X-WR-TIMEZONE); an IANA name such as America/New_York\n"
           "      --map-zone NAME=ZONE  what the calendar calls NAME is ZONE; may be given many times, as "
           "in\n"
           "                            --map-zone 'Eastern Standard Time=America/New_York'\n"
           "      --action ACTION       of the windows: Deny, Delay or Warn (default: Deny)\n"
           "      --name-prefix TEXT    before each metadata.name\n"
           "\n"
           "A window is called after its event's SUMMARY and UID, so that importing the calendar again "
           "makes\n"
           "the same names. Its end keeps to the wall clock, also where the event has a DURATION. Whether "
           "an\n"
           "event shows as busy or free (TRANSP) does not matter.\n"
           "\n"
           "Each event that was not carried over, or only in part, is named on standard error with the cure. "
           "Where\n"
           "a date could not be taken out of a series the window stays closed on it.\n"
           "\n"
           "Exit status: 0 all events carried over, 1 some were not or only in part, 2 unusable input.\n";
}

static bool check_zone(const char *option, struct text zone, struct error *error)
{
    return (zones_find(zone) != NULL) ||
           error_set(error, ERROR_INPUT,
                     "%s: \"%.*s\" is no zone of the tz database; write an IANA name such as "
                     "America/New_York",
                     option, TEXT_ARGS(text_slice(zone, 0, 80)));
}

static bool add_zone(struct text pair, struct import_ics_options *options, struct error *error)
{
    size_t equals = pair.length; /* the last one: an IANA name has none */
    while (equals > 0 && pair.at[equals - 1] != '=')
        equals--;
    if (equals < 2)
        return error_set(error, ERROR_INPUT,
                         "--map-zone: \"%.*s\" maps nothing; write NAME=ZONE, as in 'Eastern Standard "
                         "Time=America/New_York'",
                         TEXT_ARGS(text_slice(pair, 0, 80)));
    if (options->zone_count == IMPORT_ICS_ZONES_MOST)
        return error_set(error, ERROR_INPUT, "--map-zone: more than %d zones; give those that the events use",
                         IMPORT_ICS_ZONES_MOST);
    struct ics_zone_name name = {text_slice(pair, 0, equals - 1), text_slice(pair, equals, pair.length)};
    options->zones[options->zone_count++] = name;
    return check_zone("--map-zone", name.zone, error);
}

static bool read_action(struct text action, struct import_ics_options *options, struct error *error)
{
    options->action = action;
    return text_is(action, "Deny") || text_is(action, "Delay") || text_is(action, "Warn") ||
           error_set(error, ERROR_INPUT, "--action: \"%.*s\" is none of Deny, Delay, Warn",
                     TEXT_ARGS(text_slice(action, 0, 80)));
}

static bool read_option(int option, struct import_ics_options *options, struct error *error)
{
    struct text value = text_of(optarg);
    switch (option) {
    case 'h': options->help = true; return true;
    case OPTION_TIME_ZONE: options->time_zone = value; return check_zone("--time-zone", value, error);
    case OPTION_MAP_ZONE: return add_zone(value, options, error);
    case OPTION_ACTION: return read_action(value, options, error);
    case OPTION_NAME_PREFIX:
        options->name_prefix = value;
        return ics_name_prefix_fits(value) ||
               error_set(
                   error, ERROR_INPUT,
                   "--name-prefix: \"%.*s\" cannot begin a name; use at most 63 of a-z, 0-9, - and ., a "
                   "letter or digit first",
                   TEXT_ARGS(text_slice(value, 0, 80)));
    default: return false;
    }
}

static bool read_file_name(int argc, char **argv, struct import_ics_options *options, struct error *error)
{
    if (optind == argc)
        return error_set(error, ERROR_INPUT, "no calendar given; name its file (- is standard input)");
    options->file = argv[optind];
    return optind + 1 == argc ||
           error_set(error, ERROR_INPUT, "one calendar a run; import %s in another", argv[optind + 1]);
}

bool import_ics_options_read(int argc, char **argv, struct import_ics_options *ret_options,
                             struct error *error)
{
    struct import_ics_options options = {.action = TEXT("Deny")};
    int option = 0;
    arguments_start();
    while (option != -1) {
        if (!arguments_next("import-ics", argc, argv, ":" SHORT_OPTIONS, long_options, &option, error) ||
            (option != -1 && !read_option(option, &options, error)))
            return false;
    }
    if (!options.help && !read_file_name(argc, argv, &options, error))
        return false;
    *ret_options = options;
    return true;
}
