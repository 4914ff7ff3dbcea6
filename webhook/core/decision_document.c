/* Documentation: rule `changeDocument` of the policy. Approvals: decision_approval.c. */
#include "decision_private.h"

enum { QUOTE_BYTES_MOST = 80 };

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

void decision_check_document(const struct policy *policy, const struct change *change, bool required,
                             struct arena *arena, struct verdict *verdict)
{
    struct text field = decision_annotation_field(policy->change_document_key, arena);
    struct text url = text_trim(change->change_document);
    if (url.length == 0) {
        if (required)
            verdict_add(verdict, REASON_DOCUMENT_MISSING, field,
                        arena_printf(arena, "no change document: set annotation %.*s to %.*s%s",
                                     TEXT_ARGS(policy->change_document_key),
                                     TEXT_ARGS(allowed_urls(&policy->document, arena)),
                                     decision_carrier_hint(change)));
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
