#include "codec/record.h"

#include "codec/json.h"
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

static bool read_ids(struct json ids, struct arena *arena, struct record_template *entry)
{
    if (json_count(ids) > RECORD_IDS_MOST)
        return false;
    for (struct json_walk w = json_walk_start(ids); json_walk_next(&w);)
        entry->ids[entry->id_count++] = arena_copy(arena, json_as_text(w.value));
    return true;
}

static bool read_template(struct json value, struct arena *arena, struct record_template *entry)
{
    *entry = (struct record_template){
        .digest = text_at(value, "digest", arena),
        .waiting = json_as_bool(get(value, "waiting"), false),
        .by = text_at(value, "by", arena),
    };
    bool preexisting = json_as_bool(get(value, "preexisting"), false);
    return entry->digest.length > 0 && read_ids(get(value, "ids"), arena, entry) &&
           (preexisting || instant_parse(json_as_text(get(value, "at")), &entry->at_s));
}

static bool read_override(struct json value, struct arena *arena, struct record_override *entry)
{
    *entry = (struct record_override){
        .incident = text_at(value, "incident", arena),
        .reason = text_at(value, "reason", arena),
        .by = text_at(value, "by", arena),
        .digest = text_at(value, "digest", arena),
        .reviewed_by = text_at(value, "reviewedBy", arena),
    };
    return instant_parse(json_as_text(get(value, "at")), &entry->at_s) &&
           (entry->reviewed_by.length == 0 ||
            instant_parse(json_as_text(get(value, "reviewedAt")), &entry->reviewed_s));
}

static bool read_all(struct json root, struct arena *arena, struct record *record)
{
    struct json templates = get(root, "templates"), overrides = get(root, "breakGlass");
    if (json_type(root) != JSON_OBJECT || json_count(templates) > RECORD_TEMPLATES_MOST ||
        json_count(overrides) > RECORD_OVERRIDES_MOST)
        return false;
    for (struct json_walk w = json_walk_start(templates); json_walk_next(&w);)
        if (!read_template(w.value, arena, &record->templates[record->template_count++]))
            return false;
    for (struct json_walk w = json_walk_start(overrides); json_walk_next(&w);)
        if (!read_override(w.value, arena, &record->overrides[record->override_count++]))
            return false;
    return true;
}

/* What the gate wrote it would write again just so. */
static bool is_own(const struct record *record, struct text annotation)
{
    struct json_text_buffer again = {NULL, 0, 0};
    record_write(record, &again);
    bool own = text_equal(json_text_view(&again), annotation);
    json_text_done(&again);
    return own;
}

/* With a reader of its own: the annotation's text is inside what another reader holds. */
bool record_read(struct text annotation, struct arena *arena, struct record *ret_record)
{
    struct json root;
    struct error error;
    *ret_record = (struct record){.template_count = 0};
    if (annotation.length == 0 || annotation.length > RECORD_BYTES_MOST)
        return false;
    struct json_reader *reader = json_reader_new();
    bool good = json_read(reader, annotation.at, annotation.length, &root, &error) &&
                read_all(root, arena, ret_record) && is_own(ret_record, annotation);
    json_reader_free(reader);
    if (!good)
        *ret_record = (struct record){.template_count = 0};
    return good;
}

/* ---- writing ---- */

static void member_if(struct json_text_buffer *out, const char *key, struct text value)
{
    if (value.length > 0)
        json_text_member(out, key, value);
}

static void write_instant(struct json_text_buffer *out, const char *key, int64_t instant_s)
{
    struct arena arena = {NULL, 0};
    json_text_member(out, key, instant_format(&arena, instant_s));
    arena_done(&arena);
}

static void write_true(struct json_text_buffer *out, const char *key)
{
    json_text_key(out, key);
    json_text_bool(out, true);
}

static void write_template(const struct record_template *entry, struct json_text_buffer *out)
{
    json_text_element(out);
    json_text_raw_str(out, "{");
    json_text_member(out, "digest", entry->digest);
    if (entry->at_s == 0)
        write_true(out, "preexisting");
    else
        write_instant(out, "at", entry->at_s);
    if (entry->waiting)
        write_true(out, "waiting");
    member_if(out, "by", entry->by);
    if (entry->id_count > 0) {
        json_text_key(out, "ids");
        json_text_raw_str(out, "[");
        for (size_t i = 0; i < entry->id_count; i++) {
            json_text_element(out);
            json_text_string(out, entry->ids[i]);
        }
        json_text_raw_str(out, "]");
    }
    json_text_raw_str(out, "}");
}

static void write_override(const struct record_override *entry, struct json_text_buffer *out)
{
    json_text_element(out);
    json_text_raw_str(out, "{");
    json_text_member(out, "incident", entry->incident);
    json_text_member(out, "reason", entry->reason);
    json_text_member(out, "by", entry->by);
    write_instant(out, "at", entry->at_s);
    member_if(out, "digest", entry->digest);
    if (entry->reviewed_by.length > 0) {
        json_text_member(out, "reviewedBy", entry->reviewed_by);
        write_instant(out, "reviewedAt", entry->reviewed_s);
    }
    json_text_raw_str(out, "}");
}

void record_write(const struct record *record, struct json_text_buffer *out)
{
    json_text_raw_str(out, "{\"templates\":[");
    for (size_t i = 0; i < record->template_count; i++)
        write_template(&record->templates[i], out);
    json_text_raw_str(out, "]");
    if (record->override_count > 0) {
        json_text_key(out, "breakGlass");
        json_text_raw_str(out, "[");
        for (size_t i = 0; i < record->override_count; i++)
            write_override(&record->overrides[i], out);
        json_text_raw_str(out, "]");
    }
    json_text_raw_str(out, "}");
}
