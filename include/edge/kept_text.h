/* edge/kept_text: texts that outlive what they were borrowed from. Layer: edge.
 * NUL-terminated; ended with free. Out of memory aborts.
 */
#ifndef CHANGEGATE_EDGE_KEPT_TEXT_H
#define CHANGEGATE_EDGE_KEPT_TEXT_H

#include "core/text.h"

/* A copy; never NULL. */
char *kept_text(struct text text);

/* *owned becomes a copy of `text`, NULL where that is empty; what it was is freed. */
void kept_text_replace(char **owned, struct text text);

#endif
