#include "core/change.h"

#include <string.h>

static const char *const class_names[CLASS_COUNT] = {
    [CLASS_CREATE] = "Create",   [CLASS_ROLLOUT] = "Rollout", [CLASS_RESUME] = "Resume",
    [CLASS_RESTART] = "Restart", [CLASS_DELETE] = "Delete",   [CLASS_ROLLBACK] = "Rollback",
    [CLASS_SCALE] = "Scale",     [CLASS_DEBUG] = "Debug",     [CLASS_METADATA] = "Metadata",
};

static const char *const operation_names[] = {
    [OPERATION_CREATE] = "CREATE",
    [OPERATION_UPDATE] = "UPDATE",
    [OPERATION_DELETE] = "DELETE",
    [OPERATION_CONNECT] = "CONNECT",
};

/* A controller that is told to go on with a template it had not brought out yet. */
static bool resumes(const struct object_state *before, const struct object_state *after)
{
    if (before->released)
        return false;
    return (before->stopped && !after->stopped) || after->partition < before->partition;
}

/* From zero, pods start that no rollout brought out: whether their template was ever running cannot be seen.
 */
static bool starts_from_zero(const struct object_state *before, const struct object_state *after)
{
    return before->replicas == 0 && after->replicas > 0;
}

/* Stopping a Job ends its pods; pausing a Deployment or suspending a CronJob leaves the running ones alone.
 */
static bool stops_pods(enum workload_kind workload, const struct object_state *before,
                       const struct object_state *after)
{
    return workload == KIND_JOB && !before->stopped && after->stopped;
}

static change_classes classify_scale(const struct object_state *before, const struct object_state *after)
{
    change_classes classes = 0;
    if (before->replicas != after->replicas)
        classes |= CLASS_BIT(CLASS_SCALE);
    if (starts_from_zero(before, after))
        classes |= CLASS_BIT(CLASS_RESUME);
    return classes;
}

/* Back to what this very object ran before, by its own record. */
static bool rolls_back(const struct change *change)
{
    return change->record.old != NULL && record_ran(change->record.old, change->digest_after);
}

static change_classes classify_update(const struct change *change)
{
    const struct object_state *before = &change->before, *after = &change->after;
    change_classes classes = classify_scale(before, after);

    if (change->template_difference == TEMPLATE_DIFFERENT)
        classes |= rolls_back(change) ? CLASS_BIT(CLASS_ROLLBACK) : CLASS_BIT(CLASS_ROLLOUT);
    else if (change->template_difference == TEMPLATE_RESTARTED)
        classes |= CLASS_BIT(CLASS_RESTART);
    if (resumes(before, after))
        classes |= CLASS_BIT(CLASS_RESUME);
    if (before->first_ordinal != after->first_ordinal || stops_pods(change->workload, before, after))
        classes |= CLASS_BIT(CLASS_SCALE);
    /* The garbage collector deletes what names an owner that is gone: a new owner can be a way to delete. */
    if (change->owner_added)
        classes |= CLASS_BIT(CLASS_DELETE);
    return classes;
}

/* A pod of a controller is replaced as it was; what is being deleted already was decided on before. */
static bool removes_something(const struct change *change)
{
    return !change->before.deleting && !(change->workload == KIND_POD && change->before.controlled);
}

/* Whether a template is out is read from the status (`released`), so whoever writes that could make a later
 * resume pass unasked. Its controller is let through by decision_make. */
static bool vouches(const struct change *change)
{
    return text_is(change->subresource, "status") && change->operation == OPERATION_UPDATE &&
           (change->workload == KIND_DEPLOYMENT || change->workload == KIND_STATEFULSET ||
            change->workload == KIND_DAEMONSET);
}

/* Held since it was created: nothing of it ever ran. */
static bool never_ran(const struct change *change)
{
    return change->hold.before.held && (change->hold.before.hold.classes & CLASS_BIT(CLASS_CREATE));
}

change_classes change_classify(const struct change *change)
{
    change_classes classes = 0;
    bool whole_object = change->subresource.length == 0;

    if (text_is(change->subresource, "scale"))
        classes = classify_scale(&change->before, &change->after);
    else if (text_is(change->subresource, "ephemeralcontainers") || text_is(change->subresource, "resize"))
        classes = CLASS_BIT(CLASS_DEBUG);
    else if (vouches(change))
        classes = CLASS_BIT(CLASS_RESUME);
    else if (whole_object && change->operation == OPERATION_CREATE)
        classes = CLASS_BIT(CLASS_CREATE);
    else if (whole_object && never_ran(change))
        classes = change->operation == OPERATION_UPDATE ? CLASS_BIT(CLASS_CREATE) : 0;
    else if (whole_object && change->operation == OPERATION_UPDATE)
        classes = classify_update(change);
    else if (whole_object && change->operation == OPERATION_DELETE && removes_something(change))
        classes = CLASS_BIT(CLASS_DELETE);
    return classes == 0 ? CLASS_BIT(CLASS_METADATA) : classes;
}

enum change_class change_main_class(change_classes classes)
{
    for (unsigned class = 0; class < CLASS_COUNT; class ++)
        if (classes & CLASS_BIT(class))
            return (enum change_class) class;
    return CLASS_METADATA;
}

const char *change_class_name(enum change_class class)
{
    return class_names[class];
}

enum change_class change_class_parse(struct text name)
{
    unsigned class = 0;
    while (class < CLASS_COUNT && !text_is(name, class_names[class]))
        class ++;
    return (enum change_class) class;
}

const char *change_classes_name(change_classes classes, char *buffer, size_t buffer_bytes)
{
    size_t length = 0;
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        struct text name = text_of(class_names[class]);
        if (!(classes & CLASS_BIT(class)) || length + 1 + name.length >= buffer_bytes)
            continue;
        if (length > 0)
            buffer[length++] = '+';
        memcpy(buffer + length, name.at, name.length);
        length += name.length;
    }
    buffer[length] = '\0';
    return buffer;
}

const char *operation_name(enum operation operation)
{
    return operation_names[operation];
}

bool operation_parse(struct text name, enum operation *ret_operation)
{
    for (unsigned i = 0; i < sizeof(operation_names) / sizeof(operation_names[0]); i++) {
        if (text_is(name, operation_names[i])) {
            *ret_operation = (enum operation)i;
            return true;
        }
    }
    return false;
}
