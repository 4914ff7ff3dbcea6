#include "releaser_private.h"

#include "edge/cluster_clock.h"
#include "edge/kept_text.h"
#include "edge/message_log.h"

#include <stdlib.h>
#include <string.h>

enum {
    SURVEY_MS_MOST = 10000, /* between two looks at the calendars */
    AGAIN_MS = 2000,        /* after a failure */
    UNOBSERVED_MS = 500,    /* controllers see a change within that, as a rule; else it doubles, ... */
    DOUBLINGS_MOST = 5,     /* ... so often */
    BEGUN_SLACK_MS = 30,    /* a freeze has begun for certain, also by a clock that is read coarsely */
};

#define NEVER INT64_MAX

/* A namespace whose changes are delayed now. */
struct delayed {
    char *name;     /* owned */
    int64_t due_ms; /* when its Deployments are to be looked at; NEVER: they were */
    unsigned looks; /* that found one which has to be looked at again */
};

/* A Deployment whose rollout is to be paused. */
struct target {
    char *namespace, *name; /* owned */
};

struct releaser_pause {
    const struct snapshot *surveyed; /* by which the next was found; compared, never read */
    struct delayed *delayed;         /* owned; sorted */
    size_t delayed_count;
    struct target *targets; /* owned */
    size_t target_count;
    int64_t survey_due_ms, target_due_ms;
};

static void drop_delayed(struct delayed *delayed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(delayed[i].name);
    free(delayed);
}

static void drop_target(struct releaser_pause *pause)
{
    struct target *target = &pause->targets[--pause->target_count];
    free(target->namespace);
    free(target->name);
}

void pause_drop(struct releaser *releaser)
{
    struct releaser_pause *pause = releaser->pause;
    if (pause == NULL)
        return;
    while (pause->target_count > 0)
        drop_target(pause);
    free(pause->targets);
    drop_delayed(pause->delayed, pause->delayed_count);
    free(pause);
    releaser->pause = NULL;
}

int64_t pause_due_ms(const struct releaser *releaser)
{
    const struct releaser_pause *pause = releaser->pause;
    if (pause == NULL)
        return 0;
    int64_t due_ms = pause->survey_due_ms;
    if (pause->target_count > 0 && pause->target_due_ms < due_ms)
        due_ms = pause->target_due_ms;
    for (size_t i = 0; i < pause->delayed_count; i++)
        if (pause->delayed[i].due_ms < due_ms)
            due_ms = pause->delayed[i].due_ms;
    return due_ms;
}

/* ---- which namespaces ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct delayed *)a)->name, ((const struct delayed *)b)->name);
}

static bool pauses(const struct snapshot_namespace *namespace)
{
    return namespace->policy != NULL && namespace->policy->delay.in_flight == IN_FLIGHT_PAUSE &&
           namespace->policy->mode == MODE_ENFORCE;
}

/* Whether it is delayed now; when that may turn is noted. */
static bool is_delayed(const struct releaser *releaser, const struct snapshot_namespace *namespace,
                       int64_t *next_s)
{
    struct calendar_view view =
        calendar_view_whole(namespace->facts.calendar, &namespace->facts.freeze_label);
    enum freeze_action action = calendar_at(&view, releaser->now_s).action;
    int64_t turns_s = freeze_closes(action) ? calendar_next_opening(&view, releaser->now_s)
                                            : calendar_next_closing(&view, releaser->now_s);
    *next_s = turns_s < *next_s ? turns_s : *next_s;
    return action == FREEZE_DELAY;
}

static struct delayed delayed_of(const struct releaser_pause *pause, struct text name)
{
    struct delayed delayed = {.name = kept_text(name)};
    const struct delayed *known =
        pause->delayed_count == 0
            ? NULL
            : bsearch(&delayed, pause->delayed, pause->delayed_count, sizeof(delayed), compare_names);
    if (known != NULL) {
        delayed.due_ms = known->due_ms;
        delayed.looks = known->looks;
    }
    return delayed;
}

static void survey(struct releaser *releaser, struct releaser_pause *pause)
{
    size_t namespace_count, count = 0;
    int64_t next_s = releaser->now_s + SURVEY_MS_MOST / 1000;
    const struct snapshot_namespace *namespaces = snapshot_namespaces(releaser->snapshot, &namespace_count);
    struct delayed *delayed = calloc(namespace_count + 1, sizeof(*delayed));
    if (delayed == NULL)
        abort();
    for (size_t i = 0; i < namespace_count; i++)
        if (pauses(&namespaces[i]) && is_delayed(releaser, &namespaces[i], &next_s))
            delayed[count++] = delayed_of(pause, namespaces[i].name);
    qsort(delayed, count, sizeof(*delayed), compare_names);
    drop_delayed(pause->delayed, pause->delayed_count);
    pause->delayed = delayed;
    pause->delayed_count = count;
    pause->surveyed = releaser->snapshot;
    int64_t left_ms = next_s * 1000 - cluster_clock_ms() + BEGUN_SLACK_MS;
    pause->survey_due_ms = releaser->now_ms + (left_ms > BEGUN_SLACK_MS ? left_ms : BEGUN_SLACK_MS);
}

/* ---- which Deployments ---- */

static void add_target(struct releaser_pause *pause, const struct held_object *object)
{
    pause->targets = reallocarray(pause->targets, pause->target_count + 1, sizeof(struct target));
    if (pause->targets == NULL)
        abort();
    pause->targets[pause->target_count++] =
        (struct target){kept_text(object->namespace), kept_text(object->name)};
}

static enum rollout_progress progress_of(struct releaser *releaser, const struct held_object *object)
{
    struct json root;
    const struct workload_type *type =
        workload_type_find(NULL, kube_held_kinds[RELEASER_KIND_DEPLOYMENT].group,
                           kube_held_kinds[RELEASER_KIND_DEPLOYMENT].resource);
    if (object->label.at != NULL || !releaser_parse(releaser, object, &root) ||
        hold_marks_read(root, type, &releaser->scratch).stopped)
        return ROLLOUT_FINISHED;
    return rollout_progress_read(root, type);
}

/* Whether to look again: one changed so shortly before the freeze that its controller has said nothing of it
 * yet. */
static bool look_at(struct releaser *releaser, struct errand *errand)
{
    struct kube_page page;
    struct error error;
    bool again = false;
    if (!kube_page_decode(kube_buffer_rest(&errand->answer), "deployments", &errand->arena, &page, &error)) {
        message_warning("what rolls out in namespace %.*s is not paused: %s; a list of %d MB at most is read",
                        TEXT_ARGS(errand->namespace), error.text, KUBE_PAGE_BYTES_MOST >> 20);
        return false;
    }
    for (size_t i = 0; i < page.count; i++) {
        struct held_object object;
        arena_reset(&releaser->scratch);
        if (!kube_held_decode(page.items[i], &errand->arena, &object, &error))
            continue;
        enum rollout_progress progress = progress_of(releaser, &object);
        again |= progress == ROLLOUT_UNOBSERVED;
        if (progress == ROLLOUT_UNDER_WAY)
            add_target(releaser->pause, &object);
    }
    return again;
}

void pause_take_list(struct releaser *releaser, struct errand *errand, unsigned status)
{
    struct releaser_pause *pause = releaser->pause;
    if (pause == NULL)
        return;
    struct delayed key = {.name = kept_text(errand->namespace)};
    struct delayed *delayed = pause->delayed_count == 0 ? NULL
                                                        : bsearch(&key, pause->delayed, pause->delayed_count,
                                                                  sizeof(key), compare_names);
    free(key.name);
    if (delayed == NULL)
        return; /* it has ended meanwhile */
    if (status != 200)
        delayed->due_ms = releaser->now_ms + AGAIN_MS;
    else if (look_at(releaser, errand))
        delayed->due_ms = releaser->now_ms + (UNOBSERVED_MS << delayed->looks);
    else
        delayed->due_ms = NEVER;
    delayed->looks += delayed->looks < DOUBLINGS_MOST;
}

/* ---- requests ---- */

static void list(struct releaser *releaser, struct errand *errand, const struct delayed *delayed)
{
    struct text name = arena_copy(&errand->arena, text_of(delayed->name));
    errand->namespace = name;
    errand->name = text_of("deployments");
    const struct kube_call call = {
        .method = KUBE_GET,
        .path = kube_held_list_path(&kube_held_kinds[RELEASER_KIND_DEPLOYMENT], name, &errand->arena).at,
        .accept = "application/json",
    };
    errand_start(releaser, errand, ERRAND_LIST, &call);
}

/* The gate sees to it that it is still rolling out, and turns the request into a hold. */
static void pause_one(struct releaser *releaser, struct errand *errand)
{
    const struct target *target = &releaser->pause->targets[releaser->pause->target_count - 1];
    errand->namespace = arena_copy(&errand->arena, text_of(target->namespace));
    errand->name = arena_copy(&errand->arena, text_of(target->name));
    struct text path = kube_held_path(&kube_held_kinds[RELEASER_KIND_DEPLOYMENT], errand->namespace,
                                      errand->name, &errand->arena);
    const struct kube_call call = {
        .method = KUBE_PATCH,
        .path = arena_printf(&errand->arena, "%.*s?fieldManager=changegate", TEXT_ARGS(path)).at,
        .accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
        .content_type = "application/merge-patch+json",
        .body = text_of("{\"metadata\":{\"labels\":{\"" HOLD_LABEL "\":\"" HOLD_LABEL_PAUSE "\"}}}"),
    };
    errand_start(releaser, errand, ERRAND_PAUSE, &call);
}

/* Refused is refused: the gate knows of another calendar, or it rolls out no more. */
void pause_done(struct releaser *releaser, unsigned status)
{
    struct releaser_pause *pause = releaser->pause;
    if (pause == NULL || pause->target_count == 0)
        return;
    if (status == 0 || status == 401 || status == 409 || status == 429 || status >= 500)
        pause->target_due_ms = releaser->now_ms + AGAIN_MS;
    else
        drop_target(pause);
}

void pause_step(struct releaser *releaser)
{
    if (releaser->pause == NULL) {
        releaser->pause = calloc(1, sizeof(*releaser->pause));
        if (releaser->pause == NULL)
            abort();
    }
    struct releaser_pause *pause = releaser->pause;
    if (pause->surveyed != releaser->snapshot || releaser->now_ms >= pause->survey_due_ms)
        survey(releaser, pause);
    struct errand *errand = errands_free_side(releaser);
    if (errand == NULL)
        return;
    if (pause->target_count > 0 && releaser->now_ms >= pause->target_due_ms) {
        pause_one(releaser, errand);
        return;
    }
    for (size_t i = 0; i < pause->delayed_count; i++)
        if (releaser->now_ms >= pause->delayed[i].due_ms) {
            list(releaser, errand, &pause->delayed[i]);
            return;
        }
}
