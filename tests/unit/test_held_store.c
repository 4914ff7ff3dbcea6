/* The objects that carry the label: what is kept of them, and what stays beside them while they change. */
#include "edge/kube_held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct memory {
    int note;
};

static int forgotten;

static void forget(void *memory)
{
    forgotten += ((struct memory *)memory)->note;
}

static int make_store(void **state)
{
    forgotten = 0;
    *state = held_store_new(sizeof(struct memory), forget);
    return 0;
}

static int free_store(void **state)
{
    held_store_free(*state);
    return 0;
}

static void put(struct held_store *store, const char *namespace, const char *name, const char *uid,
                const char *version)
{
    const struct held_object object = {.namespace = text_of(namespace),
                                       .name = text_of(name),
                                       .uid = text_of(uid),
                                       .resource_version = text_of(version),
                                       .label = text_of("true"),
                                       .json = text_of("{}")};
    held_store_put(store, &object);
}

static struct memory *memory_of(struct held_store *store, const char *namespace, const char *name)
{
    return held_store_find(store, text_of(namespace), text_of(name))->memory;
}

static void test_what_is_beside_an_object_stays_while_it_changes(void **state)
{
    struct held_store *store = *state;
    put(store, "shop", "web", "u1", "5");
    struct held_entry *entry = held_store_find(store, text_of("shop"), text_of("web"));
    assert_true(entry->changed);
    assert_null(entry->object.annotation.at);
    entry->changed = false;
    ((struct memory *)entry->memory)->note = 7;
    put(store, "shop", "web", "u1", "6");
    entry = held_store_find(store, text_of("shop"), text_of("web"));
    assert_true(entry->changed);
    assert_true(text_is(entry->object.resource_version, "6"));
    assert_int_equal(memory_of(store, "shop", "web")->note, 7);

    put(store, "shop", "web", "u2", "7"); /* made anew under the same name */
    assert_int_equal(forgotten, 7);
    assert_int_equal(memory_of(store, "shop", "web")->note, 0);
    memory_of(store, "shop", "web")->note = 1;
    assert_true(held_store_remove(store, text_of("shop"), text_of("web")));
    assert_false(held_store_remove(store, text_of("shop"), text_of("web")));
    assert_int_equal(forgotten, 8);
}

static void test_an_older_one_is_left_out(void **state)
{
    struct held_store *store = *state;
    put(store, "shop", "web", "u1", "10");
    uint64_t generation = held_store_generation(store);
    put(store, "shop", "web", "u1", "9");
    put(store, "shop", "web", "u1", "10");
    assert_true(held_store_generation(store) == generation);
    assert_true(text_is(held_store_at(store, 0)->object.resource_version, "10"));
    put(store, "shop", "web", "u1", "11");
    assert_true(held_store_generation(store) > generation);
    put(store, "shop", "web", "u1", "opaque"); /* nobody can know */
    assert_true(text_is(held_store_at(store, 0)->object.resource_version, "opaque"));
}

static void test_order_and_names(void **state)
{
    struct held_store *store = *state;
    put(store, "b", "a", "1", "1");
    put(store, "a", "b", "2", "1");
    put(store, "a", "a", "3", "1");
    assert_int_equal(held_store_count(store), 3);
    assert_true(text_is(held_store_at(store, 0)->object.uid, "3"));
    assert_true(text_is(held_store_at(store, 1)->object.uid, "2"));
    assert_true(text_is(held_store_at(store, 2)->object.uid, "1"));
    assert_null(held_store_find(store, text_of("b"), text_of("b")));
}

static void test_lists(void **state)
{
    struct held_store *store = *state;
    put(store, "shop", "stays", "1", "1");
    put(store, "shop", "goes", "2", "1");
    memory_of(store, "shop", "stays")->note = 1;
    memory_of(store, "shop", "goes")->note = 2;
    held_store_list_begin(store);
    put(store, "shop", "stays", "1", "1");
    assert_int_equal(held_store_count(store), 2);
    held_store_list_begin(store); /* the last one was cut */
    put(store, "shop", "stays", "1", "1");
    put(store, "shop", "comes", "3", "4");
    held_store_list_end(store);
    assert_int_equal(held_store_count(store), 2);
    assert_int_equal(forgotten, 2);
    assert_int_equal(memory_of(store, "shop", "stays")->note, 1);
    assert_null(held_store_find(store, text_of("shop"), text_of("goes")));
}

static void test_versions(void **state)
{
    (void)state;
    assert_true(held_version_is_older(text_of("9"), text_of("10")));
    assert_true(held_version_is_older(text_of("18446744073709551614"), text_of("18446744073709551615")));
    assert_false(held_version_is_older(text_of("10"), text_of("10")));
    assert_false(held_version_is_older(text_of("10"), text_of("9")));
    assert_false(held_version_is_older(text_of("a"), text_of("b")));
    assert_false(held_version_is_older(TEXT_EMPTY, text_of("1")));
    assert_false(held_version_is_older(text_of("1"), TEXT_EMPTY));
}

static void test_as_the_api_server_sends_them(void **state)
{
    struct held_store *store = *state;
    struct arena arena = {NULL, 0};
    struct kube_resource resource = kube_held(&kube_held_kinds[0], store, &arena);
    struct kube_page page;
    struct error error = {0};
    static const char body[] =
        "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":["
        "{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"u1\",\"resourceVersion\":\"5\","
        "\"labels\":{\"changegate.dev/held\":\"releasing\"},\"annotations\":{\"changegate.dev/hold\":"
        "\"{\\\"since\\\":1}\",\"odd\":\"\\u0000\"}}},7,{\"metadata\":{}}]}";
    resource.sink.list_begin(resource.sink.context);
    assert_true(kube_resource_take_page(&resource, text_of(body), &arena, &page, &error));
    resource.sink.list_end(resource.sink.context);
    assert_int_equal(resource.sink.count(resource.sink.context), 1);
    const struct held_object *object = &held_store_at(store, 0)->object;
    assert_true(text_is(object->label, "releasing"));
    assert_true(text_is(object->annotation, "{\"since\":1}"));
    assert_true(text_starts_with(object->json, text_of("{\"metadata\":{\"name\":\"web\"")));
    resource.sink.remove(resource.sink.context, text_of("other"), text_of("web"));
    assert_int_equal(held_store_count(store), 1);
    resource.sink.remove(resource.sink.context, text_of("shop"), text_of("web"));
    assert_int_equal(held_store_count(store), 0);
    arena_done(&arena);
}

static void test_paths(void **state)
{
    struct arena arena = {NULL, 0};
    const struct kube_held_kind *deployment = &kube_held_kinds[0], *pod = &kube_held_kinds[5];
    struct kube_resource resource = kube_held(deployment, *state, &arena);
    assert_string_equal(resource.noun, "held deployments");
    assert_string_equal(kube_resource_page_path(&resource, 100, NULL, &arena),
                        "/apis/apps/v1/deployments?limit=100&continue=&labelSelector=changegate.dev%2Fheld");
    assert_string_equal(
        kube_resource_watch_path(&resource, "42", 300, &arena),
        "/apis/apps/v1/deployments?watch=1&allowWatchBookmarks=true&resourceVersion=42&timeoutSeconds=300"
        "&labelSelector=changegate.dev%2Fheld");
    assert_string_equal(resource.cure_forbidden,
                        "grant list, watch and patch on deployments.apps to this user: bind it to the "
                        "ClusterRole changegate-release of charts/changegate");
    assert_string_equal(kube_held_path(deployment, text_of("shop"), text_of("web"), &arena).at,
                        "/apis/apps/v1/namespaces/shop/deployments/web");
    assert_string_equal(kube_held(pod, *state, &arena).path, "/api/v1/pods");
    assert_string_equal(kube_held_path(pod, text_of("shop"), text_of("web"), &arena).at,
                        "/api/v1/namespaces/shop/pods/web");
    assert_true(text_is(kube_held_api_version(deployment, &arena), "apps/v1"));
    assert_true(text_is(kube_held_api_version(pod, &arena), "v1"));
    arena_done(&arena);
}

static void test_the_version_of_a_group(void **state)
{
    (void)state;
    struct arena arena = {NULL, 0};
    static const char body[] =
        "{\"kind\":\"APIGroup\",\"name\":\"argoproj.io\",\"versions\":[{\"version\":\"v1beta1\"}],"
        "\"preferredVersion\":{\"groupVersion\":\"argoproj.io/v1alpha1\",\"version\":\"v1alpha1\"}}";
    assert_true(text_is(kube_group_version_decode(text_of(body), &arena), "v1alpha1"));
    assert_int_equal(kube_group_version_decode(text_of("<html>"), &arena).length, 0);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_beside_an_object_stays_while_it_changes, make_store,
                                        free_store),
        cmocka_unit_test_setup_teardown(test_an_older_one_is_left_out, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_order_and_names, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_lists, make_store, free_store),
        cmocka_unit_test(test_versions),
        cmocka_unit_test_setup_teardown(test_as_the_api_server_sends_them, make_store, free_store),
        cmocka_unit_test_setup_teardown(test_paths, make_store, free_store),
        cmocka_unit_test(test_the_version_of_a_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
