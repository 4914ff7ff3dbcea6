/* What is read from the review of an Approval, as text. Apart from the tests, since codec/json.h and
 * jansson.h do not go together. */
#ifndef CHANGEGATE_TESTS_APPROVAL_READING_H
#define CHANGEGATE_TESTS_APPROVAL_READING_H

#include "core/arena.h"

/* One line for each fault, then the patch of /mutate, then the object as it would be listed. */
struct text approval_reading_of(struct arena *arena, struct text review);

/* The patch that /mutate answers with; empty: none. */
struct text approval_patch_of(struct arena *arena, struct text review);

#endif
