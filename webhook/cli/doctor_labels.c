#include "cli/doctor_labels.h"

#include "core/freeze.h"
#include "core/instant.h"

enum { TYPO_MOST = 2, DISTANCE_BYTES_MOST = 128, DISTANCE_MOST = 4, KNOWN_MOST = 64, DOMAIN_TYPO_MOST = 3 };

#define DOMAIN "changegate.dev"
static const struct text tier_key = TEXT(DOMAIN "/tier"), freeze_key = TEXT(NAMESPACE_FREEZE),
                         until_key = TEXT(NAMESPACE_FREEZE_UNTIL), reason_key = TEXT(NAMESPACE_FREEZE_REASON);

/* ---- how near ---- */

unsigned doctor_edit_distance(struct text a, struct text b)
{
    unsigned row[DISTANCE_BYTES_MOST + 1];
    if (a.length > DISTANCE_BYTES_MOST || b.length > DISTANCE_BYTES_MOST)
        return text_equal(a, b) ? 0 : DISTANCE_MOST;
    for (size_t j = 0; j <= b.length; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a.length; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.length; j++) {
            unsigned replaced = corner + (a.at[i - 1] == b.at[j - 1] ? 0 : 1);
            unsigned shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            corner = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[b.length] < DISTANCE_MOST ? row[b.length] : DISTANCE_MOST;
}

/* "Tier_1" and "tier-1" say the same to whoever reads them. */
static struct text plain(struct arena *arena, struct text written)
{
    char *bytes = arena_alloc(arena, written.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < written.length; i++) {
        char c = written.at[i];
        if (c == '-' || c == '_' || c == '.' || c == ' ')
            continue;
        bytes[length++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return (struct text){bytes, length};
}

/* Short values are near to one another by chance: tier-1 and tier-2 differ by one letter, and both are meant.
 */
static bool is_value_like(struct arena *arena, struct text written, struct text known)
{
    struct text a = plain(arena, written), b = plain(arena, known);
    if (text_equal(a, b))
        return true;
    bool ends_alike = a.length > 0 && b.length > 0 && a.at[a.length - 1] == b.at[b.length - 1];
    bool is_number = b.length > 0 && b.at[b.length - 1] >= '0' && b.at[b.length - 1] <= '9';
    return b.length >= 4 && doctor_edit_distance(a, b) <= TYPO_MOST && (ends_alike || !is_number);
}

static bool is_key_like(struct text written, struct text known)
{
    struct text domain = text_slice(written, 0, text_find(written, '/'));
    struct text name = text_slice(written, domain.length, written.length);
    struct text known_domain = text_slice(known, 0, text_find(known, '/'));
    struct text known_name = text_slice(known, known_domain.length, known.length);
    if (text_equal(written, known) || name.length == 0)
        return false;
    return doctor_edit_distance(written, known) <= TYPO_MOST ||
           (text_equal(name, known_name) && doctor_edit_distance(domain, known_domain) <= DOMAIN_TYPO_MOST);
}

/* ---- what is known ---- */

struct known {
    struct text items[KNOWN_MOST];
    size_t count;
};

static void add_known(struct known *known, struct text text)
{
    if (known->count < KNOWN_MOST && !text_is_among(text, known->items, known->count))
        known->items[known->count++] = text;
}

/* Keys of labels that decide: ours, and those that policies govern by. */
static struct known keys_known(const struct policy_set *policies)
{
    struct known known = {.count = 0};
    add_known(&known, tier_key);
    add_known(&known, freeze_key);
    for (size_t i = 0; policies != NULL && i < policies->count; i++)
        for (size_t j = 0; j < policies->items[i].namespace_selector.requirement_count; j++)
            add_known(&known, policies->items[i].namespace_selector.requirements[j].key);
    return known;
}

/* Values of `key` that some policy governs by. */
static struct known values_known(const struct policy_set *policies, struct text key)
{
    struct known known = {.count = 0};
    for (size_t i = 0; policies != NULL && i < policies->count; i++)
        for (size_t j = 0; j < policies->items[i].namespace_selector.requirement_count; j++) {
            const struct selector_requirement *requirement =
                &policies->items[i].namespace_selector.requirements[j];
            for (size_t v = 0; requirement->op == SELECTOR_IN && v < requirement->value_count; v++)
                if (text_equal(requirement->key, key))
                    add_known(&known, requirement->values[v]);
        }
    return known;
}

/* ---- judging one namespace ---- */

struct looking {
    const struct doctor_namespace *namespace;
    const struct doctor_scope *scope;
    const struct policy *policy; /* that governs it; NULL: none, or not known */
    struct text name;            /* fit for one line */
    struct doctor_report *report;
};

static struct text quote(const struct looking *looking, struct text text)
{
    return doctor_quote(looking->report, text);
}

static void judge_label_key(const struct looking *looking, struct text key, const struct known *known)
{
    struct doctor_report *report = looking->report;
    if (text_equal(key, until_key) || text_equal(key, reason_key)) {
        doctor_say(report, DOCTOR_WARNING, "labels",
                   "namespace %.*s has %.*s as a label, where nobody reads it", TEXT_ARGS(looking->name),
                   TEXT_ARGS(key));
        doctor_cure(report, "make it an annotation: kubectl annotate namespace %.*s %.*s=...",
                    TEXT_ARGS(looking->name), TEXT_ARGS(key));
    }
    for (size_t i = 0; i < known->count && !text_is_among(key, known->items, known->count); i++) {
        if (!is_key_like(key, known->items[i]) ||
            labels_get(looking->namespace->labels, known->items[i]) != NULL)
            continue;
        doctor_say(report, DOCTOR_FAULT, "labels",
                   "namespace %.*s has the label %.*s, which looks like %.*s and does nothing",
                   TEXT_ARGS(looking->name), TEXT_ARGS(quote(looking, key)), TEXT_ARGS(known->items[i]));
        doctor_cure(report, "kubectl label namespace %.*s %.*s- %.*s=%.*s", TEXT_ARGS(looking->name),
                    TEXT_ARGS(quote(looking, key)), TEXT_ARGS(known->items[i]),
                    TEXT_ARGS(quote(looking, *labels_get(looking->namespace->labels, key))));
        return;
    }
}

static void judge_annotation_key(const struct looking *looking, struct text key)
{
    struct doctor_report *report = looking->report;
    const struct text known[] = {until_key, reason_key};
    if (text_equal(key, tier_key) || text_equal(key, freeze_key)) {
        doctor_say(report, DOCTOR_FAULT, "labels",
                   "namespace %.*s has %.*s as an annotation, where nobody reads it",
                   TEXT_ARGS(looking->name), TEXT_ARGS(key));
        doctor_cure(report, "make it a label: kubectl label namespace %.*s %.*s=%.*s",
                    TEXT_ARGS(looking->name), TEXT_ARGS(key),
                    TEXT_ARGS(quote(looking, *labels_get(looking->namespace->annotations, key))));
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (!is_key_like(key, known[i]))
            continue;
        doctor_say(report, DOCTOR_WARNING, "labels",
                   "namespace %.*s has the annotation %.*s, which looks like %.*s and does nothing",
                   TEXT_ARGS(looking->name), TEXT_ARGS(quote(looking, key)), TEXT_ARGS(known[i]));
        doctor_cure(report, "write %.*s", TEXT_ARGS(known[i]));
        return;
    }
}

/* A value by which some policy nearly governs, in a namespace that none governs. */
static void judge_value(const struct looking *looking, const struct label *label)
{
    struct doctor_report *report = looking->report;
    struct known values = values_known(looking->scope->policies, label->key);
    if (looking->policy != NULL || text_is(label->key, "kubernetes.io/metadata.name") ||
        text_is_among(label->value, values.items, values.count))
        return;
    for (size_t i = 0; i < values.count; i++) {
        if (!is_value_like(report->arena, label->value, values.items[i]))
            continue;
        doctor_say(report, DOCTOR_FAULT, "labels",
                   "namespace %.*s has %.*s=%.*s, and no policy governs it: did somebody mean %.*s?",
                   TEXT_ARGS(looking->name), TEXT_ARGS(label->key), TEXT_ARGS(quote(looking, label->value)),
                   TEXT_ARGS(values.items[i]));
        doctor_cure(report, "kubectl label namespace %.*s --overwrite %.*s=%.*s", TEXT_ARGS(looking->name),
                    TEXT_ARGS(label->key), TEXT_ARGS(values.items[i]));
        return;
    }
    if (values.count == 0 || !text_starts_with(label->key, text_of(DOMAIN "/")))
        return; /* a label that others use as well */
    doctor_say(report, DOCTOR_WARNING, "labels", "namespace %.*s has %.*s=%.*s, and no policy governs it",
               TEXT_ARGS(looking->name), TEXT_ARGS(label->key), TEXT_ARGS(quote(looking, label->value)));
    doctor_cure(report, "give it a value that a policy selects, or write a policy for this one");
}

static void judge_freeze_value(const struct looking *looking, struct text value)
{
    static const struct text actions[] = {TEXT("deny"), TEXT("delay"), TEXT("warn")};
    struct doctor_report *report = looking->report;
    if (text_is_among(value, actions, 3))
        return;
    doctor_say(report, DOCTOR_WARNING, "labels",
               "namespace %.*s has " NAMESPACE_FREEZE "=%.*s, which is none of deny, delay, warn and denies",
               TEXT_ARGS(looking->name), TEXT_ARGS(quote(looking, value)));
    for (size_t i = 0; i < 3; i++)
        if (is_value_like(report->arena, value, actions[i])) {
            doctor_cure(report, "kubectl label namespace %.*s --overwrite " NAMESPACE_FREEZE "=%.*s",
                        TEXT_ARGS(looking->name), TEXT_ARGS(actions[i]));
            return;
        }
    doctor_cure(report,
                "say deny, delay or warn, or take it off: kubectl label namespace %.*s " NAMESPACE_FREEZE "-",
                TEXT_ARGS(looking->name));
}

static void judge_until(const struct looking *looking, bool is_frozen)
{
    struct doctor_report *report = looking->report;
    const struct text *until = labels_get(looking->namespace->annotations, until_key);
    int64_t until_s;
    if (until == NULL)
        return;
    if (!instant_parse(*until, &until_s)) {
        doctor_say(report, DOCTOR_WARNING, "labels",
                   "namespace %.*s has " NAMESPACE_FREEZE_UNTIL
                   " \"%.*s\", which is no time, and counts as no end",
                   TEXT_ARGS(looking->name), TEXT_ARGS(quote(looking, *until)));
        doctor_cure(report, "write it as RFC 3339, with an offset: 2026-12-02T06:00:00-05:00");
    } else if (!is_frozen) {
        doctor_say(report, DOCTOR_WARNING, "labels",
                   "namespace %.*s has " NAMESPACE_FREEZE_UNTIL " without the label " NAMESPACE_FREEZE
                   ": it is not frozen",
                   TEXT_ARGS(looking->name));
        doctor_cure(report,
                    "kubectl label namespace %.*s " NAMESPACE_FREEZE "=deny, or take the annotation off",
                    TEXT_ARGS(looking->name));
    } else if (until_s <= looking->scope->now_s) {
        doctor_say(report, DOCTOR_WARNING, "labels",
                   "namespace %.*s has been frozen until %.*s, which is over", TEXT_ARGS(looking->name),
                   TEXT_ARGS(instant_format(report->arena, until_s)));
        doctor_cure(report, "take it off: kubectl label namespace %.*s " NAMESPACE_FREEZE "-",
                    TEXT_ARGS(looking->name));
    }
}

static void judge_freeze(const struct looking *looking)
{
    struct doctor_report *report = looking->report;
    const struct text *freeze = labels_get(looking->namespace->labels, freeze_key);
    if (freeze != NULL)
        judge_freeze_value(looking, *freeze);
    judge_until(looking, freeze != NULL);
    if (freeze == NULL || looking->scope->policies == NULL || looking->policy != NULL)
        return;
    doctor_say(report, DOCTOR_WARNING, "labels",
               "namespace %.*s has the label " NAMESPACE_FREEZE
               ", and no policy governs it: it is not frozen",
               TEXT_ARGS(looking->name));
    doctor_cure(report, "give it the label of a policy, too");
}

static void judge_asking(const struct looking *looking)
{
    struct doctor_report *report = looking->report;
    if (looking->policy == NULL)
        return;
    if (doctor_is_never_matched(looking->namespace->name, looking->scope)) {
        doctor_say(
            report, DOCTOR_WARNING, "labels",
            "namespace %.*s is labelled as governed, and is never asked about: the cluster has to be able to "
            "repair itself",
            TEXT_ARGS(looking->name));
        doctor_cure(report, "take the label off, so that nobody relies on it");
    } else if (looking->scope->asked != NULL &&
               !selector_matches(looking->scope->asked, looking->namespace->labels)) {
        doctor_say(report, DOCTOR_FAULT, "labels",
                   "namespace %.*s is governed by policy %.*s, and the registration leaves it out",
                   TEXT_ARGS(looking->name), TEXT_ARGS(looking->policy->name));
        doctor_cure(report, "see the check policy, and excludedNamespaces of the chart");
    }
}

/* ---- all of them ---- */

bool doctor_is_never_matched(struct text namespace, const struct doctor_scope *scope)
{
    return text_is(namespace, "kube-system") || text_is(namespace, scope->own_namespace);
}

static void judge_namespace(const struct looking *looking, const struct known *keys)
{
    const struct doctor_namespace *namespace = looking->namespace;
    for (size_t i = 0; i < namespace->labels.count; i++) {
        judge_label_key(looking, namespace->labels.items[i].key, keys);
        judge_value(looking, &namespace->labels.items[i]);
    }
    for (size_t i = 0; i < namespace->annotations.count; i++)
        judge_annotation_key(looking, namespace->annotations.items[i].key);
    judge_freeze(looking);
    judge_asking(looking);
}

void doctor_judge_namespaces(const struct doctor_namespace *namespaces, size_t count,
                             const struct doctor_scope *scope, struct doctor_report *report)
{
    size_t before = report->count, governed = 0;
    struct known keys = keys_known(scope->policies);
    for (size_t i = 0; i < count; i++) {
        struct looking looking = {.namespace = &namespaces[i],
                                  .scope = scope,
                                  .name = doctor_quote(report, namespaces[i].name),
                                  .report = report};
        if (scope->policies != NULL)
            looking.policy = policy_for_namespace(scope->policies, namespaces[i].labels);
        governed += looking.policy != NULL ? 1 : 0;
        judge_namespace(&looking, &keys);
    }
    if (doctor_is_well(report, before) && scope->policies != NULL)
        doctor_say(report, DOCTOR_OK, "labels",
                   "%zu of %zu namespaces are governed, and no label looks mistyped", governed, count);
    else if (doctor_is_well(report, before))
        doctor_say(report, DOCTOR_OK, "labels", "of %zu namespaces no label looks mistyped", count);
}
