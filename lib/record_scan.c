/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reader of what record_format writes; the least of JSON. */
#include "record_values.h"

#include <string.h>

enum { DIGITS = 18 }; /* of a number at the most: it is below INT64_MAX then */

static void skip_blanks(char **cursor)
{
	while (**cursor == ' ' || **cursor == '\n' || **cursor == '\t' || **cursor == '\r')
		(*cursor)++;
}

static bool take(char **cursor, const char *wanted)
{
	size_t length = strlen(wanted);

	if (strncmp(*cursor, wanted, length) != 0)
		return false;
	*cursor += length;
	return true;
}

/* Printable ASCII without a backslash, between quotation marks; the second becomes a NUL. */
static const char *take_text(char **cursor)
{
	char *start = *cursor + 1, *end = start;

	if (**cursor != '"')
		return NULL;
	while (*end >= ' ' && *end <= '~' && *end != '"' && *end != '\\')
		end++;
	if (*end != '"')
		return NULL;
	*end = '\0';
	*cursor = end + 1;
	return start;
}

static bool take_number(char **cursor, uint64_t *ret)
{
	const char *start = *cursor;
	uint64_t number = 0;
	int digits = 0;

	for (; start[digits] >= '0' && start[digits] <= '9'; digits++) {
		if (digits == DIGITS || (digits && start[0] == '0'))
			return false;
		number = number * 10 + (uint64_t)(start[digits] - '0');
	}
	*cursor += digits;
	*ret = number;
	return digits > 0;
}

static bool take_value(char **cursor, struct record_value *ret)
{
	struct record_value value = {.is_there = true};

	value.text = take_text(cursor);
	value.is_true = !value.text && take(cursor, "true");
	if (!value.text && !value.is_true && !take(cursor, "false") && !take(cursor, "null") &&
		!take_number(cursor, &value.number))
		return false;
	*ret = value;
	return true;
}

/* A member and what is behind it: a comma, or the brace at the end. */
static bool take_member(char **cursor, size_t *at, struct record_value values[KEY_COUNT])
{
	const char *name = take_text(cursor);
	size_t found = name ? record_key_find(name, *at) : KEY_COUNT;

	if (found == KEY_COUNT)
		return false;
	skip_blanks(cursor);
	if (!take(cursor, ":"))
		return false;
	skip_blanks(cursor);
	if (!take_value(cursor, &values[found]))
		return false;
	skip_blanks(cursor);
	*at = found + 1;
	return **cursor == ',' || **cursor == '}';
}

bool record_scan(char *text, size_t length, struct record_value values[KEY_COUNT])
{
	char *cursor = text;
	size_t at = 0;

	skip_blanks(&cursor);
	if (*cursor != '{')
		return false;
	do {
		cursor++;
		skip_blanks(&cursor);
		if (!take_member(&cursor, &at, values))
			return false;
	} while (*cursor == ',');
	cursor++;
	skip_blanks(&cursor);
	return cursor == text + length; /* a NUL in between has ended it before */
}
