/* Approval and documentation: rules `approval` and `changeDocument` of the policy. */
#include "core/approval.h"
#include "decision_private.h"

enum { QUOTE_BYTES_MOST = 80 };

static struct text annotation_field(struct text key, struct arena *arena)
{
    return arena_printf(arena, "metadata.annotations[%.*s]", TEXT_ARGS(key));
}

/* What to do where the request cannot carry an annotation at all. */
static const char *carrier_hint(const struct change *change)
{
    return change->has_annotations
               ? ""
               : " (/scale carries no annotations: change spec.replicas of the object itself)";
}

static void add_missing_approval(const struct policy *policy, const struct change *change,
                                 struct arena *arena, struct verdict *verdict)
{
    const struct approval_rule *rule = &policy->approval;
    verdict_add(
        verdict, REASON_APPROVAL_MISSING, annotation_field(policy->approval_ids_key, arena),
        arena_printf(arena, "no approval: set annotation %.*s to %u approved change id%s matching %.*s%s",
                     TEXT_ARGS(policy->approval_ids_key), rule->minimum, rule->minimum == 1 ? "" : "s",
                     TEXT_ARGS(rule->id_pattern.source), carrier_hint(change)));
}

static void add_invalid_ids(const struct policy *policy, const struct approval_evidence *evidence,
                            struct arena *arena, struct verdict *verdict)
{
    for (size_t i = 0; i < evidence->invalid_count; i++)
        verdict_add(verdict, REASON_APPROVAL_INVALID, annotation_field(policy->approval_ids_key, arena),
                    arena_printf(arena, "\"%.*s\" is no approval id: ids match %.*s",
                                 TEXT_ARGS(text_quote(arena, evidence->invalid[i], QUOTE_BYTES_MOST)),
                                 TEXT_ARGS(policy->approval.id_pattern.source)));
}

void decision_check_approval(const struct policy *policy, const struct change *change, struct arena *arena,
                             struct verdict *verdict)
{
    struct approval_evidence evidence;
    approval_read_ids(&policy->approval, change->approval_ids, &evidence);
    for (size_t i = 0; i < evidence.valid_count; i++)
        verdict->approvals[verdict->approval_count++] = evidence.valid[i];
    if (evidence.valid_count >= policy->approval.minimum)
        return;

    if (evidence.valid_count + evidence.invalid_count == 0) {
        add_missing_approval(policy, change, arena, verdict);
        return;
    }
    add_invalid_ids(policy, &evidence, arena, verdict);
    if (evidence.valid_count > 0)
        verdict_add(verdict, REASON_APPROVAL_INSUFFICIENT, annotation_field(policy->approval_ids_key, arena),
                    arena_printf(arena, "%zu of %u approvals: add %zu more distinct to annotation %.*s",
                                 evidence.valid_count, policy->approval.minimum,
                                 policy->approval.minimum - evidence.valid_count,
                                 TEXT_ARGS(policy->approval_ids_key)));
}

/* The policy's urls as a list, or what any link must be. */
static struct text allowed_urls(const struct document_rule *rule, struct arena *arena)
{
    if (rule->url_count == 0)
        return text_of("any https link");
    struct text list = rule->urls[0].source;
    for (size_t i = 1; i < rule->url_count && i < 4; i++)
        list = arena_printf(arena, "%.*s or %.*s", TEXT_ARGS(list), TEXT_ARGS(rule->urls[i].source));
    return list;
}

static const char *fault_text(enum document_fault fault)
{
    switch (fault) {
    case DOCUMENT_NOT_HTTPS: return "is not an absolute https link";
    case DOCUMENT_CREDENTIALS: return "carries credentials";
    case DOCUMENT_MALFORMED:
        return "is not a plain link (blanks, dot segments, encoded slashes, bad port or too long)";
    case DOCUMENT_NO_PATH: return "names a site, not a document";
    case DOCUMENT_ELSEWHERE: return "is not where change documents are kept";
    case DOCUMENT_GOOD: break;
    }
    return "is good";
}

void decision_check_document(const struct policy *policy, const struct change *change, struct arena *arena,
                             struct verdict *verdict)
{
    struct text field = annotation_field(policy->change_document_key, arena);
    struct text url = text_trim(change->change_document);
    if (url.length == 0) {
        if (policy->document.required)
            verdict_add(verdict, REASON_DOCUMENT_MISSING, field,
                        arena_printf(arena, "no change document: set annotation %.*s to %.*s%s",
                                     TEXT_ARGS(policy->change_document_key),
                                     TEXT_ARGS(allowed_urls(&policy->document, arena)),
                                     carrier_hint(change)));
        return;
    }
    enum document_fault fault = document_check(&policy->document, url);
    if (fault != DOCUMENT_GOOD)
        verdict_add(verdict,
                    fault == DOCUMENT_ELSEWHERE ? REASON_DOCUMENT_ELSEWHERE : REASON_DOCUMENT_INVALID, field,
                    arena_printf(arena, "change document \"%.*s\" %s: write %.*s",
                                 TEXT_ARGS(text_quote(arena, document_shown(url), QUOTE_BYTES_MOST)),
                                 fault_text(fault), TEXT_ARGS(allowed_urls(&policy->document, arena))));
}
