/* core/selector: Kubernetes label selectors.
 * Layer: core (standard C only).
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
#ifndef CHANGEGATE_CORE_SELECTOR_H
#define CHANGEGATE_CORE_SELECTOR_H

#include "core/text.h"

struct label {
    struct text key, value;
};

struct labels {
    const struct label *items; /* borrowed; any order */
    size_t count;
};

enum selector_operator { SELECTOR_IN, SELECTOR_NOT_IN, SELECTOR_EXISTS, SELECTOR_DOES_NOT_EXIST };

/* One requirement; matchLabels {k: v} is `k In [v]`. */
struct selector_requirement {
    struct text key;
    enum selector_operator op;
    const struct text *values;
    size_t value_count;
};

/* All requirements must hold; none at all matches everything (an empty LabelSelector does). */
struct selector {
    const struct selector_requirement *requirements;
    size_t requirement_count;
};

/* The value of `key`, or NULL when the label is not there. Borrows from `labels`. */
const struct text *labels_get(struct labels labels, struct text key);

bool selector_matches(const struct selector *selector, struct labels labels);

#endif
