/* core/principals: who asks, and lists of who may.
 * Layer: core (standard C only). All texts are borrowed.
 */
#ifndef CHANGEGATE_CORE_PRINCIPALS_H
#define CHANGEGATE_CORE_PRINCIPALS_H

#include "core/text.h"

/* As the API server authenticated it (authentication.k8s.io/v1 UserInfo). */
struct user {
    struct text name;
    const struct text *groups;
    size_t group_count;
};

struct principals {
    const struct text *users, *groups;
    size_t user_count, group_count;
};

/* Whether the user, or one of the groups, is named. */
bool principals_include(const struct principals *principals, const struct user *user);

#endif
