#include "edge/window_status.h"

#include "core/instant.h"
#include "edge/kube_event_text.h"

#include <jansson.h>
#include <stdlib.h>

enum { CONDITION_MESSAGE_BYTES_MOST = 1024, DAY_S = 86400 };

static json_t *text_value(struct text text)
{
    json_t *value = json_stringn(text.at == NULL ? "" : text.at, text.length);
    return value == NULL ? json_string("?") : value; /* what is no UTF-8 was made fit before */
}

static json_t *instant_or_null(int64_t instant_s, struct arena *arena)
{
    return instant_s == FREEZE_NO_END ? json_null() : text_value(instant_format(arena, instant_s));
}

static json_t *parse(struct text text)
{
    return text.length == 0 ? NULL : json_loadb(text.at, text.length, JSON_ALLOW_NUL, NULL);
}

static int64_t read_instant(const json_t *value)
{
    int64_t instant_s = FREEZE_NO_END;
    struct text text = {json_string_value(value), json_string_length(value)};
    return json_is_string(value) && instant_parse(text, &instant_s) ? instant_s : FREEZE_NO_END;
}

bool window_status_was_active(const struct window_object *object)
{
    json_t *status = parse(object->status);
    bool active = json_is_true(json_object_get(status, "active"));
    json_decref(status);
    return active;
}

/* ---- the condition Ready ---- */

/* The time of the last change is kept while the status is the same. */
static json_t *since_of(const json_t *status, const char *ready, int64_t now_s, struct arena *arena)
{
    size_t index;
    json_t *condition;
    json_array_foreach(json_object_get(status, "conditions"), index, condition)
    {
        const char *type = json_string_value(json_object_get(condition, "type"));
        const char *was = json_string_value(json_object_get(condition, "status"));
        json_t *since = json_object_get(condition, "lastTransitionTime");
        if (type != NULL && was != NULL && strcmp(type, "Ready") == 0 && strcmp(was, ready) == 0 &&
            json_is_string(since))
            return json_incref(since);
    }
    return text_value(instant_format(arena, now_s));
}

static json_t *make_conditions(const struct calendars_window *window, const struct window_object *object,
                               const json_t *status, int64_t now_s, struct arena *arena)
{
    bool usable = window->window != NULL, suspended = usable && window->window->said.suspended;
    const char *ready = usable ? "True" : "False";
    const char *reason = !usable ? "Unusable" : suspended ? "Suspended" : "InForce";
    struct text message =
        !usable ? text_quote(arena, window_faults_join(window->faults, arena), CONDITION_MESSAGE_BYTES_MOST)
        : suspended ? text_of("suspended: it closes nothing until that is taken back")
                    : text_of("read and in force");
    return json_pack("[{s:s, s:s, s:s, s:o, s:o, s:I}]", "type", "Ready", "status", ready, "reason", reason,
                     "message", text_value(message), "lastTransitionTime",
                     since_of(status, ready, now_s, arena), "observedGeneration",
                     (json_int_t)object->generation);
}

/* ---- the status ---- */

/* A run that is older than what was expanded seems to start anew each day: the older start stands. */
static int64_t since_when(const struct freeze_moment *moment, const json_t *status, int64_t now_s)
{
    int64_t said_s = read_instant(json_object_get(status, "since"));
    bool was_active = json_is_true(json_object_get(status, "active"));
    return was_active && said_s < moment->since_s && now_s - moment->since_s > DAY_S ? said_s
                                                                                     : moment->since_s;
}

static json_t *make_status(const struct calendars_window *window, const struct window_object *object,
                           const json_t *status, int64_t now_s, struct arena *arena)
{
    struct freeze_moment moment = {false, FREEZE_NO_END, FREEZE_NO_END};
    if (window->spans != NULL && !window->window->said.suspended)
        moment = freeze_spans_at(window->spans, now_s);
    json_t *next_state =
        moment.next_s == FREEZE_NO_END ? json_null() : json_string(moment.on ? "Inactive" : "Active");
    /* null takes a key away: RFC 7386 */
    return json_pack("{s:b, s:o, s:o, s:o, s:I, s:I, s:o}", "active", moment.on, "since",
                     moment.on ? instant_or_null(since_when(&moment, status, now_s), arena) : json_null(),
                     "nextTransitionTime", instant_or_null(moment.next_s, arena), "nextState", next_state,
                     "matchedNamespaces", (json_int_t)window->matched, "observedGeneration",
                     (json_int_t)object->generation, "conditions",
                     make_conditions(window, object, status, now_s, arena));
}

static bool same(const json_t *wanted, const json_t *there)
{
    return json_is_null(wanted) ? there == NULL || json_is_null(there) : json_equal(wanted, there);
}

static enum status_difference compare(json_t *wanted, const json_t *status)
{
    enum status_difference difference = STATUS_SAME;
    const char *key;
    json_t *value;
    json_object_foreach(wanted, key, value)
    {
        if (same(value, json_object_get(status, key)))
            continue;
        if (strcmp(key, "matchedNamespaces") != 0)
            return STATUS_DIFFERENT;
        difference = STATUS_ONLY_COUNT;
    }
    return difference;
}

static struct text dump(const json_t *root, struct arena *arena)
{
    char *text = json_dumps(root, JSON_COMPACT);
    if (text == NULL)
        abort();
    struct text copy = arena_copy(arena, text_of(text));
    free(text);
    return copy;
}

void window_status_make(const struct calendars_window *window, const struct window_object *object,
                        int64_t now_s, struct arena *arena, struct window_status *ret_status)
{
    json_t *status = parse(object->status);
    json_t *wanted = make_status(window, object, status, now_s, arena);
    if (wanted == NULL)
        abort();
    ret_status->difference = compare(wanted, status);
    json_t *patch = json_pack("{s:o}", "status", wanted);
    ret_status->patch = dump(patch, arena);
    json_decref(patch);
    json_decref(status);
}

/* ---- Events ---- */

struct text window_event_write(const struct window_event *event, int64_t now_s, struct arena *arena)
{
    const struct kube_event_text text = {
        .involved = {.api_version = text_of("changegate.dev/v1alpha1"),
                     .kind = text_of("FreezeWindow"),
                     .name = event->window,
                     .uid = event->uid},
        .name = event->name,
        .reason = event->reason,
        .is_warning = event->is_warning,
        .message = event->message,
    };
    return kube_event_write(&text, now_s, arena);
}
