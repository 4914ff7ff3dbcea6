#include "cli/approve.h"
#include "cli/check.h"
#include "cli/debts.h"
#include "cli/doctor.h"
#include "cli/drop.h"
#include "cli/freezes.h"
#include "cli/held.h"
#include "cli/import_ics.h"
#include "cli/release.h"
#include "cli/serve.h"
#include "codec/zones.h"

#include <stdio.h>
#include <string.h>

enum { STATUS_USAGE = 2 };

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"serve", cli_serve, "decide on the API server's admission requests"},
    {"check", cli_check, "decide on manifests, offline, as the server would"},
    {"freezes", cli_freezes, "show what is closed now and next"},
    {"held", cli_held, "show what is held until a freeze ends"},
    {"release", cli_release, "let a held change go out now, or a stopped thaw go on"},
    {"drop", cli_drop, "give a held change up, and keep what runs"},
    {"approve", cli_approve, "look at a change, and agree to the template that it brings"},
    {"debts", cli_debts, "show which uses of break-glass nobody has reviewed yet"},
    {"doctor", cli_doctor, "say what is wrong with an installation, and how to cure it"},
    {"import-ics", cli_import_ics, "turn a calendar into freeze windows"},
};

static void print_help(void)
{
    puts("usage: changegate COMMAND [OPTION]...\n"
         "       changegate --version\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        printf("  %-12s%s\n", commands[i].name, commands[i].summary);
    puts("\nchangegate COMMAND --help says more.");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--version") == 0) {
        printf("changegate " CHANGEGATE_VERSION " (tz database %s)\n", zones_tzdata_version());
        return 0;
    }
    if (strcmp(name, "--help") == 0) {
        print_help();
        return 0;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    if (name[0] == '\0')
        fputs("changegate: no command given; try changegate --help\n", stderr);
    else
        fprintf(stderr, "changegate: no such command: %s; try changegate --help\n", name);
    return STATUS_USAGE;
}
