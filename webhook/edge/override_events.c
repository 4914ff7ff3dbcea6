#include "edge/override_events.h"

#include "edge/kept_text.h"
#include "edge/kube_http.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct override_events {
    struct metrics *metrics;
    int fd;
    atomic_uint count, attempts;             /* put, and not done yet; attempts are in both */
    _Atomic(struct override_event *) newest; /* put, and not taken yet; a stack */
};

struct override_events *override_events_new(struct metrics *metrics)
{
    struct override_events *events = calloc(1, sizeof(*events));
    if (events == NULL)
        abort();
    events->metrics = metrics;
    events->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (events->fd < 0)
        abort();
    return events;
}

static void event_free(struct override_event *event)
{
    free(event->path);
    free(event->body);
    free(event);
}

void override_events_free(struct override_events *events)
{
    if (events == NULL)
        return;
    for (struct override_event *event = override_events_take(events), *next; event != NULL; event = next) {
        next = event->next;
        event_free(event);
    }
    close(events->fd);
    free(events);
}

static struct override_event *event_new(const struct kube_event_text *event, int64_t now_s,
                                        struct arena *arena)
{
    struct override_event *made = calloc(1, sizeof(*made));
    if (made == NULL)
        abort();
    struct text namespace = kube_http_escape(arena, kube_event_namespace(&event->involved));
    made->path = kept_text(arena_printf(arena, "/api/v1/namespaces/%.*s/events", TEXT_ARGS(namespace)));
    made->body = kept_text(kube_event_write(event, now_s, arena));
    return made;
}

static bool take_place(atomic_uint *count, unsigned most)
{
    bool room = atomic_fetch_add(count, 1) < most;
    if (!room)
        atomic_fetch_sub(count, 1);
    return room;
}

/* Attempts take theirs first: one that has none never holds one of those that all share. */
static bool has_room(struct override_events *events, enum override_kind kind)
{
    bool attempt = kind == OVERRIDE_ATTEMPTED;
    if (attempt && !take_place(&events->attempts, OVERRIDE_EVENTS_ATTEMPTS_MOST))
        return false;
    if (take_place(&events->count, OVERRIDE_EVENTS_MOST))
        return true;
    if (attempt)
        atomic_fetch_sub(&events->attempts, 1);
    return false;
}

bool override_events_put(struct override_events *events, enum override_kind kind,
                         const struct kube_event_text *event, int64_t now_s, struct arena *arena)
{
    if (!has_room(events, kind)) {
        metrics_count(events->metrics, METRICS_OVERRIDE_EVENTS_DROPPED);
        return false;
    }
    struct override_event *made = event_new(event, now_s, arena);
    made->kind = kind;
    made->next = atomic_load_explicit(&events->newest, memory_order_relaxed);
    /* Release: whoever takes it sees what it points to. On failure `next` is the newest one again. */
    while (!atomic_compare_exchange_weak_explicit(&events->newest, &made->next, made, memory_order_release,
                                                  memory_order_relaxed)) {
    }
    eventfd_write(events->fd, 1); /* cannot block: EFD_NONBLOCK, and it is readable anyway then */
    return true;
}

int override_events_fd(const struct override_events *events)
{
    return events->fd;
}

struct override_event *override_events_take(struct override_events *events)
{
    struct override_event *first = NULL, *next;
    eventfd_t puts;
    (void)eventfd_read(events->fd, &puts); /* before: what is put afterwards makes it readable again */
    struct override_event *event = atomic_exchange_explicit(&events->newest, NULL, memory_order_acquire);
    for (; event != NULL; event = next) {
        next = event->next;
        event->next = first;
        first = event;
    }
    return first;
}

void override_events_done(struct override_events *events, struct override_event *event)
{
    if (event->kind == OVERRIDE_ATTEMPTED)
        atomic_fetch_sub(&events->attempts, 1);
    atomic_fetch_sub(&events->count, 1);
    event_free(event);
}
