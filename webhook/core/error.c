#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct error *error, enum error_kind kind, unsigned line, unsigned column,
                 const char *format, va_list args) __attribute__((format(printf, 5, 0)));

static void fill(struct error *error, enum error_kind kind, unsigned line, unsigned column,
                 const char *format, va_list args)
{
    error->kind = kind;
    error->line = line;
    error->column = column;
    vsnprintf(error->text, sizeof(error->text), format, args);
}

bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, kind, 0, 0, format, args);
    va_end(args);
    return false;
}

bool error_set_at(struct error *error, enum error_kind kind, unsigned line, unsigned column,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, kind, line, column, format, args);
    va_end(args);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    char before[sizeof(error->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(before, sizeof(before), format, args);
    va_end(args);

    size_t room = sizeof(error->text) - 1;
    size_t shift = strlen(before) < room ? strlen(before) : room;
    memmove(error->text + shift, error->text, room - shift);
    memcpy(error->text, before, shift);
    error->text[room] = '\0';
    return false;
}
