// The one file that knows simdjson. Views address its tape directly: an index is all that a `struct json`
// needs.
#include "codec/json.h"

#include "codec/json_text.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>

using simdjson::internal::tape_ref;
using simdjson::internal::tape_type;

// A reader keeps its buffers from request to request up to this size of text; see json_reader_trim.
static constexpr size_t kept_bytes = 256U << 10;

struct json_reader {
    std::unique_ptr<simdjson::dom::parser> parser;
};

static void start_parser(json_reader *reader)
{
    reader->parser.reset(new (std::nothrow) simdjson::dom::parser());
    if (!reader->parser || reader->parser->allocate(kept_bytes / 4, JSON_DEPTH_MOST) != simdjson::SUCCESS)
        abort();
}

json_reader *json_reader_new(void)
{
    auto *reader = new (std::nothrow) json_reader();
    if (reader == nullptr)
        abort();
    start_parser(reader);
    return reader;
}

void json_reader_free(json_reader *reader)
{
    delete reader;
}

void json_reader_trim(json_reader *reader)
{
    if (reader->parser->capacity() > kept_bytes)
        start_parser(reader);
}

// The reader looks up to 32 bytes past the end, in whole registers, and ignores what it sees there. Where
// those bytes lie on the page of the last one they can be read, and a copy of the whole text is saved. A
// sanitizer would rightly object.
static bool can_be_read_in_place(const char *bytes, size_t length)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
    (void)bytes;
    (void)length;
    return false;
#else
    constexpr uintptr_t page_bytes = 4096;
    uintptr_t end = reinterpret_cast<uintptr_t>(bytes) + length;
    return length > 0 && (end - 1) / page_bytes == (end - 1 + simdjson::SIMDJSON_PADDING) / page_bytes;
#endif
}

bool json_read(json_reader *reader, const char *bytes, size_t length, json *ret_root, error *error)
{
    simdjson::dom::element root;
    simdjson::error_code fault =
        reader->parser->parse(bytes, length, !can_be_read_in_place(bytes, length)).get(root);
    if (fault == simdjson::MEMALLOC)
        abort();
    if (fault != simdjson::SUCCESS)
        return error_set(error, ERROR_INPUT, "not JSON: %s", simdjson::error_message(fault));
    *ret_root = json{&reader->parser->doc, 1}; // behind the tape's root word
    return true;
}

static tape_ref tape_at(json value)
{
    return tape_ref(static_cast<const simdjson::dom::document *>(value.document), value.index);
}

static text string_at(tape_ref at)
{
    return text{at.get_c_str(), at.get_string_length()};
}

enum json_type json_type(struct json value)
{
    if (value.document == nullptr)
        return JSON_ABSENT;
    switch (tape_at(value).tape_ref_type()) {
    case tape_type::START_OBJECT: return JSON_OBJECT;
    case tape_type::START_ARRAY: return JSON_ARRAY;
    case tape_type::STRING: return JSON_STRING;
    case tape_type::INT64:
    case tape_type::UINT64: return JSON_INTEGER;
    case tape_type::DOUBLE: return JSON_REAL;
    case tape_type::TRUE_VALUE:
    case tape_type::FALSE_VALUE: return JSON_BOOL;
    case tape_type::NULL_VALUE: return JSON_NULL;
    default: return JSON_ABSENT;
    }
}

json_walk json_walk_start(struct json value)
{
    json_walk walk = {};
    enum json_type type = json_type(value);
    if (type != JSON_OBJECT && type != JSON_ARRAY)
        return walk;
    walk.document = value.document;
    walk.is_object = type == JSON_OBJECT;
    walk.next = value.index + 1;
    walk.end = tape_at(value).after_element() - 1;
    return walk;
}

bool json_walk_next(json_walk *walk)
{
    if (walk->next >= walk->end)
        return false;
    walk->value = json{walk->document, walk->next};
    if (walk->is_object) {
        walk->key = string_at(tape_at(walk->value));
        walk->value.index++;
    }
    walk->next = tape_at(walk->value).after_element();
    return true;
}

struct json json_get(struct json value, struct text key)
{
    if (json_type(value) != JSON_OBJECT)
        return JSON_NOTHING;
    for (json_walk walk = json_walk_start(value); json_walk_next(&walk);)
        if (text_equal(walk.key, key))
            return walk.value;
    return JSON_NOTHING;
}

struct text json_as_text(struct json value)
{
    return json_type(value) == JSON_STRING ? string_at(tape_at(value)) : TEXT_EMPTY;
}

bool json_as_bool(struct json value, bool fallback)
{
    return json_type(value) == JSON_BOOL ? tape_at(value).is_true() : fallback;
}

int64_t json_as_integer(struct json value, int64_t fallback)
{
    if (json_type(value) != JSON_INTEGER)
        return fallback;
    tape_ref at = tape_at(value);
    if (at.is_int64())
        return at.next_tape_value<int64_t>();
    uint64_t large = at.next_tape_value<uint64_t>();
    return large > INT64_MAX ? INT64_MAX : static_cast<int64_t>(large);
}

double json_as_real(struct json value)
{
    if (json_type(value) == JSON_REAL)
        return tape_at(value).next_tape_value<double>();
    return static_cast<double>(json_as_integer(value, 0));
}

size_t json_count(struct json value)
{
    enum json_type type = json_type(value);
    return type == JSON_OBJECT || type == JSON_ARRAY ? tape_at(value).scope_count() : 0;
}

// Every member of `a` is a member of `b`. Members in the same order, as they nearly always are, are met in
// step.
static bool members_within(struct json a, struct json b, bool *ret_in_step)
{
    json_walk left = json_walk_start(a), right = json_walk_start(b);
    *ret_in_step = true;
    while (json_walk_next(&left)) {
        bool in_step = json_walk_next(&right) && text_equal(left.key, right.key);
        *ret_in_step &= in_step;
        if (!json_same(left.value, in_step ? right.value : json_get(b, left.key)))
            return false;
    }
    return true;
}

// Equal numbers of members are no proof when keys repeat: out of step, both sides are asked.
static bool members_equal(struct json a, struct json b)
{
    bool in_step;
    return members_within(a, b, &in_step) && (in_step || members_within(b, a, &in_step));
}

static bool elements_equal(struct json a, struct json b)
{
    json_walk left = json_walk_start(a), right = json_walk_start(b);
    while (json_walk_next(&left))
        if (!json_walk_next(&right) || !json_same(left.value, right.value))
            return false;
    return !json_walk_next(&right);
}

bool json_same(struct json a, struct json b)
{
    enum json_type type = json_type(a);
    if (type != json_type(b))
        return false;
    switch (type) {
    case JSON_ABSENT:
    case JSON_NULL: return true;
    case JSON_BOOL: return json_as_bool(a, false) == json_as_bool(b, false);
    case JSON_STRING: return text_equal(json_as_text(a), json_as_text(b));
    case JSON_INTEGER:
    case JSON_REAL: // the eight bytes behind the type word; integers differ in type when they differ in sign
                    // range
        return tape_at(a).tape_ref_type() == tape_at(b).tape_ref_type() &&
               tape_at(a).next_tape_value<uint64_t>() == tape_at(b).next_tape_value<uint64_t>();
    case JSON_ARRAY: return json_count(a) == json_count(b) && elements_equal(a, b);
    case JSON_OBJECT: return json_count(a) == json_count(b) && members_equal(a, b);
    }
    return false;
}

extern "C" void json_canonical_scalar(struct json value, json_text_buffer *out)
{
    switch (json_type(value)) {
    case JSON_BOOL: json_text_bool(out, json_as_bool(value, false)); break;
    case JSON_STRING: json_text_string(out, json_as_text(value)); break;
    case JSON_REAL: json_text_real(out, json_as_real(value)); break;
    case JSON_INTEGER:
        if (tape_at(value).is_uint64()) {
            char digits[24];
            snprintf(digits, sizeof(digits), "%llu",
                     static_cast<unsigned long long>(tape_at(value).next_tape_value<uint64_t>()));
            json_text_raw_str(out, digits);
        } else {
            json_text_integer(out, json_as_integer(value, 0));
        }
        break;
    default: json_text_raw_str(out, "null"); break;
    }
}
