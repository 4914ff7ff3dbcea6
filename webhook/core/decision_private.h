/* What the files of the decision share: the parts of one verdict. Layer: core. */
#ifndef CHANGEGATE_CORE_DECISION_PRIVATE_H
#define CHANGEGATE_CORE_DECISION_PRIVATE_H

#include "core/decision.h"

enum { WARNING_BYTES_MOST = 256 }; /* the API server cuts there */

/* One reason more; past VERDICT_REASONS_MOST it is dropped, which only a denial that is long already can
 * reach. */
void verdict_add(struct verdict *verdict, enum reason_code code, struct text field, struct text message);

/* "SUBJECT WHAT: MESSAGE" as a warning to the client. */
void verdict_warn(struct verdict *verdict, struct text subject, const char *what, struct text message,
                  struct arena *arena);

/* Turn the reasons into what the client gets under `mode`; `opening` begins a denial's paragraph. */
void verdict_conclude(struct verdict *verdict, enum policy_mode mode, struct text subject,
                      struct text opening, struct arena *arena);

/* "Deployment shop/web", fit to be printed. */
struct text decision_subject(const struct change *change, struct arena *arena);

/* Each adds a reason for every fault it finds. */
void decision_check_approval(const struct policy *policy, const struct change *change, struct arena *arena,
                             struct verdict *verdict);
void decision_check_document(const struct policy *policy, const struct change *change, struct arena *arena,
                             struct verdict *verdict);
void decision_check_freeze(const struct calendar_view *view, const struct change *change, int64_t now_s,
                           struct arena *arena, struct verdict *verdict);
void decision_check_relabel(const struct policy *policy, const struct facts *facts,
                            const struct change *change, int64_t now_s, struct arena *arena,
                            struct verdict *verdict);

/* Adds a note where it will close within `ahead_s`. */
void decision_check_ahead(const struct calendar_view *view, const struct change *change, int64_t ahead_s,
                          int64_t now_s, struct arena *arena, struct verdict *verdict);

/* The reason Frozen of a view that is closed now, with every cause and the next opening. `field` and `more`,
 * the end of the text, are static. */
void decision_add_frozen(const struct calendar_view *view, const struct change *change, int64_t now_s,
                         const char *field, const char *more, struct arena *arena, struct verdict *verdict);

#endif
