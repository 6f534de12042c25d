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
	bool is_string; /* the word */
	bool is_odd;    /* what was read last cannot be told */
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

/* What does not fit, and a NUL, make the whole of it odd. */
static void append(struct reader *reader, char *word, size_t *length, int byte)
{
	if (*length + 1 == ENGINE_SETTINGS_WORD_LIMIT || byte == '\0')
		reader->is_odd = true;
	else
		word[(*length)++] = (char)byte;
	word[*length] = '\0';
}

/* No path that we look for needs another. */
static bool read_escape(struct reader *reader, char *word, size_t *length)
{
	int byte = next(reader);

	if (byte < 0)
		return false;
	reader->is_odd |= byte != '"' && byte != '\\';
	append(reader, word, length, byte);
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
			append(reader, word, &length, byte);
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
		append(reader, word, &length, next(reader));
	return length > 0;
}

static void tell(struct reader *reader, size_t index, bool is_listed)
{
	const struct engine_setting setting = {.table = reader->table,
		.key = reader->key,
		.text = reader->word,
		.index = index,
		.is_listed = is_listed,
		.is_string = reader->is_string};

	if (!reader->is_odd)
		reader->see(&setting, reader->context);
}

/* A string, or what is written without quotes, up to one of ENDS. */
static bool read_word(struct reader *reader, char *word, const char *ends)
{
	int byte = peek(reader);

	reader->is_odd = false;
	reader->is_string = byte == '"' || byte == '\'';
	return reader->is_string ? read_quoted(reader, word) : read_bare(reader, word, ends);
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

static bool is_nested(const struct reader *reader)
{
	return peek(reader) == '[' || peek(reader) == '{';
}

static bool read_element(struct reader *reader, size_t *index)
{
	if (is_nested(reader))
		return skip_nested(reader);
	if (!read_word(reader, reader->word, ",]}#"))
		return false;
	tell(reader, (*index)++, true);
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
	reader->is_odd = false;
	if (index == 0)
		tell(reader, 0, true);
	return end_line(reader);
}

/* A single value is told when its line was read to its end. */
static bool read_value(struct reader *reader)
{
	if (peek(reader) == '[')
		return read_array(reader);
	if (is_nested(reader))
		return skip_nested(reader) && end_line(reader);
	if (!read_word(reader, reader->word, ",]}#") || !end_line(reader))
		return false;
	tell(reader, 0, false);
	return true;
}

/* [name] or [[name]]; quotes in it stay. */
static bool read_table(struct reader *reader)
{
	size_t length = 0, brackets = 0;
	int quote = 0;

	for (; peek(reader) == '['; brackets++)
		next(reader);
	*reader->table = '\0';
	reader->is_odd = false;
	while (peek(reader) >= 0 && peek(reader) != '\n' && (quote || peek(reader) != ']')) {
		int byte = next(reader);

		if (byte == '"' || byte == '\'')
			quote = quote == byte ? 0 : quote ? quote : byte;
		if (quote || !isspace(byte))
			append(reader, reader->table, &length, byte);
	}
	for (; brackets; brackets--)
		if (next(reader) != ']')
			return false;
	if (reader->is_odd)
		strcpy(reader->table, "?");
	return length > 0 && end_line(reader);
}

static bool read_pair(struct reader *reader)
{
	if (!read_word(reader, reader->key, "=#[]{}"))
		return false;
	if (reader->is_odd)
		*reader->key = '\0';
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
		skip_lines(&reader);
		*ret_line = reader.line;
		if (peek(&reader) < 0)
			return true;
		if (!(peek(&reader) == '[' ? read_table(&reader) : read_pair(&reader)))
			return false;
	}
}
