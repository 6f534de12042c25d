/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading JSON: what is taken, what is refused, and the limits. The writer has test_json_write. */
#include "err.h"
#include "json.h"
#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From memory of exactly LENGTH bytes. An error has to say what it is, and leave RET alone. */
static int parse_bytes(const char *text, size_t length, struct json **ret)
{
	struct json *untouched = *ret;
	char *copy = tap_exact(text, length);
	struct err err = {0};
	int rc = json_parse(copy, length, ret, &err);

	free(copy);
	if (rc == 0 ? err.number != 0 : (err.number != -rc || !err.text[0] || *ret != untouched))
		abort();
	return rc;
}

static struct json *parse(const char *text)
{
	struct json *document = NULL;

	if (parse_bytes(text, strlen(text), &document) < 0)
		return NULL;
	return document;
}

static void refused(const char *text, size_t length, int wanted, const char *name)
{
	struct json *document = NULL;

	tap_number(parse_bytes(text, length, &document), wanted, "refused: %s", name);
	json_free(document);
}

static void test_values(void)
{
	struct json *d = parse("{\"s\":\"t\",\"n\":5,\"yes\":true,\"no\":false,\"null\":null,"
			       "\"o\":{\"in\":{\"ner\":\"x\"}},\"a\":[1,\"two\",[]]}");
	int64_t number = 0;

	tap_ok(json_is_object(d), "an object is one");
	tap_string(json_string(json_get(d, "s")), "t", "a string");
	tap_ok(json_number(json_get(d, "n"), &number) && number == 5, "a number");
	tap_ok(json_true(json_get(d, "yes")), "true");
	tap_ok(json_get(d, "no") && !json_true(json_get(d, "no")), "false");
	tap_ok(json_get(d, "null") && !json_string(json_get(d, "null")), "null is there and no string");
	tap_string(json_string(json_get(json_get(json_get(d, "o"), "in"), "ner")), "x", "look-ups chain");
	tap_ok(!json_get(d, "S"), "keys are told by their case");
	tap_ok(!json_get(d, "missing"), "what is not there is null");
	json_free(d);
}

static void test_order(void)
{
	struct json *d = parse("[1,\"two\",{\"k\":3}]");
	const struct json *member = json_first(d);
	int64_t number = 0;

	tap_ok(json_number(member, &number) && number == 1, "the first member of an array");
	tap_ok(!json_key(member), "an array's member has no key");
	member = json_next(member);
	tap_string(json_string(member), "two", "the second");
	member = json_next(member);
	tap_string(json_key(json_first(member)), "k", "an object's member has its key");
	tap_ok(!json_next(member), "nothing behind the last");
	json_free(d);
}

/* What follows an object or array that was closed is a member of the one around it. */
static void test_nesting(void)
{
	struct json *d = parse("{\"o\":{\"p\":{}},\"a\":[[1],2,{\"q\":3},\"four\"],\"z\":true}");
	const struct json *each = json_first(json_get(d, "a"));

	tap_ok(!json_get(json_get(d, "o"), "a") && json_next(json_get(d, "a")),
		"an object ends where it is closed");
	tap_ok(!json_key(each), "an array's member does not get the array's key");
	tap_ok(!json_next(json_first(each)), "an array ends where it is closed");
	each = json_next(json_next(json_next(each)));
	tap_string(json_string(each), "four", "and the one around it goes on");
	tap_ok(json_true(json_get(d, "z")) && !json_next(json_get(d, "z")), "to the last member");
	json_free(d);
}

/* Texts of any length lie beside each other without touching. */
static void test_neighbours(void)
{
	static const char all[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char text[2048] = "[";
	struct json *d;
	size_t wrong = 0, i = 0;

	for (size_t length = 0; length <= 36; length++)
		sprintf(text + strlen(text), "%s\"%.*s\"", length ? "," : "", (int)length, all);
	strcat(text, "]");
	d = parse(text);
	for (const struct json *each = json_first(d); each; each = json_next(each), i++)
		wrong += strlen(json_string(each)) != i || strncmp(json_string(each), all, i) != 0;
	tap_ok(i == 37 && wrong == 0, "strings of 0 to 36 bytes are all whole");
	json_free(d);
}

static void test_wrong_type(void)
{
	struct json *d = parse("{\"s\":\"5\",\"n\":5,\"a\":[1],\"t\":\"true\",\"o\":{}}");
	uint64_t large = 78;
	int64_t number = 77;

	tap_ok(!json_string(json_get(d, "n")), "a number is no string");
	tap_ok(!json_number(json_get(d, "s"), &number), "a string is no number");
	tap_ok(!json_number(NULL, &number) && number == 77, "null is no number, and the result untouched");
	tap_ok(!json_unsigned(json_get(d, "s"), &large) && !json_unsigned(NULL, &large) && large == 78,
		"nor one of the other kind");
	tap_ok(!json_true(json_get(d, "t")) && !json_true(NULL), "a string is not true, nor null");
	tap_ok(!json_get(json_get(d, "a"), "s") && !json_get(json_get(d, "s"), "s"),
		"no members by key in an array or a string");
	tap_ok(!json_get(NULL, "s") && !json_string(NULL) && !json_first(NULL) && !json_next(NULL) &&
			!json_key(NULL),
		"look-ups in null are null");
	tap_ok(!json_is_object(json_get(d, "a")) && !json_is_object(NULL),
		"an array is no object, nor is null");
	tap_ok(!json_first(json_get(d, "s")) && !json_first(json_get(d, "o")),
		"a string and {} have no members");
	json_free(d);
	json_free(NULL);
}

static void test_duplicate_keys(void)
{
	struct json *d = parse("{\"id\":\"first\",\"x\":1,\"id\":\"last\",\"y\":\"text\",\"y\":7}");
	int64_t number = 0;

	tap_string(json_string(json_get(d, "id")), "last", "of duplicate keys the last counts");
	tap_ok(!json_string(json_get(d, "y")) && json_number(json_get(d, "y"), &number),
		"also where it is of another type");
	json_free(d);
}

static void test_nul(void)
{
	struct json *d = parse("{\"id\":\"good\",\"id\\u0000\":\"bad\",\"s\":\"a\\u0000b\",\"a\\u0000\":1}");

	tap_string(json_string(json_get(d, "id")), "good", "a key with a NUL is not the key before the NUL");
	tap_ok(!json_get(d, "a"), "it is no key that can be asked for");
	tap_ok(json_get(d, "s") && !json_string(json_get(d, "s")), "a string with a NUL reads as null");
	json_free(d);
}

static void test_strings(void)
{
	struct json *d =
		parse("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u00e4\\u20ac\\ud83d\\ude00\",\"\xc3\xa4\",\"\"]");
	const struct json *each = json_first(d);

	tap_string(json_string(each), "\"\\/\b\f\n\r\t", "escapes");
	each = json_next(each);
	tap_string(json_string(each), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		"\\u escapes, and a pair of surrogates");
	each = json_next(each);
	tap_string(json_string(each), "\xc3\xa4", "UTF-8 as it is");
	tap_string(json_string(json_next(each)), "", "an empty string");
	json_free(d);
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		bool good;
		int64_t value;
	} table[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"9007199254740993", true, INT64_C(9007199254740993)}, /* no double can hold it */
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775807", true, -INT64_MAX},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"18446744073709551616", false, 0},
		{"99999999999999999999999999999999", false, 0},
		{"1.0", false, 0},
		{"1e3", false, 0},
		{"-1.5e-3", false, 0},
		{"1e400", false, 0},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct json *d = parse(table[i].text);
		int64_t number = 0;
		bool good = json_number(d, &number);

		tap_ok(d && good == table[i].good && number == table[i].value, "number %s %s", table[i].text,
			table[i].good ? "is read as it is written" : "is no 64-bit integer");
		json_free(d);
	}
}

static void test_not_json(void)
{
	static const char *const texts[] = {
		"",
		" ",
		"\n\t\r ",
		"{",
		"}",
		"[",
		"]",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{\"a\":}",
		"{\"a\" 1}",
		"{\"a\":1,}",
		"{a:1}",
		"{1:1}",
		"{null:1}",
		"'a'",
		"nul",
		"TRUE",
		"NaN",
		"Infinity",
		"-",
		"01",
		"1.",
		".5",
		"+1",
		"--1",
		"1e",
		"0x10",
		"\"",
		"\"\\",
		"\"\\x\"",
		"\"\\u12\"",
		"\"a\nb\"",
		"\"a\x01\"",
		"{} x",
		"{}{}",
		"{},",
		"[]]",
		"1 2",
		"/* c */ {}",
		"// c\n{}",
		"{} // c",
		"\xef\xbb\xbf{}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(texts[i], strlen(texts[i]), -EINVAL, texts[i]);
	refused("{}", 3, -EINVAL, "a NUL behind the value");
	refused("\0{}", 3, -EINVAL, "a NUL before the value");
	refused("[\"a\0b\"]", 7, -EINVAL, "a raw NUL in a string");
}

static void test_utf8(void)
{
	refused("\"\x80\"", 3, -EINVAL, "a lone continuation byte");
	refused("\"\xff\"", 3, -EINVAL, "a byte that UTF-8 never has");
	refused("\"\xc3\"", 3, -EINVAL, "a sequence that the quote cuts");
	refused("\"\xc3", 2, -EINVAL, "a sequence that the end cuts");
	refused("{\"\xe2\x82\":1}", 7, -EINVAL, "a cut sequence in a key");
}

/* OPEN COUNT times, then CLOSE as often unless it is null. */
static int parse_nested(const char *open, const char *inner, const char *close, size_t count)
{
	char text[4096] = "";
	struct json *document = NULL;
	int rc;

	for (size_t i = 0; i < count; i++)
		strcat(text, open);
	strcat(text, inner);
	for (size_t i = 0; close && i < count; i++)
		strcat(text, close);
	rc = parse_bytes(text, strlen(text), &document);
	json_free(document);
	return rc;
}

static void test_depth(void)
{
	tap_number(parse_nested("[", "", "]", 64), 0, "64 arrays in each other");
	tap_number(parse_nested("[", "", "]", 65), -E2BIG, "65 are too many");
	tap_number(parse_nested("{\"a\":", "1", "}", 64), 0, "64 objects in each other");
	tap_number(parse_nested("{\"a\":", "1", "}", 65), -E2BIG, "65 are too many");
	tap_number(parse_nested("[", "", NULL, 4000), -E2BIG, "4000 that are never closed");
	tap_number(parse_nested("[", "", NULL, 64), -EINVAL, "64 that are never closed");
	tap_number(parse_nested("[[],", "1", "]", 63), 0, "what was closed counts no more");
}

/* An array of COUNT numbers. */
static int parse_many(size_t count)
{
	char *text = malloc(count * 2 + 2);
	struct json *document = NULL;
	int rc;

	if (!text)
		abort();
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * 2, i ? ",0" : "[0", 2);
	text[count * 2] = ']';
	rc = parse_bytes(text, count * 2 + 1, &document);
	json_free(document);
	free(text);
	return rc;
}

static void test_count(void)
{
	tap_number(
		parse_many(JSON_VALUE_LIMIT - 1), 0, "as many values as the limit allows, the array counted");
	tap_number(parse_many(JSON_VALUE_LIMIT), -E2BIG, "one value more");
}

static void test_large_texts(void)
{
	size_t length = 1 << 20;
	char *text = malloc(length + 3);
	struct json *document = NULL;

	if (!text)
		abort();
	memset(text, 'x', length + 2);
	text[0] = text[length + 1] = '"';
	tap_number(parse_bytes(text, length + 2, &document), 0, "a string of a megabyte");
	tap_ok(document && strlen(json_string(document)) == length, "it is whole");
	json_free(document);
	free(text);
}

/* A document cut at any byte is an error; one with any byte changed is an error or a document, and never more. */
static void test_broken_document(const char *file)
{
	static const char others[] = {'"', '{', ']', ',', '\\', '\0', (char)0xff};
	size_t length, wrong = 0;
	char *text = tap_read(file, &length);

	for (size_t i = 0; i < length; i++) {
		struct json *document = NULL;

		wrong += parse_bytes(text, i, &document) != -EINVAL;
		json_free(document);
	}
	tap_number((int64_t)wrong, 0, "%s: cut at any byte, it is refused", file);
	for (size_t i = 0; i < length; i++) {
		char kept = text[i];

		for (size_t other = 0; other < sizeof(others); other++) {
			struct json *document = NULL;

			text[i] = others[other];
			(void)parse_bytes(text, length, &document);
			json_free(document);
		}
		text[i] = kept;
	}
	tap_ok(true, "%s: with any byte changed, nothing breaks", file);
	free(text);
}

int main(void)
{
	test_values();
	test_order();
	test_nesting();
	test_neighbours();
	test_wrong_type();
	test_duplicate_keys();
	test_nul();
	test_strings();
	test_numbers();
	test_not_json();
	test_utf8();
	test_depth();
	test_count();
	test_large_texts();
	test_broken_document("tests/samples/podman-crun/state-prestart.json");
	test_broken_document("tests/samples/crio-runc/state-createRuntime.json");
	return tap_done();
}
