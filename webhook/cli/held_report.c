#include "cli/held_report.h"

#include "cli/table.h"
#include "codec/objects.h"
#include "core/calendar.h"
#include "core/instant.h"

#include <stdlib.h>

enum { CLASSES_BYTES = 96 };

/* ---- reading ---- */

struct held_item held_item_read(struct json object, const struct held_kind *kind, struct arena *arena)
{
    static const struct text metadata_key = TEXT("metadata"), labels_key = TEXT("labels");
    struct json metadata = json_get(object, metadata_key);
    struct text label = json_as_text(json_get(json_get(metadata, labels_key), (struct text)TEXT(HOLD_LABEL)));
    struct text annotation = object_annotation(object, (struct text)TEXT(HOLD_ANNOTATION));
    struct held_item item = {
        .kind = kind,
        .namespace = arena_copy(arena, json_as_text(json_get(metadata, text_of("namespace")))),
        .name = arena_copy(arena, json_as_text(json_get(metadata, text_of("name")))),
        .state = arena_copy(arena, text_is(label, HOLD_LABEL_HELD) ? text_of("held") : label),
    };
    item.known = annotation.at != NULL && hold_read(annotation, held_kind_type(kind), arena, &item.hold);
    return item;
}

static int compare_items(const void *left, const void *right)
{
    const struct held_item *a = left, *b = right;
    int order = text_compare(a->namespace, b->namespace);
    if (order == 0)
        order = (a->kind > b->kind) - (a->kind < b->kind);
    return order == 0 ? text_compare(a->name, b->name) : order;
}

void held_items_sort(struct held_item *items, size_t count)
{
    if (count > 0)
        qsort(items, count, sizeof(*items), compare_items);
}

/* ---- the table ---- */

enum column { NAMESPACE, OBJECT, CLASS, STATE, SINCE, UNTIL, WINDOW, APPROVAL, BY, COLUMNS };

struct row {
    struct text cells[COLUMNS];
};

/* As the other commands show times, but for the zone: holds of many windows stand side by side. */
static struct text short_time(struct arena *arena, int64_t instant_s)
{
    struct wall_time t = wall_time_from_seconds(instant_s);
    struct text minutes =
        arena_printf(arena, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour, t.minute);
    return t.second == 0 ? minutes : arena_printf(arena, "%.*s:%02d", TEXT_ARGS(minutes), t.second);
}

static struct text until_of(struct arena *arena, const struct hold *hold)
{
    if (hold->until_s == FREEZE_NO_END)
        return text_of("no known end");
    return hold->until_s == 0 ? text_of("open") : short_time(arena, hold->until_s);
}

static struct row row_of(const struct held_item *item, struct arena *arena)
{
    char classes[CLASSES_BYTES];
    const struct hold *hold = &item->hold;
    struct row row = {
        .cells = {
            [NAMESPACE] = table_cell(arena, item->namespace), [STATE] = table_cell(arena, item->state)}};
    row.cells[OBJECT] =
        arena_printf(arena, "%s/%.*s", item->kind->noun, TEXT_ARGS(table_cell(arena, item->name)));
    for (enum column column = CLASS; column < COLUMNS; column++)
        if (row.cells[column].length == 0)
            row.cells[column] = text_of("-");
    if (!item->known)
        return row;
    row.cells[CLASS] =
        arena_printf(arena, "%s", change_classes_name(hold->classes, classes, sizeof(classes)));
    row.cells[SINCE] = short_time(arena, hold->since_s);
    row.cells[UNTIL] = until_of(arena, hold);
    row.cells[WINDOW] = table_cell(arena, hold->window);
    row.cells[APPROVAL] = table_cell(arena, hold->approvals);
    row.cells[BY] = table_cell(arena, hold->by);
    return row;
}

void held_write_text(const struct held_item *items, size_t count, struct arena *arena,
                     struct json_text_buffer *out)
{
    static const struct row heading = {{TEXT("NAMESPACE"), TEXT("OBJECT"), TEXT("CLASS"), TEXT("STATE"),
                                        TEXT("SINCE (UTC)"), TEXT("UNTIL (UTC)"), TEXT("WINDOW"),
                                        TEXT("APPROVAL"), TEXT("BY")}};
    if (count == 0) {
        json_text_raw_str(out, "nothing is held\n");
        return;
    }
    struct text *cells = arena_alloc_array(arena, (count + 1) * COLUMNS, sizeof(*cells));
    memcpy(cells, heading.cells, sizeof(heading.cells));
    for (size_t i = 0; i < count; i++) {
        struct row row = row_of(&items[i], arena);
        memcpy(&cells[(i + 1) * COLUMNS], row.cells, sizeof(row.cells));
    }
    table_write(cells, COLUMNS, count + 1, out);
}

/* ---- JSON ---- */

static void write_text(struct json_text_buffer *out, const char *key, bool known, struct text value)
{
    json_text_key(out, key);
    if (known && value.length > 0)
        json_text_string(out, value);
    else
        json_text_raw_str(out, "null");
}

static void write_item(const struct held_item *item, struct arena *arena, struct json_text_buffer *out)
{
    char classes[CLASSES_BYTES] = "";
    const struct hold *hold = &item->hold;
    bool known = item->known, ends = known && hold->until_s != FREEZE_NO_END && hold->until_s != 0;
    json_text_element(out);
    json_text_raw_str(out, "{");
    json_text_member(out, "namespace", item->namespace);
    json_text_member(out, "kind", text_of(item->kind->kind));
    json_text_member(out, "name", item->name);
    json_text_member(out, "state", item->state);
    write_text(out, "class", known, text_of(change_classes_name(hold->classes, classes, sizeof(classes))));
    write_text(out, "since", known, instant_format(arena, hold->since_s));
    write_text(out, "until", ends, ends ? instant_format(arena, hold->until_s) : TEXT_EMPTY);
    write_text(out, "window", known, hold->window);
    write_text(out, "approvals", known, hold->approvals);
    write_text(out, "changeDocument", known, hold->document);
    write_text(out, "by", known, hold->by);
    write_text(out, "policy", known, hold->policy);
    write_text(out, "reason", known, hold->reason);
    json_text_raw_str(out, "}");
}

void held_write_json(const struct held_item *items, size_t count, struct arena *arena,
                     struct json_text_buffer *out)
{
    json_text_raw_str(out, "{\"items\":[");
    for (size_t i = 0; i < count; i++)
        write_item(&items[i], arena, out);
    json_text_raw_str(out, "]}\n");
}
