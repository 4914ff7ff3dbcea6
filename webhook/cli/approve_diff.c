#include "cli/approve_diff.h"

#include <stdio.h>

enum { AROUND = 3, CELLS_MOST = 4 << 20, RANGE_BYTES = 96 };

/* What becomes of one line, in the order in which the lines stand. */
struct edit {
    char sign; /* ' ', '-' or '+' */
    struct text line;
};

struct script {
    struct edit *edits; /* owned by the arena */
    size_t count;
};

static void add(struct script *script, char sign, struct text line)
{
    script->edits[script->count++] = (struct edit){sign, line};
}

static void add_all(struct script *script, char sign, struct approve_lines lines)
{
    for (size_t i = 0; i < lines.count; i++)
        add(script, sign, lines.items[i]);
}

static struct approve_lines part(struct approve_lines lines, size_t from, size_t count)
{
    return (struct approve_lines){lines.items + from, count};
}

/* ---- the longest common subsequence ---- */

/* Lengths of the longest one of what stands from (i, j) on, in a table of (a + 1) * (b + 1). The shorter text
 * has at most the root of CELLS_MOST lines, so that a length fits. */
static uint16_t *measure(struct approve_lines a, struct approve_lines b, struct arena *arena)
{
    size_t width = b.count + 1;
    uint16_t *table = arena_alloc_array(arena, (a.count + 1) * width, sizeof(*table));
    for (size_t i = a.count; i-- > 0;)
        for (size_t j = b.count; j-- > 0;) {
            uint16_t down = table[(i + 1) * width + j], right = table[i * width + j + 1];
            table[i * width + j] = text_equal(a.items[i], b.items[j])
                                       ? (uint16_t)(table[(i + 1) * width + j + 1] + 1)
                                       : (down >= right ? down : right);
        }
    return table;
}

static void add_middle(struct script *script, struct approve_lines a, struct approve_lines b,
                       struct arena *arena)
{
    if (a.count == 0 || b.count == 0 || a.count > CELLS_MOST / b.count) {
        add_all(script, '-', a);
        add_all(script, '+', b);
        return;
    }
    const uint16_t *table = measure(a, b, arena);
    size_t width = b.count + 1, i = 0, j = 0;
    while (i < a.count && j < b.count) {
        if (text_equal(a.items[i], b.items[j])) {
            add(script, ' ', a.items[i]);
            i++;
            j++;
        } else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) {
            add(script, '-', a.items[i++]);
        } else {
            add(script, '+', b.items[j++]);
        }
    }
    add_all(script, '-', part(a, i, a.count - i));
    add_all(script, '+', part(b, j, b.count - j));
}

static struct script compare(struct approve_lines a, struct approve_lines b, struct arena *arena)
{
    struct script script = {arena_alloc_array(arena, a.count + b.count, sizeof(struct edit)), 0};
    size_t shorter = a.count < b.count ? a.count : b.count, first = 0, last = 0;
    while (first < shorter && text_equal(a.items[first], b.items[first]))
        first++;
    while (last < shorter - first && text_equal(a.items[a.count - 1 - last], b.items[b.count - 1 - last]))
        last++;
    add_all(&script, ' ', part(a, 0, first));
    add_middle(&script, part(a, first, a.count - first - last), part(b, first, b.count - first - last),
               arena);
    add_all(&script, ' ', part(a, a.count - last, last));
    return script;
}

/* ---- where a hunk stands ---- */

static size_t indent_of(struct text line)
{
    size_t indent = 0;
    while (indent < line.length && line.at[indent] == ' ')
        indent++;
    return indent;
}

static bool is_element(struct text line)
{
    return text_starts_with(text_slice(line, indent_of(line), line.length), (struct text)TEXT("- "));
}

/* An element of a list stands where its list does, and yet below it. */
static size_t depth_of(struct text line)
{
    return 2 * indent_of(line) + is_element(line);
}

/* What tells an element from its sisters: its name, where it has one. */
static struct text name_of_element(const struct script *script, size_t at)
{
    size_t depth = depth_of(script->edits[at].line), indent = indent_of(script->edits[at].line) + 2;
    for (size_t i = at; i < script->count; i++) {
        struct text line = script->edits[i].line, said = text_slice(line, indent, line.length);
        if (i > at && depth_of(line) <= depth)
            break;
        if ((i == at || indent_of(line) == indent) && text_starts_with(said, (struct text)TEXT("name: ")))
            return said;
    }
    return TEXT_EMPTY;
}

/* "spec: containers: - name: "web"": what the line at `at` stands below. */
static struct text place_of(const struct script *script, size_t at, struct arena *arena)
{
    struct text place = TEXT_EMPTY;
    size_t depth = depth_of(script->edits[at].line);
    for (size_t i = at; i-- > 0 && depth > 0;) {
        struct text line = script->edits[i].line;
        if (script->edits[i].sign == '-' || depth_of(line) >= depth)
            continue;
        depth = depth_of(line);
        struct text said = text_slice(line, indent_of(line), line.length);
        if (is_element(line))
            said = arena_printf(arena, "- %.*s", TEXT_ARGS(name_of_element(script, i)));
        place = arena_printf(arena, " %.*s%.*s", TEXT_ARGS(said), TEXT_ARGS(place));
    }
    return place;
}

/* ---- hunks ---- */

struct page {
    struct json_text_buffer *out;
    size_t most, written, left_out;
};

static void write_line(struct page *page, const char *before, struct text line)
{
    if (page->most > 0 && page->written == page->most) {
        page->left_out++;
        return;
    }
    page->written++;
    json_text_raw_str(page->out, before);
    json_text_raw(page->out, line);
    json_text_raw_str(page->out, "\n");
}

/* Behind the last line that belongs to the hunk which begins with the difference at `at`. */
static size_t end_of_hunk(const struct script *script, size_t at)
{
    size_t end = at + 1;
    for (size_t i = at + 1; i < script->count && i <= end + 2 * AROUND; i++)
        if (script->edits[i].sign != ' ')
            end = i + 1;
    return end + AROUND < script->count ? end + AROUND : script->count;
}

/* Lines before `at` of the text that loses (`other` '-') or has gained ('+'). */
static size_t lines_before(const struct script *script, size_t from, size_t to, char other)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        count += script->edits[i].sign == ' ' || script->edits[i].sign == other;
    return count;
}

static void write_hunk(const struct script *script, size_t from, size_t to, struct arena *arena,
                       struct page *page)
{
    static const char *const signs[] = {[' '] = " ", ['-'] = "-", ['+'] = "+"};
    char range[RANGE_BYTES];
    size_t removed = lines_before(script, from, to, '-'), added = lines_before(script, from, to, '+');
    /* Of none the line is named behind which they would be. */
    snprintf(range, sizeof(range), "@@ -%zu,%zu +%zu,%zu @@",
             lines_before(script, 0, from, '-') + (removed > 0), removed,
             lines_before(script, 0, from, '+') + (added > 0), added);
    write_line(page, range, place_of(script, from, arena));
    for (size_t i = from; i < to; i++)
        write_line(page, signs[(unsigned char)script->edits[i].sign], script->edits[i].line);
}

void approve_diff_write(struct approve_lines before, struct approve_lines after, size_t most,
                        struct json_text_buffer *out, size_t *ret_left_out)
{
    struct arena scratch = {NULL, 0};
    struct script script = compare(before, after, &scratch);
    struct page page = {.out = out, .most = most};
    for (size_t i = 0; i < script.count;) {
        if (script.edits[i].sign == ' ') {
            i++;
            continue;
        }
        size_t end = end_of_hunk(&script, i);
        write_hunk(&script, i > AROUND ? i - AROUND : 0, end, &scratch, &page);
        i = end;
    }
    arena_done(&scratch);
    *ret_left_out = page.left_out;
}
