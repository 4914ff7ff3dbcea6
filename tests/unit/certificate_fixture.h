/* CAs and certificates for a test, and that nothing of them stays in OpenSSL's queue. */
#ifndef CHANGEGATE_TESTS_CERTIFICATE_FIXTURE_H
#define CHANGEGATE_TESTS_CERTIFICATE_FIXTURE_H

#include "arena_fixture.h"
#include "assert_text.h"

#include "codec/certificate.h"

#include <openssl/err.h>

enum { NOW_S = 1795777200, DAY_S = 86400 };

static const struct renewal_span year = {NOW_S - 300, NOW_S + 365 * DAY_S};
static const struct text service = TEXT("changegate.ops.svc");

static inline int check_queue(void **state)
{
    assert_int_equal(ERR_peek_error(), 0);
    return free_arena(state);
}

static inline struct certificate_pair make_ca(struct arena *arena, struct renewal_span span)
{
    struct certificate_pair pair;
    struct error error = {0};
    if (!certificate_make_ca(text_of("changegate CA"), span, arena, &pair, &error))
        fail_msg("%s", error.text);
    return pair;
}

static inline struct certificate_pair issue(struct arena *arena, const struct certificate_pair *ca,
                                            const struct text *names, size_t name_count)
{
    struct certificate_pair pair;
    struct error error = {0};
    if (!certificate_issue(ca, names, name_count, year, arena, &pair, &error))
        fail_msg("%s", error.text);
    return pair;
}

static inline struct text join(struct arena *arena, struct text first, struct text second)
{
    const struct text parts[] = {first, second};
    return arena_concat(arena, parts, 2);
}

#endif
