#include "core/selector.h"

const struct text *labels_get(struct labels labels, struct text key)
{
    for (size_t i = 0; i < labels.count; i++)
        if (text_equal(labels.items[i].key, key))
            return &labels.items[i].value;
    return NULL;
}

static bool value_listed(const struct selector_requirement *requirement, struct text value)
{
    for (size_t i = 0; i < requirement->value_count; i++)
        if (text_equal(requirement->values[i], value))
            return true;
    return false;
}

static bool requirement_holds(const struct selector_requirement *requirement, struct labels labels)
{
    const struct text *value = labels_get(labels, requirement->key);
    switch (requirement->op) {
    case SELECTOR_IN: return value != NULL && value_listed(requirement, *value);
    case SELECTOR_NOT_IN: return value == NULL || !value_listed(requirement, *value);
    case SELECTOR_EXISTS: return value != NULL;
    case SELECTOR_DOES_NOT_EXIST: return value == NULL;
    }
    return false;
}

bool selector_matches(const struct selector *selector, struct labels labels)
{
    for (size_t i = 0; i < selector->requirement_count; i++)
        if (!requirement_holds(&selector->requirements[i], labels))
            return false;
    return true;
}
