/* JSON patches as the API server applies them (RFC 6902: add, remove, replace, test), on jansson's trees. */
#ifndef CHANGEGATE_TESTS_JSON_PATCH_H
#define CHANGEGATE_TESTS_JSON_PATCH_H

#include <jansson.h>
#include <stdbool.h>

/* In place; false: an operation does not apply, and `object` is left half done. */
bool json_patch_apply(json_t *object, const json_t *patch);

/* The patch of an answer, RFC 4648 section 4; NULL: it is none. The caller frees. */
json_t *json_patch_read(const char *digits);

#endif
