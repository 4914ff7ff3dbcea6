#include "codec/ics_import.h"

#include "ics_import_private.h"

#include "codec/window.h"
#include "codec/yaml_tree.h"

#include <stdlib.h>

/* A file with its events. */
struct import {
    struct ics_importer importer;
    struct ics_component root;
    struct ics_item *items;
    struct ics_item **by_uid; /* sorted: those of one UID beside one another, in file order */
    size_t item_count;
    struct text *names; /* of the windows written */
    struct json_text_buffer *out, *said;
    struct json_text_buffer spec; /* of the window in hand */
    struct ics_import_counts counts;
    size_t line_count;
};

/* ---- collecting ---- */

static bool is_event(const struct ics_component *component)
{
    return text_equal_nocase(component->kind, text_of("VEVENT"));
}

/* Zones are looked up by events, and nobody knows what an extension means. */
static bool is_for_us(const struct ics_component *component)
{
    return !text_equal_nocase(component->kind, text_of("VTIMEZONE")) &&
           !text_equal_nocase(text_slice(component->kind, 0, 2), text_of("X-"));
}

static bool count_components(const struct import *import, size_t *ret_count, struct error *error)
{
    size_t count = 0, zones = 0;
    for (const struct ics_component *calendar = import->root.first_child; calendar != NULL;
         calendar = calendar->next)
        for (const struct ics_component *it = calendar->first_child; it != NULL; it = it->next) {
            count += is_for_us(it);
            zones += text_equal_nocase(it->kind, text_of("VTIMEZONE"));
            if (count > ICS_EVENTS_MOST)
                return error_set_at(error, ERROR_INPUT, it->line, 1,
                                    "more than %d events; import the part that is still to come",
                                    ICS_EVENTS_MOST);
            if (zones > ICS_ZONES_MOST)
                return error_set_at(error, ERROR_INPUT, it->line, 1,
                                    "more than %d time zones; take out those that no event uses",
                                    ICS_ZONES_MOST);
        }
    *ret_count = count;
    return true;
}

/* An event without a UID is known by what it says. */
static struct text uid_of(struct arena *arena, const struct ics_component *component)
{
    struct text uid = text_trim(ics_value(component, "UID"));
    if (uid.length > 0)
        return uid;
    const struct text parts[] = {
        TEXT("\n"), ics_value(component, "SUMMARY"), TEXT("\n"), ics_value(component, "DTSTART"),
        TEXT("\n"), ics_value(component, "DTEND"),   TEXT("\n"), ics_value(component, "RRULE"),
    };
    return arena_concat(arena, parts, sizeof(parts) / sizeof(parts[0]));
}

static struct ics_item make_item(struct import *import, const struct ics_component *calendar,
                                 const struct ics_component *component)
{
    struct arena *arena = &import->importer.arena;
    struct ics_item item = {.component = component, .calendar = calendar, .order = import->item_count};
    item.uid = uid_of(arena, component);
    item.moved = ics_get(component, "RECURRENCE-ID") != NULL;
    item.instance = text_trim(ics_value(component, "RECURRENCE-ID"));
    item.cancelled = text_equal_nocase(text_trim(ics_value(component, "STATUS")), text_of("CANCELLED")) ||
                     text_equal_nocase(text_trim(ics_value(calendar, "METHOD")), text_of("CANCEL"));
    if (!ics_read_number(text_trim(ics_value(component, "SEQUENCE")), 0, INT32_MAX, &item.sequence))
        item.sequence = 0;
    if (!is_event(component))
        ics_say(arena, &item, ICS_NOT_CARRIED, "a window is made of a VEVENT; write it as one");
    return item;
}

static int compare_items(const void *left, const void *right)
{
    const struct ics_item *a = *(struct ics_item *const *)left, *b = *(struct ics_item *const *)right;
    int order = text_compare(a->uid, b->uid);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

/* DTSTART, RDATEs and as many moved instances; EXDATEs and as many days that instances moved away from. */
static void make_room(struct ics_importer *importer)
{
    importer->once = arena_alloc_array(&importer->arena, 2 * ICS_DATES_MOST + 1, sizeof(*importer->once));
    importer->exdates = arena_alloc_array(&importer->arena, 2 * ICS_DATES_MOST, sizeof(*importer->exdates));
    importer->excluded = arena_alloc_array(&importer->arena, ICS_DATES_MOST, sizeof(*importer->excluded));
}

static bool collect(struct import *import, struct error *error)
{
    size_t count;
    struct arena *arena = &import->importer.arena;
    if (!count_components(import, &count, error))
        return false;
    import->items = arena_alloc_array(arena, count + 1, sizeof(*import->items));
    import->by_uid = arena_alloc_array(arena, count + 1, sizeof(struct ics_item *));
    import->names = arena_alloc_array(arena, count + 1, sizeof(*import->names));
    for (const struct ics_component *calendar = import->root.first_child; calendar != NULL;
         calendar = calendar->next)
        for (const struct ics_component *it = calendar->first_child; it != NULL; it = it->next) {
            if (!is_for_us(it))
                continue;
            import->items[import->item_count] = make_item(import, calendar, it);
            import->by_uid[import->item_count] = &import->items[import->item_count];
            import->item_count++;
        }
    qsort(import->by_uid, import->item_count, sizeof(struct ics_item *), compare_items);
    return true;
}

/* ---- writing ---- */

static bool is_taken(const struct import *import, struct text name)
{
    for (size_t i = 0; i < import->counts.windows; i++)
        if (text_equal(import->names[i], name))
            return true;
    return false;
}

/* Whether the gate will read the manifest, on the way that it will take: from YAML to JSON and from there. */
static bool is_accepted(struct import *import, struct text manifest, struct text name, struct arena *scratch,
                        struct text *ret_fault)
{
    struct yaml_documents documents;
    struct window window;
    struct window_faults faults = {.count = 0};
    struct error error = {0};
    if (!yaml_read(scratch, manifest, &documents, &error)) {
        *ret_fault = arena_copy(scratch, text_of(error.text));
        return false;
    }
    json_text_clear(&import->spec);
    yaml_to_json(yaml_get(&documents.items[0], "spec"), &import->spec);
    bool good = window_read_object(name, json_text_view(&import->spec), NULL, scratch, &window, &faults);
    *ret_fault = faults.count > 0 ? faults.items[0] : TEXT_EMPTY;
    return good;
}

static void write_window(struct import *import, struct ics_item *item, const struct ics_window *window)
{
    struct json_text_buffer *out = import->out;
    struct arena *arena = &import->importer.arena, scratch = {NULL, 0};
    struct text fault;
    if (is_taken(import, window->name)) {
        ics_say(arena, item, ICS_NOT_CARRIED, "another window is called %.*s, too; change its SUMMARY",
                TEXT_ARGS(window->name));
        return;
    }
    size_t before = out->length;
    json_text_raw_str(out, import->counts.windows > 0 ? "---\n" : "");
    size_t from = out->length;
    ics_write_window(window, import->importer.options->action, out);
    struct text manifest = text_slice(json_text_view(out), from, out->length - from);
    if (is_accepted(import, manifest, window->name, &scratch, &fault)) {
        import->names[import->counts.windows++] = window->name;
    } else {
        out->length = before;
        ics_say(arena, item, ICS_NOT_CARRIED, "%.*s", TEXT_ARGS(fault));
    }
    arena_done(&scratch);
}

/* The events of one UID. */
struct run {
    struct ics_item **items; /* into by_uid */
    size_t count;
};

static struct run run_at(const struct import *import, size_t first)
{
    struct run run = {import->by_uid + first, 1};
    while (first + run.count < import->item_count && text_equal(run.items[0]->uid, run.items[run.count]->uid))
        run.count++;
    return run;
}

static int compare_runs(const void *left, const void *right)
{
    const struct run *a = left, *b = right;
    return (a->items[0]->order > b->items[0]->order) - (a->items[0]->order < b->items[0]->order);
}

/* One window a UID, in the order in which the file first has them. */
static void write_windows(struct import *import)
{
    struct run *runs = arena_alloc_array(&import->importer.arena, import->item_count + 1, sizeof(*runs));
    size_t count = 0;
    for (size_t i = 0; i < import->item_count; i += runs[count++].count)
        runs[count] = run_at(import, i);
    qsort(runs, count, sizeof(*runs), compare_runs);
    for (size_t i = 0; i < count; i++) {
        struct ics_window window;
        if (ics_make_window(&import->importer, runs[i].items, runs[i].count, &window))
            write_window(import, runs[i].items[0], &window);
    }
}

/* ---- saying ---- */

static void say_line(struct import *import, unsigned line, struct text text)
{
    if (import->line_count++ >= ICS_LINES_MOST)
        return;
    json_text_integer(import->said, line);
    json_text_raw_str(import->said, ": ");
    json_text_raw(import->said, text_quote(&import->importer.arena, text, text.length));
    json_text_raw_str(import->said, "\n");
}

static struct text quoted(struct import *import, struct text text)
{
    return ics_read_text(&import->importer.arena, text, ICS_QUOTE_BYTES_MOST);
}

static struct text quoted_or_none(struct import *import, struct text text)
{
    text = text_trim(text);
    return text.length == 0 ? text_of("none") : quoted(import, text);
}

static void say_item(struct import *import, struct ics_item *item)
{
    static const char *const fates[] = {"", "left out", "carried over in part", "not carried over"};
    struct arena *arena = &import->importer.arena;
    const struct ics_component *it = item->component;
    if (it->unreadable_line != 0 && is_event(it))
        ics_say(arena, item, ICS_IN_PART, "line %u is no \"NAME:value\" and was passed over; correct it",
                it->unreadable_line);
    if (item->fate == ICS_CARRIED)
        return;
    import->counts.incomplete += item->fate >= ICS_IN_PART;
    say_line(import, it->line,
             arena_printf(arena, "%.*s \"%.*s\" (UID %.*s, DTSTART %.*s) %s: %.*s",
                          TEXT_ARGS(is_event(it) ? text_of("event") : quoted(import, it->kind)),
                          TEXT_ARGS(quoted(import, ics_value(it, "SUMMARY"))),
                          TEXT_ARGS(quoted_or_none(import, ics_value(it, "UID"))),
                          TEXT_ARGS(quoted_or_none(import, ics_value(it, "DTSTART"))), fates[item->fate],
                          TEXT_ARGS(item->said)));
}

static void say_all(struct import *import)
{
    for (const struct ics_component *it = import->root.first_child; it != NULL; it = it->next)
        if (it->unreadable_line != 0) {
            import->counts.incomplete++;
            say_line(import, it->unreadable_line,
                     text_of("the line is no \"NAME:value\" and was passed over; correct it"));
        }
    for (size_t i = 0; i < import->item_count; i++)
        say_item(import, &import->items[i]);
    if (import->line_count > ICS_LINES_MOST)
        json_text_raw(import->said,
                      arena_printf(&import->importer.arena, "1: %zu more events are not listed\n",
                                   import->line_count - ICS_LINES_MOST));
}

bool ics_import(struct text bytes, const struct ics_import_options *options, struct json_text_buffer *out,
                struct json_text_buffer *said, struct ics_import_counts *ret_counts, struct error *error)
{
    struct import import = {.importer = {.options = options}, .out = out, .said = said};
    bool good = ics_parse(&import.importer.arena, bytes, &import.root, error) && collect(&import, error);
    if (good) {
        make_room(&import.importer);
        write_windows(&import);
        say_all(&import);
        *ret_counts = import.counts;
    }
    json_text_done(&import.spec);
    arena_done(&import.importer.arena);
    return good;
}
