/* core/requirement: what one change needs of evidence: rule `approval` of its policy, and each of its
 * `requirements` that is about the change.
 * Layer: core (standard C only). Everything borrows.
 *
 * Invariant: a requirement only adds. The larger minimum counts, the sources that all of them name, the
 * groups of each, the greater age.
 */
#ifndef CHANGEGATE_CORE_REQUIREMENT_H
#define CHANGEGATE_CORE_REQUIREMENT_H

#include "core/policy.h"

enum { NEED_REQUIREMENTS_MOST = 16 }; /* of a policy; its reader refuses more */

struct approval_need {
    bool approval; /* false: no approval is asked for */
    bool document; /* a change document is looked at; whether it must be there: */
    bool document_required;
    unsigned minimum;
    approval_sources sources; /* can be none: requirements that exclude each other let nothing through */
    int64_t minimum_age_s;
    const struct requirement *by[NEED_REQUIREMENTS_MOST]; /* that are about the change, in their order */
    size_t by_count;
};

/* Whether every written condition of `requirement` is met; of its classes, see struct requirement. Metadata
 * alone meets none. What the request does not carry (/scale: annotations, labels, images) is taken to match:
 * no side door makes a change easier. */
bool requirement_matches(const struct requirement *requirement, const struct policy *policy,
                         const struct change *change);

void approval_need_of(const struct policy *policy, const struct change *change, struct approval_need *ret);

/* Whether a person of these groups is in one of the policy's approverGroups and in one of those of each
 * requirement in `need`. */
bool approval_need_admits(const struct approval_need *need, const struct policy *policy,
                          const struct text *groups, size_t group_count);

#endif
