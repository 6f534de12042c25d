/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of /etc/passwd and /etc/group, as they are and as somebody may have made them. */
#include "err.h"
#include "passwd.h"
#include "tap.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "\n"
			     "# a comment\n"
			     "short:x:1\n"
			     ":x:2:2::/:/bin/sh\n"
			     "minus:x:-1:0::/:\n"
			     "none:x:4294967295:0::/:\n"
			     "wide:x:4294967296:0::/:\n"
			     "words:x:one:two::/:\n"
			     "blank:x: 3:3::/:\n"
			     "empty:x:::: \n"
			     "+nis::::::\n"
			     "app:x:1000:1001:App,,,:/home/app:/bin/sh\n"
			     "app:x:7:7::/second:/bin/sh\n"
			     "twin:x:1000:5::/twin:/bin/sh\n"
			     "bare:x:8:8\n"
			     "relative:x:9:9::home:/bin/sh\n"
			     "colons:x:10:10:::a:b:c\n"
			     "last:x:11:12::/last:/bin/sh";

static const char group[] = "root:x:0:root\n"
			    "app:x:1001:\n"
			    "extra:x:2000:app,other\n"
			    "apple:x:2001:apple,xapp,appx\n"
			    "more:x:3000:other,app\n"
			    "twice:x:2000:app,app\n"
			    "broken:x:one:app\n"
			    "short:x\n"
			    "three:x:4000\n"
			    "last:x:5000:,,app,";

/* "uid:gid:home" of whom NAME, or UID, is; "none", or "error". */
static const char *find_user(const char *name, uid_t uid)
{
	char *exact = tap_exact(passwd, strlen(passwd));
	struct passwd_user user = {.uid = 99};
	static char text[2048];
	struct err err = {0};
	int rc = passwd_find_user(exact, strlen(passwd), name, uid, &user, &err);

	free(exact);
	if (rc <= 0)
		return rc < 0 ? "error" : user.uid == 99 ? "none" : "touched";
	snprintf(text, sizeof(text), "%s:%u:%u:%s", user.name, user.uid, user.gid, user.home);
	return text;
}

static void test_users(void)
{
	static const char *const absent[] = {"short", "", "minus", "none", "wide", "words", "blank", "empty",
		"+nis", "nobody", "ap", "appl", "# a comment", "root:x", NULL};

	tap_string(find_user("root", 0), "root:0:0:/root", "the first line");
	tap_string(find_user("app", 0), "app:1000:1001:/home/app", "of two of a name, the first");
	tap_string(find_user(NULL, 1000), "app:1000:1001:/home/app", "of two of a number, the first");
	tap_string(find_user(NULL, 8), "bare:8:8:/", "home and shell may be missing");
	tap_string(find_user("relative", 0), "relative:9:9:/", "a home that is no absolute path is none");
	tap_string(find_user("colons", 0), "colons:10:10:/", "an empty home is none");
	tap_string(find_user("last", 0), "last:11:12:/last", "a last line without a newline");
	for (size_t i = 0; absent[i]; i++)
		tap_string(find_user(absent[i], 0), "none", "no user '%s'", absent[i]);
	tap_string(find_user(NULL, 4294967295U), "none", "the number of none");
}

static void test_numbers(void)
{
	static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "0x1", "4294967295", "4294967296",
		"99999999999999999999999999", "1a", NULL};
	uid_t uid = 7;

	for (size_t i = 0; wrong[i]; i++)
		tap_ok(!passwd_number(wrong[i], &uid) && uid == 7, "'%s' is no number", wrong[i]);
	tap_ok(passwd_number("0", &uid) && uid == 0, "0 is");
	tap_ok(passwd_number("4294967294", &uid) && uid == 4294967294U, "4294967294 is");
}

static int64_t find_group(const char *name)
{
	char *exact = tap_exact(group, strlen(group));
	struct err err = {0};
	gid_t gid = 0;
	int rc = passwd_find_group(exact, strlen(group), name, &gid, &err);

	free(exact);
	return rc > 0 ? (int64_t)gid : -1;
}

static void test_groups(void)
{
	struct passwd_groups groups = {.list = {1001}, .count = 1};
	char *exact = tap_exact(group, strlen(group));
	struct err err = {0};

	tap_number(find_group("extra"), 2000, "a group by its name");
	tap_number(find_group("three"), 4000, "members may be missing");
	tap_number(find_group("last"), 5000, "a last line without a newline");
	tap_number(find_group("broken"), -1, "a number that is none");
	tap_number(find_group("short"), -1, "no number at all");
	tap_number(find_group(""), -1, "no name");
	tap_number(passwd_find_groups(exact, strlen(group), "app", &groups, &err), 0, "the groups of app");
	tap_ok(groups.count == 4 && groups.list[0] == 1001 && groups.list[1] == 2000 &&
			groups.list[2] == 3000 && groups.list[3] == 5000,
		"are those that name it as a member, each once, behind what was there");
	free(exact);
}

/* COUNT groups, all with a as their member. */
static char *many_groups(size_t count)
{
	char *text = malloc(count * 24 + 1), *end = text;

	*end = '\0';
	for (size_t i = 0; i < count; i++)
		end += sprintf(end, "g%zu:x:%zu:a\n", i, i + 1);
	return text;
}

static void test_limits(void)
{
	struct passwd_groups groups = {.count = 0};
	char *text = many_groups(PASSWD_GROUPS_LIMIT), *line = malloc(PASSWD_LINE_LIMIT + 64);
	struct passwd_user user;
	struct err err = {0};

	tap_number(passwd_find_groups(text, strlen(text), "a", &groups, &err), 0, "as many groups as may be");
	free(text);
	text = many_groups(PASSWD_GROUPS_LIMIT + 1);
	groups.count = 0;
	tap_number(
		passwd_find_groups(text, strlen(text), "a", &groups, &err), -E2BIG, "one more is too many");
	free(text);
	memset(line, 'x', PASSWD_LINE_LIMIT);
	strcpy(line + PASSWD_LINE_LIMIT, "\na:x:1:1::/:\n");
	tap_number(passwd_find_user(line, strlen(line), "a", 0, &user, &err), 1, "a line at the limit");
	strcpy(line + PASSWD_LINE_LIMIT, "x\na:x:1:1::/:\n");
	tap_number(passwd_find_user(line, strlen(line), "a", 0, &user, &err), -E2BIG, "a line beyond it");
	free(line);
}

static void test_bytes(void)
{
	static const char nul[] = "a\0b:x:1:1::/:\nb:x:2:2::/\0home:\nc\x1b[31m:x:3:3::/\xff:\n";
	struct passwd_user user;
	struct err err = {0};

	tap_number(passwd_find_user(nul, sizeof(nul) - 1, "a", 0, &user, &err), 0,
		"a line with a NUL in its name");
	tap_number(passwd_find_user(nul, sizeof(nul) - 1, "b", 0, &user, &err), 0, "or elsewhere counts not");
	tap_number(passwd_find_user(nul, sizeof(nul) - 1, "c\x1b[31m", 0, &user, &err), 1, "other bytes do");
	tap_number(passwd_find_user("", 0, "a", 0, &user, &err), 0, "an empty file");
}

int main(void)
{
	test_users();
	test_numbers();
	test_groups();
	test_limits();
	test_bytes();
	return tap_done();
}
