/* spec.requirements: more than the policy asks of every change, for some. */
#include "policy_private.h"

#include "core/approval.h"
#include "core/requirement.h"

enum { NAME_BYTES_MOST = 63 };

/* ---- when ---- */

/* `equals` belongs to whichever of the two is written. */
static bool read_equals(struct policy_reader *reader, struct policy_map when, struct requirement *requirement)
{
    const struct yaml_node *equals = policy_find(when, "equals");
    if (equals == NULL)
        return true;
    struct text path = policy_path(reader, when.path, "equals");
    if (requirement->annotation.at == NULL && requirement->label.at == NULL)
        return policy_fail(reader, equals, path,
                           "is the value of nothing; write annotation or label beside it");
    bool of_label = requirement->label.at != NULL;
    if (!policy_get_text(reader, when, "equals",
                         of_label ? &requirement->label_equals : &requirement->annotation_equals))
        return false;
    return !of_label || policy_expect_label_value(reader, equals, path);
}

static bool read_marks(struct policy_reader *reader, struct policy_map when, struct requirement *requirement)
{
    if (!policy_get_text(reader, when, "annotation", &requirement->annotation) ||
        !policy_get_text(reader, when, "label", &requirement->label))
        return false;
    const struct yaml_node *annotation = policy_find(when, "annotation"), *label = policy_find(when, "label");
    if (annotation != NULL && label != NULL)
        return policy_fail(reader, when.node, when.path,
                           "names both an annotation and a label; write one of them");
    if (annotation != NULL && !policy_is_annotation_key(requirement->annotation))
        return policy_fail(reader, annotation, policy_path(reader, when.path, "annotation"),
                           "\"%.*s\" is no annotation key; write one such as example.com/name",
                           TEXT_ARGS(text_quote(reader->arena, requirement->annotation, 80)));
    if (label != NULL &&
        !policy_expect_label_key(reader, requirement->label, label, policy_path(reader, when.path, "label")))
        return false;
    return read_equals(reader, when, requirement);
}

/* What no reference to an image could begin with matches none. */
static bool is_image_prefix(struct text prefix)
{
    bool good = prefix.length > 0 && prefix.at[0] != '/';
    for (size_t i = 0; i < prefix.length; i++) {
        char c = prefix.at[i];
        bool colons = c == ':' && i + 1 < prefix.length && prefix.at[i + 1] == '/';
        good &= !colons &&
                (policy_is_word((struct text){&c, 1}, NAME_DIGITS | NAME_SMALL | NAME_CAPITALS, "", 1) ||
                 c == '.' || c == '_' || c == '-' || c == '/' || c == ':' || c == '@');
    }
    return good;
}

static bool read_image_prefixes(struct policy_reader *reader, struct policy_map when,
                                struct requirement *requirement)
{
    if (!policy_get_texts(reader, when, "imagePrefixes", &requirement->image_prefixes,
                          &requirement->image_prefix_count))
        return false;
    for (size_t i = 0; i < requirement->image_prefix_count; i++)
        if (!is_image_prefix(requirement->image_prefixes[i]))
            return policy_fail(reader, &policy_find(when, "imagePrefixes")->children[i],
                               policy_path_index(reader, policy_path(reader, when.path, "imagePrefixes"), i),
                               "\"%.*s\" begins no image; write one such as registry.example.com/team/",
                               TEXT_ARGS(text_quote(reader->arena, requirement->image_prefixes[i], 80)));
    return true;
}

static bool read_when(struct policy_reader *reader, struct policy_map map, const struct policy *policy,
                      struct requirement *requirement)
{
    static const char *const fields[] = {"annotation",    "label",   "equals",     "kinds",
                                         "imagePrefixes", "classes", "userGroups", NULL};
    const struct policy_set policies = {policy, 1};
    struct policy_map when;
    return policy_get_map(reader, map, "when", fields, &when) && read_marks(reader, when, requirement) &&
           policy_get_kinds(reader, when, &policies, &requirement->kinds, &requirement->kind_count) &&
           read_image_prefixes(reader, when, requirement) &&
           policy_get_classes(reader, when, &requirement->classes) &&
           policy_get_texts(reader, when, "userGroups", &requirement->user_groups,
                            &requirement->user_group_count);
}

/* ---- what it asks for ---- */

static bool read_sources(struct policy_reader *reader, struct policy_map map, const struct policy *policy,
                         struct requirement *requirement)
{
    if (!policy_get_sources(reader, map, &requirement->sources))
        return false;
    return requirement->sources == 0 || (requirement->sources & policy->approval.sources) != 0 ||
           policy_fail(reader, policy_find(map, "sources"), policy_path(reader, map.path, "sources"),
                       "has none of approval.sources, so that nothing would count; add it there, too");
}

static bool read_document(struct policy_reader *reader, struct policy_map map,
                          struct requirement *requirement)
{
    if (!policy_get_bool(reader, map, "changeDocument", &requirement->document))
        return false;
    return policy_find(map, "changeDocument") == NULL || requirement->document ||
           policy_fail(reader, policy_find(map, "changeDocument"),
                       policy_path(reader, map.path, "changeDocument"),
                       "is false, and a requirement only adds; take it out");
}

static bool read_effects(struct policy_reader *reader, struct policy_map map, const struct policy *policy,
                         struct requirement *requirement)
{
    int64_t minimum = 0;
    if (!policy_get_integer(reader, map, "minimum", 1, APPROVAL_IDS_MOST, &minimum) ||
        !read_sources(reader, map, policy, requirement) ||
        !policy_get_texts(reader, map, "approverGroups", &requirement->approver_groups,
                          &requirement->approver_group_count) ||
        !read_document(reader, map, requirement) ||
        !policy_get_duration(reader, map, "minimumAge", APPROVAL_AGE_S_MOST, &requirement->minimum_age_s))
        return false;
    requirement->minimum = (unsigned)minimum;
    approval_sources sources = policy->approval.sources;
    if (requirement->sources != 0)
        sources &= requirement->sources;
    if (!policy_expect_people(reader, map, "approverGroups", sources) ||
        !policy_expect_people(reader, map, "minimumAge", sources))
        return false;
    return minimum > 0 || requirement->sources != 0 || requirement->approver_group_count > 0 ||
           requirement->document || requirement->minimum_age_s > 0 ||
           policy_fail(
               reader, map.node, map.path,
               "asks for nothing; write minimum, sources, approverGroups, changeDocument or minimumAge");
}

/* ---- one, and all ---- */

static bool read_name(struct policy_reader *reader, struct policy_map map, size_t index,
                      const struct requirement *before, struct requirement *requirement)
{
    requirement->name = arena_printf(reader->arena, "requirements[%zu]", index);
    if (!policy_get_text(reader, map, "name", &requirement->name))
        return false;
    const struct yaml_node *node = policy_find(map, "name");
    if (node == NULL)
        return true;
    struct text path = policy_path(reader, map.path, "name");
    if (requirement->name.length == 0 || requirement->name.length > NAME_BYTES_MOST)
        return policy_fail(reader, node, path, "\"%.*s\" is not 1 to %d bytes long; write a short name",
                           TEXT_ARGS(text_quote(reader->arena, requirement->name, 80)), NAME_BYTES_MOST);
    for (size_t i = 0; i < index; i++)
        if (text_equal(before[i].name, requirement->name))
            return policy_fail(reader, node, path,
                               "another requirement is called \"%.*s\", too; give each a name of its own",
                               TEXT_ARGS(text_quote(reader->arena, requirement->name, 80)));
    return true;
}

static bool read_requirement(struct policy_reader *reader, struct policy_map map, const struct policy *policy,
                             struct requirement *requirement)
{
    static const char *const fields[] = {"name",           "when",           "minimum",    "sources",
                                         "approverGroups", "changeDocument", "minimumAge", NULL};
    return policy_check_map(reader, map, fields) && read_when(reader, map, policy, requirement) &&
           read_effects(reader, map, policy, requirement);
}

bool policy_read_requirements(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    const struct yaml_node *list;
    struct text path = policy_path(reader, spec.path, "requirements");
    if (!policy_get_list(reader, spec, "requirements", &list))
        return false;
    if (list == NULL)
        return true;
    if (list->child_count > NEED_REQUIREMENTS_MOST)
        return policy_fail(reader, &list->children[NEED_REQUIREMENTS_MOST],
                           policy_path_index(reader, path, NEED_REQUIREMENTS_MOST),
                           "is one more than the %d that a policy may have; join those that ask for the same",
                           NEED_REQUIREMENTS_MOST);
    struct requirement *requirements =
        arena_alloc_array(reader->arena, list->child_count, sizeof(*requirements));
    for (size_t i = 0; i < list->child_count; i++) {
        struct requirement *requirement = &requirements[i];
        struct policy_map map = {&list->children[i], policy_path_index(reader, path, i)};
        if (!read_requirement(reader, map, policy, requirement) ||
            !read_name(reader, map, i, requirements, requirement))
            return false;
        policy->reads_annotations |= requirement->annotation.length > 0;
        policy->reads_labels |= requirement->label.length > 0;
        policy->reads_images |= requirement->image_prefix_count > 0;
    }
    policy->requirements = requirements;
    policy->requirement_count = list->child_count;
    return true;
}
