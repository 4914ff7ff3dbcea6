/* `/guard`: what the gate reads from the cluster is decided on when it is written. Layer: edge. */
#include "admit_private.h"

#include "codec/approval_object.h"
#include "codec/window.h"

static bool guard_namespace(struct admission *admission, struct admit_answer *ret_answer, struct error *error)
{
    struct admit *admit = admission->admit;
    struct namespace_change change;
    admission->guarded = METRICS_GUARDED_NAMESPACE;
    if (!review_read_namespace(&admission->review, &admit->arena, &change, error))
        return false;
    decision_make_namespace(snapshot_policies(admission->snapshot), &change, &admit->arena,
                            &admission->verdict);
    admission_conclude(admission, NULL, &change.user, ret_answer);
    return true;
}

/* A FreezeWindow that could not be used is refused when it is written. One that got past that must not be
 * kept from being deleted, for which its finalizers have to go. Windows are written by hand: what reading one
 * costs does not matter, and no change to a workload waits for it. */
static bool guard_window(struct admission *admission, struct admit_answer *ret_answer, struct error *error)
{
    struct admit *admit = admission->admit;
    struct window window;
    struct window_faults faults = {.count = 0};
    struct user user;
    admission->guarded = METRICS_GUARDED_WINDOW;
    if (!review_read_user(&admission->review, &admit->arena, &user, error))
        return false;
    struct text spec = review_read_spec(&admission->review, &admit->scratch);
    bool asked = admission->review.operation != OPERATION_DELETE && !review_keeps_spec(&admission->review);
    if (asked && window_read_object(admission->review.name, spec, snapshot_policies(admission->snapshot),
                                    &admit->arena, &window, &faults))
        faults.count = 0;
    decision_make_window(admission->review.name, faults.items, faults.count, &admit->arena,
                         &admission->verdict);
    admission_conclude(admission, NULL, &user, ret_answer);
    return true;
}

bool admission_is_about_approval(const struct review *review)
{
    return text_is(review->resource, "approvals") && text_is(review->group, "changegate.dev");
}

bool admission_stamp(struct admission *admission, struct admit_answer *ret_answer, struct error *error)
{
    struct admit *admit = admission->admit;
    struct user user;
    if (!review_read_user(&admission->review, &admit->arena, &user, error))
        return false;
    approval_object_write_mutation(&admission->review, &user, admission->now_s, &admit->arena,
                                   &admit->scratch, &admit->answer);
    admission_answer(json_text_view(&admit->answer), ret_answer);
    return true;
}

static bool guard_approval(struct admission *admission, struct admit_answer *ret_answer, struct error *error)
{
    struct admit *admit = admission->admit;
    struct approval_object object;
    struct approval_faults faults;
    struct user user;
    admission->guarded = METRICS_GUARDED_APPROVAL;
    if (!review_read_user(&admission->review, &admit->arena, &user, error))
        return false;
    approval_object_read(&admission->review, snapshot_policies(admission->snapshot), &admit->arena, &object,
                         &faults);
    decision_make_approval(admission->review.operation, &object, &user, faults.items, faults.count,
                           admission->now_s, &admit->arena, &admission->verdict);
    admission_conclude(admission, NULL, &user, ret_answer);
    return true;
}

bool admission_guard(struct admission *admission, struct admit_answer *ret_answer, struct error *error)
{
    const struct review *review = &admission->review;
    if (text_is(review->resource, "namespaces") && review->group.length == 0)
        return guard_namespace(admission, ret_answer, error);
    if (text_is(review->resource, "freezewindows") && text_is(review->group, "changegate.dev"))
        return guard_window(admission, ret_answer, error);
    if (admission_is_about_approval(review))
        return guard_approval(admission, ret_answer, error);
    return error_set(
        error, ERROR_INPUT,
        "/guard decides on namespaces, freezewindows and approvals only; point this rule at /validate");
}
