/* What test_hold_scan's objects say, what their owners want, and what a write would start: read off the
 * objects by DESIGN section 6. */
#include "hold_scan_scene.h"

#include <stdio.h>
#include <string.h>

/* ---- what an object says ---- */

const char *scan_annotation(const json_t *object)
{
    return scan_mark(object, "annotations", HOLD_ANNOTATION);
}

const char *scan_label(const json_t *object)
{
    return scan_mark(object, "labels", HOLD_LABEL);
}

bool scan_has_gate(const json_t *object)
{
    const json_t *gates = json_object_get(json_object_get(object, "spec"), "schedulingGates");
    for (size_t i = 0; i < json_array_size(gates); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(gates, i), "name")), HOLD_GATE) == 0)
            return true;
    return false;
}

/* At the value that stops it. */
bool scan_is_stopped(const struct scan_kind *kind, const json_t *object)
{
    return kind->shape == SHAPE_GATED ? scan_has_gate(object)
                                      : scan_is_at_stop(kind, (json_t *)(uintptr_t)object);
}

bool scan_is_held(const struct scan_kind *kind, const json_t *object)
{
    return scan_annotation(object) != NULL && scan_is_stopped(kind, object);
}

/* The field as its owner sees it: of a Pod, the gates of others; NULL: none. */
json_t *scan_field(const struct scan_kind *kind, const json_t *object)
{
    json_t *field = scan_copy(scan_at((json_t *)(uintptr_t)object, kind->field));
    if (kind->shape != SHAPE_GATED || field == NULL)
        return field;
    for (size_t i = json_array_size(field); i-- > 0;)
        if (strcmp(json_string_value(json_object_get(json_array_get(field, i), "name")), HOLD_GATE) == 0)
            json_array_remove(field, i);
    if (json_array_size(field) > 0)
        return field;
    json_decref(field);
    return NULL;
}

static void field_path(const struct scan_kind *kind, char *out, size_t out_bytes)
{
    out[0] = '\0';
    for (size_t i = 0; kind->field[i] != NULL; i++)
        snprintf(out + strlen(out), out_bytes - strlen(out), "%s%s", i == 0 ? "" : ".", kind->field[i]);
}

/* What an annotation would restore; false: it is none that the gate wrote. */
bool scan_restore(const struct scan_kind *kind, const char *annotation, json_t **ret_value)
{
    char path[128];
    field_path(kind, path, sizeof(path));
    json_t *root = annotation == NULL ? NULL : json_loads(annotation, 0, NULL);
    const json_t *value = json_object_get(json_object_get(root, "restore"), path);
    bool good = json_object_get(root, "since") != NULL && (value != NULL || kind->shape == SHAPE_GATED);
    *ret_value = good && !json_is_null(value) ? scan_copy(value) : NULL;
    json_decref(root);
    return good;
}

static bool holds_class(const char *annotation, const char *class, bool alone)
{
    json_t *root = json_loads(annotation, 0, NULL);
    const char *classes = json_string_value(json_object_get(root, "class"));
    bool holds = alone ? strcmp(classes, class) == 0 : strstr(classes, class) != NULL;
    json_decref(root);
    return holds;
}

/* ---- what the owner wants ---- */

/* Both marks taken off, and left stopped: what was stopped before it was held stays so. */
static bool gives_up_resume(const struct scene *scene, const json_t *before, const json_t *sent,
                            json_t *final)
{
    const struct scan_kind *kind = scene->object.kind;
    const json_t *is = scan_at(final, kind->template_path);
    return scan_annotation(sent) == NULL && scan_label(sent) == NULL &&
           holds_class(scan_annotation(before), "Resume", false) &&
           (holds_class(scan_annotation(before), "Resume", true) ||
            (strstr(scan_annotation(before), "\"running\"") != NULL &&
             scan_same(is, scan_at(scene->base, kind->template_path))));
}

json_t *scene_wish(const struct scene *scene, const json_t *before, const json_t *sent, json_t *final)
{
    const struct scan_kind *kind = scene->object.kind;
    const char *is = scan_annotation(sent), *was = scan_annotation(before);
    json_t *restore;
    if (kind->shape == SHAPE_GATED || !scan_is_stopped(kind, sent))
        return scan_field(kind, sent);
    bool own = is != NULL && (was == NULL || strcmp(is, was) != 0);
    if (own && scan_restore(kind, is, &restore))
        return restore;
    if (before != NULL && scan_is_held(kind, before) && !gives_up_resume(scene, before, sent, final))
        return scan_copy(scene->wish);
    return scan_field(kind, sent);
}

/* ---- what starts ---- */

static json_t *without_restart(const json_t *pod_template)
{
    json_t *copy = scan_copy(pod_template), *metadata = json_object_get(copy, "metadata");
    json_t *annotations = json_object_get(metadata, "annotations");
    json_object_del(annotations, "kubectl.kubernetes.io/restartedAt");
    if (annotations != NULL && json_object_size(annotations) == 0)
        json_object_del(metadata, "annotations");
    return copy;
}

static bool is_restart(const json_t *runs, const json_t *is)
{
    json_t *a = without_restart(runs), *b = without_restart(is);
    bool same = runs != NULL && scan_same(a, b);
    json_decref(a);
    json_decref(b);
    return same;
}

/* Some pod would be made or replaced by this write that would not have been without it. */
bool scene_starts(const struct scene *scene, json_t *before, json_t *final, bool *ret_approval)
{
    const struct scan_object *object = &scene->object;
    const struct scan_kind *kind = object->kind;
    json_t *base = before != NULL && scan_is_held(kind, before) ? scene->base : NULL;
    json_t *is = scan_at(final, kind->template_path), *was = scan_at(before, kind->template_path);
    bool found = false;
    *ret_approval = false;
    for (size_t i = 0; i < scan_replicas(kind, final); i++) {
        json_t *runs = object->pods[i] != NULL          ? object->pods[i]
                       : kind->shape == SHAPE_PARTITION ? object->settled
                                                        : object->pods[0];
        bool goes_on = scan_follows(kind, before, i) && scan_same(was, is);
        /* As it was before it was held, and that had been let in. */
        goes_on |= scan_follows(kind, base, i) && scan_same(scan_at(base, kind->template_path), is);
        if (!scan_follows(kind, final, i) || goes_on || scan_same(runs, is))
            continue;
        found = true;
        bool was_on_its_way = scan_follows(kind, before, i) && is_restart(was, is);
        *ret_approval |= !is_restart(runs, is) && !was_on_its_way;
    }
    return found;
}

/* Of a Pod, all but the gates. */
json_t *scan_template(const struct scan_kind *kind, const json_t *object)
{
    json_t *copy = scan_copy(scan_at((json_t *)(uintptr_t)object, kind->template_path));
    json_object_del(copy, "schedulingGates");
    return copy;
}
