/* What goes out: the answer to the API server, and the decision's line in the log. */
#include "codec/review.h"

#include "core/approval.h"
#include "core/instant.h"

#include <stdio.h>

enum { INSTANT_TEXT_BYTES = 32 };

static void key_str(struct json_text_buffer *out, const char *key, const char *value)
{
    json_text_member(out, key, text_of(value));
}

static void key_text_if(struct json_text_buffer *out, const char *key, struct text value)
{
    if (value.length > 0)
        json_text_member(out, key, value);
}

static const char *instant_text(int64_t instant_s, char buffer[INSTANT_TEXT_BYTES])
{
    struct wall_time t = wall_time_from_seconds(instant_s);
    snprintf(buffer, INSTANT_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.year, t.month, t.day, t.hour,
             t.minute, t.second);
    return buffer;
}

static void key_opens(struct json_text_buffer *out, const char *key, int64_t opens_s)
{
    char buffer[INSTANT_TEXT_BYTES];
    if (opens_s != 0)
        key_str(out, key, opens_s == FREEZE_NO_END ? "never" : instant_text(opens_s, buffer));
}

static void write_classes(struct json_text_buffer *out, const char *key, const struct change *change)
{
    char classes[96];
    key_str(out, key, change_classes_name(change->classes, classes, sizeof(classes)));
}

/* "A,B" as one string. Codes and accepted ids need no escape; json_text_string sees to the rest. */
static void write_reason_list(struct json_text_buffer *out, const struct verdict *verdict)
{
    json_text_key(out, "reasons");
    json_text_raw_str(out, "\"");
    for (size_t i = 0; i < verdict->reason_count; i++) {
        json_text_raw_str(out, i == 0 ? "" : ",");
        json_text_raw_str(out, reason_code_name(verdict->reasons[i].code));
    }
    json_text_raw_str(out, "\"");
}

static void write_texts(struct json_text_buffer *out, const char *key, const struct text *texts, size_t count)
{
    json_text_key(out, key);
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < count; i++) {
        json_text_element(out);
        json_text_string(out, texts[i]);
    }
    json_text_raw_str(out, "]");
}

/* "ann,bob" */
static void write_approvers(struct json_text_buffer *out, const struct verdict *verdict, struct arena *arena)
{
    struct text list = TEXT_EMPTY;
    for (size_t i = 0; i < verdict->approver_count; i++)
        list = arena_printf(arena, "%.*s%s%.*s", TEXT_ARGS(list), i == 0 ? "" : ",",
                            TEXT_ARGS(verdict->approvers[i]));
    key_text_if(out, "approvers", list);
}

/* The API server puts the webhook's name and a slash before each key; values must be strings. */
static void write_audit_annotations(struct json_text_buffer *out, const struct verdict *verdict,
                                    const struct change *change)
{
    json_text_key(out, "auditAnnotations");
    json_text_raw_str(out, "{");
    key_str(out, "verdict", verdict_kind_name(verdict->kind));
    if (verdict->would_deny && verdict->kind != VERDICT_DENY)
        key_str(out, "would-deny", "true");
    write_reason_list(out, verdict);
    if (verdict->policy != NULL)
        json_text_member(out, "policy", verdict->policy->name);
    key_opens(out, "opens", verdict->opens_s);
    if (verdict->approver_count > 0) {
        struct arena arena = {NULL, 0};
        write_approvers(out, verdict, &arena);
        arena_done(&arena);
    }
    if (change != NULL && change->workload != KIND_NONE) {
        write_classes(out, "class", change);
        key_text_if(out, "template-digest", change->digest_after);
        key_text_if(out, "approval-ids", change->approval_ids);
        key_text_if(out, "change-doc", document_shown(change->change_document));
        if (verdict->overrides) {
            json_text_member(out, "break-glass", change->record.incident);
            json_text_member(out, "break-glass-reason", change->record.reason);
        }
    }
    json_text_raw_str(out, "}");
}

static void write_warnings(struct json_text_buffer *out, const struct verdict *verdict)
{
    if (verdict->warning_count == 0)
        return;
    json_text_key(out, "warnings");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < verdict->warning_count; i++) {
        json_text_element(out);
        json_text_string(out, verdict->warnings[i]);
    }
    json_text_raw_str(out, "]");
}

static void write_causes(struct json_text_buffer *out, const struct verdict *verdict)
{
    json_text_key(out, "causes");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < verdict->reason_count; i++) {
        const struct reason *reason = &verdict->reasons[i];
        if (!reason_is_fault(reason->code))
            continue;
        json_text_element(out);
        json_text_raw_str(out, "{");
        key_str(out, "reason", reason_code_name(reason->code));
        json_text_member(out, "message", reason->message);
        key_text_if(out, "field", reason->field);
        json_text_raw_str(out, "}");
    }
    json_text_raw_str(out, "]");
}

/* A metav1.Status, as the client of the API server will see it. */
static void write_status(struct json_text_buffer *out, const struct verdict *verdict,
                         const struct change *change)
{
    json_text_key(out, "status");
    json_text_raw_str(out, "{\"status\":\"Failure\"");
    json_text_key(out, "code");
    json_text_integer(out, verdict->http_status);
    key_str(out, "reason", verdict->http_status == 429 ? "TooManyRequests" : "Forbidden");
    json_text_member(out, "message", verdict->message);
    json_text_key(out, "details");
    json_text_raw_str(out, "{");
    if (change != NULL) {
        key_text_if(out, "name", change->name);
        key_text_if(out, "group", change->group);
        json_text_member(out, "kind",
                         change->resource); /* Status details name the resource, as the API server does */
    }
    write_causes(out, verdict);
    if (verdict->retry_after_s > 0) {
        json_text_key(out, "retryAfterSeconds");
        json_text_integer(out, verdict->retry_after_s);
    }
    json_text_raw_str(out, "}}");
}

void review_write_answer(struct text uid, const struct verdict *verdict, const struct change *change,
                         struct json_text_buffer *out)
{
    json_text_clear(out);
    json_text_raw_str(out,
                      "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{");
    json_text_member(out, "uid", uid);
    json_text_key(out, "allowed");
    json_text_bool(out, verdict->kind != VERDICT_DENY);
    if (verdict->kind == VERDICT_DENY)
        write_status(out, verdict, change);
    write_warnings(out, verdict);
    write_audit_annotations(out, verdict, change);
    json_text_raw_str(out, "}}");
}

static void write_user(struct json_text_buffer *out, const struct user *user)
{
    json_text_member(out, "user", user->name);
    json_text_key(out, "groups");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < user->group_count; i++) {
        json_text_element(out);
        json_text_string(out, user->groups[i]);
    }
    json_text_raw_str(out, "]");
}

static void write_reasons(struct json_text_buffer *out, const struct verdict *verdict)
{
    json_text_key(out, "reasons");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < verdict->reason_count; i++) {
        json_text_element(out);
        json_text_raw_str(out, "{");
        key_str(out, "code", reason_code_name(verdict->reasons[i].code));
        key_text_if(out, "field", verdict->reasons[i].field);
        key_text_if(out, "message", verdict->reasons[i].message);
        json_text_raw_str(out, "}");
    }
    json_text_raw_str(out, "]");
}

static void write_object(struct json_text_buffer *out, const struct review *review,
                         const struct change *change)
{
    key_str(out, "operation", operation_name(review->operation));
    key_text_if(out, "group", review->group);
    json_text_member(out, "resource", review->resource);
    key_text_if(out, "subresource", review->subresource);
    json_text_member(out, "kind", change != NULL ? change->kind : review->kind);
    key_text_if(out, "namespace", review->namespace);
    json_text_member(out, "name", change != NULL ? change->name : review->name);
    json_text_key(out, "dryRun");
    json_text_bool(out, review->dry_run);
}

static void write_break_glass(struct json_text_buffer *out, const struct change *change)
{
    json_text_key(out, "breakGlass");
    json_text_raw_str(out, "{");
    json_text_member(out, "incident", change->record.incident);
    json_text_member(out, "reason", change->record.reason);
    json_text_raw_str(out, "}");
}

void review_write_log_line(const char *path, const struct review *review, const struct change *change,
                           const struct user *user, const struct verdict *verdict, int64_t now_s,
                           int64_t latency_ns, struct json_text_buffer *out)
{
    char buffer[INSTANT_TEXT_BYTES];
    json_text_clear(out);
    json_text_raw_str(out, "{");
    key_str(out, "time", instant_text(now_s, buffer));
    key_str(out, "path", path);
    json_text_member(out, "uid", review->uid);
    key_str(out, "verdict", verdict_kind_name(verdict->kind));
    json_text_key(out, "wouldDeny");
    json_text_bool(out, verdict->would_deny);
    if (verdict->policy != NULL)
        json_text_member(out, "policy", verdict->policy->name);
    if (change != NULL && change->workload != KIND_NONE)
        write_classes(out, "class", change);
    write_object(out, review, change);
    write_user(out, user);
    write_reasons(out, verdict);
    write_texts(out, "approvals", verdict->approvals, verdict->approval_count);
    if (verdict->approver_count > 0)
        write_texts(out, "approvers", verdict->approvers, verdict->approver_count);
    if (verdict->overrides)
        write_break_glass(out, change);
    if (change != NULL) {
        key_text_if(out, "changeDocument", document_shown(change->change_document));
        key_text_if(out, "templateDigest", change->digest_after);
    }
    key_opens(out, "opens", verdict->opens_s);
    if (change != NULL && change->hold.before.held) {
        key_str(out, "heldSince", instant_text(change->hold.before.hold.since_s, buffer));
        key_text_if(out, "heldBy", change->hold.before.hold.by);
    }
    json_text_key(out, "latencyMicros");
    json_text_integer(out, latency_ns / 1000);
    json_text_raw_str(out, "}");
}
