#include "codec/approval_object.h"
#include "codec/digest.h"

#include "core/instant.h"
#include "review_private.h"

enum { KIND_BYTES_MOST = 63, NAME_BYTES_MOST = 253, QUOTED_BYTES_MOST = 100 };

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

static struct json spec_of(const struct review *review, const char *of)
{
    return get(get(review->request, of), "spec");
}

/* ---- what it says ---- */

struct reading {
    const struct policy_set *policies; /* NULL: any kind will do */
    struct arena *arena;
    struct approval_faults *faults;
};

static void add_fault(struct reading *reading, struct text fault)
{
    if (reading->faults->count < APPROVAL_FAULTS_MOST)
        reading->faults->items[reading->faults->count++] = fault;
}

/* The string at `key`; `rule` says what it has to be, and what to do. */
static struct text read_text(struct reading *reading, struct json object, const char *path, const char *key,
                             bool (*is_good)(struct text value), const char *rule)
{
    struct json value = get(object, key);
    struct text text = json_as_text(value);
    if (text.at != NULL && is_good(text))
        return text;
    if (text.at != NULL)
        add_fault(reading,
                  arena_printf(reading->arena, "%s.%s: \"%.*s\" cannot be used; write %s", path, key,
                               TEXT_ARGS(text_quote(reading->arena, text, QUOTED_BYTES_MOST)), rule));
    else
        add_fault(reading, arena_printf(reading->arena, "%s.%s: is %s; write %s", path, key,
                                        json_type(value) == JSON_ABSENT ? "missing" : "no text", rule));
    return TEXT_EMPTY;
}

static bool is_kind(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        bool capital = c >= 'A' && c <= 'Z';
        if (!capital && (i == 0 || !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))))
            return false;
    }
    return text.length > 0 && text.length <= KIND_BYTES_MOST;
}

/* A DNS subdomain (RFC 1123), as the names of all workloads are. */
static bool is_name(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
    }
    return text.length > 0 && text.length <= NAME_BYTES_MOST;
}

static void check_kind_known(struct reading *reading, struct text kind)
{
    if (reading->policies == NULL || kind.length == 0)
        return;
    for (size_t i = 0; i < reading->policies->count; i++)
        if (workload_kind_known(&reading->policies->items[i], kind))
            return;
    add_fault(reading, arena_printf(reading->arena,
                                    "spec.workload.kind: \"%.*s\" is no kind of workload; write one such as "
                                    "Deployment, or add it to the policy's workloads first",
                                    TEXT_ARGS(kind)));
}

static void read_expiry(struct reading *reading, struct json spec, int64_t *ret_expires_s)
{
    struct json value = get(spec, "expiresAt");
    struct text text = json_as_text(value);
    if (json_type(value) == JSON_ABSENT || json_type(value) == JSON_NULL ||
        instant_parse(text, ret_expires_s))
        return;
    struct text said = text.at == NULL
                           ? text_of("is no text")
                           : arena_printf(reading->arena, "\"%.*s\" is no time",
                                          TEXT_ARGS(text_quote(reading->arena, text, QUOTED_BYTES_MOST)));
    add_fault(reading, arena_printf(reading->arena,
                                    "spec.expiresAt: %.*s; write RFC 3339 with an offset, such as "
                                    "2026-11-23T11:00:00Z, or leave it out for 72 hours",
                                    TEXT_ARGS(said)));
}

static void read_groups(struct reading *reading, struct json spec, struct approval *approval)
{
    struct json groups = get(spec, "approverGroups");
    struct text *items = arena_alloc_array(reading->arena, json_count(groups), sizeof(*items));
    bool good = json_type(groups) == JSON_ARRAY || json_type(groups) == JSON_ABSENT;
    for (struct json_walk w = json_walk_start(groups); good && json_walk_next(&w);) {
        items[approval->group_count] = json_as_text(w.value);
        good = items[approval->group_count++].at != NULL;
    }
    approval->groups = items;
    if (good)
        return;
    approval->group_count = 0;
    add_fault(reading, (struct text)TEXT("spec.approverGroups: is no list of texts; leave it out, changegate "
                                         "writes it"));
}

/* All but the approver, of whom each reader has to say something else where there is none. */
static void read_spec(struct reading *reading, struct json spec, struct approval *approval)
{
    approval->source = SOURCE_APPROVAL;
    if (json_type(spec) != JSON_OBJECT) {
        add_fault(reading,
                  (struct text)TEXT("spec: is missing; write changeId, workload and templateDigest"));
        return;
    }
    struct json workload = get(spec, "workload");
    approval->change_id =
        read_text(reading, spec, "spec", "changeId", approval_is_id,
                  "the id of the change, 1 to 128 printable ASCII characters without blanks");
    approval->kind = read_text(reading, workload, "spec.workload", "kind", is_kind,
                               "the kind of the workload, such as Deployment");
    check_kind_known(reading, approval->kind);
    approval->workload =
        read_text(reading, workload, "spec.workload", "name", is_name, "the name of the workload");
    approval->digest = read_text(reading, spec, "spec", "templateDigest", digest_is_text,
                                 "sha256: and 64 hex digits, as the refusal of the change names them");
    read_expiry(reading, spec, &approval->expires_s);
    approval->approver = json_as_text(get(spec, "approver"));
    read_groups(reading, spec, approval);
}

/* ---- in a review ---- */

void approval_object_read(const struct review *review, const struct policy_set *policies, struct arena *arena,
                          struct approval_object *ret_object, struct approval_faults *ret_faults)
{
    struct reading reading = {policies, arena, ret_faults};
    struct json metadata = get(get(review->request, "object"), "metadata");
    struct text prefix = json_as_text(get(metadata, "generateName"));
    ret_faults->count = 0;
    *ret_object = (struct approval_object){.name = review->name};
    if (review->name.length == 0 && prefix.length > 0)
        ret_object->name = arena_printf(arena, "%.*s*", TEXT_ARGS(prefix));
    read_spec(&reading, spec_of(review, "object"), &ret_object->approval);
    ret_object->expires_s = ret_object->approval.expires_s;
    ret_object->spec_changed = review->operation == OPERATION_UPDATE && !review_keeps_spec(review);
}

/* ---- the stamp ---- */

static void begin(struct json_text_buffer *out, const char *path)
{
    json_text_raw_str(out, out->length == 0 ? "[" : ",");
    json_text_raw_str(out, "{\"op\":\"add\""); /* which replaces what is there: RFC 6902 section 4.1 */
    json_text_member(out, "path", text_of(path));
    json_text_key(out, "value");
}

static bool has_groups(struct json groups, const struct user *user)
{
    size_t count = 0;
    if (json_type(groups) != JSON_ARRAY)
        return false;
    for (struct json_walk w = json_walk_start(groups); json_walk_next(&w); count++) {
        struct text group = json_as_text(w.value);
        if (count == user->group_count || group.at == NULL || !text_equal(group, user->groups[count]))
            return false;
    }
    return count == user->group_count;
}

static void write_groups(const struct user *user, struct json_text_buffer *out)
{
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < user->group_count; i++) {
        json_text_element(out);
        json_text_string(out, user->groups[i]);
    }
    json_text_raw_str(out, "]");
}

static void write_stamp(struct json spec, const struct user *user, int64_t now_s, struct arena *arena,
                        struct json_text_buffer *out)
{
    enum json_type expiry = json_type(get(spec, "expiresAt"));
    struct text approver = json_as_text(get(spec, "approver"));
    if (approver.at == NULL || !text_equal(approver, user->name)) {
        begin(out, "/spec/approver");
        json_text_string(out, user->name);
        json_text_raw_str(out, "}");
    }
    if (!has_groups(get(spec, "approverGroups"), user)) {
        begin(out, "/spec/approverGroups");
        write_groups(user, out);
        json_text_raw_str(out, "}");
    }
    if (expiry == JSON_ABSENT || expiry == JSON_NULL) {
        begin(out, "/spec/expiresAt");
        json_text_string(out, instant_format(arena, now_s + APPROVAL_AGE_S_USUAL));
        json_text_raw_str(out, "}");
    }
    if (out->length > 0)
        json_text_raw_str(out, "]");
}

void approval_object_write_mutation(const struct review *review, const struct user *user, int64_t now_s,
                                    struct arena *arena, struct json_text_buffer *scratch,
                                    struct json_text_buffer *out)
{
    struct json spec = spec_of(review, "object");
    json_text_clear(scratch);
    if (review->operation == OPERATION_CREATE && json_type(spec) == JSON_OBJECT)
        write_stamp(spec, user, now_s, arena, scratch);
    review_answer_mutation(review->uid, json_text_view(scratch), TEXT_EMPTY, out);
}

/* ---- as it is listed ---- */

bool approval_object_read_listed(struct json object, struct arena *arena, struct approval_listed *ret_listed,
                                 struct error *error)
{
    struct approval_faults faults = {.count = 0};
    struct reading reading = {NULL, arena, &faults};
    struct json metadata = get(object, "metadata"), spec = get(object, "spec");
    struct approval_listed listed = {
        .namespace = json_as_text(get(metadata, "namespace")),
        .terminating = json_as_text(get(metadata, "deletionTimestamp")).length > 0,
        .approval.name = json_as_text(get(metadata, "name")),
    };
    struct approval *approval = &listed.approval;
    if (listed.namespace.length == 0 || approval->name.length == 0)
        return error_set(error, ERROR_SYSTEM,
                         "the API server sent an Approval without a namespace or a name");
    read_spec(&reading, spec, approval);
    if (faults.count == 0 && approval->approver.length == 0)
        add_fault(&reading, (struct text)TEXT(
                                "spec.approver: is missing; changegate writes it when an object is made"));
    bool dated = instant_parse(json_as_text(get(metadata, "creationTimestamp")), &approval->created_s);
    if (!dated || faults.count > 0 || approval->expires_s == 0)
        return error_set(error, ERROR_INPUT, "Approval %.*s/%.*s: %.*s",
                         TEXT_ARGS(text_quote(arena, listed.namespace, KIND_BYTES_MOST)),
                         TEXT_ARGS(text_quote(arena, approval->name, NAME_BYTES_MOST)),
                         TEXT_ARGS(faults.count > 0 ? faults.items[0]
                                   : dated          ? text_of("spec.expiresAt: is missing")
                                                    : text_of("metadata.creationTimestamp: is no time")));
    if (approval->expires_s > approval->created_s + APPROVAL_AGE_S_MOST)
        approval->expires_s = approval->created_s + APPROVAL_AGE_S_MOST;
    *ret_listed = listed;
    return true;
}
