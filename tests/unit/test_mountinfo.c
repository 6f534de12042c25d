/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of /proc/PID/mountinfo: real ones, odd ones, cut ones. */
#include "mountinfo.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The example of proc(5). */
#define EXAMPLE "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"

/* Reads TEXT's first entry. TEXT is copied, and the copy never freed before the test ends: the entry lies in it. */
static bool first(const char *text, struct mount_entry *ret)
{
	static char *buffer;
	char *cursor;

	free(buffer);
	cursor = buffer = tap_exact(text, strlen(text) + 1);
	*ret = (struct mount_entry){0};
	return mountinfo_next(&cursor, ret);
}

static void test_example(void)
{
	struct mount_entry entry;

	tap_ok(first(EXAMPLE "\n", &entry), "the example of proc(5) is a line");
	tap_number(entry.id, 36, "its id");
	tap_number(entry.parent, 35, "its parent");
	tap_number(entry.major, 98, "its device, major");
	tap_number(entry.minor, 0, "its device, minor");
	tap_string(entry.root, "/mnt1", "its root");
	tap_string(entry.point, "/mnt2", "its mount point");
	tap_string(entry.options, "rw,noatime", "its options, not those of the file system");
	tap_number(entry.shared, 0, "it is not shared");
	tap_number(entry.master, 1, "its master");
	tap_string(entry.type, "ext3", "its type");
	tap_string(entry.source, "/dev/root", "its source");
}

static void groups(const char *fields, unsigned int shared, unsigned int master)
{
	struct mount_entry entry;
	char line[256];

	snprintf(line, sizeof(line), "36 35 98:0 / /m rw %s- ext3 src rw\n", fields);
	tap_ok(first(line, &entry) && entry.shared == shared && entry.master == master,
		"fields \"%s\": shared %u, master %u", fields, shared, master);
}

static void test_optional_fields(void)
{
	groups("", 0, 0);
	groups("shared:7 ", 7, 0);
	groups("master:8 ", 0, 8);
	groups("shared:7 master:8 ", 7, 8);
	groups("master:8 shared:7 ", 7, 8);
	groups("shared:7 master:8 propagate_from:2 ", 7, 8);
	groups("propagate_from:2 master:8 ", 0, 8);
	groups("unbindable ", 0, 0);
	groups("later:9 shared:4294967295 more ", 4294967295U, 0);
	groups("xshared:7 ", 0, 0);
	groups("shared: ", 0, 0);
	groups("shared:x master: ", 0, 0);
}

static void test_escapes(void)
{
	struct mount_entry entry;

	tap_ok(first("1 2 0:3 /a\\040b\\047 /c\\011d\\012e\\134f rw - tmpfs s\\040t rw\n", &entry),
		"a line with escapes");
	tap_string(entry.root, "/a b'", "a blank, and the digit 7");
	tap_string(entry.point, "/c\td\ne\\f", "tab, newline and backslash");
	tap_string(entry.source, "s t", "in the source too");
	tap_ok(first("1 2 0:3 /a\\04 /\\ rw - tmpfs \\9990\\ rw\n", &entry),
		"what looks like an escape and is none");
	tap_string(entry.root, "/a\\04", "stays: two digits");
	tap_string(entry.point, "/\\", "stays: none at the end");
	tap_string(entry.source, "\\9990\\", "stays: digits that are not octal");
	tap_ok(first("1 2 0:3 / /x\\134040 rw - t s rw\n", &entry), "an escaped backslash before digits");
	tap_string(entry.point, "/x\\040", "is not escaped twice");
}

static void test_real_lines(void)
{
	struct mount_entry entry;

	tap_ok(first("2086 2085 0:183 /c1 /dev/crashcart ro,nosuid,nodev,noexec,relatime master:597 - tmpfs "
		     "oci-crashcart "
		     "rw,size=1024k,nr_inodes=4096\n",
		       &entry),
		"a container's line of ours");
	tap_ok(entry.master == 597 && entry.shared == 0 && entry.minor == 183, "its numbers");
	tap_string(entry.root, "/c1", "its root is the master");
	tap_string(entry.source, "oci-crashcart", "its source");
	tap_ok(first("31 1 254:0 / / rw - tmpfs  rw\n", &entry), "a file system without a source");
	tap_string(entry.source, "", "it is empty");
	tap_ok(first("31 1 0:4 mnt:[4026531840] /run/ns rw shared:3 - nsfs nsfs rw\n", &entry),
		"a namespace file");
	tap_string(entry.root, "mnt:[4026531840]", "its root is no path");
	tap_ok(first("31 1 0:4 /x//deleted /gone rw - tmpfs t rw", &entry),
		"a line at the end without a newline");
	tap_string(entry.root, "/x//deleted", "a directory that was removed");
	tap_ok(first("31 1 0:4 / /dash-x rw - overlay - rw\n", &entry), "a dash as the source");
	tap_string(entry.source, "-", "is one");
}

/* A line cut at any byte is no line; or, since the source may be the last field, one with its source cut. */
static void test_cut(void)
{
	size_t wrong = 0, before_source = strlen(EXAMPLE) - strlen("/dev/root rw,errors=continue");
	char line[] = EXAMPLE;

	for (size_t i = strlen(line); i-- > 0;) {
		struct mount_entry entry;

		line[i] = '\0';
		if (!first(line, &entry))
			wrong += i >= before_source;
		else
			wrong += i < before_source || entry.id != 36 || entry.master != 1 ||
				 strcmp(entry.point, "/mnt2") != 0 ||
				 strncmp(entry.source, "/dev/root", strlen(entry.source)) != 0;
	}
	tap_number((int64_t)wrong, 0, "cut at any byte: no line, or nothing of it is wrong");
}

static void test_garbage(void)
{
	static const char *const lines[] = {"", " ", "\n", "\n\n\n", "garbage", "a b c d e f - g h i",
		"36 35 98 / /m rw - t s rw", "36 x 98:0 / /m rw - t s rw", "x 35 98:0 / /m rw - t s rw",
		"36 35 98: / /m rw - t s rw", "36 35 :0 / /m rw - t s rw", "36 35 98:0 / /m rw t s rw",
		"36 35 98:0 / /m rw shared:1 master:2", "36 35 98:0 / /m rw -", "36 35 98:0 / /m rw - t",
		"36 35 98:0", "- - - - - - - - -"};
	struct mount_entry entry;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		tap_ok(!first(lines[i], &entry), "no line: \"%s\"", lines[i]);
}

static void test_passed_over(void)
{
	char text[] = "garbage\n\n" EXAMPLE "\n36 35\n37 35 0:5 / /b ro - proc proc rw\nx\n";
	char *cursor = text;
	struct mount_entry entry;

	tap_ok(mountinfo_next(&cursor, &entry) && entry.id == 36, "garbage before a line is passed over");
	tap_ok(mountinfo_next(&cursor, &entry) && entry.id == 37, "and between lines");
	entry.id = 99;
	tap_ok(!mountinfo_next(&cursor, &entry), "and at the end");
	tap_ok(!mountinfo_next(&cursor, &entry), "the end stays the end");
	tap_ok(entry.id == 99 && strcmp(entry.point, "/b") == 0, "the result is untouched there");
}

static void test_long_line(void)
{
	size_t length = 1 << 20;
	char *text = malloc(length + 128), *end = text;
	struct mount_entry entry;

	if (!text)
		abort();
	end += sprintf(end, "1 2 0:3 / /");
	memset(end, 'x', length);
	end += length;
	strcpy(end, " ro master:5 - tmpfs s rw\n");
	tap_ok(first(text, &entry), "a mount point of a megabyte");
	tap_ok(entry.point && strlen(entry.point) == length + 1 && entry.master == 5, "it is whole");
	free(text);
}

static void test_find(void)
{
	static const char text[] =
		"36 35 0:5 / /a ro - proc proc rw\nx\n7 35 0:6 / /b ro - t s rw\n7 1 0:7 / /c ro - t s rw\n";
	struct mount_entry entry = {.id = 99};
	char *table = tap_exact(text, sizeof(text));

	tap_ok(!mountinfo_find(table, 5, &entry), "an id that is not there");
	free(table);
	table = tap_exact(text, sizeof(text));
	tap_ok(mountinfo_find(table, 7, &entry) && entry.minor == 6, "an id that is there: its first line");
	tap_string(entry.point, "/b", "it is whole");
	free(table);
	table = tap_exact(text, sizeof(text));
	tap_ok(!mountinfo_find(table, 7 + (1ULL << 32), &entry), "an id whose lower half is there");
	free(table);
}

static void has(const char *options, const char *option, bool wanted)
{
	tap_number(mountinfo_has_option(options, option), wanted, "\"%s\" %s %s", options,
		wanted ? "has" : "does not have", option);
}

static void test_options(void)
{
	has("ro,nosuid,nodev,noexec,relatime", "ro", true);
	has("ro,nosuid,nodev,noexec,relatime", "nodev", true);
	has("ro,nosuid,nodev,noexec,relatime", "relatime", true);
	has("ro", "ro", true);
	has("rw,errors=remount-ro", "ro", false);
	has("rox,xro,r", "ro", false);
	has("rw,nosuidx", "nosuid", false);
	has("xnosuid,rw", "nosuid", false);
	has("nosuid=1", "nosuid", false);
	has("", "ro", false);
	has(",,ro", "ro", true);
	has("rw,", "ro", false);
}

/* This process's own table: the kernel's lines are lines, and the root is among them. */
static void test_own_table(void)
{
	FILE *stream = fopen("/proc/self/mountinfo", "re");
	char line[8192], *cursor;
	size_t lines = 0, read = 0;
	bool root = false;

	while (stream && fgets(line, sizeof(line), stream)) {
		struct mount_entry entry;

		lines++;
		cursor = line;
		if (!mountinfo_next(&cursor, &entry))
			continue;
		read++;
		root |= strcmp(entry.point, "/") == 0;
	}
	if (stream)
		fclose(stream);
	tap_ok(lines > 0 && root, "this process's own table has a root");
	tap_number((int64_t)read, (int64_t)lines, "all its lines are read");
}

int main(void)
{
	test_example();
	test_optional_fields();
	test_escapes();
	test_real_lines();
	test_cut();
	test_garbage();
	test_passed_over();
	test_long_line();
	test_find();
	test_options();
	test_own_table();
	return tap_done();
}
