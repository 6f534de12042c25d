/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Engines' configuration files: the values that are found, and where they end to be TOML. */
#include "engine_settings.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "table|key|index|text;" for each value. */
static void see(const struct engine_setting *value, void *context)
{
	char *all = context;
	size_t used = strlen(all);

	snprintf(all + used, 4096 - used, "%s|%s|%zu|%s;", value->table, value->key, value->index,
		value->text);
}

static bool read_text(const char *text, char all[4096], size_t *line)
{
	char *exact = tap_exact(text, strlen(text));
	bool good;

	*all = '\0';
	good = engine_settings_each(exact, strlen(text), see, all, line);
	free(exact);
	return good;
}

static void test_values(const char *text, const char *wanted, const char *name)
{
	char all[4096];
	size_t line;
	bool good = read_text(text, all, &line);

	tap_ok(good, "%s: it is read to its end", name);
	tap_string(all, wanted, "%s", name);
}

static void test_wrong(const char *text, size_t wanted, const char *name)
{
	char all[4096];
	size_t line = 0;
	bool good = read_text(text, all, &line);

	tap_ok(!good, "%s: no TOML", name);
	tap_number((int64_t)line, (int64_t)wanted, "%s: the line", name);
}

static void test_long(void)
{
	enum { LENGTH = 3 * ENGINE_SETTINGS_WORD_LIMIT };
	char *text = malloc(LENGTH + 1), all[4096];
	size_t line;

	memset(text, '[', LENGTH);
	memcpy(text, "k=", 2);
	text[LENGTH] = '\0';
	tap_ok(!read_text(text, all, &line), "brackets without an end");
	memset(text, 'a', LENGTH);
	memcpy(text, "k=\"", 3);
	memcpy(text + LENGTH - 6, "\"\nl=]]", 6);
	tap_ok(!read_text(text, all, &line), "behind a long text: line 2 is wrong");
	tap_number((int64_t)line, 2, "its number");
	memcpy(text + LENGTH - 6, "\"\nl=1\n", 6);
	tap_ok(read_text(text, all, &line), "a long text");
	tap_string(all, "|l|0|1;", "it is passed over");
	free(text);
}

int main(void)
{
	test_values("", "", "nothing");
	test_values("# comment\n\n  \t\r\n", "", "blanks and comments");
	test_values("a = \"b\" # c\n[t]\nd = 'e\\'", "|a|0|b;t|d|0|e\\;", "texts");
	test_values(
		"[t.\"a b\".c]\nk = true\n[[ u ]]\nn = -4.2", "t.\"a b\".c|k|0|true;u|n|0|-4.2;", "tables");
	test_values("[engine]\nhooks_dir = [ # one\n  \"/a\", # two\n\n '/b',\n]\n",
		"engine|hooks_dir|0|/a;engine|hooks_dir|1|/b;", "an array of lines");
	test_values("h = []\n", "|h|0|;", "an empty array");
	test_values(
		"a = [[1, \"]\"], 2]\nb = {c = \"}\", d = [3]}\ne = 4", "|a|0|2;|e|0|4;", "what is nested");
	test_values("a = \"\"\"x\n\"y\"\n\"\"\"\nb = \"q\\\"\\\\\"", "|a|0|x\n\"y\"\n;|b|0|q\"\\;",
		"long texts, escapes");
	test_values("a = \"b\\n\"\nc = 1", "|c|0|1;", "an escape that is not read");
	test_values("\"a b\" = 1", "|a b|0|1;", "a key in quotes");
	test_wrong("a = \"b", 1, "a text without an end");
	test_wrong("a\n", 1, "a key alone");
	test_wrong("a = 1\nb =\n", 2, "no value");
	test_wrong("a = 1\n\n[t\nb = 1\n", 3, "a table without an end");
	test_wrong("a = [1 2]\n", 1, "an array without commas");
	test_wrong("a = [1,\n2\n", 1, "an array without an end");
	test_wrong("a = 1 b = 2\n", 1, "two on a line");
	test_wrong("a = \"b\" c\n", 1, "a word behind a text");
	test_wrong("[]\n", 1, "a table without a name");
	test_long();
	return tap_done();
}
