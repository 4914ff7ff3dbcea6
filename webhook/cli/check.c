#include "cli/check.h"

#include "cli/check_options.h"
#include "cli/check_report.h"
#include "codec/policy_file.h"
#include "codec/review.h"
#include "codec/yaml_tree.h"
#include "edge/file_read.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STATUS_PASS = 0, STATUS_REFUSED = 1, STATUS_UNUSABLE = 2, FILE_BYTES_MOST = 64 << 20 };

/* Everything that one run of the command holds. */
struct check {
    const struct check_options *options;
    struct policy_file *policies;
    struct json_reader *reader;
    struct json_text_buffer body, scratch, objects;
    struct arena arena; /* manifests and all that is said about them */
    struct yaml_documents old;
    const struct policy *policy; /* governs the namespaces, or NULL */
    struct facts facts;
    struct check_summary summary;
};

/* What a manifest is. */
struct identity {
    struct text group, version, kind, namespace, name;
};

/* ---- reading ---- */

/* "-" is standard input. */
static const char *real_path(const char *path)
{
    return strcmp(path, "-") == 0 ? "/dev/stdin" : path;
}

static bool read_documents(struct arena *arena, const char *path, struct yaml_documents *ret,
                           struct error *error)
{
    struct text bytes;
    if (!file_read(arena, real_path(path), FILE_BYTES_MOST, &bytes, error))
        return false;
    if (yaml_read(arena, bytes, ret, error))
        return true;
    return error_prefix(error, "%s:%u:%u: ", path, error->line, error->column);
}

static bool read_policies(struct check *check, struct error *error)
{
    struct text bytes;
    const char *path = check->options->policy_file;
    if (!file_read(&check->arena, path, FILE_BYTES_MOST, &bytes, error))
        return false;
    if (!policy_file_read(bytes, &check->policies, error))
        return error_prefix(error, "%s:%u:%u: ", path, error->line, error->column);
    return true;
}

/* The namespace as --namespace-labels describes it. */
static void read_namespace(struct check *check)
{
    const struct policy_set *set = policy_file_policies(check->policies);
    struct labels labels = {check->options->labels, check->options->label_count};
    check->policy = check->options->labels_given ? policy_for_namespace(set, labels) : &set->items[0];
    if (!check->options->labels_given)
        check->summary.assumed_policy = set->items[0].name;
    const struct text *freeze = labels_get(labels, text_of("changegate.dev/freeze"));
    check->facts.namespace_known = true;
    freeze_label_read(&check->arena, freeze == NULL ? TEXT_EMPTY : *freeze, TEXT_EMPTY, TEXT_EMPTY,
                      &check->facts.freeze_label);
}

/* ---- one manifest ---- */

static struct text text_at(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node == NULL || node->type != YAML_STRING ? TEXT_EMPTY : node->text;
}

static struct identity identify(const struct yaml_node *object)
{
    struct text api_version = text_at(object, "apiVersion");
    size_t slash = text_find(api_version, '/');
    bool has_group = slash < api_version.length;
    const struct yaml_node *metadata = yaml_get(object, "metadata");
    struct identity identity = {
        .group = has_group ? text_slice(api_version, 0, slash) : TEXT_EMPTY,
        .version = has_group ? text_slice(api_version, slash + 1, api_version.length) : api_version,
        .kind = text_at(object, "kind"),
        .namespace = text_at(metadata, "namespace"),
        .name = text_at(metadata, "name"),
    };
    if (identity.namespace.length == 0)
        identity.namespace = text_of("default");
    return identity;
}

static bool is_list(const struct yaml_node *object)
{
    const struct yaml_node *items = yaml_get(object, "items");
    return items != NULL && items->type == YAML_LIST &&
           text_ends_with(text_at(object, "kind"), text_of("List"));
}

static const struct yaml_node *find_old(const struct yaml_node *object, struct identity wanted)
{
    if (is_list(object)) {
        const struct yaml_node *items = yaml_get(object, "items"), *found = NULL;
        for (size_t i = 0; i < items->child_count && found == NULL; i++)
            found = find_old(&items->children[i], wanted);
        return found;
    }
    struct identity identity = identify(object);
    bool same = text_equal(identity.kind, wanted.kind) && text_equal(identity.group, wanted.group) &&
                text_equal(identity.namespace, wanted.namespace) && text_equal(identity.name, wanted.name);
    return same ? object : NULL;
}

static const struct yaml_node *find_old_object(const struct check *check, struct identity identity)
{
    const struct yaml_node *found = NULL;
    for (size_t i = 0; i < check->old.count && found == NULL && identity.name.length > 0; i++)
        found = find_old(&check->old.items[i], identity);
    return found;
}

static void key_text(struct json_text_buffer *out, const char *key, struct text value)
{
    json_text_key(out, key);
    json_text_string(out, value);
}

static void write_user(const struct check_options *options, struct json_text_buffer *out)
{
    json_text_key(out, "userInfo");
    json_text_raw_str(out, "{");
    key_text(out, "username", options->user);
    json_text_key(out, "groups");
    json_text_raw_str(out, "[");
    for (size_t i = 0; i < options->group_count; i++) {
        json_text_element(out);
        json_text_string(out, options->groups[i]);
    }
    json_text_raw_str(out, "]}");
}

static void write_type(const char *key, struct identity identity, const char *name_key, struct text name,
                       struct json_text_buffer *out)
{
    json_text_key(out, key);
    json_text_raw_str(out, "{");
    key_text(out, "group", identity.group);
    key_text(out, "version", identity.version);
    key_text(out, name_key, name);
    json_text_raw_str(out, "}");
}

/* The AdmissionReview that the API server would send. */
static void write_review(struct check *check, const struct yaml_node *object, const struct yaml_node *old,
                         struct identity identity, struct text resource)
{
    struct json_text_buffer *out = &check->body;
    json_text_clear(out);
    json_text_raw_str(out,
                      "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{");
    key_text(out, "uid", text_of("check"));
    write_type("kind", identity, "kind", identity.kind, out);
    write_type("resource", identity, "resource", resource, out);
    key_text(out, "name", identity.name);
    key_text(out, "namespace", identity.namespace);
    key_text(out, "operation", text_of(old == NULL ? "CREATE" : "UPDATE"));
    write_user(check->options, out);
    json_text_key(out, "object");
    yaml_to_json(object, out);
    if (old != NULL) {
        json_text_key(out, "oldObject");
        yaml_to_json(old, out);
    }
    json_text_raw_str(out, "}}");
}

static void report(struct check *check, const struct change *change)
{
    struct verdict verdict;
    decision_make(check->policy, &check->facts, change, check->summary.at_s, &check->arena, &verdict);
    if (verdict.kind == VERDICT_DENY)
        check->summary.refused++;
    else
        check->summary.passed++;
    if (check->options->json)
        check_report_json(change, &verdict, &check->objects);
    else
        check_report_text(change, &verdict, &check->objects);
}

static bool check_workload(struct check *check, const struct yaml_node *object, struct identity identity,
                           struct text resource, struct error *error)
{
    struct review review;
    struct change change;
    struct text uid;
    write_review(check, object, find_old_object(check, identity), identity, resource);
    if (!review_open(check->reader, json_text_view(&check->body), &review, &uid, error) ||
        !review_read_change(&review, check->policy, &check->arena, &check->scratch, &change, error))
        return false;
    report(check, &change);
    return true;
}

static bool check_object(struct check *check, const struct yaml_node *object, struct error *error)
{
    if (is_list(object)) {
        const struct yaml_node *items = yaml_get(object, "items");
        for (size_t i = 0; i < items->child_count; i++)
            if (!check_object(check, &items->children[i], error))
                return false;
        return true;
    }
    struct identity identity = identify(object);
    if (identity.kind.length == 0 || identity.version.length == 0)
        return error_set_at(error, ERROR_INPUT, object->line, object->column,
                            "no Kubernetes object: apiVersion or kind is missing; give manifests");
    const struct workload_type *type = workload_type_of_kind(check->policy, identity.group, identity.kind);
    if (type == NULL) {
        check->summary.skipped++;
        return true;
    }
    return check_workload(check, object, identity, type->resource, error);
}

static bool check_file(struct check *check, const char *path, struct error *error)
{
    struct yaml_documents documents;
    if (!read_documents(&check->arena, path, &documents, error))
        return false;
    for (size_t i = 0; i < documents.count; i++) {
        *error = (struct error){.line = documents.items[i].line, .column = documents.items[i].column};
        if (!check_object(check, &documents.items[i], error))
            return error_prefix(error, "%s:%u:%u: ", path, error->line, error->column);
    }
    return true;
}

/* ---- the command ---- */

static bool run(struct check *check, struct error *error)
{
    if (!read_policies(check, error))
        return false;
    if (check->options->old_file != NULL &&
        !read_documents(&check->arena, check->options->old_file, &check->old, error))
        return false;
    read_namespace(check);
    for (size_t i = 0; i < check->options->file_count; i++)
        if (!check_file(check, check->options->files[i], error))
            return false;
    size_t seen = check->summary.passed + check->summary.refused + check->summary.skipped;
    return seen > 0 ||
           error_set(error, ERROR_INPUT, "%s: no object in it; give manifests", check->options->files[0]);
}

static int finish(struct check *check)
{
    struct json_text_buffer out = {NULL, 0, 0};
    check_report_finish(check->options->json, json_text_view(&check->objects), &check->summary, &out);
    bool written = fwrite(out.bytes, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
    json_text_done(&out);
    if (!written) {
        fputs("changegate: standard output cannot be written\n", stderr);
        return STATUS_UNUSABLE;
    }
    return check->summary.refused > 0 ? STATUS_REFUSED : STATUS_PASS;
}

int cli_check(int argc, char **argv)
{
    struct check_options options;
    struct error error = {0};
    if (!check_options_read(argc, argv, &options, &error)) {
        fprintf(stderr, "changegate: %s\n", error.text);
        return STATUS_UNUSABLE;
    }
    if (options.help) {
        fputs(check_options_help(), stdout);
        return STATUS_PASS;
    }
    struct check check = {.options = &options, .reader = json_reader_new()};
    check.summary.at_s = options.at_given ? options.at_s : (int64_t)time(NULL);
    int status = STATUS_UNUSABLE;
    if (run(&check, &error))
        status = finish(&check);
    else
        fprintf(stderr, "changegate: %s\n", error.text);
    policy_file_unref(check.policies);
    json_reader_free(check.reader);
    json_text_done(&check.body);
    json_text_done(&check.scratch);
    json_text_done(&check.objects);
    arena_done(&check.arena);
    return status;
}
