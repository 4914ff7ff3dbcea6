/* An API server as far as admission goes: /mutate, the patch, /validate, and the object is stored. */
#include "hold_scan.h"

#include "json_patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- JSON ---- */

json_t *scan_at(json_t *object, const char *const *path)
{
    for (size_t i = 0; i < PATH_STEPS_MOST && path[i] != NULL; i++)
        object = json_object_get(object, path[i]);
    return object;
}

void scan_put(json_t *object, const char *const *path, json_t *value)
{
    size_t last = 0;
    for (; last + 1 < PATH_STEPS_MOST && path[last + 1] != NULL; last++) {
        if (json_object_get(object, path[last]) == NULL)
            json_object_set_new(object, path[last], json_object());
        object = json_object_get(object, path[last]);
    }
    if (value == NULL)
        json_object_del(object, path[last]);
    else
        json_object_set_new(object, path[last], value);
}

bool scan_same(const json_t *a, const json_t *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || json_equal(a, b));
}

json_t *scan_copy(const json_t *value)
{
    return value == NULL ? NULL : json_deep_copy(value);
}

json_t *scan_text(const char *json)
{
    json_error_t fault;
    json_t *value = json_loads(json, JSON_DECODE_ANY, &fault);
    if (value == NULL) {
        fprintf(stderr, "%s: %s\n", json, fault.text);
        abort();
    }
    return value;
}

const char *scan_mark(const json_t *object, const char *map, const char *key)
{
    return json_string_value(json_object_get(json_object_get(json_object_get(object, "metadata"), map), key));
}

void scan_set_mark(json_t *object, const char *map, const char *key, const char *value)
{
    json_t *metadata = json_object_get(object, "metadata"), *members = json_object_get(metadata, map);
    if (value == NULL) {
        json_object_del(members, key);
        if (members != NULL && json_object_size(members) == 0) /* as the API server writes it */
            json_object_del(metadata, map);
        return;
    }
    if (members == NULL)
        json_object_set_new(metadata, map, json_object());
    json_object_set_new(json_object_get(metadata, map), key, json_string(value));
}

/* The API server does not store what is empty. */
static void drop_empty(json_t *object, const char *const *path, const char *key)
{
    json_t *parent = scan_at(object, path), *value = json_object_get(parent, key);
    bool empty = json_is_array(value) ? json_array_size(value) == 0 : json_object_size(value) == 0;
    if (value != NULL && empty)
        json_object_del(parent, key);
}

bool scan_patch(json_t *object, const json_t *patch)
{
    static const char *const metadata[] = {"metadata", NULL}, *const spec[] = {"spec", NULL};
    if (!json_patch_apply(object, patch))
        return false;
    drop_empty(object, metadata, "labels");
    drop_empty(object, metadata, "annotations");
    drop_empty(object, spec, "schedulingGates");
    return true;
}

/* ---- admission ---- */

static json_t *make_review(const struct scan_write *write, const json_t *object, const json_t *old)
{
    const struct scan_kind *kind = write->object->kind;
    const char *operation = object == NULL ? "DELETE" : old == NULL ? "CREATE" : "UPDATE";
    json_t *request = json_pack("{s:s, s:{s:s,s:s,s:s}, s:{s:s,s:s,s:s}, s:s, s:s, s:s, s:{s:s}, s:b}", "uid",
                                "u1", "kind", "group", kind->group, "version", kind->version, "kind",
                                kind->kind, "resource", "group", kind->group, "version", kind->version,
                                "resource", kind->resource, "namespace", "shop", "name", "web", "operation",
                                operation, "userInfo", "username", write->user, "dryRun", false);
    if (write->subresource[0] != '\0')
        json_object_set_new(request, "subResource", json_string(write->subresource));
    if (object != NULL)
        json_object_set(request, "object", (json_t *)(uintptr_t)object);
    if (old != NULL)
        json_object_set(request, "oldObject", (json_t *)(uintptr_t)old);
    return json_pack("{s:s, s:s, s:o}", "kind", "AdmissionReview", "apiVersion", "admission.k8s.io/v1",
                     "request", request);
}

/* The `response` of an answer. */
static json_t *ask(struct admit *admit, const char *path, const struct scan_world *world,
                   const struct scan_write *write, const json_t *object, const json_t *old)
{
    json_t *review = make_review(write, object, old);
    char *body = json_dumps(review, JSON_COMPACT);
    const struct admit_request request = {.method = TEXT("POST"),
                                          .path = text_of(path),
                                          .content_type = TEXT("application/json"),
                                          .body = text_of(body)};
    struct admit_answer answer;
    admit_handle(admit, world->snapshot, &request, write->now_s, &answer);
    json_t *whole = json_loadb(answer.body.at, answer.body.length, 0, NULL);
    json_t *response = json_incref(json_object_get(whole, "response"));
    if (response == NULL) {
        fprintf(stderr, "%s: %.*s\n%s\n", path, TEXT_ARGS(answer.body), body);
        abort();
    }
    json_decref(whole);
    json_decref(review);
    free(body);
    return response;
}

static bool mutate(struct admit *admit, const struct scan_write *write, json_t *final)
{
    json_t *response = ask(admit, "/mutate", write->mutating, write, final, write->object->stored);
    const char *digits = json_string_value(json_object_get(response, "patch"));
    bool good = json_is_true(json_object_get(response, "allowed"));
    if (digits != NULL) {
        json_t *patch = json_patch_read(digits);
        good = good && scan_patch(final, patch);
        json_decref(patch);
    }
    json_decref(response);
    return good;
}

/* Another webhook puts its own into what ours has seen. */
static void interfere(const struct scan_write *write, json_t *final)
{
    static const char *const image[] = {"metadata", "annotations", "sidecar", NULL};
    const struct scan_kind *kind = write->object->kind;
    json_t *pod_template = scan_at(final, kind->template_path);
    if (write->interference == 1)
        json_object_set_new(final, "sidecar", json_true());
    else if (write->interference == 2 && kind->shape != SHAPE_GATED && kind->kind[0] != 'J')
        scan_put(pod_template, image, json_string("injected"));
    else if (write->interference == 3 && scan_has_field(kind, final))
        scan_put(final, kind->field, scan_text(kind->go));
    else if (write->interference == 4)
        scan_set_mark(final, "annotations", "changegate.dev/hold", NULL);
}

static void set_generation(const struct scan_object *object, json_t *final)
{
    static const char *const path[] = {"metadata", "generation", NULL};
    json_t *before = object->stored == NULL ? NULL : json_object_get(object->stored, "spec");
    json_int_t generation = object->stored == NULL ? 0 : json_integer_value(scan_at(object->stored, path));
    if (!scan_same(before, json_object_get(final, "spec")))
        generation++;
    scan_put(final, path, json_integer(generation));
    /* The status is the controller's. */
    if (object->stored != NULL && json_object_get(object->stored, "status") != NULL)
        json_object_set_new(final, "status", scan_copy(json_object_get(object->stored, "status")));
}

static enum scan_outcome conclude(struct scan_write *write, const json_t *response)
{
    const json_t *status = json_object_get(response, "status"), *details = json_object_get(status, "details");
    const json_t *causes = json_object_get(details, "causes");
    if (json_is_true(json_object_get(response, "allowed")))
        return SCAN_STORED;
    for (size_t i = 0; i < json_array_size(causes); i++) {
        const char *reason = json_string_value(json_object_get(json_array_get(causes, i), "reason"));
        size_t used = strlen(write->ret_reasons);
        snprintf(write->ret_reasons + used, sizeof(write->ret_reasons) - used, " %s", reason);
        write->ret_mismatch |= strcmp(reason, "HoldMismatch") == 0;
    }
    return json_integer_value(json_object_get(status, "code")) == 429 ? SCAN_RETRY : SCAN_DENIED;
}

static void store(struct scan_write *write)
{
    struct scan_object *object = write->object;
    json_decref(object->stored);
    object->stored = scan_copy(write->ret_final);
    if (object->stored != NULL)
        return;
    for (size_t i = 0; i < PODS_MOST; i++) {
        json_decref(object->pods[i]);
        object->pods[i] = NULL;
    }
    json_decref(object->settled);
    object->settled = NULL;
}

/* A Scale for /scale: of a subresource only the check is asked. */
enum scan_outcome scan_send(struct admit *admit, struct scan_write *write)
{
    json_t *final = scan_copy(write->sent), *old = scan_copy(write->object->stored);
    bool whole = write->subresource[0] == '\0';
    write->ret_reasons[0] = '\0';
    write->ret_mismatch = false;
    write->ret_final = final;
    if (whole && final != NULL) {
        if (!mutate(admit, write, final)) {
            json_decref(old);
            snprintf(write->ret_reasons, sizeof(write->ret_reasons), " PATCH-DOES-NOT-APPLY");
            return SCAN_CONFLICT;
        }
        if (write->interference != 0) {
            interfere(write, final);
            if (write->reinvoked && !mutate(admit, write, final))
                abort();
        }
        set_generation(write->object, final);
    }
    json_t *response;
    if (strcmp(write->subresource, "scale") == 0) {
        json_t *was = json_pack("{s:{s:O}}", "spec", "replicas",
                                json_object_get(json_object_get(old, "spec"), "replicas"));
        json_t *is = json_pack("{s:{s:O}}", "spec", "replicas",
                               json_object_get(json_object_get(final, "spec"), "replicas"));
        response = ask(admit, "/validate", write->validating, write, is, was);
        json_decref(was);
        json_decref(is);
        set_generation(write->object, final);
    } else {
        response = ask(admit, "/validate", write->validating, write, final, old);
    }
    enum scan_outcome outcome = conclude(write, response);
    if (outcome == SCAN_STORED)
        store(write);
    json_decref(response);
    json_decref(old);
    return outcome;
}
