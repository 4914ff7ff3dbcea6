/* cli/check_report: what `changegate check` prints about the objects it decided on.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_CHECK_REPORT_H
#define CHANGEGATE_CLI_CHECK_REPORT_H

#include "codec/json_text.h"
#include "core/decision.h"

/* Embedded, all zero but for these first four; ends with check_report_done. */
struct check_report {
    bool json;
    int64_t at_s;
    struct text policy;  /* that governs; empty: none does */
    bool policy_assumed; /* since nobody said what labels the namespaces have */

    size_t passed, held, refused, skipped; /* held: would wait for an opening; skipped: no workload */
    struct json_text_buffer objects, skipped_objects;
};

/* Count one object and keep what there is to say about it; `approvals_assumed`: so many Approval objects were
 * taken to be there. Copies. */
void check_report_object(struct check_report *report, const struct change *change,
                         const struct verdict *verdict, size_t approvals_assumed);
void check_report_skipped(struct check_report *report, struct text kind, struct text name);

/* The whole report, appended to `out`. */
void check_report_write(const struct check_report *report, struct json_text_buffer *out);

void check_report_done(struct check_report *report);

#endif
