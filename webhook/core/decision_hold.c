/* Delay: a change that comes during a freeze waits at its client, is held, or is refused (DESIGN section 6).
 * What becomes of one that is held already: decision_held.c. */
#include "decision_private.h"

enum { UNOBSERVED_RETRY_S = 1 };

static struct reason *find_reason(struct verdict *verdict, enum reason_code code)
{
    for (size_t i = 0; i < verdict->reason_count; i++)
        if (verdict->reasons[i].code == code)
            return &verdict->reasons[i];
    return NULL;
}

/* ---- the hold to be written ---- */

static struct hold make_hold(const struct policy *policy, const struct change *change, change_classes classes,
                             int64_t now_s, struct arena *arena)
{
    return (struct hold){
        .since_s = now_s,
        .classes = classes & HOLDABLE,
        .policy = policy->name,
        .by = text_quote(arena, change->user.name, RECORD_NAME_BYTES_MOST),
        .approvals = text_quote(arena, change->approval_ids, 253),
        .document = text_quote(arena, change->change_document, 512),
        .digest = change->digest_after,
        .running = change->hold.running,
        .restore = change->hold.restore,
    };
}

void decision_date_hold(struct hold *hold, const struct calendar_view *view, int64_t opens_s,
                        struct text reason, int64_t now_s, struct arena *arena)
{
    enum { REASON_BYTES_MOST = 1024 };
    hold->until_s = opens_s;
    hold->window = opens_s == 0 ? TEXT_EMPTY : decision_name_causes(view, now_s, arena);
    hold->reason = text_quote(arena, reason, REASON_BYTES_MOST);
}

void decision_put_hold(struct verdict *verdict, struct hold hold)
{
    verdict->kind = VERDICT_DELAY;
    verdict->target =
        (struct hold_target){.decides = true, .held = true, .hold = hold, .label = TEXT(HOLD_LABEL_HELD)};
}

/* The warning says first what happens, since the API server cuts it at 256 bytes. */
static struct text say_held(struct text reason, struct arena *arena)
{
    const struct text parts[] = {TEXT("held, and released by itself: "), reason};
    return arena_concat(arena, parts, sizeof(parts) / sizeof(parts[0]));
}

/* ---- a change that comes during a freeze that delays ---- */

static const char *const obstacle_texts[] = {
    [OBSTACLE_KIND] = "nothing holds this change of this kind",
    [OBSTACLE_NONE] = "",
    [OBSTACLE_CREATION] = "nothing holds the creation of this kind, whose pods come up at once",
    [OBSTACLE_DAEMONSET] =
        "a DaemonSet cannot be held safely, since a pod that is replaced gets the new template",
    [OBSTACLE_ON_DELETE] = "with updateStrategy OnDelete a pod that is replaced gets the new template",
    [OBSTACLE_RUNNING] = "suspending this CronJob would stop the runs of its present template as well",
    [OBSTACLE_UNDER_WAY] = "a rollout is under way, which a hold would stop halfway",
    [OBSTACLE_UNOBSERVED] = "its controller has not seen the last change yet; try again in a second",
    [OBSTACLE_FROM_ZERO] = "it is at zero replicas, and a hold does not stop the first pods",
    [OBSTACLE_FIELD] =
        "the field that would hold it has no place in this object, or a value that could not be put back",
};

const char *decision_obstacle(enum hold_obstacle obstacle)
{
    return obstacle_texts[obstacle];
}

/* Why the change is not held: NULL where it can be. */
static const char *refusal(const struct policy *policy, const struct change *change, struct arena *arena)
{
    char classes[96];
    change_classes others = change->classes & policy_freeze_classes(policy) & ~HOLDABLE;
    if (text_is(change->hold.on_freeze, "deny"))
        return "not held, since " ON_FREEZE_ANNOTATION " says deny";
    if (change->hold.on_freeze.at != NULL && !text_is(change->hold.on_freeze, "delay"))
        return "not held, since " ON_FREEZE_ANNOTATION " says neither deny nor delay";
    if (!change->hold.decides || others != 0)
        return arena_printf(
                   arena, "not held, since a hold stops no %s",
                   change_classes_name(others != 0 ? others : change->classes, classes, sizeof(classes)))
            .at;
    if (change->hold.obstacle != OBSTACLE_NONE)
        return arena_printf(arena, "not held: %s", obstacle_texts[change->hold.obstacle]).at;
    return NULL;
}

void reason_append(struct reason *reason, struct text more, struct arena *arena)
{
    const struct text parts[] = {reason->message, TEXT("; "), more};
    reason->message = arena_concat(arena, parts, sizeof(parts) / sizeof(parts[0]));
}

static bool waits(const struct policy *policy, const struct change *change, int64_t opens_s, int64_t now_s)
{
    return opens_s != FREEZE_NO_END && opens_s - now_s <= policy->delay.retry_below_s &&
           (change->hold.on_freeze.at == NULL || text_is(change->hold.on_freeze, "delay"));
}

static void hold_change(const struct policy *policy, const struct facts *facts, const struct change *change,
                        struct reason *frozen, int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct calendar_view view = decision_view(policy, facts, change, arena);
    struct hold hold = make_hold(policy, change, change->classes, now_s, arena);
    decision_date_hold(&hold, &view, verdict->opens_s, frozen->message, now_s, arena);
    decision_put_hold(verdict, hold);
    *frozen = (struct reason){REASON_HELD, TEXT_EMPTY, say_held(frozen->message, arena)};
}

void decision_delay(const struct policy *policy, const struct facts *facts, const struct change *change,
                    enum freeze_action action, int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct reason *frozen = find_reason(verdict, REASON_FROZEN);
    if (action != FREEZE_DELAY || frozen == NULL || decision_faults(verdict) != FROZEN_ALONE)
        return;
    const char *why_not = refusal(policy, change, arena);
    if (waits(policy, change, verdict->opens_s, now_s)) {
        verdict->retry_after_s = (unsigned)(verdict->opens_s - now_s);
        reason_append(
            frozen, arena_printf(arena, "it opens in %u s, and is tried again then", verdict->retry_after_s),
            arena);
    } else if (why_not != NULL) {
        if (change->hold.obstacle == OBSTACLE_UNOBSERVED)
            verdict->retry_after_s = UNOBSERVED_RETRY_S;
        reason_append(frozen, text_of(why_not), arena);
    } else if (policy->mode == MODE_ENFORCE) {
        hold_change(policy, facts, change, frozen, now_s, arena, verdict);
    } else {
        reason_append(frozen, text_of("mode Enforce would hold it until then"), arena);
    }
}

void decision_check_pause(const struct policy *policy, const struct facts *facts, const struct change *change,
                          int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct change resume = *change;
    resume.classes = CLASS_BIT(CLASS_RESUME);
    struct calendar_view view = decision_view(policy, facts, &resume, arena);
    if (policy->delay.in_flight != IN_FLIGHT_PAUSE || policy->mode != MODE_ENFORCE ||
        change->hold.progress != ROLLOUT_UNDER_WAY || calendar_at(&view, now_s).action != FREEZE_DELAY)
        return;
    struct verdict frozen = {0};
    decision_add_frozen(&view, change, now_s, "", "", arena, &frozen);
    verdict->opens_s = frozen.opens_s;
    struct hold hold = make_hold(policy, change, resume.classes, now_s, arena);
    decision_date_hold(&hold, &view, verdict->opens_s, frozen.reasons[0].message, now_s, arena);
    decision_put_hold(verdict, hold);
    verdict->reason_count = 0;
    verdict_add(verdict, REASON_HELD, TEXT_EMPTY, say_held(frozen.reasons[0].message, arena));
}
