/* What the files of codec/registration share. */
#ifndef CHANGEGATE_CODEC_REGISTRATION_PRIVATE_H
#define CHANGEGATE_CODEC_REGISTRATION_PRIVATE_H

#include "codec/registration.h"

#include <jansson.h>

/* jansson's trees are counted and the set has an arena only, so what is desired is kept as text, and read
 * anew by each question: there is one every few seconds. */
struct registration_tree {
    struct text webhooks; /* canonical JSON, without caBundle */
};

enum { QUOTE_BYTES_MOST = 120 };

static inline struct text registration_string(const json_t *value) /* empty where it is none */
{
    return (struct text){json_string_value(value), json_string_length(value)};
}

/* `webhooks` as desired. The caller owns it. */
json_t *registration_desired(const struct registration *registration);

/* A live object: the caller owns it. NULL: it is no such object, and the error says what it is. */
json_t *registration_load(const struct registration *registration, struct text live_json,
                          struct error *error);

/* Keys sorted, no blanks; owned by `arena`. */
struct text registration_dump(const json_t *value, struct arena *arena);

/* Take caBundle out of each webhook; or, where `ca_bundle` is not empty, put it in. */
void registration_set_ca(json_t *webhooks, struct text ca_bundle);

/* ---- registration_limits.c ---- */

struct yaml_node;

/* Whether the rules of one webhook name workloads alone: no wildcard of group or resource, nothing that the
 * cluster itself lives on. */
bool registration_check_rules(const struct yaml_node *webhook, const char *path,
                              struct error *error) MUST_USE;

/* Whether both are sent to one server, whatever the path. */
bool registration_same_server(const struct yaml_node *first, const struct yaml_node *other);

#endif
