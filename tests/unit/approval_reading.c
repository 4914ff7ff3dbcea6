#include "approval_reading.h"

#include "codec/approval_object.h"
#include "core/instant.h"

#include <stdio.h>
#include <stdlib.h>

enum { NOW_S = 1795172400 }; /* 2026-11-20T11:00:00Z */

struct opened {
    struct json_reader *reader;
    struct review review;
    struct user user;
};

static bool open_review(struct arena *arena, struct text bytes, struct opened *ret, struct error *error)
{
    struct text uid;
    ret->reader = json_reader_new();
    return review_open(ret->reader, bytes, &ret->review, &uid, error) &&
           review_read_user(&ret->review, arena, &ret->user, error);
}

static struct text add(struct arena *arena, struct text all, const char *what, struct text more)
{
    return arena_printf(arena, "%.*s%s: %.*s\n", TEXT_ARGS(all), what, TEXT_ARGS(more));
}

static struct text patch_of(struct arena *arena, const struct opened *opened)
{
    struct json_text_buffer scratch = {NULL, 0, 0}, out = {NULL, 0, 0};
    approval_object_write_mutation(&opened->review, &opened->user, NOW_S, arena, &scratch, &out);
    struct text patch = arena_copy(arena, json_text_view(&scratch));
    json_text_done(&scratch);
    json_text_done(&out);
    return patch;
}

static struct text listed_of(struct arena *arena, const struct opened *opened)
{
    struct approval_listed listed;
    struct error error = {0};
    struct json object = json_get(opened->review.request, text_of("object"));
    if (!approval_object_read_listed(object, arena, &listed, &error))
        return arena_copy(arena, text_of(error.text));
    const struct approval *approval = &listed.approval;
    struct text groups = TEXT_EMPTY;
    for (size_t i = 0; i < approval->group_count; i++)
        groups = arena_printf(arena, "%.*s %.*s", TEXT_ARGS(groups), TEXT_ARGS(approval->groups[i]));
    return arena_printf(arena, "%.*s/%.*s%s %.*s of %.*s %.*s %.*s by %.*s of%.*s from %.*s to %.*s",
                        TEXT_ARGS(listed.namespace), TEXT_ARGS(approval->name),
                        listed.terminating ? " (terminating)" : "", TEXT_ARGS(approval->change_id),
                        TEXT_ARGS(approval->kind), TEXT_ARGS(approval->workload), TEXT_ARGS(approval->digest),
                        TEXT_ARGS(approval->approver), TEXT_ARGS(groups),
                        TEXT_ARGS(instant_format(arena, approval->created_s)),
                        TEXT_ARGS(instant_format(arena, approval->expires_s)));
}

struct text approval_reading_of(struct arena *arena, struct text review)
{
    static const struct policy policy = {.name = TEXT("tier-1")};
    static const struct policy_set policies = {&policy, 1};
    struct opened opened;
    struct error error = {0};
    struct text all = TEXT_EMPTY;
    if (open_review(arena, review, &opened, &error)) {
        struct approval_object object;
        struct approval_faults faults;
        approval_object_read(&opened.review, &policies, arena, &object, &faults);
        all = add(arena, all, "name", object.name);
        if (object.spec_changed)
            all = add(arena, all, "spec", text_of("changed"));
        for (size_t i = 0; i < faults.count; i++)
            all = add(arena, all, "fault", faults.items[i]);
        all = add(arena, all, "patch", patch_of(arena, &opened));
        all = add(arena, all, "listed", listed_of(arena, &opened));
    } else {
        all = add(arena, all, "error", text_of(error.text));
    }
    json_reader_free(opened.reader);
    return all;
}

struct text approval_patch_of(struct arena *arena, struct text review)
{
    struct opened opened;
    struct error error = {0};
    struct text patch = TEXT_EMPTY;
    if (open_review(arena, review, &opened, &error))
        patch = patch_of(arena, &opened);
    json_reader_free(opened.reader);
    return patch;
}
