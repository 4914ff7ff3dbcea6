/* cli/doctor_json: what the answers of the API server say, by path.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_DOCTOR_JSON_H
#define CHANGEGATE_CLI_DOCTOR_JSON_H

#include "codec/json.h"
#include "core/arena.h"
#include "core/selector.h"

/* A LabelSelector; an absent one selects all. Texts borrow the JSON, the rest is owned by `arena`. */
struct selector doctor_selector_read(struct json written, struct arena *arena);

/* The webhook called `name` of a registration; JSON_NOTHING: it has none. */
struct json doctor_webhook(struct json registration, const char *name);

/* A value at the end of a path of keys, "spec.template.spec", and a text; JSON_NOTHING, or NULL `at`, where
 * there is none. */
struct json doctor_at(struct json value, const char *path);
struct text doctor_text_at(struct json value, const char *path);

/* The members of a map of texts, as labels. */
struct labels doctor_labels_read(struct json map, struct arena *arena);

#endif
