/* codec/json_slice: the raw text of a member or an element, found without decoding what lies beside it.
 * Layer: codec (no I/O).
 *
 * For a text of many objects, each written by somebody else: a reader refuses the whole for one key with
 * \u0000 or one number too large for it, and with slices it refuses that object alone. Only strings and
 * brackets are looked at, so a slice of an ill-formed text may be ill-formed itself: whoever decodes it finds
 * out. Keys are compared as they are written, without escapes.
 */
#ifndef CHANGEGATE_CODEC_JSON_SLICE_H
#define CHANGEGATE_CODEC_JSON_SLICE_H

#include "core/text.h"

/* Walk an object or array; anything else has no elements:
 *     for (struct json_slices s = json_slices_of(text); json_slice_next(&s);) use(s.key, s.value); */
struct json_slices {
    struct text key, value; /* borrow the text; the key without its quotes, empty in arrays */
    struct text text;       /* private from here */
    size_t at;
    bool is_object, begun;
};
struct json_slices json_slices_of(struct text value);
bool json_slice_next(struct json_slices *slices); /* false: no more, or ill-formed from here on */

/* The member `key`; NULL `at` where there is none or `object` is no object. */
struct text json_slice_member(struct text object, const char *key);

/* Whether `text` is one value that ends where the text ends, blanks aside. */
bool json_slice_is_whole(struct text text);

#endif
