/* What a verified token says: RFC 7519, and the claims of its own that docs/tokens.md tells of. */
#include "codec/digest.h"
#include "codec/json_text.h"
#include "core/change.h"
#include "core/instant.h"
#include "token_private.h"

enum { USER_BYTES_MOST = 256, GROUPS_MOST = 256, WORKLOAD_MEMBERS_MOST = 16 };

#define TIME_S_MOST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

/* ---- one claim ---- */

/* A claim that is not there, or is not what it has to be. `cure`: what to write. Always false. */
static bool fail_claim(struct token_reading *reading, struct json value, const char *name, const char *cure)
{
    struct json_text_buffer shown = {NULL, 0, 0};
    if (json_type(value) == JSON_ABSENT)
        return token_fail(reading, "lacks the claim \"%s\": have the change system write %s", name, cure);
    json_canonical(value, NULL, 0, &shown);
    struct text quoted = token_quote(reading, json_text_view(&shown));
    json_text_done(&shown);
    return token_fail(reading,
                      "has a claim \"%s\" that cannot be used, %.*s: have the change system write %s", name,
                      TEXT_ARGS(quoted), cure);
}

/* What a message shows as it is. */
static bool is_user(struct text text)
{
    if (text.length == 0 || text.length > USER_BYTES_MOST)
        return false;
    struct arena arena = {NULL, 0};
    bool printable = text_equal(text, text_quote(&arena, text, text.length));
    arena_done(&arena);
    return printable;
}

/* The text is owned by the arena: the view ends with the next token. */
static bool get_text(struct token_reading *reading, struct json value, const char *name,
                     bool (*is_good)(struct text text), const char *cure, struct text *ret)
{
    struct text text = json_as_text(value);
    if (text.at == NULL || !is_good(text))
        return fail_claim(reading, value, name, cure);
    *ret = arena_copy(reading->arena, text);
    return true;
}

/* A NumericDate; a fraction of a second is cut. */
static bool get_time(struct token_reading *reading, struct json claims, const char *name, int64_t *ret_s)
{
    struct json value = get(claims, name);
    double real = json_type(value) == JSON_REAL ? json_as_real(value) : 0;
    int64_t time_s = json_as_integer(value, 0);
    if (real >= 1 && real <= (double)TIME_S_MOST)
        time_s = (int64_t)real;
    if (time_s < 1 || time_s > TIME_S_MOST)
        return fail_claim(reading, value, name, "a number of seconds since 1970");
    *ret_s = time_s;
    return true;
}

/* ---- who says so, and to whom ---- */

static bool check_issuer(struct token_reading *reading, struct json claims)
{
    struct json value = get(claims, "iss");
    struct text issuer = json_as_text(value);
    if (issuer.at == NULL)
        return fail_claim(reading, value, "iss", "its own name, as in the policy's tokens.issuers");
    for (size_t i = 0; i < reading->rule->issuer_count; i++)
        if (text_equal(issuer, reading->rule->issuers[i]))
            return true;
    return token_fail(
        reading, "is by issuer \"%.*s\", which is none of the policy's: ask one of tokens.issuers for it",
        TEXT_ARGS(token_quote(reading, issuer)));
}

/* The clusters that a token is for, for a message. */
static bool list_audiences(struct token_reading *reading, struct json value, struct text *ret_list)
{
    struct text list = TEXT_EMPTY, audience;
    for (struct json_walk w = json_walk_start(value); json_walk_next(&w);) {
        audience = json_as_text(w.value);
        if (audience.at == NULL)
            return false;
        list = arena_printf(reading->arena, "%.*s%s\"%.*s\"", TEXT_ARGS(list), list.length == 0 ? "" : ", ",
                            TEXT_ARGS(token_quote(reading, audience)));
        if (list.length > TOKEN_QUOTE_BYTES_MOST)
            break;
    }
    *ret_list = list;
    return list.length > 0;
}

static bool is_among(struct json list, struct text wanted)
{
    for (struct json_walk w = json_walk_start(list); json_walk_next(&w);)
        if (json_type(w.value) == JSON_STRING && text_equal(json_as_text(w.value), wanted))
            return true;
    return false;
}

/* RFC 7519 section 4.1.3: one, or a list of those that a token is for. */
static bool check_audience(struct token_reading *reading, struct json claims)
{
    static const char cure[] = "the name of the cluster, as in the policy's tokens.audience";
    struct json value = get(claims, "aud");
    struct text audience = json_as_text(value), here = reading->rule->audience, list = TEXT_EMPTY;
    if (json_type(value) == JSON_ARRAY ? is_among(value, here)
                                       : text_equal(audience, here) && audience.length > 0)
        return true;
    if (audience.length > 0)
        list = arena_printf(reading->arena, "\"%.*s\"", TEXT_ARGS(token_quote(reading, audience)));
    else if (json_type(value) != JSON_ARRAY || !list_audiences(reading, value, &list))
        return fail_claim(reading, value, "aud", cure);
    return token_fail(reading, "is for cluster %.*s, this is \"%.*s\": ask for a token for this one",
                      TEXT_ARGS(list), TEXT_ARGS(token_quote(reading, here)));
}

/* ---- until when ---- */

static struct text shown(const struct token_reading *reading, int64_t time_s)
{
    return instant_format(reading->arena, time_s);
}

static bool read_times(struct token_reading *reading, struct json claims)
{
    enum { DAY_S = 86400 };
    struct approval *approval = reading->approval;
    int64_t issued_s, expires_s, not_before_s = 0;
    if (!get_time(reading, claims, "iat", &issued_s) || !get_time(reading, claims, "exp", &expires_s) ||
        (json_type(get(claims, "nbf")) != JSON_ABSENT && !get_time(reading, claims, "nbf", &not_before_s)))
        return false;
    if (expires_s <= issued_s || expires_s <= not_before_s)
        return token_fail(reading, "expires at %.*s, before it is valid, at %.*s: ask for another",
                          TEXT_ARGS(shown(reading, expires_s)),
                          TEXT_ARGS(shown(reading, issued_s > not_before_s ? issued_s : not_before_s)));
    if (expires_s - issued_s > APPROVAL_AGE_S_MOST)
        return token_fail(reading, "is valid for more than %d days, from %.*s to %.*s: ask for a shorter one",
                          APPROVAL_AGE_S_MOST / DAY_S, TEXT_ARGS(shown(reading, issued_s)),
                          TEXT_ARGS(shown(reading, expires_s)));
    approval->created_s = issued_s;
    approval->expires_s = expires_s;
    approval->not_before_s = not_before_s;
    return true;
}

/* ---- what for ---- */

static bool read_workload(struct token_reading *reading, struct json claims)
{
    struct json workload = get(claims, "workload");
    struct approval *approval = reading->approval;
    struct text namespace;
    if (json_type(workload) != JSON_OBJECT)
        return fail_claim(reading, workload, "workload",
                          "{\"namespace\": ..., \"kind\": ..., \"name\": ...}");
    if (!token_expect_unique(reading, workload, "a workload", WORKLOAD_MEMBERS_MOST) ||
        !get_text(reading, get(workload, "namespace"), "workload.namespace", is_user,
                  "the namespace of the workload", &namespace) ||
        !get_text(reading, get(workload, "kind"), "workload.kind", is_user,
                  "the kind of the workload, such as Deployment", &approval->kind) ||
        !get_text(reading, get(workload, "name"), "workload.name", is_user, "the name of the workload",
                  &approval->workload))
        return false;
    return text_equal(namespace, reading->namespace) ||
           token_fail(reading, "is for namespace \"%.*s\", the change is in \"%.*s\": ask for a token for it",
                      TEXT_ARGS(token_quote(reading, namespace)),
                      TEXT_ARGS(token_quote(reading, reading->namespace)));
}

static bool read_groups(struct token_reading *reading, struct json claims)
{
    static const char cure[] = "a list of the names of the approver's groups";
    struct json value = get(claims, "groups");
    struct approval *approval = reading->approval;
    if (json_type(value) == JSON_ABSENT)
        return true;
    if (json_type(value) != JSON_ARRAY || json_count(value) > GROUPS_MOST)
        return fail_claim(reading, value, "groups", cure);
    struct text *groups = arena_alloc_array(reading->arena, json_count(value), sizeof(*groups));
    size_t count = 0;
    for (struct json_walk w = json_walk_start(value); json_walk_next(&w);)
        if (!get_text(reading, w.value, "groups", is_user, cure, &groups[count++]))
            return false;
    approval->groups = groups;
    approval->group_count = count;
    return true;
}

bool token_read_claims(struct token_reading *reading, struct json claims)
{
    struct approval *approval = reading->approval;
    return check_issuer(reading, claims) && check_audience(reading, claims) &&
           get_text(reading, get(claims, "sub"), "sub", is_user, "the user name of who approved",
                    &approval->approver) &&
           get_text(reading, get(claims, "jti"), "jti", approval_is_id,
                    "an id of the token, 1 to 128 printable ASCII characters without blanks",
                    &approval->name) &&
           get_text(reading, get(claims, "change_id"), "change_id", approval_is_id,
                    "the id of the change, 1 to 128 printable ASCII characters without blanks",
                    &approval->change_id) &&
           get_text(reading, get(claims, "template_digest"), "template_digest", digest_is_text,
                    "sha256: and 64 hex digits, as the refusal of the change names them",
                    &approval->digest) &&
           read_times(reading, claims) && read_workload(reading, claims) && read_groups(reading, claims);
}
