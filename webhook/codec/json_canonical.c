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

/* Members to leave out: `keys` of the object at `path`. */
struct skip {
    const struct text *path;
    size_t path_count;
    const struct text *keys;
    size_t key_count;
};

static const struct skip skip_nothing;

/* One step down the path. */
static struct skip below(struct skip skip, struct text key)
{
    if (skip.path_count == 0 || !text_equal(key, skip.path[0]))
        return skip_nothing;
    skip.path++;
    skip.path_count--;
    return skip;
}

static bool is_key(struct skip skip, struct text key)
{
    for (size_t i = 0; skip.path_count == 0 && i < skip.key_count; i++)
        if (text_equal(key, skip.keys[i]))
            return true;
    return false;
}

static bool is_skipped(struct text key, struct json value, struct skip skip);

/* Whether nothing of `value` is left without them; also where nothing was in it before, so that it does not
 * matter whether the map was made for them. */
static bool becomes_empty(struct json value, struct skip skip)
{
    if (json_type(value) != JSON_OBJECT || skip.key_count == 0)
        return false;
    for (struct json_walk walk = json_walk_start(value); json_walk_next(&walk);)
        if (!is_skipped(walk.key, walk.value, skip))
            return false;
    return true;
}

static bool is_skipped(struct text key, struct json value, struct skip skip)
{
    return is_key(skip, key) || becomes_empty(value, below(skip, key));
}

static void write_value(struct json value, struct skip skip, struct json_text_buffer *out);

static void write_members(struct member *members, size_t count, struct skip skip,
                          struct json_text_buffer *out)
{
    sort_members(members, count);
    json_text_raw_str(out, "{");
    for (size_t i = 0; i < count; i++) {
        if (skip.key_count > 0 && is_skipped(members[i].key, members[i].value, skip))
            continue;
        json_text_element(out);
        json_text_string(out, members[i].key);
        json_text_raw_str(out, ":");
        write_value(members[i].value, below(skip, members[i].key), out);
    }
    json_text_raw_str(out, "}");
}

static void write_object(struct json value, struct skip skip, struct json_text_buffer *out)
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
    write_members(members, count, skip, out);
    if (members != few)
        free(members);
}

static void write_value(struct json value, struct skip skip, struct json_text_buffer *out)
{
    enum json_type type = json_type(value);
    if (type == JSON_OBJECT) {
        write_object(value, skip, out);
    } else if (type == JSON_ARRAY) {
        json_text_raw_str(out, "[");
        for (struct json_walk walk = json_walk_start(value); json_walk_next(&walk);) {
            json_text_element(out);
            write_value(walk.value, skip_nothing, out);
        }
        json_text_raw_str(out, "]");
    } else {
        json_canonical_scalar(value, out);
    }
}

void json_canonical(struct json value, const struct text *skip_path, size_t skip_count,
                    struct json_text_buffer *out)
{
    if (skip_count == 0)
        write_value(value, skip_nothing, out);
    else
        json_canonical_without(value, skip_path, skip_count - 1, skip_path + skip_count - 1, 1, out);
}

void json_canonical_without(struct json value, const struct text *path, size_t path_count,
                            const struct text *keys, size_t key_count, struct json_text_buffer *out)
{
    write_value(value, (struct skip){path, path_count, keys, key_count}, out);
}
