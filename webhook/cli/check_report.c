#include "cli/check_report.h"

#include "core/instant.h"

/* ---- text ---- */

static const char *verdict_word(enum verdict_kind kind)
{
    static const char *const words[] = {[VERDICT_ALLOW] = "pass",
                                        [VERDICT_WARN] = "warn",
                                        [VERDICT_DELAY] = "held",
                                        [VERDICT_DENY] = "refused"};
    return words[kind];
}

static void line(struct json_text_buffer *out, const char *before, struct text text)
{
    json_text_raw_str(out, before);
    json_text_raw(out, text);
    json_text_raw_str(out, "\n");
}

static void write_object_text(const struct change *change, const struct verdict *verdict,
                              size_t approvals_assumed, struct json_text_buffer *out)
{
    struct arena arena = {NULL, 0};
    char classes[96];
    bool silent = verdict->would_deny && verdict->kind == VERDICT_ALLOW;
    line(out, "",
         arena_printf(&arena, "%-8s %s %.*s %.*s/%.*s%s", verdict_word(verdict->kind),
                      change_classes_name(change->classes, classes, sizeof(classes)), TEXT_ARGS(change->kind),
                      TEXT_ARGS(text_quote(&arena, change->namespace, 63)),
                      TEXT_ARGS(text_quote(&arena, change->name, 253)),
                      silent ? " (refused but for mode Audit)" : ""));
    for (size_t i = 0; i < verdict->reason_count; i++) {
        if (verdict->reasons[i].message.length == 0)
            continue;
        line(out, "         - ", verdict->reasons[i].message);
        if (verdict->reasons[i].field.length > 0)
            line(out, "           at ", verdict->reasons[i].field);
    }
    if (approvals_assumed > 0)
        line(out, "         - ",
             arena_printf(&arena, "not looked at: Approval objects; %zu %s to approve %.*s",
                          approvals_assumed, approvals_assumed == 1 ? "person has" : "people have",
                          TEXT_ARGS(change->digest_after)));
    arena_done(&arena);
}

static void write_text(const struct check_report *report, struct arena *arena, struct json_text_buffer *out)
{
    struct text held = report->held == 0 ? TEXT_EMPTY : arena_printf(arena, "%zu held, ", report->held);
    json_text_raw(out, json_text_view(&report->objects));
    if (report->policy.length == 0)
        line(out, "", text_of("no policy governs a namespace with these labels: nothing is checked in it"));
    else if (report->policy_assumed)
        line(out, "",
             arena_printf(arena, "no --namespace-labels given: policy %.*s is taken to govern",
                          TEXT_ARGS(report->policy)));
    line(out, "",
         arena_printf(arena, "%zu passed, %.*s%zu refused, %zu skipped (no workload), as of %.*s",
                      report->passed, TEXT_ARGS(held), report->refused, report->skipped,
                      TEXT_ARGS(instant_format(arena, report->at_s))));
}

/* ---- JSON ---- */

static void key_bool(struct json_text_buffer *out, const char *key, bool value)
{
    json_text_key(out, key);
    json_text_bool(out, value);
}

static void write_reasons(const struct verdict *verdict, struct json_text_buffer *out)
{
    json_text_key(out, "reasons");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < verdict->reason_count; i++) {
        json_text_element(out);
        json_text_raw_str(out, "{");
        json_text_member(out, "code", text_of(reason_code_name(verdict->reasons[i].code)));
        json_text_member(out, "field", verdict->reasons[i].field);
        json_text_member(out, "message", verdict->reasons[i].message);
        json_text_raw_str(out, "}");
    }
    json_text_raw_str(out, "]");
}

static void write_object_json(const struct change *change, const struct verdict *verdict,
                              size_t approvals_assumed, struct json_text_buffer *out)
{
    char classes[96];
    json_text_raw_str(out, out->length == 0 ? "{" : ",{");
    json_text_member(out, "kind", change->kind);
    json_text_member(out, "namespace", change->namespace);
    json_text_member(out, "name", change->name);
    json_text_member(out, "class", text_of(change_classes_name(change->classes, classes, sizeof(classes))));
    json_text_member(out, "verdict", text_of(verdict_kind_name(verdict->kind)));
    key_bool(out, "wouldDeny", verdict->would_deny);
    if (change->digest_after.length > 0)
        json_text_member(out, "digest", change->digest_after);
    write_reasons(verdict, out);
    json_text_key(out, "warnings");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < verdict->warning_count; i++) {
        json_text_element(out);
        json_text_string(out, verdict->warnings[i]);
    }
    json_text_raw_str(out, "]");
    if (approvals_assumed > 0) {
        json_text_key(out, "approvalsNotLookedAt");
        json_text_integer(out, (int64_t)approvals_assumed);
    }
    json_text_raw_str(out, "}");
}

static void key_list(struct json_text_buffer *out, const char *key, const struct json_text_buffer *items)
{
    json_text_key(out, key);
    json_text_raw_str(out, "[");
    json_text_raw(out, json_text_view(items));
    json_text_raw_str(out, "]");
}

static void key_count(struct json_text_buffer *out, const char *key, size_t count)
{
    json_text_key(out, key);
    json_text_integer(out, (int64_t)count);
}

static void write_json(const struct check_report *report, struct arena *arena, struct json_text_buffer *out)
{
    json_text_raw_str(out, "{");
    key_list(out, "objects", &report->objects);
    key_list(out, "skippedObjects", &report->skipped_objects);
    key_count(out, "passed", report->passed);
    key_count(out, "held", report->held);
    key_count(out, "refused", report->refused);
    key_count(out, "skipped", report->skipped);
    json_text_member(out, "at", instant_format(arena, report->at_s));
    json_text_key(out, "policy");
    if (report->policy.length == 0)
        json_text_raw_str(out, "null");
    else
        json_text_string(out, report->policy);
    key_bool(out, "policyAssumed", report->policy_assumed);
    json_text_raw_str(out, "}\n");
}

/* ---- the report ---- */

void check_report_object(struct check_report *report, const struct change *change,
                         const struct verdict *verdict, size_t approvals_assumed)
{
    if (verdict->kind == VERDICT_DENY)
        report->refused++;
    else if (verdict->kind == VERDICT_DELAY)
        report->held++;
    else
        report->passed++;
    if (report->json)
        write_object_json(change, verdict, approvals_assumed, &report->objects);
    else
        write_object_text(change, verdict, approvals_assumed, &report->objects);
}

void check_report_skipped(struct check_report *report, struct text kind, struct text name)
{
    struct json_text_buffer *out = &report->skipped_objects;
    report->skipped++;
    json_text_raw_str(out, out->length == 0 ? "{" : ",{");
    json_text_member(out, "kind", kind);
    json_text_member(out, "name", name);
    json_text_raw_str(out, "}");
}

void check_report_write(const struct check_report *report, struct json_text_buffer *out)
{
    struct arena arena = {NULL, 0};
    if (report->json)
        write_json(report, &arena, out);
    else
        write_text(report, &arena, out);
    arena_done(&arena);
}

void check_report_done(struct check_report *report)
{
    json_text_done(&report->objects);
    json_text_done(&report->skipped_objects);
}
