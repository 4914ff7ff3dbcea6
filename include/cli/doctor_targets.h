/* cli/doctor_targets: whom registrations have the API server call.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_DOCTOR_TARGETS_H
#define CHANGEGATE_CLI_DOCTOR_TARGETS_H

#include "codec/json.h"
#include "core/arena.h"

enum { DOCTOR_TARGETS_MOST = 16 };

/* A Service, or a URL. Texts are owned by the arena. */
struct doctor_target {
    struct text namespace, name;
    int64_t port;
    struct text url;       /* "https://gate.example.com:9443"; empty: a Service */
    struct text host;      /* what the certificate has to be for */
    struct text ca_bundle; /* PEM; empty: none */
};

struct doctor_targets {
    struct doctor_target items[DOCTOR_TARGETS_MOST];
    size_t count;
};

/* Each once, of all webhooks of the registrations. */
struct doctor_targets doctor_targets_of(const struct json *registrations, size_t count, struct arena *arena);

bool doctor_text_has(struct text text, const char *part);

#endif
