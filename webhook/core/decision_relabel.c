/* A window's objectSelector reads the labels of the object as it is. An edit of labels alone replaces no pod
 * and needs nothing, so in a freeze it would be the first of two steps around it: take the label off, then
 * change the image. While a window closes, labels that would take an object out of it have to stay. */
#include "decision_private.h"

static bool labels_same(struct labels a, struct labels b)
{
    for (size_t i = 0; i < a.count; i++) {
        const struct text *value = labels_get(b, a.items[i].key);
        if (value == NULL || !text_equal(*value, a.items[i].value))
            return false;
    }
    return a.count == b.count;
}

static struct calendar_view view_for(const struct policy *policy, const struct facts *facts,
                                     struct change change, enum change_class class, struct arena *arena)
{
    change.classes = CLASS_BIT(class);
    return decision_view(policy, facts, &change, arena);
}

void decision_check_relabel(const struct policy *policy, const struct facts *facts,
                            const struct change *change, int64_t now_s, struct arena *arena,
                            struct verdict *verdict)
{
    if (change->operation != OPERATION_UPDATE || !change->has_labels ||
        labels_same(change->labels_before, change->labels_after))
        return;
    struct change relabelled = *change;
    relabelled.labels_before = change->labels_after;
    for (unsigned class = 0; class < CLASS_METADATA; class ++) {
        struct calendar_view was = view_for(policy, facts, *change, (enum change_class) class, arena);
        struct calendar_view is = view_for(policy, facts, relabelled, (enum change_class) class, arena);
        if (!freeze_closes(calendar_at(&was, now_s).action) || freeze_closes(calendar_at(&is, now_s).action))
            continue;
        decision_add_frozen(&was, change, now_s, "metadata.labels",
                            ", which these labels would take the object out of; keep them until then", arena,
                            verdict);
        return;
    }
}
