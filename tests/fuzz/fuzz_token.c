/* Tokens and keys, fed with anything. The first byte says what the rest is: 't' an annotation; 'h' the
 * header, 'c' the claims of a token that is then signed, so that the fuzzer gets past the signature; 'j' a
 * JWK Set; 'p' a PEM key. */
#include "token_signer.h"

#include <openssl/err.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The same in every run, and in the seeds. */
static EVP_PKEY *fixed_key(void)
{
    static const unsigned char seed[32] = "changegate fuzz_token, no secret";
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
    require(key != NULL);
    return key;
}

static const struct token_rule *fixed_rule(EVP_PKEY *key)
{
    static const struct text issuers[] = {TEXT("https://changes.example.com")};
    static struct token_rule rule = {NULL, TEXT("prod-eu"), issuers, 1};
    struct arena arena = {NULL, 0};
    struct error error;
    struct token_keys *keys = token_keys_new();
    require(token_keys_add_pem(keys, text_of("ed"), signer_public_pem(&arena, key), &error));
    arena_done(&arena);
    rule.keys = keys;
    return &rule;
}

/* What people are told must fit one line of a terminal. */
static void require_printable(struct text text)
{
    struct arena arena = {NULL, 0};
    require(text.length > 0 && text_equal(text_quote(&arena, text, text.length), text));
    arena_done(&arena);
}

static void require_approval(const struct approval *approval)
{
    require(approval->source == SOURCE_TOKEN);
    if (approval->fault.length > 0) {
        require_printable(approval->fault);
        require(approval->name.length + approval->approver.length + approval->digest.length == 0);
        return;
    }
    const struct text said[] = {approval->name,     approval->change_id, approval->kind,
                                approval->workload, approval->digest,    approval->approver};
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        require_printable(said[i]);
    for (size_t i = 0; i < approval->group_count; i++)
        require_printable(approval->groups[i]);
    require(approval->expires_s > approval->created_s && approval->expires_s > approval->not_before_s &&
            approval->expires_s - approval->created_s <= APPROVAL_AGE_S_MOST);
}

static void read_tokens(const struct token_rule *rule, struct text annotation, struct arena *arena)
{
    const struct approval *tokens;
    size_t count = token_read_all(rule, annotation, text_of(SIGNER_NAMESPACE), arena, &tokens);
    require(count <= TOKENS_MOST + 1);
    for (size_t i = 0; i < count; i++)
        require_approval(&tokens[i]);
}

static void read_keys(struct text text, bool set)
{
    struct token_keys *keys = token_keys_new();
    struct error error = {0};
    bool good =
        set ? token_keys_add_jwks(keys, text, &error) : token_keys_add_pem(keys, text_of("k"), text, &error);
    if (good)
        require(token_keys_count(keys) > 0);
    else
        require_printable(text_of(error.text));
    token_keys_free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static EVP_PKEY *key;
    static const struct token_rule *rule;
    struct arena arena = {NULL, 0};
    if (size == 0)
        return 0;
    if (rule == NULL) {
        key = fixed_key();
        rule = fixed_rule(key);
    }
    struct text rest = arena_copy(&arena, (struct text){(const char *)data + 1, size - 1});
    switch (data[0]) {
    case 't': read_tokens(rule, rest, &arena); break;
    case 'h': read_tokens(rule, signer_token(&arena, key, rest.at, SIGNER_CLAIMS), &arena); break;
    case 'c':
        read_tokens(rule, signer_token(&arena, key, signer_header(SIGNER_EDDSA), rest.at), &arena);
        break;
    case 'j': read_keys(rest, true); break;
    case 'p': read_keys(rest, false); break;
    default: break;
    }
    require(ERR_peek_error() == 0);
    arena_done(&arena);
    return 0;
}
