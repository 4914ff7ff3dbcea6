/* What the tests of the record share, beside decision_fixture.h: an object that has one, and what it is to
 * carry. */
#ifndef CHANGEGATE_TESTS_RECORD_FIXTURE_H
#define CHANGEGATE_TESTS_RECORD_FIXTURE_H

#include "decision_fixture.h"

static const struct record_template ran = {
    .digest = TEXT("sha256:old"), .at_s = 1, .by = TEXT("ann"), .ids = {TEXT("CHG0000009")}, .id_count = 1};

/* An approved write of the whole object that brings sha256:new onto one whose record is `old`. */
static inline struct fixture *bringing(void **state, change_classes classes, struct record *old)
{
    struct fixture *fixture = *state;
    *old = (struct record){.templates = {ran}, .template_count = 1};
    fixture->change.classes = classes;
    fixture->change.digest_after = text_of("sha256:new");
    fixture->change.hold.decides = true;
    fixture->change.record.before = text_of("as it was");
    fixture->change.record.old = old;
    return fixture;
}

static inline const struct record *target(struct fixture *fixture)
{
    const struct verdict *verdict = decide(fixture);
    assert_true(verdict->record.decides);
    return verdict->record.record;
}

static inline void assert_templates(const struct record *record, const char *newest, const char *oldest)
{
    assert_non_null(record);
    assert_int_equal(record->template_count, oldest == NULL ? 1 : 2);
    assert_text(record->templates[0].digest, newest);
    if (oldest != NULL)
        assert_text(record->templates[1].digest, oldest);
}

#endif
