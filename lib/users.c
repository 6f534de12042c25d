/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "users.h"

#include "attach.h"
#include "bounds.h"
#include "err.h"
#include "io.h"
#include "mountinfo.h"
#include "ns.h"
#include "plan.h"
#include "session.h"
#include "sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/*
 * The mounts that count: the container's copies, and the host's own. Mount ids are unique among all namespaces. A
 * process with a mount namespace of its own has other copies: those of an overlay are told by its device number. That of
 * an image other containers may have attached as well: there it is also asked whose mounts the process has a copy of.
 */
struct sought {
	const struct attach_status *status;
	unsigned long long mounts[USERS_MOUNTS_LIMIT];
	size_t count;
	dev_t overlay; /* 0: it is none */
};

static void seek_mounts(const struct target *target, const struct attach_status *status, struct sought *ret)
{
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	char *cursor;

	*ret = (struct sought){.status = status};
	if (status->attached)
		ret->mounts[ret->count++] = status->tools.mount;
	if (target_read_mounts(target->proc, &table, ERR_IGNORED) < 0)
		return;
	for (cursor = table; mountinfo_next(&cursor, &entry);) {
		if (!attach_is_tools(&entry, status) || ret->count == ARRAY_SIZE(ret->mounts))
			continue;
		ret->mounts[ret->count++] = (unsigned long long)entry.id;
		if (strcmp(entry.source, MNT_SOURCE) == 0)
			ret->overlay = makedev(entry.major, entry.minor);
	}
}

/* Is the container's mount at /dev/crashcart among those of the process behind PROC? */
static bool has_copy_of_mounts(const struct attach_status *status, int proc)
{
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	char *cursor;

	if (target_read_mounts(proc, &table, ERR_IGNORED) < 0)
		return false;
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		if (plan_is_provision(&entry, status->masters, status->id))
			return true;
	return false;
}

/* What LINK below FD leads to, of the process behind PROC. */
static bool is_sought(const struct sought *sought, int proc, int fd, const char *link)
{
	struct mnt_identity identity;

	if (mnt_identify_link(fd, link, &identity) < 0)
		return false;
	if (sought->overlay && identity.device == sought->overlay)
		return true;
	for (size_t i = 0; i < sought->count; i++)
		if (sought->mounts[i] == identity.mount)
			return true;
	return sought->status->image && identity.device == sought->status->image &&
	       has_copy_of_mounts(sought->status, proc);
}

static bool has_file(const struct sought *sought, int proc)
{
	DIR *stream = io_open_stream(proc, "fd");
	struct dirent *entry;
	bool found = false;

	if (!stream)
		return false;
	while (!found && (entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			found = is_sought(sought, proc, dirfd(stream), entry->d_name);
	closedir(stream);
	return found;
}

static bool uses(const struct sought *sought, int proc)
{
	return is_sought(sought, proc, proc, "exe") || is_sought(sought, proc, proc, "cwd") ||
	       is_sought(sought, proc, proc, "root") || has_file(sought, proc);
}

static int add(struct users *users, const struct target *target)
{
	struct user *longer = realloc(users->list, (users->count + 1) * sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	users->list = longer;
	longer[users->count] = (struct user){.pid = target->pid, .start_time = target->start_time};
	longer[users->count].is_outside = ns_mount_number(target->proc) == ns_own_mount_number();
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
			target_open((pid_t)pid, 0, &target, ERR_IGNORED) < 0)
			continue;
		if (uses(sought, target.proc) && add(users, &target) < 0)
			return -ENOMEM;
	}
	return 0;
}

int users_find(
	const struct target *target, const struct attach_status *status, struct users *ret, struct err *err)
{
	struct users users = USERS_NONE;
	struct sought sought;
	DIR *processes = opendir("/proc");
	int rc;

	if (!processes)
		return err_errno(err, errno, "read /proc");
	seek_mounts(target, status, &sought);
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

static const struct user *find_user(const struct users *users, pid_t pid, uint64_t start_time)
{
	for (size_t i = 0; i < users->count; i++)
		if (users->list[i].pid == pid && users->list[i].start_time == start_time)
			return &users->list[i];
	return NULL;
}

struct callers {
	struct users *users;
	int rc;
};

static void add_caller(const struct session *session, void *context)
{
	struct callers *callers = context;
	struct users *users = callers->users;
	cleanup_target struct target target = TARGET_NONE;

	if (callers->rc < 0 || find_user(users, session->caller, session->caller_start_time) ||
		!(find_user(users, session->pid, session->start_time) ||
			target_is_gone(session->pid, session->start_time, session->pid_namespace)) ||
		target_open(session->caller, session->caller_start_time, &target, ERR_IGNORED) < 0)
		return;
	callers->rc = add(users, &target);
	if (callers->rc == 0)
		users->list[users->count - 1].is_outside = true;
}

int users_add_callers(struct users *users, const struct store *store, const char *id, struct err *err)
{
	struct callers callers = {.users = users};

	session_each_caller(store, id, add_caller, &callers);
	return callers.rc < 0 ? err_errno(err, -callers.rc, "find the dbg-injects that use the tools") : 0;
}

/* Signals USER, unless its pid is another process's by now. */
static void send_signal(const struct user *user, int signal)
{
	cleanup_target struct target target = TARGET_NONE;

	if (target_open(user->pid, user->start_time, &target, ERR_IGNORED) == 0)
		(void)sys_pidfd_send_signal(target.pidfd, signal);
}

/* True if USER ended before the time UNTIL. */
static bool await_end(const struct user *user, int64_t until)
{
	cleanup_target struct target target = TARGET_NONE;

	return target_open(user->pid, user->start_time, &target, ERR_IGNORED) < 0 ||
	       target_await_end(target.pidfd, until);
}

/* EVERYBODY: those outside, too. True if nobody is left, there or here, within SECONDS. */
static bool end_with(const struct users *users, int signal, bool everybody, unsigned int seconds)
{
	int64_t until = util_now() + seconds * INT64_C(1000);
	bool all = true;

	for (size_t i = 0; i < users->count; i++)
		if (everybody || !users->list[i].is_outside)
			send_signal(&users->list[i], signal);
	for (size_t i = 0; i < users->count; i++)
		all &= await_end(&users->list[i], until);
	return all;
}

int users_end(const struct users *users, unsigned int seconds, struct err *err)
{
	if (end_with(users, SIGTERM, true, seconds) ||
		end_with(users, SIGKILL, false, USERS_OUTSIDE_SECONDS) ||
		end_with(users, SIGKILL, true, seconds))
		return 0;
	return err_set(err, ETIMEDOUT, "processes that use the tools did not end when they were killed");
}
