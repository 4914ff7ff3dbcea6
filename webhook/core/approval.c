#include "core/approval.h"

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Distinct ids only: the same id twice is one approval. */
static void add_id(struct text *ids, size_t *count, struct text id, bool *too_many)
{
    if (text_is_among(id, ids, *count))
        return;
    if (*count == APPROVAL_IDS_MOST)
        *too_many = true;
    else
        ids[(*count)++] = id;
}

bool approval_is_id(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] < '!' || text.at[i] > '~')
            return false;
    return text.length > 0 && text.length <= APPROVAL_ID_BYTES_MOST;
}

void approval_read_ids(const struct approval_rule *rule, struct text annotation,
                       struct approval_evidence *ret)
{
    struct approval_evidence evidence = {0};
    size_t at = 0;
    while (at < annotation.length && !evidence.too_many) {
        size_t start = at;
        while (at < annotation.length && !is_separator(annotation.at[at]))
            at++;
        struct text id = text_slice(annotation, start, at - start);
        at++;
        if (id.length == 0)
            continue;
        if (id.length <= APPROVAL_ID_BYTES_MOST && rule->id_pattern.matches != NULL &&
            rule->id_pattern.matches(rule->id_pattern.program, id))
            add_id(evidence.valid, &evidence.valid_count, id, &evidence.too_many);
        else
            add_id(evidence.invalid, &evidence.invalid_count, id, &evidence.too_many);
    }
    *ret = evidence;
}
