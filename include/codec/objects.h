/* codec/objects: what a workload object says, of whatever kind.
 * Layer: codec (no I/O).
 */
#ifndef CHANGEGATE_CODEC_OBJECTS_H
#define CHANGEGATE_CODEC_OBJECTS_H

#include "codec/json.h"
#include "core/policy.h"

/* The value at a path of object keys, or JSON_NOTHING. */
struct json object_at(struct json object, const struct field_path *path);

/* metadata.annotations[key]; NULL `at` when absent. */
struct text object_annotation(struct json object, struct text key);

/* The state that decides the class. `scale_subresource`: the object is an autoscaling/v1 Scale, whose absent
 * spec.replicas means 0 (it is written with omitempty), while an absent spec.replicas of a workload means 1.
 */
struct object_state object_state_read(struct json object, const struct workload_type *type,
                                      bool scale_subresource);

/* Whether a hold stops it, or looks as if: its hold field has the value that stops it; a Pod has HOLD_GATE.
 */
bool object_is_stopped(struct json object, const struct workload_type *type);

/* The place of HOLD_GATE in a Pod's spec.schedulingGates; -1: it has none. */
int object_hold_gate(struct json pod);

/* Whether `after` names an owner that `before` does not, or gives one a larger role. */
bool object_owner_added(struct json before, struct json after);

#endif
