/* Both passes over one review, as texts: for tests that hold their objects in jansson's trees, whose header
 * does not go together with codec/json.h. */
#ifndef CHANGEGATE_TESTS_RECORD_PASSES_H
#define CHANGEGATE_TESTS_RECORD_PASSES_H

#include "core/decision.h"

/* Decide a review of a workload in a known namespace that nothing freezes. Owned by `arena`. */

/* The answer of /mutate. */
struct text record_mutation_of(const struct policy *policy, struct text review, int64_t now_s,
                               struct arena *arena);

/* What /validate says of it: "Allow Approved", with all its reasons. */
struct text record_validation_of(const struct policy *policy, struct text review, int64_t now_s,
                                 struct arena *arena);

#endif
