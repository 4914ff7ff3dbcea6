/* Holds in a review: what old and new object say, and what the client wants beneath the hold. */
#include "codec/digest.h"
#include "codec/hold.h"
#include "codec/objects.h"
#include "codec/review.h"
#include "review_private.h"

static struct json get(struct json object, const char *key)
{
    return json_get(object, text_of(key));
}

static struct text canonical(struct json value, struct arena *arena)
{
    struct json_text_buffer text = {NULL, 0, 0};
    if (json_type(value) == JSON_ABSENT)
        return TEXT_EMPTY;
    json_canonical(value, NULL, 0, &text);
    struct text copy = arena_copy(arena, json_text_view(&text));
    json_text_done(&text);
    return copy;
}

/* What the object has in the field that a hold takes; NULL `at`: nothing, or the kind has no such field. */
static struct text field_of(const struct review_objects *objects, struct arena *arena)
{
    const struct field_path *path = &objects->type->hold_path;
    return path->step_count == 0 ? TEXT_EMPTY : canonical(object_at(objects->after, path), arena);
}

/* ---- what the client wants ---- */

/* What was stopped before it was held stays so when both marks are taken off, it is left stopped, and its
 * template is the one from before: a Resume alone had no other. */
static bool gives_up_resume(const struct change *change)
{
    const struct change_hold *hold = &change->hold;
    change_classes resume = CLASS_BIT(CLASS_RESUME), classes = hold->before.hold.classes;
    bool back = classes == resume || (hold->running.known && change->template_difference == TEMPLATE_SAME);
    return (classes & resume) && back && hold->after.annotation.at == NULL && hold->after.label.at == NULL;
}

/* What the client wants in the field that the hold has taken. A client that says nothing of it sends back
 * what it found, the value that stops: then what was meant before is meant still. A hold that is not the old
 * object's is the gate's own, of the mutating pass, or forged; what it restores is the client's to choose. */
static struct text wanted_field(const struct review_objects *objects, const struct change *change,
                                struct arena *arena)
{
    const struct change_hold *hold = &change->hold;
    bool own = hold->after.readable && !text_equal(hold->after.annotation, hold->before.annotation);
    if (hold->after.stopped && own)
        return hold->after.hold.restore;
    if (hold->after.stopped && hold->before.held && !gives_up_resume(change))
        return hold->before.hold.restore;
    return field_of(objects, arena);
}

static int64_t parse_integer(struct text text)
{
    int64_t value = 0;
    for (size_t i = 0; i < text.length && i < 18; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return 0;
        value = value * 10 + (text.at[i] - '0');
    }
    return value;
}

/* The state of an object whose hold field had this value. */
static void put_field(const struct workload_type *type, struct text field, struct object_state *state)
{
    if (type->workload == KIND_POD)
        return;
    state->stopped = text_equal(field, type->hold_value);
    if (type->workload == KIND_STATEFULSET && state->partition != PARTITION_ALL)
        state->partition = parse_integer(field);
    if (type->workload == KIND_DAEMONSET)
        state->partition = state->stopped ? PARTITION_ALL : 0;
}

/* ---- a held object, seen without its hold ---- */

static struct json template_of(const struct review_objects *objects, struct json object)
{
    return object_at(object, &objects->type->template_path);
}

static struct text restarted_at(const struct review_objects *objects, struct json object)
{
    struct json annotations = get(get(template_of(objects, object), "metadata"), "annotations");
    return json_as_text(get(annotations, "kubectl.kubernetes.io/restartedAt"));
}

static void compare_with_running(const struct review_objects *objects, struct change *change)
{
    const struct hold_running *running = &change->hold.before.hold.running;
    if (!running->known) { /* a Resume: the templates of the objects say it; or what took its place */
        if (change->hold.before.hold.classes & (CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_ROLLBACK)))
            change->template_difference = TEMPLATE_DIFFERENT;
        else if (change->hold.keeps && (change->hold.before.hold.classes & CLASS_BIT(CLASS_RESTART)))
            change->template_difference = TEMPLATE_RESTARTED;
        return;
    }
    change->template_difference = TEMPLATE_SAME;
    if (!text_equal(running->digest, change->digest_after))
        change->template_difference = TEMPLATE_DIFFERENT;
    else if (!text_equal(running->restarted_at, restarted_at(objects, objects->after)))
        change->template_difference = TEMPLATE_RESTARTED;
}

static void see_without_hold(const struct review_objects *objects, struct arena *arena,
                             struct json_text_buffer *scratch, struct change *change)
{
    struct change_hold *hold = &change->hold;
    const struct hold *held = &hold->before.hold;
    struct json after = template_of(objects, objects->after);
    hold->keeps = change->template_difference == TEMPLATE_SAME;
    hold->running = held->running;
    change->digest_after = digest_template(after, objects->type->workload, scratch, arena);
    compare_with_running(objects, change);
    change->before.released &= hold->keeps; /* which is said of the held template */
    /* It was stopped before it was held, whatever it is to become: then the template from before is not out.
     */
    bool resumes = !held->running.known || (held->classes & CLASS_BIT(CLASS_RESUME));
    put_field(objects->type, resumes ? objects->type->hold_value : held->restore, &change->before);
}

/* ---- what can be held ---- */

static bool is_on_delete(struct json object)
{
    return text_is(json_as_text(get(get(get(object, "spec"), "updateStrategy"), "type")), "OnDelete");
}

/* By the kind, as the table of DESIGN section 6 has it. */
static enum hold_obstacle kind_obstacle(const struct review_objects *objects, const struct change *change)
{
    bool creates = change->operation == OPERATION_CREATE || change->hold.before.held;
    switch (objects->type->workload) {
    case KIND_DEPLOYMENT: return OBSTACLE_NONE;
    case KIND_STATEFULSET:
        if (change->operation == OPERATION_CREATE)
            return OBSTACLE_CREATION;
        return is_on_delete(objects->after) ? OBSTACLE_ON_DELETE : OBSTACLE_NONE;
    case KIND_DAEMONSET:
        if (change->operation == OPERATION_CREATE)
            return OBSTACLE_CREATION;
        if (objects->policy == NULL || !objects->policy->delay.daemon_sets_on_delete)
            return OBSTACLE_DAEMONSET;
        return change->after.stopped ? OBSTACLE_ON_DELETE : OBSTACLE_NONE;
    case KIND_CRONJOB: return creates || change->before.stopped ? OBSTACLE_NONE : OBSTACLE_RUNNING;
    case KIND_JOB: return creates || change->before.stopped ? OBSTACLE_NONE : OBSTACLE_KIND;
    case KIND_POD: return creates ? OBSTACLE_NONE : OBSTACLE_KIND;
    case KIND_OTHER: return objects->type->hold_path.step_count > 0 ? OBSTACLE_NONE : OBSTACLE_KIND;
    default: return OBSTACLE_KIND;
    }
}

/* The field can be set where the object around it is there, and restored where its value can be kept. */
static bool has_field(const struct review_objects *objects, const struct change *change)
{
    struct field_path parent = objects->type->hold_path;
    if (parent.step_count == 0) /* a Pod; one that has a node already takes no gate */
        return json_type(get(get(objects->after, "spec"), "nodeName")) == JSON_ABSENT ||
               change->operation != OPERATION_CREATE;
    if (!hold_restore_fits(change->hold.restore, objects->type))
        return false;
    parent.step_count--;
    return json_type(object_at(objects->after, &parent)) == JSON_OBJECT;
}

/* A hold would stop it halfway: fewer pods than wanted, of two templates, until the freeze ends. */
static enum hold_obstacle progress_obstacle(enum rollout_progress progress)
{
    switch (progress) {
    case ROLLOUT_UNOBSERVED: return OBSTACLE_UNOBSERVED;
    case ROLLOUT_UNDER_WAY:
    case ROLLOUT_FAILED: return OBSTACLE_UNDER_WAY;
    case ROLLOUT_SETTLING:
    case ROLLOUT_FINISHED: return OBSTACLE_NONE;
    }
    return OBSTACLE_UNDER_WAY;
}

static enum hold_obstacle find_obstacle(const struct review_objects *objects, const struct change *change)
{
    enum hold_obstacle obstacle = kind_obstacle(objects, change);
    if (obstacle != OBSTACLE_NONE || change->operation == OPERATION_CREATE)
        return obstacle != OBSTACLE_NONE || has_field(objects, change) ? obstacle : OBSTACLE_FIELD;
    if (!has_field(objects, change))
        return OBSTACLE_FIELD;
    if (change->before.replicas == 0 && change->after.replicas > 0)
        return OBSTACLE_FROM_ZERO;
    if (change->hold.before.held || change->before.stopped || change->hold.asks_pause)
        return OBSTACLE_NONE;
    return progress_obstacle(change->hold.progress);
}

/* ---- all of it ---- */

/* The request itself, or what the mutating pass made of it: a hold of nothing but a Resume on an object that
 * was not stopped. */
static bool asks_pause(const struct workload_type *type, const struct change *change)
{
    const struct hold_marks *after = &change->hold.after;
    bool made = after->readable && after->hold.classes == CLASS_BIT(CLASS_RESUME) &&
                !after->hold.running.known && text_is(after->label, HOLD_LABEL_HELD);
    return type->workload == KIND_DEPLOYMENT && change->template_difference == TEMPLATE_SAME &&
           !change->before.stopped && (made || text_is(after->label, HOLD_LABEL_PAUSE));
}

static void read_marks(const struct review_objects *objects, struct arena *arena, struct change_hold *hold)
{
    hold->before = hold_marks_read(objects->before, objects->type, arena);
    hold->after = hold_marks_read(objects->after, objects->type, arena);
    hold->on_freeze = object_annotation(objects->after, text_of(ON_FREEZE_ANNOTATION));
}

void review_read_hold(const struct review_objects *objects, struct arena *arena,
                      struct json_text_buffer *scratch, struct change *change)
{
    struct change_hold *hold = &change->hold;
    bool writes = change->operation == OPERATION_CREATE || change->operation == OPERATION_UPDATE;
    read_marks(objects, arena, hold);
    hold->decides = writes && change->subresource.length == 0;
    if (!hold->decides)
        return;
    hold->progress = rollout_progress_read(objects->before, objects->type);
    if (hold->before.held)
        see_without_hold(objects, arena, scratch, change);
    else
        hold->asks_pause = asks_pause(objects->type, change);
    if (hold->before.held || hold->after.stopped) { /* else it is what it says */
        hold->restore = wanted_field(objects, change, arena);
        put_field(objects->type, hold->restore, &change->after);
    } else {
        hold->restore = field_of(objects, arena);
    }
    hold->asks_release = hold->before.held && hold->after.annotation.at == NULL &&
                         text_is(hold->after.label, HOLD_LABEL_RELEASING);
    hold->gate_gone =
        objects->type->workload == KIND_POD && hold->before.held && object_hold_gate(objects->after) < 0;
    hold->obstacle = find_obstacle(objects, change);
}

void review_split_held(struct change *change)
{
    if (!change->hold.keeps)
        return;
    struct change held = *change, edit = *change;
    held.before.replicas = held.after.replicas;
    held.before.first_ordinal = held.after.first_ordinal;
    held.owner_added = false;
    edit.template_difference = TEMPLATE_SAME;
    edit.after.stopped = edit.before.stopped;
    edit.after.partition = edit.before.partition;
    edit.hold.before.held = false; /* of a creation, too: what is new is the edit alone */
    bool created = change->hold.before.hold.classes & CLASS_BIT(CLASS_CREATE);
    change->hold.held_classes = change_classify(&held);
    change->classes = created ? CLASS_BIT(CLASS_METADATA) : change_classify(&edit);
}

void review_complete_hold(const struct review *review, const struct policy *policy,
                          const struct change *change, struct arena *arena, struct json_text_buffer *scratch,
                          struct verdict *verdict)
{
    static const change_classes replaces =
        CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_ROLLBACK) | CLASS_BIT(CLASS_RESTART);
    struct hold *hold = &verdict->target.hold;
    if (!verdict->target.held || change->hold.before.held || !(hold->classes & replaces))
        return;
    const struct workload_type *type = workload_type_find(policy, review->group, review->resource);
    struct review_objects objects = {get(review->request, "oldObject"), get(review->request, "object"), type,
                                     policy};
    hold->running.known = true;
    hold->running.digest =
        digest_template(template_of(&objects, objects.before), type->workload, scratch, arena);
    hold->running.restarted_at = restarted_at(&objects, objects.before);
}

bool review_read_held(struct json object, const struct policy *policy, const struct workload_type *type,
                      bool reads_labels, struct arena *arena, struct json_text_buffer *scratch,
                      struct change *ret_change)
{
    struct json metadata = get(object, "metadata");
    struct review_objects objects = {object, object, type, policy};
    struct change change = {
        .operation = OPERATION_UPDATE,
        .group = type->group,
        .kind = type->kind,
        .resource = type->resource,
        .namespace = json_as_text(get(metadata, "namespace")),
        .name = json_as_text(get(metadata, "name")),
        .workload = type->workload,
        .template_field = type->template_path.source,
        .before = object_state_read(object, type, false),
        .has_annotations = true,
    };
    change.after = change.before;
    if (policy != NULL) {
        change.approval_ids = object_annotation(object, policy->approval_ids_key);
        change.change_document = object_annotation(object, policy->change_document_key);
    }
    if (reads_labels || (policy != NULL && policy->reads_labels))
        review_read_labels(object, object, arena, &change);
    review_read_hold(&objects, arena, scratch, &change);
    review_read_record(&objects, arena, &change);
    change.user = (struct user){.name = change.hold.before.hold.by};
    change.classes = change_classify(&change);
    review_split_held(&change);
    review_read_evidence(&objects, arena, scratch, &change);
    review_complete_record(&objects, arena, scratch, &change);
    *ret_change = change;
    return change.hold.before.held;
}

/* ---- the answer of the mutating pass ---- */

/* Marks that a client brought along, as with a manifest that was read from a held object. */
static bool strips(const struct change *change, const struct hold_target *target)
{
    const struct change_hold *hold = &change->hold;
    return !target->held && hold->after.annotation.at != NULL && hold->before.annotation.at == NULL;
}

void review_write_mutation(const struct review *review, const struct policy *policy,
                           const struct change *change, const struct verdict *verdict, struct arena *arena,
                           struct json_text_buffer *scratch, struct json_text_buffer *out)
{
    const struct workload_type *type = workload_type_find(policy, review->group, review->resource);
    json_text_clear(scratch);
    if (verdict->kind != VERDICT_DENY && type != NULL)
        hold_write_patch(get(review->request, "object"), type, &verdict->target, &verdict->record, arena,
                         scratch);
    struct text warning = TEXT_EMPTY;
    if (scratch->length > 0 && strips(change, &verdict->target))
        warning = arena_printf(arena,
                               "%.*s %.*s/%.*s: annotation " HOLD_ANNOTATION
                               " is written by changegate alone; it was taken away",
                               TEXT_ARGS(text_quote(arena, change->kind, 63)),
                               TEXT_ARGS(text_quote(arena, change->namespace, 63)),
                               TEXT_ARGS(text_quote(arena, change->name, 63)));
    review_answer_mutation(review->uid, json_text_view(scratch), warning, out);
}
