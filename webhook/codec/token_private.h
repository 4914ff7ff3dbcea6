/* What the files that read tokens share. Layer: codec. */
#ifndef CHANGEGATE_CODEC_TOKEN_PRIVATE_H
#define CHANGEGATE_CODEC_TOKEN_PRIVATE_H

#include "codec/json.h"
#include "codec/token.h"

enum { TOKEN_QUOTE_BYTES_MOST = 80 };

/* One token. */
struct token_reading {
    const struct token_rule *rule;
    struct text namespace; /* of the change */
    struct arena *arena;
    struct json_reader *json;
    struct text subject; /* of its fault: "the token", "token 2 of 3" */
    struct approval *approval;
};

/* The fault of the token: its subject and the text, a clause with the cure. Always false. */
bool token_fail(struct token_reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct text token_quote(const struct token_reading *reading, struct text text);

/* A JSON object in base64url, called `what` in faults, of at most `members_most` members, none of them there
 * twice (RFC 7515 section 4, RFC 7519 section 4). The view is good until the next call. */
bool token_read_object(struct token_reading *reading, struct text encoded, const char *what,
                       size_t members_most, struct json *ret_object) MUST_USE;
bool token_expect_unique(struct token_reading *reading, struct json object, const char *what,
                         size_t members_most) MUST_USE;

/* Form, header, key and signature of a compact JWS (RFC 7515 section 5.2). */
bool token_verify(struct token_reading *reading, struct text token, struct text *ret_claims) MUST_USE;

/* Claims that were verified (RFC 7519) into reading->approval. */
bool token_read_claims(struct token_reading *reading, struct json claims) MUST_USE;

#endif
