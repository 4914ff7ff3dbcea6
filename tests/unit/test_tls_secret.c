/* The Secret of the certificates: read, written, and what of a half-written one can be used. */
#include "certificate_fixture.h"

#include "codec/tls_secret.h"

static struct tls_secret decode(struct arena *arena, const char *json)
{
    struct tls_secret secret;
    struct error error = {0};
    if (!tls_secret_decode(text_of(json), arena, &secret, &error))
        fail_msg("%s: %s", json, error.text);
    return secret;
}

static struct tls_secret decode_data(struct arena *arena, const char *data)
{
    return decode(arena,
                  arena_printf(arena,
                               "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"x\","
                               "\"resourceVersion\":\"42\"}%s}",
                               data)
                      .at);
}

/* ---- reading ---- */

static void test_reading(void **state)
{
    struct tls_secret secret = decode_data(
        *state, ", \"data\" : { \"other\":\"eA==\", \"tls.crt\":\"Zm9v\", \"tls.key\": \"Zm9vYg==\",\n"
                "\"ca.crt\":\"Zm9vYmE=\", \"ca.key\":\"+/+/\" }");
    assert_text(secret.resource_version, "42");
    assert_text(secret.certificate, "foo");
    assert_text(secret.key, "foob");
    assert_text(secret.ca, "fooba");
    assert_text(secret.ca_key, "\xfb\xff\xbf");
}

static void expect_empty(struct arena *arena, const char *data)
{
    struct tls_secret secret = decode_data(arena, data);
    assert_text(secret.resource_version, "42");
    assert_int_equal(secret.certificate.length + secret.key.length + secret.ca.length + secret.ca_key.length,
                     0);
}

static void test_nothing_in_it(void **state)
{
    static const char *const nothing[] = {
        "",
        ",\"data\":null",
        ",\"data\":{}",
        ",\"data\":[\"tls.crt\"]",
        ",\"data\":\"tls.crt\"",
        ",\"stringData\":{\"tls.crt\":\"Zm9v\"}",
        ",\"data\":{\"tls.crt\":null,\"tls.key\":1,\"ca.crt\":{},\"ca.key\":\"\"}"};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        expect_empty(*state, nothing[i]);
}

static void test_no_base64(void **state)
{
    static const char *const values[] = {
        "Zm9",  "Zg",   "Zg=",  "Zm9v=",   "Zg==Zg==", "Z===",   "====", "=",
        "Zh==", "Zm9-", "Zm9_", "Zm9v\\n", " Zm9",     "Zm9\\/", "Zm9*", "Zm=v"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        expect_empty(*state, arena_printf(*state, ",\"data\":{\"ca.key\":\"%s\"}", values[i]).at);
}

static void test_no_secret(void **state)
{
    static const char *const texts[] = {
        "",
        "<html>",
        "null",
        "[]",
        "{}",
        "{\"kind\":\"Secret\",\"metadata\":{}}",
        "{\"kind\":\"Status\",\"metadata\":{\"resourceVersion\":\"1\"},\"code\":404}",
        "{\"kind\":\"Secret\",\"metadata\":{\"resourceVersion\":\"\"}}",
        "{\"kind\":\"Secret\",\"metadata\":{\"resourceVersion\":7}}",
        "{\"kind\":\"Secret\",\"metadata\":{\"resourceVersion\":\"7\"}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct tls_secret secret = {.key = TEXT("untouched")};
        struct error error = {0};
        assert_false(tls_secret_decode(text_of(texts[i]), *state, &secret, &error));
        assert_text(secret.key, "untouched");
        assert_int_equal(error.kind, ERROR_SYSTEM);
        assert_string_equal(error.text, "the API server sent what is no Secret");
    }
}

/* ---- writing ---- */

static const struct tls_secret small = {TEXT("4\"2"), TEXT("foo"), TEXT("foob"), TEXT(""), TEXT("fooba")};
#define DATA \
    "\"data\":{\"tls.crt\":\"Zm9v\",\"tls.key\":\"Zm9vYg==\",\"ca.crt\":\"\",\"ca.key\":\"Zm9vYmE=\"}}"

static void test_writing(void **state)
{
    assert_text(
        tls_secret_write_new("changegate-\"tls", &small, *state),
        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"type\":\"kubernetes.io/tls\",\"metadata\":{\"name\":"
        "\"changegate-\\\"tls\",\"labels\":{\"app.kubernetes.io/name\":\"changegate\","
        "\"app.kubernetes.io/managed-by\":\"changegate\"}}," DATA);
    assert_text(tls_secret_write_patch(&small, *state),
                "{\"metadata\":{\"resourceVersion\":\"4\\\"2\"}," DATA);
    const struct tls_secret empty = {.resource_version = TEXT("1")};
    assert_text(tls_secret_write_patch(&empty, *state),
                "{\"metadata\":{\"resourceVersion\":\"1\"},\"data\":{\"tls.crt\":\"\",\"tls.key\":\"\","
                "\"ca.crt\":\"\",\"ca.key\":\"\"}}");
}

/* Every byte there is, at every place of a group of three. */
static void test_what_is_written_is_read_again(void **state)
{
    char bytes[258];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    for (size_t length = 250; length <= sizeof(bytes); length++) {
        const struct text text = {bytes, length};
        const struct tls_secret secret = {TEXT("7"), text, text_slice(text, 1, length),
                                          text_slice(text, 2, length), text_slice(text, 0, 1)};
        struct text body = tls_secret_write_patch(&secret, *state);
        struct tls_secret again =
            decode(*state, arena_printf(*state, "{\"kind\":\"Secret\",%s", body.at + 1).at);
        assert_true(text_equal(again.certificate, secret.certificate) && text_equal(again.key, secret.key));
        assert_true(text_equal(again.ca, secret.ca) && text_equal(again.ca_key, secret.ca_key));
    }
}

/* ---- what of it can be used ---- */

struct scene {
    struct certificate_pair ca, old_ca, leaf, old_leaf;
    struct tls_secret good; /* an old CA behind the newest one */
};

static struct scene make_scene(struct arena *arena)
{
    struct scene scene = {.ca = make_ca(arena, year),
                          .old_ca = make_ca(arena, (struct renewal_span){0, NOW_S})};
    scene.leaf = issue(arena, &scene.ca, &service, 1);
    scene.old_leaf = issue(arena, &scene.old_ca, &service, 1);
    scene.good =
        (struct tls_secret){TEXT("1"), scene.leaf.certificate, scene.leaf.key,
                            join(arena, scene.ca.certificate, scene.old_ca.certificate), scene.ca.key};
    return scene;
}

static void expect(const struct tls_secret *secret, bool has_ca, bool has_leaf, bool leaf_is_of_ca)
{
    struct renewal_state seen = {.ca = {7, 7}, .leaf = {7, 7}, .registered = true, .trusted_since_s = 42};
    tls_secret_look(secret, &service, 1, &seen);
    assert_true(seen.registered && !seen.trusted && seen.trusted_since_s == 42);
    assert_int_equal(seen.has_ca, has_ca);
    assert_int_equal(seen.has_leaf, has_leaf);
    assert_int_equal(seen.leaf_is_of_ca, leaf_is_of_ca);
    assert_true(seen.ca.not_after_s == (has_ca ? year.not_after_s : 0));
    assert_true(seen.leaf.not_before_s == (has_leaf ? year.not_before_s : 0));
}

static void test_good_ones(void **state)
{
    struct scene scene = make_scene(*state);
    expect(&scene.good, true, true, true);
    struct tls_secret chain = scene.good;
    chain.certificate = join(*state, scene.leaf.certificate, scene.ca.certificate);
    expect(&chain, true, true, true);
    struct tls_secret settling = scene.good;
    settling.certificate = scene.old_leaf.certificate;
    settling.key = scene.old_leaf.key;
    expect(&settling, true, true, false);
    const struct tls_secret empty = {.resource_version = TEXT("1")};
    expect(&empty, false, false, false);
}

static void test_half_written_leaves(void **state)
{
    struct scene scene = make_scene(*state);
    const struct text pems[][2] = {
        {scene.old_leaf.certificate, scene.leaf.key},
        {scene.leaf.certificate, scene.old_leaf.key},
        {scene.leaf.key, scene.leaf.certificate}, /* swapped */
        {scene.leaf.certificate, TEXT_EMPTY},
        {TEXT_EMPTY, scene.leaf.key},
        {text_slice(scene.leaf.certificate, 0, 200), scene.leaf.key},
        {scene.leaf.certificate, text_slice(scene.leaf.key, 0, 100)},
        {scene.good.ca, scene.ca.key}, /* not for the name */
        {join(*state, scene.ca.certificate, scene.leaf.certificate), scene.leaf.key},
    };
    for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
        struct tls_secret secret = scene.good;
        secret.certificate = pems[i][0];
        secret.key = pems[i][1];
        expect(&secret, true, false, false);
    }
    struct tls_secret signer_gone = scene.good;
    signer_gone.ca = scene.old_ca.certificate;
    signer_gone.ca_key = TEXT_EMPTY;
    expect(&signer_gone, false, false, false);
}

static void test_half_written_cas(void **state)
{
    struct scene scene = make_scene(*state);
    const struct text keys[] = {scene.old_ca.key, scene.leaf.key, TEXT_EMPTY, scene.good.ca,
                                text_slice(scene.ca.key, 0, 100)};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct tls_secret secret = scene.good;
        secret.ca_key = keys[i];
        expect(&secret, false, true, true);
    }
    struct tls_secret swapped = scene.good; /* the newest is not in front */
    swapped.ca = join(*state, scene.old_ca.certificate, scene.ca.certificate);
    expect(&swapped, false, true, false);
    struct tls_secret gone = scene.good;
    gone.ca = TEXT_EMPTY;
    expect(&gone, false, false, false);
    struct tls_secret no_ca = scene.good; /* a leaf in its place, with its key */
    no_ca.ca = join(*state, scene.leaf.certificate, scene.ca.certificate);
    no_ca.ca_key = scene.leaf.key;
    expect(&no_ca, false, true, false);
}

static void test_names_that_are_missing(void **state)
{
    struct scene scene = make_scene(*state);
    const struct text names[] = {service, TEXT("gate.example.com")};
    struct renewal_state seen = {.has_leaf = true};
    tls_secret_look(&scene.good, names, 2, &seen);
    assert_true(seen.has_ca && !seen.has_leaf && !seen.leaf_is_of_ca);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reading, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_nothing_in_it, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_no_base64, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_no_secret, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_writing, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_what_is_written_is_read_again, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_good_ones, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_half_written_leaves, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_half_written_cas, make_arena, check_queue),
        cmocka_unit_test_setup_teardown(test_names_that_are_missing, make_arena, check_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
