#include "core/requirement.h"

static bool share_one(const struct text *list, size_t count, const struct text *wanted, size_t wanted_count)
{
    for (size_t i = 0; i < wanted_count; i++)
        if (text_is_among(wanted[i], list, count))
            return true;
    return false;
}

/* ---- the conditions, each met where it was not written ---- */

static bool has_pair(struct labels labels, struct text key, struct text equals)
{
    const struct text *value = labels_get(labels, key);
    return value != NULL && (equals.at == NULL || text_equal(*value, equals));
}

static bool annotation_matches(const struct requirement *requirement, const struct change *change)
{
    return requirement->annotation.length == 0 || !change->has_annotations ||
           has_pair(change->annotations, requirement->annotation, requirement->annotation_equals);
}

/* Of the old object as well: nobody takes a label off in the very change that it makes harder. */
static bool label_matches(const struct requirement *requirement, const struct change *change)
{
    return requirement->label.length == 0 || !change->has_labels ||
           has_pair(change->labels_before, requirement->label, requirement->label_equals) ||
           has_pair(change->labels_after, requirement->label, requirement->label_equals);
}

static bool kind_matches(const struct requirement *requirement, const struct change *change)
{
    return requirement->kind_count == 0 ||
           text_is_among(change->kind, requirement->kinds, requirement->kind_count);
}

static bool image_matches(const struct requirement *requirement, const struct change *change)
{
    bool matches = requirement->image_prefix_count == 0 || change->image_count == 0;
    for (size_t i = 0; i < requirement->image_prefix_count; i++)
        for (size_t j = 0; j < change->image_count; j++)
            matches |= text_starts_with(change->images[j], requirement->image_prefixes[i]);
    return matches;
}

static bool user_matches(const struct requirement *requirement, const struct change *change)
{
    return requirement->user_group_count == 0 ||
           share_one(requirement->user_groups, requirement->user_group_count, change->user.groups,
                     change->user.group_count);
}

static bool policy_needs_approval(const struct policy *policy, change_classes classes)
{
    for (unsigned class = 0; class < CLASS_COUNT; class ++)
        if ((classes & CLASS_BIT(class)) && policy->needs[class].approval)
            return true;
    return false;
}

/* Whether some class of the change is one that anything can be asked of: Metadata never is. */
static bool is_checked(const struct change *change)
{
    return (change->classes & ~CLASS_BIT(CLASS_METADATA)) != 0;
}

bool requirement_matches(const struct requirement *requirement, const struct policy *policy,
                         const struct change *change)
{
    bool class_matches = requirement->classes != 0 ? (change->classes & requirement->classes) != 0
                                                   : policy_needs_approval(policy, change->classes);
    return is_checked(change) && class_matches && annotation_matches(requirement, change) &&
           label_matches(requirement, change) && kind_matches(requirement, change) &&
           image_matches(requirement, change) && user_matches(requirement, change);
}

/* ---- the need ---- */

static void add(const struct requirement *requirement, struct approval_need *need)
{
    if (requirement->minimum > need->minimum)
        need->minimum = requirement->minimum;
    if (requirement->sources != 0)
        need->sources &= requirement->sources;
    if (requirement->minimum_age_s > need->minimum_age_s)
        need->minimum_age_s = requirement->minimum_age_s;
    need->document |= requirement->document;
    need->document_required |= requirement->document;
    need->by[need->by_count++] = requirement;
}

void approval_need_of(const struct policy *policy, const struct change *change, struct approval_need *ret)
{
    struct approval_need need = {.sources = policy->approval.sources};
    if (is_checked(change) && policy_needs_approval(policy, change->classes))
        need.minimum = policy->approval.minimum;
    for (size_t i = 0; i < policy->requirement_count && need.by_count < NEED_REQUIREMENTS_MOST; i++)
        if (requirement_matches(&policy->requirements[i], policy, change))
            add(&policy->requirements[i], &need);
    need.approval = need.minimum > 0;
    need.document |= need.approval;
    need.document_required |= need.document && policy->document.required;
    *ret = need;
}

bool approval_need_admits(const struct approval_need *need, const struct policy *policy,
                          const struct text *groups, size_t group_count)
{
    const struct approval_rule *rule = &policy->approval;
    bool admitted = rule->approver_group_count == 0 ||
                    share_one(rule->approver_groups, rule->approver_group_count, groups, group_count);
    for (size_t i = 0; i < need->by_count && admitted; i++)
        admitted =
            need->by[i]->approver_group_count == 0 ||
            share_one(need->by[i]->approver_groups, need->by[i]->approver_group_count, groups, group_count);
    return admitted;
}
