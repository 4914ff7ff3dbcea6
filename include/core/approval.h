/* core/approval: is there evidence of enough approvals, and is the change documented?
 * Layer: core (standard C only).
 */
#ifndef CHANGEGATE_CORE_APPROVAL_H
#define CHANGEGATE_CORE_APPROVAL_H

#include "core/policy.h"

enum { APPROVAL_IDS_MOST = 16 };

/* The ids of an annotation, split at commas and blanks. */
struct approval_evidence {
    struct text valid[APPROVAL_IDS_MOST]; /* distinct, in order; borrow the annotation */
    size_t valid_count;
    struct text invalid[APPROVAL_IDS_MOST]; /* do not match the pattern */
    size_t invalid_count;
    bool too_many; /* more than APPROVAL_IDS_MOST distinct ids of a sort: the rest was not read */
};

void approval_read_ids(const struct approval_rule *rule, struct text annotation,
                       struct approval_evidence *ret);

enum document_fault {
    DOCUMENT_GOOD,
    DOCUMENT_NOT_HTTPS,   /* not an absolute https URL (RFC 3986 section 4.3) */
    DOCUMENT_CREDENTIALS, /* user information before the host */
    DOCUMENT_MALFORMED, /* blanks, control characters, bad port, dot segments or encoded slashes, too long */
    DOCUMENT_NO_PATH,   /* nothing but the host, a query or a fragment names the document */
    DOCUMENT_ELSEWHERE, /* none of the policy's urls */
};

/* Whether `url` is a link the policy takes. */
enum document_fault document_check(const struct document_rule *rule, struct text url);

/* What messages, the audit log and the decision log may show of a link: itself, or, where there is a user or
 * a password in it, a note that says so. Static or borrows `url`. */
struct text document_shown(struct text url);

#endif
