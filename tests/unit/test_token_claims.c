/* Tokens that count, and claims that do not. */
#include "token_fixture.h"

/* ---- those that count ---- */

static void test_each_algorithm(void **state)
{
    struct token_fixture *fixture = *state;
    for (enum signer_key key = SIGNER_ES256; key < SIGNER_KEYS; key++) {
        const struct approval *approval =
            read_one(fixture, token_of(fixture, key, signer_header(key), SIGNER_CLAIMS));
        assert_text(approval->fault, "");
        assert_text(approval->name, "T-1");
        assert_text(approval->change_id, "CHG0001234");
        assert_text(approval->kind, "Deployment");
        assert_text(approval->workload, "web");
        assert_text(approval->digest, SIGNER_DIGEST);
        assert_text(approval->approver, "ann");
        assert_int_equal(approval->group_count, 0);
        assert_int_equal(approval->created_s, SIGNER_ISSUED_S);
        assert_int_equal(approval->not_before_s, 0);
        assert_int_equal(approval->expires_s, SIGNER_EXPIRES_S);
    }
}

/* Leading zeros of r and s, and numbers that DER takes for negative: every length there is comes up. */
static void test_es256_signatures_of_every_length(void **state)
{
    struct token_fixture *fixture = *state;
    for (unsigned i = 0; i < 600; i++) {
        assert_text(read_one(fixture, good(fixture))->fault, "");
        arena_done(&fixture->arena);
    }
}

static void test_what_else_a_token_may_say(void **state)
{
    struct token_fixture *fixture = *state;
    const struct approval *approval = read_one(
        fixture,
        token_of(fixture, SIGNER_EDDSA, "{\"typ\":\"JWT\",\"kid\":\"ed\",\"x\":[1],\"alg\":\"EdDSA\"}",
                 with(fixture, "\"aud\":\"prod-eu\",\"iat\":1795172400",
                      "\"more\":{},\"groups\":[\"release\",\"staff m\xc3\xbcnchen\"],"
                      "\"nbf\":1795172460.75,\"aud\":[\"prod-us\",\"prod-eu\"],\"iat\":1.7951724e9")));
    assert_text(approval->fault, "");
    assert_int_equal(approval->group_count, 2);
    assert_text(approval->groups[0], "release");
    assert_text(approval->groups[1], "staff m\xc3\xbcnchen");
    assert_int_equal(approval->created_s, SIGNER_ISSUED_S);
    assert_int_equal(approval->not_before_s, SIGNER_ISSUED_S + 60);
}

static void test_no_token_at_all(void **state)
{
    const struct approval *tokens;
    assert_int_equal(read_all(*state, TEXT_EMPTY, &tokens), 0);
    assert_int_equal(read_all(*state, text_of(" ,\t\n,, "), &tokens), 0);
}

/* A token that is no good leaves the others alone, and says which it is. */
static void test_several_tokens(void **state)
{
    struct token_fixture *fixture = *state;
    const struct approval *tokens;
    struct text one = good(fixture), other = token_of(fixture, SIGNER_RS256, signer_header(SIGNER_RS256),
                                                      with(fixture, "\"sub\":\"ann\"", "\"sub\":\"bob\""));
    struct text annotation =
        arena_printf(&fixture->arena, " %.*s,nothing\n%.*s ", TEXT_ARGS(one), TEXT_ARGS(other));
    assert_int_equal(read_all(fixture, annotation, &tokens), 3);
    assert_text(tokens[0].approver, "ann");
    assert_text(tokens[1].fault,
                "token 2 of 3 has 1 part between dots, not header, claims and signature: copy "
                "a compact JWS whole");
    assert_text(tokens[2].approver, "bob");
}

static void test_too_many_tokens(void **state)
{
    struct token_fixture *fixture = *state;
    const struct approval *tokens;
    struct text one = good(fixture), all = TEXT_EMPTY;
    for (unsigned i = 0; i < TOKENS_MOST + 2; i++)
        all = arena_printf(&fixture->arena, "%.*s,%.*s", TEXT_ARGS(all), TEXT_ARGS(one));
    assert_int_equal(read_all(fixture, all, &tokens), TOKENS_MOST + 1);
    for (unsigned i = 0; i < TOKENS_MOST; i++)
        assert_text(tokens[i].fault, "");
    assert_text(tokens[TOKENS_MOST].fault,
                "token 5 of 6 is one more than the 4 that are read: take out those that are not needed");
}

/* ---- the claims ---- */

static void test_claims_are_no_object(void **state)
{
    expect_claims_fault(*state, "", "the token has a claims set that is no JSON object: copy it whole");
    expect_claims_fault(*state, "[]", "the token has a claims set that is no JSON object: copy it whole");
    expect_claims_fault(*state, "{\"a\":\"\xff\"}",
                        "the token has a claims set that is no JSON object: copy it whole");
}

static void test_claim_twice(void **state)
{
    expect_fault_with(*state, "\"sub\":\"ann\"", "\"sub\":\"ann\",\"sub\":\"bob\"",
                      "the token has a claims set with \"sub\" in it twice: have it made anew");
    expect_fault_with(*state, "\"kind\":\"Deployment\"", "\"name\":\"other\",\"kind\":\"Deployment\"",
                      "the token has a workload with \"name\" in it twice: have it made anew");
}

static void test_claims_of_many_members(void **state)
{
    struct token_fixture *fixture = *state;
    struct text more = TEXT("\"sub\":\"ann\"");
    for (unsigned i = 0; i < 64; i++)
        more = arena_printf(&fixture->arena, "%.*s,\"x%u\":0", TEXT_ARGS(more), i);
    expect_fault_with(
        fixture, "\"sub\":\"ann\"", more.at,
        "the token has a claims set of more than 64 members: have it made without those that nobody "
        "reads");
}

/* Each of them is needed; groups and nbf are not. */
static void test_claims_missing(void **state)
{
    static const struct {
        const char *part, *fault;
    } cases[] = {
        {"\"iss\":\"https://changes.example.com\",",
         "the token lacks the claim \"iss\": have the change system write its own name, as in the policy's "
         "tokens.issuers"},
        {"\"aud\":\"prod-eu\",",
         "the token lacks the claim \"aud\": have the change system write the name of "
         "the cluster, as in the policy's tokens.audience"},
        {"\"sub\":\"ann\",",
         "the token lacks the claim \"sub\": have the change system write the user name of who approved"},
        {"\"iat\":1795172400,",
         "the token lacks the claim \"iat\": have the change system write a number of seconds since 1970"},
        {"\"exp\":1795176000,",
         "the token lacks the claim \"exp\": have the change system write a number of seconds since 1970"},
        {"\"jti\":\"T-1\",",
         "the token lacks the claim \"jti\": have the change system write an id of the token, "
         "1 to 128 printable ASCII characters without blanks"},
        {"\"change_id\":\"CHG0001234\",", "the token lacks the claim \"change_id\": have the change system "
                                          "write the id of the change, 1 to 128 "
                                          "printable ASCII characters without blanks"},
        {",\"template_digest\":\"" SIGNER_DIGEST "\"",
         "the token lacks the claim \"template_digest\": have the change system write sha256: and 64 hex "
         "digits, as the refusal of the change names them"},
        {"\"workload\":{\"namespace\":\"shop\",\"kind\":\"Deployment\",\"name\":\"web\"},",
         "the token lacks the claim \"workload\": have the change system write {\"namespace\": ..., "
         "\"kind\": "
         "..., \"name\": ...}"},
        {"\"namespace\":\"shop\",",
         "the token lacks the claim \"workload.namespace\": have the change system "
         "write the namespace of the workload"},
        {"\"kind\":\"Deployment\",",
         "the token lacks the claim \"workload.kind\": have the change system write "
         "the kind of the workload, such as Deployment"},
        {",\"name\":\"web\"", "the token lacks the claim \"workload.name\": have the change system write the "
                              "name of the workload"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_fault_with(*state, cases[i].part, "", cases[i].fault);
}

static void test_claims_of_wrong_types(void **state)
{
    expect_fault_with(
        *state, "\"https://changes.example.com\"", "[\"cab\"]",
        "the token has a claim \"iss\" that cannot be used, [\"cab\"]: have the change system write "
        "its own name, as in the policy's tokens.issuers");
    expect_fault_with(
        *state, "\"prod-eu\"", "null",
        "the token has a claim \"aud\" that cannot be used, null: have the change system write the "
        "name of the cluster, as in the policy's tokens.audience");
    expect_fault_with(
        *state, "\"prod-eu\"", "[\"prod-us\",1]",
        "the token has a claim \"aud\" that cannot be used, [\"prod-us\",1]: have the change system "
        "write the name of the cluster, as in the policy's tokens.audience");
    expect_fault_with(
        *state, "\"prod-eu\"", "[]",
        "the token has a claim \"aud\" that cannot be used, []: have the change system write the "
        "name of the cluster, as in the policy's tokens.audience");
    expect_fault_with(
        *state, "\"ann\"", "42",
        "the token has a claim \"sub\" that cannot be used, 42: have the change system write the "
        "user name of who approved");
    expect_fault_with(
        *state, "{\"namespace\":\"shop\",\"kind\":\"Deployment\",\"name\":\"web\"}",
        "\"shop/Deployment/web\"",
        "the token has a claim \"workload\" that cannot be used, \"shop/Deployment/web\": have the "
        "change system write {\"namespace\": ..., \"kind\": ..., \"name\": ...}");
    expect_fault_with(
        *state, "\"ann\"", "\"ann\",\"groups\":\"release\"",
        "the token has a claim \"groups\" that cannot be used, \"release\": have the change system "
        "write a list of the names of the approver's groups");
    expect_fault_with(
        *state, "\"ann\"", "\"ann\",\"groups\":[\"release\",7]",
        "the token has a claim \"groups\" that cannot be used, 7: have the change system write a list "
        "of the names of the approver's groups");
}

static void test_claims_that_cannot_be_used(void **state)
{
    expect_fault_with(
        *state, "\"ann\"", "\"\"",
        "the token has a claim \"sub\" that cannot be used, \"\": have the change system write the "
        "user name of who approved");
    expect_fault_with(
        *state, "\"ann\"", "\"an\\u0000n\"",
        "the token has a claim \"sub\" that cannot be used, \"an\\u0000n\": have the change system "
        "write the user name of who approved");
    expect_fault_with(
        *state, "\"ann\"", "\"\xe2\x80\xaexxx\"",
        "the token has a claim \"sub\" that cannot be used, \"?xxx\": have the change system write "
        "the user name of who approved");
    expect_fault_with(
        *state, "\"T-1\"", "\"T 1\"",
        "the token has a claim \"jti\" that cannot be used, \"T 1\": have the change system write an "
        "id of the token, 1 to 128 printable ASCII characters without blanks");
    expect_fault_with(
        *state, "\"CHG0001234\"", "\"CHG0001234\\n\"",
        "the token has a claim \"change_id\" that cannot be used, \"CHG0001234\\n\": have the change "
        "system write the id of the change, 1 to 128 printable ASCII characters without blanks");
    expect_fault_with(
        *state, SIGNER_DIGEST, "sha256:3B7C",
        "the token has a claim \"template_digest\" that cannot be used, \"sha256:3B7C\": have the "
        "change system write sha256: and 64 hex digits, as the refusal of the change names them");
}

static void test_issuer_unknown(void **state)
{
    expect_fault_with(
        *state, "https://changes.example.com", "https://changes.example.com/",
        "the token is by issuer \"https://changes.example.com/\", which is none of the policy's: ask "
        "one of tokens.issuers for it");
}

static void test_audience_of_another_cluster(void **state)
{
    expect_fault_with(
        *state, "\"prod-eu\"", "\"prod-us\"",
        "the token is for cluster \"prod-us\", this is \"prod-eu\": ask for a token for this one");
    expect_fault_with(
        *state, "\"prod-eu\"", "[\"prod-us\",\"prod\",\"PROD-EU\"]",
        "the token is for cluster \"prod-us\", \"prod\", \"PROD-EU\", this is \"prod-eu\": ask for a "
        "token for this one");
}

static void test_another_namespace(void **state)
{
    expect_fault_with(
        *state, "\"shop\"", "\"pay\"",
        "the token is for namespace \"pay\", the change is in \"shop\": ask for a token for it");
}

static void test_times_out_of_range(void **state)
{
    static const struct {
        const char *time, *shown;
    } cases[] = {{"0", "0"},
                 {"-1", "-1"},
                 {"\"1\"", "\"1\""},
                 {"253402300800", "253402300800"},
                 {"1e300", "1e+300"},
                 {"18446744073709551615", "18446744073709551615"},
                 {"-1e300", "-1e+300"},
                 {"0.5", "0.5"},
                 {"true", "true"}};
    struct token_fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_fault_with(
            fixture, "1795176000", cases[i].time,
            arena_printf(&fixture->arena,
                         "the token has a claim \"exp\" that cannot be used, %s: have the change "
                         "system write a number of seconds since 1970",
                         cases[i].shown)
                .at);
}

static void test_expires_before_it_is_valid(void **state)
{
    expect_fault_with(
        *state, "1795176000", "1795172400",
        "the token expires at 2026-11-20T11:00:00Z, before it is valid, at 2026-11-20T11:00:00Z: "
        "ask for another");
    expect_fault_with(
        *state, "1795176000", "1795176000,\"nbf\":1795176001",
        "the token expires at 2026-11-20T12:00:00Z, before it is valid, at 2026-11-20T12:00:01Z: "
        "ask for another");
}

/* Nothing revokes a token, so that it must not live for long. */
static void test_valid_for_too_long(void **state)
{
    struct token_fixture *fixture = *state;
    const char *claims = with(fixture, "1795176000", "1796382000"); /* 14 days to the second */
    assert_text(
        read_one(fixture, token_of(fixture, SIGNER_ES256, signer_header(SIGNER_ES256), claims))->fault, "");
    expect_fault_with(fixture, "1795176000", "1796382001",
                      "the token is valid for more than 14 days, from 2026-11-20T11:00:00Z to "
                      "2026-12-04T11:00:01Z: ask for a shorter one");
}

/* Other people's tokens by the same issuer, such as a login, are no approval. */
static void test_token_for_something_else(void **state)
{
    expect_claims_fault(*state,
                        "{\"iss\":\"cab\",\"sub\":\"ann\",\"aud\":\"prod-eu\",\"iat\":1795172400,"
                        "\"exp\":1795176000,\"jti\":\"L-1\",\"groups\":[\"staff\"]}",
                        "the token lacks the claim \"change_id\": have the change system write the id of the "
                        "change, 1 to 128 printable ASCII characters without blanks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOKEN_TEST(test_each_algorithm),
        TOKEN_TEST(test_es256_signatures_of_every_length),
        TOKEN_TEST(test_what_else_a_token_may_say),
        TOKEN_TEST(test_no_token_at_all),
        TOKEN_TEST(test_several_tokens),
        TOKEN_TEST(test_too_many_tokens),
        TOKEN_TEST(test_claims_are_no_object),
        TOKEN_TEST(test_claim_twice),
        TOKEN_TEST(test_claims_of_many_members),
        TOKEN_TEST(test_claims_missing),
        TOKEN_TEST(test_claims_of_wrong_types),
        TOKEN_TEST(test_claims_that_cannot_be_used),
        TOKEN_TEST(test_issuer_unknown),
        TOKEN_TEST(test_audience_of_another_cluster),
        TOKEN_TEST(test_another_namespace),
        TOKEN_TEST(test_times_out_of_range),
        TOKEN_TEST(test_expires_before_it_is_valid),
        TOKEN_TEST(test_valid_for_too_long),
        TOKEN_TEST(test_token_for_something_else),
    };
    return cmocka_run_group_tests(tests, make_signer, free_signer);
}
