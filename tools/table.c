/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include "message.h"
#include "names.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

enum { GAP = 2, WIDEST = 48 };

/* All cells, row by row. */
struct table {
	struct names cells;
	size_t columns;
	bool failed; /* there was no memory */
};

struct table *table_new(size_t columns)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table)
		table->columns = columns;
	return table;
}

static int add_cell(struct table *table, const char *text)
{
	size_t room = 4 * strlen(text) + 1;
	cleanup_free char *safe = malloc(room);

	return safe ? names_add(&table->cells, util_escape(safe, room, text)) : -ENOMEM;
}

void table_add(struct table *table, const char *const *texts)
{
	for (size_t i = 0; table && i < table->columns; i++)
		if (add_cell(table, texts[i] ?: "-") < 0)
			table->failed = true;
}

/* As wide as its widest cell, but for what is beyond all measure. */
static size_t width(const struct table *table, size_t column)
{
	size_t widest = 0;

	for (size_t i = column; i < table->cells.count; i += table->columns) {
		size_t length = strlen(table->cells.item[i]);

		if (length > widest && length <= WIDEST)
			widest = length;
	}
	return widest;
}

static int print_row(const struct table *table, size_t first, const size_t *widths)
{
	FILE *stream;
	char *line = NULL;
	size_t length;
	int status;

	stream = open_memstream(&line, &length);
	for (size_t i = 0; stream && i + 1 < table->columns; i++)
		fprintf(stream, "%-*s", (int)widths[i] + GAP, table->cells.item[first + i]);
	if (stream)
		fprintf(stream, "%s\n", table->cells.item[first + table->columns - 1]);
	if (!stream || fclose(stream) != 0)
		return EXIT_FAILURE;
	status = say(line);
	free(line);
	return status;
}

int table_print(struct table *table)
{
	size_t widths[TABLE_COLUMNS];
	int status = EXIT_SUCCESS;

	if (!table || table->failed) {
		complain("out of memory");
		status = EXIT_FAILURE;
	}
	for (size_t i = 0; table && i < table->columns; i++)
		widths[i] = width(table, i);
	for (size_t i = 0; status == EXIT_SUCCESS && i < table->cells.count; i += table->columns)
		status = print_row(table, i, widths);
	if (table)
		names_free(&table->cells);
	free(table);
	return status;
}
