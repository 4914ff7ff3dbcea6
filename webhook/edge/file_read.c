#include "edge/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES_FIRST = 8 << 10 };

struct buffer {
    char *bytes; /* owned */
    size_t length, capacity;
};

static void make_room(struct buffer *buffer)
{
    if (buffer->length < buffer->capacity)
        return;
    buffer->capacity = buffer->capacity == 0 ? BUFFER_BYTES_FIRST : buffer->capacity * 2;
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (buffer->bytes == NULL)
        abort();
}

static bool read_all(int fd, const char *path, size_t most_bytes, struct buffer *buffer, struct error *error)
{
    for (;;) {
        make_room(buffer);
        ssize_t got = read(fd, buffer->bytes + buffer->length, buffer->capacity - buffer->length);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, ERROR_SYSTEM, "%s: cannot be read: %s", path, strerror(errno));
        buffer->length += (size_t)got;
        if (buffer->length > most_bytes)
            return error_set(error, ERROR_INPUT, "%s: larger than %zu bytes, the most that is read", path,
                             most_bytes);
    }
}

bool file_read(struct arena *arena, const char *path, size_t most_bytes, struct text *ret_bytes,
               struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, ERROR_SYSTEM, "%s: cannot be opened: %s", path, strerror(errno));
    struct buffer buffer = {0};
    bool good = read_all(fd, path, most_bytes, &buffer, error);
    close(fd);
    if (good)
        *ret_bytes = arena_copy(arena, (struct text){buffer.bytes, buffer.length});
    free(buffer.bytes);
    return good;
}
