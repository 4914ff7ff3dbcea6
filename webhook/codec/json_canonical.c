/* The canonical text of a value. The recursion is bounded by JSON_DEPTH_MOST. */
#include "codec/json.h"

#include "codec/json_text.h"

#include <stdlib.h>
#include <string.h>

void json_canonical_scalar(struct json value, struct json_text_buffer *out); /* json.cpp */

struct member {
    uint64_t first; /* the key's first eight bytes, so that most comparisons are one */
    struct text key;
    struct json value;
};

enum { MEMBERS_ON_STACK = 32, SORT_BY_INSERTION_MOST = 16 };

/* The first byte weighs most, whatever the machine's own order. */
static uint64_t first_bytes(struct text key)
{
    uint64_t first = 0;
    if (key.length >= sizeof(first)) {
        memcpy(&first, key.at, sizeof(first));
        return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(first) : first;
    }
    for (size_t i = 0; i < sizeof(first); i++)
        first = first << 8 | (i < key.length ? (unsigned char)key.at[i] : 0);
    return first;
}

static bool comes_before(const struct member *a, const struct member *b)
{
    return a->first != b->first ? a->first < b->first : text_compare(a->key, b->key) < 0;
}

static int compare_members(const void *left, const void *right)
{
    return comes_before(left, right) ? -1 : comes_before(right, left);
}

/* Most objects of a pod template have a handful of members, often in order already. */
static void sort_members(struct member *members, size_t count)
{
    if (count > SORT_BY_INSERTION_MOST) {
        qsort(members, count, sizeof(*members), compare_members);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct member moving = members[i];
        size_t at = i;
        for (; at > 0 && comes_before(&moving, &members[at - 1]); at--)
            members[at] = members[at - 1];
        members[at] = moving;
    }
}

/* Whether leaving out the member at `path` leaves nothing of `value`. */
static bool becomes_empty(struct json value, const struct text *path, size_t count)
{
    if (json_type(value) != JSON_OBJECT || json_count(value) != 1)
        return false;
    struct json only = json_get(value, path[0]);
    return json_type(only) != JSON_ABSENT && (count == 1 || becomes_empty(only, path + 1, count - 1));
}

static bool is_skipped(const struct member *member, const struct text *path, size_t count)
{
    return count > 0 && text_equal(member->key, path[0]) &&
           (count == 1 || becomes_empty(member->value, path + 1, count - 1));
}

static void write_members(struct member *members, size_t count, const struct text *path, size_t path_count,
                          struct json_text_buffer *out)
{
    sort_members(members, count);
    json_text_raw_str(out, "{");
    for (size_t i = 0; i < count; i++) {
        if (is_skipped(&members[i], path, path_count))
            continue;
        json_text_element(out);
        json_text_string(out, members[i].key);
        json_text_raw_str(out, ":");
        bool on_path = path_count > 1 && text_equal(members[i].key, path[0]);
        json_canonical(members[i].value, on_path ? path + 1 : NULL, on_path ? path_count - 1 : 0, out);
    }
    json_text_raw_str(out, "}");
}

static void write_object(struct json value, const struct text *path, size_t path_count,
                         struct json_text_buffer *out)
{
    struct member few[MEMBERS_ON_STACK], *members = few;
    size_t count = 0, capacity = MEMBERS_ON_STACK;
    for (struct json_walk walk = json_walk_start(value); json_walk_next(&walk);) {
        if (count == capacity) {
            struct member *more = malloc(2 * capacity * sizeof(*more));
            if (more == NULL)
                abort();
            for (size_t i = 0; i < count; i++)
                more[i] = members[i];
            if (members != few)
                free(members);
            members = more;
            capacity *= 2;
        }
        members[count++] = (struct member){first_bytes(walk.key), walk.key, walk.value};
    }
    write_members(members, count, path, path_count, out);
    if (members != few)
        free(members);
}

void json_canonical(struct json value, const struct text *skip_path, size_t skip_count,
                    struct json_text_buffer *out)
{
    enum json_type type = json_type(value);
    if (type == JSON_OBJECT) {
        write_object(value, skip_path, skip_count, out);
    } else if (type == JSON_ARRAY) {
        json_text_raw_str(out, "[");
        for (struct json_walk walk = json_walk_start(value); json_walk_next(&walk);) {
            json_text_element(out);
            json_canonical(walk.value, NULL, 0, out);
        }
        json_text_raw_str(out, "]");
    } else {
        json_canonical_scalar(value, out);
    }
}
