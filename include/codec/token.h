/* codec/token: approvals signed by a change system: compact JWS (RFC 7515) with ES256, EdDSA (Ed25519, RFC
 * 8037) or RS256 (RFC 7518), claims as JWT (RFC 7519). Layer: codec (no I/O). Nothing is fetched; the keys
 * are the policy's.
 */
#ifndef CHANGEGATE_CODEC_TOKEN_H
#define CHANGEGATE_CODEC_TOKEN_H

#include "core/approval.h"
#include "core/arena.h"

enum {
    TOKENS_MOST = 4,            /* in one annotation, split at blanks and commas */
    TOKEN_BYTES_MOST = 8 << 10, /* each */
};

/* Read the tokens of an annotation, check form, algorithm, key, signature, issuer, audience and that every
 * claim is there. Time, workload and digest are the decision's to compare. `namespace`: of the change, which
 * the claim `workload` names as well. Texts are owned by `arena`; a token that proves nothing has its
 * `fault`. Returns the count; *ret_tokens is owned by `arena`. */
size_t token_read_all(const struct token_rule *rule, struct text annotation, struct text namespace,
                      struct arena *arena, const struct approval **ret_tokens);

#endif
