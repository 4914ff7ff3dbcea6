#include "core/principals.h"

bool principals_include(const struct principals *principals, const struct user *user)
{
    if (text_is_among(user->name, principals->users, principals->user_count))
        return true;
    for (size_t i = 0; i < user->group_count; i++)
        if (text_is_among(user->groups[i], principals->groups, principals->group_count))
            return true;
    return false;
}
