/* core/record: what was admitted onto one object, as it carries it (annotation RECORD_ANNOTATION).
 * Layer: core (standard C only). Everything borrows.
 *
 * Only the gate writes it, and always from that of the OLD object. It makes a rollback recognisable, an id
 * single-use, and a break-glass a debt until somebody else has looked at it.
 */
#ifndef CHANGEGATE_CORE_RECORD_H
#define CHANGEGATE_CORE_RECORD_H

#include "core/arena.h"
#include "core/text.h"

#define RECORD_ANNOTATION             "changegate.dev/admitted"
#define BREAK_GLASS_ANNOTATION        "changegate.dev/break-glass"
#define BREAK_GLASS_REASON_ANNOTATION "changegate.dev/break-glass-reason"
#define REVIEWED_BY_ANNOTATION        "changegate.dev/reviewed-by"
#define TOKEN_ANNOTATION              "changegate.dev/approval-token"

enum {
    RECORD_TEMPLATES_MOST = 10,
    RECORD_OVERRIDES_MOST = 10,
    RECORD_IDS_MOST = 32,
    RECORD_NAME_BYTES_MOST = 253 /* of a user, fit to be printed (text_quote) */
};

/* One template that was admitted. */
struct record_template {
    struct text digest;
    int64_t at_s;   /* when it was last admitted; 0: it was there before the gate (`preexisting`) */
    bool waiting;   /* it was admitted onto an object that stands still: no pod ran it yet */
    struct text by; /* who applied it */
    struct text ids[RECORD_IDS_MOST]; /* used up by it: ids of annotations and of tokens */
    size_t id_count;
};

/* One use of break-glass. */
struct record_override {
    struct text incident, reason, by;
    int64_t at_s;
    struct text digest;      /* of the template that was let through, empty: none was */
    struct text reviewed_by; /* empty: a debt */
    int64_t reviewed_s;
};

struct record {
    struct record_template templates[RECORD_TEMPLATES_MOST]; /* newest first */
    size_t template_count;
    struct record_override overrides[RECORD_OVERRIDES_MOST]; /* newest first */
    size_t override_count;
};

/* The entry of `digest`, or NULL. */
const struct record_template *record_find(const struct record *record, struct text digest);

/* Whether a change back to `digest` is a rollback: it was admitted, and does not wait. */
bool record_ran(const struct record *record, struct text digest);

/* Whether `id` was admitted with a template other than `digest`; *ret_other is that one's digest. */
bool record_used(const struct record *record, struct text id, struct text digest, struct text *ret_other);

/* These ids are used up by the template as well, up to RECORD_IDS_MOST. */
void record_use(struct record_template *entry, const struct text *ids, size_t count);

/* Put a template in front, with the ids it had before as well; the oldest goes where there are too many. */
void record_admit(struct record *record, const struct record_template *admitted);

/* Pods run `digest`: where it waited, it does so no more. */
void record_bring_out(struct record *record, struct text digest);

/* Whether one more use of break-glass has room. Of RECORD_OVERRIDES_MOST the oldest one goes that was
 * reviewed, else the oldest debt that a later one of the same person for the same incident stands for; the
 * first use of an incident that is used again stays, since it says when the incident expires. No other debt
 * is forgotten: then there is no room. */
bool record_has_room(const struct record *record, const struct record_override *override);

/* Put a use of break-glass in front, where it has room; else nothing is another than before. */
void record_override(struct record *record, const struct record_override *override);

/* How many uses nobody has looked at. */
size_t record_debts(const struct record *record);

/* Every debt that is not of `reviewer`'s own making was looked at. Returns how many. */
size_t record_review(struct record *record, struct text reviewer, int64_t now_s);

/* When `incident` was first used on the object; 0: never. */
int64_t record_first_use_s(const struct record *record, struct text incident);

/* Whether two records say the same. `passes`: of one request, whose second pass comes a little later: at_s of
 * the newest entries may differ by up to RECORD_PASS_S; `normalised`: so may the newest digest. */
enum { RECORD_PASS_S = 60 };
bool record_same(const struct record *a, const struct record *b, bool passes, bool normalised);

#endif
