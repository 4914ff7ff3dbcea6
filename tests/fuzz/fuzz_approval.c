/* Any bytes as an Approval object, or as a review with one in it: sent by bob. What /mutate makes of it,
 * /mutate leaves as it is; what /guard lets in then is bob's, and counts once it is listed. */
#include "../unit/json_patch.h"
#include "edge/admit.h"
#include "edge/kube_approvals.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
struct json_reader *json_reader_new(void); /* codec/json.h, which does not go with jansson.h */

static const struct text policy_text =
    TEXT("{apiVersion: changegate.dev/v1alpha1, kind: ChangePolicy, metadata: {name: a}, "
         "spec: {approval: {idPattern: ^A$}}}");
static struct snapshot *snapshot;
static struct admit *admit;
static struct approval_sink sink;

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    struct policy_file *policies;
    struct namespace_store *store = namespace_store_new();
    struct error error = {0};
    if (!policy_file_read(policy_text, NULL, &policies, &error))
        require(false, error.text);
    struct calendars *calendars = calendars_build(policies, NULL, NULL, NOW_S);
    snapshot = snapshot_build(policies, calendars, NULL, store);
    calendars_unref(calendars);
    policy_file_unref(policies);
    namespace_store_free(store);
    admit = admit_new(0, metrics_new(1), NULL, NULL);
    sink = (struct approval_sink){approval_store_new(), json_reader_new()};
    return 0;
}

/* ---- asked ---- */

/* The `response` to a review; the caller owns it. */
static json_t *respond(const char *path, const json_t *review)
{
    char *text = json_dumps(review, JSON_COMPACT);
    const struct admit_request request = {.method = TEXT("POST"),
                                          .path = text_of(path),
                                          .content_type = TEXT("application/json"),
                                          .body = text_of(text)};
    struct admit_answer answer;
    admit_handle(admit, snapshot, &request, NOW_S, &answer);
    require(answer.http_status == 200 || answer.http_status == 400, "it is decided on or refused");
    json_t *body = json_loadb(answer.body.at, answer.body.length, JSON_ALLOW_NUL, NULL);
    require(answer.http_status == 400 || body != NULL, "an answer is JSON");
    json_t *response = json_incref(json_object_get(body, "response"));
    json_decref(body);
    free(text);
    return response;
}

/* A new object of bob's; NULL: jansson cannot write it. Borrows `object`. */
static json_t *review_of(json_t *object)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:{s:s}, s:{s:s, s:s}, s:{s:s, s:[s, s]}, s:O}}",
                     "apiVersion", "admission.k8s.io/v1", "kind", "AdmissionReview", "request", "uid", "1",
                     "operation", "CREATE", "namespace", "shop", "name", "web-1", "kind", "kind", "Approval",
                     "resource", "group", "changegate.dev", "resource", "approvals", "userInfo", "username",
                     "bob", "groups", "change-managers", "system:authenticated", "object", object);
}

static void stamp(json_t *review, json_t *object)
{
    json_t *response = respond("/mutate", review);
    const char *digits = json_string_value(json_object_get(response, "patch"));
    require(response == NULL || json_is_true(json_object_get(response, "allowed")),
            "/mutate refuses nothing");
    if (digits != NULL) {
        json_t *patch = json_patch_read(digits);
        require(json_array_size(patch) > 0, "a patch has operations");
        require(json_patch_apply(object, patch), "a patch applies");
        json_t *again = respond("/mutate", review);
        require(json_object_get(again, "patch") == NULL, "what is stamped needs no stamp");
        json_decref(again);
        json_decref(patch);
    }
    json_decref(response);
}

static bool is_let_in(const json_t *review)
{
    json_t *response = respond("/guard", review);
    bool allowed = json_is_true(json_object_get(response, "allowed"));
    const json_t *status = json_object_get(response, "status");
    require(response == NULL || allowed ||
                json_array_size(json_object_get(json_object_get(status, "details"), "causes")) > 0,
            "a denial has causes");
    json_decref(response);
    return allowed;
}

/* ---- listed ---- */

static size_t count_listed(struct text object)
{
    struct error error;
    const struct kube_resource resource = kube_approvals(&sink);
    resource.sink.list_begin(&sink);
    require(resource.sink.put(&sink, object, &error), "one bad object is no failure");
    resource.sink.list_end(&sink);
    return resource.sink.count(&sink);
}

/* What the API server adds. */
static void store(json_t *object)
{
    json_object_set_new(object, "metadata",
                        json_pack("{s:s, s:s, s:s}", "namespace", "shop", "name", "web-1",
                                  "creationTimestamp", "2026-11-20T11:00:00Z"));
}

static void check_let_in(const json_t *object)
{
    const char *approver = json_string_value(json_object_get(json_object_get(object, "spec"), "approver"));
    char *text = json_dumps(object, JSON_COMPACT);
    require(approver != NULL && strcmp(approver, "bob") == 0, "what is let in is bob's");
    require(count_listed(text_of(text)) == 1, "what is let in counts");
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *root = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    json_t *inner = json_object_get(json_object_get(root, "request"), "object");
    json_t *object = inner != NULL ? inner : root;
    (void)count_listed((struct text){(const char *)data, size});
    if (json_is_object(object)) {
        store(object);
        json_t *review = review_of(object);
        stamp(review, object);
        if (is_let_in(review))
            check_let_in(object);
        json_decref(review);
    }
    json_decref(root);
    return 0;
}
