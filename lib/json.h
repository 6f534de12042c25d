/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON in and out, with limits; the one module that uses yajl. Input is bounded in size (by the caller's
 * read), depth and number of values. Of duplicate keys the last counts, as for the engines, which are written
 * in Go. Numbers are kept as they are written: 64-bit integers do not pass through a double.
 */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct json; /* a parsed value, or one being looked at; owned by its document */

/* Parses the LENGTH bytes of TEXT. *RET: the caller's, freed by json_free. -EINVAL: not JSON; -E2BIG: a
 * limit; -ENOMEM. */
int json_parse(const char *text, size_t length, struct json **ret, struct err *err);

/*
 * The same, but of an object only the members KEYS (ended by null) are kept, with all that is in them: what nobody looks at
 * takes no memory. It has to be JSON all the same, and counts for the limits. Spans are not told.
 */
int json_parse_members(
	const char *text, size_t length, const char *const *keys, struct json **ret, struct err *err);
void json_free(struct json *value);
static inline void json_freep(struct json **value)
{
	json_free(*value);
}
#define cleanup_json __attribute__((cleanup(json_freep)))

/*
 * Look-ups: each takes null and a value of another type, and returns null (false) then, so that they chain.
 * Strings are the document's, valid until json_free; a string with a NUL in it reads as null.
 */
const struct json *json_get(const struct json *object, const char *key);
const char *json_string(const struct json *value);
bool json_number(const struct json *value, int64_t *ret);
bool json_unsigned(const struct json *value, uint64_t *ret); /* also what is too large for the former */
bool json_true(const struct json *value);
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_null(const struct json *value); /* what is written null; not what is not there */
const struct json *json_first(const struct json *array_or_object); /* its members, in order */
const struct json *json_next(const struct json *member);
const char *json_key(const struct json *member);

/* Where VALUE (not null) stands in the text that was parsed: from byte *RET_START to before *RET_END. */
void json_span(const struct json *value, size_t *ret_start, size_t *ret_end);

/* A writer. Errors are kept until json_writer_finish; a null writer (there was no memory for it) is one of
 * them. KEY is null inside an array and at the top. */
struct json_writer;
struct json_writer *json_writer_new(bool beautify);
void json_write_object(struct json_writer *writer, const char *key);
void json_write_array(struct json_writer *writer, const char *key);
void json_write_end(struct json_writer *writer); /* closes the innermost object or array */
void json_write_string(struct json_writer *writer, const char *key,
	const char *text); /* null text: null; what is not UTF-8, or steers a terminal, becomes U+FFFD */
bool json_can_hold(const char *text); /* false: something in it would */
void json_write_number(struct json_writer *writer, const char *key, int64_t number);
void json_write_bool(struct json_writer *writer, const char *key, bool value);
/* *RET_TEXT: the caller's to free, ended by a newline and a NUL. Frees WRITER, also on error. */
int json_writer_finish(struct json_writer *writer, char **ret_text, size_t *ret_length, struct err *err);
