/* A policy set as text, one line per thing that acts: what a test compares, so that a change of what a file
 * means shows in a diff. */
#ifndef CHANGEGATE_TESTS_POLICY_TEXT_H
#define CHANGEGATE_TESTS_POLICY_TEXT_H

#include "core/arena.h"
#include "core/policy.h"

/* Owned by `arena`. */
struct text policy_text(struct arena *arena, const struct policy_set *set);

#endif
