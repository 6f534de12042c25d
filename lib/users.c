/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "users.h"

#include "attach.h"
#include "err.h"
#include "mountinfo.h"
#include "sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The mounts that count: the container's copies, and the host's own. Mount ids are unique among all
 * namespaces. */
struct sought {
	unsigned long long mounts[64];
	size_t count;
	dev_t device; /* 0: not the tools' alone */
};

static void seek_mounts(const struct store *store, const char *id, const struct target *target, dev_t device,
	struct sought *ret)
{
	cleanup_free char *table = NULL;
	cleanup_fd int master = FD_NONE;
	struct mnt_identity identity;
	struct mount_entry entry;
	bool attached;
	char *cursor;

	*ret = (struct sought){0};
	if (store_master(store, id, false, &master, &attached, NULL) == 0 && attached &&
		mnt_identify(master, NULL, &identity) == 0)
		ret->mounts[ret->count++] = identity.mount;
	if (target_read_mounts(target->proc, &table, NULL) < 0)
		return;
	for (cursor = table; mountinfo_next(&cursor, &entry);) {
		if (!attach_is_tools(&entry, device) || ret->count == ARRAY_SIZE(ret->mounts))
			continue;
		ret->mounts[ret->count++] = (unsigned long long)entry.id;
		if (strcmp(entry.source, MNT_SOURCE) == 0)
			ret->device =
				device; /* also where a process has a copy in a mount namespace of its own */
	}
}

static bool is_sought(const struct sought *sought, int fd, const char *link)
{
	struct mnt_identity identity;

	if (mnt_identify_link(fd, link, &identity) < 0)
		return false;
	if (sought->device && identity.device == sought->device)
		return true;
	for (size_t i = 0; i < sought->count; i++)
		if (sought->mounts[i] == identity.mount)
			return true;
	return false;
}

static bool has_file(const struct sought *sought, int proc)
{
	cleanup_fd int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fdopendir(fd);
	struct dirent *entry;
	bool found = false;

	if (!stream)
		return false;
	fd = FD_NONE;
	while (!found && (entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			found = is_sought(sought, dirfd(stream), entry->d_name);
	closedir(stream);
	return found;
}

static bool uses(const struct sought *sought, int proc)
{
	return is_sought(sought, proc, "exe") || is_sought(sought, proc, "cwd") ||
	       is_sought(sought, proc, "root") || has_file(sought, proc);
}

static int add(struct users *users, const struct target *target)
{
	struct user *longer = realloc(users->list, (users->count + 1) * sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	users->list = longer;
	longer[users->count] = (struct user){.pid = target->pid, .start_time = target->start_time};
	target_name(target->proc, longer[users->count++].name);
	return 0;
}

static int find_in(DIR *processes, const struct sought *sought, struct users *users)
{
	struct dirent *entry;

	while ((entry = readdir(processes))) {
		cleanup_target struct target target = TARGET_NONE;
		uint64_t pid;

		if (!util_number(entry->d_name, 1, INT_MAX, &pid) || pid == (uint64_t)getpid() ||
			target_open((pid_t)pid, 0, &target, NULL) < 0)
			continue;
		if (uses(sought, target.proc) && add(users, &target) < 0)
			return -ENOMEM;
	}
	return 0;
}

int users_find(const struct store *store, const char *id, const struct target *target, dev_t device,
	struct users *ret, struct err *err)
{
	struct users users = USERS_NONE;
	struct sought sought;
	DIR *processes = opendir("/proc");
	int rc;

	if (!processes)
		return err_errno(err, errno, "read /proc");
	seek_mounts(store, id, target, device, &sought);
	rc = find_in(processes, &sought, &users);
	closedir(processes);
	if (rc < 0) {
		users_free(&users);
		return err_errno(err, -rc, "find the processes that use the tools");
	}
	*ret = users;
	return 0;
}

void users_free(struct users *users)
{
	free(users->list);
	*users = USERS_NONE;
}

static int64_t now_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Signals USER, unless its pid is another process's by now. */
static void send_signal(const struct user *user, int signal)
{
	cleanup_target struct target target = TARGET_NONE;

	if (target_open(user->pid, user->start_time, &target, NULL) == 0)
		(void)sys_pidfd_send_signal(target.pidfd, signal);
}

/* True if USER ended before the time UNTIL. */
static bool await_end(const struct user *user, int64_t until)
{
	cleanup_target struct target target = TARGET_NONE;
	struct pollfd event = {.events = POLLIN};
	int64_t rest = until - now_milliseconds();

	if (target_open(user->pid, user->start_time, &target, NULL) < 0)
		return true;
	event.fd = target.pidfd;
	return poll(&event, 1, rest > 0 ? (int)rest : 0) > 0;
}

static bool end_with(const struct users *users, int signal, unsigned int seconds)
{
	int64_t until = now_milliseconds() + seconds * 1000;
	bool all = true;

	for (size_t i = 0; i < users->count; i++)
		send_signal(&users->list[i], signal);
	for (size_t i = 0; i < users->count; i++)
		all &= await_end(&users->list[i], until);
	return all;
}

int users_end(const struct users *users, unsigned int seconds, struct err *err)
{
	if (end_with(users, SIGTERM, seconds) || end_with(users, SIGKILL, seconds))
		return 0;
	return err_set(err, ETIMEDOUT, "processes that use the tools did not end when they were killed");
}
