/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "node.h"

#include "err.h"
#include "mnt.h"
#include "mountinfo.h"
#include "ns.h"
#include "path.h"
#include "target.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h: the number of the first pid namespace. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCU

/* The directory that the state directory is or will be in. */
static void parent_of(const char *path, char parent[PATH_MAX])
{
	char *slash;

	snprintf(parent, PATH_MAX, "%s", path);
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent ? 1 : 0] = '\0';
}

/* *RET: the directory as we see it. */
static bool has_same_directory(const struct target *one, const char *directory, struct mnt_identity *ret)
{
	cleanup_fd int root = openat(one->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), theirs = FD_NONE;
	cleanup_fd int ours = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mnt_identity identity;

	if (root >= 0)
		theirs = path_open_in_root(root, directory, O_PATH | O_DIRECTORY);
	return ours >= 0 && theirs >= 0 && mnt_identify(ours, NULL, ret) == 0 &&
	       mnt_identify(theirs, NULL, &identity) == 0 && identity.device == ret->device &&
	       identity.inode == ret->inode;
}

static bool read_mounts(const char *proc, char **ret)
{
	cleanup_fd int fd = open(proc, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && target_read_mounts(fd, ret, ERR_IGNORED) == 0;
}

/* Is the mount MOUNT of ours a peer or a slave of one of process 1's? */
static bool follows(unsigned long long mount)
{
	cleanup_free char *ours = NULL, *theirs = NULL;
	struct mount_entry mine, entry;
	char *cursor;

	if (!read_mounts("/proc/self", &ours) || !read_mounts("/proc/1", &theirs) ||
		!mountinfo_find(ours, mount, &mine))
		return false;
	for (cursor = theirs; mountinfo_next(&cursor, &entry);)
		if (entry.shared && (entry.shared == mine.shared || entry.shared == mine.master))
			return true;
	return false;
}

bool node_is_here(void)
{
	uint64_t ours = ns_own_mount_number();

	return !ours || ours == ns_number(AT_FDCWD, "/proc/1/ns/mnt");
}

static int enter(const char *state_directory, struct err *err)
{
	cleanup_target struct target one = TARGET_NONE;
	struct mnt_identity directory;
	char parent[PATH_MAX];

	if (target_open(1, 0, &one, ERR_IGNORED) < 0)
		return 0;
	parent_of(state_directory, parent);
	if (!has_same_directory(&one, parent, &directory))
		return 0;
	if (target_pid_namespace() == FIRST_PID_NAMESPACE && !follows(directory.mount))
		return 0;
	return ns_enter(one.pidfd, CLONE_NEWNS, err) < 0 ? -err->number : 1;
}

int node_enter(const char *state_directory, struct err *err)
{
	return node_is_here() ? 0 : enter(state_directory, err);
}
