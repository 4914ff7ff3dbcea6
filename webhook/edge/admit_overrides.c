/* What a decision about break-glass leaves behind: counted, and told in an Event on the workload. Layer:
 * edge.
 */
#include "admit_private.h"

enum { NAME_BYTES_MOST = 200, QUOTED_BYTES_MOST = 200, UID_BYTES_SHOWN = 8 };

static struct kube_involved involved_of(const struct admission *admission, const struct change *change)
{
    const struct review *review = &admission->review;
    struct arena *arena = &admission->admit->arena;
    struct json object = json_get(review->request, text_of("object"));
    if (json_type(object) != JSON_OBJECT)
        object = json_get(review->request, text_of("oldObject"));
    struct json metadata = json_get(object, text_of("metadata"));
    return (struct kube_involved){
        .api_version = arena_printf(arena, "%.*s%s%.*s", TEXT_ARGS(review->group),
                                    review->group.length > 0 ? "/" : "", TEXT_ARGS(review->version)),
        .kind = change->kind,
        .namespace = change->namespace,
        .name = change->name,
        .uid = json_as_text(json_get(metadata, text_of("uid"))),
    };
}

static void tell(const struct admission *admission, const struct change *change, enum override_kind kind,
                 struct text message)
{
    const char *reason = kind == OVERRIDE_ALLOWED ? "BreakGlass" : "BreakGlassRefused";
    struct arena *arena = &admission->admit->arena;
    struct kube_involved involved = involved_of(admission, change);
    /* One request is one happening, whoever asks about it again. */
    struct text happening = arena_printf(arena, "%s %.*s", reason, TEXT_ARGS(change->uid));
    const struct kube_event_text event = {
        .involved = involved,
        .name =
            arena_printf(arena, "%.*s.%.*s.%016llx", TEXT_ARGS(text_slice(involved.name, 0, NAME_BYTES_MOST)),
                         TEXT_ARGS(text_slice(involved.uid, 0, UID_BYTES_SHOWN)),
                         (unsigned long long)text_hash(happening)),
        .reason = reason,
        .is_warning = true,
        .message = message,
    };
    if (admission->admit->overrides != NULL)
        override_events_put(admission->admit->overrides, kind, &event, admission->now_s, arena);
}

static const struct reason *find_refusal(const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->reason_count; i++)
        if (verdict->reasons[i].code == REASON_BREAK_GLASS_REFUSED)
            return &verdict->reasons[i];
    return NULL;
}

void admission_tell_override(const struct admission *admission, const struct change *change)
{
    const struct verdict *verdict = &admission->verdict;
    struct arena *arena = &admission->admit->arena;
    const struct reason *refusal = find_refusal(verdict);
    char classes[96];
    if (admission->review.dry_run || change->workload == KIND_NONE)
        return;
    change_classes_name(change->classes, classes, sizeof(classes));
    struct text who = text_quote(arena, change->user.name, QUOTED_BYTES_MOST);
    if (refusal != NULL) {
        metrics_count(admission->admit->metrics, METRICS_BREAK_GLASS_REFUSED);
        tell(admission, change, OVERRIDE_ATTEMPTED,
             arena_printf(arena, "%s by %.*s: %.*s", classes, TEXT_ARGS(who), TEXT_ARGS(refusal->message)));
    } else if (verdict->overrides && verdict->kind != VERDICT_DENY) {
        metrics_count(admission->admit->metrics, METRICS_BREAK_GLASS_ALLOWED);
        tell(admission, change, OVERRIDE_ALLOWED,
             arena_printf(
                 arena,
                 "%s by %.*s was let through by break-glass %.*s: %.*s; somebody else has to look at it "
                 "and set annotation " REVIEWED_BY_ANNOTATION,
                 classes, TEXT_ARGS(who),
                 TEXT_ARGS(text_quote(arena, change->record.incident, QUOTED_BYTES_MOST)),
                 TEXT_ARGS(text_quote(arena, change->record.reason, QUOTED_BYTES_MOST))));
    }
}
