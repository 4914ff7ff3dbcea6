/* One object of test_hold_scan with all that the model knows of it, and what must hold after each step. */
#ifndef CHANGEGATE_TESTS_HOLD_SCAN_SCENE_H
#define CHANGEGATE_TESTS_HOLD_SCAN_SCENE_H

#include "hold_scan.h"

#include "core/hold.h"

enum { TRACE_BYTES = 1 << 16, SEEN_BYTES = 2048 };

struct scene {
    struct admit *admit;
    uint64_t seed;
    bool tells;                             /* what was sent, too: for one episode alone */
    const struct scan_world *world, *other; /* of this replica, and of one that lags or leads */
    int64_t now_s;
    struct scan_object object;
    json_t *manifest;
    json_t *wish;          /* what its owner last asked for in the field; NULL: absent */
    json_t *base;          /* the object as it was before it was held */
    json_t *stale;         /* a held object as somebody read it some time ago */
    char seen[SEEN_BYTES]; /* an annotation of this object that was good once */
    enum scan_outcome outcome;
    bool plain; /* one replica alone, and no other webhook */
    char trace[TRACE_BYTES];
    size_t traced;
};

/* ---- what objects say ---- */

const char *scan_annotation(const json_t *object); /* of a hold; NULL: none */
const char *scan_label(const json_t *object);
bool scan_has_gate(const json_t *pod);
bool scan_is_stopped(const struct scan_kind *kind, const json_t *object); /* by the field or gate of a hold */
bool scan_is_held(const struct scan_kind *kind, const json_t *object);

/* The field as its owner sees it: of a Pod, the gates of others. NULL: none. The caller owns it, and the two
 * below. */
json_t *scan_field(const struct scan_kind *kind, const json_t *object);
json_t *scan_template(const struct scan_kind *kind, const json_t *object); /* of a Pod without its gates */

/* What an annotation would restore; false: it is none that the gate wrote. */
bool scan_restore(const struct scan_kind *kind, const char *annotation, json_t **ret_value);

/* What the owner wants in the field, who sends `sent`, which becomes `final`. The caller owns it. */
json_t *scene_wish(const struct scene *scene, const json_t *before, const json_t *sent, json_t *final);

/* Some pod would be made or replaced by this write that would not have been without it, and whether that
 * takes an approval. */
bool scene_starts(const struct scene *scene, json_t *before, json_t *final, bool *ret_approval);

/* ---- steps ---- */

void scene_seed(uint64_t seed);
int scene_any(int below);
void scene_trace(struct scene *scene, const char *format, ...) __attribute__((format(printf, 2, 3)));
void scene_done(struct scene *scene);

/* Write, and check all that must hold afterwards. `sent` is borrowed; NULL deletes. */
void scene_write(struct scene *scene, const char *step, const json_t *sent, const char *user,
                 const char *subresource);

/* The same manifest again a second later changes nothing at all, unless the calendar did. */
void scene_apply_again(struct scene *scene, const json_t *manifest);

void scene_put_gates(struct scene *scene, json_t *sent, bool keep_ours);
void scene_scale(struct scene *scene, json_t *sent);
void scene_release(struct scene *scene, const char *user);
void scene_drop(struct scene *scene);
void scene_relabel(struct scene *scene);

/* From wherever it is: in an open world, with its approvals, one request lets it go. */
void scene_must_go(struct scene *scene, const struct scan_world *open);

/* That the run met what it is there for. */
void scene_assert_seen(bool whole_run);

#endif
