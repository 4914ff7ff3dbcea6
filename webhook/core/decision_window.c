/* FreezeWindow objects: what nobody could act on is refused when it is written, not found out in the night.
 */
#include "decision_private.h"

void decision_make_window(struct text name, const struct text *faults, size_t fault_count,
                          struct arena *arena, struct verdict *ret_verdict)
{
    *ret_verdict = (struct verdict){.http_status = 200};
    for (size_t i = 0; i < fault_count; i++) {
        /* The message begins with the path; as a field it stands alone. */
        struct text field = text_slice(faults[i], 0, text_find(faults[i], ':'));
        verdict_add(ret_verdict, REASON_WINDOW_INVALID, field, faults[i]);
    }
    struct text subject = arena_printf(arena, "FreezeWindow %.*s", TEXT_ARGS(text_quote(arena, name, 253)));
    if (fault_count > 0)
        verdict_conclude(ret_verdict, MODE_ENFORCE, subject,
                         arena_printf(arena, "%.*s cannot be used", TEXT_ARGS(subject)), arena);
    else
        verdict_add(ret_verdict, REASON_NOTHING_REQUIRED, TEXT_EMPTY, TEXT_EMPTY);
}
