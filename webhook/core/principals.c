#include "core/principals.h"

static bool is_listed(const struct text *list, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i], name))
            return true;
    return false;
}

bool principals_include(const struct principals *principals, const struct user *user)
{
    if (is_listed(principals->users, principals->user_count, user->name))
        return true;
    for (size_t i = 0; i < user->group_count; i++)
        if (is_listed(principals->groups, principals->group_count, user->groups[i]))
            return true;
    return false;
}
