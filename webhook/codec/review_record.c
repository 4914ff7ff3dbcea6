/* What a review says of what was admitted, and of the evidence that asks for more than an id. */
#include "codec/digest.h"
#include "codec/objects.h"
#include "codec/record.h"
#include "codec/token.h"
#include "core/requirement.h"
#include "review_private.h"

/* Classes that bring a template, or find one that was there before the gate. */
#define RECORDED                                                                      \
    (CLASS_BIT(CLASS_CREATE) | CLASS_BIT(CLASS_ROLLOUT) | CLASS_BIT(CLASS_ROLLBACK) | \
     CLASS_BIT(CLASS_RESTART) | CLASS_BIT(CLASS_RESUME))

/* Classes that bring none, and use their evidence up by the template that they find. */
#define USES_IDS_ALONE (CLASS_BIT(CLASS_SCALE) | CLASS_BIT(CLASS_DELETE))

static const struct record *parse(struct text annotation, struct arena *arena)
{
    struct record *record = arena_alloc_array(arena, 1, sizeof(*record));
    return annotation.at != NULL && record_read(annotation, arena, record) ? record : NULL;
}

static bool key_differs(const struct review_objects *objects, struct text key)
{
    return text_differs(object_annotation(objects->before, key), object_annotation(objects->after, key));
}

/* Whatever counts as evidence, or asks for something. */
static bool evidence_differs(const struct review_objects *objects)
{
    static const struct text keys[] = {TEXT(TOKEN_ANNOTATION), TEXT(BREAK_GLASS_ANNOTATION),
                                       TEXT(BREAK_GLASS_REASON_ANNOTATION), TEXT(REVIEWED_BY_ANNOTATION),
                                       TEXT(ON_FREEZE_ANNOTATION)};
    bool differs = key_differs(objects, objects->policy->approval_ids_key) ||
                   key_differs(objects, objects->policy->change_document_key);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !differs; i++)
        differs = key_differs(objects, keys[i]);
    return differs;
}

static void read_override(const struct review_objects *objects, struct change_record *record)
{
    struct text incident = text_of(BREAK_GLASS_ANNOTATION), reason = text_of(BREAK_GLASS_REASON_ANNOTATION);
    struct text reviewer = text_of(REVIEWED_BY_ANNOTATION);
    record->incident = object_annotation(objects->after, incident);
    record->reason = object_annotation(objects->after, reason);
    record->override_set =
        record->incident.at != NULL && (key_differs(objects, incident) || key_differs(objects, reason));
    if (key_differs(objects, reviewer))
        record->reviewer = object_annotation(objects->after, reviewer);
}

void review_read_record(const struct review_objects *objects, struct arena *arena, struct change *change)
{
    struct change_record *record = &change->record;
    record->before = object_annotation(objects->before, text_of(RECORD_ANNOTATION));
    record->after = object_annotation(objects->after, text_of(RECORD_ANNOTATION));
    bool updates = change->operation == OPERATION_UPDATE;
    if (!change->hold.decides) {
        record->evidence_differs = updates && objects->policy != NULL && evidence_differs(objects);
        return;
    }
    read_override(objects, record);
    if (change->template_difference != TEMPLATE_SAME || change->hold.before.held)
        record->old = parse(record->before, arena);
}

static struct text digest_old(const struct review_objects *objects, struct arena *arena,
                              struct json_text_buffer *scratch)
{
    return digest_template(object_at(objects->before, &objects->type->template_path), objects->type->workload,
                           scratch, arena);
}

/* The template that the object had before; one that is held never ran. */
static struct text digest_before(const struct review_objects *objects, const struct change *change,
                                 struct arena *arena, struct json_text_buffer *scratch)
{
    const struct hold_running *running = &change->hold.running;
    if (change->hold.before.held)
        return running->known ? running->digest : TEXT_EMPTY;
    if (change->classes & (CLASS_BIT(CLASS_ROLLOUT) | USES_IDS_ALONE))
        return digest_old(objects, arena, scratch);
    return change->classes & CLASS_BIT(CLASS_RESTART) ? change->digest_after : TEXT_EMPTY;
}

/* Whether the template that is there goes on record, where nothing is yet. */
static bool is_found(const struct review_objects *objects, const struct change *change)
{
    struct approval_need need = {.approval = false};
    if ((change->classes & USES_IDS_ALONE) && objects->policy != NULL)
        approval_need_of(objects->policy, change, &need);
    return (change->classes & RECORDED) || change->hold.keeps || need.approval;
}

/* Whether the newest template of the record waits, and the old object says that its pods run the one it has.
 */
static bool is_brought_out(const struct change *change)
{
    const struct record *old = change->record.old;
    return old != NULL && old->template_count > 0 && old->templates[0].waiting && change->before.released &&
           change->before.replicas != 0 && !change->hold.before.held;
}

void review_complete_record(const struct review_objects *objects, struct arena *arena,
                            struct json_text_buffer *scratch, struct change *change)
{
    struct change_record *record = &change->record;
    bool asked = change->classes != CLASS_BIT(CLASS_METADATA) || change->hold.keeps ||
                 record->incident.at != NULL || record->reviewer.at != NULL;
    if (asked && record->old == NULL)
        record->old = parse(record->before, arena);
    if (!change->hold.decides)
        return;
    if (record->old == NULL && change->operation == OPERATION_UPDATE && is_found(objects, change))
        record->digest_before = digest_before(objects, change, arena, scratch);
    else if (change->operation == OPERATION_UPDATE && is_brought_out(change))
        record->digest_before = digest_old(objects, arena, scratch);
    if (text_differs(record->before, record->after))
        record->found = parse(record->after, arena);
}

/* ---- what requirements and people ask for ---- */

static struct labels read_annotations(struct json object, struct arena *arena)
{
    return review_label_map(json_get(json_get(object, text_of("metadata")), text_of("annotations")), arena);
}

static void add_images(struct json containers, struct text *images, size_t *count)
{
    for (struct json_walk w = json_walk_start(containers); json_walk_next(&w);)
        images[(*count)++] = json_as_text(json_get(w.value, text_of("image")));
}

static void read_images(struct json pod_spec, struct arena *arena, struct change *change)
{
    static const struct text lists[] = {TEXT("containers"), TEXT("initContainers"),
                                        TEXT("ephemeralContainers")};
    size_t room = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        room += json_count(json_get(pod_spec, lists[i]));
    struct text *images = arena_alloc_array(arena, room, sizeof(*images));
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        add_images(json_get(pod_spec, lists[i]), images, &change->image_count);
    change->images = images;
}

void review_read_evidence(const struct review_objects *objects, struct arena *arena,
                          struct json_text_buffer *scratch, struct change *change)
{
    static const approval_sources people = SOURCE_BIT(SOURCE_APPROVAL) | SOURCE_BIT(SOURCE_TOKEN);
    const struct policy *policy = objects->policy;
    struct json object = json_type(objects->after) == JSON_OBJECT ? objects->after : objects->before;
    struct json pod_template = object_at(object, &objects->type->template_path);
    bool asked = change->classes != CLASS_BIT(CLASS_METADATA) || change->hold.keeps;
    if (policy == NULL || !asked)
        return;
    if (policy->reads_annotations)
        change->annotations = read_annotations(object, arena);
    if (policy->reads_images)
        read_images(objects->type->workload == KIND_POD ? pod_template
                                                        : json_get(pod_template, text_of("spec")),
                    arena, change);
    struct approval_need need;
    struct change decided = *change;
    if (change->hold.keeps)
        decided.classes = change->hold.held_classes | change->classes;
    approval_need_of(policy, &decided, &need);
    if (!need.approval || !(need.sources & people))
        return;
    if (change->digest_after.length == 0)
        change->digest_after = digest_template(pod_template, objects->type->workload, scratch, arena);
    if (need.sources & SOURCE_BIT(SOURCE_TOKEN))
        change->token_count =
            token_read_all(&policy->tokens, object_annotation(object, text_of(TOKEN_ANNOTATION)),
                           change->namespace, arena, &change->tokens);
}
