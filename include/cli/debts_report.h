/* cli/debts_report: what `changegate debts` prints.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_DEBTS_REPORT_H
#define CHANGEGATE_CLI_DEBTS_REPORT_H

#include "cli/held_kinds.h"
#include "codec/record.h"

/* A use of break-glass that nobody has reviewed. */
struct debt {
    const struct held_kind *kind;
    struct text namespace, name; /* of the workload */
    struct record_override use;
};

/* Of many workloads. */
struct debts {
    struct debt *items; /* owned by the arena, as all texts */
    size_t count, capacity;
};

/* Add what one object says, JSON of it or of its metadata alone. False: its record cannot be read, so that
 * nobody knows. */
bool debts_add(struct debts *debts, const struct held_kind *kind, struct text object, struct arena *arena,
               struct error *error) MUST_USE;

/* By namespace, then kind, then name, then the oldest first. */
void debts_sort(struct debts *debts);

/* A table, a line for each. */
void debts_write_table(const struct debts *debts, int64_t now_s, struct arena *arena,
                       struct json_text_buffer *out);

/* {"items":[...]} */
void debts_write_json(const struct debts *debts, struct arena *arena, struct json_text_buffer *out);

#endif
