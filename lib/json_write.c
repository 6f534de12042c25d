/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"
#include "json.h"
#include "util.h"

#include <string.h>
#include <yajl/yajl_gen.h>

/* yajl's generator keeps its first error and refuses all that follows; what it wants to know about nesting,
 * we keep. */
struct json_writer {
	yajl_gen generator;
	bool is_object[JSON_DEPTH_LIMIT];
	size_t depth;
	bool failed;
};

struct json_writer *json_writer_new(bool beautify)
{
	struct json_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	writer->generator = yajl_gen_alloc(NULL);
	if (!writer->generator) {
		free(writer);
		return NULL;
	}
	yajl_gen_config(writer->generator, yajl_gen_beautify, beautify ? 1 : 0);
	yajl_gen_config(writer->generator, yajl_gen_indent_string, "  ");
	return writer;
}

static void check(struct json_writer *writer, yajl_gen_status status)
{
	if (status != yajl_gen_status_ok)
		writer->failed = true;
}

/* The length of the UTF-8 sequence at TEXT, or 0 if it is none (overlong forms and surrogates included). */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80   ? 1
			: text[0] < 0xc2 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf5 ? 4
					 : 0;

	/* DEL and U+0080 to U+009F steer terminals, as does what yajl escapes by itself. */
	if (text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
		(text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

bool json_can_hold(const char *text)
{
	for (size_t length = 0; *text; text += length) {
		length = utf8_length((const unsigned char *)text);
		if (!length)
			return false;
	}
	return true;
}

static void write_text(struct json_writer *writer, const char *text)
{
	/* Each byte may become the three of U+FFFD. */
	cleanup_free char *clean = malloc(strlen(text) * 3 + 1);
	size_t used = 0;

	if (!clean) {
		writer->failed = true;
		return;
	}
	while (*text) {
		size_t length = utf8_length((const unsigned char *)text);

		memcpy(clean + used, length ? text : "\xef\xbf\xbd", length ? length : 3);
		used += length ? length : 3;
		text += length ? length : 1;
	}
	check(writer, yajl_gen_string(writer->generator, (const unsigned char *)clean, used));
}

/* False where nothing can follow: there was no memory for the writer itself. */
static bool write_key(struct json_writer *writer, const char *key)
{
	if (writer && key)
		write_text(writer, key);
	return writer != NULL;
}

static void begin(struct json_writer *writer, const char *key, bool is_object)
{
	if (!write_key(writer, key))
		return;
	if (writer->depth == JSON_DEPTH_LIMIT) {
		writer->failed = true;
		return;
	}
	writer->is_object[writer->depth++] = is_object;
	check(writer,
		is_object ? yajl_gen_map_open(writer->generator) : yajl_gen_array_open(writer->generator));
}

void json_write_object(struct json_writer *writer, const char *key)
{
	begin(writer, key, true);
}

void json_write_array(struct json_writer *writer, const char *key)
{
	begin(writer, key, false);
}

void json_write_end(struct json_writer *writer)
{
	if (!writer || !writer->depth) {
		if (writer)
			writer->failed = true;
		return;
	}
	if (writer->is_object[--writer->depth])
		check(writer, yajl_gen_map_close(writer->generator));
	else
		check(writer, yajl_gen_array_close(writer->generator));
}

void json_write_string(struct json_writer *writer, const char *key, const char *text)
{
	if (!write_key(writer, key))
		return;
	if (text)
		write_text(writer, text);
	else
		check(writer, yajl_gen_null(writer->generator));
}

void json_write_number(struct json_writer *writer, const char *key, int64_t number)
{
	if (write_key(writer, key))
		check(writer, yajl_gen_integer(writer->generator, number));
}

void json_write_bool(struct json_writer *writer, const char *key, bool value)
{
	if (write_key(writer, key))
		check(writer, yajl_gen_bool(writer->generator, value));
}

int json_writer_finish(struct json_writer *writer, char **ret_text, size_t *ret_length, struct err *err)
{
	const unsigned char *text = NULL;
	size_t length = 0;
	char *mine = NULL;

	if (!writer)
		return err_errno(err, ENOMEM, "write JSON");
	check(writer, yajl_gen_get_buf(writer->generator, &text, &length));
	if (!writer->failed && !writer->depth)
		mine = malloc(length + 2);
	if (mine) {
		memcpy(mine, text, length);
		if (length == 0 || mine[length - 1] != '\n') /* a beautified text ends in one */
			mine[length++] = '\n';
		mine[length] = '\0';
	}
	yajl_gen_free(writer->generator);
	free(writer);
	if (!mine)
		return err_errno(err, ENOMEM, "write JSON");
	*ret_text = mine;
	if (ret_length)
		*ret_length = length;
	return 0;
}
