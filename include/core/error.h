/* core/error: how a function says that it failed.
 * Layer: core (standard C only).
 *
 * A function that can fail returns a must-use bool (true: done) and takes a caller-owned `struct error *`
 * last. On false the error is set and every ret_ argument is untouched. Callers add context in front with
 * error_prefix, and whoever has nobody to tell logs or prints it, once. A denial is never an error: see
 * core/decision.h.
 */
#ifndef CHANGEGATE_CORE_ERROR_H
#define CHANGEGATE_CORE_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum error_kind {
    ERROR_NONE,
    ERROR_INPUT,       /* what was given is wrong; the text says what, where and the cure */
    ERROR_UNSUPPORTED, /* well-formed, and nothing that is read here: YAML that has no JSON form */
    ERROR_SYSTEM,      /* file, network, library */
};

struct error {
    enum error_kind kind;
    unsigned line, column; /* 1-based; 0 where there is no place */
    char text[512];        /* one line, NUL-terminated, cut when longer */
};

#define MUST_USE __attribute__((warn_unused_result))

/* Set the error; always returns false, so that a caller can `return error_set(...)`. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool error_set_at(struct error *error, enum error_kind kind, unsigned line, unsigned column,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Put context in front of the text: "POLICY FILE: " and so on. Always returns false. */
bool error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
#endif
