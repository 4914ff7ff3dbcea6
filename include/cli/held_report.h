/* cli/held_report: what `changegate held` prints.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_HELD_REPORT_H
#define CHANGEGATE_CLI_HELD_REPORT_H

#include "cli/held_kinds.h"
#include "codec/hold.h"

/* One object that carries the label. */
struct held_item {
    const struct held_kind *kind;
    struct text namespace, name;
    struct text state; /* "held", "releasing", "failed"; another value of the label as it is */
    bool known;        /* it carries a readable annotation: what `hold` says */
    struct hold hold;
};

/* Read one object of a list. Texts are owned by `arena`. */
struct held_item held_item_read(struct json object, const struct held_kind *kind, struct arena *arena);

/* By namespace, then kind, then name. */
void held_items_sort(struct held_item *items, size_t count);

/* A table, a line for each; times in UTC. */
void held_write_text(const struct held_item *items, size_t count, struct arena *arena,
                     struct json_text_buffer *out);

/* {"items":[...]}; null for what is not known. */
void held_write_json(const struct held_item *items, size_t count, struct arena *arena,
                     struct json_text_buffer *out);

#endif
