/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ns.h"

#include "err.h"
#include "util.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* kernel 5.6, glibc 2.33 */
#endif

/* The order is that of messages alone: setns(2) with a pidfd takes all at once. */
static const struct {
	const char *name, *file;
	unsigned int bit;
} table[] = {
	{"mnt", "ns/mnt", CLONE_NEWNS},
	{"net", "ns/net", CLONE_NEWNET},
	{"pid", "ns/pid", CLONE_NEWPID},
	{"ipc", "ns/ipc", CLONE_NEWIPC},
	{"uts", "ns/uts", CLONE_NEWUTS},
	{"cgroup", "ns/cgroup", CLONE_NEWCGROUP},
	{"user", "ns/user", CLONE_NEWUSER},
	{"time", "ns/time", CLONE_NEWTIME},
};

uint64_t ns_number(int dirfd, const char *file)
{
	char text[64], *number;
	ssize_t length = readlinkat(dirfd, file, text, sizeof(text) - 1);
	uint64_t ret;

	if (length <= 0)
		return 0;
	/* "mnt:[4026531841]" */
	text[length - 1] = '\0';
	number = strstr(text, ":[");
	return number && util_number(number + 2, 1, UINT64_MAX, &ret) ? ret : 0;
}

int ns_differing(int proc, unsigned int *ret, struct err *err)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned int set = 0;

	if (self < 0)
		return err_errno(err, errno, "open /proc/self");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t ours = ns_number(self, table[i].file), theirs;

		if (!ours)
			continue; /* not in this kernel */
		errno = EINVAL;
		theirs = ns_number(proc, table[i].file);
		if (!theirs)
			return err_errno(err, errno, "look at the %s namespace", table[i].name);
		if (ours != theirs)
			set |= table[i].bit;
	}
	*ret = set;
	return 0;
}

bool ns_is_same(int proc, int other_proc, unsigned int ns)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t number = table[i].bit == ns ? ns_number(proc, table[i].file) : 0;

		if (number)
			return number == ns_number(other_proc, table[i].file);
	}
	return false;
}

unsigned int ns_common(int proc, int other_proc)
{
	unsigned int set = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (ns_is_same(proc, other_proc, table[i].bit))
			set |= table[i].bit;
	return set;
}

uint64_t ns_mount_number(int proc)
{
	return ns_number(proc, "ns/mnt");
}

uint64_t ns_own_mount_number(void)
{
	return ns_number(AT_FDCWD, "/proc/self/ns/mnt");
}

int ns_enter(int pidfd, unsigned int set, struct err *err)
{
	char names[64];

	if (!set || setns(pidfd, (int)set) == 0)
		return 0;
	ns_names(set, names, sizeof(names));
	return err_errno(err, errno, "enter the namespaces %s", names);
}

int ns_home_open(struct ns_home *ret, struct err *err)
{
	struct ns_home home = {.ns = FD_NONE, .root = FD_NONE};

	home.ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (home.ns >= 0)
		home.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (home.root < 0) {
		ns_home_close(&home);
		return err_errno(err, errno, "hold our own mount namespace");
	}
	*ret = home;
	return 0;
}

int ns_home_return(const struct ns_home *home, struct err *err)
{
	/* setns makes the namespace's root our root, which is not what we had if the engine runs in a chroot. */
	if (setns(home->ns, CLONE_NEWNS) < 0 || fchdir(home->root) < 0 || chroot(".") < 0)
		return err_errno(err, errno, "return to our own mount namespace");
	return 0;
}

void ns_home_close(struct ns_home *home)
{
	close_keep_errno(&home->ns);
	close_keep_errno(&home->root);
}

void ns_names(unsigned int set, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "none");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(set & table[i].bit) || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "", table[i].name);
	}
}

static unsigned int bit_of(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0)
			return table[i].bit;
	return 0;
}

int ns_parse(const char *names, unsigned int *ret, struct err *err)
{
	unsigned int set = 0;
	char all[64];

	for (const char *name = names; name;) {
		size_t length = strcspn(name, ",");
		unsigned int bit = bit_of(name, length);

		if (!bit) {
			ns_names(~0U, all, sizeof(all));
			return err_set(err, EINVAL, "%.*s%s: expected names of %s, with commas between",
				(int)(length < 64 ? length : 64), name, length ? "" : "an empty name", all);
		}
		set |= bit;
		name = name[length] ? name + length + 1 : NULL;
	}
	*ret = set;
	return 0;
}
