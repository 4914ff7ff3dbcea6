/* What is registered against what should be. registrations/ holds the file, and both objects as a real API
 * server (1.36) gave them back, with a caBundle; each test edits these. */
#ifndef CHANGEGATE_TESTS_REGISTRATION_FIXTURE_H
#define CHANGEGATE_TESTS_REGISTRATION_FIXTURE_H

#include "arena_fixture.h"
#include "assert_text.h"
#include "json_patch.h"

#include "codec/registration.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

#define HEAD                                                                                               \
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: " \
    "x}\n"
#define WEBHOOK(client) HEAD "webhooks: [{name: a.example.com, clientConfig: " client "}]"

static inline char *read_file(const char *name)
{
    enum { BYTES_MOST = 1 << 17 };
    static char path[4096];
    char *bytes = calloc(1, BYTES_MOST);
    snprintf(path, sizeof(path), "%s/%s", CHANGEGATE_REGISTRATIONS, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_in_range(fread(bytes, 1, BYTES_MOST - 1, file), 1, BYTES_MOST - 2);
    fclose(file);
    return bytes;
}

static inline struct registrations read_registrations(const char *yaml)
{
    struct registrations registrations;
    struct error error = {.text = ""};
    if (!registrations_read(text_of(yaml), &registrations, &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.text);
    return registrations;
}

static inline struct registrations read_desired(void)
{
    char *yaml = read_file("desired.yaml");
    struct registrations registrations = read_registrations(yaml);
    free(yaml);
    return registrations;
}

/* A live object with an RFC 6902 patch on it; the caller frees. */
static inline char *live_with(const char *name, const char *patch)
{
    json_error_t fault;
    char *bytes = read_file(name);
    json_t *live = json_loads(bytes, 0, &fault), *operations = json_loads(patch, 0, &fault);
    if (live == NULL || operations == NULL || !json_patch_apply(live, operations))
        fail_msg("%s: %s", patch, fault.text);
    free(bytes);
    bytes = json_dumps(live, JSON_COMPACT);
    json_decref(live);
    json_decref(operations);
    return bytes;
}

#endif
