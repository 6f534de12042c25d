/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine_settings.h"

#include <ctype.h>
#include <string.h>

typedef void see_value(const struct engine_setting *value, void *context);

struct reader {
	const char *at, *end;
	size_t line;
	char table[ENGINE_SETTINGS_WORD_LIMIT], key[ENGINE_SETTINGS_WORD_LIMIT],
		word[ENGINE_SETTINGS_WORD_LIMIT];
	see_value *see;
	void *context;
};

static int peek(const struct reader *reader)
{
	return reader->at < reader->end ? (unsigned char)*reader->at : -1;
}

static int next(struct reader *reader)
{
	int byte = peek(reader);

	if (byte >= 0)
		reader->at++;
	if (byte == '\n')
		reader->line++;
	return byte;
}

static void skip_blanks(struct reader *reader)
{
	while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\r')
		next(reader);
}

static void skip_comment(struct reader *reader)
{
	if (peek(reader) == '#')
		while (peek(reader) >= 0 && peek(reader) != '\n')
			next(reader);
}

/* Within an array there may be lines and comments between its parts. */
static void skip_lines(struct reader *reader)
{
	const char *before;

	do {
		before = reader->at;
		skip_blanks(reader);
		skip_comment(reader);
		if (peek(reader) == '\n')
			next(reader);
	} while (reader->at != before);
}

static bool end_line(struct reader *reader)
{
	int byte;

	skip_blanks(reader);
	skip_comment(reader);
	byte = next(reader);
	return byte == '\n' || byte < 0;
}

static void append(char *word, size_t *length, int byte)
{
	if (*length + 1 < ENGINE_SETTINGS_WORD_LIMIT && byte != '\0')
		word[(*length)++] = (char)byte;
	word[*length] = '\0';
}

/* Escapes other than of a quote and a backslash stay as they are: no path that we look for needs one. */
static bool read_escape(struct reader *reader, char *word, size_t *length)
{
	int byte = next(reader);

	if (byte < 0)
		return false;
	if (byte != '"' && byte != '\\')
		append(word, length, '\\');
	append(word, length, byte);
	return true;
}

static bool is_triple(const struct reader *reader, int quote)
{
	return reader->end - reader->at >= 3 && reader->at[0] == quote && reader->at[1] == quote &&
	       reader->at[2] == quote;
}

static bool read_quoted(struct reader *reader, char *word)
{
	int quote = peek(reader), byte;
	bool is_long = is_triple(reader, quote);
	size_t length = 0;

	*word = '\0';
	reader->at += is_long ? 3 : 1;
	for (;;) {
		if (is_long ? is_triple(reader, quote) : peek(reader) == quote) {
			reader->at += is_long ? 3 : 1;
			return true;
		}
		byte = next(reader);
		if (byte < 0 || (byte == '\n' && !is_long))
			return false;
		if (byte != '\\' || quote == '\'')
			append(word, &length, byte);
		else if (!read_escape(reader, word, &length))
			return false;
	}
}

/* A number, a word, a date: up to what can end a value. */
static bool read_bare(struct reader *reader, char *word, const char *ends)
{
	size_t length = 0;

	*word = '\0';
	while (peek(reader) > ' ' && !strchr(ends, peek(reader)))
		append(word, &length, next(reader));
	return length > 0;
}

static void tell(struct reader *reader, size_t index)
{
	const struct engine_setting value = {
		.table = reader->table, .key = reader->key, .text = reader->word, .index = index};

	reader->see(&value, reader->context);
}

/* What is not looked at, tables and arrays within a value: up to its end, with all brackets closed. */
static bool skip_nested(struct reader *reader)
{
	size_t depth = 0;

	do {
		int byte = peek(reader);

		if (byte < 0)
			return false;
		if (byte == '"' || byte == '\'') {
			if (!read_quoted(reader, reader->word))
				return false;
			continue;
		}
		skip_comment(reader);
		byte = next(reader);
		depth += byte == '[' || byte == '{';
		depth -= byte == ']' || byte == '}';
	} while (depth);
	return true;
}

static bool read_element(struct reader *reader, size_t *index)
{
	int byte = peek(reader);

	if (byte == '[' || byte == '{')
		return skip_nested(reader);
	if (!(byte == '"' || byte == '\'' ? read_quoted(reader, reader->word)
					  : read_bare(reader, reader->word, ",]}#")))
		return false;
	tell(reader, (*index)++);
	return true;
}

static bool read_array(struct reader *reader)
{
	size_t index = 0;

	next(reader);
	for (;;) {
		skip_lines(reader);
		if (peek(reader) == ']')
			break;
		if (!read_element(reader, &index))
			return false;
		skip_lines(reader);
		if (peek(reader) == ',')
			next(reader);
		else if (peek(reader) != ']')
			return false;
	}
	next(reader);
	*reader->word = '\0';
	if (index == 0)
		tell(reader, 0);
	return true;
}

static bool read_value(struct reader *reader)
{
	size_t index = 0;

	if (peek(reader) == '[')
		return read_array(reader);
	return read_element(reader, &index);
}

/* [name] or [[name]]; quotes in it stay. */
static bool read_table(struct reader *reader)
{
	size_t length = 0, brackets = 0;
	int quote = 0;

	for (; peek(reader) == '['; brackets++)
		next(reader);
	*reader->table = '\0';
	while (peek(reader) >= 0 && peek(reader) != '\n' && (quote || peek(reader) != ']')) {
		int byte = next(reader);

		if (byte == '"' || byte == '\'')
			quote = quote == byte ? 0 : quote ? quote : byte;
		if (quote || !isspace(byte))
			append(reader->table, &length, byte);
	}
	for (; brackets; brackets--)
		if (next(reader) != ']')
			return false;
	return length > 0;
}

static bool read_pair(struct reader *reader)
{
	int byte = peek(reader);

	if (!(byte == '"' || byte == '\'' ? read_quoted(reader, reader->key)
					  : read_bare(reader, reader->key, "=#[]{}")))
		return false;
	skip_blanks(reader);
	if (next(reader) != '=')
		return false;
	skip_blanks(reader);
	return read_value(reader);
}

bool engine_settings_each(const char *text, size_t length, see_value *see, void *context, size_t *ret_line)
{
	struct reader reader = {.at = text, .end = text + length, .line = 1, .see = see, .context = context};

	for (;;) {
		bool good;

		skip_lines(&reader);
		*ret_line = reader.line;
		if (peek(&reader) < 0)
			return true;
		good = peek(&reader) == '[' ? read_table(&reader) : read_pair(&reader);
		if (!good || !end_line(&reader))
			return false;
	}
}
