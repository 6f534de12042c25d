/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "toml.h"

#include <string.h>

static const char blanks[] = " \t\r";

void toml_begin(struct toml *toml, const char *text, size_t length)
{
	*toml = (struct toml){.rest = text, .end = text + length};
}

/* Copies LENGTH bytes at TEXT as a string; false: it has no room, or a NUL. */
static bool take(char *ret, size_t size, const char *text, size_t length)
{
	if (length >= size || memchr(text, '\0', length))
		return false;
	memcpy(ret, text, length);
	ret[length] = '\0';
	return true;
}

static const char *skip_blanks(const char *text, const char *end)
{
	while (text < end && strchr(blanks, *text) && *text)
		text++;
	return text;
}

/* Is there nothing but blanks and a comment? */
static bool is_rest_empty(const char *text, const char *end)
{
	text = skip_blanks(text, end);
	return text == end || *text == '#';
}

static void take_section(struct toml *toml, const char *text, const char *end)
{
	const char *close = memchr(text, ']', (size_t)(end - text));

	text = skip_blanks(text, end);
	while (close && close > text && strchr(blanks, close[-1]) && close[-1])
		close--;
	if (!close || close < text ||
		!take(toml->section, sizeof(toml->section), text, (size_t)(close - text)))
		strcpy(toml->section, "?");
}

/* A key of bare letters, up to its "=". Null: not one. */
static const char *take_key(struct toml *toml, const char *text, const char *end)
{
	const char *start = text;

	while (text < end && (strchr(blanks, *text) == NULL) && *text != '=')
		text++;
	if (!take(toml->key, sizeof(toml->key), start, (size_t)(text - start)))
		return NULL;
	text = skip_blanks(text, end);
	return text < end && *text == '=' ? skip_blanks(text + 1, end) : NULL;
}

/* A string of several lines: what is in it is no key. */
static bool begins_several_lines(struct toml *toml, const char *text, const char *end)
{
	const char *closing = NULL;

	if (end - text >= 3 && memcmp(text, "\"\"\"", 3) == 0)
		closing = "\"\"\"";
	else if (end - text >= 3 && memcmp(text, "'''", 3) == 0)
		closing = "'''";
	if (closing && !memmem(text + 3, (size_t)(end - text - 3), closing, 3))
		toml->closing = closing;
	return closing != NULL;
}

static bool take_value(struct toml *toml, const char *text, const char *end)
{
	char quote = text < end ? *text : '\0';
	size_t used = 0;

	if (quote != '"' && quote != '\'')
		return false;
	for (text++; text < end && *text != quote; text++) {
		if (quote == '"' && *text == '\\') {
			text++;
			if (text == end || (*text != '\\' && *text != '"'))
				return false;
		}
		if (!*text || used + 1 >= sizeof(toml->value))
			return false;
		toml->value[used++] = *text;
	}
	toml->value[used] = '\0';
	return text < end && is_rest_empty(text + 1, end);
}

/* True: the line has a value for the caller. */
static bool read_line(struct toml *toml, const char *text, const char *end)
{
	if (toml->closing) {
		if (memmem(text, (size_t)(end - text), toml->closing, 3))
			toml->closing = NULL;
		return false;
	}
	text = skip_blanks(text, end);
	if (text < end && *text == '[') {
		take_section(toml, text + 1, end);
		return false;
	}
	text = take_key(toml, text, end);
	return text && !begins_several_lines(toml, text, end) && take_value(toml, text, end);
}

bool toml_next(struct toml *toml)
{
	while (toml->rest < toml->end) {
		const char *line = toml->rest;
		const char *end = memchr(line, '\n', (size_t)(toml->end - line));

		if (!end)
			end = toml->end;
		toml->rest = end < toml->end ? end + 1 : end;
		if (read_line(toml, line, end))
			return true;
	}
	return false;
}
