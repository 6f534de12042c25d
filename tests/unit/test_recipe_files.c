/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recipes and presets in directories: which one counts, what presets include, and what is not to be believed. */
#include "err.h"
#include "recipe.h"
#include "tap.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct scratch scratch;
static struct recipe *recipe;
static struct err err;
static char directories[256];
static char listed[4096]; /* what the preset has, with blanks between */

/* No output and an error set, or the other way round; but for -ENOENT, which sets none. */
static int read_recipe(const char *name)
{
	int rc;

	recipe_free(&recipe);
	err = (struct err){0};
	rc = recipe_read(directories, name, &recipe, &err);
	if (rc == 0 ? !recipe || err.number : recipe || (err.number != -rc && (rc != -ENOENT || err.number)))
		abort();
	return rc;
}

static int read_preset(const char *name)
{
	struct recipe_name *names = NULL;
	size_t count = 0, used = 0;
	int rc;

	err = (struct err){0};
	rc = preset_read(directories, name, &names, &count, &err);
	if (rc < 0 ? names || count || err.number != -rc : err.number)
		abort();
	listed[0] = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(listed + used, sizeof(listed) - used, "%s%s%s", i ? " " : "",
			names[i].name, names[i].optional ? "?" : "");
	preset_free(names, count);
	return rc;
}

static void make(void)
{
	scratch_make(&scratch);
	if (mkdirat(scratch.fd, "one", 0755) < 0 || mkdirat(scratch.fd, "two", 0755) < 0 ||
		mkdirat(scratch.fd, "one/presets", 0755) < 0 || mkdirat(scratch.fd, "two/presets", 0755) < 0)
		abort();
	snprintf(directories, sizeof(directories), ":%s/none:%s/one::%s/two:", scratch.path, scratch.path,
		scratch.path);
}

static void test_order(void)
{
	char *wanted = util_printf("%s/one", scratch.path);

	scratch_file(&scratch, "one/both.conf", 0644, "programs = first\n");
	scratch_file(&scratch, "two/both.conf", 0644, "programs = second\n");
	scratch_file(&scratch, "two/low.conf", 0644, "");
	tap_number(read_recipe("both"), 0, "a recipe is read");
	tap_string(recipe->programs[0].name, "first", "from the first directory that has it");
	tap_string(recipe->directory, wanted, "which it tells");
	tap_number(read_recipe("low"), 0, "one that only the second has is read as well");
	tap_string(recipe->programs[0].name, "low", "and has its own name");
	free(wanted);
}

static void test_none(void)
{
	static const char *const names[] = {
		"none", "", "..", "../one/both", "/etc/passwd", "both.conf", "one/both"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		tap_number(read_recipe(names[i]), -ENOENT, "there is no recipe <%s>", names[i]);
	snprintf(directories, sizeof(directories), "%s/one/both.conf", scratch.path);
	tap_number(read_recipe("both"), -ENOENT, "nor below what is no directory");
	directories[0] = '\0';
	tap_number(read_recipe("both"), -ENOENT, "nor in no directory at all");
	snprintf(directories, sizeof(directories), "%s/one:%s/two", scratch.path, scratch.path);
}

static void test_wrong(void)
{
	scratch_file(&scratch, "one/wrong.conf", 0644, "\nnonsense = 1\n");
	scratch_file(&scratch, "two/wrong.conf", 0644, "");
	tap_number(read_recipe("wrong"), -EINVAL, "a wrong line");
	tap_contains(err.text, "/one/wrong.conf:2: there is no key", "file and line are named");
	tap_number(mkdirat(scratch.fd, "one/dir.conf", 0755), 0, "(a directory is made)");
	tap_number(read_recipe("dir"), -EINVAL, "a directory");
	tap_contains(err.text, "not a regular file", "is told");
	tap_number(mkfifoat(scratch.fd, "one/fifo.conf", 0644), 0, "(a fifo is made)");
	tap_number(read_recipe("fifo"), -EINVAL, "a fifo does not make it wait");
	tap_number(symlinkat("both.conf", scratch.fd, "one/link.conf"), 0, "(a link is made)");
	tap_number(read_recipe("link"), 0, "an administrator may use a symbolic link");
}

static void test_size(void)
{
	static char text[RECIPE_SIZE_LIMIT + 2];
	int fd;

	memset(text, '#', RECIPE_SIZE_LIMIT);
	scratch_file(&scratch, "one/large.conf", 0644, text);
	tap_number(read_recipe("large"), 0, "a file as large as may be");
	text[RECIPE_SIZE_LIMIT] = '#';
	scratch_file(&scratch, "one/large.conf", 0644, text);
	tap_number(read_recipe("large"), -EFBIG, "one byte more is refused");
	fd = openat(scratch.fd, "one/nul.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	tap_number(write(fd, "a\0b", 3), 3, "(a file with a NUL is written)");
	close(fd);
	tap_number(read_recipe("nul"), -EINVAL, "and refused");
	tap_contains(err.text, "a NUL byte", "as such");
}

static void test_not_believed(void)
{
	static const unsigned int modes[] = {0664, 0646, 0666, 0777};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		scratch_file(&scratch, "one/open.conf", modes[i], "");
		scratch_file(&scratch, "one/presets/open", modes[i], "a\n");
		tap_number(read_recipe("open"), -EPERM, "a recipe of mode %04o is not believed", modes[i]);
		tap_number(read_preset("open"), -EPERM, "nor is such a preset");
	}
	tap_number(fchmodat(scratch.fd, "one", 0777, 0), 0, "(the directory is opened to all)");
	tap_number(read_recipe("both"), -EPERM, "a file of a directory where all may write is not believed");
	tap_contains(err.text, "/one", "the directory is named");
	tap_number(fchmodat(scratch.fd, "one", 0755, 0), 0, "(and closed)");
	if (geteuid() != 0) {
		tap_skip("only root can give a file away", "a recipe of another user's is not believed");
		return;
	}
	scratch_file(&scratch, "one/given.conf", 0644, "");
	tap_number(fchownat(scratch.fd, "one/given.conf", 1234, 0, 0), 0, "(a file is given away)");
	tap_number(read_recipe("given"), -EPERM, "a recipe of another user's is not believed");
}

static void test_list(void)
{
	cleanup_names struct names names = {0};
	struct err none = {0};

	scratch_file(&scratch, "one/.hidden.conf", 0644, "");
	scratch_file(&scratch, "one/both.conf~", 0644, "");
	scratch_file(&scratch, "one/README", 0644, "");
	tap_number(recipe_list(directories, &names, &none), 0, "all recipes");
	listed[0] = '\0';
	for (size_t i = 0; i < names.count; i++)
		strcat(strcat(listed, i ? " " : ""), names.item[i]);
	tap_string(listed,
		geteuid() == 0 ? "both fifo given large link low nul open wrong"
			       : "both fifo large link low nul open wrong",
		"each once, sorted");
}

static void test_preset(void)
{
	scratch_file(&scratch, "one/presets/least", 0644,
		"# comment\n\n  bash\r\nless?\n/opt/x/bin/tool\n/opt/y?");
	tap_number(read_preset("least"), 0, "a preset is read");
	tap_string(listed, "bash less? /opt/x/bin/tool /opt/y?", "in its order");
	scratch_file(&scratch, "two/presets/least", 0644, "other\n");
	tap_number(read_preset("least"), 0, "one that two directories have");
	tap_contains(listed, "bash", "is the first one's");
	scratch_file(&scratch, "two/presets/more", 0644, "curl?\n@least\nless\nbash?\ncurl?\nopenssl?\n");
	tap_number(read_preset("more"), 0, "a preset of another directory is included");
	tap_string(listed, "curl? bash less /opt/x/bin/tool /opt/y? openssl?",
		"each name once, and not optional where it is not so once");
	scratch_file(&scratch, "one/presets/twice", 0644, "@least\n@more\n@least\n");
	tap_number(read_preset("twice"), 0, "the same preset may be included twice");
	tap_string(listed, "bash less /opt/x/bin/tool /opt/y? curl? openssl?", "and counts once");
	scratch_file(&scratch, "one/presets/empty", 0644, "");
	tap_number(read_preset("empty"), 0, "an empty preset");
	tap_string(listed, "", "has no names");
}

static void test_wrong_preset(void)
{
	static const struct {
		const char *text;
		int number;
		const char *wanted;
	} table[] = {
		{"a\na b\n", EINVAL, "/bad:2: more than one name: a b"},
		{"a/b\n", EINVAL, "/bad:1: neither a plain name nor an absolute path: a/b"},
		{"../a\n", EINVAL, "/bad:1: neither a plain name"},
		{"/a/../b\n", EINVAL, "/bad:1: neither a plain name"},
		{"?\n", EINVAL, "/bad:1: neither a plain name"},
		{"@\n", ENOENT, "/bad:1: there is no preset ; there are bad, "},
		{"@none\n", ENOENT, "/bad:1: there is no preset none"},
		{"@../presets/least\n", ENOENT, "/bad:1: there is no preset ../presets/least"},
		{"\n@bad\n", ELOOP, "/bad:2: the preset bad includes itself"},
		{"@loop\n", ELOOP, "/bad:1: "},
	};

	scratch_file(&scratch, "two/presets/loop", 0644, "a\n@bad\n");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		scratch_file(&scratch, "one/presets/bad", 0644, table[i].text);
		tap_number(read_preset("bad"), -table[i].number, "refused: %s", table[i].text);
		tap_contains(err.text, table[i].wanted, "file, line and reason are named");
	}
	tap_contains(err.text, "/loop:2: the preset bad includes itself", "the whole way of a loop is named");
	tap_number(read_preset("none"), -ENOENT, "there is no such preset");
	tap_contains(err.text,
		"there is no preset none; there are bad, empty, least, loop, more, open, twice",
		"those that there are");
}

static void test_preset_limit(void)
{
	static char text[16 << 10];
	size_t used = 0;

	for (int i = 0; i < RECIPE_ENTRY_LIMIT; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "n%d\n", i);
	scratch_file(&scratch, "one/presets/many", 0644, text);
	tap_number(read_preset("many"), 0, "as many names as may be");
	strcpy(text + used, "more\n");
	scratch_file(&scratch, "one/presets/many", 0644, text);
	tap_number(read_preset("many"), -E2BIG, "one more is refused");
	tap_contains(err.text, "/many:513: more than 512 names", "file and line are named");
}

/* Each preset includes the next one twice: read as often as it is named, that would take for ever. */
static void test_preset_tower(void)
{
	char name[32], text[64];

	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "one/presets/t%d", i);
		snprintf(text, sizeof(text), i < 63 ? "@t%d\n@t%d\n" : "a\n", i + 1, i + 1);
		scratch_file(&scratch, name, 0644, text);
	}
	tap_number(read_preset("t0"), 0, "presets that include each other often");
	tap_string(listed, "a", "are read once each");
}

/* The project's own. Not by recipe_read: a source tree may be writable for a group. */
static void test_own_recipes(void)
{
	cleanup_free char *directory = tap_source("conf/tools.d");
	cleanup_names struct names names = {0};
	struct err ignored = {0};

	tap_number(recipe_list(directory, &names, &ignored), 0, "our own recipes");
	tap_ok(names.count > 20, "there are many");
	for (size_t i = 0; i < names.count; i++) {
		cleanup_free char *file = util_printf("conf/tools.d/%s.conf", names.item[i]);
		cleanup_free char *text = tap_read(file, NULL);

		recipe_free(&recipe);
		err = (struct err){0};
		tap_number(recipe_parse(text, file, names.item[i], &recipe, &err), 0, "%s%s%s", file,
			err.text[0] ? ": " : "", err.text);
		if (recipe)
			tap_ok(!recipe->program_count == !recipe->test_count,
				"it is data alone, or has tests");
	}
}

static void test_own_presets(void)
{
	static const char *const wanted[] = {"minimal", "net", "trace", "full"};
	char *source = tap_source("conf/tools.d");

	snprintf(directories, sizeof(directories), "%s", source);
	free(source);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int rc = read_preset(wanted[i]);

		if (rc == -EPERM)
			tap_skip("the source tree is writable by others", "preset %s", wanted[i]);
		else
			tap_ok(rc == 0 && strstr(listed, "bash"), "preset %s: %s", wanted[i], err.text);
	}
}

int main(void)
{
	make();
	test_order();
	test_none();
	test_wrong();
	test_size();
	test_not_believed();
	test_list();
	test_preset();
	test_wrong_preset();
	test_preset_limit();
	test_preset_tower();
	test_own_recipes();
	test_own_presets();
	recipe_free(&recipe);
	scratch_remove(&scratch);
	return tap_done();
}
