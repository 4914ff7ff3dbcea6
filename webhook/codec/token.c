#include "codec/token.h"

#include "codec/base64url.h"
#include "token_private.h"

enum { CLAIMS_MOST = 64 };

bool token_fail(struct token_reading *reading, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text what = arena_vprintf(reading->arena, format, args);
    va_end(args);
    const struct text parts[] = {reading->subject, TEXT(" "), what};
    *reading->approval =
        (struct approval){.source = SOURCE_TOKEN, .fault = arena_concat(reading->arena, parts, 3)};
    return false;
}

struct text token_quote(const struct token_reading *reading, struct text text)
{
    return text_quote(reading->arena, text, TOKEN_QUOTE_BYTES_MOST);
}

/* ---- JSON ---- */

static bool is_twice(struct json object, struct text key)
{
    size_t count = 0;
    for (struct json_walk w = json_walk_start(object); json_walk_next(&w);)
        count += text_equal(w.key, key);
    return count > 1;
}

bool token_expect_unique(struct token_reading *reading, struct json object, const char *what,
                         size_t members_most)
{
    if (json_count(object) > members_most)
        return token_fail(reading,
                          "has %s of more than %zu members: have it made without those that nobody reads",
                          what, members_most);
    for (struct json_walk w = json_walk_start(object); json_walk_next(&w);)
        if (is_twice(object, w.key))
            return token_fail(reading, "has %s with \"%.*s\" in it twice: have it made anew", what,
                              TEXT_ARGS(token_quote(reading, w.key)));
    return true;
}

bool token_read_object(struct token_reading *reading, struct text encoded, const char *what,
                       size_t members_most, struct json *ret_object)
{
    struct text bytes;
    struct json object;
    struct error error;
    if (!base64url_decode(encoded, reading->arena, &bytes, &error))
        return token_fail(reading, "has %s that %s", what, error.text);
    if (!json_read(reading->json, bytes.at, bytes.length, &object, &error) ||
        json_type(object) != JSON_OBJECT)
        return token_fail(reading, "has %s that is no JSON object: copy it whole", what);
    if (!token_expect_unique(reading, object, what, members_most))
        return false;
    *ret_object = object;
    return true;
}

/* ---- the annotation ---- */

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r';
}

/* The next token, which leaves `rest`; empty: there is none. */
static struct text take(struct text *rest)
{
    size_t begin = 0, end;
    while (begin < rest->length && is_separator(rest->at[begin]))
        begin++;
    end = begin;
    while (end < rest->length && !is_separator(rest->at[end]))
        end++;
    struct text token = text_slice(*rest, begin, end - begin);
    *rest = text_slice(*rest, end, rest->length);
    return token;
}

static size_t count_tokens(struct text annotation)
{
    size_t count = 0;
    while (take(&annotation).length > 0)
        count++;
    return count;
}

static bool read(struct token_reading *reading, struct text token)
{
    struct text encoded;
    struct json claims = JSON_NOTHING;
    if (token.length > TOKEN_BYTES_MOST)
        return token_fail(reading,
                          "is %zu bytes long, more than the %d that are read: have it made without claims "
                          "that nobody reads",
                          token.length, TOKEN_BYTES_MOST);
    return token_verify(reading, token, &encoded) &&
           token_read_object(reading, encoded, "a claims set", CLAIMS_MOST, &claims) &&
           token_read_claims(reading, claims);
}

size_t token_read_all(const struct token_rule *rule, struct text annotation, struct text namespace,
                      struct arena *arena, const struct approval **ret_tokens)
{
    size_t written = count_tokens(annotation), count = written > TOKENS_MOST ? TOKENS_MOST + 1 : written;
    struct approval *tokens = arena_alloc_array(arena, count, sizeof(*tokens));
    struct json_reader *json = count == 0 ? NULL : json_reader_new();
    for (size_t i = 0; i < count; i++) {
        struct token_reading reading = {
            .rule = rule,
            .namespace = namespace,
            .arena = arena,
            .json = json,
            .subject =
                written == 1 ? text_of("the token") : arena_printf(arena, "token %zu of %zu", i + 1, written),
            .approval = &tokens[i],
        };
        tokens[i].source = SOURCE_TOKEN;
        struct text token = take(&annotation);
        if (i == TOKENS_MOST)
            token_fail(&reading, "is one more than the %d that are read: take out those that are not needed",
                       TOKENS_MOST);
        else
            (void)!read(&reading, token);
    }
    json_reader_free(json);
    *ret_tokens = tokens;
    return count;
}
