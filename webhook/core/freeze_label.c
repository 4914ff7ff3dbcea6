#include "core/freeze.h"
#include "core/instant.h"

static const struct text freeze_deny = TEXT("deny");
static const struct text freeze_warn = TEXT("warn");
static const struct text freeze_delay = TEXT("delay");

/* An operator who mistypes a freeze meant to freeze: whatever cannot be read closes. */
static void read_action(struct arena *arena, struct text action, struct freeze_label *label)
{
    if (text_equal(action, freeze_warn)) {
        label->action = FREEZE_WARN;
        return;
    }
    label->action = text_equal(action, freeze_delay) ? FREEZE_DELAY : FREEZE_DENY;
    if (label->action == FREEZE_DENY && !text_equal(action, freeze_deny))
        label->trouble =
            arena_printf(arena, "changegate.dev/freeze: \"%.*s\" is none of deny, delay, warn and denies",
                         TEXT_ARGS(text_quote(arena, action, 63)));
}

void freeze_label_read(struct arena *arena, struct text action, struct text until, struct text reason,
                       struct freeze_label *ret_label)
{
    struct freeze_label label = {.action = FREEZE_OPEN, .until_s = FREEZE_NO_END};
    if (action.at != NULL) {
        label.reason = text_quote(arena, reason, 200);
        read_action(arena, action, &label);
        if (until.at != NULL && !instant_parse(until, &label.until_s)) {
            label.until_s = FREEZE_NO_END;
            label.trouble =
                arena_printf(arena,
                             "%.*s%schangegate.dev/freeze-until: \"%.*s\" is not an RFC 3339 time and is "
                             "taken as no end",
                             TEXT_ARGS(label.trouble), label.trouble.length > 0 ? "; " : "",
                             TEXT_ARGS(text_quote(arena, until, 63)));
        }
    }
    *ret_label = label;
}

enum freeze_action freeze_label_at(const struct freeze_label *label, int64_t now_s)
{
    return now_s < label->until_s ? label->action : FREEZE_OPEN;
}
