/* A change system, and what the tests of tokens ask. */
#ifndef CHANGEGATE_TESTS_TOKEN_FIXTURE_H
#define CHANGEGATE_TESTS_TOKEN_FIXTURE_H

#include "assert_text.h"
#include "token_signer.h"

#include <openssl/err.h>
#include <stdlib.h>

struct token_fixture {
    struct signer signer;
    struct arena arena;
};

static inline int make_signer(void **state)
{
    struct token_fixture *fixture = calloc(1, sizeof(*fixture));
    if (fixture == NULL)
        abort();
    signer_init(&fixture->signer);
    *state = fixture;
    return 0;
}

static inline int free_signer(void **state)
{
    struct token_fixture *fixture = *state;
    signer_done(&fixture->signer);
    free(fixture);
    return 0;
}

static inline int reset_arena(void **state)
{
    arena_done(&((struct token_fixture *)*state)->arena);
    return 0;
}

/* ---- asking ---- */

/* The annotation's bytes end where an allocation ends, so that reading past them is noticed. */
static inline size_t read_all(struct token_fixture *fixture, struct text annotation,
                              const struct approval **ret_tokens)
{
    char *copy = malloc(annotation.length == 0 ? 1 : annotation.length);
    if (copy == NULL)
        abort();
    if (annotation.length > 0)
        memcpy(copy, annotation.at, annotation.length);
    size_t count = token_read_all(&fixture->signer.rule, (struct text){copy, annotation.length},
                                  text_of(SIGNER_NAMESPACE), &fixture->arena, ret_tokens);
    free(copy);
    assert_int_equal(ERR_peek_error(), 0); /* a TLS connection of this thread would stumble over it */
    return count;
}

static inline const struct approval *read_one(struct token_fixture *fixture, struct text token)
{
    const struct approval *tokens;
    assert_int_equal(read_all(fixture, token, &tokens), 1);
    assert_int_equal(tokens[0].source, SOURCE_TOKEN);
    return &tokens[0];
}

static inline struct text token_of(struct token_fixture *fixture, enum signer_key key, const char *header,
                                   const char *claims)
{
    return signer_token(&fixture->arena, fixture->signer.keys[key], header, claims);
}

static inline struct text good(struct token_fixture *fixture)
{
    return token_of(fixture, SIGNER_ES256, signer_header(SIGNER_ES256), SIGNER_CLAIMS);
}

/* A token that proves nothing says why, and nothing else. */
static inline void expect_fault(struct token_fixture *fixture, struct text token, const char *fault)
{
    const struct approval *approval = read_one(fixture, token);
    assert_text(approval->fault, fault);
    assert_int_equal(approval->name.length + approval->change_id.length + approval->approver.length +
                         approval->digest.length + approval->group_count,
                     0);
}

static inline void expect_header_fault(struct token_fixture *fixture, const char *header, const char *fault)
{
    expect_fault(fixture, token_of(fixture, SIGNER_ES256, header, SIGNER_CLAIMS), fault);
}

static inline void expect_claims_fault(struct token_fixture *fixture, const char *claims, const char *fault)
{
    expect_fault(fixture, token_of(fixture, SIGNER_ES256, signer_header(SIGNER_ES256), claims), fault);
}

/* The good claims with `part` of them replaced. */
static inline const char *with(struct token_fixture *fixture, const char *part, const char *instead)
{
    const char *at = strstr(SIGNER_CLAIMS, part);
    if (at == NULL)
        fail_msg("the claims have no %s", part);
    static const char claims[] = SIGNER_CLAIMS;
    size_t before = (size_t)(strstr(claims, part) - claims);
    return arena_printf(&fixture->arena, "%.*s%s%s", (int)before, claims, instead,
                        claims + before + strlen(part))
        .at;
}

static inline void expect_fault_with(struct token_fixture *fixture, const char *part, const char *instead,
                                     const char *fault)
{
    expect_claims_fault(fixture, with(fixture, part, instead), fault);
}

#define TOKEN_TEST(name) cmocka_unit_test_teardown(name, reset_arena)

#endif
