/* The view as people read it. */
#include "cli/approve_view.h"

#include "cli/approve_diff.h"

static const char *heading(enum approve_ground ground, bool same)
{
    switch (ground) {
    case GROUND_NOTHING: return "nothing of it runs; all of the pod template that would run, ";
    case GROUND_RUNNING: return "the pod template that runs (-), and the one that would run (+), ";
    case GROUND_STOPPED:
        return same ? "it stands still; it would go on with the pod template that it has, "
                    : "it stands still, so what it has need not be what runs; the pod template that it has "
                      "(-), and "
                      "the one that would run (+), ";
    default: return "what runs is not known; all of the pod template that would run, ";
    }
}

size_t approve_view_write(const struct approve_view *view, const struct held_edit *edit, size_t most,
                          struct json_text_buffer *out)
{
    struct arena scratch = {NULL, 0};
    size_t left_out = 0;
    bool same = text_equal(view->before, view->after);
    struct text before = same ? TEXT_EMPTY : view->before;
    struct text line = arena_printf(&scratch, "%s %s/%s: %s%.*s\n", edit->kind->noun, edit->namespace,
                                    edit->name, heading(view->ground, same), TEXT_ARGS(view->digest));
    json_text_raw(out, line);
    approve_diff_write(approve_lines_of(before, &scratch), approve_lines_of(view->after, &scratch), most, out,
                       &left_out);
    if (left_out > 0)
        json_text_raw(out, arena_printf(&scratch, "... %zu lines more; --full shows them\n", left_out));
    arena_done(&scratch);
    return left_out;
}
