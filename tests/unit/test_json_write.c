/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing JSON: what comes out is JSON that says what was meant, or an error. */
#include "err.h"
#include "json.h"
#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The text of WRITER, the caller's to free; null where it failed. */
static char *finish(struct json_writer *writer)
{
	char *text = NULL;
	size_t length = 0;
	struct err err = {0};
	int rc = json_writer_finish(writer, &text, &length, &err);

	if (rc < 0 ? (err.number != -rc || text) : strlen(text) != length)
		abort();
	return text;
}

static void text_is(struct json_writer *writer, const char *wanted, const char *name)
{
	char *text = finish(writer);

	tap_string(text, wanted, "%s", name);
	free(text);
}

static void fails(struct json_writer *writer, const char *name)
{
	char *text = finish(writer);

	tap_string(text, NULL, "%s", name);
	free(text);
}

static struct json_writer *everything(bool beautify)
{
	struct json_writer *writer = json_writer_new(beautify);

	json_write_object(writer, NULL);
	json_write_string(writer, "s", "t");
	json_write_string(writer, "null", NULL);
	json_write_number(writer, "n", -5);
	json_write_bool(writer, "yes", true);
	json_write_bool(writer, "no", false);
	json_write_array(writer, "a");
	json_write_number(writer, NULL, 1);
	json_write_string(writer, NULL, "two");
	json_write_object(writer, NULL);
	json_write_end(writer);
	json_write_end(writer);
	json_write_end(writer);
	return writer;
}

static void test_values(void)
{
	text_is(everything(false),
		"{\"s\":\"t\",\"null\":null,\"n\":-5,\"yes\":true,\"no\":false,\"a\":[1,\"two\",{}]}\n",
		"every kind of value, on one line");
	text_is(everything(true),
		"{\n  \"s\": \"t\",\n  \"null\": null,\n  \"n\": -5,\n  \"yes\": true,\n  \"no\": false,\n"
		"  \"a\": [\n    1,\n    \"two\",\n    {\n\n    }\n  ]\n}\n",
		"and indented");
}

static void test_top_level(void)
{
	struct json_writer *writer = json_writer_new(false);

	json_write_array(writer, NULL);
	json_write_end(writer);
	text_is(writer, "[]\n", "an empty array");
	writer = json_writer_new(false);
	json_write_string(writer, NULL, "alone");
	text_is(writer, "\"alone\"\n", "a value alone");
	writer = json_writer_new(false);
	json_write_number(writer, NULL, INT64_MIN);
	text_is(writer, "-9223372036854775808\n", "the smallest number");
	writer = json_writer_new(false);
	json_write_number(writer, NULL, INT64_MAX);
	text_is(writer, "9223372036854775807\n", "the largest number");
}

/* What TEXT is after being written and read again; the caller's to free. */
static char *through(const char *text)
{
	struct json_writer *writer = json_writer_new(false);
	struct json *document = NULL;
	char *written, *back = NULL;

	json_write_object(writer, NULL);
	json_write_string(writer, "k", text);
	json_write_number(writer, text, 1);
	json_write_end(writer);
	written = finish(writer);
	if (written && json_parse(written, strlen(written), &document, ERR_IGNORED) == 0 &&
		json_get(document, "k"))
		back = strdup(json_string(json_get(document, "k")));
	if (back && !json_get(document, back)) { /* as a key it has to come out the same */
		free(back);
		back = NULL;
	}
	json_free(document);
	free(written);
	return back;
}

static void comes_back(const char *text, const char *wanted, const char *name)
{
	char *back = through(text);

	tap_string(back, wanted, "%s", name);
	free(back);
}

static void test_escapes(void)
{
	struct json_writer *writer = json_writer_new(false);
	char all[127];

	for (int i = 0; i < 126; i++)
		all[i] = (char)(i + 1);
	all[126] = '\0';
	comes_back(all, all, "every ASCII character but DEL comes back");
	json_write_string(writer, NULL, "\x1b\n\"\\");
	text_is(writer, "\"\\u001B\\n\\\"\\\\\"\n",
		"what JSON or a terminal would take for its own is escaped");
}

static void test_good_utf8(void)
{
	static const struct {
		const char *text, *name;
	} table[] = {
		{"\xc2\xa0", "U+00A0"},
		{"\xdf\xbf", "U+07FF"},
		{"\xe0\xa0\x80", "U+0800"},
		{"\xed\x9f\xbf", "U+D7FF"},
		{"\xee\x80\x80", "U+E000"},
		{"\xef\xbf\xbf", "U+FFFF"},
		{"\xf0\x90\x80\x80", "U+10000"},
		{"\xf4\x8f\xbf\xbf", "U+10FFFF"},
		{"a\xc3\xa4z", "between others"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		comes_back(table[i].text, table[i].text, table[i].name);
		tap_ok(json_can_hold(table[i].text), "which is told before");
	}
}

#define FFFD "\xef\xbf\xbd"

static void test_bad_utf8(void)
{
	static const struct {
		const char *text, *wanted, *name;
	} table[] = {
		{"a\x80z", "a" FFFD "z", "a lone continuation byte"},
		{"a\x7fz", "a" FFFD "z", "DEL, which steers a terminal"},
		{"\xc2\x80", FFFD FFFD, "U+0080, the first that steers a terminal by itself"},
		{"\xc2\x9b"
		 "2J",
			FFFD FFFD "2J", "U+009B, which begins a control sequence"},
		{"\xc2\x9f", FFFD FFFD, "U+009F, the last"},
		{"\xff\xfe", FFFD FFFD, "bytes that UTF-8 never has"},
		{"\xc0\x80", FFFD FFFD, "NUL in an overlong form"},
		{"\xc1\xbf", FFFD FFFD, "an overlong form of two bytes"},
		{"\xe0\x9f\xbf", FFFD FFFD FFFD, "an overlong form of three"},
		{"\xf0\x8f\xbf\xbf", FFFD FFFD FFFD FFFD, "an overlong form of four"},
		{"\xed\xa0\x80", FFFD FFFD FFFD, "a surrogate"},
		{"\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD, "beyond U+10FFFF"},
		{"\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD, "a first byte that is too large"},
		{"x\xc3", "x" FFFD, "one byte of two at the end"},
		{"x\xe2\x82", "x" FFFD FFFD, "two bytes of three at the end"},
		{"x\xf0\x9f\x98", "x" FFFD FFFD FFFD, "three bytes of four at the end"},
		{"\xe2(\xa1", FFFD "(" FFFD, "a sequence that is interrupted: what interrupts it stays"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *copy = tap_exact(table[i].text, strlen(table[i].text) + 1);

		comes_back(copy, table[i].wanted, table[i].name);
		tap_ok(!json_can_hold(copy), "which is told before");
		free(copy);
	}
}

static struct json_writer *nested(size_t depth, size_t ends)
{
	struct json_writer *writer = json_writer_new(false);

	for (size_t i = 0; i < depth; i++)
		json_write_array(writer, NULL);
	for (size_t i = 0; i < ends; i++)
		json_write_end(writer);
	return writer;
}

static void test_depth(void)
{
	char *text = finish(nested(JSON_DEPTH_LIMIT, JSON_DEPTH_LIMIT));
	struct json *document = NULL;

	tap_ok(text && json_parse(text, strlen(text), &document, ERR_IGNORED) == 0,
		"as deep as the limit, and read again");
	json_free(document);
	free(text);
	fails(nested(JSON_DEPTH_LIMIT + 1, JSON_DEPTH_LIMIT + 1), "one deeper is an error");
	fails(nested(JSON_DEPTH_LIMIT + 1, JSON_DEPTH_LIMIT), "also where what was opened is closed");
}

static void test_misuse(void)
{
	struct json_writer *writer = json_writer_new(false);

	json_write_object(writer, NULL);
	fails(writer, "an object that is not closed");
	writer = json_writer_new(false);
	json_write_array(writer, NULL);
	json_write_end(writer);
	json_write_end(writer);
	fails(writer, "an end too many");
	writer = json_writer_new(false);
	json_write_object(writer, NULL);
	json_write_number(writer, NULL, 5);
	json_write_end(writer);
	fails(writer, "a member without a key");
	writer = json_writer_new(false);
	json_write_number(writer, NULL, 1);
	json_write_number(writer, NULL, 2);
	fails(writer, "two values at the top");
	writer = json_writer_new(false);
	json_write_end(writer);
	json_write_number(writer, NULL, 2);
	fails(writer, "an error is kept, whatever follows");
}

static void test_null_writer(void)
{
	char *text = NULL;
	struct err err = {0};

	json_write_object(NULL, NULL);
	json_write_array(NULL, "a");
	json_write_string(NULL, "k", "v");
	json_write_number(NULL, "k", 1);
	json_write_bool(NULL, "k", true);
	json_write_end(NULL);
	tap_number(json_writer_finish(NULL, &text, NULL, &err), -ENOMEM,
		"a writer that there was no memory for");
	tap_ok(!text && err.number == ENOMEM, "it gives an error, and no text");
}

static void test_round_trip(void)
{
	char *text = finish(everything(true));
	struct json *d = NULL;
	int64_t number = 0;

	tap_number(json_parse(text, strlen(text), &d, ERR_IGNORED), 0, "what was written is read");
	tap_string(json_string(json_get(d, "s")), "t", "the string");
	tap_ok(json_number(json_get(d, "n"), &number) && number == -5, "the number");
	tap_ok(json_true(json_get(d, "yes")) && !json_true(json_get(d, "no")), "true and false");
	tap_ok(json_get(d, "null") && !json_string(json_get(d, "null")), "null");
	tap_string(json_string(json_next(json_first(json_get(d, "a")))), "two", "the array");
	json_free(d);
	free(text);
}

int main(void)
{
	test_values();
	test_top_level();
	test_escapes();
	test_good_utf8();
	test_bad_utf8();
	test_depth();
	test_misuse();
	test_null_writer();
	test_round_trip();
	return tap_done();
}
