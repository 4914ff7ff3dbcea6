/* Components within one another (RFC 5545 section 3.4). A tree that is not whole is refused: what is missing
 * could be a freeze. */
#include "ics_import_private.h"

#include <string.h>

struct tree {
    struct arena *arena;
    struct ics_component *root, *open; /* open: the innermost without its END */
    unsigned depth;
    struct error *error;
};

/* Others are not kept: attachments and descriptions would be most of the memory. */
static bool means_something(struct text name)
{
    static const char *const names[] = {
        "UID",        "SUMMARY",       "DTSTART",       "DTEND",          "DURATION",
        "RRULE",      "RDATE",         "EXDATE",        "EXRULE",         "URL",
        "CONTACT",    "ORGANIZER",     "STATUS",        "SEQUENCE",       "METHOD",
        "VERSION",    "TZID",          "RECURRENCE-ID", "X-LIC-LOCATION", "TZOFFSETFROM",
        "TZOFFSETTO", "X-WR-TIMEZONE",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text_equal_nocase(name, text_of(names[i])))
            return true;
    return false;
}

/* BEFORE, what is quoted, BEHIND. */
static bool fail(struct tree *tree, unsigned line, const char *before, struct text quoted, const char *behind)
{
    return error_set_at(tree->error, ERROR_INPUT, line, 1, "%s%.*s%s", before,
                        TEXT_ARGS(text_quote(tree->arena, quoted, ICS_QUOTE_BYTES_MOST)), behind);
}

static bool begin(struct tree *tree, struct text kind, unsigned line)
{
    bool calendar = text_equal_nocase(kind, text_of("VCALENDAR"));
    if (calendar != (tree->open == tree->root))
        return fail(tree, line, "BEGIN:", kind,
                    calendar ? " within another component; the file was cut short, fetch it again"
                             : " outside of any VCALENDAR; export the calendar as iCalendar (.ics)");
    if (tree->depth == ICS_DEPTH_MOST)
        return error_set_at(tree->error, ERROR_INPUT, line, 1,
                            "more than %d components within one another; no calendar needs that",
                            ICS_DEPTH_MOST);
    struct ics_component *component = arena_alloc(tree->arena, sizeof(*component));
    component->kind = kind;
    component->line = line;
    component->parent = tree->open;
    if (tree->open->last_child == NULL)
        tree->open->first_child = component;
    else
        tree->open->last_child->next = component;
    tree->open->last_child = component;
    tree->open = component;
    tree->depth++;
    return true;
}

static bool end(struct tree *tree, struct text kind, unsigned line)
{
    if (tree->open == tree->root)
        return fail(tree, line, "END:", kind, " without its BEGIN; export the calendar again");
    if (!text_equal_nocase(kind, tree->open->kind))
        return error_set_at(tree->error, ERROR_INPUT, line, 1,
                            "END:%.*s where END:%.*s is due (it began at line %u); export the calendar again",
                            TEXT_ARGS(text_quote(tree->arena, kind, ICS_QUOTE_BYTES_MOST)),
                            TEXT_ARGS(text_quote(tree->arena, tree->open->kind, ICS_QUOTE_BYTES_MOST)),
                            tree->open->line);
    tree->open = tree->open->parent;
    tree->depth--;
    return true;
}

static void keep(struct tree *tree, const struct ics_property *property)
{
    if (!means_something(property->name))
        return;
    struct ics_property *kept = arena_alloc(tree->arena, sizeof(*kept));
    *kept = *property;
    if (tree->open->last == NULL)
        tree->open->first = kept;
    else
        tree->open->last->next = kept;
    tree->open->last = kept;
}

static bool take_line(struct tree *tree, struct text line, unsigned number)
{
    struct ics_property property = {.line = number};
    bool split = ics_split_line(line, &property);
    struct text value = text_trim(property.value);
    if (split && text_equal_nocase(property.name, text_of("BEGIN")))
        return begin(tree, value, number);
    if (split && text_equal_nocase(property.name, text_of("END")))
        return end(tree, value, number);
    if (tree->open == tree->root)
        return fail(tree, number, "\"", line,
                    "\" is not iCalendar, which begins with BEGIN:VCALENDAR; export the calendar as "
                    "iCalendar (.ics)");
    if (split)
        keep(tree, &property);
    else if (tree->open->unreadable_line == 0)
        tree->open->unreadable_line = number;
    return true;
}

static unsigned line_of(struct text bytes, size_t at)
{
    unsigned line = 1;
    for (size_t i = 0; i < at; i++)
        line += bytes.at[i] == '\n';
    return line;
}

/* What needs no parsing to be seen. */
static bool check_bytes(struct text *bytes, struct error *error)
{
    static const struct text mark = TEXT("\xef\xbb\xbf"); /* that editors on Windows leave */
    if (bytes->length > ICS_BYTES_MOST)
        return error_set_at(error, ERROR_INPUT, 1, 1,
                            "more than %d bytes; split the calendar or leave its attachments out",
                            ICS_BYTES_MOST);
    if (text_starts_with(*bytes, mark))
        *bytes = text_slice(*bytes, mark.length, bytes->length);
    size_t nul = text_find(*bytes, '\0');
    if (nul < bytes->length)
        return error_set_at(error, ERROR_INPUT, line_of(*bytes, nul), 1,
                            "a NUL byte is in it; save the calendar as UTF-8 text");
    return text_trim(*bytes).length > 0 ||
           error_set_at(error, ERROR_INPUT, 1, 1, "is empty; export the calendar as iCalendar (.ics)");
}

static bool check_versions(struct tree *tree)
{
    for (const struct ics_component *it = tree->root->first_child; it != NULL; it = it->next)
        if (text_is(text_trim(ics_value(it, "VERSION")), "1.0"))
            return error_set_at(tree->error, ERROR_INPUT, it->line, 1,
                                "vCalendar 1.0 is another format; export the calendar as iCalendar 2.0");
    return true;
}

bool ics_parse(struct arena *arena, struct text bytes, struct ics_component *ret_root, struct error *error)
{
    if (!check_bytes(&bytes, error))
        return false;
    *ret_root = (struct ics_component){.line = 0};
    struct tree tree = {arena, ret_root, ret_root, 0, error};
    struct text line;
    struct ics_lines lines = {.bytes = arena_alloc(arena, bytes.length + 1), .length = bytes.length};
    memcpy(lines.bytes, bytes.at, bytes.length);
    unsigned number;
    while (ics_next_line(&lines, &line, &number))
        if (!take_line(&tree, line, number))
            return false;
    if (tree.open != tree.root)
        return fail(&tree, tree.open->line, "BEGIN:", tree.open->kind,
                    " has no END; the file was cut short, fetch it again");
    return check_versions(&tree);
}

const struct ics_property *ics_get(const struct ics_component *component, const char *name)
{
    for (const struct ics_property *it = component->first; it != NULL; it = it->next)
        if (text_equal_nocase(it->name, text_of(name)))
            return it;
    return NULL;
}

struct text ics_value(const struct ics_component *component, const char *name)
{
    const struct ics_property *property = ics_get(component, name);
    return property == NULL ? TEXT_EMPTY : property->value;
}
