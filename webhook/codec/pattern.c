#include "codec/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

/* An id is a few dozen bytes; a pattern that needs more than this for one is broken or hostile. */
enum { MATCH_LIMIT = 10000, DEPTH_LIMIT = 250, HEAP_LIMIT_KIB = 256, SUBJECT_BYTES_MOST = 1024 };

struct program {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static bool matches(const void *opaque, struct text subject)
{
    const struct program *program = opaque;
    if (subject.length == 0 || subject.length > SUBJECT_BYTES_MOST)
        return false;
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (data == NULL)
        abort();
    int found =
        pcre2_match(program->code, (PCRE2_SPTR)subject.at, subject.length, 0, 0, data, program->limits);
    pcre2_match_data_free(data);
    return found >= 0;
}

bool pattern_compile(struct arena *arena, struct text source, struct pattern *ret_pattern,
                     struct error *error)
{
    int fault = 0;
    PCRE2_SIZE offset = 0;
    /* $ must not match before a final newline: "CHG1\n" is another id; and in ^A|B$ each half must match the
     * whole. */
    uint32_t options =
        PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)source.at, source.length, options, &fault, &offset, NULL);
    if (code == NULL) {
        PCRE2_UCHAR message[120] = "";
        pcre2_get_error_message(fault, message, sizeof(message));
        return error_set_at(error, ERROR_INPUT, 0, (unsigned)offset + 1, "%s", (const char *)message);
    }
    struct program *program = arena_alloc(arena, sizeof(*program));
    program->code = code;
    program->limits = pcre2_match_context_create(NULL);
    if (program->limits == NULL)
        abort();
    pcre2_set_match_limit(program->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(program->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(program->limits, HEAP_LIMIT_KIB);
    *ret_pattern = (struct pattern){arena_copy(arena, source), program, matches};
    return true;
}

void pattern_done(struct pattern *pattern)
{
    const struct program *program = pattern->program;
    if (program == NULL)
        return;
    pcre2_match_context_free(program->limits);
    pcre2_code_free(program->code);
    pattern->program = NULL;
}
