/* `/guard`: what the gate reads from a namespace changes only by an operator (rule `operators` of the
 * policy). */
#include "decision_private.h"

static const struct text freeze_label_key = TEXT(NAMESPACE_FREEZE);
static const struct text freeze_annotation_keys[] = {TEXT(NAMESPACE_FREEZE_UNTIL),
                                                     TEXT(NAMESPACE_FREEZE_REASON)};

static bool differs(struct labels before, struct labels after, struct text key)
{
    const struct text *old_value = labels_get(before, key), *new_value = labels_get(after, key);
    if (old_value == NULL || new_value == NULL)
        return old_value != new_value;
    return !text_equal(*old_value, *new_value);
}

static bool freeze_differs(const struct namespace_change *change)
{
    if (differs(change->labels_before, change->labels_after, freeze_label_key))
        return true;
    for (size_t i = 0; i < sizeof(freeze_annotation_keys) / sizeof(freeze_annotation_keys[0]); i++)
        if (differs(change->annotations_before, change->annotations_after, freeze_annotation_keys[i]))
            return true;
    return false;
}

/* One policy whose say is needed for `what`; the stricter mode of two policies counts. */
static void require_operator(const struct policy *policy, const struct namespace_change *change,
                             const char *what, struct arena *arena, struct verdict *verdict)
{
    if (principals_include(&policy->operators, &change->user))
        return;
    if (verdict->policy == NULL || policy->mode < verdict->policy->mode)
        verdict->policy = policy;
    verdict_add(verdict, REASON_OPERATOR_REQUIRED, (struct text)TEXT("metadata"),
                arena_printf(arena, "user %.*s is no operator of policy %.*s and may not %s; ask an operator",
                             TEXT_ARGS(text_quote(arena, change->user.name, 100)), TEXT_ARGS(policy->name),
                             what));
}

void decision_make_namespace(const struct policy_set *set, const struct namespace_change *change,
                             struct arena *arena, struct verdict *ret_verdict)
{
    struct verdict *verdict = ret_verdict;
    *verdict = (struct verdict){.http_status = 200};
    const struct policy *before =
        change->operation == OPERATION_CREATE ? NULL : policy_for_namespace(set, change->labels_before);
    const struct policy *after =
        change->operation == OPERATION_DELETE ? NULL : policy_for_namespace(set, change->labels_after);

    if (change->operation == OPERATION_DELETE && before != NULL) {
        require_operator(before, change, "delete a governed namespace with all that is in it", arena,
                         verdict);
    } else if (before != after) {
        if (before != NULL)
            require_operator(before, change, "take a namespace out of it", arena, verdict);
        if (after != NULL)
            require_operator(after, change, "bring a namespace under it", arena, verdict);
    } else if (after != NULL && freeze_differs(change)) {
        require_operator(after, change, "change the freeze of a governed namespace", arena, verdict);
    }

    struct text subject =
        arena_printf(arena, "Namespace %.*s", TEXT_ARGS(text_quote(arena, change->name, 63)));
    if (verdict->policy != NULL)
        verdict_conclude(verdict, verdict->policy->mode, subject, subject, arena);
    if (verdict->reason_count == 0)
        verdict_add(verdict, before == NULL && after == NULL ? REASON_NOT_GOVERNED : REASON_NOTHING_REQUIRED,
                    TEXT_EMPTY, TEXT_EMPTY);
    if (verdict->policy == NULL)
        verdict->policy = after != NULL ? after : before;
}
