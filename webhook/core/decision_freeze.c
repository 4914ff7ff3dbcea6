/* Freezes: the namespace label, rule `freezeWindows` of the policy, and FreezeWindow objects. */
#include "core/instant.h"
#include "decision_private.h"

/* Of so many causes the reason, contact and link are told; of the others the name: a denial has to fit on one
 * screen. */
enum { CAUSES_TOLD_WHOLE = 3 };

/* What an operator wrote, on one line. */
static struct text written(struct text text, struct arena *arena)
{
    enum { WRITTEN_BYTES_MOST = 200 };
    return text_quote(arena, text_trim(text), WRITTEN_BYTES_MOST);
}

/* A text put together from parts with one copy: a denial may name many windows. */
enum { PARTS_OF_CAUSE = 16, PARTS_MOST = (FREEZE_CAUSES_MOST + 2) * PARTS_OF_CAUSE };
struct parts {
    struct text items[PARTS_MOST];
    size_t count;
};

static void add_part(struct parts *parts, struct text text)
{
    if (parts->count < PARTS_MOST && text.length > 0)
        parts->items[parts->count++] = text;
}

static void add_word(struct parts *parts, const char *word)
{
    add_part(parts, text_of(word));
}

/* One more detail in parentheses, if there is one: "WHAT VALUE" */
static void add_detail(struct parts *parts, bool *first, const char *what, struct text value,
                       struct arena *arena)
{
    if (value.length == 0)
        return;
    add_word(parts, *first ? " (" : "; ");
    add_word(parts, what);
    add_part(parts, written(value, arena));
    *first = false;
}

/* window "peak" (peak season; contact #sre; https://...; ticket OPS-1) */
static void add_window(struct parts *parts, const struct freeze_window *window, bool whole,
                       struct arena *arena)
{
    bool first = true;
    add_word(parts, "window \"");
    add_part(parts, written(window->name, arena));
    add_word(parts, "\"");
    if (!whole)
        return;
    add_detail(parts, &first, "", window->reason, arena);
    add_detail(parts, &first, "contact ", window->contact, arena);
    add_detail(parts, &first, "", window->url, arena);
    add_detail(parts, &first, "ticket ", window->ticket, arena);
    if (!first)
        add_word(parts, ")");
}

static void add_label(struct parts *parts, const struct freeze_label *label, struct text namespace,
                      struct arena *arena)
{
    bool first = true;
    add_word(parts, "the freeze label of namespace ");
    add_part(parts, text_quote(arena, namespace, 63));
    add_detail(parts, &first, "", label->reason, arena);
    add_detail(parts, &first, "", label->trouble, arena);
    if (!first)
        add_word(parts, ")");
}

/* Causes gathered one by one: those inside which it is closed, then those outside which it is. */
struct cause_list {
    struct arena *arena;
    int64_t now_s;
    struct parts parts;
    size_t inside, outside;  /* named so far; the label is one of those inside */
    const struct zone *zone; /* of the first that has one: what its people's clocks show */
};

/* Within minimumRunway of the end: on by the calendar, too late by its rule. */
static bool is_too_late(const struct freeze_spans *spans, int64_t now_s)
{
    size_t next = freeze_spans_find(spans, now_s);
    return next > 0 && now_s - spans->intervals[next - 1].end_s < spans->window->runway_s;
}

/* What stands before the next one: "by ..., ..., and outside Maintenance ..., ..." */
static void add_separator(struct cause_list *list, bool is_outside)
{
    if (is_outside && list->outside == 0)
        add_word(&list->parts, list->inside == 0 ? "outside Maintenance " : ", and outside Maintenance ");
    else
        add_word(&list->parts, list->inside + list->outside == 0 ? "by " : ", ");
}

static void gather(void *context, const struct freeze_spans *spans, bool is_outside)
{
    struct cause_list *list = context;
    add_separator(list, is_outside);
    add_window(&list->parts, spans->window, list->inside + list->outside < CAUSES_TOLD_WHOLE, list->arena);
    *(is_outside ? &list->outside : &list->inside) += 1;
    if (list->zone == NULL)
        list->zone = spans->window->zone;
    if (is_outside && is_too_late(spans, list->now_s))
        add_part(&list->parts, arena_printf(list->arena, ", which ends within its minimumRunway of %lld min",
                                            (long long)((spans->window->runway_s + 59) / 60)));
}

/* `by window "a" (...), window "b", and outside Maintenance window "c"`; the label comes first. */
static struct text describe_causes(const struct calendar_view *view, const struct calendar_state *state,
                                   struct text namespace, struct cause_list *list)
{
    if (state->label) {
        add_separator(list, false);
        add_label(&list->parts, &view->label, namespace, list->arena);
        list->inside++;
    }
    size_t before = list->inside, total = calendar_causes(view, list->now_s, gather, list);
    size_t named = list->inside + list->outside - before;
    if (total > named)
        add_part(&list->parts, arena_printf(list->arena, " and %zu more", total - named));
    return arena_concat(list->arena, list->parts.items, list->parts.count);
}

static struct text describe_opening(int64_t opens_s, const struct zone *zone, struct arena *arena)
{
    return opens_s == FREEZE_NO_END
               ? text_of("with no known end")
               : arena_printf(arena, "until %.*s", TEXT_ARGS(zone_format(zone, opens_s, arena)));
}

struct text decision_describe_closed(const struct calendar_view *view, const struct change *change,
                                     int64_t now_s, struct arena *arena, int64_t *ret_opens_s)
{
    struct calendar_state state = calendar_at(view, now_s);
    struct cause_list list = {.arena = arena, .now_s = now_s};
    struct text causes = describe_causes(view, &state, change->namespace, &list);
    *ret_opens_s = calendar_next_opening(view, now_s);
    struct text until = describe_opening(*ret_opens_s, list.zone, arena);
    const struct text parts[] = {until, TEXT(" "), causes};
    return arena_concat(arena, parts, sizeof(parts) / sizeof(parts[0]));
}

void decision_add_frozen(const struct calendar_view *view, const struct change *change, int64_t now_s,
                         const char *field, const char *more, struct arena *arena, struct verdict *verdict)
{
    struct text closed = decision_describe_closed(view, change, now_s, arena, &verdict->opens_s);
    const struct text parts[] = {TEXT("frozen "), closed, text_of(more)};
    verdict_add(verdict, REASON_FROZEN, text_of(field),
                arena_concat(arena, parts, sizeof(parts) / sizeof(parts[0])));
}

enum freeze_action decision_check_freeze(const struct calendar_view *view, const struct change *change,
                                         int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    struct calendar_state state = calendar_at(view, now_s);
    if (freeze_closes(state.action)) {
        decision_add_frozen(view, change, now_s, "metadata.namespace", "", arena, verdict);
    } else if (state.action == FREEZE_WARN) {
        struct cause_list list = {.arena = arena, .now_s = now_s};
        struct text causes = describe_causes(view, &state, change->namespace, &list);
        verdict_add(verdict, REASON_FREEZE_WARNING, TEXT_EMPTY,
                    arena_printf(arena, "changes are discouraged now %.*s", TEXT_ARGS(causes)));
    }
    return state.action;
}

static void gather_name(void *context, const struct freeze_spans *spans, bool is_outside)
{
    struct cause_list *list = context;
    (void)is_outside;
    if (list->inside > 0)
        add_word(&list->parts, ", ");
    add_part(&list->parts, text_quote(list->arena, spans->window->name, 63));
    list->inside++;
}

struct text decision_name_causes(const struct calendar_view *view, int64_t now_s, struct arena *arena)
{
    struct calendar_state state = calendar_at(view, now_s);
    struct cause_list list = {.arena = arena, .now_s = now_s};
    if (state.label) {
        add_word(&list.parts, "(label)");
        list.inside++;
    }
    size_t before = list.inside, total = calendar_causes(view, now_s, gather_name, &list);
    if (total > list.inside - before)
        add_part(&list.parts, arena_printf(arena, " and %zu more", total - (list.inside - before)));
    return arena_concat(arena, list.parts.items, list.parts.count);
}

/* ---- ahead: rule `warnAhead` ---- */

static struct text describe_wait(int64_t wait_s, struct arena *arena)
{
    long long minutes = (wait_s + 59) / 60;
    return minutes < 60 ? arena_printf(arena, "%lld min", minutes)
                        : arena_printf(arena, "%lld h %lld min", minutes / 60, minutes % 60);
}

void decision_check_ahead(const struct calendar_view *view, const struct change *change, int64_t ahead_s,
                          int64_t now_s, struct arena *arena, struct verdict *verdict)
{
    int64_t closes_s = ahead_s > 0 ? calendar_next_closing(view, now_s) : FREEZE_NO_END;
    if (closes_s == FREEZE_NO_END || closes_s - now_s > ahead_s)
        return;
    struct calendar_state state = calendar_at(view, closes_s);
    struct cause_list list = {.arena = arena, .now_s = closes_s};
    struct text causes = describe_causes(view, &state, change->namespace, &list);
    verdict_add(verdict, REASON_FREEZE_AHEAD, TEXT_EMPTY,
                arena_printf(arena, "closes in %.*s, at %.*s, %.*s",
                             TEXT_ARGS(describe_wait(closes_s - now_s, arena)),
                             TEXT_ARGS(zone_format(list.zone, closes_s, arena)), TEXT_ARGS(causes)));
}
