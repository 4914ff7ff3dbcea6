/* What the tests of `changegate doctor` share: a report, what it says line by line, and JSON to judge. */
#ifndef CHANGEGATE_TESTS_DOCTOR_FIXTURE_H
#define CHANGEGATE_TESTS_DOCTOR_FIXTURE_H

#include "assert_text.h"

#include "cli/doctor_judge.h"
#include "codec/json.h"

#include <string.h>

enum { READERS = 16 };

struct clinic {
    struct arena arena;
    struct doctor_report report;
    struct json_reader *readers[READERS]; /* one for each text, so that all views stay */
    size_t reader_count;
    struct json_text_buffer out;
};

static inline int open_clinic(void **state)
{
    static struct clinic clinic;
    clinic = (struct clinic){.reader_count = 0};
    clinic.report.arena = &clinic.arena;
    *state = &clinic;
    return 0;
}

static inline int close_clinic(void **state)
{
    struct clinic *clinic = *state;
    for (size_t i = 0; i < clinic->reader_count; i++)
        json_reader_free(clinic->readers[i]);
    json_text_done(&clinic->out);
    arena_done(&clinic->arena);
    return 0;
}

#define DOCTOR(test) cmocka_unit_test_setup_teardown(test, open_clinic, close_clinic)

static inline struct json clinic_read(struct clinic *clinic, struct text bytes)
{
    struct json root = JSON_NOTHING;
    struct error error;
    assert_true(clinic->reader_count < READERS);
    struct json_reader *reader = clinic->readers[clinic->reader_count++] = json_reader_new();
    if (!json_read(reader, bytes.at, bytes.length, &root, &error))
        fail_msg("%.*s: %s", TEXT_ARGS(bytes), error.text);
    return root;
}

/* As people write it: ' for ". */
static inline struct json clinic_json(struct clinic *clinic, const char *quoted)
{
    struct text copy = arena_copy(&clinic->arena, text_of(quoted));
    for (size_t i = 0; i < copy.length; i++)
        if (copy.at[i] == '\'')
            ((char *)copy.at)[i] = '"';
    return clinic_read(clinic, copy);
}

/* All lines so far, the totals apart; and the report is empty again. */
#define clinic_says(clinic, wanted) clinic_says_at((clinic), (wanted), __FILE__, __LINE__)
static inline void clinic_says_at(struct clinic *clinic, const char *wanted, const char *file, int line)
{
    json_text_clear(&clinic->out);
    doctor_write_text(&clinic->report, &clinic->out);
    struct text said = json_text_view(&clinic->out);
    said.length--;
    while (said.length > 0 && said.at[said.length - 1] != '\n')
        said.length--;
    clinic->report.count = 0;
    for (size_t i = 0; i < clinic->reader_count; i++)
        json_reader_free(clinic->readers[i]);
    clinic->reader_count = 0;
    assert_text_at(said, wanted, file, line);
}

#define CURE "                       cure: "

#endif
