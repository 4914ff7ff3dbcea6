/* The events of one UID become one window. */
#include "ics_import_private.h"

#include "core/instant.h"

/* What the CRD allows, counted in characters there. */
enum { REASON_BYTES_MOST = 256, CONTACT_BYTES_MOST = 128, URL_BYTES_MOST = 512 };

/* ---- which versions count ---- */

/* RFC 5546 section 2.1.4: of two versions the higher SEQUENCE counts. */
static void drop_other_versions(struct ics_maker *maker)
{
    struct arena *arena = &maker->importer->arena;
    for (size_t i = 0; i < maker->count; i++)
        for (size_t j = i + 1; j < maker->count && maker->items[i]->fate == ICS_CARRIED; j++) {
            struct ics_item *one = maker->items[i], *other = maker->items[j];
            if (other->fate != ICS_CARRIED || one->moved != other->moved ||
                !text_equal(one->instance, other->instance))
                continue;
            if (one->sequence == other->sequence)
                ics_say(arena, other, ICS_NOT_CARRIED,
                        "the event at line %u has the same UID%s; give it one of its own",
                        one->component->line, one->moved ? " and RECURRENCE-ID" : "");
            else
                ics_say(arena, one->sequence < other->sequence ? one : other, ICS_LEFT_OUT,
                        "the file has a later version of it (SEQUENCE)");
        }
}

static void say_of_all(struct ics_maker *maker, enum ics_fate fate, const char *what)
{
    for (size_t i = 0; i < maker->count; i++)
        if (maker->items[i]->fate == ICS_CARRIED)
            ics_say(&maker->importer->arena, maker->items[i], fate, "%s", what);
}

/* ---- single dates ---- */

/* Takes the instance that starts then out of the window. False: none does. */
static bool take_out(struct ics_maker *maker, const struct ics_moment *moment)
{
    struct ics_window *window = maker->window;
    bool found = false;
    int64_t instant_s = ics_instant(moment, OCCURRENCE_FIRST);
    for (size_t i = 0; i < maker->written_count; i++)
        if (window->once[i].start.zone.length > 0 &&
            ics_instant(&window->once[i].start, OCCURRENCE_FIRST) == instant_s) {
            window->once[i].start.zone = TEXT_EMPTY;
            found = true;
        }
    int64_t day_s = ics_wall_in(moment, window->zone) - window->start_s;
    if (!window->recurring || day_s % ICS_DAY_S != 0 || day_s < window->from_s)
        return found;
    for (size_t i = 0; i < window->exdate_count; i++)
        if (window->exdates[i] == day_s)
            return true;
    window->exdates[window->exdate_count++] = day_s;
    return true;
}

static void take_dates(struct ics_maker *maker)
{
    struct arena *arena = &maker->importer->arena;
    struct ics_window *window = maker->window;
    struct ics_once *excluded = maker->importer->excluded;
    size_t added = 0, count = 0;
    ics_read_dates(maker->importer, maker->master, "RDATE", &maker->times, window->once + window->once_count,
                   &added);
    window->once_count += added;
    maker->written_count = window->once_count;
    ics_read_dates(maker->importer, maker->master, "EXDATE", &maker->times, excluded, &count);
    for (size_t i = 0; i < count; i++)
        if (!take_out(maker, &excluded[i].start))
            ics_say(arena, maker->master, ICS_IN_PART,
                    "its EXDATE %.*s is not when an instance starts; correct it",
                    TEXT_ARGS(instant_format(arena, ics_instant(&excluded[i].start, OCCURRENCE_FIRST))));
}

/* A moved or cancelled instance. Where it cannot be read the original one stays: closed rather than open. */
static void move_instance(struct ics_maker *maker, struct ics_item *item)
{
    struct arena *arena = &maker->importer->arena;
    struct ics_moment original;
    struct ics_times times;
    struct error error = {0};
    if (!ics_read_recurrence_id(maker->importer, item, &original, &error) ||
        (!item->cancelled && !ics_read_times(maker->importer, item, &times, &error))) {
        ics_say(arena, item, ICS_NOT_CARRIED, "%s", error.text);
        return;
    }
    if (maker->master != NULL && !take_out(maker, &original))
        ics_say(arena, item, ICS_IN_PART,
                "its RECURRENCE-ID is not when an instance of the series starts; correct it");
    if (item->cancelled && maker->master == NULL)
        ics_say(arena, item, ICS_LEFT_OUT, "it is cancelled");
    if (item->cancelled)
        return;
    if (maker->window->zone.length == 0)
        maker->window->zone = times.start.zone;
    maker->window->once[maker->window->once_count++] = (struct ics_once){times.start, times.end};
}

static void move_instances(struct ics_maker *maker)
{
    size_t moved = 0;
    for (size_t i = 0; i < maker->count; i++) {
        struct ics_item *item = maker->items[i];
        if (!item->moved || item->fate != ICS_CARRIED)
            continue;
        if (moved++ == ICS_DATES_MOST) {
            ics_say(&maker->importer->arena, item, ICS_NOT_CARRIED,
                    "more than %d instances of its series are moved; split the series", ICS_DATES_MOST);
            return;
        }
        move_instance(maker, item);
    }
}

/* ---- the window ---- */

static struct text contact_of(struct arena *arena, const struct ics_component *component)
{
    static const struct text scheme = TEXT("mailto:");
    struct text contact = ics_read_text(arena, ics_value(component, "CONTACT"), CONTACT_BYTES_MOST);
    const struct ics_property *organizer = ics_get(component, "ORGANIZER");
    if (contact.length > 0 || organizer == NULL)
        return contact;
    struct text address = text_trim(organizer->value), name = text_trim(ics_parameter(organizer, "CN"));
    if (text_equal_nocase(text_slice(address, 0, scheme.length), scheme))
        address = text_slice(address, scheme.length, address.length);
    if (name.length == 0 || text_equal(name, address))
        return text_quote(arena, address, CONTACT_BYTES_MOST);
    return text_quote(arena,
                      arena_printf(arena, "%.*s <%.*s>", TEXT_ARGS(text_slice(name, 0, CONTACT_BYTES_MOST)),
                                   TEXT_ARGS(text_slice(address, 0, CONTACT_BYTES_MOST))),
                      CONTACT_BYTES_MOST);
}

/* A part of a URL would be another URL. */
static struct text url_of(struct arena *arena, struct ics_item *item)
{
    struct text url = text_trim(ics_value(item->component, "URL"));
    if (url.length <= URL_BYTES_MOST)
        return text_quote(arena, url, URL_BYTES_MOST);
    ics_say(arena, item, ICS_IN_PART, "its URL is longer than %d bytes and left out; shorten it",
            URL_BYTES_MOST);
    return TEXT_EMPTY;
}

static void describe(struct ics_maker *maker, struct ics_item *item)
{
    struct arena *arena = &maker->importer->arena;
    struct ics_window *window = maker->window;
    window->reason = ics_read_text(arena, ics_value(item->component, "SUMMARY"), REASON_BYTES_MOST);
    window->name = ics_window_name(arena, maker->importer->options->name_prefix, window->reason, item->uid);
    window->contact = contact_of(arena, item->component);
    window->url = url_of(arena, item);
}

static bool make_series(struct ics_maker *maker)
{
    struct ics_window *window = maker->window;
    struct error error = {0};
    bool good = ics_read_times(maker->importer, maker->master, &maker->times, &error);
    if (good) {
        int64_t wall_s = maker->times.start.wall_s;
        window->zone = maker->times.start.zone;
        window->from_s = ics_day(wall_s) * ICS_DAY_S;
        window->start_s = wall_s - window->from_s;
        window->span_s = maker->times.span_s;
        good = ics_take_rule(maker, &error);
    }
    if (!good) {
        ics_say(&maker->importer->arena, maker->master, ICS_NOT_CARRIED, "%s", error.text);
        say_of_all(maker, ICS_NOT_CARRIED, "the series it belongs to is not carried over; see there");
        return false;
    }
    take_dates(maker);
    return true;
}

static struct ics_item *find_first(struct ics_maker *maker, bool moved)
{
    for (size_t i = 0; i < maker->count; i++)
        if (maker->items[i]->moved == moved && maker->items[i]->fate <= ICS_CARRIED)
            return maker->items[i];
    return NULL;
}

static size_t count_once(const struct ics_window *window)
{
    size_t count = 0;
    for (size_t i = 0; i < window->once_count; i++)
        count += window->once[i].start.zone.length > 0;
    return count;
}

static bool check_counts(struct ics_maker *maker, struct ics_item *first)
{
    const struct ics_window *window = maker->window;
    struct arena *arena = &maker->importer->arena;
    size_t once = count_once(window);
    if (once == 0 && !window->recurring) {
        if (maker->master != NULL)
            ics_say(arena, maker->master, ICS_LEFT_OUT, "no instance of it is left");
        return false;
    }
    if (once <= ICS_DATES_MOST && window->exdate_count <= ICS_DATES_MOST)
        return true;
    ics_say(arena, first, ICS_NOT_CARRIED,
            "it has %zu single times and %zu days taken out, a window has room for %d of each; split it",
            once, window->exdate_count, ICS_DATES_MOST);
    return false;
}

bool ics_make_window(struct ics_importer *importer, struct ics_item **items, size_t count,
                     struct ics_window *ret_window)
{
    struct ics_window window = {.recurring = false};
    struct ics_maker maker = {.importer = importer, .items = items, .count = count, .window = &window};
    drop_other_versions(&maker);
    maker.master = find_first(&maker, false);
    if (maker.master != NULL && maker.master->cancelled) {
        say_of_all(&maker, ICS_LEFT_OUT, "it is cancelled");
        return false;
    }
    struct ics_item *first = maker.master == NULL ? find_first(&maker, true) : maker.master;
    if (first == NULL)
        return false;
    window.once = importer->once;
    window.exdates = importer->exdates;
    if (maker.master != NULL && !make_series(&maker))
        return false;
    move_instances(&maker);
    if (!check_counts(&maker, first))
        return false;
    describe(&maker, first);
    *ret_window = window;
    return true;
}
