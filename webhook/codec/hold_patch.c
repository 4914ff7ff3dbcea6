/* Holds written onto objects: JSON patches (RFC 6902) with paths as RFC 6901 has them. */
#include "codec/hold.h"
#include "codec/objects.h"
#include "codec/record.h"

#define ANNOTATION_PATH "/metadata/annotations/changegate.dev~1hold"
#define RECORD_PATH     "/metadata/annotations/changegate.dev~1admitted"
#define LABEL_PATH      "/metadata/labels/changegate.dev~1held"
#define GATES_PATH      "/spec/schedulingGates"

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

/* The first operation opens the list; close_list ends it. `start` is where it would begin. */
static void begin(struct json_text_buffer *out, size_t start, const char *op, struct text path)
{
    json_text_raw_str(out, out->length == start ? "[" : ",");
    json_text_raw_str(out, "{");
    json_text_member(out, "op", text_of(op));
    json_text_member(out, "path", path);
}

static void operation_text(struct json_text_buffer *out, size_t start, const char *op, const char *path,
                           struct text value)
{
    begin(out, start, op, text_of(path));
    json_text_member(out, "value", value);
    json_text_raw_str(out, "}");
}

static void operation_raw(struct json_text_buffer *out, size_t start, const char *op, struct text path,
                          struct text value)
{
    begin(out, start, op, path);
    json_text_key(out, "value");
    json_text_raw(out, value);
    json_text_raw_str(out, "}");
}

static void operation_remove(struct json_text_buffer *out, size_t start, struct text path)
{
    begin(out, start, "remove", path);
    json_text_raw_str(out, "}");
}

static void close_list(struct json_text_buffer *out, size_t start)
{
    if (out->length > start)
        json_text_raw_str(out, "]");
}

static struct text pointer_to(const struct field_path *path, struct arena *arena)
{
    struct json_text_buffer pointer = {NULL, 0, 0};
    for (size_t i = 0; i < path->step_count; i++) {
        json_text_raw_str(&pointer, "/");
        for (size_t j = 0; j < path->steps[i].length; j++) {
            char c = path->steps[i].at[j];
            json_text_raw(&pointer, c == '~'   ? text_of("~0")
                                    : c == '/' ? text_of("~1")
                                               : text_slice(path->steps[i], j, 1));
        }
    }
    struct text text = arena_copy(arena, json_text_view(&pointer));
    json_text_done(&pointer);
    return text;
}

/* The label becomes `value`; NULL `at`: none. */
static void set_label(struct json object, struct text value, size_t start, struct json_text_buffer *out)
{
    struct json labels = get(get(object, "metadata"), "labels"), there = get(labels, HOLD_LABEL);
    if (value.at == NULL) {
        if (json_type(there) != JSON_ABSENT)
            operation_remove(out, start, text_of(LABEL_PATH));
    } else if (json_type(labels) != JSON_OBJECT) {
        begin(out, start, "add", text_of("/metadata/labels"));
        json_text_key(out, "value");
        json_text_raw_str(out, "{");
        json_text_member(out, HOLD_LABEL, value);
        json_text_raw_str(out, "}}");
    } else if (!text_equal(json_as_text(there), value)) {
        operation_text(out, start, "add", LABEL_PATH, value);
    }
}

/* The field that stops the controller becomes `value`; NULL `at`: absent. */
static void set_field(struct json object, const struct workload_type *type, struct text value, size_t start,
                      struct arena *arena, struct json_text_buffer *out)
{
    struct json there = object_at(object, &type->hold_path);
    struct json_text_buffer canonical = {NULL, 0, 0};
    bool is_there = json_type(there) != JSON_ABSENT;
    if (is_there)
        json_canonical(there, NULL, 0, &canonical);
    if (value.at == NULL && is_there)
        operation_remove(out, start, pointer_to(&type->hold_path, arena));
    else if (value.at != NULL && !(is_there && text_equal(json_text_view(&canonical), value)))
        operation_raw(out, start, "add", pointer_to(&type->hold_path, arena), value);
    json_text_done(&canonical);
}

static void add_gate(struct json pod, size_t start, struct json_text_buffer *out)
{
    static const struct text gate = TEXT("{\"name\":\"" HOLD_GATE "\"}");
    static const struct text gates = TEXT("[{\"name\":\"" HOLD_GATE "\"}]");
    if (object_hold_gate(pod) >= 0)
        return;
    if (json_type(get(get(pod, "spec"), "schedulingGates")) == JSON_ARRAY)
        operation_raw(out, start, "add", text_of(GATES_PATH "/-"), gate);
    else
        operation_raw(out, start, "add", text_of(GATES_PATH), gates);
}

/* By its place, with a test that the place is still its own. */
static void remove_gate(struct json pod, size_t start, struct arena *arena, struct json_text_buffer *out)
{
    int place = object_hold_gate(pod);
    if (place < 0)
        return;
    operation_text(out, start, "test", arena_printf(arena, GATES_PATH "/%d/name", place).at,
                   text_of(HOLD_GATE));
    operation_remove(out, start, arena_printf(arena, GATES_PATH "/%d", place));
}

static void let_go(struct json object, const struct workload_type *type, struct text field, size_t start,
                   struct arena *arena, struct json_text_buffer *out)
{
    if (type->workload == KIND_POD)
        remove_gate(object, start, arena, out);
    else if (type->hold_path.step_count > 0)
        set_field(object, type, field, start, arena, out);
}

static struct text annotation_of(const struct hold *hold, const struct workload_type *type,
                                 struct arena *arena)
{
    struct json_text_buffer written = {NULL, 0, 0};
    hold_write(hold, type, &written);
    struct text text = arena_copy(arena, json_text_view(&written));
    json_text_done(&written);
    return text;
}

static struct text record_text(const struct record_target *target, struct arena *arena)
{
    struct json_text_buffer written = {NULL, 0, 0};
    if (target->record == NULL)
        return target->verbatim;
    record_write(target->record, &written);
    struct text text = arena_copy(arena, json_text_view(&written));
    json_text_done(&written);
    return text;
}

/* One by one into a map that is made first where it is missing. */
static void put_annotation(struct json object, const char *key, const char *path, struct text value,
                           bool *made, size_t start, struct json_text_buffer *out)
{
    struct json annotations = get(get(object, "metadata"), "annotations");
    struct json there = get(annotations, key);
    if (value.at == NULL) {
        if (json_type(there) != JSON_ABSENT)
            operation_remove(out, start, text_of(path));
        return;
    }
    if (json_type(there) == JSON_STRING && text_equal(json_as_text(there), value))
        return;
    if (json_type(annotations) != JSON_OBJECT && !*made)
        operation_raw(out, start, "add", text_of("/metadata/annotations"), text_of("{}"));
    *made = true;
    operation_text(out, start, "add", path, value);
}

static void put_hold(struct json object, const struct workload_type *type, const struct hold_target *target,
                     bool *made, size_t start, struct arena *arena, struct json_text_buffer *out)
{
    put_annotation(object, HOLD_ANNOTATION, ANNOTATION_PATH,
                   target->held ? annotation_of(&target->hold, type, arena) : TEXT_EMPTY, made, start, out);
    set_label(object, target->label, start, out);
    if (target->held && type->workload == KIND_POD)
        add_gate(object, start, out);
    else if (target->held)
        set_field(object, type, type->hold_value, start, arena, out);
    else if (target->sets_field)
        let_go(object, type, target->field, start, arena, out);
}

void hold_write_patch(struct json object, const struct workload_type *type, const struct hold_target *target,
                      const struct record_target *record, struct arena *arena, struct json_text_buffer *out)
{
    size_t start = out->length;
    bool made = false; /* metadata.annotations, by an operation of this patch */
    if (record->decides)
        put_annotation(object, RECORD_ANNOTATION, RECORD_PATH, record_text(record, arena), &made, start, out);
    if (target->decides)
        put_hold(object, type, target, &made, start, arena, out);
    close_list(out, start);
}

/* A `test` that the annotation is still this one, and without it. */
static bool take_annotation(struct json object, const struct workload_type *type, size_t start,
                            struct arena *arena, struct hold *ret_hold, struct json_text_buffer *out)
{
    struct text annotation = object_annotation(object, text_of(HOLD_ANNOTATION));
    if (!hold_read(annotation, type, arena, ret_hold))
        return false;
    operation_text(out, start, "test", ANNOTATION_PATH, annotation);
    operation_remove(out, start, text_of(ANNOTATION_PATH));
    return true;
}

void hold_write_release(struct json object, const struct workload_type *type, bool whole, struct arena *arena,
                        struct json_text_buffer *out)
{
    size_t start = out->length;
    struct hold hold;
    if (!take_annotation(object, type, start, arena, &hold, out))
        return;
    set_label(object, whole ? TEXT_EMPTY : text_of(HOLD_LABEL_RELEASING), start, out);
    if (whole)
        let_go(object, type, hold.restore, start, arena, out);
    close_list(out, start);
}

void hold_write_drop(struct json object, const struct workload_type *type, struct text running,
                     struct arena *arena, struct json_text_buffer *out)
{
    size_t start = out->length;
    struct hold hold;
    if (!take_annotation(object, type, start, arena, &hold, out))
        return;
    set_label(object, TEXT_EMPTY, start, out);
    if (running.length > 0)
        operation_raw(out, start, "replace", pointer_to(&type->template_path, arena), running);
    close_list(out, start);
}

void hold_write_label(struct json object, const char *from, const char *to, struct json_text_buffer *out)
{
    size_t start = out->length;
    if (from != NULL)
        operation_text(out, start, "test", LABEL_PATH, text_of(from));
    set_label(object, text_of(to), start, out);
    close_list(out, start);
}
