/* The parts of test_hold_scan: an API server and its controllers, small enough to be read at one go, and what
 * they may do. Objects are jansson's trees. */
#ifndef CHANGEGATE_TESTS_HOLD_SCAN_H
#define CHANGEGATE_TESTS_HOLD_SCAN_H

#include "edge/admit.h"

#include <jansson.h>

/* ---- kinds ---- */

enum { PODS_MOST = 4, PATH_STEPS_MOST = 5 };

enum scan_shape {
    SHAPE_PAUSED,    /* pods follow the template while the field is not at its stop value */
    SHAPE_PARTITION, /* pods from the partition on do */
    SHAPE_ONCE,      /* runs, or not */
    SHAPE_GATED,     /* a Pod */
};

struct scan_kind {
    const char *group, *version, *kind, *resource;
    enum scan_shape shape;
    const char *field[PATH_STEPS_MOST]; /* that a hold takes; NULL behind the last step */
    const char *stop;                   /* its JSON value that stops the controller */
    const char *go;                     /* and one that does not, as an owner would write it */
    const char *template_path[PATH_STEPS_MOST];
    const char *spec; /* of a new object, beside the template */
    bool told;        /* its status says how far the controller is */
    bool optional;    /* held only where the policy opts in */
};
extern const struct scan_kind scan_kinds[];
enum { SCAN_KINDS = 7 };

/* ---- what a replica knows ---- */

enum { WINDOWS_MOST = 3, SCAN_START_S = 1795172400 /* 2026-11-20T11:00:00Z */ };

struct scan_window {
    int64_t start_s, end_s;
    enum freeze_action action;
    bool statefulsets_alone;
};

struct scan_world {
    struct scan_window windows[WINDOWS_MOST];
    size_t window_count;
    enum freeze_action label;
    unsigned minimum;
    bool enforces, daemon_sets, pauses;
    struct snapshot *snapshot;
};

void scan_world_make(struct scan_world *world); /* the snapshot, from the rest */

/* DESIGN sections 4 to 6 by looking at everything, for a kind. */
enum freeze_action scan_action(const struct scan_world *world, const struct scan_kind *kind, int64_t now_s);
int64_t scan_opening(const struct scan_world *world, const struct scan_kind *kind, int64_t now_s);
bool scan_turns(const struct scan_world *world, int64_t at_s); /* a window starts or ends */
bool scan_approved(const struct scan_world *world, const json_t *object);

/* ---- JSON ---- */

json_t *scan_at(json_t *object, const char *const *path);
void scan_put(json_t *object, const char *const *path, json_t *value); /* takes; NULL removes */
bool scan_same(const json_t *a, const json_t *b);                      /* the very text */
json_t *scan_copy(const json_t *value);                                /* NULL of NULL */
json_t *scan_text(const char *json);
const char *scan_mark(const json_t *object, const char *map, const char *key); /* of metadata; NULL */
void scan_set_mark(json_t *object, const char *map, const char *key, const char *value);

/* Apply an RFC 6902 patch in place; false: an operation does not apply, and `object` is left half done. */
bool scan_patch(json_t *object, const json_t *patch);

/* ---- the API server ---- */

enum scan_outcome { SCAN_STORED, SCAN_DENIED, SCAN_RETRY, SCAN_CONFLICT };

struct scan_object {
    const struct scan_kind *kind;
    json_t *stored;          /* NULL: there is none */
    json_t *pods[PODS_MOST]; /* the template that each pod runs; NULL: no such pod */
    json_t *settled;         /* StatefulSet: that of the current revision */
};

struct scan_write {
    struct scan_object *object;
    const json_t *sent; /* NULL: a deletion */
    const char *user, *subresource;
    const struct scan_world *mutating, *validating;
    int64_t now_s;
    int interference;      /* another mutating webhook: 0 none, else which */
    bool reinvoked;        /* and ours is asked again */
    json_t *ret_final;     /* the object as it was checked */
    char ret_reasons[160]; /* of a denial */
    bool ret_mismatch;
};

/* Ask /mutate and /validate, and store what was let in. The caller frees ret_final. */
enum scan_outcome scan_send(struct admit *admit, struct scan_write *write);

/* ---- the controllers ---- */

/* The field is at the value that stops the controller. */
bool scan_is_at_stop(const struct scan_kind *kind, json_t *object);

/* Some field of the kind can be written; a StatefulSet with OnDelete has no partition. */
bool scan_has_field(const struct scan_kind *kind, json_t *object);

/* Pod `i` would follow the template of `spec_of`, an object of the kind. */
bool scan_follows(const struct scan_kind *kind, json_t *spec_of, size_t i);
size_t scan_replicas(const struct scan_kind *kind, json_t *object);

/* One look of the controller: at most `most` pods are replaced. */
void scan_control(struct scan_object *object, size_t most);

#endif
