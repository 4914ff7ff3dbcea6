/* What the files of the decision share: the parts of one verdict. Layer: core. */
#ifndef CHANGEGATE_CORE_DECISION_PRIVATE_H
#define CHANGEGATE_CORE_DECISION_PRIVATE_H

#include "core/decision.h"
#include "core/requirement.h"

enum { WARNING_BYTES_MOST = 256 }; /* the API server cuts there */

/* One reason more; past VERDICT_REASONS_MOST it is dropped, which only a denial that is long already can
 * reach. */
void verdict_add(struct verdict *verdict, enum reason_code code, struct text field, struct text message);

/* "MESSAGE; MORE" */
void reason_append(struct reason *reason, struct text more, struct arena *arena);

/* "SUBJECT WHAT: MESSAGE" as a warning to the client. */
void verdict_warn(struct verdict *verdict, struct text subject, const char *what, struct text message,
                  struct arena *arena);

/* Turn the reasons into what the client gets under `mode`; `opening` begins a denial's paragraph. */
void verdict_conclude(struct verdict *verdict, enum policy_mode mode, struct text subject,
                      struct text opening, struct arena *arena);

/* The same for a change, under the mode of `policy`. */
void decision_conclude(const struct policy *policy, const struct change *change, struct arena *arena,
                       struct verdict *verdict);

/* "Deployment shop/web", fit to be printed. */
struct text decision_subject(const struct change *change, struct arena *arena);

/* "metadata.annotations[KEY]" */
struct text decision_annotation_field(struct text key, struct arena *arena);

/* What to do where the request cannot carry an annotation at all; else empty. */
const char *decision_carrier_hint(const struct change *change);

/* One text more, unless it is there or the list is full. */
void verdict_keep(struct text *list, size_t *count, size_t most, struct text text);

/* Each adds a reason for every fault it finds. */
void decision_check_approval(const struct policy *policy, const struct facts *facts,
                             const struct approval_need *need, const struct change *change, int64_t now_s,
                             struct arena *arena, struct verdict *verdict);
void decision_check_document(const struct policy *policy, const struct change *change, bool required,
                             struct arena *arena, struct verdict *verdict);

/* Where this request breaks the glass and may: the faults become what is overridden. Else adds why not. */
void decision_break_glass(const struct policy *policy, const struct change *change, int64_t now_s,
                          struct arena *arena, struct verdict *verdict);

/* The same of an edit that needs nothing: who may, and that it comes to nothing. */
void decision_check_glass(const struct policy *policy, const struct change *change, struct arena *arena,
                          struct verdict *verdict);

/* Of an override that counts: what the record keeps, but for the digest. */
struct record_override decision_override_of(const struct change *change, int64_t now_s, struct arena *arena);

/* What the object has to carry of the record. Last, when the verdict is made. */
void decision_record(const struct change *change, int64_t now_s, struct arena *arena,
                     struct verdict *verdict);

/* Returns what the calendar does now. */
enum freeze_action decision_check_freeze(const struct calendar_view *view, const struct change *change,
                                         int64_t now_s, struct arena *arena, struct verdict *verdict);
void decision_check_relabel(const struct policy *policy, const struct facts *facts,
                            const struct change *change, int64_t now_s, struct arena *arena,
                            struct verdict *verdict);

/* Adds a note where it will close within `ahead_s`. */
void decision_check_ahead(const struct calendar_view *view, const struct change *change, int64_t ahead_s,
                          int64_t now_s, struct arena *arena, struct verdict *verdict);

/* "until ... by window ..." of a view that is closed now; *ret_opens_s is its next opening. */
struct text decision_describe_closed(const struct calendar_view *view, const struct change *change,
                                     int64_t now_s, struct arena *arena, int64_t *ret_opens_s);

/* The names of what closes it now, "a, b and 3 more"; the namespace's label is "(label)". */
struct text decision_name_causes(const struct calendar_view *view, int64_t now_s, struct arena *arena);

/* What `need` and the calendar ask: approval, document, freeze. Returns the action of the calendar. */
enum freeze_action decision_check_needs(const struct policy *policy, const struct facts *facts,
                                        const struct approval_need *need, const struct change *change,
                                        int64_t now_s, struct arena *arena, struct verdict *verdict);

/* What its faults say, "A; B". */
struct text decision_join_faults(const struct verdict *verdict, struct arena *arena);

/* The faults of a verdict, as a set: bit 1 << code. */
uint64_t decision_faults(const struct verdict *verdict);

/* What a hold keeps from happening. */
#define HOLDABLE                                                                      \
    (CLASS_BIT(CLASS_CREATE) | CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_ROLLBACK) | \
     CLASS_BIT(CLASS_RESTART) | CLASS_BIT(CLASS_RESUME))

/* What decision_faults says where nothing but a freeze is in the way. */
#define FROZEN_ALONE (UINT64_C(1) << REASON_FROZEN)

/* The windows that are about this change. */
struct calendar_view decision_view(const struct policy *policy, const struct facts *facts,
                                   const struct change *change, struct arena *arena);

/* The part of a hold that the calendar decides; `opens_s` 0: it is open. */
void decision_date_hold(struct hold *hold, const struct calendar_view *view, int64_t opens_s,
                        struct text reason, int64_t now_s, struct arena *arena);

/* Why an object is not held, as a clause. */
const char *decision_obstacle(enum hold_obstacle obstacle);

/* Delayed, with this hold. */
void decision_put_hold(struct verdict *verdict, struct hold hold);

/* Where nothing but a freeze that delays is in the way: what becomes of the change. Before verdict_conclude.
 */
void decision_delay(const struct policy *policy, const struct facts *facts, const struct change *change,
                    enum freeze_action action, int64_t now_s, struct arena *arena, struct verdict *verdict);

/* An edit that keeps a held change, and asks nothing that is refused: it stays held, or is released. */
void decision_check_held(const struct policy *policy, const struct facts *facts, const struct change *change,
                         int64_t now_s, struct arena *arena, struct verdict *verdict);

/* A request to hold a rollout that is under way. */
void decision_check_pause(const struct policy *policy, const struct facts *facts, const struct change *change,
                          int64_t now_s, struct arena *arena, struct verdict *verdict);

/* An object that is not held: which marks it may carry all the same. */
void decision_let_go(const struct policy *policy, const struct change *change, struct verdict *verdict);

/* Marks of a hold that come by another way than through the object itself. */
void decision_check_marks(const struct change *change, struct arena *arena, struct verdict *verdict);

/* The reason Frozen of a view that is closed now, with every cause and the next opening. `field` and `more`,
 * the end of the text, are static. */
void decision_add_frozen(const struct calendar_view *view, const struct change *change, int64_t now_s,
                         const char *field, const char *more, struct arena *arena, struct verdict *verdict);

#endif
