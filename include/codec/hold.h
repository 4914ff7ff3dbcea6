/* codec/hold: holds as objects carry them: the annotation, the marks, and the patches that write them.
 * Layer: codec (no I/O).
 *
 * The annotation is one JSON object:
 *   {"since":"2026-11-20T11:00:00Z","until":"2026-12-02T11:00:00Z","class":"Rollout","window":"peak-season",
 *    "policy":"tier-1","reason":"frozen until ...","by":"ann","approvals":"CHG0000001",
 *    "document":"https://...","digest":"sha256:...","running":{"digest":"sha256:...","restartedAt":"..."},
 *    "restore":{"spec.paused":null}}
 * `until` is null where no end is known, and absent where it is open and something else keeps it held;
 * `running` is absent where it is not known; `restore` maps the path of the field to its value, null where it
 * was absent, and is empty for a Pod.
 */
#ifndef CHANGEGATE_CODEC_HOLD_H
#define CHANGEGATE_CODEC_HOLD_H

#include "codec/json.h"
#include "codec/json_text.h"
#include "core/decision.h"

enum {
    HOLD_BYTES_MOST = 16 << 10,
    HOLD_RESTORE_BYTES_MOST = 1024, /* of the value to be restored, as canonical JSON */
};

/* Whether `restore` (canonical JSON; NULL `at`: absent) can be put back into the hold field of this kind: the
 * API server does not see it while the hold has the field, and would refuse a release that brings what it
 * does not take. */
bool hold_restore_fits(struct text restore, const struct workload_type *type);

/* Read an annotation; texts are owned by `arena`. False: it is none that the gate wrote. */
bool hold_read(struct text annotation, const struct workload_type *type, struct arena *arena,
               struct hold *ret_hold) MUST_USE;

/* Append the annotation's text to `out`. What hold_read reads is written again byte for byte. */
void hold_write(const struct hold *hold, const struct workload_type *type, struct json_text_buffer *out);

/* The marks of an object. */
struct hold_marks hold_marks_read(struct json object, const struct workload_type *type, struct arena *arena);

/* The JSON patch (RFC 6902) that makes `object` what the targets say, appended to `out`; nothing where it is
 * that already. */
void hold_write_patch(struct json object, const struct workload_type *type, const struct hold_target *target,
                      const struct record_target *record, struct arena *arena, struct json_text_buffer *out);

/* The JSON patch that asks to release a held object: a `test` on the annotation, the annotation gone, the
 * label HOLD_LABEL_RELEASING. The field is the gate's to restore: what a mutating webhook writes changes no
 * owner in managedFields, so whoever owned the field before owns it afterwards. `whole`: for a namespace that
 * nobody governs, and where the gate is not asked; the field is restored by the patch, and no label is left.
 */
void hold_write_release(struct json object, const struct workload_type *type, bool whole, struct arena *arena,
                        struct json_text_buffer *out);

/* The JSON patch that drops a held change: a `test` on the annotation, annotation and label gone, and
 * `running`, a pod template as JSON, put back (empty: the template stays, as for a Resume). The field is the
 * gate's. */
void hold_write_drop(struct json object, const struct workload_type *type, struct text running,
                     struct arena *arena, struct json_text_buffer *out);

/* The JSON patch that sets the label from `from` to `to` (NULL: takes it away), with a `test` on it; `from`
 * NULL: adds it. */
void hold_write_label(struct json object, const char *from, const char *to, struct json_text_buffer *out);

/* How far the controller has come with the object as it is. */
enum rollout_progress rollout_progress_read(struct json object, const struct workload_type *type);

#endif
