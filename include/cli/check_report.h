/* cli/check_report: what `changegate check` prints about the objects it decided on.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_CHECK_REPORT_H
#define CHANGEGATE_CLI_CHECK_REPORT_H

#include "codec/json_text.h"
#include "core/decision.h"

struct check_summary {
    size_t passed, refused, skipped; /* skipped: no workload */
    struct text assumed_policy;      /* taken to govern, since no namespace labels were given; or empty */
    int64_t at_s;
};

/* One object's verdict, appended to `out`. */
void check_report_text(const struct change *change, const struct verdict *verdict,
                       struct json_text_buffer *out);
void check_report_json(const struct change *change, const struct verdict *verdict,
                       struct json_text_buffer *out);

/* The whole: `objects` is what the calls above wrote. */
void check_report_finish(bool json, struct text objects, const struct check_summary *summary,
                         struct json_text_buffer *out);

#endif
