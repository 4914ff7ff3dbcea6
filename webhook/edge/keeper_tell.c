#include "keeper_private.h"

#include "edge/kube_event_text.h"
#include "edge/message_log.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOLD_BYTES_MOST = 900 };

/* The Event is worth an attempt, no more: the log has it. */
static void write_event(struct keeper *keeper, const char *reason, bool is_warning, const char *message)
{
    struct arena *arena = &keeper->turn;
    struct text namespace = text_of(keeper->options->lease_namespace);
    const struct kube_event_text event = {
        .involved = {.api_version = text_of("coordination.k8s.io/v1"),
                     .kind = text_of("Lease"),
                     .namespace = namespace,
                     .name = text_of("changegate-keeper")},
        .name = arena_printf(arena, "changegate-keeper.%llx%08x", (unsigned long long)keeper->now_s,
                             arc4random()),
        .reason = reason,
        .is_warning = is_warning,
        .message = text_of(message),
    };
    struct text path = arena_printf(arena, "/api/v1/namespaces/%.*s/events", TEXT_ARGS(namespace));
    struct keeper_answer answer;
    struct error error;
    if (!keeper_write(keeper, false, path.at, kube_event_write(&event, keeper->now_s, arena), &answer,
                      &error) ||
        answer.status >= 300)
        metrics_count(keeper->metrics, METRICS_KEEPER_FAILURES);
}

void keeper_warn(struct keeper *keeper, enum keeper_matter matter, const char *reason, const char *format,
                 ...)
{
    char message[TOLD_BYTES_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct keeper_matter_said *said = &keeper->said[matter];
    uint64_t hash = text_hash(text_of(message));
    if (said->hash == hash && keeper->now_ms - said->said_ms < KEEPER_REPEAT_MS)
        return;
    *said = (struct keeper_matter_said){hash, keeper->now_ms};
    message_warning("%s", message);
    /* What keeps us from the API server keeps the Event from it as well; and one of several replicas is
     * enough. */
    if (matter == MATTER_CLOCK || (matter != MATTER_UNREACHABLE && keeper->leading))
        write_event(keeper, reason, true, message);
}

void keeper_settled(struct keeper *keeper, enum keeper_matter matter)
{
    keeper->said[matter] = (struct keeper_matter_said){0, 0};
}

void keeper_note(struct keeper *keeper, const char *reason, const char *format, ...)
{
    char message[TOLD_BYTES_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    message_info("%s", message);
    write_event(keeper, reason, false, message);
}
