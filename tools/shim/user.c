/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lib/libcrashcart-user.so of a tree: put before the C library of a tool that wants to become
 * another user and gives up where the container has no such user, as distributions build tcpdump.
 * It then stays what it is: root. A user that the container has is honoured. Not linked with any C
 * library, so that one file serves glibc and musl: these four functions are found in the tool's.
 */
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

enum { GROUPS_LIMIT = 1024 };

/* No tool that is packed with this asks from two threads; the interface has static storage anyway.
 */
static int stays_root;

static struct passwd *root(void)
{
	static char name[] = "root", password[] = "x", directory[] = "/", shell[] = "/dev/crashcart/bin/sh";
	static struct passwd entry = {.pw_name = name,
		.pw_passwd = password,
		.pw_gecos = name,
		.pw_dir = directory,
		.pw_shell = shell};

	stays_root = 1;
	return &entry;
}

/* Only the names that tools have built in are stood in for: who asks for another user (tcpdump -Z)
 * is told that there is none. */
struct passwd *getpwnam(const char *name)
{
	static struct passwd entry;
	static char buffer[16384];
	struct passwd *found = NULL;

	if (getpwnam_r(name, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		return found;
	if (geteuid() != 0 || (strcmp(name, "tcpdump") != 0 && strcmp(name, "root") != 0))
		return NULL;
	return root();
}

/* setgroups needs a capability that a tool which stays root may not have. */
int initgroups(const char *user, gid_t group)
{
	gid_t groups[GROUPS_LIMIT];
	int count = GROUPS_LIMIT;

	if (stays_root)
		return 0;
	if (getgrouplist(user, group, groups, &count) < 0)
		return -1;
	return setgroups((size_t)count, groups);
}
