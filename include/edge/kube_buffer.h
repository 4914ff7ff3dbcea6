/* edge/kube_buffer: collects what arrives from the API server, whole or line by line.
 * Layer: edge.
 *
 * Invariant: never more than `most_bytes` are held, whatever the other side sends.
 */
#ifndef CHANGEGATE_EDGE_KUBE_BUFFER_H
#define CHANGEGATE_EDGE_KUBE_BUFFER_H

#include "core/text.h"

struct kube_buffer {
    char *bytes; /* owned */
    size_t length, capacity;
    size_t taken;   /* lines before this offset were handed out */
    size_t scanned; /* no newline between `taken` and this offset */
    size_t most_bytes;
};

void kube_buffer_done(struct kube_buffer *buffer);
void kube_buffer_clear(struct kube_buffer *buffer, size_t most_bytes); /* keeps a small allocation */

/* Append; ends the life of lines handed out. False: it would be more than most_bytes. */
bool kube_buffer_add(struct kube_buffer *buffer, struct text bytes);

/* The next complete line without its newline; borrows the buffer until the next add. False: none yet. */
bool kube_buffer_line(struct kube_buffer *buffer, struct text *ret_line);

/* All that was added and not handed out as lines; borrows the buffer until the next add. */
struct text kube_buffer_rest(const struct kube_buffer *buffer);

#endif
