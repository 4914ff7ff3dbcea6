/* Approval objects: what could not count is refused when it is written, not found out by whoever relies on
 * it.
 */
#include "core/instant.h"
#include "decision_private.h"

#define STAMPED_BY_THE_GATE                                                                             \
    "changegate writes it when the object is made, so its mutating registration is missing or another " \
    "webhook "                                                                                          \
    "came after it: tell an operator"
#define TIMES_THAT_COUNT "write a time at most 14 days ahead, or leave it out for 72 hours"

enum { QUOTED_BYTES_MOST = 100 };

/* The message begins with the path; as a field it stands alone. */
static void add(struct verdict *verdict, struct text fault)
{
    verdict_add(verdict, REASON_APPROVAL_UNUSABLE, text_slice(fault, 0, text_find(fault, ':')), fault);
}

static void check_approver(const struct approval *approval, const struct user *user, struct arena *arena,
                           struct verdict *verdict)
{
    struct text who = text_quote(arena, user->name, QUOTED_BYTES_MOST);
    if (approval->approver.length == 0)
        add(verdict, (struct text)TEXT("spec.approver: is missing; " STAMPED_BY_THE_GATE));
    else if (!text_equal(approval->approver, user->name))
        add(verdict,
            arena_printf(arena, "spec.approver: \"%.*s\" is not who asks, \"%.*s\"; " STAMPED_BY_THE_GATE,
                         TEXT_ARGS(text_quote(arena, approval->approver, QUOTED_BYTES_MOST)),
                         TEXT_ARGS(who)));
    bool same = approval->group_count == user->group_count;
    for (size_t i = 0; same && i < user->group_count; i++)
        same = text_equal(approval->groups[i], user->groups[i]);
    if (!same)
        add(verdict,
            arena_printf(arena, "spec.approverGroups: are not those of \"%.*s\"; " STAMPED_BY_THE_GATE,
                         TEXT_ARGS(who)));
}

static void check_expiry(int64_t expires_s, int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct text when = instant_format(arena, expires_s);
    if (expires_s == 0)
        add(verdict, (struct text)TEXT("spec.expiresAt: is missing; " STAMPED_BY_THE_GATE));
    else if (expires_s <= now_s)
        add(verdict, arena_printf(arena, "spec.expiresAt: %.*s is past; " TIMES_THAT_COUNT, TEXT_ARGS(when)));
    else if (expires_s > now_s + APPROVAL_AGE_S_MOST)
        add(verdict, arena_printf(arena, "spec.expiresAt: %.*s is more than 14 days ahead; " TIMES_THAT_COUNT,
                                  TEXT_ARGS(when)));
}

/* Whether the reader has said already that it cannot be read. */
static bool told_of(const struct text *faults, size_t fault_count, const char *path)
{
    for (size_t i = 0; i < fault_count; i++)
        if (text_is(text_slice(faults[i], 0, text_find(faults[i], ':')), path))
            return true;
    return false;
}

void decision_make_approval(enum operation operation, const struct approval_object *object,
                            const struct user *user, const struct text *faults, size_t fault_count,
                            int64_t now_s, struct arena *arena, struct verdict *ret_verdict)
{
    struct verdict *verdict = ret_verdict;
    *verdict = (struct verdict){.http_status = 200};
    if (operation == OPERATION_CREATE) {
        for (size_t i = 0; i < fault_count; i++)
            add(verdict, faults[i]);
        if (!told_of(faults, fault_count, "spec")) {
            check_approver(&object->approval, user, arena, verdict);
            if (!told_of(faults, fault_count, "spec.expiresAt"))
                check_expiry(object->expires_s, now_s, arena, verdict);
        }
    } else if (operation == OPERATION_UPDATE && object->spec_changed) {
        add(verdict, (struct text)TEXT("spec: an Approval does not change; delete it and make another one"));
    }
    struct text subject =
        arena_printf(arena, "Approval %.*s", TEXT_ARGS(text_quote(arena, object->name, 253)));
    if (verdict->reason_count > 0)
        verdict_conclude(verdict, MODE_ENFORCE, subject,
                         arena_printf(arena, "%.*s cannot be used", TEXT_ARGS(subject)), arena);
    else
        verdict_add(verdict, REASON_NOTHING_REQUIRED, TEXT_EMPTY, TEXT_EMPTY);
}
