#include "cli/check_report.h"

#include "core/instant.h"

static const char *verdict_word(enum verdict_kind kind)
{
    return kind == VERDICT_DENY ? "refused" : kind == VERDICT_WARN ? "warn" : "pass";
}

static void line(struct json_text_buffer *out, const char *before, struct text text)
{
    json_text_raw_str(out, before);
    json_text_raw(out, text);
    json_text_raw_str(out, "\n");
}

void check_report_text(const struct change *change, const struct verdict *verdict,
                       struct json_text_buffer *out)
{
    struct arena arena = {NULL, 0};
    char classes[96];
    line(out, "",
         arena_printf(&arena, "%-8s %s %.*s %.*s/%.*s", verdict_word(verdict->kind),
                      change_classes_name(change->classes, classes, sizeof(classes)), TEXT_ARGS(change->kind),
                      TEXT_ARGS(text_quote(&arena, change->namespace, 63)),
                      TEXT_ARGS(text_quote(&arena, change->name, 253))));
    for (size_t i = 0; i < verdict->reason_count; i++) {
        if (verdict->reasons[i].message.length == 0)
            continue;
        line(out, "         - ", verdict->reasons[i].message);
        if (verdict->reasons[i].field.length > 0)
            line(out, "           at ", verdict->reasons[i].field);
    }
    arena_done(&arena);
}

static void key_text(struct json_text_buffer *out, const char *key, struct text value)
{
    json_text_key(out, key);
    json_text_string(out, value);
}

void check_report_json(const struct change *change, const struct verdict *verdict,
                       struct json_text_buffer *out)
{
    char classes[96];
    json_text_raw_str(out, out->length == 0 ? "{" : ",{");
    key_text(out, "kind", change->kind);
    key_text(out, "namespace", change->namespace);
    key_text(out, "name", change->name);
    key_text(out, "class", text_of(change_classes_name(change->classes, classes, sizeof(classes))));
    key_text(out, "verdict", text_of(verdict_kind_name(verdict->kind)));
    if (change->digest_after.length > 0)
        key_text(out, "digest", change->digest_after);
    json_text_key(out, "reasons");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < verdict->reason_count; i++) {
        json_text_element(out);
        json_text_raw_str(out, "{");
        key_text(out, "code", text_of(reason_code_name(verdict->reasons[i].code)));
        key_text(out, "field", verdict->reasons[i].field);
        key_text(out, "message", verdict->reasons[i].message);
        json_text_raw_str(out, "}");
    }
    json_text_raw_str(out, "]");
    json_text_key(out, "warnings");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < verdict->warning_count; i++) {
        json_text_element(out);
        json_text_string(out, verdict->warnings[i]);
    }
    json_text_raw_str(out, "]}");
}

static void finish_json(struct text objects, const struct check_summary *summary, struct arena *arena,
                        struct json_text_buffer *out)
{
    json_text_raw_str(out, "{\"objects\":[");
    json_text_raw(out, objects);
    json_text_raw_str(out, "]");
    const struct {
        const char *key;
        size_t count;
    } counts[] = {{"passed", summary->passed}, {"refused", summary->refused}, {"skipped", summary->skipped}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        json_text_key(out, counts[i].key);
        json_text_integer(out, (int64_t)counts[i].count);
    }
    key_text(out, "at", instant_format(arena, summary->at_s));
    if (summary->assumed_policy.length > 0)
        key_text(out, "assumedPolicy", summary->assumed_policy);
    json_text_raw_str(out, "}\n");
}

static void finish_text(struct text objects, const struct check_summary *summary, struct arena *arena,
                        struct json_text_buffer *out)
{
    json_text_raw(out, objects);
    if (summary->assumed_policy.length > 0)
        line(out, "",
             arena_printf(arena, "no --namespace-labels given: policy %.*s is taken to govern",
                          TEXT_ARGS(summary->assumed_policy)));
    line(out, "",
         arena_printf(arena, "%zu passed, %zu refused, %zu skipped (no workload), as of %.*s",
                      summary->passed, summary->refused, summary->skipped,
                      TEXT_ARGS(instant_format(arena, summary->at_s))));
}

void check_report_finish(bool json, struct text objects, const struct check_summary *summary,
                         struct json_text_buffer *out)
{
    struct arena arena = {NULL, 0};
    if (json)
        finish_json(objects, summary, &arena, out);
    else
        finish_text(objects, summary, &arena, out);
    arena_done(&arena);
}
