/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rootless.h"

#include "err.h"
#include "io.h"
#include "mnt.h"
#include "ns.h"
#include "userns.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* Not by a link: in /tmp anybody can make one, and lead to another directory of the user's. */
static bool is_own_directory(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* As podman chooses, but that it looks at TMPDIR too. */
char *rootless_runtime_directory(const char *said, uid_t uid)
{
	cleanup_free char *login = NULL, *other = NULL;

	if (said && said[0] == '/')
		return strdup(said);
	login = util_printf("/run/user/%u", uid);
	other = util_printf("/tmp/podman-run-%u", uid);
	if (login && other && !is_own_directory(login) && is_own_directory(other))
		return TAKE_PTR(other);
	return TAKE_PTR(login);
}

bool rootless_within(const char *said, char **ret)
{
	char *directory;
	uid_t user;

	if (!userns_is_rootless(&user))
		return false;
	directory = rootless_runtime_directory(said, user);
	if (directory)
		*ret = directory;
	return directory != NULL;
}

static bool has_our_root(int proc)
{
	cleanup_fd int root = openat(proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mnt_identity theirs, ours;

	return root >= 0 && mnt_identify(root, NULL, &theirs) == 0 &&
	       mnt_identify(AT_FDCWD, "/", &ours) == 0 && theirs.device == ours.device &&
	       theirs.inode == ours.inode;
}

static bool is_engine(int proc)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uid_t owner;

	return self >= 0 && userns_owner(proc, &owner, ERR_IGNORED) == 0 && owner == geteuid() &&
	       !ns_is_same(self, proc, CLONE_NEWUSER) && !ns_is_same(self, proc, CLONE_NEWNS) &&
	       has_our_root(proc);
}

static bool open_engine(uint64_t pid, struct target *ret)
{
	if (target_open((pid_t)pid, 0, ret, ERR_IGNORED) < 0)
		return false;
	if (is_engine(ret->proc) && target_check(ret, ERR_IGNORED) == 0)
		return true;
	target_close(ret);
	return false;
}

/* podman keeps a process that does nothing, so that all its calls find the same namespaces. */
static bool find_pause(const char *runtime_directory, struct target *ret)
{
	static const char *const files[] = {"libpod/tmp/pause.pid", "libpod/pause.pid"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_free char *path = util_printf("%s/%s", runtime_directory, files[i]);
		cleanup_free char *text = NULL;
		uint64_t pid;

		if (!path || io_read_file(AT_FDCWD, path, 32, &text, NULL, ERR_IGNORED) < 0)
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (util_number(text, 1, INT_MAX, &pid) && open_engine(pid, ret))
			return true;
	}
	return false;
}

static bool has_engine_name(uint64_t pid)
{
	static const char *const names[] = {"podman", "catatonit", "conmon"};
	cleanup_free char *text = NULL;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (io_read_file(AT_FDCWD, path, 64, &text, NULL, ERR_IGNORED) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0)
			return true;
	return false;
}

static bool find_any(struct target *ret)
{
	DIR *processes = io_open_stream(AT_FDCWD, "/proc");
	struct dirent *entry;
	bool found = false;

	if (!processes)
		return false;
	while (!found && (entry = readdir(processes))) {
		uint64_t pid;

		found = util_number(entry->d_name, 1, INT_MAX, &pid) && has_engine_name(pid) &&
			open_engine(pid, ret);
	}
	closedir(processes);
	return found;
}

int rootless_find(const char *runtime_directory, struct target *ret, struct err *err)
{
	if (find_pause(runtime_directory, ret) || find_any(ret))
		return 0;
	return err_set(err, ESRCH, "no podman of this user's runs here");
}

int rootless_enter(const struct target *engine, struct err *err)
{
	char directory[PATH_MAX];
	bool has_directory = getcwd(directory, sizeof(directory)) && directory[0] == '/';
	int rc = ns_enter(engine->pidfd, CLONE_NEWUSER | CLONE_NEWNS, err);

	if (rc < 0)
		return rc;
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* as after any change of credentials */
	if (geteuid() != 0)
		return err_set(err, EPERM, "we are user %u, not root, in podman's user namespace", geteuid());
	if (!has_directory || chdir(directory) < 0)
		return chdir("/") < 0 ? err_errno(err, errno, "change to the root directory") : 0;
	return 0;
}
