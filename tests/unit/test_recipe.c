/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a recipe: every key, and words with quotes. Errors are test_recipe_errors's, files test_recipe_files's. */
#include "err.h"
#include "recipe.h"
#include "recipe_fixture.h"
#include "tap.h"
#include "words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program where TEXT is not taken. */
static struct recipe *parsed(const char *text)
{
	struct err err;
	struct recipe *recipe = parse(text, &err);

	if (!recipe) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return recipe;
}

static void test_least(void)
{
	cleanup_recipe struct recipe *recipe = parsed("");

	tap_string(recipe->name, "tool", "an empty recipe has its name");
	tap_ok(!recipe->directory, "and no directory: it was not read from one");
	tap_number((int64_t)recipe->program_count, 1, "it has one program");
	tap_string(recipe->programs[0].name, "tool", "which has its name");
	tap_ok(!recipe->programs[0].optional, "and is not optional");
	tap_number((int64_t)(recipe->need_count + recipe->library_count + recipe->data_count +
			     recipe->excludes.count + recipe->replace_count + recipe->link_count +
			     recipe->arguments.count + recipe->environment.count + recipe->test_count),
		0, "it has nothing else");
	tap_ok(!recipe->launcher, "and no launcher");
}

static void test_blanks(void)
{
	cleanup_recipe struct recipe *recipe = parsed(
		"# a comment\n\n  \t\r\n \t# another = one\n\tprograms\t=  a\t b  \r\nargument=-x # y = z");

	tap_number((int64_t)recipe->program_count, 2, "blanks around and between words do not count");
	tap_string(recipe->programs[1].name, "b", "the carriage return is a blank");
	tap_string(recipe->arguments.item[0], "-x # y = z", "there are no comments behind a value");
}

static void test_names(void)
{
	cleanup_recipe struct recipe *recipe =
		parsed("programs = ip ss?\nprograms = bridge\nneeds = less? bash\n"
		       "libraries = libthread_db.so.1\nlibraries = libx.so?\n");

	tap_number((int64_t)recipe->program_count, 3, "programs: a key that repeats adds");
	tap_string(recipe->programs[0].name, "ip", "in the order of the file");
	tap_string(recipe->programs[1].name, "ss", "the question mark is not part of a name");
	tap_ok(recipe->programs[1].optional && !recipe->programs[0].optional && !recipe->programs[2].optional,
		"it makes it optional");
	tap_number((int64_t)recipe->need_count, 2, "needs");
	tap_ok(recipe->needs[0].optional && !recipe->needs[1].optional, "needs: optional ones");
	tap_number((int64_t)recipe->library_count, 2, "libraries");
	tap_string(recipe->libraries[0].name, "libthread_db.so.1", "libraries: the name");
	tap_ok(recipe->libraries[1].optional, "libraries: optional ones");
}

static void test_no_programs(void)
{
	cleanup_recipe struct recipe *none = parsed("programs =\n");
	cleanup_recipe struct recipe *later = parsed("programs =\nprograms = a\n");

	tap_number((int64_t)none->program_count, 0, "an empty list of programs is one");
	tap_number((int64_t)later->program_count, 1, "more can be added to it");
}

static void test_data(void)
{
	cleanup_recipe struct recipe *recipe = parsed(
		"data = /usr/share/gdb share/gdb\ndata? = /usr/lib/$MULTIARCH/gconv/UTF-*.so lib/gconv/\n"
		"data = bashrc etc/bashrc\ndata = /usr/share/all .\nexclude = test "
		"__pycache__/*.pyc\nexclude = '*.a b'\n");

	tap_number((int64_t)recipe->data_count, 4, "data");
	tap_string(recipe->data[0].source, "/usr/share/gdb", "data: source");
	tap_string(recipe->data[0].target, "share/gdb", "data: target");
	tap_ok(!recipe->data[0].optional && recipe->data[1].optional, "data? is optional");
	tap_string(recipe->data[1].source, "/usr/lib/$MULTIARCH/gconv/UTF-*.so", "data: wildcards are kept");
	tap_string(recipe->data[1].target, "lib/gconv/", "data: the slash at the end is kept");
	tap_string(recipe->data[2].source, "bashrc", "data: beside the recipe");
	tap_string(recipe->data[3].target, "", "data: . is the tree itself");
	tap_number((int64_t)recipe->excludes.count, 3, "exclude");
	tap_string(recipe->excludes.item[2], "*.a b", "exclude: with a blank");
}

static void test_replace(void)
{
	cleanup_recipe struct recipe *recipe =
		parsed("replace = lib/libcurl.so.4 /etc/ssl/certs/ca-certificates.crt etc/ca\n"
		       "replace = bin/x /etc/x.conf /dev/null\nreplace = bin/x /etc/y ''\nblank = bin/bash "
		       "/etc/profile\n"
		       "replace = bin/x /dev/crashcart/a b\n");

	tap_number((int64_t)recipe->replace_count, 5, "replace and blank");
	tap_string(recipe->replaces[0].file, "lib/libcurl.so.4", "replace: file");
	tap_string(recipe->replaces[0].from, "/etc/ssl/certs/ca-certificates.crt", "replace: from");
	tap_string(recipe->replaces[0].to, "etc/ca", "replace: to, below the tree");
	tap_string(recipe->replaces[1].to, "/dev/null", "replace: to, absolute");
	tap_string(recipe->replaces[2].to, "", "replace: to, nothing");
	tap_string(recipe->replaces[3].from, "/etc/profile", "blank: from");
	tap_string(recipe->replaces[3].to, "", "blank: to nothing");
	tap_string(recipe->replaces[4].to, "b", "replace: as long as it may be");
}

static void test_rest(void)
{
	cleanup_recipe struct recipe *recipe =
		parsed("link = bin/vi vim\nlink = share/terminfo/x ../../lib/y\nargument = -nx\nargument = a "
		       "\"b\" 'c\n"
		       "environment = A_1=b = c\nenvironment = _=\nlauncher = yes\n");

	tap_number((int64_t)recipe->link_count, 2, "link");
	tap_string(recipe->links[0].name, "bin/vi", "link: name");
	tap_string(recipe->links[0].target, "vim", "link: target");
	tap_string(recipe->links[1].target, "../../lib/y", "link: target elsewhere in the tree");
	tap_number((int64_t)recipe->arguments.count, 2, "argument");
	tap_string(recipe->arguments.item[1], "a \"b\" 'c", "argument: the rest of the line, quotes and all");
	tap_number((int64_t)recipe->environment.count, 2, "environment");
	tap_string(recipe->environment.item[0], "A_1=b = c", "environment: the rest of the line");
	tap_string(recipe->environment.item[1], "_=", "environment: an empty value");
	tap_ok(recipe->launcher, "launcher = yes");
}

static void test_launcher(void)
{
	cleanup_recipe struct recipe *recipe = parsed("launcher = yes\nlauncher = no\n");

	tap_ok(!recipe->launcher, "launcher: the last one counts");
}

static void test_tests(void)
{
	cleanup_recipe struct recipe *recipe =
		parsed("programs = gdb tcpdump?\ntest = gdb -batch -ex \"python print('6 * \\\"7\\\"')\" 'a "
		       "\\ b'\ntest-output = 6 * \"7\"\n"
		       "test = tcpdump -D\n");
	const struct recipe_test *test = recipe->tests;

	tap_number((int64_t)recipe->test_count, 2, "test");
	tap_string(test->program, "gdb", "test: the program");
	tap_number((int64_t)test->arguments.count, 4, "test: its arguments");
	tap_string(test->arguments.item[2], "python print('6 * \"7\"')", "test: double quotes");
	tap_string(test->arguments.item[3], "a \\ b", "test: single quotes");
	tap_string(test->output, "6 * \"7\"", "test-output: the rest of the line");
	tap_string(test[1].program, "tcpdump", "test: the next one");
	tap_ok(!test[1].output, "test: without an output");
}

static void test_words(void)
{
	static const struct {
		const char *text;
		int rc;
		size_t count;
		const char *word[3];
	} table[] = {
		{"", 0, 0, {NULL}},
		{" \t ", 0, 0, {NULL}},
		{"a", 0, 1, {"a"}},
		{"\ta  b\t", 0, 2, {"a", "b"}},
		{"'a b' c", 0, 2, {"a b", "c"}},
		{"\"a b\" c", 0, 2, {"a b", "c"}},
		{"a'b c'd\"e f\"g", 0, 1, {"ab cde fg"}},
		{"''", 0, 1, {""}},
		{"a \"\" b", 0, 3, {"a", "", "b"}},
		{"'a\"b' \"c'd\"", 0, 2, {"a\"b", "c'd"}},
		{"\"a\\\"b\\\\c\\d\"", 0, 1, {"a\"b\\c\\d"}},
		{"a\\ b\\'", -EINVAL, 1, {"a\\"}},
		{"'a\\'", 0, 1, {"a\\"}},
		{"a\\nb \\", 0, 2, {"a\\nb", "\\"}},
		{"$A * ~ # ; | &", 0, 7, {"$A", "*", "~"}},
		{"'", -EINVAL, 0, {NULL}},
		{"\"", -EINVAL, 0, {NULL}},
		{"a 'b c", -EINVAL, 1, {"a"}},
		{"\"a\\\"", -EINVAL, 0, {NULL}},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *exact = tap_exact(table[i].text, strlen(table[i].text) + 1);
		cleanup_names struct names words = {0};

		tap_number(words_split(exact, &words), table[i].rc, "words of <%s>", table[i].text);
		if (tap_number((int64_t)words.count, (int64_t)table[i].count, "their number"))
			for (size_t j = 0; j < words.count && j < 3 && table[i].word[j]; j++)
				tap_string(words.item[j], table[i].word[j], "word %zu", j);
		free(exact);
	}
}

static void test_null_output(void)
{
	struct recipe *none = NULL;

	recipe_free(&none);
	tap_ok(!none, "nothing is freed where there is none");
}

int main(void)
{
	test_least();
	test_blanks();
	test_names();
	test_no_programs();
	test_data();
	test_replace();
	test_rest();
	test_launcher();
	test_tests();
	test_words();
	test_null_output();
	return tap_done();
}
