/* What the tests of the codec share: two readers, since a reader's views end with its next read, and a
 * buffer. */
#ifndef CHANGEGATE_TESTS_JSON_FIXTURE_H
#define CHANGEGATE_TESTS_JSON_FIXTURE_H

#include "assert_text.h"

#include "codec/json.h"
#include "codec/json_text.h"

struct fixture {
    struct json_reader *reader, *other;
    struct json_text_buffer out;
};

static inline int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.reader = json_reader_new(), .other = json_reader_new()};
    *state = &fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    json_reader_free(fixture->reader);
    json_reader_free(fixture->other);
    json_reader_free(NULL);
    json_text_done(&fixture->out);
    return 0;
}

static inline struct json read_with(struct json_reader *reader, struct text bytes)
{
    struct json root = JSON_NOTHING;
    struct error error;
    if (!json_read(reader, bytes.at, bytes.length, &root, &error))
        fail_msg("%.*s: %s", TEXT_ARGS(bytes), error.text);
    return root;
}

static inline struct json read(struct fixture *fixture, const char *bytes)
{
    return read_with(fixture->reader, text_of(bytes));
}

#define JSON(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
