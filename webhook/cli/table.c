#include "cli/table.h"

enum { CELL_BYTES_MOST = 253, GAP = 2 };

struct text table_cell(struct arena *arena, struct text text)
{
    return text.length == 0 ? text_of("-") : text_quote(arena, text, CELL_BYTES_MOST);
}

static size_t width_of(const struct text *cells, size_t columns, size_t rows, size_t column)
{
    size_t width = 0;
    for (size_t row = 0; row < rows; row++)
        if (cells[row * columns + column].length > width)
            width = cells[row * columns + column].length;
    return width;
}

void table_write(const struct text *cells, size_t columns, size_t rows, struct json_text_buffer *out)
{
    struct arena scratch = {NULL, 0};
    size_t *widths = arena_alloc_array(&scratch, columns, sizeof(*widths));
    for (size_t column = 0; column < columns; column++)
        widths[column] = width_of(cells, columns, rows, column);
    for (size_t i = 0; i < rows * columns; i++) {
        bool last = (i + 1) % columns == 0;
        json_text_raw(out, cells[i]);
        for (size_t at = cells[i].length; !last && at < widths[i % columns] + GAP; at++)
            json_text_raw_str(out, " ");
        json_text_raw_str(out, last ? "\n" : "");
    }
    arena_done(&scratch);
}
