#include "cli/debts_report.h"

#include "cli/table.h"
#include "codec/json_slice.h"
#include "core/instant.h"
#include "edge/kube_events.h"

#include <stdlib.h>

/* ---- reading ---- */

static void add(struct debts *debts, const struct debt *debt, struct arena *arena)
{
    if (debts->count == debts->capacity) {
        debts->capacity = 2 * debts->capacity + 16;
        struct debt *more = arena_alloc_array(arena, debts->capacity, sizeof(*more));
        for (size_t i = 0; i < debts->count; i++)
            more[i] = debts->items[i];
        debts->items = more;
    }
    debts->items[debts->count++] = *debt;
}

/* A Deployment's controller copies its annotations onto its ReplicaSets, where nobody reviews them. */
static bool is_copy(const struct held_kind *kind, struct text metadata)
{
    if (held_kind_type(kind)->workload != KIND_REPLICASET)
        return false;
    for (struct json_slices owners = json_slices_of(json_slice_member(metadata, "ownerReferences"));
         json_slice_next(&owners);)
        if (text_is(json_slice_member(owners.value, "controller"), "true"))
            return true;
    return false;
}

bool debts_add(struct debts *debts, const struct held_kind *kind, struct text object, struct arena *arena,
               struct error *error)
{
    struct text metadata = json_slice_member(object, "metadata");
    struct text written = json_slice_member(json_slice_member(metadata, "annotations"), RECORD_ANNOTATION);
    if (written.at == NULL || is_copy(kind, metadata))
        return true;
    struct debt debt = {
        .kind = kind,
        .namespace = kube_string_decode(json_slice_member(metadata, "namespace"), arena),
        .name = kube_string_decode(json_slice_member(metadata, "name"), arena),
    };
    struct record *record = arena_alloc(arena, sizeof(*record));
    if (!record_read(kube_string_decode(written, arena), arena, record))
        return error_set(error, ERROR_INPUT,
                         "%s %.*s/%.*s: its annotation " RECORD_ANNOTATION
                         " cannot be read, so its debts are not "
                         "known; look at it",
                         kind->noun, TEXT_ARGS(debt.namespace), TEXT_ARGS(debt.name));
    for (size_t i = 0; i < record->override_count; i++) {
        debt.use = record->overrides[i];
        if (debt.use.reviewed_by.length == 0)
            add(debts, &debt, arena);
    }
    return true;
}

static int compare_debts(const void *left, const void *right)
{
    const struct debt *a = left, *b = right;
    int order = text_compare(a->namespace, b->namespace);
    if (order == 0)
        order = (a->kind > b->kind) - (a->kind < b->kind);
    if (order == 0)
        order = text_compare(a->name, b->name);
    return order == 0 ? (a->use.at_s > b->use.at_s) - (a->use.at_s < b->use.at_s) : order;
}

void debts_sort(struct debts *debts)
{
    if (debts->count > 0)
        qsort(debts->items, debts->count, sizeof(*debts->items), compare_debts);
}

/* ---- the table ---- */

enum column { NAMESPACE, KIND, NAME, INCIDENT, BY, AGE, REASON, COLUMNS };

/* As kubectl shows how long ago something was, in its largest unit of which there are two. */
static struct text age_of(struct arena *arena, int64_t age_s)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (age_s >= 2 * units[i].seconds)
            return arena_printf(arena, "%lld%c", (long long)(age_s / units[i].seconds), units[i].unit);
    return arena_printf(arena, "%llds", (long long)(age_s < 0 ? 0 : age_s));
}

static void fill_row(const struct debt *debt, int64_t now_s, struct arena *arena, struct text *cells)
{
    cells[NAMESPACE] = table_cell(arena, debt->namespace);
    cells[KIND] = text_of(debt->kind->kind);
    cells[NAME] = table_cell(arena, debt->name);
    cells[INCIDENT] = table_cell(arena, debt->use.incident);
    cells[BY] = table_cell(arena, debt->use.by);
    cells[AGE] = age_of(arena, now_s - debt->use.at_s);
    cells[REASON] = table_cell(arena, debt->use.reason);
}

void debts_write_table(const struct debts *debts, int64_t now_s, struct arena *arena,
                       struct json_text_buffer *out)
{
    static const struct text heading[COLUMNS] = {TEXT("NAMESPACE"), TEXT("KIND"), TEXT("NAME"),
                                                 TEXT("INCIDENT"),  TEXT("BY"),   TEXT("AGE"),
                                                 TEXT("REASON")};
    if (debts->count == 0) {
        json_text_raw_str(out, "No open debts.\n");
        return;
    }
    struct text *cells = arena_alloc_array(arena, (debts->count + 1) * COLUMNS, sizeof(*cells));
    memcpy(cells, heading, sizeof(heading));
    for (size_t i = 0; i < debts->count; i++)
        fill_row(&debts->items[i], now_s, arena, &cells[(i + 1) * COLUMNS]);
    table_write(cells, COLUMNS, debts->count + 1, out);
}

/* ---- JSON ---- */

static void write_debt(const struct debt *debt, struct arena *arena, struct json_text_buffer *out)
{
    json_text_element(out);
    json_text_raw_str(out, "{");
    json_text_member(out, "namespace", debt->namespace);
    json_text_member(out, "kind", text_of(debt->kind->kind));
    json_text_member(out, "name", debt->name);
    json_text_member(out, "incident", debt->use.incident);
    json_text_member(out, "by", debt->use.by);
    json_text_member(out, "at", instant_format(arena, debt->use.at_s));
    json_text_member(out, "reason", debt->use.reason);
    json_text_key(out, "digest");
    if (debt->use.digest.length > 0)
        json_text_string(out, debt->use.digest);
    else
        json_text_raw_str(out, "null");
    json_text_raw_str(out, "}");
}

void debts_write_json(const struct debts *debts, struct arena *arena, struct json_text_buffer *out)
{
    json_text_raw_str(out, "{\"items\":[");
    for (size_t i = 0; i < debts->count; i++)
        write_debt(&debts->items[i], arena, out);
    json_text_raw_str(out, "]}\n");
}
