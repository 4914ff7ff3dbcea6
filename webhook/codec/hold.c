#include "codec/hold.h"

#include "codec/objects.h"
#include "core/freeze.h"
#include "core/instant.h"

/* ---- reading ---- */

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

static struct text text_at(struct json map, const char *key, struct arena *arena)
{
    struct text text = json_as_text(get(map, key));
    return text.length == 0 ? TEXT_EMPTY : arena_copy(arena, text);
}

static bool read_instants(struct json root, struct hold *hold)
{
    struct json until = get(root, "until");
    hold->until_s = json_type(until) == JSON_NULL ? FREEZE_NO_END : 0;
    if (json_type(until) == JSON_STRING && !instant_parse(json_as_text(until), &hold->until_s))
        return false;
    return instant_parse(json_as_text(get(root, "since")), &hold->since_s);
}

/* "Rollout+Resume" */
static bool read_classes(struct text names, struct hold *hold)
{
    while (names.length > 0) {
        struct text name = text_slice(names, 0, text_find(names, '+'));
        enum change_class class = change_class_parse(name);
        if (class == CLASS_COUNT)
            return false;
        hold->classes |= CLASS_BIT(class);
        names = text_slice(names, name.length + 1, names.length);
    }
    return hold->classes != 0;
}

static void read_running(struct json running, struct arena *arena, struct hold *hold)
{
    hold->running.known = json_type(running) == JSON_OBJECT;
    hold->running.digest = text_at(running, "digest", arena);
    hold->running.restarted_at = text_at(running, "restartedAt", arena);
}

/* 0 to 2147483647, as the API has it. */
static bool is_partition(struct text value)
{
    static const struct text most = TEXT("2147483647");
    for (size_t i = 0; i < value.length; i++)
        if (value.at[i] < '0' || value.at[i] > '9')
            return false;
    return value.length < most.length || (value.length == most.length && text_compare(value, most) <= 0);
}

/* What a JSON value is, by its first byte; a number and a string are one, since a field may take both. */
static char sort_of(struct text json)
{
    char first = json.length == 0 ? '\0' : json.at[0];
    bool number = first == '-' || (first >= '0' && first <= '9');
    return number ? '"' : first == 'f' ? 't' : first;
}

bool hold_restore_fits(struct text restore, const struct workload_type *type)
{
    if (restore.at == NULL)
        return true;
    if (restore.length > HOLD_RESTORE_BYTES_MOST)
        return false;
    if (type->workload == KIND_STATEFULSET)
        return is_partition(restore);
    if (type->workload == KIND_DAEMONSET)
        return text_is(restore, "\"RollingUpdate\"") || text_is(restore, "\"OnDelete\"");
    return sort_of(restore) == sort_of(type->hold_value);
}

static bool read_restore(struct json restore, const struct workload_type *type, struct arena *arena,
                         struct hold *hold)
{
    if (json_type(restore) != JSON_OBJECT || type->hold_path.step_count == 0)
        return json_type(restore) == JSON_OBJECT;
    struct json value = json_get(restore, type->hold_path.source);
    struct json_text_buffer canonical = {NULL, 0, 0};
    if (json_type(value) == JSON_ABSENT || json_type(value) == JSON_NULL)
        return json_type(value) == JSON_NULL;
    json_canonical(value, NULL, 0, &canonical);
    hold->restore = arena_copy(arena, json_text_view(&canonical));
    json_text_done(&canonical);
    return hold_restore_fits(hold->restore, type);
}

static bool read_all(struct json root, const struct workload_type *type, struct arena *arena,
                     struct hold *hold)
{
    hold->window = text_at(root, "window", arena);
    hold->policy = text_at(root, "policy", arena);
    hold->reason = text_at(root, "reason", arena);
    hold->by = text_at(root, "by", arena);
    hold->approvals = text_at(root, "approvals", arena);
    hold->document = text_at(root, "document", arena);
    hold->digest = text_at(root, "digest", arena);
    read_running(get(root, "running"), arena, hold);
    return read_instants(root, hold) && read_classes(json_as_text(get(root, "class")), hold) &&
           read_restore(get(root, "restore"), type, arena, hold);
}

/* With a reader of its own: the annotation's text is inside what another reader holds. */
bool hold_read(struct text annotation, const struct workload_type *type, struct arena *arena,
               struct hold *ret_hold)
{
    struct hold hold = {0};
    struct json root;
    struct error error;
    if (annotation.length == 0 || annotation.length > HOLD_BYTES_MOST)
        return false;
    struct json_reader *reader = json_reader_new();
    bool good = json_read(reader, annotation.at, annotation.length, &root, &error) &&
                read_all(root, type, arena, &hold);
    json_reader_free(reader);
    if (good)
        *ret_hold = hold;
    return good;
}

static struct text read_label(struct json object)
{
    struct json labels = json_get(json_get(object, text_of("metadata")), text_of("labels"));
    return json_as_text(json_get(labels, text_of(HOLD_LABEL)));
}

struct hold_marks hold_marks_read(struct json object, const struct workload_type *type, struct arena *arena)
{
    struct hold_marks marks = {
        .annotation = object_annotation(object, text_of(HOLD_ANNOTATION)),
        .label = read_label(object),
        .stopped = object_is_stopped(object, type),
    };
    marks.readable = marks.annotation.at != NULL && hold_read(marks.annotation, type, arena, &marks.hold);
    marks.held = marks.readable && marks.stopped;
    return marks;
}

/* ---- writing ---- */

static void member_if(struct json_text_buffer *out, const char *key, struct text value)
{
    if (value.length > 0)
        json_text_member(out, key, value);
}

static void member_instant(struct json_text_buffer *out, const char *key, int64_t instant_s)
{
    struct arena arena;
    arena_init(&arena);
    json_text_member(out, key, instant_format(&arena, instant_s));
    arena_done(&arena);
}

static void write_until(struct json_text_buffer *out, int64_t until_s)
{
    if (until_s == FREEZE_NO_END) {
        json_text_key(out, "until");
        json_text_raw_str(out, "null");
    } else if (until_s != 0) {
        member_instant(out, "until", until_s);
    }
}

static void write_running(struct json_text_buffer *out, const struct hold_running *running)
{
    if (!running->known)
        return;
    json_text_key(out, "running");
    json_text_raw_str(out, "{");
    json_text_member(out, "digest", running->digest);
    member_if(out, "restartedAt", running->restarted_at);
    json_text_raw_str(out, "}");
}

static void write_restore(struct json_text_buffer *out, const struct hold *hold,
                          const struct workload_type *type)
{
    json_text_key(out, "restore");
    json_text_raw_str(out, "{");
    if (type->hold_path.step_count > 0) {
        json_text_string(out, type->hold_path.source);
        json_text_raw_str(out, ":");
        json_text_raw(out, hold->restore.at == NULL ? text_of("null") : hold->restore);
    }
    json_text_raw_str(out, "}");
}

void hold_write(const struct hold *hold, const struct workload_type *type, struct json_text_buffer *out)
{
    char classes[96];
    json_text_raw_str(out, "{");
    member_instant(out, "since", hold->since_s);
    write_until(out, hold->until_s);
    json_text_member(out, "class", text_of(change_classes_name(hold->classes, classes, sizeof(classes))));
    member_if(out, "window", hold->window);
    member_if(out, "policy", hold->policy);
    member_if(out, "reason", hold->reason);
    member_if(out, "by", hold->by);
    member_if(out, "approvals", hold->approvals);
    member_if(out, "document", hold->document);
    member_if(out, "digest", hold->digest);
    write_running(out, &hold->running);
    write_restore(out, hold, type);
    json_text_raw_str(out, "}");
}
