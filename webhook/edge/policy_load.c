#include "edge/policy_load.h"

#include "edge/file_read.h"

enum { KEY_FILE_BYTES_MOST = 256 << 10 };

struct loading {
    struct text directory; /* with the slash; empty: the current one */
    struct file_watch *watch;
    unsigned bit;
};

static struct text directory_of(struct text path)
{
    size_t length = path.length;
    while (length > 0 && path.at[length - 1] != '/')
        length--;
    return text_slice(path, 0, length);
}

static bool read_file(void *context, struct text path, struct arena *arena, struct text *ret_bytes,
                      struct error *error)
{
    const struct loading *loading = context;
    struct text directory = text_starts_with(path, text_of("/")) ? TEXT_EMPTY : loading->directory;
    const char *whole = arena_printf(arena, "%.*s%.*s", TEXT_ARGS(directory), TEXT_ARGS(path)).at;
    if (loading->watch != NULL)
        file_watch_add(loading->watch, whole, loading->bit);
    return file_read(arena, whole, KEY_FILE_BYTES_MOST, ret_bytes, error);
}

bool policy_load(struct text bytes, const char *path, struct file_watch *watch, unsigned bit,
                 struct policy_file **ret_policies, struct error *error)
{
    struct loading loading = {directory_of(text_of(path)), watch, bit};
    const struct policy_reading reading = {read_file, &loading};
    if (watch != NULL)
        file_watch_forget(watch, bit);
    return policy_file_read(bytes, &reading, ret_policies, error);
}
