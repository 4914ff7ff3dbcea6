/* core/decision: the one function that decides.
 * Layer: core (standard C only). No clock, no I/O, no global: the same arguments give the same verdict.
 */
#ifndef CHANGEGATE_CORE_DECISION_H
#define CHANGEGATE_CORE_DECISION_H

#include "core/approval.h"
#include "core/calendar.h"
#include "core/policy.h"

/* What is known about the namespace of the change. */
struct facts {
    bool namespace_known;
    bool namespace_terminating;
    struct freeze_label freeze_label;
    const struct calendar *calendar; /* the windows that apply in it; NULL: none */
    /* Objects about this workload, in the order of their digests, of one digest by turns: one of each
     * approver before the second of anybody. See APPROVALS_SEEN_MOST. */
    const struct approval *approvals;
    size_t approval_count;
};

enum verdict_kind { VERDICT_ALLOW, VERDICT_WARN, VERDICT_DELAY, VERDICT_DENY };

/* Stable codes: metrics, audit annotations, `causes[].reason` and docs/reasons.md use the names of
 * reason_code_name. */
enum reason_code {
    /* why it was let through without a check */
    REASON_NOT_GOVERNED,
    REASON_NOT_A_WORKLOAD,
    REASON_NOT_A_CHANGE,
    REASON_NAMESPACE_TERMINATING,
    REASON_TRUSTED_CONTROLLER,
    /* checked and in order */
    REASON_APPROVED,
    REASON_NOTHING_REQUIRED,
    REASON_FREEZE_WARNING,   /* a window or label that only warns is in force */
    REASON_FREEZE_AHEAD,     /* allowed, and soon it would not be */
    REASON_HELD,             /* delayed: admitted, and kept from rolling out */
    REASON_STILL_HELD,       /* an edit of a held object, or its release: it stays held, and why */
    REASON_HOLD_ENDED,       /* back to what runs: nothing is held any more */
    REASON_RELEASED,         /* a held change that may roll out now */
    REASON_RELEASED_BY_HAND, /* by an operator, during a freeze */
    REASON_BREAK_GLASS,      /* let through although ..., on the record */
    REASON_REVIEWED,         /* uses of break-glass that somebody else has looked at */
    /* faults */
    REASON_NAMESPACE_UNKNOWN,
    REASON_APPROVAL_MISSING,
    REASON_APPROVAL_INVALID,
    REASON_APPROVAL_INSUFFICIENT,
    REASON_APPROVAL_REUSED, /* the id was admitted with another template */
    REASON_APPROVAL_OWN,    /* by the one who applies */
    REASON_APPROVAL_EXPIRED,
    REASON_APPROVAL_EARLY,          /* not valid yet, or still cooling off */
    REASON_APPROVAL_OTHER_TEMPLATE, /* of another digest */
    REASON_APPROVAL_OTHER_WORKLOAD, /* a token for another object */
    REASON_APPROVER_NOT_ENTITLED,   /* in none of the groups */
    REASON_TOKEN_INVALID,           /* no signature that counts, or no claims that can be read */
    REASON_DOCUMENT_MISSING,
    REASON_DOCUMENT_INVALID,
    REASON_DOCUMENT_ELSEWHERE,
    REASON_FROZEN,
    REASON_OPERATOR_REQUIRED,
    REASON_WINDOW_INVALID,      /* a FreezeWindow that nothing could act on */
    REASON_HOLD_PROTECTED,      /* marks of a hold written past the gate */
    REASON_HOLD_MISMATCH,       /* the final object does not carry what the gate would have written */
    REASON_RECORD_PROTECTED,    /* the record, written past the gate */
    REASON_RECORD_MISMATCH,     /* the same as HoldMismatch, of the record */
    REASON_EVIDENCE_PROTECTED,  /* evidence written through a subresource */
    REASON_BREAK_GLASS_REFUSED, /* by somebody who may not, or too many wait for a review */
    REASON_BREAK_GLASS_INVALID, /* no incident id, or too short a reason */
    REASON_BREAK_GLASS_USED,    /* first used on the object longer ago than the policy has it */
    REASON_APPROVAL_UNUSABLE,   /* an Approval object that could not count, or is changed */
    REASON_COUNT
};

/* What the object has to carry of the record. */
struct record_target {
    bool decides;                /* false: nothing is said of it, it stays as it is */
    struct text verbatim;        /* where `record` is NULL: as it was; NULL `at`: absent */
    const struct record *record; /* owned by the arena of the decision */
};

struct reason {
    enum reason_code code;
    struct text
        field; /* "metadata.annotations[changegate.dev/approval-ids]"; empty where no field is at fault */
    struct text message; /* one clause: what is wrong, quoting the value, and what to do */
};

enum { VERDICT_REASONS_MOST = 32, VERDICT_EVIDENCE_MOST = 16, VERDICT_WARNINGS_MOST = 12 };

struct verdict {
    enum verdict_kind kind;                      /* what the client gets */
    bool would_deny;                             /* kind would be VERDICT_DENY in mode Enforce */
    const struct policy *policy;                 /* that governs, or NULL */
    struct reason reasons[VERDICT_REASONS_MOST]; /* all of them, faults first; at least one */
    size_t reason_count;
    struct text warnings[VERDICT_WARNINGS_MOST]; /* each at most 256 bytes and naming the object */
    size_t warning_count;
    struct text message;    /* a denial's paragraph; empty otherwise */
    unsigned http_status;   /* 200, 403, 429 */
    unsigned retry_after_s; /* 0: no retry offered */
    int64_t opens_s;        /* next opening when frozen, FREEZE_NO_END, or 0 when not frozen */
    struct text approvals[VERDICT_EVIDENCE_MOST]; /* ids of changes that counted */
    size_t approval_count;
    struct text approvers[VERDICT_EVIDENCE_MOST]; /* people that counted */
    size_t approver_count;
    struct text used[RECORD_IDS_MOST]; /* what the record keeps as used up: ids of changes, jti of tokens */
    size_t used_count;
    struct hold_target target; /* what the object has to carry of a hold */
    bool releases;             /* the held change goes out with this request */
    struct record_target record;
    bool overrides; /* break-glass counted: change->record.incident and .reason say which */
};

/* Decide. `policy` is the one that governs the namespace, NULL when none does. Texts of the verdict live in
 * `arena` or borrow from the arguments. */
void decision_make(const struct policy *policy, const struct facts *facts, const struct change *change,
                   int64_t now_s, struct arena *arena, struct verdict *ret_verdict);

/* Of the object as it will be stored: whether it carries what `verdict` says it has to. Where it does not,
 * replicas do not agree for a moment, or the mutating registration is missing: the verdict becomes a denial
 * that the client tries again by itself. */
void decision_verify_hold(const struct change *change, int64_t now_s, struct arena *arena,
                          struct verdict *verdict);

/* The same for the record. An object that never had one may go without where the policy allows reuse of ids,
 * or does not enforce.
 */
void decision_verify_record(const struct change *change, struct arena *arena, struct verdict *verdict);

/* A request on a Namespace object (`/guard`): who may set or remove what the gate reads from it, and who may
 * delete a governed one. */
struct namespace_change {
    enum operation operation;
    struct text name;
    struct labels labels_before, labels_after;
    struct labels annotations_before, annotations_after;
    struct user user;
};

/* Decide a namespace change over all policies: only the operators of a policy may bring a namespace under it,
 * take one out of it, change the freeze label or annotations of one that it governs, or delete one. What
 * matters is which policy governs before and after, so a selector of any shape is guarded. */
void decision_make_namespace(const struct policy_set *set, const struct namespace_change *change,
                             struct arena *arena, struct verdict *ret_verdict);

/* A request on a FreezeWindow object (`/guard`): `faults` are what its reader found, each "PATH: what; cure".
 */
void decision_make_window(struct text name, const struct text *faults, size_t fault_count,
                          struct arena *arena, struct verdict *ret_verdict);

/* A request on an Approval object (`/guard`). `faults` are what its reader found of a new one, each "PATH:
 * what; cure"; an update never changes the spec. */
struct approval_object {
    struct text name;
    struct approval approval;
    int64_t expires_s; /* 0: none is written */
    bool spec_changed; /* of an update */
};
void decision_make_approval(enum operation operation, const struct approval_object *object,
                            const struct user *user, const struct text *faults, size_t fault_count,
                            int64_t now_s, struct arena *arena, struct verdict *ret_verdict);

/* "ApprovalMissing", ... */
const char *reason_code_name(enum reason_code code);
bool reason_is_fault(enum reason_code code);

/* "Allow", "Warn", "Delay", "Deny" */
const char *verdict_kind_name(enum verdict_kind kind);

#endif
