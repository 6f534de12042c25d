/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In what two manifests differ. */
#include "diff.h"
#include "err.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define FILE_OF(path, mode, hash)                                                                            \
	"{\"path\":\"" path "\",\"size\":1,\"mode\":\"" mode "\",\"sha256\":\"" hash "\"}"

/* A manifest with these lists. */
struct lists {
	const char *tools, *libraries, *links, *files;
};

static void make(
	const char *architecture, const char *loader, const struct lists *lists, struct manifest *ret)
{
	char text[4096];
	struct err err = {0};
	int length = snprintf(text, sizeof(text),
		"{\"format\":\"oci-crashcart tools "
		"tree\",\"version\":1,\"architecture\":\"%s\",\"loader\":%s,\"tools\":[%s],"
		"\"libraries\":[%s],\"links\":[%s],\"files\":[%s]}",
		architecture, loader, lists->tools, lists->libraries, lists->links, lists->files);

	if (manifest_parse(text, (size_t)length, ret, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
}

/* Each difference as "KIND CHANGE NAME DETAIL;". */
static void show(const struct diff *diff, char *text, size_t size)
{
	static const char changes[] = "+-~", kinds[] = "tbLlf";

	*text = '\0';
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_item *item = &diff->item[i];
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%c%c %s%s%s;", changes[item->change], kinds[item->kind],
			item->name, item->detail ? " " : "", item->detail ? item->detail : "");
	}
}

static void differ(
	const struct manifest *old, const struct manifest *new, const char *wanted, const char *name)
{
	cleanup_diff struct diff diff = {0};
	struct err err = {0};
	char text[4096];

	tap_number(diff_manifests(old, new, &diff, &err), 0, "%s: compared", name);
	show(&diff, text, sizeof(text));
	tap_string(text, wanted, "%s", name);
}

/* Both ways. */
static void compare(const struct lists *old, const struct lists *new, const char *wanted, const char *back,
	const char *name)
{
	cleanup_manifest struct manifest one, other;

	make("x86_64", "null", old, &one);
	make("x86_64", "null", new, &other);
	differ(&one, &one, "", "a manifest and itself");
	differ(&one, &other, wanted, name);
	differ(&other, &one, back, name);
}

static void test_tree(void)
{
	static const struct lists none = {"", "", "", ""};
	cleanup_manifest struct manifest one, other;

	make("x86_64", "null", &none, &one);
	make("aarch64", "\"ld.so\"", &none, &other);
	differ(&one, &other, "~t architecture x86_64 -> aarch64;~t loader none -> ld.so;",
		"what is the tree's");
}

static void test_tools(void)
{
#define TOOL(name, rest) "{\"name\":\"" name "\",\"linked\":" rest "}"
	static const struct lists old = {TOOL("a", "\"static\"") "," TOOL(
						 "b", "\"static\",\"package-version\":\"1\"") "," TOOL("c",
						 "\"static\"") "," TOOL("e", "\"static\"") "," TOOL("f",
						 "\"static\",\"package\":\"x\""),
					  "", "",
					  FILE_OF("bin/c", "0755", ONE) "," FILE_OF("bin/e", "0755", ONE)},
				  new = {TOOL("b", "\"static\",\"package-version\":\"2\"") "," TOOL(
						 "c", "\"static\"") "," TOOL("d",
						 "\"static\",\"package-version\":\"3\"") "," TOOL("e",
						 "\"dynamic\"") "," TOOL("f", "\"static\",\"package\":\"y\""),
					  "", "",
					  FILE_OF("bin/c", "0755", TWO) "," FILE_OF("bin/e", "0755", TWO)};

	compare(&old, &new, "-b a;~b b 1 -> 2;~b c other content;+b d 3;~b e static -> dynamic;~b f x -> y;",
		"+b a;~b b 2 -> 1;~b c other content;-b d 3;~b e dynamic -> static;~b f y -> x;", "tools");
}

static void test_wrapped(void)
{
	static const struct lists old = {"{\"name\":\"a\",\"linked\":\"static\"}", "", "",
					  FILE_OF("bin/a", "0755", ONE) "," FILE_OF(
						  "lib/wrapped/a", "0755", ONE)},
				  new = {"{\"name\":\"a\",\"linked\":\"static\"}", "", "",
					  FILE_OF("bin/a", "0755", ONE) "," FILE_OF(
						  "lib/wrapped/a", "0755", TWO)};

	compare(&old, &new, "~b a other content;", "~b a other content;", "a tool behind a launcher");
}

static void test_rest(void)
{
	static const struct lists
		old = {"", "{\"name\":\"l.so\",\"package-version\":\"1\"},{\"name\":\"m.so\"}",
			"{\"name\":\"bin/sh\",\"target\":\"a\"},{\"name\":\"bin/x\",\"target\":\"a\"}",
			FILE_OF("lib/l.so", "0644", ONE) "," FILE_OF("lib/m.so", "0644", ONE) "," FILE_OF(
				"share/a", "0644", ONE) "," FILE_OF("share/b", "0644",
				ONE) "," FILE_OF("share/c", "0644", ONE)},
		new = {"", "{\"name\":\"l.so\",\"package-version\":\"2\"},{\"name\":\"m.so\"}",
			"{\"name\":\"bin/sh\",\"target\":\"b\"}",
			FILE_OF("lib/l.so", "0644", TWO) "," FILE_OF("lib/m.so", "0644", TWO) "," FILE_OF(
				"share/a", "0755", ONE) "," FILE_OF("share/b", "0644",
				TWO) "," FILE_OF("share/d", "0644", ONE)};

	compare(&old, &new,
		"~L l.so 1 -> 2;~L m.so other content;~l bin/sh a -> b;-l bin/x -> a;~f share/a mode 0644 -> "
		"0755;"
		"~f share/b other content;-f share/c;+f share/d;",
		"~L l.so 2 -> 1;~L m.so other content;~l bin/sh b -> a;+l bin/x -> a;~f share/a mode 0755 -> "
		"0644;"
		"~f share/b other content;+f share/c;-f share/d;",
		"libraries, links and files");
}

static void test_applets(void)
{
	static const struct lists
		old = {"{\"name\":\"box\",\"linked\":\"static\"}", "",
			"{\"name\":\"bin/ls\",\"target\":\"box\"},{\"name\":\"bin/sh\",\"target\":\"box\"},"
			"{\"name\":\"etc/x\",\"target\":\"box\"}",
			""},
		new = {"{\"name\":\"bash\",\"linked\":\"static\"}", "",
			"{\"name\":\"bin/sh\",\"target\":\"bash\"}", ""};

	compare(&old, &new, "+b bash;-b box;~l bin/sh box -> bash;-l etc/x -> box;",
		"-b bash;+b box;~l bin/sh bash -> box;+l etc/x -> box;", "links that go with a tool");
}

int main(void)
{
	test_tree();
	test_tools();
	test_wrapped();
	test_rest();
	test_applets();
	return tap_done();
}
