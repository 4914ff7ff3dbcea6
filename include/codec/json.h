/* codec/json: a read-only view of a JSON text, fast enough for the admission path.
 * Layer: codec (no I/O). The only module that knows the JSON reader; its header is C, its one source file
 * C++.
 *
 * Invariants: the whole text was validated (RFC 8259, UTF-8, nothing behind the value) before the first view
 * exists. A view borrows from its reader and is valid until the reader's next read. Of repeated keys the
 * first counts; json_read refuses a text whose depth exceeds JSON_DEPTH_MOST. No name here is one of
 * jansson's, which edge links as well.
 */
#ifndef CHANGEGATE_CODEC_JSON_H
#define CHANGEGATE_CODEC_JSON_H

#include "core/arena.h"
#include "core/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { JSON_DEPTH_MOST = 128 };

struct json_reader; /* one per thread */

struct json {
    const void *document; /* NULL: no value */
    size_t index;
};

enum json_type {
    JSON_ABSENT,
    JSON_NULL,
    JSON_BOOL,
    JSON_INTEGER,
    JSON_REAL,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

#define JSON_NOTHING ((struct json){NULL, 0})

struct json_reader *json_reader_new(void);
void json_reader_free(struct json_reader *reader); /* accepts NULL */

/* Parse `length` bytes. The reader copies what it needs; `bytes` need not outlive the call. */
bool json_read(struct json_reader *reader, const char *bytes, size_t length, struct json *ret_root,
               struct error *error) MUST_USE;

/* Give back the memory that an unusually large text took; views end. */
void json_reader_trim(struct json_reader *reader);

enum json_type json_type(struct json value);

/* The member `key`, or JSON_NOTHING where value is no object or has no such key. */
struct json json_get(struct json value, struct text key);

/* Scalars; the fallback where the type differs. Text borrows from the reader. */
struct text json_as_text(struct json value); /* NULL `at` when not a string */
bool json_as_bool(struct json value, bool fallback);
int64_t json_as_integer(struct json value, int64_t fallback);
double json_as_real(struct json value);

/* Number of elements or members (saturating at 0xFFFFFF); 0 for a scalar. */
size_t json_count(struct json value);

/* Walk an array or object:
 *     for (struct json_walk w = json_walk_start(value); json_walk_next(&w);) use(w.key, w.value); */
struct json_walk {
    struct text key; /* empty in arrays */
    struct json value;
    size_t next, end; /* private */
    const void *document;
    bool is_object;
};
struct json_walk json_walk_start(struct json value);
bool json_walk_next(struct json_walk *walk);

/* Equal as JSON values: member order does not count, 1 and 1.0 differ. Both absent: equal. */
bool json_same(struct json a, struct json b);

/* The canonical text: keys sorted by code point, no blanks, shortest escapes, UTF-8 kept (as Python's
 * json.dumps(sort_keys=True, separators=(',', ':'), ensure_ascii=False)). Appended to `out`.
 * `skip_path`, where count > 0, leaves out the member at that path of object keys, and the path's parents
 * where nothing else is in them. */
struct json_text_buffer;
void json_canonical(struct json value, const struct text *skip_path, size_t skip_count,
                    struct json_text_buffer *out);

/* The same without several members of one object: those called `keys` of the object at `path`. */
void json_canonical_without(struct json value, const struct text *path, size_t path_count,
                            const struct text *keys, size_t key_count, struct json_text_buffer *out);

#ifdef __cplusplus
}
#endif
#endif
