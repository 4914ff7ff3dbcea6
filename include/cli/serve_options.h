/* cli/serve_options: the command line of `changegate serve`.
 * Layer: cli. Reads nothing but its arguments.
 */
#ifndef CHANGEGATE_CLI_SERVE_OPTIONS_H
#define CHANGEGATE_CLI_SERVE_OPTIONS_H

#include "core/error.h"
#include "edge/keeper.h"
#include "edge/releaser.h"
#include "edge/server.h"
#include "edge/tls.h"
#include "edge/watcher.h"

enum { CLIENT_NAMES_MOST = 32 };

struct serve_options {
    bool help;
    struct tls_options tls;
    struct watcher_options watcher;
    struct server_options server;
    struct releaser_options releaser;
    struct keeper_options keeper;
    bool no_releaser;
    const char *client_names[CLIENT_NAMES_MOST]; /* behind tls.client_names */
};

/* Texts borrow argv; ret_options must stay where it is, since it points into itself. An unknown, repeated
 * where it may not be, or missing option is an error naming it and the cure. */
bool serve_options_read(int argc, char **argv, struct serve_options *ret_options,
                        struct error *error) MUST_USE;

/* The text of --help. Static. */
const char *serve_options_help(void);

#endif
