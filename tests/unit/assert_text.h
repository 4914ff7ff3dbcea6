/* What a test says about a text: the very bytes, and both of them printed where they differ. */
#ifndef CHANGEGATE_TESTS_ASSERT_TEXT_H
#define CHANGEGATE_TESTS_ASSERT_TEXT_H

#include "core/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define assert_text(actual, expected) assert_text_at((actual), (expected), __FILE__, __LINE__)

static inline void assert_text_at(struct text actual, const char *expected, const char *file, int line)
{
    if (text_is(actual, expected))
        return;
    print_error("is:     %.*s\nwanted: %s\n", TEXT_ARGS(actual), expected);
    _fail(file, line);
}

#endif
