/* Freezes: the namespace label and rule `freezeWindows` of the policy. */
#include "core/instant.h"
#include "decision_private.h"

static struct text join(struct text list, const char *separator, struct text more, struct arena *arena)
{
    if (more.length == 0)
        return list;
    return arena_printf(arena, "%.*s%s%.*s", TEXT_ARGS(list), list.length == 0 ? "" : separator,
                        TEXT_ARGS(more));
}

/* What an operator wrote, on one line. */
static struct text written(struct text text, struct arena *arena)
{
    enum { WRITTEN_BYTES_MOST = 200 };
    return text_quote(arena, text_trim(text), WRITTEN_BYTES_MOST);
}

/* window "peak" (peak season; contact #sre; https://...; ticket OPS-1) */
static struct text describe_window(const struct freeze_window *window, struct arena *arena)
{
    struct text details = written(window->reason, arena);
    if (window->contact.length > 0)
        details =
            join(details, "; ",
                 arena_printf(arena, "contact %.*s", TEXT_ARGS(written(window->contact, arena))), arena);
    details = join(details, "; ", written(window->url, arena), arena);
    if (window->ticket.length > 0)
        details = join(details, "; ",
                       arena_printf(arena, "ticket %.*s", TEXT_ARGS(written(window->ticket, arena))), arena);
    struct text name = arena_printf(arena, "window \"%.*s\"", TEXT_ARGS(written(window->name, arena)));
    return details.length == 0 ? name
                               : arena_printf(arena, "%.*s (%.*s)", TEXT_ARGS(name), TEXT_ARGS(details));
}

static struct text describe_label(const struct freeze_label *label, struct text namespace,
                                  struct arena *arena)
{
    struct text details = join(label->reason, "; ", label->trouble, arena);
    struct text name = arena_printf(arena, "the freeze label of namespace %.*s",
                                    TEXT_ARGS(text_quote(arena, namespace, 63)));
    return details.length == 0 ? name
                               : arena_printf(arena, "%.*s (%.*s)", TEXT_ARGS(name), TEXT_ARGS(details));
}

/* Every cause of this action: the label first, then the windows, strictest and oldest first. */
static struct text describe_causes(const struct policy *policy, const struct facts *facts,
                                   struct text namespace, const struct freeze_state *state,
                                   bool label_in_force, struct arena *arena)
{
    struct text list = TEXT_EMPTY;
    const struct freeze_segment *segment = state->segment;
    if (label_in_force && facts->freeze_label.action == state->action)
        list = describe_label(&facts->freeze_label, namespace, arena);
    if (segment == NULL || segment->action != state->action)
        return list;
    uint32_t listed = 0;
    for (uint32_t i = 0; i < segment->cause_count; i++) {
        const struct freeze_window *window = policy->freeze.causes[segment->first_cause + i];
        if (window->action != state->action)
            continue;
        list = join(list, ", ", describe_window(window, arena), arena);
        listed++;
    }
    if (segment->deciding_causes > listed)
        list = arena_printf(arena, "%.*s and %u more", TEXT_ARGS(list), segment->deciding_causes - listed);
    return list;
}

void decision_check_freeze(const struct policy *policy, const struct facts *facts,
                           const struct change *change, int64_t now_s, struct arena *arena,
                           struct verdict *verdict)
{
    struct freeze_state state = freeze_at(&policy->freeze, &facts->freeze_label, now_s);
    if (state.action == FREEZE_OPEN)
        return;
    bool label_in_force = facts->freeze_label.action != FREEZE_OPEN && now_s < facts->freeze_label.until_s;
    struct text causes = describe_causes(policy, facts, change->namespace, &state, label_in_force, arena);
    if (state.action == FREEZE_WARN) {
        verdict_add(verdict, REASON_FREEZE_WARNING, TEXT_EMPTY,
                    arena_printf(arena, "changes are discouraged now by %.*s", TEXT_ARGS(causes)));
        return;
    }
    verdict->opens_s = state.opens_s;
    struct text until =
        state.opens_s == FREEZE_NO_END
            ? text_of("with no known end")
            : arena_printf(arena, "until %.*s", TEXT_ARGS(instant_format(arena, state.opens_s)));
    verdict_add(verdict, REASON_FROZEN, (struct text)TEXT("metadata.namespace"),
                arena_printf(arena, "frozen %.*s by %.*s", TEXT_ARGS(until), TEXT_ARGS(causes)));
}
