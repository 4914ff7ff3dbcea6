/* Standard input, annotations of tokens, a line each, for the policy that the arguments say: NAMESPACE
 * AUDIENCE ISSUER, and KID=FILE for each PEM key; a line for each token: "good SUB JTI CHANGE KIND NAME
 * DIGEST IAT NBF EXP", or its fault. For test_token_openssl.py and test_token_oracle.py. */
#include "codec/token.h"
#include "codec/token_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEM_BYTES_MOST = 4096, ARGUMENTS_BEFORE_KEYS = 4 };

static bool add_key(struct token_keys *keys, const char *argument)
{
    static char bytes[PEM_BYTES_MOST];
    struct error error;
    struct text whole = text_of(argument), kid = text_slice(whole, 0, text_find(whole, '='));
    FILE *file = fopen(argument + kid.length + 1, "r");
    if (file == NULL)
        return false;
    struct text pem = {bytes, fread(bytes, 1, sizeof(bytes), file)};
    fclose(file);
    if (token_keys_add_pem(keys, kid, pem, &error))
        return true;
    fprintf(stderr, "%s\n", error.text);
    return false;
}

static void print(const struct approval *token)
{
    if (token->fault.length > 0)
        printf("%.*s\n", TEXT_ARGS(token->fault));
    else
        printf("good %.*s %.*s %.*s %.*s %.*s %.*s %" PRId64 " %" PRId64 " %" PRId64 "\n",
               TEXT_ARGS(token->approver), TEXT_ARGS(token->name), TEXT_ARGS(token->change_id),
               TEXT_ARGS(token->kind), TEXT_ARGS(token->workload), TEXT_ARGS(token->digest), token->created_s,
               token->not_before_s, token->expires_s);
}

int main(int argc, char **argv)
{
    if (argc <= ARGUMENTS_BEFORE_KEYS)
        return 2;
    const struct text issuer = text_of(argv[3]);
    struct token_keys *keys = token_keys_new();
    const struct token_rule rule = {keys, text_of(argv[2]), &issuer, 1};
    for (int i = ARGUMENTS_BEFORE_KEYS; i < argc; i++)
        if (!add_key(keys, argv[i]))
            return 2;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        struct arena arena = {NULL, 0};
        const struct approval *tokens;
        size_t count =
            token_read_all(&rule, (struct text){line, (size_t)length}, text_of(argv[1]), &arena, &tokens);
        for (size_t i = 0; i < count; i++)
            print(&tokens[i]);
        arena_done(&arena);
    }
    free(line);
    token_keys_free(keys);
    return 0;
}
