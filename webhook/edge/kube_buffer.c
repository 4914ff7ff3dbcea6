#include "edge/kube_buffer.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 16 << 10, CAPACITY_KEPT = 256 << 10 };

void kube_buffer_done(struct kube_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct kube_buffer){0};
}

void kube_buffer_clear(struct kube_buffer *buffer, size_t most_bytes)
{
    if (buffer->capacity > CAPACITY_KEPT)
        kube_buffer_done(buffer);
    buffer->length = buffer->taken = buffer->scanned = 0;
    buffer->most_bytes = most_bytes;
}

static void forget_taken(struct kube_buffer *buffer)
{
    if (buffer->taken == 0)
        return;
    memmove(buffer->bytes, buffer->bytes + buffer->taken, buffer->length - buffer->taken);
    buffer->length -= buffer->taken;
    buffer->scanned -= buffer->taken;
    buffer->taken = 0;
}

static void make_room(struct kube_buffer *buffer, size_t byte_count)
{
    size_t capacity = buffer->capacity == 0 ? CAPACITY_FIRST : buffer->capacity;
    while (capacity - buffer->length < byte_count)
        capacity *= 2;
    if (capacity == buffer->capacity)
        return;
    buffer->bytes = realloc(buffer->bytes, capacity);
    if (buffer->bytes == NULL)
        abort();
    buffer->capacity = capacity;
}

bool kube_buffer_add(struct kube_buffer *buffer, struct text bytes)
{
    forget_taken(buffer);
    if (bytes.length > buffer->most_bytes - buffer->length)
        return false;
    make_room(buffer, bytes.length);
    memcpy(buffer->bytes + buffer->length, bytes.at, bytes.length);
    buffer->length += bytes.length;
    return true;
}

bool kube_buffer_line(struct kube_buffer *buffer, struct text *ret_line)
{
    if (buffer->bytes == NULL)
        return false;
    struct text unseen = {buffer->bytes + buffer->scanned, buffer->length - buffer->scanned};
    size_t at = text_find(unseen, '\n');
    if (at == unseen.length) {
        buffer->scanned = buffer->length;
        return false;
    }
    size_t end = buffer->scanned + at;
    *ret_line = (struct text){buffer->bytes + buffer->taken, end - buffer->taken};
    buffer->taken = buffer->scanned = end + 1;
    return true;
}

struct text kube_buffer_rest(const struct kube_buffer *buffer)
{
    if (buffer->bytes == NULL)
        return TEXT_EMPTY;
    return (struct text){buffer->bytes + buffer->taken, buffer->length - buffer->taken};
}
