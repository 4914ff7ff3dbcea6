/* What the API server sends, byte for byte as it comes: lines cut anywhere, events, pages, refusals. */
#include "edge/kube_buffer.h"
#include "edge/kube_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void check_line(struct kube_buffer *buffer, const char *expected)
{
    struct text line;
    assert_true(kube_buffer_line(buffer, &line));
    assert_true(text_is(line, expected));
}

static void test_lines_cut_anywhere(void **state)
{
    (void)state;
    static const char stream[] = "first\nsecond line\n\nlast\n";
    for (size_t piece = 1; piece < sizeof(stream); piece++) {
        struct kube_buffer buffer = {0};
        struct text line;
        char joined[64] = "";
        kube_buffer_clear(&buffer, 1024);
        for (size_t at = 0; at < sizeof(stream) - 1; at += piece) {
            assert_true(kube_buffer_add(&buffer, text_slice(text_of(stream), at, piece)));
            while (kube_buffer_line(&buffer, &line)) {
                strncat(joined, line.at, line.length);
                strcat(joined, "|");
            }
        }
        assert_string_equal(joined, "first|second line||last|");
        assert_int_equal(kube_buffer_rest(&buffer).length, 0);
        kube_buffer_done(&buffer);
    }
}

static void test_buffer_keeps_its_limit(void **state)
{
    (void)state;
    struct kube_buffer buffer = {0};
    struct text line;
    kube_buffer_clear(&buffer, 8);
    assert_false(kube_buffer_line(&buffer, &line));
    assert_int_equal(kube_buffer_rest(&buffer).length, 0);
    assert_true(kube_buffer_add(&buffer, text_of("abc\n1234")));
    assert_false(kube_buffer_add(&buffer, text_of("5")));
    check_line(&buffer, "abc");
    assert_true(kube_buffer_add(&buffer, text_of("567\n"))); /* what was handed out has made room */
    check_line(&buffer, "1234567");
    kube_buffer_clear(&buffer, 4);
    assert_false(kube_buffer_add(&buffer, text_of("12345")));
    assert_true(kube_buffer_add(&buffer, text_of("1234")));
    assert_true(text_is(kube_buffer_rest(&buffer), "1234"));
    kube_buffer_done(&buffer);
}

static struct kube_event event_of(const char *line)
{
    struct kube_event event = {.type = KUBE_ERROR};
    struct error error = {0};
    if (!kube_event_decode(text_of(line), &arena, &event, &error))
        fail_msg("%s", error.text);
    return event;
}

static void test_added_and_modified(void **state)
{
    (void)state;
    struct kube_event event =
        event_of("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"shop\",\"resourceVersion\":\"42\","
                 "\"annotations\":{\"other\":\"a\\u0000b\"}},\"spec\":{\"\\u0000\":100000000000000000000}}}");
    assert_int_equal(event.type, KUBE_ADDED);
    assert_true(text_is(event.resource_version, "42"));
    assert_true(
        text_is(event.object,
                "{\"metadata\":{\"name\":\"shop\",\"resourceVersion\":\"42\","
                "\"annotations\":{\"other\":\"a\\u0000b\"}},\"spec\":{\"\\u0000\":100000000000000000000}}"));

    event = event_of(
        "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"shop\",\"resourceVersion\":\"43\"}}}");
    assert_int_equal(event.type, KUBE_MODIFIED);
    assert_true(text_is(event.resource_version, "43"));
}

static void test_deleted_and_bookmark(void **state)
{
    (void)state;
    struct kube_event event = event_of(
        "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"shop\",\"resourceVersion\":\"44\"}}}");
    assert_int_equal(event.type, KUBE_DELETED);
    assert_true(text_is(event.name, "shop"));
    assert_int_equal(event.namespace.length, 0);
    event =
        event_of("{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\","
                 "\"resourceVersion\":\"45\"}}}");
    assert_true(text_is(event.namespace, "shop"));
    assert_true(text_is(event.name, "web"));
    event = event_of("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"PartialObjectMetadata\","
                     "\"metadata\":{\"resourceVersion\":\"99\"}}}");
    assert_int_equal(event.type, KUBE_BOOKMARK);
    assert_true(text_is(event.resource_version, "99"));
}

static void test_error_event(void **state)
{
    (void)state;
    struct kube_event event = event_of("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,"
                                       "\"reason\":\"Expired\",\"message\":\"too old\\nresource version\"}}");
    assert_int_equal(event.type, KUBE_ERROR);
    assert_int_equal(event.status.code, 410);
    assert_true(text_is(event.status.message, "too old?resource version"));
}

static void check_event_refused(const char *line, const char *text)
{
    struct kube_event event;
    struct error error = {0};
    assert_false(kube_event_decode(text_of(line), &arena, &event, &error));
    assert_int_equal(error.kind, ERROR_SYSTEM);
    assert_memory_equal(error.text, text, strlen(text));
}

static void test_events_that_make_no_sense(void **state)
{
    (void)state;
    check_event_refused("", "the API server sent what is not JSON");
    check_event_refused("{\"type\":\"ADDED\"", "the API server sent what is not JSON");
    check_event_refused("[]", "the API server sent a watch event of an unknown type");
    check_event_refused("{\"type\":\"RENAMED\",\"object\":{}}",
                        "the API server sent a watch event of an unknown type");
    check_event_refused("{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}",
                        "the API server sent an object without a name");
    check_event_refused("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}",
                        "the API server sent a watch event without a resourceVersion");
    check_event_refused("{\"type\":\"BOOKMARK\",\"object\":7}",
                        "the API server sent a watch event without a resourceVersion");
}

static void test_pages(void **state)
{
    (void)state;
    struct kube_page page;
    struct error error = {0};
    static const char first[] =
        "{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"resourceVersion\":\"7\","
        "\"continue\":\"ey==\",\"remainingItemCount\":1},"
        "\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\"}}]}";
    assert_true(kube_page_decode(text_of(first), "namespaces", &arena, &page, &error));
    assert_int_equal(page.count, 2);
    assert_true(text_is(page.items[1], "{\"metadata\":{\"name\":\"b\"}}"));
    assert_true(text_is(page.resource_version, "7"));
    assert_true(text_is(page.continue_token, "ey=="));

    static const char last[] = "{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"\"},\"items\":null}";
    assert_true(kube_page_decode(text_of(last), "namespaces", &arena, &page, &error));
    assert_int_equal(page.count, 0);
    assert_int_equal(page.continue_token.length, 0);

    assert_false(kube_page_decode(text_of("{\"kind\":\"Status\"}"), "namespaces", &arena, &page, &error));
    assert_string_equal(error.text, "the API server sent what is not a list of namespaces");
    assert_false(kube_page_decode(text_of("{\"items\":[{}"), "namespaces", &arena, &page, &error));
    assert_string_equal(error.text, "the API server sent what is not JSON");
    assert_false(kube_page_decode(text_of("{\"items\":[]}"), "namespaces", &arena, &page, &error));
    assert_string_equal(error.text, "the API server sent a list without a resourceVersion");
}

static void test_statuses(void **state)
{
    (void)state;
    struct kube_status status;
    assert_true(kube_status_decode(
        text_of("{\"kind\":\"Status\",\"code\":403,\"message\":\"namespaces is forbidden\"}"), &arena,
        &status));
    assert_int_equal(status.code, 403);
    assert_true(text_is(status.message, "namespaces is forbidden"));
    assert_false(kube_status_decode(text_of("<html>502</html>"), &arena, &status));
    assert_false(kube_status_decode(TEXT_EMPTY, &arena, &status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_cut_anywhere),
        cmocka_unit_test(test_buffer_keeps_its_limit),
        cmocka_unit_test_teardown(test_added_and_modified, free_arena),
        cmocka_unit_test_teardown(test_deleted_and_bookmark, free_arena),
        cmocka_unit_test_teardown(test_error_event, free_arena),
        cmocka_unit_test_teardown(test_events_that_make_no_sense, free_arena),
        cmocka_unit_test_teardown(test_pages, free_arena),
        cmocka_unit_test_teardown(test_statuses, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
