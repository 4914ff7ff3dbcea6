#include "record_passes.h"

#include "codec/review.h"

#include <stdlib.h>

struct pass {
    struct json_reader *reader;
    struct json_text_buffer scratch, out;
    struct review review;
    struct change change;
    struct verdict verdict;
};

static void decide(struct pass *pass, const struct policy *policy, struct text review, int64_t now_s,
                   struct arena *arena)
{
    static const struct facts facts = {.namespace_known = true, .freeze_label = {.until_s = FREEZE_NO_END}};
    struct text uid;
    struct error error;
    *pass = (struct pass){.reader = json_reader_new()};
    if (!review_open(pass->reader, review, &pass->review, &uid, &error) ||
        !review_read_change(&pass->review, policy, false, arena, &pass->scratch, &pass->change, &error))
        abort();
    decision_make(policy, &facts, &pass->change, now_s, arena, &pass->verdict);
}

static void done(struct pass *pass)
{
    json_reader_free(pass->reader);
    json_text_done(&pass->scratch);
    json_text_done(&pass->out);
}

struct text record_mutation_of(const struct policy *policy, struct text review, int64_t now_s,
                               struct arena *arena)
{
    struct pass pass;
    decide(&pass, policy, review, now_s, arena);
    review_complete_hold(&pass.review, policy, &pass.change, arena, &pass.scratch, &pass.verdict);
    review_write_mutation(&pass.review, policy, &pass.change, &pass.verdict, arena, &pass.scratch, &pass.out);
    struct text answer = arena_copy(arena, json_text_view(&pass.out));
    done(&pass);
    return answer;
}

struct text record_validation_of(const struct policy *policy, struct text review, int64_t now_s,
                                 struct arena *arena)
{
    struct pass pass;
    decide(&pass, policy, review, now_s, arena);
    decision_verify_record(&pass.change, arena, &pass.verdict);
    struct text said = text_of(verdict_kind_name(pass.verdict.kind));
    for (size_t i = 0; i < pass.verdict.reason_count; i++)
        said =
            arena_printf(arena, "%.*s %s", TEXT_ARGS(said), reason_code_name(pass.verdict.reasons[i].code));
    done(&pass);
    return said;
}
