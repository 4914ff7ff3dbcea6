/* What the releaser and the command line send, as JSON texts: for tests that hold their objects in jansson's
 * trees, whose header does not go together with codec/json.h. */
#ifndef CHANGEGATE_TESTS_HOLD_REQUESTS_H
#define CHANGEGATE_TESTS_HOLD_REQUESTS_H

#include "core/policy.h"

/* The JSON patches of codec/hold.h for `object`, a JSON text; "" where there is nothing to do. The caller
 * frees. */
char *hold_request_release(const char *object, const struct workload_type *type);
char *hold_request_drop(const char *object, const struct workload_type *type, const char *running);
char *hold_request_label(const char *object, const char *from, const char *to);

#endif
