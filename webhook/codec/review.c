#include "codec/review.h"

#include "codec/digest.h"
#include "codec/objects.h"
#include "review_private.h"

enum { UID_BYTES_MOST = 128, GROUPS_MOST = 4096 };

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

static bool fail(struct error *error, const char *what)
{
    return error_set(error, ERROR_INPUT, "not an AdmissionReview admission.k8s.io/v1: %s", what);
}

static bool check_type(struct json root, struct error *error)
{
    if (json_type(root) != JSON_OBJECT)
        return fail(error, "the body is not an object");
    if (!text_is(json_as_text(get(root, "kind")), "AdmissionReview"))
        return fail(error, "kind is not AdmissionReview");
    if (!text_is(json_as_text(get(root, "apiVersion")), "admission.k8s.io/v1"))
        return fail(error, "apiVersion is not admission.k8s.io/v1");
    if (json_type(get(root, "request")) != JSON_OBJECT)
        return fail(error, "request is missing");
    return true;
}

/* The objects that an operation always comes with. Without one of them nothing could be compared, so nothing
 * is let through. */
static bool check_objects(const struct review *review, struct error *error)
{
    bool has_object = json_type(get(review->request, "object")) == JSON_OBJECT;
    bool has_old = json_type(get(review->request, "oldObject")) == JSON_OBJECT;
    switch (review->operation) {
    case OPERATION_CREATE: return has_object || fail(error, "request.object is missing");
    case OPERATION_UPDATE:
        return (has_object && has_old) || fail(error, "request.object or request.oldObject is missing");
    case OPERATION_DELETE: return has_old || fail(error, "request.oldObject is missing");
    case OPERATION_CONNECT: return true;
    }
    return false;
}

static struct json subject_of(const struct review *review)
{
    struct json object = get(review->request, "object");
    return json_type(object) == JSON_OBJECT ? object : get(review->request, "oldObject");
}

bool review_open(struct json_reader *reader, struct text body, struct review *ret_review,
                 struct text *ret_uid, struct error *error)
{
    struct json root;
    struct review review = {0};
    *ret_uid = TEXT_EMPTY;
    if (!json_read(reader, body.at, body.length, &root, error))
        return false;
    review.request = get(root, "request");
    review.uid = json_as_text(get(review.request, "uid"));
    if (review.uid.length <= UID_BYTES_MOST)
        *ret_uid = review.uid;
    if (!check_type(root, error))
        return false;
    if (review.uid.length == 0 || review.uid.length > UID_BYTES_MOST)
        return fail(error, "request.uid is missing or longer than 128 bytes");
    if (!operation_parse(json_as_text(get(review.request, "operation")), &review.operation))
        return fail(error, "request.operation is none of CREATE, UPDATE, DELETE, CONNECT");

    struct json kind = get(review.request, "kind"), resource = get(review.request, "resource");
    review.group = json_as_text(get(resource, "group"));
    review.version = json_as_text(get(resource, "version"));
    review.resource = json_as_text(get(resource, "resource"));
    review.kind = json_as_text(get(kind, "kind"));
    review.subresource = json_as_text(get(review.request, "subResource"));
    if (review.resource.length == 0 || review.kind.length == 0)
        return fail(error, "request.resource or request.kind is missing");
    if (json_type(get(review.request, "userInfo")) != JSON_OBJECT)
        return fail(error, "request.userInfo is missing");
    if (!check_objects(&review, error))
        return false;

    review.namespace = json_as_text(get(review.request, "namespace"));
    review.name = json_as_text(get(review.request, "name"));
    if (review.name.length == 0) /* a delete of a whole collection names each object only in oldObject */
        review.name = json_as_text(get(get(subject_of(&review), "metadata"), "name"));
    review.dry_run = json_as_bool(get(review.request, "dryRun"), false);
    *ret_review = review;
    return true;
}

bool review_read_user(const struct review *review, struct arena *arena, struct user *ret_user,
                      struct error *error)
{
    struct json info = get(review->request, "userInfo"), groups = get(info, "groups");
    struct user user = {.name = json_as_text(get(info, "username"))};
    size_t count = json_count(groups);
    if (count > GROUPS_MOST)
        return fail(error, "request.userInfo.groups has more than 4096 entries");
    struct text *names = arena_alloc_array(arena, count, sizeof(*names));
    for (struct json_walk w = json_walk_start(groups); json_walk_next(&w);)
        names[user.group_count++] = json_as_text(w.value);
    user.groups = names;
    *ret_user = user;
    return true;
}

/* For a created object that has no name yet: what it will start with. */
static struct text name_of(const struct review *review, struct arena *arena)
{
    if (review->name.length > 0)
        return review->name;
    struct text prefix = json_as_text(get(get(subject_of(review), "metadata"), "generateName"));
    return prefix.length == 0 ? prefix : arena_printf(arena, "%.*s*", TEXT_ARGS(prefix));
}

static void compare_templates(const struct review *review, const struct workload_type *type,
                              struct arena *arena, struct json_text_buffer *scratch, struct change *change)
{
    struct json before = object_at(get(review->request, "oldObject"), &type->template_path);
    struct json after = object_at(get(review->request, "object"), &type->template_path);

    change->template_difference = TEMPLATE_SAME;
    if (review->operation == OPERATION_CREATE) {
        change->digest_after = digest_template(after, type->workload, scratch, arena);
    } else if (review->operation == OPERATION_UPDATE && !json_same(before, after)) {
        change->digest_after = digest_template(after, type->workload, scratch, arena);
        change->template_difference = TEMPLATE_DIFFERENT;
        /* A digest costs as much as parsing, so the old one is made only where it decides. */
        if (json_same(digest_left_out(before, type->workload), digest_left_out(after, type->workload)))
            return;
        struct text digest_before = digest_template(before, type->workload, scratch, arena);
        if (text_equal(digest_before, change->digest_after))
            change->template_difference = TEMPLATE_RESTARTED;
    }
}

/* A pod without its gates is the same template: what is left of the difference shows as a Resume. */
static void forgive_gates(const struct workload_type *type, struct change *change)
{
    if (type->workload == KIND_POD && change->template_difference == TEMPLATE_RESTARTED)
        change->template_difference = TEMPLATE_SAME;
}

static void read_workload(const struct review *review, const struct policy *policy,
                          const struct workload_type *type, struct arena *arena,
                          struct json_text_buffer *scratch, struct change *change)
{
    bool creates = review->operation == OPERATION_CREATE; /* whatever else the request carries */
    struct json before = creates ? JSON_NOTHING : get(review->request, "oldObject");
    struct json after = get(review->request, "object");
    struct review_objects objects = {before, after, type, policy};
    bool is_scale = text_is(review->subresource, "scale");

    change->workload = type->workload;
    change->kind = type->kind;
    change->template_field = type->template_path.source;
    change->before = object_state_read(before, type, is_scale);
    change->after = object_state_read(after, type, is_scale);
    change->has_annotations = !is_scale;
    if (!is_scale && policy != NULL) {
        change->approval_ids = object_annotation(subject_of(review), policy->approval_ids_key);
        change->change_document = object_annotation(subject_of(review), policy->change_document_key);
    }
    if (review->subresource.length == 0) {
        compare_templates(review, type, arena, scratch, change);
        forgive_gates(type, change);
        change->owner_added = review->operation == OPERATION_UPDATE && object_owner_added(before, after);
    }
    if (!is_scale) {
        review_read_hold(&objects, arena, scratch, change);
        review_read_record(&objects, arena, change);
    }
    change->classes = change_classify(change);
    review_split_held(change);
    bool starts_pods = change->classes & CLASS_BIT(CLASS_RESUME);
    if (starts_pods && change->digest_after.length == 0 && !is_scale)
        change->digest_after =
            digest_template(object_at(after, &type->template_path), type->workload, scratch, arena);
    if (!is_scale) {
        review_read_evidence(&objects, arena, scratch, change);
        review_complete_record(&objects, arena, scratch, change);
    }
}

struct labels review_label_map(struct json map, struct arena *arena)
{
    struct labels labels = {NULL, 0};
    struct label *items = arena_alloc_array(arena, json_count(map), sizeof(*items));
    for (struct json_walk w = json_walk_start(map); json_walk_next(&w);)
        items[labels.count++] = (struct label){w.key, json_as_text(w.value)};
    labels.items = items;
    return labels;
}

void review_read_labels(struct json before, struct json after, struct arena *arena, struct change *change)
{
    change->has_labels = true;
    change->labels_before = review_label_map(get(get(before, "metadata"), "labels"), arena);
    change->labels_after = review_label_map(get(get(after, "metadata"), "labels"), arena);
}

static bool is_preview(const struct review *review)
{
    struct json options = get(review->request, "options");
    return text_is(json_as_text(get(options, "fieldManager")), REVIEW_PREVIEW_MANAGER);
}

bool review_read_change(const struct review *review, const struct policy *policy, bool reads_labels,
                        struct arena *arena, struct json_text_buffer *scratch, struct change *ret_change,
                        struct error *error)
{
    struct change change = {
        .uid = review->uid,
        .operation = review->operation,
        .dry_run = review->dry_run,
        .preview = is_preview(review),
        .group = review->group,
        .version = review->version,
        .kind = review->kind,
        .resource = review->resource,
        .subresource = review->subresource,
        .namespace = review->namespace,
        .name = name_of(review, arena),
        .classes = CLASS_BIT(CLASS_METADATA),
    };
    if (!review_read_user(review, arena, &change.user, error))
        return false;
    const struct workload_type *type = workload_type_find(policy, review->group, review->resource);
    if (type != NULL && type->workload != KIND_OTHER && review->namespace.length == 0)
        return fail(error, "request.namespace is missing"); /* without it, nobody would govern a workload */
    bool is_scale = text_is(review->subresource, "scale");  /* which carries none of the workload's labels */
    reads_labels |= policy != NULL && policy->reads_labels;
    if (type != NULL && reads_labels && !is_scale)
        review_read_labels(get(review->request, "oldObject"), get(review->request, "object"), arena, &change);
    if (type != NULL)
        read_workload(review, policy, type, arena, scratch, &change);
    *ret_change = change;
    return true;
}

bool review_read_namespace(const struct review *review, struct arena *arena,
                           struct namespace_change *ret_change, struct error *error)
{
    struct json before = get(get(review->request, "oldObject"), "metadata");
    struct json after = get(get(review->request, "object"), "metadata");
    struct namespace_change change = {.operation = review->operation, .name = name_of(review, arena)};
    if (!review_read_user(review, arena, &change.user, error))
        return false;
    change.labels_before = review_label_map(get(before, "labels"), arena);
    change.labels_after = review_label_map(get(after, "labels"), arena);
    change.annotations_before = review_label_map(get(before, "annotations"), arena);
    change.annotations_after = review_label_map(get(after, "annotations"), arena);
    *ret_change = change;
    return true;
}

static struct json spec_of(const struct review *review, const char *of)
{
    return get(get(review->request, of), "spec");
}

struct text review_read_spec(const struct review *review, struct json_text_buffer *scratch)
{
    struct json spec = spec_of(review, "object");
    json_text_clear(scratch);
    if (json_type(spec) == JSON_ABSENT)
        json_text_raw_str(scratch, "null");
    else
        json_canonical(spec, NULL, 0, scratch);
    return json_text_view(scratch);
}

bool review_keeps_spec(const struct review *review)
{
    return review->operation == OPERATION_UPDATE &&
           json_same(spec_of(review, "oldObject"), spec_of(review, "object"));
}
