/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include "err.h"
#include "util.h"

#include <string.h>
#include <yajl/yajl_parse.h>

enum { CHUNK_SIZE = 8192 };

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY };

struct json {
	enum json_type type;
	const char *key;  /* in an object */
	const char *text; /* of a string or a number, as written; null for a string with a NUL in it */
	bool boolean;
	size_t start, end; /* where it stands in the parsed text */
	struct json *parent, *first, *last, *next;
};

/* All of a document's memory, freed at once; values are many and small. */
struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

struct document {
	struct json root; /* first, so that a pointer to it is one to the document */
	struct json skipped;
	struct chunk *chunks;
	struct json *open; /* the innermost object or array that is not closed yet */
	const char *key;   /* of the member that comes next */
	size_t depth, values;
	const char *limit; /* which limit was hit, or null */
	yajl_handle parser;
	const char *input; /* what is parsed: LENGTH bytes */
	size_t length;
	size_t position;         /* behind the last key, value or bracket */
	bool finishing;          /* all of the input is taken */
	const char *const *keys; /* the outermost object's members that are kept, ended by null; null: all */
	bool skipping;           /* within one that is not */
};

static void *allocate(struct document *document, size_t size)
{
	struct chunk *chunk = document->chunks;
	void *memory;

	size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = document->length < CHUNK_SIZE / 8 ? 8 * document->length : CHUNK_SIZE;

		if (room < size)
			room = size;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		*chunk = (struct chunk){.next = document->chunks, .size = room};
		document->chunks = chunk;
	}
	memory = chunk->data + chunk->used;
	chunk->used += size;
	return memory;
}

/* A copy with a NUL behind it. */
static char *copy(struct document *document, const void *text, size_t length)
{
	char *mine = allocate(document, length + 1);

	if (mine) {
		memcpy(mine, text, length);
		mine[length] = '\0';
	}
	return mine;
}

static bool is_between(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == ',' || byte == ':';
}

/*
 * Steps over a key, a value or a bracket; returns where it begins. yajl calls back when it has consumed it, and not for
 * commas and colons. A number at the very end it calls back for when there is nothing left.
 */
static size_t step(struct document *document)
{
	size_t start = document->position;

	while (start < document->length && is_between(document->input[start]))
		start++;
	document->position =
		document->finishing ? document->length : yajl_get_bytes_consumed(document->parser);
	return start;
}

/* Adds a value where the parser stands. Null: no memory, or a limit. While skipping, it is one that nobody will see. */
static struct json *add(struct document *document, enum json_type type)
{
	struct json *parent = document->open, *value = &document->root;

	if (++document->values > JSON_VALUE_LIMIT) {
		document->limit = "too many values";
		return NULL;
	}
	if (document->skipping)
		return &document->skipped;
	if (parent) {
		value = allocate(document, sizeof(*value));
		if (!value)
			return NULL;
	}
	*value = (struct json){.type = type, .key = document->key, .parent = parent};
	value->start = step(document);
	value->end = document->position;
	document->key = NULL;
	if (parent && parent->last)
		parent->last->next = value;
	else if (parent)
		parent->first = value;
	if (parent)
		parent->last = value;
	return value;
}

static int on_null(void *context)
{
	return add(context, JSON_NULL) != NULL;
}

static int on_boolean(void *context, int boolean)
{
	struct json *value = add(context, JSON_BOOL);

	if (value)
		value->boolean = boolean != 0;
	return value != NULL;
}

static int add_text(struct document *document, enum json_type type, const void *text, size_t length)
{
	struct json *value = add(document, type);

	if (!value)
		return 0;
	if (document->skipping || memchr(text, '\0', length))
		return 1;
	value->text = copy(document, text, length);
	return value->text != NULL;
}

static int on_number(void *context, const char *text, size_t length)
{
	return add_text(context, JSON_NUMBER, text, length);
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	return add_text(context, JSON_STRING, text, length);
}

/* A member of the outermost object that nobody has asked for? */
static bool is_skipped(const struct document *document, const void *text, size_t length)
{
	const char *const *keys = document->keys;

	for (; *keys; keys++)
		if (strlen(*keys) == length && memcmp(*keys, text, length) == 0)
			return false;
	return true;
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	struct document *document = context;

	if (document->keys && document->depth == 1)
		document->skipping = is_skipped(document, text, length);
	if (document->skipping)
		return 1;
	/* A key with a NUL in it must not be taken for the key before the NUL: it becomes one that nobody asks for. */
	document->key = memchr(text, '\0', length) ? "" : copy(document, text, length);
	(void)step(document);
	return document->key != NULL;
}

static int open_container(struct document *document, enum json_type type)
{
	struct json *value;

	if (++document->depth > JSON_DEPTH_LIMIT) {
		document->limit = "nested too deeply";
		return 0;
	}
	value = add(document, type);
	if (value && !document->skipping)
		document->open = value;
	return value != NULL;
}

static int on_start_map(void *context)
{
	return open_container(context, JSON_OBJECT);
}

static int on_start_array(void *context)
{
	return open_container(context, JSON_ARRAY);
}

static int on_end(void *context)
{
	struct document *document = context;

	document->depth--;
	if (document->depth == 0)
		document->skipping = false;
	if (document->skipping)
		return 1;
	(void)step(document);
	document->open->end = document->position;
	document->open = document->open->parent;
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

static int parse_error(const struct document *document, yajl_status status, struct err *err)
{
	if (document->limit)
		return err_set(err, E2BIG, "JSON %s", document->limit);
	if (status == yajl_status_client_canceled)
		return err_errno(err, ENOMEM, "parse JSON");
	return err_set(err, EINVAL, "not valid JSON");
}

int json_parse(const char *text, size_t length, struct json **ret, struct err *err)
{
	return json_parse_members(text, length, NULL, ret, err);
}

int json_parse_members(
	const char *text, size_t length, const char *const *keys, struct json **ret, struct err *err)
{
	struct document *document = calloc(1, sizeof(*document));
	yajl_handle parser = document ? yajl_alloc(&callbacks, NULL, document) : NULL;
	yajl_status status;
	int rc = 0;

	if (!parser) {
		free(document);
		return err_errno(err, ENOMEM, "parse JSON");
	}
	document->parser = parser;
	document->keys = keys;
	document->input = text;
	document->length = length;
	status = yajl_parse(parser, (const unsigned char *)text, length);
	document->finishing = true;
	if (status == yajl_status_ok)
		status = yajl_complete_parse(parser);
	/* yajl takes an empty text for a value that has not come yet, and an unfinished one for an error only here. */
	if (status != yajl_status_ok || document->depth || !document->values)
		rc = parse_error(document, status, err);
	yajl_free(parser);
	if (rc < 0)
		json_free(&document->root);
	else
		*ret = &document->root;
	return rc;
}

void json_free(struct json *value)
{
	struct document *document = (struct document *)value;

	if (!document)
		return;
	for (struct chunk *chunk = document->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(document);
}

const struct json *json_get(const struct json *object, const char *key)
{
	const struct json *found = NULL;

	if (!json_is_object(object))
		return NULL;
	for (const struct json *member = object->first; member; member = member->next)
		if (strcmp(member->key, key) == 0)
			found = member; /* the last of duplicates, as encoding/json of Go has it */
	return found;
}

const char *json_string(const struct json *value)
{
	return value && value->type == JSON_STRING ? value->text : NULL;
}

bool json_number(const struct json *value, int64_t *ret)
{
	uint64_t number;

	if (!value || value->type != JSON_NUMBER)
		return false;
	if (value->text[0] == '-') {
		if (!util_number(value->text + 1, 0, INT64_MAX, &number))
			return false;
		*ret = -(int64_t)number;
		return true;
	}
	if (!util_number(value->text, 0, INT64_MAX, &number))
		return false;
	*ret = (int64_t)number;
	return true;
}

bool json_unsigned(const struct json *value, uint64_t *ret)
{
	return value && value->type == JSON_NUMBER && util_number(value->text, 0, UINT64_MAX, ret);
}

bool json_true(const struct json *value)
{
	return value && value->type == JSON_BOOL && value->boolean;
}

bool json_is_object(const struct json *value)
{
	return value && value->type == JSON_OBJECT;
}

bool json_is_array(const struct json *value)
{
	return value && value->type == JSON_ARRAY;
}

bool json_is_null(const struct json *value)
{
	return value && value->type == JSON_NULL;
}

const struct json *json_first(const struct json *array_or_object)
{
	return array_or_object ? array_or_object->first : NULL;
}

const struct json *json_next(const struct json *member)
{
	return member ? member->next : NULL;
}

const char *json_key(const struct json *member)
{
	return member ? member->key : NULL;
}

void json_span(const struct json *value, size_t *ret_start, size_t *ret_end)
{
	*ret_start = value->start;
	*ret_end = value->end;
}
