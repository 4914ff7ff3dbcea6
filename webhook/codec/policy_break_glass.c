/* spec.breakGlass: who may let a change through although, and what he has to say. */
#include "policy_private.h"

enum {
    REASON_BYTES = 10,
    REASON_BYTES_MOST = 200,
    AGE_S = 60 * 60,
    AGE_S_MOST = 24 * 3600,
};

static bool expect_written(struct policy_reader *reader, struct policy_map rule, const char *key,
                           const char *cure)
{
    return policy_find(rule, key) != NULL ||
           policy_fail(reader, rule.node, policy_path(reader, rule.path, key), "is missing; %s", cure);
}

bool policy_read_break_glass(struct policy_reader *reader, struct policy_map spec, struct policy *policy)
{
    static const char *const fields[] = {"groups", "incidentPattern", "reasonMinLength", "maxAge", NULL};
    struct policy_map map;
    struct break_glass_rule *rule = &policy->break_glass;
    *rule = (struct break_glass_rule){.reason_bytes_least = REASON_BYTES, .age_s_most = AGE_S};
    if (!policy_get_map(reader, spec, "breakGlass", fields, &map))
        return false;
    if (map.node == NULL)
        return true;
    if (!expect_written(reader, map, "groups", "name the groups that may, or take breakGlass out") ||
        !policy_get_texts(reader, map, "groups", &rule->groups, &rule->group_count))
        return false;
    if (rule->group_count == 0)
        return policy_fail(reader, policy_find(map, "groups"), policy_path(reader, map.path, "groups"),
                           "is empty; name the groups that may, or take breakGlass out");
    return expect_written(reader, map, "incidentPattern", "write one such as '^INC[0-9]+$'") &&
           policy_get_pattern(reader, map, "incidentPattern", &rule->incident) &&
           policy_get_integer(reader, map, "reasonMinLength", 1, REASON_BYTES_MOST,
                              &rule->reason_bytes_least) &&
           policy_get_duration(reader, map, "maxAge", AGE_S_MOST, &rule->age_s_most);
}
