#include "core/record.h"

#include <string.h>

static size_t place_of(const struct record *record, struct text digest)
{
    size_t i = 0;
    while (i < record->template_count && !text_equal(record->templates[i].digest, digest))
        i++;
    return i;
}

const struct record_template *record_find(const struct record *record, struct text digest)
{
    size_t place = place_of(record, digest);
    return place < record->template_count ? &record->templates[place] : NULL;
}

bool record_ran(const struct record *record, struct text digest)
{
    const struct record_template *found = record_find(record, digest);
    return found != NULL && !found->waiting;
}

bool record_used(const struct record *record, struct text id, struct text digest, struct text *ret_other)
{
    for (size_t i = 0; i < record->template_count; i++) {
        const struct record_template *entry = &record->templates[i];
        if (text_equal(entry->digest, digest) || !text_is_among(id, entry->ids, entry->id_count))
            continue;
        *ret_other = entry->digest;
        return true;
    }
    return false;
}

void record_use(struct record_template *entry, const struct text *ids, size_t count)
{
    for (size_t i = 0; i < count && entry->id_count < RECORD_IDS_MOST; i++)
        if (!text_is_among(ids[i], entry->ids, entry->id_count))
            entry->ids[entry->id_count++] = ids[i];
}

void record_admit(struct record *record, const struct record_template *admitted)
{
    struct record_template entry = *admitted;
    size_t place = place_of(record, admitted->digest);
    if (place < record->template_count) {
        record_use(&entry, record->templates[place].ids, record->templates[place].id_count);
        entry.waiting &= record->templates[place].waiting; /* pods of it that ran once did run */
    } else if (place == RECORD_TEMPLATES_MOST) {
        place--;
    } else {
        record->template_count++;
    }
    memmove(&record->templates[1], &record->templates[0], place * sizeof(entry));
    record->templates[0] = entry;
}

void record_bring_out(struct record *record, struct text digest)
{
    size_t place = place_of(record, digest);
    if (place < record->template_count)
        record->templates[place].waiting = false;
}

/* Whether it says when an incident was first used that was used again since. */
static bool is_first_of_several(const struct record *record, size_t place, const struct record_override *new)
{
    struct text incident = record->overrides[place].incident;
    bool first = true, several = text_equal(new->incident, incident);
    for (size_t i = 0; i < record->override_count; i++) {
        bool same = text_equal(record->overrides[i].incident, incident);
        first &= !(same && i > place);
        several |= same && i < place;
    }
    return first && several;
}

static bool is_same_debt(const struct record_override *a, const struct record_override *b)
{
    return a->reviewed_by.length == 0 && text_equal(a->incident, b->incident) && text_equal(a->by, b->by);
}

/* Whether a later use stands for it: the same person's, for the same incident, and owed as well. */
static bool is_repeated(const struct record *record, size_t place, const struct record_override *new)
{
    bool repeated = is_same_debt(new, &record->overrides[place]);
    for (size_t i = 0; i < place; i++)
        repeated |= is_same_debt(&record->overrides[i], &record->overrides[place]);
    return repeated;
}

/* Which one goes where one too many comes; RECORD_OVERRIDES_MOST: none may. */
static size_t least_wanted(const struct record *record, const struct record_override *new)
{
    size_t least = RECORD_OVERRIDES_MOST;
    for (size_t i = record->override_count; i-- > 0;) {
        if (is_first_of_several(record, i, new))
            continue;
        if (record->overrides[i].reviewed_by.length > 0)
            return i;
        if (least == RECORD_OVERRIDES_MOST && is_repeated(record, i, new))
            least = i;
    }
    return least;
}

bool record_has_room(const struct record *record, const struct record_override *override)
{
    return record->override_count < RECORD_OVERRIDES_MOST ||
           least_wanted(record, override) < RECORD_OVERRIDES_MOST;
}

void record_override(struct record *record, const struct record_override *override)
{
    size_t place = record->override_count;
    if (place == RECORD_OVERRIDES_MOST)
        place = least_wanted(record, override);
    else
        record->override_count++;
    if (place == RECORD_OVERRIDES_MOST)
        return;
    memmove(&record->overrides[1], &record->overrides[0], place * sizeof(*override));
    record->overrides[0] = *override;
}

size_t record_debts(const struct record *record)
{
    size_t debts = 0;
    for (size_t i = 0; i < record->override_count; i++)
        debts += record->overrides[i].reviewed_by.length == 0;
    return debts;
}

size_t record_review(struct record *record, struct text reviewer, int64_t now_s)
{
    size_t reviewed = 0;
    for (size_t i = 0; i < record->override_count; i++) {
        struct record_override *override = &record->overrides[i];
        if (override->reviewed_by.length > 0 || text_equal(override->by, reviewer))
            continue;
        override->reviewed_by = reviewer;
        override->reviewed_s = now_s;
        reviewed++;
    }
    return reviewed;
}

int64_t record_first_use_s(const struct record *record, struct text incident)
{
    for (size_t i = record->override_count; i-- > 0;)
        if (text_equal(record->overrides[i].incident, incident))
            return record->overrides[i].at_s;
    return 0;
}

/* ---- comparing ---- */

static bool near(int64_t a_s, int64_t b_s, bool passes)
{
    int64_t apart_s = a_s < b_s ? b_s - a_s : a_s - b_s;
    return apart_s == 0 || (passes && a_s != 0 && b_s != 0 && apart_s <= RECORD_PASS_S);
}

static bool same_template(const struct record_template *a, const struct record_template *b, bool passes,
                          bool normalised)
{
    bool same = near(a->at_s, b->at_s, passes) && a->waiting == b->waiting && text_equal(a->by, b->by) &&
                a->id_count == b->id_count && (normalised || text_equal(a->digest, b->digest));
    for (size_t i = 0; same && i < a->id_count; i++)
        same = text_equal(a->ids[i], b->ids[i]);
    return same;
}

static bool same_override(const struct record_override *a, const struct record_override *b, bool passes,
                          bool newest, bool normalised)
{
    return near(a->at_s, b->at_s, passes && newest) && near(a->reviewed_s, b->reviewed_s, passes) &&
           text_equal(a->incident, b->incident) && text_equal(a->reason, b->reason) &&
           text_equal(a->by, b->by) && text_equal(a->reviewed_by, b->reviewed_by) &&
           (normalised || text_equal(a->digest, b->digest));
}

bool record_same(const struct record *a, const struct record *b, bool passes, bool normalised)
{
    bool same = a->template_count == b->template_count && a->override_count == b->override_count;
    for (size_t i = 0; same && i < a->template_count; i++)
        same = same_template(&a->templates[i], &b->templates[i], passes && i == 0, normalised && i == 0);
    /* A review can be about all of them. */
    for (size_t i = 0; same && i < a->override_count; i++)
        same = same_override(&a->overrides[i], &b->overrides[i], passes, i == 0, normalised && i == 0);
    return same;
}
