/* Events about break-glass on their way to the cluster: in order, bounded, and from several threads. */
#include "assert_text.h"

#include "edge/override_events.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

struct fixture {
    struct metrics *metrics;
    struct override_events *events;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.metrics = metrics_new(1);
    fixture.events = override_events_new(fixture.metrics);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    override_events_free(fixture->events);
    override_events_free(NULL);
    metrics_free(fixture->metrics);
    return 0;
}

static bool put_kind(struct override_events *events, enum override_kind kind, const char *name)
{
    struct arena arena = {NULL, 0};
    const struct kube_event_text event = {
        .involved = {TEXT("apps/v1"), TEXT("Deployment"), TEXT("shop"), TEXT("web"), TEXT("6f6c-1")},
        .name = text_of(name),
        .reason = "BreakGlass",
        .is_warning = true,
        .message = TEXT("Rollout by ann was let through"),
    };
    bool done = override_events_put(events, kind, &event, NOW_S, &arena);
    arena_done(&arena);
    return done;
}

static bool put(struct override_events *events, const char *name)
{
    return put_kind(events, OVERRIDE_ALLOWED, name);
}

static bool is_readable(const struct override_events *events)
{
    struct pollfd fd = {.fd = override_events_fd(events), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static bool has(const struct fixture *fixture, const char *line)
{
    struct json_text_buffer out = {NULL, 0, 0};
    metrics_write(fixture->metrics, NOW_S, &out);
    json_text_raw(&out, (struct text){"", 1});
    bool found = strstr(out.bytes, line) != NULL;
    json_text_done(&out);
    return found;
}

static void test_in_the_order_they_came(void **state)
{
    struct fixture *fixture = *state;
    assert_null(override_events_take(fixture->events));
    assert_false(is_readable(fixture->events));
    assert_true(put(fixture->events, "web.1"));
    assert_true(put(fixture->events, "web.2"));
    assert_true(is_readable(fixture->events));

    struct override_event *first = override_events_take(fixture->events), *second = first->next;
    assert_false(is_readable(fixture->events));
    assert_string_equal(first->path, "/api/v1/namespaces/shop/events");
    assert_non_null(strstr(first->body, "\"name\":\"web.1\""));
    assert_non_null(strstr(first->body, "\"reason\":\"BreakGlass\""));
    assert_non_null(strstr(first->body, "\"type\":\"Warning\""));
    assert_non_null(strstr(second->body, "\"name\":\"web.2\""));
    assert_null(second->next);
    override_events_done(fixture->events, first);
    override_events_done(fixture->events, second);
    assert_null(override_events_take(fixture->events));
}

static void test_what_does_not_fit_is_counted(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < OVERRIDE_EVENTS_MOST; i++)
        assert_true(put(fixture->events, "web.1"));
    struct override_event *first = override_events_take(fixture->events);
    assert_false(put(fixture->events, "web.2")); /* taken, and not done */
    assert_true(has(fixture, "\nchangegate_override_events_dropped_total 1\n"));
    struct override_event *second = first->next;
    override_events_done(fixture->events, first);
    assert_true(put(fixture->events, "web.2"));
    assert_false(put(fixture->events, "web.3"));
    for (struct override_event *next; second != NULL; second = next) {
        next = second->next;
        override_events_done(fixture->events, second);
    }
    /* What is put, and never taken, goes with it. */
}

static void test_attempts_have_a_share(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < OVERRIDE_EVENTS_ATTEMPTS_MOST; i++)
        assert_true(put_kind(fixture->events, OVERRIDE_ATTEMPTED, "web.1"));
    assert_false(put_kind(fixture->events, OVERRIDE_ATTEMPTED, "web.2"));
    for (int i = OVERRIDE_EVENTS_ATTEMPTS_MOST; i < OVERRIDE_EVENTS_MOST; i++)
        assert_true(put(fixture->events, "web.3"));
    assert_false(put(fixture->events, "web.4"));
    assert_true(has(fixture, "\nchangegate_override_events_dropped_total 2\n"));

    struct override_event *first = override_events_take(fixture->events), *second = first->next;
    override_events_done(fixture->events, first); /* an attempt: there is room for one of either */
    assert_true(put(fixture->events, "web.5"));
    assert_false(put_kind(fixture->events, OVERRIDE_ATTEMPTED, "web.6"));
    first = second, second = first->next;
    override_events_done(fixture->events, first);
    assert_true(put_kind(fixture->events, OVERRIDE_ATTEMPTED, "web.7"));
    for (struct override_event *next; second != NULL; second = next) {
        next = second->next;
        override_events_done(fixture->events, second);
    }
}

static void test_the_metric(void **state)
{
    struct fixture *fixture = *state;
    metrics_count(fixture->metrics, METRICS_BREAK_GLASS_REFUSED);
    assert_true(has(fixture,
                    "# HELP changegate_break_glass_total Changes that asked for break-glass, by outcome.\n"
                    "# TYPE changegate_break_glass_total counter\n"
                    "changegate_break_glass_total{outcome=\"allowed\"} 0\n"
                    "changegate_break_glass_total{outcome=\"refused\"} 1\n"
                    "# HELP changegate_override_events_dropped_total "));
}

enum { WRITERS = 4, EACH = 2000 };

static void *write_some(void *events)
{
    size_t done = 0;
    for (int i = 0; i < EACH; i++)
        done += put(events, "web.1");
    return (void *)done;
}

/* Meant for ThreadSanitizer: loops put while one thread takes, and nothing is lost or told twice. */
static void test_from_threads(void **state)
{
    struct fixture *fixture = *state;
    pthread_t writers[WRITERS];
    size_t put_count = 0, taken = 0;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_some, fixture->events), 0);
    for (int round = 0; round < EACH; round++)
        for (struct override_event *event = override_events_take(fixture->events), *next; event != NULL;
             event = next, taken++) {
            next = event->next;
            override_events_done(fixture->events, event);
        }
    for (int i = 0; i < WRITERS; i++) {
        void *done;
        pthread_join(writers[i], &done);
        put_count += (size_t)done;
    }
    for (struct override_event *event = override_events_take(fixture->events), *next; event != NULL;
         event = next, taken++) {
        next = event->next;
        override_events_done(fixture->events, event);
    }
    assert_int_equal(taken, put_count);
    assert_true(put_count >= OVERRIDE_EVENTS_MOST);
}

#define EVENTS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVENTS(test_in_the_order_they_came), EVENTS(test_what_does_not_fit_is_counted),
        EVENTS(test_attempts_have_a_share),  EVENTS(test_the_metric),
        EVENTS(test_from_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
