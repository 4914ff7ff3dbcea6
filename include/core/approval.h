/* core/approval: is there evidence of enough approvals, and is the change documented?
 * Layer: core (standard C only).
 */
#ifndef CHANGEGATE_CORE_APPROVAL_H
#define CHANGEGATE_CORE_APPROVAL_H

#include "core/policy.h"

enum {
    APPROVAL_IDS_MOST = 16,
    APPROVAL_ID_BYTES_MOST = 128, /* a longer one is no id, whatever the pattern says */
};

/* The ids of an annotation, split at commas and blanks. */
struct approval_evidence {
    struct text valid[APPROVAL_IDS_MOST]; /* distinct, in order; borrow the annotation */
    size_t valid_count;
    struct text invalid[APPROVAL_IDS_MOST]; /* do not match the pattern */
    size_t invalid_count;
    bool too_many; /* more than APPROVAL_IDS_MOST distinct ids of a sort: the rest was not read */
};

/* What an Approval object and a token may call a change: printable ASCII without blanks, not too long. */
bool approval_is_id(struct text text);

void approval_read_ids(const struct approval_rule *rule, struct text annotation,
                       struct approval_evidence *ret);

/* What one person agreed to: an Approval object, or a token that verified. All texts borrow. */
struct approval {
    enum approval_source source;
    struct text name;  /* of the object; the token's jti */
    struct text fault; /* of a token that proves nothing: why, as a clause; else empty */
    struct text change_id;
    struct text kind, workload; /* "Deployment", "web" */
    struct text digest;         /* of the template */
    struct text approver;       /* user name: stamped by the gate, or the token's sub */
    const struct text *groups;  /* of the approver: stamped, or the token's `groups` */
    size_t group_count;
    int64_t created_s;    /* by the API server, or iat */
    int64_t not_before_s; /* nbf; 0: from the start */
    int64_t expires_s;    /* the first second in which it does not count */
};

enum {
    APPROVAL_AGE_S_USUAL = 72 * 3600, /* of an object, from its creation until it expires */
    APPROVAL_AGE_S_MOST = 14 * 86400,
    TOKEN_SKEW_S = 60, /* between two clocks; of tokens alone */
};

/* Of the objects for the template of a change, so many are looked at, in the order of struct facts: whoever
 * may make Approvals and makes thousands of no use neither hides another person's nor makes a decision slow.
 * What it takes to hide one: as many approvers. */
enum { APPROVALS_SEEN_MOST = 1024 };

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
