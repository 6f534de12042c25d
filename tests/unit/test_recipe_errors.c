/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that are no recipe: every error, and the limits. */
#include "err.h"
#include "recipe.h"
#include "recipe_fixture.h"
#include "recipe_path.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct refusal {
	const char *line, *wanted;
};

static const struct refusal of_names[] = {
	{"nonsense", "not a `key = value` line"},
	{"= x", "there is no key ''"},
	{"program = x", "there is no key 'program'"},
	{"Data = /a b", "there is no key 'Data'"},
	{"data ? = /a b", "there is no key 'data ?'"},
	{"programs = a\x01", "a control character"},
	{"programs = a\x7f", "a control character"},
	{"programs = /bin/bash", "programs: not a plain name: /bin/bash"},
	{"programs = a ..", "programs: not a plain name: .."},
	{"programs = ?", "programs: not a plain name: ?"},
	{"programs = ''", "programs: not a plain name: "},
	{"programs = 'a", "programs: a quote that does not end"},
	{"needs =", "needs: expected names of recipes or programs"},
	{"needs = a/b", "needs: not a plain name: a/b"},
	{"libraries =", "libraries: expected names of libraries"},
	{"libraries = ../libc.so.6", "libraries: not a plain name: ../libc.so.6"},
	{"data =", "data: expected SOURCE TARGET"},
	{"data = /a", "data: expected SOURCE TARGET"},
	{"data = /a b c", "data: expected SOURCE TARGET"},
	{"data? = /a", "data?: expected SOURCE TARGET"},
	{"data = / b", "data: neither an absolute path nor one below"},
	{"data = ../a b", "data: neither an absolute path nor one below the recipe's directory: ../a"},
	{"data = /a/../b c", "data: neither an absolute path nor one below"},
	{"data = /a/ b", "data: neither an absolute path nor one below"},
	{"data = '' b", "data: neither an absolute path nor one below"},
	{"data = /a /b", "data: not a path below the tree: /b"},
	{"data = /a ..", "data: not a path below the tree: .."},
	{"data = /a ../", "data: not a path below the tree: ../"},
	{"data = /a b/../../c", "data: not a path below the tree: b/../../c"},
	{"data = /a b/..", "data: not a path below the tree: b/.."},
	{"data = /a b/./c", "data: not a path below the tree: b/./c"},
	{"data = /a b//c", "data: not a path below the tree: b//c"},
	{"data = /a b//", "data: not a path below the tree: b//"},
	{"data = /a ./", "data: not a path below the tree: ./"},
	{"data = /a /", "data: not a path below the tree: /"},
	{"data = /a ''", "data: not a path below the tree: "},
};

static const struct refusal of_the_rest[] = {
	{"exclude =", "exclude: expected patterns"},
	{"exclude = a ''", "exclude: an empty pattern"},
	{"replace = bin/a /from", "replace: expected FILE FROM TO"},
	{"replace = /bin/a /from to", "replace: not a path below the tree: /bin/a"},
	{"replace = bin/../../a /from to", "replace: not a path below the tree: bin/../../a"},
	{"replace = bin/a /a/ ''", "replace: too short a text, it could be part of any other: /a/"},
	{"replace = bin/a '' ''", "replace: too short a text"},
	{"replace = bin/a /usr/share/something ../x", "replace: neither a path below the tree nor"},
	{"replace = bin/a /usr/share/something /a/../x", "replace: neither a path below the tree nor"},
	{"replace = bin/a /usr/share/something /", "replace: neither a path below the tree nor"},
	{"replace = bin/a /etc/a /dev/null", "replace: longer than what it replaces: /dev/null"},
	{"replace = bin/a /dev/crashcart/a bc", "replace: longer than what it replaces: bc"},
	{"blank = bin/a", "blank: expected FILE FROM"},
	{"blank = bin/a /from /to", "blank: expected FILE FROM"},
	{"blank = .. /from", "blank: not a path below the tree: .."},
	{"link = a", "link: expected NAME TARGET"},
	{"link = /a b", "link: not a path below the tree: /a"},
	{"link = a/../b c", "link: not a path below the tree: a/../b"},
	{"link = a /etc/passwd", "link: leaves the tree: /etc/passwd"},
	{"link = a ../b", "link: leaves the tree: ../b"},
	{"link = bin/a ../../b", "link: leaves the tree: ../../b"},
	{"link = bin/a b/../../../c", "link: leaves the tree: b/../../../c"},
	{"link = bin/a ''", "link: leaves the tree: "},
	{"link = bin/a ..", "link: leaves the tree: .."},
	{"argument =", "argument: expected an argument"},
	{"environment =", "environment: expected NAME=VALUE"},
	{"environment = A", "environment: not NAME=VALUE: A"},
	{"environment = =b", "environment: not NAME=VALUE: =b"},
	{"environment = A B=c", "environment: not NAME=VALUE: A B=c"},
	{"environment = 1A=c", "environment: not NAME=VALUE: 1A=c"},
	{"launcher =", "launcher: expected yes or no"},
	{"launcher = true", "launcher: expected yes or no: true"},
	{"test =", "test: expected PROGRAM [ARGUMENT...]"},
	{"test = /bin/sh", "test: not a plain name: /bin/sh"},
	{"test = a \"b", "test: a quote that does not end"},
	{"test-output = x", "test-output: no test before it"},
	{"programs = a\ntest = a\ntest-output =", "test-output: expected a text"},
	{"programs = a\ntest = a\ntest-output = b\ntest-output = c", "test-output: the test has one already"},
};

static void refuses(const struct refusal *refusal)
{
	char text[256], where[32];
	unsigned int line = 2;
	struct err err;

	for (const char *at = refusal->line; (at = strchr(at, '\n')); at++)
		line++;
	snprintf(text, sizeof(text), "launcher = no\n%s\nprograms =\n", refusal->line);
	snprintf(where, sizeof(where), "file:%u: ", line);
	tap_ok(!parse(text, &err), "refused: %s", refusal->line);
	tap_number(err.number, EINVAL, "as invalid");
	tap_contains(err.text, where, "file and line are named");
	tap_contains(err.text, refusal->wanted, "and what is wrong");
}

static void test_errors(void)
{
	for (size_t i = 0; i < sizeof(of_names) / sizeof(of_names[0]); i++)
		refuses(&of_names[i]);
	for (size_t i = 0; i < sizeof(of_the_rest) / sizeof(of_the_rest[0]); i++)
		refuses(&of_the_rest[i]);
}

static void test_strange_test(void)
{
	struct err err;

	tap_ok(!parse("test = tool\ntest = other\n", &err),
		"a test of a program that is another's is refused");
	tap_string(err.text, "file: test: not one of the recipe's programs: other", "it is named");
	tap_ok(!parse("test = tool\nprograms = other\n", &err),
		"the recipe's name is no program where others are");
	tap_ok(!parse("programs =\ntest = tool\n", &err), "data has no test");
}

static void test_entry_limit(void)
{
	static char text[16 << 10];
	size_t used = 0;
	struct err err;
	struct recipe *recipe;

	for (int i = 0; i < RECIPE_ENTRY_LIMIT; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "exclude = a\n");
	recipe = parse(text, &err);
	tap_ok(recipe && recipe->excludes.count == RECIPE_ENTRY_LIMIT, "as many words as may be");
	recipe_free(&recipe);
	strcpy(text + used, "exclude = a\n");
	tap_ok(!parse(text, &err), "one more is refused");
	tap_number(err.number, E2BIG, "as too many");
	tap_contains(err.text, "file:513: more than 512 words", "file and line are named");
	strcpy(text, "test =");
	for (int i = 0; i <= RECIPE_ENTRY_LIMIT; i++)
		strcat(text, " a");
	tap_ok(!parse(text, &err), "nor in one line");
	tap_number(err.number, E2BIG, "as too many");
}

static void test_path_limits(void)
{
	char name[300], path[1100];

	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	tap_ok(recipe_path_is_below(name), "a component of 255 bytes");
	name[255] = 'a';
	name[256] = '\0';
	tap_ok(!recipe_path_is_below(name), "not one of 256");
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? '/' : 'a';
	path[1023] = '\0';
	tap_ok(recipe_path_is_below(path), "a path of 1023 bytes");
	path[1023] = 'b';
	path[1024] = '\0';
	tap_ok(recipe_path_is_below(path), "one of 1024");
	path[1024] = 'b';
	path[1025] = '\0';
	tap_ok(!recipe_path_is_below(path), "not one of 1025");
	path[1024] = '/';
	tap_ok(recipe_path_is_target(path), "a target of 1024 with its slash");
	tap_ok(!recipe_path_stays("a", path), "a link's target is a path as well");
}

int main(void)
{
	test_errors();
	test_strange_test();
	test_entry_limit();
	test_path_limits();
	return tap_done();
}
