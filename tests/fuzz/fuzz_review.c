/* Any bytes as the body of a request, on every path, under the policies and namespaces of tests/cases/. Held
 * against a second reader (jansson): what it cannot parse is never decided on, and a decision is well-formed
 * JSON that echoes the uid, says why, and keeps to the API server's limits. What /mutate makes of an object,
 * /mutate leaves as it is and /validate finds right. */
#include "../unit/json_patch.h"
#include "edge/admit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1795172400, WARNING_BYTES_MOST = 256, TEXT_BYTES_MOST = 1 << 16 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static struct snapshot *snapshot;
static struct admit *admit;

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

/* ---- what is fixed ---- */

static struct text read_shared(const char *name)
{
    static char bytes[2][TEXT_BYTES_MOST];
    static int next;
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", CHANGEGATE_CASES, name);
    FILE *file = fopen(path, "rb");
    require(file != NULL, path);
    size_t length = fread(bytes[next], 1, TEXT_BYTES_MOST, file);
    fclose(file);
    return (struct text){bytes[next++], length};
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    struct policy_file *policies;
    struct namespace_store *store = namespace_store_new();
    struct error error = {0};
    if (!policy_file_read(read_shared("policy.yaml"), NULL, &policies, &error) ||
        !namespace_store_read(store, read_shared("namespaces.yaml"), &error))
        require(false, error.text);
    struct calendars *calendars = calendars_build(policies, NULL, NULL, NOW_S);
    snapshot = snapshot_build(policies, calendars, NULL, store);
    calendars_unref(calendars);
    policy_file_unref(policies);
    namespace_store_free(store);
    admit = admit_new(0, metrics_new(1), NULL, NULL);
    return 0;
}

/* ---- what must hold ---- */

/* The second reader knows no integer past 63 bits and no NUL in a key; those texts it cannot judge. */
static bool cannot_judge(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key;
}

static void check_denial(const json_t *response)
{
    const json_t *status = json_object_get(response, "status");
    json_int_t code = json_integer_value(json_object_get(status, "code"));
    require(code == 403 || code == 429, "a denial has its code");
    require(json_string_length(json_object_get(status, "message")) > 0, "a denial has a message");
    require(strpbrk(json_string_value(json_object_get(status, "message")), "\n\r\x1b") == NULL,
            "a message is one line");
    require(json_array_size(json_object_get(json_object_get(status, "details"), "causes")) > 0,
            "a denial has causes");
}

static void check_decision(struct text body, const json_t *review)
{
    json_t *answer = json_loadb(body.at, body.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    require(answer != NULL, "the answer is JSON");
    const json_t *response = json_object_get(answer, "response");
    const json_t *allowed = json_object_get(response, "allowed"), *uid = json_object_get(response, "uid");
    require(json_is_boolean(allowed), "allowed is true or false");
    require(json_string_length(uid) > 0, "there is a uid");
    if (!json_is_true(allowed))
        check_denial(response);
    if (review != NULL) {
        const json_t *asked = json_object_get(json_object_get(review, "request"), "uid");
        require(json_string_length(asked) == json_string_length(uid) &&
                    memcmp(json_string_value(asked), json_string_value(uid), json_string_length(uid)) == 0,
                "the uid is echoed");
    }
    size_t index;
    json_t *warning;
    json_array_foreach(json_object_get(response, "warnings"), index, warning)
    {
        require(json_string_length(warning) <= WARNING_BYTES_MOST, "a warning fits");
    }
    json_decref(answer);
}

static void ask(const char *path, struct text body)
{
    json_error_t fault;
    /* NULL, too, where a key is repeated: the two readers may take different ones. */
    json_t *review =
        json_loadb(body.at, body.length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &fault);
    bool readable = review != NULL || json_error_code(&fault) == json_error_duplicate_key;
    const struct admit_request request = {.method = TEXT("POST"),
                                          .path = text_of(path),
                                          .content_type = TEXT("application/json"),
                                          .body = body};
    struct admit_answer answer;
    admit_handle(admit, snapshot, &request, NOW_S, &answer);
    require(answer.http_status == 200 || answer.http_status == 400, "it is decided on or refused");
    if (answer.http_status == 200) {
        require(readable || cannot_judge(&fault), "what is no JSON is not decided on");
        check_decision(answer.body, review);
    } else {
        require(answer.body.length > 1 && answer.body.at[answer.body.length - 1] == '\n',
                "a refusal says why");
    }
    json_decref(review);
}

/* ---- both passes ---- */

/* The `response` to a review; NULL: it is no review. The caller owns it. */
static json_t *respond(const char *path, const json_t *review)
{
    char *text = json_dumps(review, JSON_COMPACT);
    const struct admit_request request = {.method = TEXT("POST"),
                                          .path = text_of(path),
                                          .content_type = TEXT("application/json"),
                                          .body = text_of(text)};
    struct admit_answer answer;
    admit_handle(admit, snapshot, &request, NOW_S, &answer);
    json_t *body = json_loadb(answer.body.at, answer.body.length, JSON_ALLOW_NUL, NULL);
    json_t *response = json_incref(json_object_get(body, "response"));
    json_decref(body);
    free(text);
    return response;
}

static bool is_mismatch(const json_t *response)
{
    const json_t *audit = json_object_get(response, "auditAnnotations");
    const char *reasons = json_string_value(json_object_get(audit, "reasons"));
    return reasons != NULL && strstr(reasons, "HoldMismatch") != NULL;
}

/* An object as the API server could have one: the patch need not care for others. */
static bool is_object(const json_t *object)
{
    return json_is_object(json_object_get(object, "metadata")) &&
           json_is_object(json_object_get(object, "spec"));
}

static void check_both_passes(json_t *review)
{
    json_t *object = json_object_get(json_object_get(review, "request"), "object");
    json_t *response = respond("/mutate", review);
    const char *digits = json_string_value(json_object_get(response, "patch"));
    require(response == NULL || json_is_true(json_object_get(response, "allowed")),
            "/mutate refuses nothing");
    if (digits != NULL && is_object(object)) {
        json_t *patch = json_patch_read(digits);
        require(json_array_size(patch) > 0, "a patch has operations");
        require(json_patch_apply(object, patch), "a patch applies");
        json_t *again = respond("/mutate", review);
        require(json_object_get(again, "patch") == NULL, "a patched object needs no patch");
        json_decref(again);
        json_decref(patch);
    }
    json_t *checked = is_object(object) ? respond("/validate", review) : NULL;
    require(!is_mismatch(checked), "what /mutate made is right");
    json_decref(checked);
    json_decref(response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct text body = {(const char *)data, size};
    ask("/validate", body);
    ask("/guard", body);
    ask("/mutate", body);
    json_t *review = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (json_is_object(review))
        check_both_passes(review);
    json_decref(review);
    return 0;
}

/* ---- changes that leave it JSON, so that they reach what lies behind the parser ---- */

static uint64_t random_state;

static size_t any(size_t below)
{
    random_state = random_state * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(random_state >> 33) % below;
}

/* A value of any type; the caller owns it. Numbers are read, since codec/json.h has a json_integer of its
 * own. */
static json_t *any_value(void)
{
    static const char *const values[] = {"null",
                                         "true",
                                         "false",
                                         "0",
                                         "-1",
                                         "1",
                                         "9223372036854775807",
                                         "1.5",
                                         "\"\"",
                                         "[]",
                                         "{}",
                                         "[{}]",
                                         "\"shop\"",
                                         "\"frozen\"",
                                         "\"delayed\"",
                                         "\"releasing\"",
                                         "\"cluster-operators\"",
                                         "2147483647",
                                         "[{\"name\":\"changegate.dev/hold\"}]",
                                         "\"OnDelete\"",
                                         "\"CHG0001234\"",
                                         "\"\\u0000\\u001b\"",
                                         "\"UPDATE\"",
                                         "\"DELETE\"",
                                         "\"pods\"",
                                         "\"jobs\"",
                                         "\"scale\""};
    return json_loads(values[any(sizeof(values) / sizeof(values[0]))], JSON_DECODE_ANY | JSON_ALLOW_NUL,
                      NULL);
}

static json_t *mutate_string(const json_t *value)
{
    char text[512];
    size_t length =
        json_string_length(value) < sizeof(text) / 2 ? json_string_length(value) : sizeof(text) / 2;
    memcpy(text, json_string_value(value), length);
    length = LLVMFuzzerMutate((uint8_t *)text, length, sizeof(text));
    json_t *changed = json_stringn(text, length); /* NULL where it is no UTF-8 any more */
    return changed != NULL ? changed : any_value();
}

/* What comes in the place of `value`; the caller owns it. */
static json_t *instead_of(const json_t *value)
{
    if (json_is_string(value) && any(2) == 0)
        return mutate_string(value);
    return any_value();
}

/* Goes down at random and changes what it comes to. */
static void mutate(json_t *value, unsigned depth)
{
    size_t count = json_is_object(value) ? json_object_size(value) : json_array_size(value);
    if (count == 0)
        return;
    size_t chosen = any(count);
    if (json_is_array(value)) {
        json_t *child = json_array_get(value, chosen);
        if ((json_is_object(child) || json_is_array(child)) && any(4) != 0 && depth > 0)
            mutate(child, depth - 1);
        else if (any(3) == 0)
            json_array_remove(value, chosen);
        else
            json_array_set_new(value, chosen, instead_of(child));
        return;
    }
    void *member = json_object_iter(value);
    while (chosen-- > 0)
        member = json_object_iter_next(value, member);
    json_t *child = json_object_iter_value(member);
    if ((json_is_object(child) || json_is_array(child)) && any(6) != 0 && depth > 0)
        mutate(child, depth - 1);
    else if (any(3) == 0)
        json_object_del(value, json_object_iter_key(member));
    else
        json_object_iter_set_new(value, member, instead_of(child));
}

/* The old object as the new one, or the other way round, so that few differences are left. */
static void copy_object(json_t *review)
{
    json_t *request = json_object_get(review, "request");
    const char *from = any(2) == 0 ? "object" : "oldObject", *to = from[1] == 'b' ? "oldObject" : "object";
    if (json_is_object(request) && json_object_get(request, from) != NULL)
        json_object_set_new(request, to, json_deep_copy(json_object_get(request, from)));
}

/* A mark of a hold on one of the objects, or off it. */
static void change_mark(json_t *review)
{
    static const char *const labels[] = {"true", "releasing", "failed", "pause"};
    json_t *object =
        json_object_get(json_object_get(review, "request"), any(2) == 0 ? "object" : "oldObject");
    json_t *metadata = json_object_get(object, "metadata");
    json_t *members = json_object_get(metadata, any(2) == 0 ? "labels" : "annotations");
    if (members == json_object_get(metadata, "labels") && any(3) != 0)
        json_object_set_new(members, "changegate.dev/held", json_string(labels[any(4)]));
    else
        json_object_del(members, any(2) == 0 ? "changegate.dev/held" : "changegate.dev/hold");
    if (any(2) == 0)
        json_object_set_new(json_object_get(object, "spec"), any(2) == 0 ? "paused" : "suspend",
                            any(2) == 0 ? json_true() : json_false());
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    random_state = seed;
    json_t *review = any(4) == 0 ? NULL : json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    if (review == NULL)
        return LLVMFuzzerMutate(data, size, most);
    if (any(8) == 0)
        copy_object(review);
    if (any(4) == 0)
        change_mark(review);
    for (size_t i = any(3) + 1; i > 0; i--)
        mutate(review, 12);
    size_t length = json_dumpb(review, (char *)data, most, JSON_COMPACT);
    json_decref(review);
    return length > 0 && length <= most ? length : LLVMFuzzerMutate(data, size, most);
}
