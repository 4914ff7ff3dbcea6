/* cli/table: rows of cells, in columns that stand below each other.
 * Layer: cli. No I/O.
 */
#ifndef CHANGEGATE_CLI_TABLE_H
#define CHANGEGATE_CLI_TABLE_H

#include "codec/json_text.h"
#include "core/arena.h"

/* What a cluster says, made fit for a cell: one line, not too long; "-" where it says nothing. */
struct text table_cell(struct arena *arena, struct text text);

/* Append `rows` lines of `columns` cells each, row by row; two blanks between the columns. */
void table_write(const struct text *cells, size_t columns, size_t rows, struct json_text_buffer *out);

#endif
