/* cli/freezes_runs: a calendar as a list of spans in which it says the same, for reports.
 * Layer: cli.
 */
#ifndef CHANGEGATE_CLI_FREEZES_RUNS_H
#define CHANGEGATE_CLI_FREEZES_RUNS_H

#include "cli/freezes_sources.h"
#include "core/calendar.h"

struct freezes_run {
    int64_t start_s, end_s; /* UTC; end_s FREEZE_NO_END: none is known */
    bool began_before;      /* the same action was in force before start_s, which is where the list begins */
    enum freeze_action action;  /* never FREEZE_OPEN */
    const struct text *windows; /* names of all that were in force at some time of it */
    size_t window_count;
};

struct freezes_runs {
    const struct freezes_run *items; /* sorted; those that touch differ in their action */
    size_t count;
};

/* The name under which the namespace's freeze label stands among windows. */
#define FREEZES_LABEL_NAME NAMESPACE_FREEZE

/* A scope, expanded. Borrows the scope, owned by an arena. */
struct freezes_calendar {
    struct calendar calendar;
    struct calendar_view view; /* of it */
    const struct freeze_spans *spans;
    size_t span_count;
};

/* What `scope` says at instants from from_s - 1 to to_s, and as far behind them as a decision would look. */
const struct freezes_calendar *freezes_expand(const struct freezes_scope *scope, int64_t from_s, int64_t to_s,
                                              struct arena *arena);

/* The same for another scope that differs in the freeze label alone. Borrows `calendar` as well. */
const struct freezes_calendar *freezes_with_label(const struct freezes_calendar *calendar,
                                                  const struct freezes_scope *scope, struct arena *arena);

/* What is not open between from_s and to_s; the last one to its end, the first one from from_s on. */
struct freezes_runs freezes_runs_list(const struct freezes_calendar *calendar, int64_t from_s, int64_t to_s,
                                      struct arena *arena);

/* The names of all that is in force at an instant. */
const struct text *freezes_causes(const struct freezes_calendar *calendar, int64_t at_s, struct arena *arena,
                                  size_t *ret_count);

#endif
