/* From what the API server sends to what the stores hold: namespaces and freeze windows, pages and refusals.
 */
#include "codec/json.h"
#include "core/freeze.h"
#include "edge/kube_approvals.h"
#include "edge/kube_namespaces.h"
#include "edge/kube_windows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct namespace_metadata namespace_of(const char *object)
{
    struct namespace_metadata metadata = {0};
    struct error error = {0};
    if (!kube_namespace_decode(text_of(object), &arena, &metadata, &error))
        fail_msg("%s", error.text);
    return metadata;
}

static void test_namespaces(void **state)
{
    (void)state;
    struct namespace_metadata metadata = namespace_of(
        "{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"name\":\"shop\","
        "\"resourceVersion\":\"42\",\"labels\":{\"changegate.dev/freeze\":\"deny\",\"empty\":\"\"},"
        "\"annotations\":{\"changegate.dev/freeze-reason\":\"peak\",\"other\":\"a\\u0000b\"}}}");
    assert_true(text_is(metadata.name, "shop"));
    assert_int_equal(metadata.labels.count, 2);
    assert_true(text_is(*labels_get(metadata.labels, text_of(NAMESPACE_FREEZE)), "deny"));
    assert_true(text_is(metadata.freeze_reason, "peak"));
    assert_null(metadata.freeze_until.at);
    assert_false(metadata.terminating);

    metadata = namespace_of("{\"metadata\":{\"name\":\"shop\",\"resourceVersion\":\"43\","
                            "\"deletionTimestamp\":\"2026-11-24T00:00:00Z\"}}");
    assert_int_equal(metadata.labels.count, 0);
    assert_true(metadata.terminating);
}

static void test_namespaces_that_make_no_sense(void **state)
{
    (void)state;
    struct namespace_metadata metadata;
    struct error error = {0};
    assert_false(kube_namespace_decode(text_of("{\"metadata\":{\"uid\":\"1\"}}"), &arena, &metadata, &error));
    assert_string_equal(error.text, "the API server sent an object without a name");
    assert_false(kube_namespace_decode(text_of("{\"metadata\":{"), &arena, &metadata, &error));
    assert_memory_equal(error.text, "the API server sent what is not JSON", 36);
    assert_false(kube_namespace_decode(TEXT_EMPTY, &arena, &metadata, &error));
}

static struct window_object window_of(const char *json)
{
    struct window_object object = {0};
    struct error error = {0};
    if (!kube_window_decode(text_of(json), &arena, &object, &error))
        fail_msg("%s", error.text);
    return object;
}

static void test_windows(void **state)
{
    (void)state;
    struct window_object object = window_of(
        "{\"apiVersion\":\"changegate.dev/"
        "v1alpha1\",\"kind\":\"FreezeWindow\",\"metadata\":{\"name\":\"peak\","
        "\"uid\":\"6f6c-1\",\"resourceVersion\":\"42\",\"generation\":3,\"managedFields\":[{\"x\":{}}]},"
        "\"spec\": {\"action\" : \"Deny\", \"reason\":\"\\u00fcber\\u003c\\u0000\",\"kinds\":[ ]},"
        "\"status\":{\"active\":true , \"matchedNamespaces\":12}}");
    assert_true(text_is(object.name, "peak"));
    assert_true(text_is(object.uid, "6f6c-1"));
    assert_true(text_is(object.resource_version, "42"));
    assert_true(object.generation == 3);
    assert_false(object.terminating);
    assert_true(text_is(object.spec, "{\"action\":\"Deny\",\"reason\":\"\xc3\xbc"
                                     "ber<\\u0000\",\"kinds\":[]}"));
    assert_true(text_is(object.status, "{\"active\":true,\"matchedNamespaces\":12}"));
}

static void test_windows_without_this_or_that(void **state)
{
    (void)state;
    struct window_object object =
        window_of("{\"metadata\":{\"name\":\"peak\",\"deletionTimestamp\":\"2026-11-24T00:00:00Z\"}}");
    assert_true(object.terminating);
    assert_true(object.generation == 0);
    assert_int_equal(object.uid.length + object.spec.length + object.status.length, 0);
    object =
        window_of("{\"metadata\":{\"name\":\"peak\",\"deletionTimestamp\":null},\"spec\":null,\"status\":7}");
    assert_false(object.terminating);
    assert_int_equal(object.spec.length, 0);
    assert_true(text_is(object.status, "7"));
}

static void test_windows_that_no_reader_takes_whole(void **state)
{
    (void)state;
    static const char null_key[] = "{\"namespaceSelector\":{\"matchLabels\":{\"\\u0000\":\"x\"}}}";
    char json[256];
    snprintf(json, sizeof(json), "{\"metadata\":{\"name\":\"odd\",\"generation\":2},\"spec\":%s}", null_key);
    struct window_object object = window_of(json);
    assert_true(text_is(object.spec, null_key)); /* as it was written */
    assert_true(object.generation == 2);
    object = window_of("{\"metadata\":{\"name\":\"odd\",\"managedFields\":[{\"f:\\u0000\":{}}]},"
                       "\"spec\":{\"n\":100000000000000000000}}");
    assert_true(text_is(object.name, "odd"));
    assert_true(text_is(object.spec, "{\"n\":100000000000000000000}"));

    struct error error = {0};
    assert_false(kube_window_decode(text_of("{\"spec\":{}}"), &arena, &object, &error));
    assert_string_equal(error.text, "the API server sent an object without a name");
}

static void test_a_page_of_windows_with_bad_ones_among_them(void **state)
{
    (void)state;
    struct window_store *store = window_store_new();
    struct kube_resource resource = kube_windows(store);
    struct kube_page page;
    struct error error = {0};
    static const char body[] =
        "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":{\"name\":\"a\"}},"
        "{\"metadata\":{\"name\":\"b\"},\"spec\":{\"\\u0000\":1}},{\"metadata\":{}},7,"
        "{\"metadata\":{\"name\":\"c\"}}]}";
    resource.sink.list_begin(resource.sink.context);
    assert_true(kube_resource_take_page(&resource, text_of(body), &arena, &page, &error));
    resource.sink.list_end(resource.sink.context);
    assert_int_equal(resource.sink.count(resource.sink.context), 3);
    assert_non_null(window_store_find(store, text_of("c")));

    kube_resource_take_absence(&resource);
    assert_int_equal(window_store_count(store), 0);
    window_store_free(store);
}

#define APPROVAL_SPEC                                                                                 \
    "\"spec\":{\"changeId\":\"CHG0000001\",\"workload\":{\"kind\":\"Deployment\",\"name\":\"web\"},"  \
    "\"templateDigest\":\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"," \
    "\"expiresAt\":\"2026-11-23T11:00:00Z\",\"approver\":\"bob\",\"approverGroups\":[]}"
#define APPROVAL(name, more, spec)                           \
    "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name \
    "\",\"creationTimestamp\":\"2026-11-20T11:00:00Z\"" more "}," spec "}"

/* One that could not count, or that no reader takes, takes nothing with it but what was known of it. */
static void test_approvals(void **state)
{
    (void)state;
    struct approval_sink sink = {approval_store_new(), json_reader_new()};
    struct kube_resource resource = kube_approvals(&sink);
    struct kube_page page;
    struct error error = {0};
    static const char body[] =
        "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" APPROVAL("a", "", APPROVAL_SPEC) "," APPROVAL(
            "b", "",
            "\"spec\":{}") "," APPROVAL("c", "",
                                        APPROVAL_SPEC) ",7,"
                                                       "{\"metadata\":{}}," APPROVAL(
                                                           "d",
                                                           ",\"deletionTimestamp\":\"2026-11-20T12:00:00Z\"",
                                                           APPROVAL_SPEC) "]}";
    resource.sink.list_begin(resource.sink.context);
    assert_true(kube_resource_take_page(&resource, text_of(body), &arena, &page, &error));
    resource.sink.list_end(resource.sink.context);
    assert_int_equal(resource.sink.count(resource.sink.context), 2);

    static const char odd[] = APPROVAL("a", "", "\"spec\":{\"n\":100000000000000000000}");
    assert_true(resource.sink.put(resource.sink.context, text_of(odd), &error));
    assert_int_equal(resource.sink.count(resource.sink.context), 1);
    static const char gone[] =
        APPROVAL("c", ",\"deletionTimestamp\":\"2026-11-20T12:00:00Z\"", APPROVAL_SPEC);
    assert_true(resource.sink.put(resource.sink.context, text_of(gone), &error));
    assert_int_equal(resource.sink.count(resource.sink.context), 0);

    assert_string_equal(kube_resource_page_path(&resource, 500, NULL, &arena),
                        "/apis/changegate.dev/v1alpha1/approvals?limit=500&continue=");
    kube_resource_take_absence(&resource);
    approval_store_free(sink.store);
    json_reader_free(sink.reader);
}

static void test_a_page_of_namespaces_with_a_bad_one_is_refused(void **state)
{
    (void)state;
    struct namespace_store *store = namespace_store_new();
    struct kube_resource resource = kube_namespaces(store);
    struct kube_page page;
    struct error error = {0};
    assert_false(kube_resource_take_page(
        &resource, text_of("{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":{}}]}"),
        &arena, &page, &error));
    assert_string_equal(error.text, "the API server sent an object without a name");
    namespace_store_free(store);
}

static void test_paths(void **state)
{
    (void)state;
    struct kube_resource namespaces = kube_namespaces(NULL), windows = kube_windows(NULL);
    assert_string_equal(kube_resource_page_path(&namespaces, 250, NULL, &arena),
                        "/api/v1/namespaces?limit=250&continue=");
    assert_string_equal(kube_resource_page_path(&windows, 50, "a+/=", &arena),
                        "/apis/changegate.dev/v1alpha1/freezewindows?limit=50&continue=a%2B%2F%3D");
    assert_string_equal(kube_resource_watch_path(&namespaces, "42", 300, &arena),
                        "/api/v1/namespaces?watch=1&allowWatchBookmarks=true&resourceVersion=42"
                        "&timeoutSeconds=300");
}

static void test_refusals(void **state)
{
    (void)state;
    struct kube_resource windows = kube_windows(NULL);
    struct error error = {0};
    static const char status[] = "{\"kind\":\"Status\",\"code\":403,\"message\":\"it is forbidden\"}";
    assert_false(kube_resource_refused(&windows, "listing", 403, text_of(status), &error));
    assert_string_equal(error.text,
                        "listing freezewindows was answered with HTTP 403: it is forbidden; grant list and "
                        "watch on freezewindows.changegate.dev to this user: bind it to the ClusterRole "
                        "changegate-serve of charts/changegate");
    assert_false(kube_resource_refused(&windows, "watching", 502, text_of("<html>"), &error));
    assert_string_equal(error.text, "watching freezewindows was answered with HTTP 502");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_namespaces, free_arena),
        cmocka_unit_test_teardown(test_namespaces_that_make_no_sense, free_arena),
        cmocka_unit_test_teardown(test_windows, free_arena),
        cmocka_unit_test_teardown(test_windows_without_this_or_that, free_arena),
        cmocka_unit_test_teardown(test_windows_that_no_reader_takes_whole, free_arena),
        cmocka_unit_test_teardown(test_a_page_of_windows_with_bad_ones_among_them, free_arena),
        cmocka_unit_test_teardown(test_approvals, free_arena),
        cmocka_unit_test_teardown(test_a_page_of_namespaces_with_a_bad_one_is_refused, free_arena),
        cmocka_unit_test_teardown(test_paths, free_arena),
        cmocka_unit_test_teardown(test_refusals, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
