/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of text with aligned columns, for people. Texts may be a file's: they are escaped. */
#pragma once

#include <stddef.h>

enum { TABLE_COLUMNS = 5 };

struct table;

/* Null: no memory; the others take it, and table_print then says so. */
struct table *table_new(size_t columns);

/* COLUMNS texts; null is shown as "-". */
void table_add(struct table *table, const char *const *texts);

/* Prints the rows in their order, and frees TABLE. Returns the exit status. */
int table_print(struct table *table);
